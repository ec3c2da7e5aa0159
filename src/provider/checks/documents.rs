//! What a policy document says in itself, as messages of a plan: `policy::lint` on an attribute.

use std::collections::BTreeSet;

use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::value::{Path, Value};
use crate::policy::finding::Finding;
use crate::policy::lint::{Options, lint};

use crate::policy::codes::Code;
use crate::provider::trust;

use super::settings;

/// The longest mended document that is shown whole.
const MOST_SHOWN: usize = 2_000;

/// Lints the document that a list of trusted services stands for. What to write is said in terms of
/// the list.
pub(crate) fn check_services(services: &Value<BTreeSet<String>>, path: &Path) -> Diagnostics {
    let (Value::Known(services), Some(settings)) = (services, settings::of_process()) else {
        return Diagnostics::new();
    };
    let text = trust::document(services);
    lint(&text, Options::trust())
        .iter()
        .filter_map(|finding| {
            let fix = match finding.code {
                Code::ImmNotTrusted => format!("Add {:?} to `trusted_services`.", trust::IMM),
                Code::OthersTrusted => format!(
                    "Leave {:?} alone in `trusted_services`, if nobody else is meant.",
                    trust::IMM
                ),
                _ => finding.fix.clone(),
            };
            let detail = format!(
                "The trust policy of `trusted_services`, at {}: {}.\n\n{fix}",
                finding.pointer, finding.message
            );
            settings.diagnostic(finding.code, finding.severity, &detail)
        })
        .map(|diagnostic| diagnostic.at(path.clone()))
        .collect()
}

/// Lints the text of an attribute, with the severities of the provider block. Says nothing while the
/// text, or the severities, are not known.
pub(crate) fn check(text: &Value<String>, options: Options, path: &Path) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let (Value::Known(text), Some(settings)) = (text, settings::of_process()) else {
        return diagnostics;
    };
    // A long document takes a while to mend: not where nobody wants to hear of it.
    if settings.is_off() {
        return diagnostics;
    }
    for finding in lint(text, options) {
        let found = settings.diagnostic(finding.code, finding.severity, &detail(&finding));
        if let Some(diagnostic) = found {
            diagnostics.push(diagnostic.at(path.clone()));
        }
    }
    diagnostics
}

/// What, where, an example, what to write; and the whole document mended, where it is short.
fn detail(finding: &Finding) -> String {
    let rendered = finding.render();
    // The code is put before every message, and the severity is Terraform's to show.
    let start = format!("{} {}: ", finding.code, finding.severity);
    let mut out = rendered
        .strip_prefix(&start)
        .unwrap_or(&rendered)
        .to_owned();
    if let Some(patched) = finding
        .patched
        .as_deref()
        .filter(|text| text.len() <= MOST_SHOWN)
    {
        out.push_str("\n\nThe document mended:\n\n");
        out.push_str(&super::indented(patched));
    }
    out
}
