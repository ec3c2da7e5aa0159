//! The fake core itself.

use std::sync::Arc;

use super::checks::{all_kept, answer, broken, is_write_only, no_errors, no_write_only, stored};
use super::proposed::{complete, proposed_new};
use super::records::{Action, Change, Failure, Instance};
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::engine::{
    ApplyResourceChangeRequest, ClientCapabilities, ConfigureProviderRequest, Engine,
    GetProviderSchemaResponse, GetResourceIdentitySchemasResponse, PlanResourceChangeRequest,
    PlanResourceChangeResponse, RawState, ReadResourceRequest, UpgradeResourceIdentityRequest,
    UpgradeResourceStateRequest, ValidateConfigRequest, ValidateProviderConfigRequest, rules,
};
use crate::plugin::schema::{IdentityData, SchemaData};
use crate::plugin::value::{Dynamic, Encoded, json};

/// Terraform, as far as one resource instance is concerned.
#[derive(Debug, Clone)]
pub struct FakeCore {
    pub(super) engine: Engine,
    pub(super) schemas: Arc<GetProviderSchemaResponse>,
    identities: Arc<GetResourceIdentitySchemasResponse>,
    pub(super) capabilities: ClientCapabilities,
}

impl FakeCore {
    /// Starts a provider: asks for its schemas, validates and configures it. What the author wrote
    /// in the provider block is an object of some of its attributes.
    ///
    /// # Errors
    /// When the provider refuses the configuration.
    pub async fn start(engine: Engine, provider_config: Dynamic) -> Result<Self, Failure> {
        let core = Self::unconfigured(engine);
        core.configure(provider_config).await?;
        Ok(core)
    }

    /// A provider that was asked for its schemas and nothing else.
    #[must_use]
    pub fn unconfigured(engine: Engine) -> Self {
        Self {
            schemas: Arc::new(engine.get_provider_schema()),
            identities: Arc::new(engine.get_resource_identity_schemas()),
            engine,
            capabilities: ClientCapabilities {
                write_only_attributes_allowed: true,
                ..ClientCapabilities::default()
            },
        }
    }

    /// The same core as an older or newer client.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: ClientCapabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// The engine under test.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Validates and configures the provider.
    ///
    /// # Errors
    /// When the provider refuses the configuration.
    pub async fn configure(&self, provider_config: Dynamic) -> Result<Diagnostics, Failure> {
        let schema = Arc::clone(&self.schemas.provider);
        let config = complete(&schema.block, provider_config);
        let config = Encoded::from_dynamic(&config, &schema.implied_type())?;
        let validate = ValidateProviderConfigRequest {
            config: config.clone(),
        };
        let mut warnings = no_errors(
            self.engine
                .validate_provider_config(validate)
                .await
                .diagnostics,
        )?;
        let configure = ConfigureProviderRequest {
            terraform_version: "1.11.4".to_owned(),
            config,
            client_capabilities: self.capabilities,
        };
        let response = self.engine.configure_provider(configure).await;
        warnings.extend(no_errors(response.diagnostics)?);
        Ok(warnings)
    }

    /// The schema of a resource.
    ///
    /// # Errors
    /// When there is no such resource.
    pub fn schema(&self, type_name: &str) -> Result<&Arc<SchemaData>, Failure> {
        self.schemas
            .resources
            .get(type_name)
            .ok_or_else(|| broken(format!("there is no resource `{type_name}`")))
    }

    pub(super) fn identity_schema(&self, type_name: &str) -> Option<&Arc<IdentityData>> {
        self.identities.identities.get(type_name)
    }

    /// `terraform validate`: the configuration of a resource alone, in which the author wrote only
    /// these attributes.
    ///
    /// # Errors
    /// The provider's errors.
    pub async fn validate(&self, type_name: &str, config: Dynamic) -> Result<Diagnostics, Failure> {
        let schema = self.schema(type_name)?;
        let config = complete(&schema.block, config);
        let request = ValidateConfigRequest {
            type_name: type_name.to_owned(),
            config: Encoded::from_dynamic(&config, &schema.implied_type())?,
            client_capabilities: self.capabilities,
        };
        let response = self.engine.validate_resource_config(request).await;
        no_errors(response.diagnostics)
    }

    /// What every command does to a stored object first: upgrade, then read. `None` where the
    /// object is gone.
    ///
    /// # Errors
    /// The provider's errors, and rules that it broke.
    pub async fn refresh(&self, instance: &Instance) -> Result<Option<Instance>, Failure> {
        let type_name = &instance.type_name;
        let schema = self.schema(type_name)?;
        let ty = schema.implied_type();
        let upgrade = UpgradeResourceStateRequest {
            type_name: type_name.clone(),
            version: schema.version,
            raw_state: RawState {
                json: json::encode(&instance.state, &ty)?.into_bytes(),
                has_flatmap: false,
            },
        };
        let response = self.engine.upgrade_resource_state(upgrade).await;
        no_errors(response.diagnostics)?;
        let upgraded = answer(response.upgraded_state, &ty, "UpgradeResourceState")?;
        stored(&schema.block, &upgraded, "UpgradeResourceState")?;
        if upgraded != instance.state {
            return Err(broken(
                "UpgradeResourceState changed a state of today's version",
            ));
        }
        self.upgrade_identity(instance).await?;
        self.read(&Instance {
            state: upgraded,
            ..instance.clone()
        })
        .await
    }

    async fn upgrade_identity(&self, instance: &Instance) -> Result<(), Failure> {
        let (Some(schema), Some(identity)) = (
            self.identity_schema(&instance.type_name),
            &instance.identity,
        ) else {
            return Ok(());
        };
        let ty = schema.implied_type();
        let request = UpgradeResourceIdentityRequest {
            type_name: instance.type_name.clone(),
            version: schema.version,
            raw_identity: RawState {
                json: json::encode(identity, &ty)?.into_bytes(),
                has_flatmap: false,
            },
        };
        let response = self.engine.upgrade_resource_identity(request).await;
        no_errors(response.diagnostics)?;
        let upgraded = answer(response.upgraded_identity, &ty, "UpgradeResourceIdentity")?;
        if upgraded != *identity {
            return Err(broken("an identity of today's version changed"));
        }
        Ok(())
    }

    pub(super) async fn read(&self, instance: &Instance) -> Result<Option<Instance>, Failure> {
        let type_name = &instance.type_name;
        let schema = self.schema(type_name)?;
        let ty = schema.implied_type();
        let request = ReadResourceRequest {
            type_name: type_name.clone(),
            current_state: Encoded::from_dynamic(&instance.state, &ty)?,
            private: instance.private.clone(),
            client_capabilities: self.capabilities,
            current_identity: self.encode_identity(type_name, instance.identity.as_ref())?,
        };
        let response = self.engine.read_resource(request).await;
        no_errors(response.diagnostics)?;
        let state = answer(response.new_state, &ty, "ReadResource")?;
        if state.is_null() {
            return Ok(None);
        }
        stored(&schema.block, &state, "ReadResource")?;
        let identity = self.decode_identity(type_name, response.new_identity, true)?;
        // What an import left out is found out by the read; nothing else changes.
        let changed = |(name, old): (&String, &Dynamic)| {
            let new = identity.as_ref().and_then(|new| new.attribute(name));
            !old.is_null() && new != Some(old)
        };
        if let Some(Dynamic::Object(old)) = &instance.identity
            && old.iter().any(changed)
        {
            return Err(broken("ReadResource changed the identity"));
        }
        Ok(Some(Instance {
            state,
            private: response.private,
            identity,
            ..instance.clone()
        }))
    }

    /// `terraform plan` for one object. `config` holds what the author wrote; `None` destroys.
    ///
    /// # Errors
    /// The provider's errors, and rules that it broke.
    pub async fn plan(
        &self,
        type_name: &str,
        stored: Option<&Instance>,
        config: Option<Dynamic>,
    ) -> Result<Change, Failure> {
        let prior = match stored {
            Some(instance) => self.refresh(instance).await?,
            None => None,
        };
        self.plan_refreshed(type_name, prior, config).await
    }

    /// The same with `-refresh=false`.
    ///
    /// # Errors
    /// The provider's errors, and rules that it broke.
    pub async fn plan_refreshed(
        &self,
        type_name: &str,
        prior: Option<Instance>,
        config: Option<Dynamic>,
    ) -> Result<Change, Failure> {
        let schema = self.schema(type_name)?;
        let Some(config) = config else {
            return self.plan_destroy(type_name, prior).await;
        };
        let mut warnings = self.validate(type_name, config.clone()).await?;
        let config = complete(&schema.block, config);
        let tainted = prior.as_ref().is_some_and(|prior| prior.tainted);
        let before = prior.as_ref().filter(|_| !tainted);
        let mut planned = self.ask_plan(type_name, before, &config, None).await?;
        let mut action = match (before, planned.replaces.is_empty()) {
            (None, _) if tainted => Action::Replace,
            (None, _) => Action::Create,
            (Some(_), false) => Action::Replace,
            (Some(before), true) if planned.planned == before.state => Action::NoOp,
            (Some(_), true) => Action::Update,
        };
        let replaces = std::mem::take(&mut planned.replaces);
        if action == Action::Replace && !tainted {
            // Once more, as a create that inherits private state and identity.
            let inherited = Some((planned.private, planned.identity));
            planned = self.ask_plan(type_name, None, &config, inherited).await?;
            action = Action::Replace;
        }
        warnings.extend(planned.warnings);
        Ok(Change {
            action,
            prior,
            replaces,
            warnings,
            ..planned
        })
    }

    /// One `PlanResourceChange` of an object that stays or comes.
    async fn ask_plan(
        &self,
        type_name: &str,
        prior: Option<&Instance>,
        config: &Dynamic,
        inherited: Option<(Vec<u8>, Option<Dynamic>)>,
    ) -> Result<Change, Failure> {
        let schema = self.schema(type_name)?;
        let ty = schema.implied_type();
        let null = Dynamic::Null;
        let before = prior.map_or(&null, |prior| &prior.state);
        let proposed = proposed_new(&schema.block, before, config);
        let is_replacement = inherited.is_some();
        let (private, identity) = inherited.unwrap_or_else(|| {
            let prior = prior.cloned();
            prior.map_or_else(Default::default, |p| (p.private, p.identity))
        });
        let request = PlanResourceChangeRequest {
            type_name: type_name.to_owned(),
            prior_state: Encoded::from_dynamic(before, &ty)?,
            proposed_new_state: Encoded::from_dynamic(&proposed, &ty)?,
            config: Encoded::from_dynamic(config, &ty)?,
            prior_private: private,
            planned_private: Vec::new(),
            client_capabilities: self.capabilities,
            prior_identity: self.encode_identity(type_name, identity.as_ref())?,
        };
        let response = self.engine.plan_resource_change(request.clone()).await;
        // The same question has the same answer.
        let again = self.engine.plan_resource_change(request).await;
        if again.planned_state != response.planned_state {
            return Err(broken("the same plan came out differently the second time"));
        }
        let PlanResourceChangeResponse {
            planned_state,
            requires_replace,
            planned_private,
            planned_identity,
            diagnostics,
        } = response;
        let warnings = no_errors(diagnostics)?;
        let planned = answer(planned_state, &ty, "PlanResourceChange")?;
        no_write_only(&schema.block, &planned, "PlanResourceChange")?;
        if !is_replacement {
            all_kept(
                rules::check_plan(&schema.block, before, config, &planned),
                "plan",
            )?;
        }
        all_kept(
            rules::check_replaces(before, &planned, &requires_replace),
            "requires_replace",
        )?;
        let mut sorted = requires_replace.clone();
        sorted.sort();
        sorted.dedup();
        if sorted != requires_replace {
            return Err(broken("requires_replace is not sorted or holds duplicates"));
        }
        let identity = self.decode_identity(type_name, planned_identity, false)?;
        let replaces = match prior {
            // Core drops paths whose values do not differ.
            Some(_) => requires_replace
                .into_iter()
                .filter(|path| {
                    let differs = before.get(path) != planned.get(path);
                    differs || is_write_only(&schema.block, path)
                })
                .collect(),
            None => Vec::new(),
        };
        if prior.is_some()
            && replaces.is_empty()
            && identity.as_ref().is_some_and(|i| !i.is_wholly_known())
        {
            return Err(broken("the identity of an existing object is unknown"));
        }
        Ok(Change {
            type_name: type_name.to_owned(),
            action: Action::NoOp,
            prior: prior.cloned(),
            config: config.clone(),
            planned,
            replaces,
            warnings,
            private: planned_private,
            identity,
        })
    }

    async fn plan_destroy(
        &self,
        type_name: &str,
        prior: Option<Instance>,
    ) -> Result<Change, Failure> {
        let ty = self.schema(type_name)?.implied_type();
        let null = Encoded::from_dynamic(&Dynamic::Null, &ty)?;
        let Some(instance) = &prior else {
            return Ok(Change {
                type_name: type_name.to_owned(),
                action: Action::NoOp,
                prior,
                config: Dynamic::Null,
                planned: Dynamic::Null,
                replaces: Vec::new(),
                warnings: Diagnostics::new(),
                private: Vec::new(),
                identity: None,
            });
        };
        let request = PlanResourceChangeRequest {
            type_name: type_name.to_owned(),
            prior_state: Encoded::from_dynamic(&instance.state, &ty)?,
            proposed_new_state: null.clone(),
            config: null,
            prior_private: instance.private.clone(),
            planned_private: Vec::new(),
            client_capabilities: self.capabilities,
            prior_identity: self.encode_identity(type_name, instance.identity.as_ref())?,
        };
        let response = self.engine.plan_resource_change(request).await;
        let warnings = no_errors(response.diagnostics)?;
        let planned = answer(response.planned_state, &ty, "PlanResourceChange")?;
        if !planned.is_null() {
            return Err(broken("a destroy was planned as something else than null"));
        }
        Ok(Change {
            type_name: type_name.to_owned(),
            action: Action::Delete,
            config: Dynamic::Null,
            planned,
            replaces: Vec::new(),
            warnings,
            private: response.planned_private,
            identity: self.decode_identity(type_name, response.planned_identity, true)?,
            prior,
        })
    }

    /// `terraform apply` of a planned change, in the end with this configuration (the planned one,
    /// with what was unknown now known).
    ///
    /// # Errors
    /// The provider's errors with what is in the state then, and rules that it broke.
    pub async fn apply_with(
        &self,
        change: Change,
        config: Dynamic,
    ) -> Result<Option<Instance>, Failure> {
        match change.action {
            Action::NoOp => Ok(change.prior),
            Action::Delete => {
                self.send_apply(&change.type_name, change.prior.as_ref(), &change)
                    .await
            }
            Action::Replace => {
                let delete = self
                    .plan_destroy(&change.type_name, change.prior.clone())
                    .await?;
                let left = self
                    .send_apply(&change.type_name, delete.prior.as_ref(), &delete)
                    .await?;
                if left.is_some() {
                    return Err(broken("something was left of a replaced object"));
                }
                self.finish(change, None, config).await
            }
            Action::Create | Action::Update => {
                let prior = change.prior.clone();
                self.finish(change, prior, config).await
            }
        }
    }

    /// `terraform apply` of a planned change whose configuration was known.
    ///
    /// # Errors
    /// The provider's errors with what is in the state then, and rules that it broke.
    pub async fn apply(&self, change: Change) -> Result<Option<Instance>, Failure> {
        let config = change.config.clone();
        self.apply_with(change, config).await
    }

    /// Plans once more with what is known now, and applies.
    async fn finish(
        &self,
        change: Change,
        prior: Option<Instance>,
        config: Dynamic,
    ) -> Result<Option<Instance>, Failure> {
        let type_name = change.type_name.clone();
        let schema = self.schema(&type_name)?;
        let config = complete(&schema.block, config);
        if !config.is_wholly_known() {
            return Err(broken("the test applies a configuration with unknowns"));
        }
        self.validate(&type_name, config.clone()).await?;
        let inherited = match prior {
            Some(_) => None,
            None => Some((change.private.clone(), change.identity.clone())),
        };
        let again = self
            .ask_plan(&type_name, prior.as_ref(), &config, inherited)
            .await?;
        all_kept(
            rules::check_compatible(&change.planned, &again.planned, false),
            "final plan",
        )?;
        if prior.is_some() && !again.replaces.is_empty() {
            return Err(broken("the final plan replaces what was to be updated"));
        }
        self.send_apply(&type_name, prior.as_ref(), &again).await
    }

    async fn send_apply(
        &self,
        type_name: &str,
        prior: Option<&Instance>,
        change: &Change,
    ) -> Result<Option<Instance>, Failure> {
        let schema = self.schema(type_name)?;
        let ty = schema.implied_type();
        let null = Dynamic::Null;
        let before = prior.map_or(&null, |prior| &prior.state);
        let request = ApplyResourceChangeRequest {
            type_name: type_name.to_owned(),
            prior_state: Encoded::from_dynamic(before, &ty)?,
            planned_state: Encoded::from_dynamic(&change.planned, &ty)?,
            config: Encoded::from_dynamic(&change.config, &ty)?,
            planned_private: change.private.clone(),
            planned_identity: self.encode_identity(type_name, change.identity.as_ref())?,
        };
        let response = self.engine.apply_resource_change(request).await;
        let state = answer(response.new_state, &ty, "ApplyResourceChange")?;
        stored(&schema.block, &state, "ApplyResourceChange")?;
        let failed = response.diagnostics.has_errors();
        let identity = match state.is_null() {
            true => None,
            false => self.decode_identity(type_name, response.new_identity, true)?,
        };
        let instance = (!state.is_null()).then(|| Instance {
            type_name: type_name.to_owned(),
            state: state.clone(),
            private: response.private.clone(),
            identity,
            tainted: prior.is_none() && failed,
        });
        if failed {
            let kept = instance.or_else(|| prior.cloned());
            return Err(Failure::Refused {
                diagnostics: response.diagnostics,
                state: kept.map(Box::new),
            });
        }
        no_errors(response.diagnostics)?;
        if change.planned.is_null() {
            if !state.is_null() {
                return Err(broken("a delete without errors left a state"));
            }
            if !response.private.is_empty() {
                return Err(broken("a delete without errors left private state"));
            }
            return Ok(None);
        }
        if state.is_null() {
            return Err(broken("no state came back, and no error either"));
        }
        all_kept(
            rules::check_compatible(&change.planned, &state, true),
            "apply",
        )?;
        Ok(instance)
    }

    /// Plans, applies, and sees that a plan right after it changes nothing.
    ///
    /// # Errors
    /// The provider's errors, and rules that it broke.
    pub async fn converge(
        &self,
        type_name: &str,
        stored: Option<&Instance>,
        config: Dynamic,
    ) -> Result<Instance, Failure> {
        let change = self.plan(type_name, stored, Some(config.clone())).await?;
        let made = self.apply(change).await?;
        let again = self.plan(type_name, made.as_ref(), Some(config)).await?;
        if again.action != Action::NoOp {
            let before = again.prior.map(|prior| prior.state);
            return Err(broken(format!(
                "a plan right after apply is {:?}:\nbefore {before:?}\nafter  {:?}",
                again.action, again.planned
            )));
        }
        again.prior.ok_or_else(|| broken("nothing was made"))
    }

    /// Plans and applies a destroy.
    ///
    /// # Errors
    /// The provider's errors with what is in the state then, and rules that it broke.
    pub async fn destroy(&self, instance: &Instance) -> Result<(), Failure> {
        let change = self.plan(&instance.type_name, Some(instance), None).await?;
        self.apply(change).await?;
        Ok(())
    }

    fn encode_identity(
        &self,
        type_name: &str,
        identity: Option<&Dynamic>,
    ) -> Result<Option<Encoded>, Failure> {
        match (self.identity_schema(type_name), identity) {
            (Some(schema), Some(identity)) => {
                let ty = schema.implied_type();
                Ok(Some(Encoded::from_dynamic(identity, &ty)?))
            }
            _ => Ok(None),
        }
    }

    fn decode_identity(
        &self,
        type_name: &str,
        identity: Option<Encoded>,
        must_be_known: bool,
    ) -> Result<Option<Dynamic>, Failure> {
        let Some(schema) = self.identity_schema(type_name) else {
            return match identity {
                None => Ok(None),
                Some(_) => Err(broken("an identity came without a schema for it")),
            };
        };
        let Some(identity) = identity else {
            return match must_be_known {
                true => Err(broken("the identity is missing")),
                false => Ok(None),
            };
        };
        let identity = identity.decode(&schema.implied_type())?;
        if must_be_known && !identity.is_wholly_known() {
            return Err(broken("the identity is not known"));
        }
        Ok(Some(identity))
    }
}
