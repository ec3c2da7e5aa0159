//! Two documents, separated by a line end of their own: every policy covers itself, a "no" is
//! confirmed by the evaluator on both sides, a "yes" is not refuted by the other question's request.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terraform_provider_imm::policy::ast::{Document, DocumentKind};
use terraform_provider_imm::policy::cover::{Coverage, Witness, covers};
use terraform_provider_imm::policy::evaluate::{Decision, evaluate};

fuzz_target!(|text: &str| {
    let Some((have, need)) = text.split_once('\u{1}') else {
        return;
    };
    let parse = |text: &str| Document::parse(text, DocumentKind::Permission).ok();
    let (Some(have), Some(need)) = (parse(have), parse(need)) else {
        return;
    };
    let (have, need) = ([have], [need]);
    for documents in [&have, &need] {
        match covers(documents, documents) {
            Coverage::Yes => {}
            // Only the work may be too much.
            Coverage::Unknown(why) => assert!(why.keys.is_empty(), "{why:?}"),
            Coverage::No(witness) => panic!("{witness:?}"),
        }
    }
    let there = covers(&have, &need);
    let back = covers(&need, &have);
    for (coverage, have, need) in [(&there, &have, &need), (&back, &need, &have)] {
        if let Coverage::No(witness) = coverage {
            confirm(witness, have, need);
        }
    }
    if there == Coverage::Yes
        && let Coverage::No(witness) = &back
    {
        // Allowed by what has more.
        assert_eq!(evaluate(&have, &witness.request).decision, Decision::Allow);
    }
});

fn confirm(witness: &Witness, have: &[Document], need: &[Document]) {
    assert_eq!(evaluate(need, &witness.request).decision, Decision::Allow);
    let refused = evaluate(have, &witness.request).decision;
    assert!(matches!(
        refused,
        Decision::ExplicitDeny | Decision::ImplicitDeny
    ));
}
