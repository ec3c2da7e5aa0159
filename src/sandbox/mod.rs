//! A RAM, STS and IMM cloud in a file: real enough that the vendor's own clients work against it.
//!
//! One port serves RAM 2015-05-01, STS 2015-04-01 and IMM 2020-09-30. Every request is signed and
//! checked; state is in one SQLite file that several processes may serve at once. Where the real
//! services' behaviour is not known, the message of an error ends in `[sandbox]`, so that nobody takes
//! it for the real text.
//!
//! This module may not know Terraform, nor the client that calls it.
//!
//! A request goes through `server` (bytes), `chain` (one transaction), `faults`, `authenticate`,
//! `dispatch` (the table of actions), `authorize` (the one place that says yes or no, by the policies
//! that `rights` reads) and then the service's own module. What it insists on can be made lenient,
//! check by check ([`Check`]).

mod account;
mod authenticate;
mod authorize;
mod chain;
mod check;
mod clock;
mod dispatch;
mod documents;
mod failure;
mod faults;
mod ids;
mod imm;
mod names;
mod paging;
mod quota;
mod ram;
mod reply;
mod rights;
mod server;
mod store;
mod sts;
mod system_policies;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use crate::host::Host;

pub use crate::api::Secret;
pub use account::Account;
pub use check::{Check, UnknownCheck};
pub use dispatch::actions;
pub use faults::{BadFault, Fault, FaultKind};
pub use quota::{Quota, UnknownQuota};
pub use server::{Server, router};
pub use store::OpenError;

use store::Store;

/// The region where no host name and nobody else says one.
pub const DEFAULT_REGION: &str = "cn-hangzhou";

/// What to open a sandbox with. Everything that is not given is taken over from the file, or made up
/// where the file is new.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The account's number, 1 to 20 digits.
    pub account_id: Option<String>,
    /// The root key: its id and its secret.
    pub access_key: Option<(String, Secret)>,
    /// The region of IMM where the host name says none; [`DEFAULT_REGION`] where not given.
    pub region: Option<String>,
    /// Limits to change. They stay changed in the file.
    pub quotas: BTreeMap<Quota, u32>,
    /// Checks to leave out (`true`) or to make again (`false`). They stay so in the file.
    pub lenient: BTreeMap<Check, bool>,
    /// Faults to put into the file.
    pub faults: Vec<Fault>,
}

/// What does not change while a sandbox is open.
#[derive(Debug)]
pub(crate) struct Settings {
    host: Host,
    account: Account,
    region: String,
}

/// An open sandbox; cheap to clone. The file is closed with the last clone.
#[derive(Clone)]
pub struct Sandbox {
    store: Store,
    settings: Arc<Settings>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("account", &self.settings.account.id)
            .field("region", &self.settings.region)
            .finish_non_exhaustive()
    }
}

/// The sandbox's database could not be used.
#[derive(Debug)]
pub struct StoreError(String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the sandbox database cannot be used: {}", self.0)
    }
}

impl std::error::Error for StoreError {}

impl Sandbox {
    /// Opens the sandbox in a file, which is made where it does not exist.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        path: impl AsRef<Path>,
        options: Options,
        host: Host,
    ) -> Result<Self, OpenError> {
        Self::begin(Some(path.as_ref()), options, host).await
    }

    /// A sandbox that is gone when it is closed.
    ///
    /// # Errors
    /// When an option is not usable.
    pub async fn in_memory(options: Options, host: Host) -> Result<Self, OpenError> {
        Self::begin(None, options, host).await
    }

    async fn begin(path: Option<&Path>, options: Options, host: Host) -> Result<Self, OpenError> {
        account::check(&options)?;
        let region = options
            .region
            .clone()
            .unwrap_or_else(|| DEFAULT_REGION.to_owned());
        if region.is_empty()
            || !region
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        {
            return Err(OpenError::Argument(format!(
                "`{region}` is no region: it is lower-case letters, digits and `-`, such as \
                 {DEFAULT_REGION}"
            )));
        }
        let fresh = account::fresh(&host).map_err(OpenError::System)?;
        let now = clock::nanos(host.now());
        let place = path.map(Path::to_owned);
        let (store, account) = Store::open(path, &host, move |db| {
            let account = account::settle(db, place.as_deref(), &options, fresh, now)?;
            furnish(db, &options).map_err(|error| store::explain(place.as_deref(), &error))?;
            Ok(account)
        })
        .await?;
        Ok(Self {
            store,
            settings: Arc::new(Settings {
                host,
                account,
                region,
            }),
        })
    }

    /// The account and its root key.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.settings.account
    }

    /// The region of IMM where the host name says none.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.settings.region
    }

    /// Makes requests go wrong, also those to other processes on the same file.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn inject(&self, fault: Fault) -> Result<(), StoreError> {
        self.use_store(move |db| faults::add(db, &fault)).await
    }

    /// The faults that are still to happen, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn faults(&self) -> Result<Vec<Fault>, StoreError> {
        self.use_store(faults::list).await
    }

    /// Removes every fault.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn clear_faults(&self) -> Result<(), StoreError> {
        self.use_store(faults::clear).await
    }

    /// Closes the database file for every clone, after what is under way; the last process to close it
    /// leaves one whole file. Requests that come later are answered with an error.
    pub async fn close(&self) {
        self.store.close().await;
    }

    async fn use_store<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        match self.store.run(move |db| job(db)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(StoreError(error.to_string())),
            Err(closed) => Err(StoreError(closed.to_string())),
        }
    }

    pub(crate) fn host(&self) -> &Host {
        &self.settings.host
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn share(&self) -> Arc<Settings> {
        Arc::clone(&self.settings)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}

/// Everything of the options that is kept in the file, and the system's policies.
fn furnish(db: &Connection, options: &Options) -> rusqlite::Result<()> {
    for (quota, value) in &options.quotas {
        db.execute(
            "INSERT INTO quotas (name, value) VALUES (?1, ?2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (quota.name(), value),
        )?;
    }
    for (check, lenient) in &options.lenient {
        check.set_lenient(db, *lenient)?;
    }
    for fault in &options.faults {
        faults::add(db, fault)?;
    }
    let edition: i64 = db.query_row(
        "SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE name = 'system_policies'",
        [],
        |row| row.get(0),
    )?;
    if edition < system_policies::EDITION {
        system_policies::seed(db)?;
        db.execute(
            "INSERT INTO meta (name, value) VALUES ('system_policies', ?1) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [system_policies::EDITION.to_string()],
        )?;
    }
    Ok(())
}
