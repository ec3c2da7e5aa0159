//! The three services that go-plugin expects beside the provider.
//!
//! The host opens the broker's and stdio's streams right after it has connected. Nothing is ever
//! sent on them: this plugin brokers no connections, and what it has to say goes to standard error.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::shutdown::Shutdown;
use crate::plugin::proto::go_plugin as proto;

/// All three services.
#[derive(Debug, Clone)]
pub(super) struct GoPlugin {
    shutdown: Shutdown,
}

impl GoPlugin {
    /// Services of a process that ends in this way.
    pub(super) fn new(shutdown: Shutdown) -> Self {
        Self { shutdown }
    }
}

/// A stream without items that is open until the process ends.
pub(super) struct Held<T> {
    ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    // `fn`: nothing of the type is held, so sending the stream to another thread is always fine.
    _item: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

impl<T> Held<T> {
    /// Open until the end is asked for.
    pub(super) fn until(shutdown: &Shutdown) -> Self {
        Self {
            ended: Box::pin(shutdown.requested()),
            _item: PhantomData,
        }
    }
}

impl<T> Stream for Held<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.ended.as_mut().poll(context).map(|()| None)
    }
}

#[tonic::async_trait]
impl proto::grpc_controller_server::GrpcController for GoPlugin {
    async fn shutdown(&self, _: Request<proto::Empty>) -> Result<Response<proto::Empty>, Status> {
        self.shutdown.request();
        Ok(Response::new(proto::Empty {}))
    }
}

#[tonic::async_trait]
impl proto::grpc_stdio_server::GrpcStdio for GoPlugin {
    type StreamStdioStream = Held<proto::StdioData>;

    async fn stream_stdio(
        &self,
        _: Request<()>,
    ) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(Held::until(&self.shutdown)))
    }
}

/// The broker's stream: whatever the host offers is read and forgotten, so that it never waits for
/// room, and nothing is offered in return.
#[derive(Debug)]
pub(super) struct Brokered {
    offers: Option<Streaming<proto::ConnInfo>>,
    answers: Held<proto::ConnInfo>,
}

impl Stream for Brokered {
    type Item = Result<proto::ConnInfo, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while let Some(offers) = &mut self.offers {
            match Pin::new(offers).poll_next(context) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(_)) | None) => self.offers = None,
                Poll::Pending => break,
            }
        }
        Pin::new(&mut self.answers).poll_next(context)
    }
}

#[tonic::async_trait]
impl proto::grpc_broker_server::GrpcBroker for GoPlugin {
    type StartStreamStream = Brokered;

    async fn start_stream(
        &self,
        request: Request<Streaming<proto::ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        Ok(Response::new(Brokered {
            offers: Some(request.into_inner()),
            answers: Held::until(&self.shutdown),
        }))
    }
}
