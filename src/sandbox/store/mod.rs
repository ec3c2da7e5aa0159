//! The database: one SQLite file (or memory) behind one thread.
//!
//! Everything that touches SQLite runs on that thread, so that the asynchronous server is never
//! held up by a disk, and statements stay prepared. Several processes may use one file: the file is
//! in write-ahead mode, every transaction that may write begins `IMMEDIATE`, and a locked file is
//! waited for.
//!
//! Durability: `synchronous = NORMAL` in write-ahead mode. A process may be killed at any moment and
//! no committed request is lost; after a loss of power the last few requests may be gone, but the file is
//! still whole.

mod schema;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use crate::host::Host;

/// How long a request waits for other processes to leave the file.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often, and how far apart, the switch to write-ahead mode is tried: SQLite does not wait for
/// it by itself.
const TRIES: usize = 1000;
const PAUSE: Duration = Duration::from_millis(10);

/// Why a database could not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be opened or made: directory missing, no permission, disk full …
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file holds something else.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        reason: String,
    },
    /// The file was written by a newer release.
    Newer {
        /// The file.
        path: PathBuf,
        /// Version of its tables.
        found: i32,
        /// Newest version that this release reads.
        known: i32,
    },
    /// The file is ours but damaged.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// An argument is not usable, whatever the file holds.
    Argument(String),
    /// The file is for another account, or for another root key.
    Account {
        /// The file.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
    /// The operating system refused randomness or a thread.
    System(std::io::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, reason } => write!(
                f,
                "the sandbox database `{}` cannot be opened: {reason}",
                path.display()
            ),
            Self::Foreign { path, reason } => write!(
                f,
                "`{}` is not a sandbox database: {reason}; choose another path, or remove the file",
                path.display()
            ),
            Self::Newer { path, found, known } => write!(
                f,
                "the sandbox database `{}` was written by a newer release (its tables are version \
                 {found}, this release reads up to {known}); use that release, or another path",
                path.display()
            ),
            Self::Corrupt { path, reason } => write!(
                f,
                "the sandbox database `{}` is damaged ({reason}); remove it with its `-wal` and \
                 `-shm` files to begin anew",
                path.display()
            ),
            Self::Argument(reason) => f.write_str(reason),
            Self::Account { path, reason } => write!(
                f,
                "the sandbox database `{}` belongs to somebody else: {reason}; leave the arguments \
                 out to take over what the file holds, or choose another path",
                path.display()
            ),
            Self::System(error) => write!(f, "the sandbox cannot start: {error}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System(error) => Some(error),
            _ => None,
        }
    }
}

/// The thread that owns the connection is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sandbox database thread has ended")
    }
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

enum Order {
    Do(Job),
    /// Close the file, say so, and do nothing more.
    Close(oneshot::Sender<()>),
}

/// A handle on the database thread. The thread ends, and the file is closed, with the last handle.
#[derive(Clone)]
pub(crate) struct Store(mpsc::UnboundedSender<Order>);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens the file, or memory where there is no path; makes and upgrades the tables; then runs
    /// `begin` in the same transaction.
    pub(crate) async fn open<T, F>(
        path: Option<&Path>,
        host: &Host,
        begin: F,
    ) -> Result<(Self, T), OpenError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, OpenError> + Send + 'static,
    {
        let (sender, mut orders) = mpsc::unbounded_channel::<Order>();
        let (report, opened) = oneshot::channel();
        if let Some(path) = path {
            // It holds secrets. SQLite gives the files beside it the same permissions; and since it is
            // not to make this one, it says what is wrong where it could not be made.
            let _said_by_sqlite = host.create_private(path);
        }
        let place = path.map(Path::to_owned);
        std::thread::Builder::new()
            .name("sandbox-db".to_owned())
            .spawn(move || {
                let mut db = match connect(place.as_deref()) {
                    Ok(db) => {
                        if report.send(Ok(())).is_err() {
                            return;
                        }
                        db
                    }
                    Err(error) => {
                        // Nobody may be waiting any more, and then nobody wants to know.
                        let _unheard = report.send(Err(error));
                        return;
                    }
                };
                while let Some(order) = orders.blocking_recv() {
                    match order {
                        Order::Do(job) => job(&mut db),
                        Order::Close(report) => {
                            drop(db);
                            let _unheard = report.send(());
                            return;
                        }
                    }
                }
            })
            .map_err(OpenError::System)?;
        match opened.await {
            Ok(result) => result?,
            Err(_) => return Err(OpenError::System(std::io::Error::other(Closed.to_string()))),
        }
        let store = Self(sender);

        let mut tries = 0;
        loop {
            let place = path.map(Path::to_owned);
            let switched = store
                .run(move |db| write_ahead(db, place.as_deref()))
                .await
                .map_err(|closed| OpenError::System(std::io::Error::other(closed.to_string())))?;
            tries += 1;
            match switched {
                Ok(true) => break,
                Ok(false) if tries < TRIES => host.sleep(PAUSE).await,
                Ok(false) => {
                    return Err(OpenError::Io {
                        path: path.unwrap_or(Path::new("")).to_owned(),
                        reason: "another process keeps it locked".to_owned(),
                    });
                }
                Err(error) => return Err(error),
            }
        }
        let place = path.map(Path::to_owned);
        let value = store
            .run(move |db| prepare(db, place.as_deref(), begin))
            .await
            .map_err(|closed| OpenError::System(std::io::Error::other(closed.to_string())))??;
        Ok((store, value))
    }

    /// Runs a job on the database thread.
    pub(crate) async fn run<T, F>(&self, job: F) -> Result<T, Closed>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> T + Send + 'static,
    {
        let (report, answer) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            // A panic of one request must not end the thread of all others. The transaction, if
            // there is one, was rolled back by its guard.
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(db)));
            if let Ok(value) = result {
                let _unheard = report.send(value);
            }
        });
        self.0.send(Order::Do(job)).map_err(|_| Closed)?;
        answer.await.map_err(|_| Closed)
    }

    /// Closes the file after everything that is under way; jobs that come later find it closed.
    pub(crate) async fn close(&self) {
        let (report, closed) = oneshot::channel();
        if self.0.send(Order::Close(report)).is_ok() {
            // An error says that it was closed before.
            let _closed = closed.await;
        }
    }
}

fn connect(path: Option<&Path>) -> Result<Connection, OpenError> {
    let Some(path) = path else {
        return Connection::open_in_memory().map_err(|error| OpenError::Io {
            path: PathBuf::from(":memory:"),
            reason: error.to_string(),
        });
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(|e| explain(Some(path), &e))?;
    let checked = db
        .busy_timeout(PATIENCE)
        .map_err(|e| explain(Some(path), &e));
    checked.and_then(|()| check(&db, path))?;
    Ok(db)
}

/// Refuses files that are not ours before anything in them is changed.
fn check(db: &Connection, path: &Path) -> Result<(), OpenError> {
    let facts = || -> rusqlite::Result<(i32, i32, i64)> {
        let application = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        let version = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let tables = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((application, version, tables))
    };
    let (application, version, tables) = facts().map_err(|e| explain(Some(path), &e))?;
    if application == schema::APPLICATION_ID {
        return newer(version, path);
    }
    if application == 0 && version == 0 && tables == 0 {
        return Ok(());
    }
    Err(OpenError::Foreign {
        path: path.to_owned(),
        reason: "it is an SQLite database of another program".to_owned(),
    })
}

fn known() -> i32 {
    i32::try_from(schema::STEPS.len()).unwrap_or(i32::MAX)
}

fn newer(version: i32, path: &Path) -> Result<(), OpenError> {
    if version > known() {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: version,
            known: known(),
        });
    }
    Ok(())
}

/// Puts the file in write-ahead mode. `false`: another process holds it, try again.
fn write_ahead(db: &Connection, path: Option<&Path>) -> Result<bool, OpenError> {
    let switch = || -> rusqlite::Result<()> {
        if path.is_some() {
            let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
            if mode != "wal" {
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
                    Some(format!(
                        "write-ahead mode is not possible on its file system (mode `{mode}`)"
                    )),
                ));
            }
            db.pragma_update(None, "synchronous", "NORMAL")?;
        }
        db.pragma_update(None, "foreign_keys", true)?;
        db.pragma_update(None, "temp_store", "MEMORY")?;
        db.set_prepared_statement_cache_capacity(256);
        Ok(())
    };
    match switch() {
        Ok(()) => Ok(true),
        Err(rusqlite::Error::SqliteFailure(error, _))
            if matches!(
                error.code,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked
            ) =>
        {
            Ok(false)
        }
        Err(error) => Err(explain(path, &error)),
    }
}

/// Makes or upgrades the tables, then runs `begin`, all or nothing.
fn prepare<T, F>(db: &mut Connection, path: Option<&Path>, begin: F) -> Result<T, OpenError>
where
    F: FnOnce(&Connection) -> Result<T, OpenError>,
{
    let fail = |error: rusqlite::Error| explain(path, &error);
    let change = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(fail)?;
    // Read again: another process may have made the tables since the check.
    let version: i32 = change
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(fail)?;
    newer(version, path.unwrap_or(Path::new(":memory:")))?;
    let done = usize::try_from(version).unwrap_or(0);
    for step in schema::STEPS.iter().skip(done) {
        change.execute_batch(step).map_err(fail)?;
    }
    if version < known() {
        change
            .pragma_update(None, "application_id", schema::APPLICATION_ID)
            .and_then(|()| change.pragma_update(None, "user_version", known()))
            .map_err(fail)?;
    }
    let value = begin(&change)?;
    change.commit().map_err(fail)?;
    Ok(value)
}

/// What an SQLite error means for somebody who gave a path.
pub(crate) fn explain(path: Option<&Path>, error: &rusqlite::Error) -> OpenError {
    let path = path.unwrap_or(Path::new(":memory:")).to_owned();
    let code = error.sqlite_error_code();
    match code {
        Some(ErrorCode::NotADatabase) => OpenError::Foreign {
            path,
            reason: "it is not an SQLite database".to_owned(),
        },
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Corrupt {
            path,
            reason: error.to_string(),
        },
        Some(ErrorCode::CannotOpen) => {
            let folder = match path.parent() {
                Some(parent) if parent.as_os_str().is_empty() => Path::new(".").to_owned(),
                Some(parent) => parent.to_owned(),
                None => path.clone(),
            };
            let reason = if path.is_dir() {
                "it is a directory".to_owned()
            } else if folder.is_dir() {
                error.to_string()
            } else {
                format!("the directory `{}` does not exist", folder.display())
            };
            OpenError::Io { path, reason }
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => OpenError::Io {
            path,
            reason: "it may not be written by this user".to_owned(),
        },
        _ => OpenError::Io {
            path,
            reason: error.to_string(),
        },
    }
}
