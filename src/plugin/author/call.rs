//! What the methods of a resource or data source are given besides their model.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Outcome;
use crate::host::Host;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::{Model, Schema};
use crate::plugin::value::Dynamic;

/// Bytes kept beside the state, by key. Terraform stores them unencrypted and never looks at them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrivateState(pub(crate) BTreeMap<String, Vec<u8>>);

impl PrivateState {
    /// The bytes under this key, if any.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice)
    }

    /// Keeps bytes (not secrets) under this key. Keys that begin with a period are the
    /// framework's own, and are not kept.
    pub fn set(&mut self, key: &str, value: Vec<u8>) {
        if !key.starts_with('.') {
            self.0.insert(key.to_owned(), value);
        }
    }

    /// Forgets what is kept under this key.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }
}

/// What one operation leaves behind, whether or not it comes to its end.
#[derive(Debug)]
pub struct CallState {
    host: Host,
    deadline: Instant,
    cancellation: CancellationToken,
    checkpoint: Mutex<Option<Dynamic>>,
    warnings: Mutex<Diagnostics>,
    private: Mutex<PrivateState>,
}

impl CallState {
    /// An operation that may take this long from now on.
    #[must_use]
    pub fn new(
        host: Host,
        timeout: Duration,
        cancellation: CancellationToken,
        private: PrivateState,
    ) -> Self {
        let now = host.monotonic();
        Self {
            deadline: now.checked_add(timeout).unwrap_or(now),
            host,
            cancellation,
            checkpoint: Mutex::default(),
            warnings: Mutex::default(),
            private: Mutex::new(private),
        }
    }

    pub(in crate::plugin) fn take_checkpoint(&self) -> Option<Dynamic> {
        lock(&self.checkpoint).take()
    }

    pub(in crate::plugin) fn take_warnings(&self) -> Diagnostics {
        std::mem::take(&mut *lock(&self.warnings))
    }

    pub(in crate::plugin) fn take_private(&self) -> PrivateState {
        std::mem::take(&mut *lock(&self.private))
    }
}

/// A lock whose holder panicked still holds what was written before; that is what is reported.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a resource's method is given besides its model.
pub struct Call<'a, C, M> {
    client: &'a C,
    schema: &'a Schema<M>,
    config: Option<M>,
    state: &'a CallState,
}

impl<C, M> fmt::Debug for Call<'_, C, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

impl<'a, C, M: Model> Call<'a, C, M> {
    /// A call of a method with this client; `state` outlives it.
    #[must_use]
    pub fn new(
        client: &'a C,
        schema: &'a Schema<M>,
        config: Option<M>,
        state: &'a CallState,
    ) -> Self {
        Self {
            client,
            schema,
            config,
            state,
        }
    }

    /// The configured client.
    #[must_use]
    pub fn client(&self) -> &'a C {
        self.client
    }

    /// What the author wrote, write-only values included. `None` in a read or delete.
    #[must_use]
    pub fn config(&self) -> Option<&M> {
        self.config.as_ref()
    }

    /// Records what exists from now on. If the operation then fails, this is what state holds
    /// (unknowns become null); without it a failed create leaves no state and a failed update or
    /// delete the prior one.
    pub fn checkpoint(&self, state: M) {
        *lock(&self.state.checkpoint) = Some(self.schema.encode(state));
    }

    /// Shows a warning whatever the outcome.
    pub fn warn(&self, warning: Diagnostic) {
        lock(&self.state.warnings).push(warning);
    }

    /// Private bytes kept beside the state under this key, if any.
    #[must_use]
    pub fn private(&self, key: &str) -> Option<Vec<u8>> {
        lock(&self.state.private).get(key).map(<[u8]>::to_vec)
    }

    /// Keeps private bytes beside the state (not for secrets: they are not encrypted).
    pub fn set_private(&self, key: &str, value: Vec<u8>) {
        lock(&self.state.private).set(key, value);
    }

    /// How long this operation may still take. The engine ends it then by dropping the future and
    /// reporting what was checkpointed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.state
            .deadline
            .saturating_duration_since(self.state.host.monotonic())
    }

    /// Cancelled when the user interrupts Terraform. A wait ends then; a request in flight may
    /// come to its end, for a short while.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.state.cancellation
    }

    /// Whether the user has interrupted Terraform.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.state.cancellation.is_cancelled()
    }
}

/// What a data source's read is given besides its configuration.
pub struct Query<'a, C> {
    client: Option<&'a C>,
    state: &'a CallState,
}

impl<C> fmt::Debug for Query<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").finish_non_exhaustive()
    }
}

impl<'a, C> Query<'a, C> {
    /// A read with this client; `state` outlives it.
    #[must_use]
    pub fn new(client: Option<&'a C>, state: &'a CallState) -> Self {
        Self { client, state }
    }

    /// The configured client.
    ///
    /// # Errors
    /// When the provider could not be configured yet, with a message for the user. A data source
    /// that needs no client does not ask and works all the same.
    pub fn client(&self) -> Outcome<&'a C> {
        self.client.ok_or_else(|| unconfigured().into())
    }

    /// Shows a warning whatever the outcome.
    pub fn warn(&self, warning: Diagnostic) {
        lock(&self.state.warnings).push(warning);
    }

    /// Cancelled when the user interrupts Terraform.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.state.cancellation
    }
}

/// The message for whoever needs a client that cannot be made yet.
pub(in crate::plugin) fn unconfigured() -> Diagnostic {
    Diagnostic::error(
        "Provider Not Configured",
        "This needs the provider's client, which cannot be made yet: its configuration depends on \
         values that are known only after apply. Configure the provider with known values, or \
         apply what it depends on first with `-target`.",
    )
}
