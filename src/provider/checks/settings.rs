//! The setting `plan_checks`: how grave each check is.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use crate::plugin::schema::Validator;
use crate::plugin::value::Value;
use crate::policy::codes::{Code, Selector, TABLE};

/// What becomes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// It stops the plan.
    Error,
    /// It is shown.
    Warn,
    /// It is not looked for.
    Off,
}

impl Setting {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "error" => Some(Self::Error),
            "warn" => Some(Self::Warn),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

/// The settings that the author made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanChecks(Vec<(Selector, Setting)>);

impl PlanChecks {
    /// Reads the map of the provider block; what does not parse was refused before.
    pub fn read(settings: &Value<BTreeMap<String, Value<String>>>) -> Self {
        let Some(settings) = settings.known() else {
            return Self::default();
        };
        Self(
            settings
                .iter()
                .filter_map(|(name, setting)| {
                    Some((Selector::parse(name)?, Setting::parse(setting.known()?)?))
                })
                .collect(),
        )
    }

    /// Whether every check is turned off.
    pub fn is_off(&self) -> bool {
        TABLE
            .iter()
            .all(|entry| self.get(entry.code) == Some(Setting::Off))
    }

    /// What the author wants of a check; `None` where nothing is said of it. A code wins over its
    /// family.
    pub fn get(&self, code: Code) -> Option<Setting> {
        let find = |whole_family: bool| {
            self.0
                .iter()
                .find(|(selector, _)| {
                    matches!(selector, Selector::Family(_)) == whole_family && selector.covers(code)
                })
                .map(|(_, setting)| *setting)
        };
        find(false).or_else(|| find(true))
    }
}

/// What the provider block of this process says, for checks that run without a client.
///
/// Terraform starts one process for each provider configuration, and validates the block before any
/// resource. (Under `-debug` one process serves many; the block validated last counts.)
static OF_PROCESS: RwLock<Option<PlanChecks>> = RwLock::new(Some(PlanChecks(Vec::new())));

/// Keeps what a validated or configured provider block says; nothing is known where the map is not.
pub(crate) fn keep(settings: &Value<BTreeMap<String, Value<String>>>) {
    let open = match settings {
        Value::Unknown => true,
        Value::Known(settings) => settings.values().any(Value::is_unknown),
        Value::Null => false,
    };
    let read = (!open).then(|| PlanChecks::read(settings));
    *OF_PROCESS.write().unwrap_or_else(PoisonError::into_inner) = read;
}

/// The severities of this process, where they are known.
pub(crate) fn of_process() -> Option<PlanChecks> {
    OF_PROCESS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// Known names and settings only.
pub fn rules() -> Validator<BTreeMap<String, Value<String>>> {
    Validator::new(
        "Invalid plan check",
        "codes or families to `error`, `warn` or `off`",
        |settings: &BTreeMap<String, Value<String>>| {
            for (name, setting) in settings {
                if Selector::parse(name).is_none() {
                    return Err(format!(
                        "{name:?} is no check; there are {}",
                        Selector::known().join(", ")
                    ));
                }
                match setting {
                    Value::Known(text) if Setting::parse(text).is_none() => {
                        return Err(format!(
                            "{text:?} is no setting of {name}; write \"error\", \"warn\" or \"off\""
                        ));
                    }
                    Value::Null => {
                        return Err(format!(
                            "the setting of {name} is null; write \"error\", \"warn\" or \"off\""
                        ));
                    }
                    Value::Known(_) | Value::Unknown => {}
                }
            }
            Ok(())
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, Value<String>> {
        pairs
            .iter()
            .map(|(name, setting)| ((*name).to_owned(), Value::Known((*setting).to_owned())))
            .collect()
    }

    #[test]
    fn a_code_wins_over_its_family() {
        let checks = PlanChecks::read(&Value::Known(settings(&[
            ("IMM4xx", "off"),
            ("IMM405", "warn"),
        ])));
        assert_eq!(checks.get(Code::OutOfRange), Some(Setting::Warn));
        assert_eq!(checks.get(Code::BadName), Some(Setting::Off));
        assert_eq!(checks.get(Code::NotJson), None);
        assert!(!checks.is_off());
        let off: Vec<_> = ["IMM1xx", "IMM2xx", "IMM3xx", "IMM4xx", "IMM5xx"]
            .map(|family| (family, "off"))
            .to_vec();
        assert!(PlanChecks::read(&Value::Known(settings(&off))).is_off());
    }

    #[test]
    fn unknown_names_are_refused_with_the_list() {
        let check = rules().check;
        assert!(check(&settings(&[("IMM304", "error"), ("IMM1xx", "off")])).is_ok());
        let why = check(&settings(&[("IMM999", "off")])).unwrap_err();
        assert!(why.contains("IMM1xx") && why.contains("IMM304"), "{why}");
        assert!(
            check(&settings(&[("IMM304", "no")]))
                .unwrap_err()
                .contains("\"warn\"")
        );
        let null = BTreeMap::from([("IMM304".to_owned(), Value::Null)]);
        assert!(check(&null).is_err());
    }
}
