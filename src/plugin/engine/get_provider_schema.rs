//! `GetProviderSchema`, `GetMetadata` and `GetResourceIdentitySchemas`: what there is, before any
//! configuration.

use std::sync::Arc;

use super::core::Core;
use super::{GetMetadataResponse, GetProviderSchemaResponse, GetResourceIdentitySchemasResponse};
use crate::plugin::author::Provider;
use crate::plugin::diagnostics::Diagnostics;

impl<P: Provider> Core<P> {
    pub(super) fn metadata(&self) -> GetMetadataResponse {
        GetMetadataResponse {
            resources: self.resource_names().map(str::to_owned).collect(),
            data_sources: self.data_source_names().map(str::to_owned).collect(),
            diagnostics: Diagnostics::new(),
        }
    }

    pub(super) fn provider_schema(&self) -> GetProviderSchemaResponse {
        GetProviderSchemaResponse {
            provider: Arc::clone(&self.data),
            resources: self
                .resources()
                .map(|(name, resource)| (name, Arc::clone(resource.data())))
                .collect(),
            data_sources: self
                .data_sources()
                .map(|(name, source)| (name, Arc::clone(source.data())))
                .collect(),
            diagnostics: Diagnostics::new(),
        }
    }

    pub(super) fn identity_schemas(&self) -> GetResourceIdentitySchemasResponse {
        GetResourceIdentitySchemasResponse {
            identities: self
                .resources()
                .filter_map(|(name, resource)| Some((name, Arc::new(resource.identity()?.clone()))))
                .collect(),
            diagnostics: Diagnostics::new(),
        }
    }
}
