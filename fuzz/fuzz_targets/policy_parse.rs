//! Any text: the parser agrees with a general library on what is JSON, printing loses nothing, every
//! finding points into the document, and what is mended parses.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terraform_provider_imm::policy::codes::Code;
use terraform_provider_imm::policy::equivalent;
use terraform_provider_imm::policy::json;
use terraform_provider_imm::policy::lint::{Options, lint};
use terraform_provider_imm::policy::print;

fuzz_target!(|text: &str| {
    let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let parsed = json::parse(text);
    let deep = parsed
        .errors
        .iter()
        .any(|error| error.message.contains("nested deeper"));
    assert!(deep || value.is_some() == parsed.errors.is_empty());
    assert!(equivalent(text, text));
    if parsed.errors.is_empty() {
        let root = parsed.root.unwrap();
        assert!(json::parse(&print::pretty(&root)).root.unwrap() == root);
        assert!(json::parse(&print::compact(&root)).root.unwrap() == root);
    }
    for options in [Options::permission(), Options::trust()] {
        let found = lint(text, options);
        // A pointer cannot tell two members of one name apart.
        let twice = found
            .iter()
            .any(|finding| finding.code == Code::DuplicateKey);
        for finding in found {
            assert!(finding.line >= 1 && finding.column >= 1);
            if let Some(value) = value.as_ref().filter(|_| !twice) {
                assert!(value.pointer(&finding.pointer).is_some(), "{finding:?}");
            }
            if let Some(patched) = finding.patched {
                assert!(serde_json::from_str::<serde_json::Value>(&patched).is_ok());
            }
        }
    }
});
