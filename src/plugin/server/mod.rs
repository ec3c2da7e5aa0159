//! The process that Terraform starts: handshake, encryption, services, logs, end.
//!
//! [`serve`] is the whole life of a plugin, [`serve_unmanaged`] that of a process which a developer
//! started by hand, and [`serve_connections`] the services alone, on connections of any kind. This
//! module knows the engine by its methods and neither reads the environment nor exits: what it
//! needs comes with the [`Host`], and its end is the end of the future.

mod connections;
mod go_plugin;
mod handshake;
mod health;
mod inspect;
mod listener;
mod logging;
mod observe;
mod panic;
mod reattach;
mod service;
mod shutdown;
mod tls;

use std::fmt;
use std::io::{self, Write};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_stream::Stream;
use tonic::transport::Server;
use tonic::transport::server::{Connected, Router};

pub use handshake::started_by_host;
pub use logging::install as install_logging;
pub use panic::install_hook as install_panic_hook;
pub use shutdown::Shutdown;

use self::go_plugin::GoPlugin;
use self::handshake::{Handshake, Settings};
use self::health::Health;
use self::listener::Listener;
use self::observe::Observer;
use self::service::Service;
use self::shutdown::Interrupt;
use self::tls::Tls;
use crate::host::Host;
use crate::plugin::author::Provider;
use crate::plugin::engine::Engine;
use crate::plugin::proto::go_plugin::grpc_broker_server::GrpcBrokerServer;
use crate::plugin::proto::go_plugin::grpc_controller_server::GrpcControllerServer;
use crate::plugin::proto::go_plugin::grpc_stdio_server::GrpcStdioServer;
use crate::plugin::proto::health::health_server::HealthServer;
use crate::plugin::proto::tfplugin6::provider_server::ProviderServer;

/// The longest message, each way. What the Go SDK allows.
const LONGEST_MESSAGE: usize = 256 << 20;

/// How much of a message may be under way before the receiver has read it: messages of a hundred
/// megabytes would crawl with HTTP/2's 64 KiB.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// Why a plugin could not start, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartError(String);

impl StartError {
    /// An error with this text: a clause in lower case.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// Serves the host that started this process, until the host asks for the end or the process is
/// told to terminate. One line goes to `stdout`, and nothing after it.
///
/// # Errors
/// When the environment is not what a host sets, or no listener can be made.
pub async fn serve<P: Provider>(
    provider: P,
    host: &Host,
    stdout: &mut (dyn Write + Send),
) -> Result<(), StartError> {
    let settings = Settings::from_host(host)?;
    let shutdown = Shutdown::new();
    shutdown::listen(&shutdown, Interrupt::Ignored)?;
    let listener = Listener::bind(&settings, host).await?;
    let certificate = settings.client_certificate.as_deref();
    let tls = certificate.map(Tls::new).transpose()?;
    let line = Handshake {
        address: listener.address(),
        certificate: tls.as_ref().map(|tls| tls.certificate.as_ref()),
        says_multiplexing: settings.says_multiplexing,
    };
    tell(stdout, &format!("{line}\n"))?;
    tracing::info!(
        tf_provider_addr = P::ADDRESS,
        version = env!("CARGO_PKG_VERSION"),
        encrypted = tls.is_some(),
        network = listener.address().network(),
        "Provider started"
    );
    let open = watch::Sender::new(0);
    shutdown::follow_parent(&shutdown, host, open.subscribe());
    let tls = tls.map(|tls| TlsAcceptor::from(tls.config));
    run(provider, host, shutdown, listener, tls, open).await
}

/// Serves whoever connects, without encryption, until it is interrupted. What to tell Terraform is
/// printed to `stdout`.
///
/// # Errors
/// When no listener can be made.
pub async fn serve_unmanaged<P: Provider>(
    provider: P,
    host: &Host,
    stdout: &mut (dyn Write + Send),
) -> Result<(), StartError> {
    let settings = Settings::from_host(host)?;
    let shutdown = Shutdown::new();
    shutdown::listen(&shutdown, Interrupt::Ends)?;
    let listener = Listener::bind(&settings, host).await?;
    let text = reattach::instructions(P::ADDRESS, std::process::id(), listener.address());
    tell(stdout, &text)?;
    run(
        provider,
        host,
        shutdown,
        listener,
        None,
        watch::Sender::new(0),
    )
    .await
}

/// Serves a provider on connections that are made elsewhere, until the end is asked for. An end of
/// the stream counts as that: connections that are still open are closed as soon as they are idle.
///
/// # Errors
/// When a connection cannot be given its service.
pub async fn serve_connections<P, C>(
    provider: P,
    host: &Host,
    shutdown: &Shutdown,
    incoming: impl Stream<Item = io::Result<C>>,
) -> Result<(), StartError>
where
    P: Provider,
    C: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let engine = Engine::new(provider, host.clone());
    let stopping = engine.clone();
    let requested = shutdown.requested();
    let served =
        services::<P>(engine, host, shutdown).serve_with_incoming_shutdown(incoming, requested);
    let due = async {
        shutdown.requested().await;
        // Whatever is still in flight may say how far it came, and then it is cut off.
        stopping.stop();
        shutdown.due(host).await;
    };
    tokio::select! {
        result = served => {
            result.map_err(|error| StartError::new(format!("serving failed: {error}")))
        }
        () = due => Ok(()),
    }
}

/// All services that a host expects of a plugin.
fn services<P: Provider>(engine: Engine, host: &Host, shutdown: &Shutdown) -> Router {
    let observer = Observer::new(host.clone(), P::ADDRESS);
    let provider = ProviderServer::new(Service::new(engine, observer))
        .max_decoding_message_size(LONGEST_MESSAGE)
        .max_encoding_message_size(LONGEST_MESSAGE);
    let go_plugin = GoPlugin::new(shutdown.clone());
    Server::builder()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .add_service(provider)
        .add_service(HealthServer::new(Health::new(shutdown.clone())))
        .add_service(GrpcControllerServer::new(go_plugin.clone()))
        .add_service(GrpcStdioServer::new(go_plugin.clone()))
        .add_service(GrpcBrokerServer::new(go_plugin))
}

/// Serves what the listener accepts; when this returns the listener is gone.
async fn run<P: Provider>(
    provider: P,
    host: &Host,
    shutdown: Shutdown,
    listener: Listener,
    tls: Option<TlsAcceptor>,
    open: watch::Sender<usize>,
) -> Result<(), StartError> {
    let (accepting, incoming) = connections::accept(listener, tls, &shutdown, host.clone(), open);
    let result = serve_connections(provider, host, &shutdown, incoming).await;
    shutdown.request();
    // Only a panic could make this fail, and then the listener was dropped by it.
    let _ = accepting.await;
    result
}

/// Prints at once.
fn tell(stdout: &mut (dyn Write + Send), text: &str) -> Result<(), StartError> {
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| StartError::new(format!("standard output cannot be written: {error}")))
}
