//! From a listener to a stream of connections that are ready for HTTP/2.
//!
//! A connection that fails, in its TLS handshake or before, concerns nobody else: hosts probe a
//! plugin by connecting and hanging up.

use std::io;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;

use super::listener::{Listener, Open, Stream};
use super::shutdown::Shutdown;
use crate::host::Host;

/// How long a peer may take for its TLS handshake.
const TLS_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait after the system refused to accept, most likely for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until the end is asked for; then the listener is dropped and its socket
/// file removed, and the task whose handle comes first is over. `open` holds how many connections there are.
pub(super) fn accept(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    shutdown: &Shutdown,
    host: Host,
    open: watch::Sender<usize>,
) -> (JoinHandle<()>, ReceiverStream<io::Result<Stream>>) {
    let (ready, incoming) = mpsc::channel(16);
    let requested = shutdown.requested();
    let accepting = tokio::spawn(async move {
        tokio::pin!(requested);
        loop {
            let stream = tokio::select! {
                () = &mut requested => break,
                accepted = listener.accept() => match accepted {
                    Ok(stream) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "a connection cannot be accepted");
                        host.sleep(PAUSE).await;
                        continue;
                    }
                },
            };
            let counted = Open::new(&open);
            let (tls, ready) = (tls.clone(), ready.clone());
            // On its own task: a peer that is slow in its handshake keeps nobody waiting.
            tokio::spawn(async move {
                if let Some(stream) = secure(stream, tls).await {
                    // Nobody receives any more once the server ends.
                    let _ = ready.send(Ok(stream.counted(counted))).await;
                }
            });
        }
    });
    (accepting, ReceiverStream::new(incoming))
}

/// Does the TLS handshake, if there is to be one.
async fn secure(stream: Stream, tls: Option<TlsAcceptor>) -> Option<Stream> {
    let Some(tls) = tls else {
        return Some(stream);
    };
    match tokio::time::timeout(TLS_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some(Stream::new(stream)),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection is refused");
            None
        }
        Err(_) => {
            tracing::debug!("a connection is closed: its TLS handshake takes too long");
            None
        }
    }
}
