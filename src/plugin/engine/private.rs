//! Private state: a JSON object of key to base64 text, as other frameworks store it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::plugin::author::PrivateState;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};

/// Reads what Terraform kept; no bytes are no entries.
pub(super) fn read(bytes: &[u8]) -> Result<PrivateState, Diagnostics> {
    if bytes.is_empty() {
        return Ok(PrivateState::default());
    }
    let unreadable = |why: &dyn std::fmt::Display| {
        Diagnostics::from(Diagnostic::error(
            "Private State Cannot Be Read",
            format!(
                "The data that the provider keeps beside the state is damaged: {why}. Remove the \
                 object from the state with `terraform state rm`, and import it again."
            ),
        ))
    };
    let texts: BTreeMap<String, String> =
        serde_json::from_slice(bytes).map_err(|error| unreadable(&error))?;
    let mut entries = BTreeMap::new();
    for (key, text) in texts {
        let value = STANDARD.decode(&text).map_err(|error| unreadable(&error))?;
        entries.insert(key, value);
    }
    Ok(PrivateState(entries))
}

/// Writes what Terraform is to keep; no entries are no bytes.
pub(super) fn write(private: &PrivateState) -> Vec<u8> {
    if private.0.is_empty() {
        return Vec::new();
    }
    let texts: serde_json::Map<String, serde_json::Value> = private
        .0
        .iter()
        .map(|(key, value)| (key.clone(), STANDARD.encode(value).into()))
        .collect();
    serde_json::Value::Object(texts).to_string().into_bytes()
}
