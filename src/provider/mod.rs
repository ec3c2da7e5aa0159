//! The IMM provider: thin and declarative. It knows the plugin framework's author side, the signed
//! client and the policy language, and neither the wire protocol, HTTP nor the sandbox.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | the provider block, and what it and the environment come to |
//! | [`resources`], [`data_sources`] | one file a type, and the sorted slices of all of them |
//! | [`report`] | from an error of the cloud to what the user reads |
//! | [`rules`] | names, numbers and texts that are wrong before any call |
//! | [`tags`] | `tags`, `tags_all` and the provider's `default_tags` |
//! | [`trust`] | `trusted_services` and the document that says the same |
//!
//! Adding a type is one file, one line in its slice, and one folder in `examples/`.

pub mod checks;
pub mod config;
pub mod data_sources;
mod fields;
mod ram_objects;
pub mod report;
pub mod resources;
pub mod rules;
pub mod tags;
pub mod trust;

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::cloud::{self, LocalServer};
use crate::host::Host;
use crate::plugin::author::{AnyDataSource, AnyResource, BoxFuture, Outcome, Provider};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::Schema;
use crate::plugin::value::{Path as AttributePath, Value};

use checks::{Checks, settings};
use config::Config;
use tags::{PlainTags, Tags};

/// Starts the embedded cloud; `main.rs` has the one implementation, so that the provider need not
/// know the sandbox.
pub trait SandboxLauncher: Send + Sync + 'static {
    /// Serves the sandbox in this file, which is made if it is not there.
    ///
    /// # Errors
    /// A clause for people: why the file cannot be used.
    fn launch<'a>(&'a self, path: &'a Path) -> BoxFuture<'a, Result<RunningSandbox, String>>;
}

/// An embedded cloud that is being served.
pub struct RunningSandbox {
    /// Where, and its account's root key.
    pub server: LocalServer,
    /// Ends the service when dropped.
    pub guard: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for RunningSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningSandbox").finish_non_exhaustive()
    }
}

/// The provider.
pub struct ImmProvider {
    host: Host,
    sandbox: Arc<dyn SandboxLauncher>,
}

impl fmt::Debug for ImmProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImmProvider").finish_non_exhaustive()
    }
}

impl ImmProvider {
    /// The provider on this machine, with this way to start a sandbox.
    pub fn new(host: Host, sandbox: impl SandboxLauncher) -> Self {
        Self {
            host,
            sandbox: Arc::new(sandbox),
        }
    }
}

/// What has to be left of an operation's time to report how it ended.
const RESERVE: Duration = Duration::from_secs(1);

/// What every resource and data source is given.
#[derive(Debug, Clone)]
pub struct Client {
    /// The signed client.
    pub cloud: cloud::Client,
    /// The clock.
    pub host: Host,
    /// The region of calls whose resource names none.
    pub region: String,
    /// Tags of every resource that can have some.
    pub default_tags: PlainTags,
    /// Whether more of those are known only after apply.
    pub default_tags_open: bool,
    /// Ids of the roles that a create of this process adopted: a replacement that makes the new one
    /// first must not remove with the old one what both are.
    pub adopted: Arc<Mutex<BTreeSet<String>>>,
    /// What is proved before it is applied.
    pub checks: Arc<Checks>,
    /// Kept alive as long as somebody may call it.
    _sandbox: Option<Arc<RunningSandbox>>,
}

impl Client {
    /// The same client for an operation that has so much time left: its calls give up in time for
    /// the last error to be told.
    #[must_use]
    pub fn within(&self, remaining: Duration) -> Self {
        let remaining = remaining.saturating_sub(RESERVE);
        Self {
            cloud: self.cloud.with_deadline(self.host.monotonic() + remaining),
            ..self.clone()
        }
    }

    /// Notes that a create adopted the role of this id.
    fn adopts(&self, role_id: &str) {
        let mut adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        adopted.insert(role_id.to_owned());
    }

    /// Whether a create of this process adopted the role of this id.
    fn has_adopted(&self, role_id: &str) -> bool {
        let adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        adopted.contains(role_id)
    }

    /// The resource's own region, or the provider's.
    pub fn region_of(&self, region: &Value<String>) -> String {
        region
            .known()
            .cloned()
            .unwrap_or_else(|| self.region.clone())
    }

    /// What `tags_all` will be, with an error where that is too many; unknown while the provider's
    /// defaults are.
    fn planned_tags(
        client: Option<&Self>,
        own: &Value<Tags>,
        diagnostics: &mut Diagnostics,
    ) -> Value<Tags> {
        let Some(client) = client else {
            return Value::Unknown;
        };
        if client.default_tags_open {
            return Value::Unknown;
        }
        let all = tags::planned(&client.default_tags, own);
        if let Some(all) = all.known()
            && all.len() > tags::MOST_TAGS
        {
            diagnostics.push(
                Diagnostic::error(
                    "Invalid tags",
                    format!(
                        "An object may have at most {} tags, and with the provider's \
                         `default_tags` these are {}. Take some away here or there.",
                        tags::MOST_TAGS,
                        all.len()
                    ),
                )
                .at(AttributePath::attribute("tags")),
            );
        }
        all
    }
}

impl Provider for ImmProvider {
    type Config = Config;
    type Client = Client;

    const NAME: &'static str = "imm";
    const ADDRESS: &'static str = "registry.terraform.io/imm-rs/imm";

    fn schema() -> Schema<Config> {
        config::schema()
    }

    fn validate(&self, config: &Config) -> Diagnostics {
        settings::keep(&config.plan_checks);
        config.check()
    }

    async fn configure(&self, config: Config, terraform_version: &str) -> Outcome<Option<Client>> {
        settings::keep(&config.plan_checks);
        let problems = config.check();
        if problems.has_errors() {
            return Err(problems);
        }
        if config.is_unknown() {
            return Ok(None);
        }
        let mut settings = config.settings(terraform_version);
        let sandbox = match config.sandbox_path(&self.host) {
            None => None,
            Some(_) if !config.endpoints.is_null() => {
                return Err(config::variable_and_endpoints().into());
            }
            Some(path) => match self.sandbox.launch(&path).await {
                Ok(running) => Some(running),
                Err(why) => return Err(cannot_start(&path, &why).into()),
            },
        };
        settings.local = sandbox.as_ref().map(|running| running.server.clone());

        let resolved = cloud::Config::resolve(settings, &self.host)
            .map_err(|error| Diagnostics::from(config::refused(&error)))?;
        // A missing key is one error here rather than one a resource.
        resolved
            .credentials
            .get(&self.host)
            .await
            .map_err(|why| Diagnostics::from(config::no_credentials(&why, &self.host)))?;
        let region = resolved.region.value.clone();
        let cloud = cloud::Client::new(resolved, self.host.clone())
            .map_err(|error| report::failed("set up", "the client", &error))?;
        Ok(Some(Client {
            cloud,
            host: self.host.clone(),
            region,
            default_tags: config.default_tags(),
            default_tags_open: config.has_unknown_tags(),
            adopted: Arc::default(),
            checks: Arc::new(Checks::new(config.plan_checks(), self.host.clone())),
            _sandbox: sandbox.map(Arc::new),
        }))
    }

    fn resources(&self) -> &'static [&'static dyn AnyResource<Client>] {
        resources::RESOURCES
    }

    fn data_sources(&self) -> &'static [&'static dyn AnyDataSource<Client>] {
        data_sources::DATA_SOURCES
    }
}

fn cannot_start(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error(
        "Sandbox cannot be started",
        format!(
            "The sandbox in {} cannot be started: {why}. The path comes from the `sandbox` block of \
             the provider, or from the environment variable {}.",
            path.display(),
            config::SANDBOX_ENV
        ),
    )
    .at(AttributePath::attribute("sandbox"))
}
