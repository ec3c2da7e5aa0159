//! Logs, as the host reads them: one JSON object a line on standard error.
//!
//! The host filters by level and drops everything where logging is off, yet it reads each line, so
//! a level that it would drop is not written in the first place. Only this crate's events are
//! written: other libraries' may hold headers, and with them keys.

use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::host::Host;

/// The longest text of a field. The host splits lines above 64 KiB and shows the parts as noise.
const LONGEST_FIELD: usize = 8 * 1024;

/// The longest line.
const LONGEST_LINE: usize = 60 * 1024;

/// From now on this crate's events are written as lines with `write`.
///
/// Returns `false` where another subscriber was there before, which then keeps getting them.
pub fn install(host: &Host, provider: &'static str, write: fn(&[u8])) -> bool {
    let layer = Hclog {
        levels: Levels::from_host(host, provider),
        host: host.clone(),
        provider,
        write,
    };
    tracing::subscriber::set_global_default(Registry::default().with(layer)).is_ok()
}

/// Which part of the crate an event comes from. Each has a logger's name and a level of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The plugin's server: what comes and goes over the wire.
    Protocol,
    /// The rest of the framework.
    Framework,
    /// The provider and what it is made of.
    Provider,
}

impl Origin {
    /// Told by the module that an event names; `None` outside this crate.
    fn of(target: &str) -> Option<Self> {
        let inside = target.strip_prefix(env!("CARGO_CRATE_NAME"))?;
        if inside.is_empty() {
            return Some(Self::Provider);
        }
        let module = inside.strip_prefix("::")?;
        Some(if module.starts_with("plugin::server") {
            Self::Protocol
        } else if module.starts_with("plugin") {
            Self::Framework
        } else {
            Self::Provider
        })
    }
}

/// How much of each origin is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Levels {
    protocol: LevelFilter,
    framework: LevelFilter,
    provider: LevelFilter,
}

impl Levels {
    /// The variables of the Go SDK, else what the host is going to keep, else `INFO`: nobody
    /// listens then, except the person who runs the process by hand.
    fn from_host(host: &Host, provider: &str) -> Self {
        let variable = |name: &str| host.env(name).map(|text| level(&text));
        let kept = variable("TF_LOG_PROVIDER")
            .or_else(|| variable("TF_LOG"))
            .unwrap_or(LevelFilter::INFO);
        let sdk = variable("TF_LOG_SDK").unwrap_or(kept);
        Self {
            protocol: variable("TF_LOG_SDK_PROTO").unwrap_or(sdk),
            framework: variable("TF_LOG_SDK_FRAMEWORK").unwrap_or(sdk),
            provider: variable(&format!("TF_LOG_PROVIDER_{}", provider.to_uppercase()))
                .unwrap_or(kept),
        }
    }

    fn of(&self, origin: Origin) -> LevelFilter {
        match origin {
            Origin::Protocol => self.protocol,
            Origin::Framework => self.framework,
            Origin::Provider => self.provider,
        }
    }

    fn highest(&self) -> LevelFilter {
        self.protocol.max(self.framework).max(self.provider)
    }
}

/// A level by its name. `JSON` asks Terraform for all levels in another form, and so does, there as
/// here, a name that is not known.
fn level(text: &str) -> LevelFilter {
    match text.to_uppercase().as_str() {
        "DEBUG" => LevelFilter::DEBUG,
        "INFO" => LevelFilter::INFO,
        "WARN" => LevelFilter::WARN,
        "ERROR" => LevelFilter::ERROR,
        "OFF" => LevelFilter::OFF,
        _ => LevelFilter::TRACE,
    }
}

/// Writes events in hclog's JSON form, with the fields of the spans they happened in.
struct Hclog<W> {
    levels: Levels,
    host: Host,
    provider: &'static str,
    write: W,
}

impl<W> Hclog<W> {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        Origin::of(metadata.target())
            .is_some_and(|origin| *metadata.level() <= self.levels.of(origin))
    }

    fn module(&self, origin: Origin) -> &'static str {
        match origin {
            Origin::Protocol => "sdk.proto",
            Origin::Framework => "sdk.framework",
            Origin::Provider => self.provider,
        }
    }
}

/// The fields of a span, kept until an event asks for them.
struct SpanFields(Map<String, Value>);

impl<S, W> Layer<S> for Hclog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&[u8]) + 'static,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.levels.highest())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanFields(fields.0));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let Some(origin) = Origin::of(metadata.target()) else {
            return;
        };
        let mut line = Map::new();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            if let Some(SpanFields(fields)) = span.extensions().get() {
                line.extend(fields.clone());
            }
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = fields
            .0
            .remove("message")
            .unwrap_or_else(|| metadata.name().into());
        line.append(&mut fields.0);
        let head = Map::from_iter([
            ("@level".to_owned(), level_name(metadata.level()).into()),
            ("@message".to_owned(), message),
            ("@module".to_owned(), self.module(origin).into()),
            ("@timestamp".to_owned(), timestamp(self.host.now()).into()),
        ]);
        line.extend(head.clone());
        let mut bytes = Value::Object(line).to_string().into_bytes();
        if bytes.len() > LONGEST_LINE {
            bytes = Value::Object(head).to_string().into_bytes();
        }
        bytes.push(b'\n');
        (self.write)(&bytes);
    }
}

fn level_name(level: &Level) -> &'static str {
    match *level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// The one layout that the host reads; in any other the whole line counts as plain text.
fn timestamp(time: SystemTime) -> String {
    match jiff::Timestamp::try_from(time) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
        // A clock beyond the year 9999.
        Err(_) => "9999-12-31T23:59:59.999999Z".to_owned(),
    }
}

/// Collects an event's or a span's fields.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn insert_text(&mut self, field: &Field, text: String) {
        if text.len() <= LONGEST_FIELD {
            self.insert(field, text);
        } else {
            let kept: String = text.chars().take(LONGEST_FIELD / 4).collect();
            self.insert(field, format!("{kept}… ({} bytes)", text.len()));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert_text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert_text(field, value.to_owned());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::host::Replay;

    fn host(variables: &[(&str, &str)]) -> Host {
        let start = SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_042);
        Host::new(
            variables
                .iter()
                .fold(Replay::at(start), |machine, (k, v)| machine.with_env(k, v)),
        )
    }

    fn lines(variables: &[(&str, &str)], emit: impl FnOnce()) -> Vec<Value> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let host = host(variables);
        let layer = Hclog {
            levels: Levels::from_host(&host, "imm"),
            host,
            provider: "imm",
            write: move |bytes: &[u8]| sink.lock().unwrap().extend_from_slice(bytes),
        };
        tracing::subscriber::with_default(Registry::default().with(layer), emit);
        let bytes = written.lock().unwrap().clone();
        String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    const PROTOCOL: &str = concat!(env!("CARGO_CRATE_NAME"), "::plugin::server::service");
    const FRAMEWORK: &str = concat!(env!("CARGO_CRATE_NAME"), "::plugin::engine::plan");
    const PROVIDER: &str = concat!(env!("CARGO_CRATE_NAME"), "::provider");

    #[test]
    fn an_event_is_a_line_that_hosts_read() {
        let lines = lines(&[], || {
            let span = tracing::info_span!(target: PROTOCOL, "rpc", tf_rpc = "ReadResource");
            let _entered = span.enter();
            tracing::info!(target: PROVIDER, attempts = 3, name = "a\nb", "it went well");
        });
        assert_eq!(
            lines,
            [serde_json::json!({
                "@level": "info",
                "@message": "it went well",
                "@module": "imm",
                "@timestamp": "2023-11-14T22:13:20.000042Z",
                "attempts": 3,
                "name": "a\nb",
                "tf_rpc": "ReadResource",
            })]
        );
    }

    #[test]
    fn other_crates_are_not_written() {
        let lines = lines(&[("TF_LOG", "TRACE")], || {
            tracing::error!(target: "hyper::client", "authorization: …");
            tracing::error!(target: concat!(env!("CARGO_CRATE_NAME"), "_other"), "…");
        });
        assert_eq!(lines, Vec::<Value>::new());
    }

    #[test]
    fn each_origin_has_its_level() {
        let levels = |variables| Levels::from_host(&host(variables), "imm");
        let all = |level| Levels {
            protocol: level,
            framework: level,
            provider: level,
        };
        assert_eq!(levels(&[]), all(LevelFilter::INFO));
        assert_eq!(levels(&[("TF_LOG", "debug")]), all(LevelFilter::DEBUG));
        assert_eq!(levels(&[("TF_LOG", "JSON")]), all(LevelFilter::TRACE));
        assert_eq!(
            levels(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "OFF")]),
            all(LevelFilter::OFF)
        );
        assert_eq!(
            levels(&[
                ("TF_LOG_SDK", "WARN"),
                ("TF_LOG_SDK_PROTO", "ERROR"),
                ("TF_LOG_PROVIDER_IMM", "TRACE"),
            ]),
            Levels {
                protocol: LevelFilter::ERROR,
                framework: LevelFilter::WARN,
                provider: LevelFilter::TRACE,
            }
        );
    }

    #[test]
    fn levels_are_heeded_by_origin() {
        let lines = lines(
            &[("TF_LOG_SDK_PROTO", "ERROR"), ("TF_LOG_SDK", "DEBUG")],
            || {
                tracing::warn!(target: PROTOCOL, "dropped");
                tracing::debug!(target: FRAMEWORK, "kept");
                tracing::trace!(target: FRAMEWORK, "dropped");
                tracing::debug!(target: PROVIDER, "dropped");
            },
        );
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["@module"], "sdk.framework");
        assert_eq!(lines[0]["@level"], "debug");
    }

    #[test]
    fn no_line_is_longer_than_the_host_reads() {
        let lines = lines(&[], || {
            let long = "ä".repeat(100_000);
            tracing::info!(target: PROVIDER, long, "cut");
        });
        assert!(
            lines[0]["long"]
                .as_str()
                .unwrap()
                .ends_with("… (200000 bytes)")
        );
        assert!(lines[0].to_string().len() < 64 * 1024);
    }
}
