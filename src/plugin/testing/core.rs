//! The fake core itself.

use std::fmt;
use std::sync::Arc;

use super::proposed::{complete, proposed_new};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::plugin::engine::{
    ApplyResourceChangeRequest, ClientCapabilities, ConfigureProviderRequest, Engine,
    GetProviderSchemaResponse, GetResourceIdentitySchemasResponse, ImportResourceStateRequest,
    PlanResourceChangeRequest, PlanResourceChangeResponse, RawState, ReadDataSourceRequest,
    ReadResourceRequest, UpgradeResourceIdentityRequest, UpgradeResourceStateRequest,
    ValidateConfigRequest, ValidateProviderConfigRequest, rules,
};
use crate::plugin::schema::{AttributeData, AttributeType, Block, IdentityData, SchemaData};
use crate::plugin::value::{Dynamic, Encoded, Path, Type, ValueError, json};

/// What Terraform shows for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// `+`
    Create,
    /// `~`
    Update,
    /// `-/+`
    Replace,
    /// `-`
    Delete,
}

/// An object in the state.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The type's whole name.
    pub type_name: String,
    /// What is stored.
    pub state: Dynamic,
    /// What the provider keeps beside it.
    pub private: Vec<u8>,
    /// Its identity, where it has one.
    pub identity: Option<Dynamic>,
    /// Whether its create failed half way; it is replaced then.
    pub tainted: bool,
}

/// A planned change.
#[derive(Debug, Clone)]
pub struct Change {
    /// The type's whole name.
    pub type_name: String,
    /// What Terraform would show.
    pub action: Action,
    /// The object before, refreshed.
    pub prior: Option<Instance>,
    /// What the author wrote; null for a destroy.
    pub config: Dynamic,
    /// What will be; null for a destroy.
    pub planned: Dynamic,
    /// Attributes whose change replaces the object.
    pub replaces: Vec<Path>,
    /// Messages, warnings only.
    pub warnings: Diagnostics,
    private: Vec<u8>,
    identity: Option<Dynamic>,
}

/// Why something did not come to its end.
#[derive(Clone)]
pub enum Failure {
    /// The provider said no.
    Refused {
        /// Why.
        diagnostics: Diagnostics,
        /// What is in the state all the same.
        state: Option<Box<Instance>>,
    },
    /// The provider broke a rule of Terraform's.
    Broken(Vec<String>),
}

impl Failure {
    /// The provider's messages; none where it broke a rule.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        match self {
            Self::Refused { diagnostics, .. } => diagnostics.clone(),
            Self::Broken(_) => Diagnostics::new(),
        }
    }

    /// What is in the state all the same.
    #[must_use]
    pub fn state(&self) -> Option<&Instance> {
        match self {
            Self::Refused { state, .. } => state.as_deref(),
            Self::Broken(_) => None,
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { diagnostics, state } => {
                writeln!(f, "the provider refused:")?;
                writeln!(f, "{diagnostics}")?;
                match state {
                    Some(state) => write!(f, "left in state: {:?}", state.state),
                    None => f.write_str("nothing is in the state"),
                }
            }
            Self::Broken(rules) => {
                writeln!(f, "rules of Terraform core are broken:")?;
                f.write_str(&rules.join("\n"))
            }
        }
    }
}

impl From<ValueError> for Failure {
    fn from(error: ValueError) -> Self {
        Self::Broken(vec![error.to_string()])
    }
}

fn broken(rule: impl fmt::Display) -> Failure {
    Failure::Broken(vec![rule.to_string()])
}

fn all_kept(violations: Vec<rules::Violation>, when: &str) -> Result<(), Failure> {
    if violations.is_empty() {
        return Ok(());
    }
    let texts = violations.iter().map(|v| format!("{when}: {v}")).collect();
    Err(Failure::Broken(texts))
}

/// Errors end an operation; warnings go on.
fn no_errors(diagnostics: Diagnostics) -> Result<Diagnostics, Failure> {
    for diagnostic in &diagnostics {
        check_diagnostic(diagnostic)?;
    }
    if diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return Err(Failure::Refused {
            diagnostics,
            state: None,
        });
    }
    Ok(diagnostics)
}

/// The rules for messages.
fn check_diagnostic(diagnostic: &Diagnostic) -> Result<(), Failure> {
    if diagnostic.summary.is_empty() || diagnostic.summary.ends_with('.') {
        return Err(broken(format!(
            "a message's title is there and has no final period: {:?}",
            diagnostic.summary
        )));
    }
    match &diagnostic.path {
        Some(path) if path.first_attribute().is_none() => Err(broken(format!(
            "the path of {:?} does not begin with an attribute",
            diagnostic.summary
        ))),
        _ => Ok(()),
    }
}

/// Terraform, as far as one resource instance is concerned.
#[derive(Debug, Clone)]
pub struct FakeCore {
    engine: Engine,
    schemas: Arc<GetProviderSchemaResponse>,
    identities: Arc<GetResourceIdentitySchemasResponse>,
    capabilities: ClientCapabilities,
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

    fn identity_schema(&self, type_name: &str) -> Option<&Arc<IdentityData>> {
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

    async fn read(&self, instance: &Instance) -> Result<Option<Instance>, Failure> {
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
        if let (Some(old), Some(new)) = (&instance.identity, &identity)
            && old != new
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
        let failed = response
            .diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error);
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

/// A value that must be there, in MessagePack alone.
fn answer(value: Option<Encoded>, ty: &Type, rpc: &str) -> Result<Dynamic, Failure> {
    let Some(value) = value else {
        return Err(broken(format!("{rpc} gave no value")));
    };
    if value.msgpack.is_empty() || !value.json.is_empty() {
        return Err(broken(format!(
            "{rpc} answered in something else than MessagePack"
        )));
    }
    Ok(value.decode(ty)?)
}

/// The rules for what goes into the state.
fn stored(block: &Block, state: &Dynamic, rpc: &str) -> Result<(), Failure> {
    if !state.is_wholly_known() {
        return Err(broken(format!("{rpc} gave unknown values")));
    }
    no_write_only(block, state, rpc)?;
    for nested in &block.blocks {
        let repeated = !matches!(nested.implied_type(), Type::Object(_));
        if repeated && state.attribute(&nested.name).is_some_and(Dynamic::is_null) {
            return Err(broken(format!(
                "{rpc} gave null for the block `{}`",
                nested.name
            )));
        }
    }
    Ok(())
}

fn no_write_only(block: &Block, value: &Dynamic, rpc: &str) -> Result<(), Failure> {
    fn visit(attributes: &[AttributeData], value: &Dynamic) -> bool {
        attributes.iter().all(|attribute| {
            let value = value.attribute(&attribute.name).unwrap_or(&Dynamic::Null);
            if attribute.write_only {
                return value.is_null();
            }
            match (&attribute.ty, value) {
                (AttributeType::Plain(_), _) => true,
                (AttributeType::Nested(object), Dynamic::Object(_)) => {
                    visit(&object.attributes, value)
                }
                (AttributeType::Nested(object), Dynamic::Map(entries)) => entries
                    .values()
                    .all(|value| visit(&object.attributes, value)),
                (AttributeType::Nested(object), value) => value
                    .elements()
                    .unwrap_or_default()
                    .iter()
                    .all(|value| visit(&object.attributes, value)),
            }
        })
    }
    if !visit(&block.attributes, value) {
        return Err(broken(format!(
            "{rpc} gave a value for a write-only attribute"
        )));
    }
    for nested in &block.blocks {
        let value = value.attribute(&nested.name).unwrap_or(&Dynamic::Null);
        match value {
            Dynamic::Object(_) => no_write_only(&nested.block, value, rpc)?,
            Dynamic::Map(entries) => {
                for value in entries.values() {
                    no_write_only(&nested.block, value, rpc)?;
                }
            }
            value => {
                for value in value.elements().unwrap_or_default() {
                    no_write_only(&nested.block, value, rpc)?;
                }
            }
        }
    }
    Ok(())
}

fn is_write_only(block: &Block, path: &Path) -> bool {
    path.steps().len() == 1
        && path
            .first_attribute()
            .and_then(|name| block.attribute(name))
            .is_some_and(|attribute| attribute.write_only)
}
