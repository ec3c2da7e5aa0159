//! Log lines around each call, and on request its values in files.
//!
//! The lines say which call, about what kind of object, how long, and with which diagnostics; never
//! a value. A dump is asked for with `TF_LOG_SDK_PROTO_DATA_DIR` and holds values as Terraform
//! sends them, secrets included.

use std::path::PathBuf;
use std::time::{Instant, UNIX_EPOCH};

use tracing::{Level, Span};

use super::inspect::{Answer, Inspect, Named};
use crate::host::Host;
use crate::plugin::proto::tfplugin6::diagnostic::Severity;
use crate::plugin::proto::tfplugin6::{AttributePath, DynamicValue, attribute_path};

/// Watches calls.
#[derive(Debug, Clone)]
pub(super) struct Observer {
    host: Host,
    provider: &'static str,
    dumps: Option<PathBuf>,
}

/// A call that has begun.
#[derive(Debug)]
pub(super) struct Begun {
    rpc: &'static str,
    /// What happens inside is logged with this span's fields.
    pub(super) span: Span,
    start: Instant,
}

impl Observer {
    /// Observes the calls to the provider of this address.
    pub(super) fn new(host: Host, provider: &'static str) -> Self {
        let dumps = host.env("TF_LOG_SDK_PROTO_DATA_DIR").map(PathBuf::from);
        Self {
            host,
            provider,
            dumps,
        }
    }

    /// A call has come.
    pub(super) fn begin(&self, rpc: &'static str, request: &impl Inspect) -> Begun {
        self.dump(rpc, "Request", || request.values());
        let begun = Begun {
            rpc,
            span: self.span(rpc, request.type_name()),
            start: self.host.monotonic(),
        };
        begun.span.in_scope(|| tracing::trace!("Received request"));
        begun
    }

    /// Its answer is ready.
    pub(super) fn end(&self, begun: &Begun, response: &impl Answer) {
        self.dump(begun.rpc, "Response", || response.values());
        let _entered = begun.span.enter();
        let count = |severity: Severity| {
            response
                .diagnostics()
                .iter()
                .filter(|diagnostic| diagnostic.severity() == severity)
                .count()
        };
        for diagnostic in response.diagnostics() {
            let attribute = diagnostic.attribute.as_ref().map(dotted);
            let (summary, detail) = (&diagnostic.summary, &diagnostic.detail);
            if diagnostic.severity() == Severity::Error {
                tracing::error!(
                    diagnostic_severity = "ERROR",
                    diagnostic_summary = summary,
                    diagnostic_detail = detail,
                    diagnostic_attribute = attribute,
                    "Response contains error diagnostic"
                );
            } else {
                tracing::warn!(
                    diagnostic_severity = "WARNING",
                    diagnostic_summary = summary,
                    diagnostic_detail = detail,
                    diagnostic_attribute = attribute,
                    "Response contains warning diagnostic"
                );
            }
        }
        if tracing::enabled!(Level::TRACE) {
            let duration = self.host.monotonic().saturating_duration_since(begun.start);
            tracing::trace!(
                tf_req_duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
                diagnostic_error_count = count(Severity::Error),
                diagnostic_warning_count = count(Severity::Warning),
                "Served request"
            );
        }
    }

    /// The span of a call; none where no line of it would be written.
    fn span(&self, rpc: &'static str, type_name: Option<&str>) -> Span {
        let data_source = matches!(rpc, "ReadDataSource" | "ValidateDataResourceConfig");
        tracing::debug_span!(
            "rpc",
            tf_proto_version = "6.11",
            tf_provider_addr = self.provider,
            tf_req_id = self.request_id(),
            tf_rpc = rpc,
            tf_resource_type = type_name.filter(|_| !data_source),
            tf_data_source_type = type_name.filter(|_| data_source),
        )
    }

    fn request_id(&self) -> Option<String> {
        let random = self.host.random().ok()?;
        Some(
            uuid::Builder::from_random_bytes(random)
                .into_uuid()
                .to_string(),
        )
    }

    /// Writes each value to a file of its own, where that was asked for.
    fn dump<'a>(&self, rpc: &str, direction: &str, values: impl FnOnce() -> Vec<Named<'a>>) {
        let Some(directory) = &self.dumps else {
            return;
        };
        let now = self.host.now().duration_since(UNIX_EPOCH);
        let time = now.unwrap_or_default().as_millis();
        for (field, value) in values() {
            let (extension, bytes) = contents(value);
            let name = format!("{time}_{rpc}_{direction}_{field}.{extension}");
            if let Err(error) = self.host.write_file(&directory.join(&name), bytes) {
                tracing::error!(%error, name, "Unable to write protocol data file");
            }
        }
    }
}

fn contents(value: &DynamicValue) -> (&'static str, &[u8]) {
    if !value.msgpack.is_empty() {
        ("msgpack", &value.msgpack)
    } else if !value.json.is_empty() {
        ("json", &value.json)
    } else {
        ("empty", &[])
    }
}

/// A path as a line shows it: `tags["a"]`, `rules[0].action`.
fn dotted(path: &AttributePath) -> String {
    use attribute_path::step::Selector;
    let mut text = String::new();
    for step in &path.steps {
        match &step.selector {
            Some(Selector::AttributeName(name)) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Some(Selector::ElementKeyString(key)) => text.push_str(&format!("[{key:?}]")),
            Some(Selector::ElementKeyInt(index)) => text.push_str(&format!("[{index}]")),
            None => {}
        }
    }
    text
}
