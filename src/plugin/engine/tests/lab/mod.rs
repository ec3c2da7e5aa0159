//! A provider whose cloud is a map in memory, with one resource for each corner of the engine.

mod data_sources;
mod document;
mod flaky;
mod home;
mod nest;
mod secret;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::plugin::author::*;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::engine::Engine;
use crate::plugin::schema::{
    Identity, ImportUse, Schema, TimeoutDefaults, Timeouts, Validator, validators,
};
use crate::plugin::testing::{self, FakeCore};
use crate::plugin::value::{Dynamic, Path, Value};

pub(super) use data_sources::*;
pub(super) use document::*;
pub(super) use flaky::*;
pub(super) use home::*;
pub(super) use nest::*;
pub(super) use secret::*;

/// The cloud of these tests.
#[derive(Debug, Default)]
pub(super) struct Cloud {
    pub(super) documents: Mutex<BTreeMap<String, Document>>,
    pub(super) nests: Mutex<BTreeMap<String, Nest>>,
    pub(super) secrets: Mutex<BTreeMap<String, String>>,
    pub(super) flaky: Mutex<BTreeMap<String, i64>>,
    pub(super) homes: Mutex<BTreeMap<String, Home>>,
    pub(super) default_tags: Mutex<BTreeMap<String, String>>,
    pub(super) clock: AtomicI64,
    pub(super) updates: AtomicUsize,
}

impl Cloud {
    pub(super) fn tick(&self) -> i64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub(super) struct Lab(pub(super) Arc<Cloud>);

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Config {
    region: Value<String>,
    old_region: Value<String>,
    token: Value<String>,
}

impl Provider for Lab {
    type Config = Config;
    type Client = Arc<Cloud>;
    const NAME: &'static str = "lab";
    const ADDRESS: &'static str = "registry.terraform.io/example/lab";

    fn schema() -> Schema<Config> {
        Schema::<Config>::new("A laboratory.")
            .attr("region", "Where.", |m| &mut m.region, |a| a.optional())
            .attr(
                "old_region",
                "Where.",
                |m| &mut m.old_region,
                |a| a.optional().deprecated("Use `region`."),
            )
            .attr(
                "token",
                "Key.",
                |m| &mut m.token,
                |a| a.optional().sensitive().validate(validators::length(3..=8)),
            )
    }

    fn validate(&self, config: &Config) -> Diagnostics {
        match (config.region.known(), config.old_region.known()) {
            (Some(_), Some(_)) => Diagnostic::error("Two Regions", "Give one.")
                .at(Path::attribute("old_region"))
                .into(),
            _ => Diagnostics::new(),
        }
    }

    async fn configure(&self, config: Config, version: &str) -> Outcome<Option<Arc<Cloud>>> {
        assert_eq!(version, "1.11.4");
        if config.token.known().is_some_and(|token| token == "wrong") {
            return Err(Diagnostic::error("Wrong Token", "The lab refuses it.").into());
        }
        if config.region.is_unknown() {
            return Ok(None);
        }
        Ok(Some(Arc::clone(&self.0)))
    }

    fn resources(&self) -> &'static [&'static dyn AnyResource<Arc<Cloud>>] {
        RESOURCES
    }

    fn data_sources(&self) -> &'static [&'static dyn AnyDataSource<Arc<Cloud>>] {
        DATA_SOURCES
    }
}

pub(super) const RESOURCES: &[&dyn AnyResource<Arc<Cloud>>] =
    &[&LabDocument, &LabFlaky, &LabHome, &LabNest, &LabSecret];
pub(super) const DATA_SOURCES: &[&dyn AnyDataSource<Arc<Cloud>>] = &[&LabCount, &LabEcho];

/// A configured core and the cloud behind it.
pub(super) async fn core() -> (FakeCore, Arc<Cloud>) {
    let cloud = Arc::new(Cloud::default());
    let engine = Engine::new(Lab(Arc::clone(&cloud)), testing::host(&[]));
    let core = FakeCore::start(engine, object([]))
        .await
        .expect("the lab starts");
    (core, cloud)
}

pub(super) fn object<const N: usize>(members: [(&str, Dynamic); N]) -> Dynamic {
    Dynamic::object(members)
}

pub(super) fn text(text: &str) -> Dynamic {
    Dynamic::from(text)
}

pub(super) fn number(number: i64) -> Dynamic {
    Dynamic::from(number)
}

pub(super) fn strings(entries: &[(&str, &str)]) -> Dynamic {
    Dynamic::map_of(entries.iter().map(|(k, v)| (*k, Dynamic::from(*v))))
}
