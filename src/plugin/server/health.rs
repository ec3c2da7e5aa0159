//! Whether the plugin is alive: it is, or nobody answers.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::go_plugin::Held;
use super::shutdown::Shutdown;
use crate::plugin::proto::health::health_check_response::ServingStatus;
use crate::plugin::proto::health::health_server;
use crate::plugin::proto::health::{HealthCheckRequest, HealthCheckResponse};

/// The name under which go-plugin asks for a plugin's health.
const SERVICE: &str = "plugin";

/// The health service.
#[derive(Debug, Clone)]
pub(super) struct Health {
    shutdown: Shutdown,
}

impl Health {
    /// The health of a process that ends in this way.
    pub(super) fn new(shutdown: Shutdown) -> Self {
        Self { shutdown }
    }
}

/// An empty name asks for the server as a whole.
fn is_known(request: &HealthCheckRequest) -> bool {
    request.service.is_empty() || request.service == SERVICE
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status.into(),
    }
}

/// One status, and then silence until the process ends.
#[derive(Debug)]
pub(super) struct Watch {
    first: Option<HealthCheckResponse>,
    rest: Held<HealthCheckResponse>,
}

impl Stream for Watch {
    type Item = Result<HealthCheckResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.first.take() {
            Some(response) => Poll::Ready(Some(Ok(response))),
            None => Pin::new(&mut self.rest).poll_next(context),
        }
    }
}

#[tonic::async_trait]
impl health_server::Health for Health {
    type WatchStream = Watch;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if is_known(request.get_ref()) {
            Ok(Response::new(response(ServingStatus::Serving)))
        } else {
            Err(Status::not_found("unknown service"))
        }
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let status = if is_known(request.get_ref()) {
            ServingStatus::Serving
        } else {
            ServingStatus::ServiceUnknown
        };
        Ok(Response::new(Watch {
            first: Some(response(status)),
            rest: Held::until(&self.shutdown),
        }))
    }
}
