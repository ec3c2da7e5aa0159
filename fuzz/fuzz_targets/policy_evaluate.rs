//! Two documents and a request, separated by line ends of their own: taking both documents together
//! never allows what one of them denies, and never denies without a Deny.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terraform_provider_imm::policy::ast::{Document, DocumentKind};
use terraform_provider_imm::policy::evaluate::{Context, Decision, Request, evaluate};

fuzz_target!(|text: &str| {
    let mut parts = text.split('\u{1}');
    let mut next = || parts.next().unwrap_or_default();
    let (first, second, action, resource) = (next(), next(), next(), next());
    let parse = |text: &str| Document::parse(text, DocumentKind::Permission).ok();
    let (Some(first), Some(second)) = (parse(first), parse(second)) else {
        return;
    };
    let mut context = Context::new();
    for pair in parts {
        if let Some((key, value)) = pair.split_once('=') {
            context.add(key, value);
        }
    }
    let request = Request::new(action, resource, context);
    let one = evaluate(std::slice::from_ref(&first), &request).decision;
    let other = evaluate(std::slice::from_ref(&second), &request).decision;
    let both = evaluate(&[first, second], &request).decision;
    let sides = [one, other];
    if sides.contains(&Decision::ExplicitDeny) {
        assert_eq!(both, Decision::ExplicitDeny);
    } else {
        assert_ne!(both, Decision::ExplicitDeny);
    }
    if both == Decision::Allow {
        assert!(sides.contains(&Decision::Allow));
    }
    if sides == [Decision::ImplicitDeny; 2] {
        assert_eq!(both, Decision::ImplicitDeny);
    }
});
