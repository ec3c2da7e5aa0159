//! Small steps between a model's fields and the texts of the API.

use crate::plugin::author::Outcome;
use crate::plugin::diagnostics::Diagnostic;
use crate::plugin::schema::Validator;
use crate::plugin::value::{Path, Value};

/// A field that every state has.
///
/// # Errors
/// When it has none: the state was written by hand.
pub(crate) fn required(value: &Value<String>, name: &str) -> Outcome<String> {
    value.known().cloned().ok_or_else(|| {
        Diagnostic::error(
            "State is incomplete",
            format!(
                "The state has no `{name}`, without which the object cannot be found. Was it \
                 edited by hand? Remove the object from the state and import it."
            ),
        )
        .at(Path::attribute(name))
        .into()
    })
}

/// The text, where it is known and not empty.
pub(crate) fn given(value: &Value<String>) -> Option<String> {
    value.known().filter(|text| !text.is_empty()).cloned()
}

/// A text of the API: what is absent or empty there is null here.
pub(crate) fn text(value: Option<&str>) -> Value<String> {
    match value {
        Some(text) if !text.is_empty() => Value::Known(text.to_owned()),
        _ => Value::Null,
    }
}

/// What an update of this text has to send: nothing where it stays, an empty text where it goes.
pub(crate) fn changed(before: &Value<String>, after: &Value<String>) -> Option<String> {
    (given(before) != given(after)).then(|| given(after).unwrap_or_default())
}

/// A name that is a whole import id.
///
/// # Errors
/// When it is not a name that the object could have; the message says the expected form.
pub(crate) fn import_name(id: &str, name: &str, rule: &Validator<String>) -> Outcome<String> {
    let id = id.to_owned();
    match (rule.check)(&id) {
        Ok(()) => Ok(id),
        Err(why) => Err(malformed_id(&id, name, &why)),
    }
}

/// The message for an import id of another form.
pub(crate) fn malformed_id(
    id: &str,
    form: &str,
    why: &str,
) -> crate::plugin::diagnostics::Diagnostics {
    Diagnostic::error(
        "Malformed import id",
        format!("The id {id:?} cannot be imported: {why}. Expected: {form}"),
    )
    .into()
}

/// Values for tests.
#[cfg(test)]
pub(crate) mod samples {
    use std::collections::BTreeMap;

    use crate::plugin::schema::Timeouts;
    use crate::plugin::value::Value;
    use crate::provider::tags::Tags;

    /// A text.
    pub(crate) fn text(text: &str) -> Value<String> {
        Value::Known(text.to_owned())
    }

    /// A list of texts.
    pub(crate) fn texts(texts: &[&str]) -> Value<Vec<String>> {
        Value::Known(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    /// One tag.
    pub(crate) fn tags(key: &str) -> Value<Tags> {
        Value::Known(BTreeMap::from([(key.to_owned(), text("value"))]))
    }

    /// A `timeouts` block that says something of every operation.
    pub(crate) fn timeouts() -> Timeouts {
        Timeouts {
            create: text("1m"),
            read: text("2m"),
            update: text("3m"),
            delete: text("4m"),
            present: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::rules;

    #[test]
    fn empty_and_absent_texts_are_one() {
        assert_eq!(text(Some("")), Value::Null);
        assert_eq!(text(None), Value::Null);
        assert_eq!(text(Some("a")), samples::text("a"));
        assert_eq!(given(&samples::text("")), None);
        assert_eq!(changed(&samples::text(""), &Value::Null), None);
        assert_eq!(
            changed(&samples::text("a"), &Value::Null),
            Some(String::new())
        );
        assert_eq!(
            changed(&Value::Null, &samples::text("a")),
            Some("a".to_owned())
        );
    }

    #[test]
    fn import_ids_that_are_no_names_say_what_is_expected() {
        let rule = rules::role_name();
        assert_eq!(import_name("a-b", "role_name", &rule).unwrap(), "a-b");
        let refused = import_name("a/b", "a role's name", &rule).unwrap_err();
        assert!(
            refused
                .iter()
                .any(|d| d.detail.contains("Expected: a role's name"))
        );
    }
}
