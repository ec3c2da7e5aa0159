//! The HTTP side: one port, every service.
//!
//! A handler only turns bytes into a request and an outcome into bytes; what the request means is
//! decided on the database thread.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Sandbox;
use super::chain::{self, Incoming, Outcome};
use super::failure::Failure;
use super::reply::{self, Format, Reply};

/// The longest body that the services take.
const LONGEST_BODY: usize = 10 * 1024 * 1024;
/// How long requests that are being answered may take after a stop.
const GRACE: Duration = Duration::from_secs(5);

/// A sandbox that listens, until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    sandbox: Sandbox,
    stop: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Listens on an address, port 0 for a free one, and serves from then on.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(sandbox: Sandbox, address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let app = router(sandbox.clone()).into_make_service_with_connect_info::<Peer>();
        let serving =
            axum::serve(Door(listener), app).with_graceful_shutdown(stop.clone().cancelled_owned());
        Ok(Self {
            address,
            sandbox,
            stop,
            task: tokio::spawn(async move { serving.await }),
        })
    }

    /// Where it listens, with the port that was found free.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address as clients write it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The sandbox that it serves.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Takes no more requests, and returns when those that are being answered are done, or after
    /// five seconds.
    pub async fn stop(mut self) {
        self.stop.cancel();
        tokio::select! {
            _ = &mut self.task => {}
            () = self.sandbox.host().sleep(GRACE) => self.task.abort(),
        }
    }
}

/// Whoever drops a server does not wait for the requests that are being answered.
impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The application alone, for whoever brings a listener of another kind. Without [`Server`]'s
/// listener a fault cannot close a connection, and answers with status 500 instead; and callers'
/// addresses are not known, so that what policies allow some addresses alone is refused.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new().fallback(handle).with_state(sandbox)
}

async fn handle(State(sandbox): State<Sandbox>, request: Request) -> Response<Body> {
    let peer = request.extensions().get::<ConnectInfo<Peer>>().cloned();
    let peer = peer.map(|ConnectInfo(peer)| peer);
    let (parts, body) = request.into_parts();
    let body = match axum::body::to_bytes(body, LONGEST_BODY).await {
        Ok(body) => body.to_vec(),
        Err(_) => return send(too_long()),
    };
    let incoming = Incoming {
        method: parts.method.as_str().to_owned(),
        target: parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str())
            .to_owned(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect(),
        body,
        peer: peer.as_ref().map(|peer| peer.address),
    };
    match chain::answer(&sandbox, incoming).await {
        Outcome::Reply(reply) => send(reply),
        Outcome::Drop => {
            if let Some(peer) = peer {
                peer.hangup.0.cancel();
            }
            // What is written from here on does not reach the connection.
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

fn too_long() -> Reply {
    let failure = Failure::ours(413, "RequestTooLarge", "A request has at most 10 MB.");
    reply::error(Format::Json, &failure, "", "", None)
}

fn send(reply: Reply) -> Response<Body> {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.media));
    if let Some(after) = reply.retry_after {
        headers.insert("x-acs-retry-after", HeaderValue::from(after));
    }
    response
}

/// A listener whose connections can be closed without an answer.
struct Door(TcpListener);

impl Listener for Door {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Small answers must not wait for more; where it cannot be set they are only slower.
        let _slower = stream.set_nodelay(true);
        let line = Line {
            stream,
            peer: Peer {
                address: peer.ip(),
                hangup: Hangup(CancellationToken::new()),
            },
        };
        (line, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Closes one connection.
#[derive(Debug, Clone)]
struct Hangup(CancellationToken);

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
struct Peer {
    address: IpAddr,
    hangup: Hangup,
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().peer.clone()
    }
}

/// A connection that fails every write once it is hung up.
struct Line {
    stream: TcpStream,
    peer: Peer,
}

impl Line {
    fn up(&self) -> io::Result<()> {
        if self.peer.hangup.0.is_cancelled() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.up()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.up()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.up()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
