//! Imports and data sources: reads without a state of before.

use super::checks::{answer, broken, no_errors, stored};
use super::core::FakeCore;
use super::proposed::complete;
use super::records::{Failure, Instance};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::engine::{
    ImportResourceStateRequest, ReadDataSourceRequest, ValidateConfigRequest,
};
use crate::plugin::value::{Dynamic, Encoded};

impl FakeCore {
    /// `terraform import` by id, with the read that follows.
    ///
    /// # Errors
    /// The provider's errors, and rules that it broke.
    pub async fn import(&self, type_name: &str, id: &str) -> Result<Instance, Failure> {
        self.import_request(ImportResourceStateRequest {
            type_name: type_name.to_owned(),
            id: id.to_owned(),
            identity: None,
            client_capabilities: self.capabilities,
        })
        .await
    }

    /// An `import` block with an identity, with the read that follows.
    ///
    /// # Errors
    /// The provider's errors, and rules that it broke.
    pub async fn import_identity(
        &self,
        type_name: &str,
        identity: Dynamic,
    ) -> Result<Instance, Failure> {
        let identity = match self.identity_schema(type_name) {
            Some(schema) => Encoded::from_dynamic(&identity, &schema.implied_type())?,
            None => Encoded::default(),
        };
        self.import_request(ImportResourceStateRequest {
            type_name: type_name.to_owned(),
            id: String::new(),
            identity: Some(identity),
            client_capabilities: self.capabilities,
        })
        .await
    }

    async fn import_request(
        &self,
        request: ImportResourceStateRequest,
    ) -> Result<Instance, Failure> {
        let type_name = request.type_name.clone();
        let by_identity = request.identity.is_some();
        let schema = self.schema(&type_name)?;
        let response = self.engine.import_resource_state(request).await;
        no_errors(response.diagnostics)?;
        let Some(imported) = response.imported else {
            return Err(broken("an import gave neither an object nor an error"));
        };
        if imported.type_name != type_name {
            return Err(broken("an import gave another type"));
        }
        if by_identity && imported.identity.is_none() {
            return Err(broken("an import by identity gave no identity"));
        }
        let state = imported.state.decode(&schema.implied_type())?;
        if state.is_null() {
            return Err(broken("an import gave no state"));
        }
        stored(&schema.block, &state, "ImportResourceState")?;
        let identity = match (self.identity_schema(&type_name), imported.identity) {
            (Some(schema), Some(identity)) => Some(identity.decode(&schema.implied_type())?),
            _ => None,
        };
        let stub = Instance {
            type_name: type_name.clone(),
            state,
            private: imported.private,
            identity,
            tainted: false,
        };
        self.read(&stub).await?.ok_or_else(|| Failure::Refused {
            diagnostics: Diagnostic::error(
                "Cannot import non-existent remote object",
                "the read after the import found nothing",
            )
            .into(),
            state: None,
        })
    }

    /// Validates and reads a data source.
    ///
    /// # Errors
    /// The provider's errors, and rules that it broke.
    pub async fn read_data(&self, type_name: &str, config: Dynamic) -> Result<Dynamic, Failure> {
        let (state, _) = self.read_data_with_warnings(type_name, config).await?;
        Ok(state)
    }

    /// The same, with the warnings.
    ///
    /// # Errors
    /// The provider's errors, and rules that it broke.
    pub async fn read_data_with_warnings(
        &self,
        type_name: &str,
        config: Dynamic,
    ) -> Result<(Dynamic, Diagnostics), Failure> {
        let schema = self
            .schemas
            .data_sources
            .get(type_name)
            .ok_or_else(|| broken(format!("there is no data source `{type_name}`")))?;
        let ty = schema.implied_type();
        let config = complete(&schema.block, config);
        let config = Encoded::from_dynamic(&config, &ty)?;
        let validate = ValidateConfigRequest {
            type_name: type_name.to_owned(),
            config: config.clone(),
            client_capabilities: self.capabilities,
        };
        let response = self.engine.validate_data_resource_config(validate).await;
        let mut warnings = no_errors(response.diagnostics)?;
        let request = ReadDataSourceRequest {
            type_name: type_name.to_owned(),
            config,
            client_capabilities: self.capabilities,
        };
        let response = self.engine.read_data_source(request).await;
        warnings.extend(no_errors(response.diagnostics)?);
        let state = answer(response.state, &ty, "ReadDataSource")?;
        if state.is_null() || !state.is_wholly_known() {
            return Err(broken("a data source gave null or unknown values"));
        }
        Ok((state, warnings))
    }
}
