//! The only door to the machine: clock, sleep, randomness, environment and files.
//!
//! Everything else gets a [`Host`] as an argument, so that a test can replay any behaviour. The
//! lints in `.clippy.toml` refuse the ambient calls everywhere but here and in `main.rs`.
//! This module may not know Terraform, policies or HTTP.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a machine must offer. Implemented once for the real machine and by tests.
pub trait Machine: Send + Sync + 'static {
    /// Wall-clock time.
    fn now(&self) -> SystemTime;
    /// Time that never goes back.
    fn monotonic(&self) -> Instant;
    /// Waits.
    fn sleep(&self, duration: Duration) -> Sleep;
    /// Fills the buffer with unpredictable bytes.
    ///
    /// # Errors
    /// When the system's source of randomness is not available.
    fn random(&self, buffer: &mut [u8]) -> io::Result<()>;
    /// An environment variable that is set, is UTF-8 and is not empty.
    fn env(&self, name: &str) -> Option<String>;
    /// A file's bytes.
    ///
    /// # Errors
    /// As the file system says.
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Writes a file, replacing one that is there.
    ///
    /// # Errors
    /// As the file system says; a machine may have none to write to.
    fn write_file(&self, _path: &Path, _bytes: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    /// Makes an empty file that its owner alone may read and write. One that is there stays as it is.
    ///
    /// # Errors
    /// As the file system says; a machine may have none to write to.
    fn create_private(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    /// Removes a file.
    ///
    /// # Errors
    /// As the file system says.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
}

/// A handle on the machine; cheap to clone.
#[derive(Clone)]
pub struct Host(Arc<dyn Machine>);

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

impl Host {
    /// The real machine.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(System))
    }

    /// Any machine.
    pub fn new(machine: impl Machine) -> Self {
        Self(Arc::new(machine))
    }

    /// Wall-clock time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.0.now()
    }

    /// Time that never goes back.
    #[must_use]
    pub fn monotonic(&self) -> Instant {
        self.0.monotonic()
    }

    /// Waits for the duration.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + use<> {
        self.0.sleep(duration)
    }

    /// Fresh unpredictable bytes.
    ///
    /// # Errors
    /// When the system's source of randomness is not available.
    pub fn random<const N: usize>(&self) -> io::Result<[u8; N]> {
        let mut buffer = [0; N];
        self.0.random(&mut buffer)?;
        Ok(buffer)
    }

    /// An environment variable; empty ones count as not set.
    #[must_use]
    pub fn env(&self, name: &str) -> Option<String> {
        self.0.env(name).filter(|value| !value.is_empty())
    }

    /// A file's bytes.
    ///
    /// # Errors
    /// As the file system says.
    pub fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.read_file(path)
    }

    /// Writes a file, replacing one that is there.
    ///
    /// # Errors
    /// As the file system says.
    pub fn write_file(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.0.write_file(path, bytes)
    }

    /// Makes an empty file that its owner alone may read and write. One that is there stays as it is.
    ///
    /// # Errors
    /// As the file system says.
    pub fn create_private(&self, path: &Path) -> io::Result<()> {
        self.0.create_private(path)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// As the file system says.
    pub fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.0.remove_file(path)
    }
}

struct System;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one implementation that the others are told to use"
)]
impl Machine for System {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }

    fn random(&self, buffer: &mut [u8]) -> io::Result<()> {
        getrandom::fill(buffer).map_err(io::Error::other)
    }

    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn write_file(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        std::fs::write(path, bytes)
    }

    fn create_private(&self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map(|_| ())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}

/// A machine for tests: a fixed environment and files in memory; the clock stands still until
/// somebody sleeps, and sleeping takes no real time. Randomness is a counter.
#[derive(Debug)]
pub struct Replay {
    /// Variables that are set.
    pub env: BTreeMap<String, String>,
    /// Files that exist.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    start: Instant,
    epoch: SystemTime,
    slept: std::sync::atomic::AtomicU64,
    counter: std::sync::atomic::AtomicU64,
}

impl Replay {
    /// A machine whose clock shows this time.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "an Instant can only be made by the system clock"
    )]
    pub fn at(epoch: SystemTime) -> Self {
        Self {
            env: BTreeMap::new(),
            files: BTreeMap::new(),
            start: Instant::now(),
            epoch,
            slept: 0.into(),
            counter: 0.into(),
        }
    }

    /// The same machine with one more variable.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same machine with one more file.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }

    fn slept(&self) -> Duration {
        Duration::from_nanos(self.slept.load(std::sync::atomic::Ordering::Relaxed))
    }
}

impl Machine for Replay {
    fn now(&self) -> SystemTime {
        self.epoch + self.slept()
    }

    fn monotonic(&self) -> Instant {
        self.start + self.slept()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.slept
            .fetch_add(nanos, std::sync::atomic::Ordering::Relaxed);
        Box::pin(tokio::task::yield_now())
    }

    fn random(&self, buffer: &mut [u8]) -> io::Result<()> {
        let number = self
            .counter
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        for (slot, byte) in buffer.iter_mut().zip(number.to_be_bytes().iter().cycle()) {
            *slot = *byte;
        }
        Ok(())
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files
            .get(path)
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn remove_file(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }
}
