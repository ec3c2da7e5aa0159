//! Plans, states and diagnostics as Terraform's own JSON gives them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// A saved plan, from `terraform show -json`.
#[derive(Debug)]
pub struct Plan {
    /// The whole document.
    pub json: Value,
    /// What the planning command warned of.
    pub warnings: Vec<Diagnostic>,
    /// Whether `-detailed-exitcode` said that there is something to do.
    pub changes: bool,
}

impl Plan {
    /// What will happen, without what stays: address to `create`, `update`, `delete`, `read`,
    /// `delete,create` or `create,delete`.
    pub fn actions(&self) -> BTreeMap<String, String> {
        actions(&self.json["resource_changes"])
    }

    /// What changed outside of Terraform, in the same terms.
    pub fn drift(&self) -> BTreeMap<String, String> {
        actions(&self.json["resource_drift"])
    }

    /// The change of one object: `before`, `after`, `after_unknown`, `replace_paths` and so on.
    pub fn change(&self, address: &str) -> &Value {
        self.json["resource_changes"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|change| change["address"] == address)
            .map_or_else(
                || panic!("{address} is not in the plan: {:?}", self.actions()),
                |change| &change["change"],
            )
    }

    /// Fails unless exactly these actions are planned.
    #[track_caller]
    pub fn assert(&self, expected: &[(&str, &str)]) {
        assert_eq!(self.actions(), pairs(expected), "planned actions");
        assert!(
            self.changes || expected.is_empty(),
            "the exit code says that nothing changes"
        );
    }

    /// Fails unless the plan does nothing at all, outputs included, and found no drift.
    #[track_caller]
    pub fn assert_no_changes(&self) {
        assert_eq!(self.actions(), BTreeMap::new(), "planned actions");
        assert_eq!(self.drift(), BTreeMap::new(), "drift");
        assert!(!self.changes, "the exit code says that something changes");
    }

    /// Fails unless a `-refresh-only` plan found everything as it was. It leaves the exit code aside:
    /// Terraform 1.10 to 1.14 say 2 there as soon as a state holds a number
    /// (<https://github.com/hashicorp/terraform/issues/36403>).
    #[track_caller]
    pub fn assert_as_it_was(&self) {
        assert_eq!(self.actions(), BTreeMap::new(), "planned actions");
        assert_eq!(self.drift(), BTreeMap::new(), "drift");
        for (name, change) in self.json["output_changes"]
            .as_object()
            .into_iter()
            .flatten()
        {
            assert_eq!(change["actions"], serde_json::json!(["no-op"]), "{name}");
        }
    }

    /// Fails unless exactly these objects were found changed outside of Terraform.
    #[track_caller]
    pub fn assert_drift(&self, expected: &[(&str, &str)]) {
        assert_eq!(self.drift(), pairs(expected), "drift");
    }

    /// Names of the attributes that an update of this object changes or may change, sorted.
    pub fn changed_attributes(&self, address: &str) -> Vec<String> {
        let change = self.change(address);
        let empty = serde_json::Map::new();
        let before = change["before"].as_object().unwrap_or(&empty);
        let after = change["after"].as_object().unwrap_or(&empty);
        let unknown = change["after_unknown"].as_object().unwrap_or(&empty);
        let mut names: Vec<String> = before
            .keys()
            .chain(after.keys())
            .chain(unknown.keys())
            .filter(|name| {
                holds_true(unknown.get(*name).unwrap_or(&Value::Null))
                    || before.get(*name) != after.get(*name)
            })
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// A state, from `terraform show -json`.
#[derive(Debug)]
pub struct State {
    /// The whole document.
    pub json: Value,
}

impl State {
    /// Addresses of the managed objects, sorted.
    pub fn managed(&self) -> Vec<String> {
        let mut addresses: Vec<_> = self
            .objects()
            .filter(|object| object["mode"] == "managed")
            .filter_map(|object| object["address"].as_str().map(str::to_owned))
            .collect();
        addresses.sort();
        addresses
    }

    /// The attributes of one object.
    #[track_caller]
    pub fn values(&self, address: &str) -> &Value {
        self.objects()
            .find(|object| object["address"] == address)
            .map_or_else(
                || panic!("{address} is not in the state: {:#}", self.json),
                |object| &object["values"],
            )
    }

    /// Whether the object is marked to be replaced.
    #[track_caller]
    pub fn tainted(&self, address: &str) -> bool {
        self.objects()
            .find(|object| object["address"] == address)
            .is_some_and(|object| object["tainted"] == true)
    }

    /// An output's value.
    pub fn output(&self, name: &str) -> &Value {
        &self.json["values"]["outputs"][name]["value"]
    }

    /// Fails unless the object has these attributes with these values.
    #[track_caller]
    pub fn assert(&self, address: &str, expected: Value) {
        let values = self.values(address);
        for (name, value) in expected.as_object().into_iter().flatten() {
            assert_eq!(&values[name], value, "{address}.{name}, of {values:#}");
        }
    }

    fn objects(&self) -> impl Iterator<Item = &Value> {
        self.json["values"]["root_module"]["resources"]
            .as_array()
            .into_iter()
            .flatten()
    }
}

/// One diagnostic of a command that was run with `-json`.
#[derive(Debug, Clone)]
pub struct Diagnostic(pub Value);

impl Diagnostic {
    /// `error` or `warning`.
    pub fn severity(&self) -> &str {
        self.0["severity"].as_str().unwrap_or_default()
    }

    /// The title.
    pub fn summary(&self) -> &str {
        self.0["summary"].as_str().unwrap_or_default()
    }

    /// The text under the title.
    pub fn detail(&self) -> &str {
        self.0["detail"].as_str().unwrap_or_default()
    }

    /// The object it is about.
    pub fn address(&self) -> &str {
        self.0["address"].as_str().unwrap_or_default()
    }

    /// The piece of configuration that Terraform underlines.
    pub fn underlined(&self) -> &str {
        let snippet = &self.0["snippet"];
        let code = snippet["code"].as_str().unwrap_or_default();
        let at = |name: &str| {
            snippet[name]
                .as_u64()
                .and_then(|offset| usize::try_from(offset).ok())
                .unwrap_or_default()
        };
        code.get(at("highlight_start_offset")..at("highlight_end_offset"))
            .unwrap_or_default()
    }

    /// The whole source line (or lines) shown with it.
    pub fn code(&self) -> &str {
        self.0["snippet"]["code"].as_str().unwrap_or_default()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}\n  at {} `{}`\n{}",
            self.severity(),
            self.summary(),
            self.address(),
            self.code().trim(),
            self.detail()
        )
    }
}

/// The diagnostics among the JSON lines of a command's standard output.
pub fn diagnostics(stdout: &str) -> Vec<Diagnostic> {
    stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["type"] == "diagnostic")
        .map(|mut line| Diagnostic(line["diagnostic"].take()))
        .collect()
}

fn actions(changes: &Value) -> BTreeMap<String, String> {
    changes
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|change| {
            let actions: Vec<_> = change["change"]["actions"]
                .as_array()?
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let address = change["address"].as_str()?;
            // An object that was replaced and could not be removed is there twice.
            let address = match change["deposed"].as_str() {
                Some(key) => format!("{address} (deposed {key})"),
                None => address.to_owned(),
            };
            (actions != ["no-op"]).then(|| (address, actions.join(",")))
        })
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(address, action)| ((*address).to_owned(), (*action).to_owned()))
        .collect()
}

/// Whether `after_unknown` marks anything within.
fn holds_true(marks: &Value) -> bool {
    match marks {
        Value::Bool(marked) => *marked,
        Value::Array(marks) => marks.iter().any(holds_true),
        Value::Object(marks) => marks.values().any(holds_true),
        _ => false,
    }
}
