//! A small Terraform core for tests, over an [`Engine`](super::engine::Engine): it validates,
//! upgrades, reads, plans and applies in the order in which Terraform does, computes what Terraform
//! proposes, and holds every answer against Terraform's own rules.
//!
//! Nothing here is used by the product. It is no `cfg(test)` module, so that integration tests and
//! the provider's own tests can drive real resources with it.

mod binding;
mod checks;
mod core;
mod import;
mod proposed;
mod records;

pub use self::core::FakeCore;
pub use binding::{check_data_source, check_resource, synthesize};
pub use proposed::proposed_new;
pub use records::{Action, Change, Failure, Instance};

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use crate::host::{Host, Machine};

/// A host with real time and randomness, and nothing in its environment but these variables.
#[must_use]
pub fn host(env: &[(&str, &str)]) -> Host {
    Host::new(Bench {
        system: Host::system(),
        env: env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    })
}

struct Bench {
    system: Host,
    env: BTreeMap<String, String>,
}

impl Machine for Bench {
    fn now(&self) -> SystemTime {
        self.system.now()
    }

    fn monotonic(&self) -> Instant {
        self.system.monotonic()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self.system.sleep(duration))
    }

    fn random(&self, buffer: &mut [u8]) -> io::Result<()> {
        for chunk in buffer.chunks_mut(16) {
            let bytes: [u8; 16] = self.system.random()?;
            for (slot, byte) in chunk.iter_mut().zip(bytes) {
                *slot = byte;
            }
        }
        Ok(())
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.system.read_file(path)
    }

    fn write_file(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.system.write_file(path, bytes)
    }

    fn create_private(&self, path: &Path) -> io::Result<()> {
        self.system.create_private(path)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.system.remove_file(path)
    }
}
