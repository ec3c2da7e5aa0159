//! Terraform's calls, one method each: convert, ask the engine, convert back.
//!
//! No method fails. What goes wrong is a diagnostic in the answer, a panic included; a gRPC status
//! would tell the user of a broken plugin instead.
//!
//! Methods that are not written here answer `Unimplemented`: ephemeral resources, list resources,
//! actions, state stores, calls of functions, moves between types and generated configuration.

use std::fmt;

use tonic::{Request, Response, Status};
use tracing::Instrument;

use super::inspect::{Answer, Inspect};
use super::observe::Observer;
use super::panic;
use crate::plugin::convert::{from_proto, to_proto};
use crate::plugin::engine::Engine;
use crate::plugin::proto::tfplugin6::{
    apply_resource_change, configure_provider, get_functions, get_metadata, get_provider_schema,
    get_resource_identity_schemas, import_resource_state, plan_resource_change, provider_server,
    read_data_source, read_resource, stop_provider, upgrade_resource_identity,
    upgrade_resource_state, validate_data_resource_config, validate_provider_config,
    validate_resource_config,
};

/// The provider as a gRPC service.
#[derive(Clone)]
pub(super) struct Service {
    engine: Engine,
    observer: Observer,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

type Answered<T> = Result<Response<T>, Status>;

impl Service {
    /// A service that asks this engine.
    pub(super) fn new(engine: Engine, observer: Observer) -> Self {
        Self { engine, observer }
    }

    /// Does the work of one call. Where it panics the answer holds nothing but that error: after a
    /// null new state Terraform keeps the prior one.
    async fn run<P, Q, F>(
        &self,
        rpc: &'static str,
        request: Request<P>,
        work: impl FnOnce(Engine, P) -> F,
    ) -> Answered<Q>
    where
        P: Inspect,
        Q: Answer,
        F: Future<Output = Q>,
    {
        let request = request.into_inner();
        let begun = self.observer.begin(rpc, &request);
        let engine = self.engine.clone();
        let outcome = panic::catch(async move { work(engine, request).await })
            .instrument(begun.span.clone())
            .await;
        let response = outcome.unwrap_or_else(|panicked| {
            let mut response = Q::default();
            let diagnostic = to_proto::diagnostic(panicked.diagnostic(rpc));
            response.diagnostics_mut().push(diagnostic);
            response
        });
        self.observer.end(&begun, &response);
        Ok(Response::new(response))
    }
}

#[tonic::async_trait]
impl provider_server::Provider for Service {
    async fn get_metadata(
        &self,
        request: Request<get_metadata::Request>,
    ) -> Answered<get_metadata::Response> {
        self.run("GetMetadata", request, |engine, _| async move {
            to_proto::get_metadata(engine.get_metadata())
        })
        .await
    }

    async fn get_provider_schema(
        &self,
        request: Request<get_provider_schema::Request>,
    ) -> Answered<get_provider_schema::Response> {
        self.run("GetProviderSchema", request, |engine, _| async move {
            to_proto::get_provider_schema(engine.get_provider_schema())
        })
        .await
    }

    async fn get_resource_identity_schemas(
        &self,
        request: Request<get_resource_identity_schemas::Request>,
    ) -> Answered<get_resource_identity_schemas::Response> {
        self.run(
            "GetResourceIdentitySchemas",
            request,
            |engine, _| async move {
                to_proto::get_resource_identity_schemas(engine.get_resource_identity_schemas())
            },
        )
        .await
    }

    async fn get_functions(
        &self,
        request: Request<get_functions::Request>,
    ) -> Answered<get_functions::Response> {
        self.run("GetFunctions", request, |_, _| async move {
            get_functions::Response::default()
        })
        .await
    }

    async fn validate_provider_config(
        &self,
        request: Request<validate_provider_config::Request>,
    ) -> Answered<validate_provider_config::Response> {
        self.run(
            "ValidateProviderConfig",
            request,
            |engine, request| async move {
                let request = from_proto::validate_provider_config(request);
                to_proto::validate_provider_config(engine.validate_provider_config(request).await)
            },
        )
        .await
    }

    async fn validate_resource_config(
        &self,
        request: Request<validate_resource_config::Request>,
    ) -> Answered<validate_resource_config::Response> {
        self.run(
            "ValidateResourceConfig",
            request,
            |engine, request| async move {
                let request = from_proto::validate_resource_config(request);
                to_proto::validate_resource_config(engine.validate_resource_config(request).await)
            },
        )
        .await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<validate_data_resource_config::Request>,
    ) -> Answered<validate_data_resource_config::Response> {
        self.run(
            "ValidateDataResourceConfig",
            request,
            |engine, request| async move {
                let request = from_proto::validate_data_resource_config(request);
                let response = engine.validate_data_resource_config(request).await;
                to_proto::validate_data_resource_config(response)
            },
        )
        .await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> Answered<upgrade_resource_state::Response> {
        self.run(
            "UpgradeResourceState",
            request,
            |engine, request| async move {
                let request = from_proto::upgrade_resource_state(request);
                to_proto::upgrade_resource_state(engine.upgrade_resource_state(request).await)
            },
        )
        .await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<upgrade_resource_identity::Request>,
    ) -> Answered<upgrade_resource_identity::Response> {
        self.run(
            "UpgradeResourceIdentity",
            request,
            |engine, request| async move {
                let request = from_proto::upgrade_resource_identity(request);
                to_proto::upgrade_resource_identity(engine.upgrade_resource_identity(request).await)
            },
        )
        .await
    }

    async fn configure_provider(
        &self,
        request: Request<configure_provider::Request>,
    ) -> Answered<configure_provider::Response> {
        self.run("ConfigureProvider", request, |engine, request| async move {
            let request = from_proto::configure_provider(request);
            to_proto::configure_provider(engine.configure_provider(request).await)
        })
        .await
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Answered<read_resource::Response> {
        self.run("ReadResource", request, |engine, request| async move {
            let request = from_proto::read_resource(request);
            to_proto::read_resource(engine.read_resource(request).await)
        })
        .await
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> Answered<plan_resource_change::Response> {
        self.run(
            "PlanResourceChange",
            request,
            |engine, request| async move {
                let request = from_proto::plan_resource_change(request);
                to_proto::plan_resource_change(engine.plan_resource_change(request).await)
            },
        )
        .await
    }

    async fn apply_resource_change(
        &self,
        request: Request<apply_resource_change::Request>,
    ) -> Answered<apply_resource_change::Response> {
        self.run(
            "ApplyResourceChange",
            request,
            |engine, request| async move {
                let request = from_proto::apply_resource_change(request);
                to_proto::apply_resource_change(engine.apply_resource_change(request).await)
            },
        )
        .await
    }

    async fn import_resource_state(
        &self,
        request: Request<import_resource_state::Request>,
    ) -> Answered<import_resource_state::Response> {
        self.run(
            "ImportResourceState",
            request,
            |engine, request| async move {
                let request = from_proto::import_resource_state(request);
                to_proto::import_resource_state(engine.import_resource_state(request).await)
            },
        )
        .await
    }

    async fn read_data_source(
        &self,
        request: Request<read_data_source::Request>,
    ) -> Answered<read_data_source::Response> {
        self.run("ReadDataSource", request, |engine, request| async move {
            let request = from_proto::read_data_source(request);
            to_proto::read_data_source(engine.read_data_source(request).await)
        })
        .await
    }

    async fn stop_provider(
        &self,
        _: Request<stop_provider::Request>,
    ) -> Answered<stop_provider::Response> {
        self.engine.stop();
        Ok(Response::new(stop_provider::Response::default()))
    }
}
