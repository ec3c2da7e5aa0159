//! Principals of trust policies: kinds, and the shape of who is named.

use super::{Validator, strings};
use crate::policy::ast::{PrincipalKind, escape_pointer};
use crate::policy::codes::Code;
use crate::policy::edit::Edit;
use crate::policy::finding::Draft;
use crate::policy::json::{Kind, Node};
use crate::policy::matching::{arn_fields, is_star};
use crate::policy::pass_role::IMM;

impl Validator {
    pub(super) fn principal(&mut self, node: &Node, pointer: &str) {
        let members = match &node.kind {
            Kind::Object(members) => members,
            // Who that is, is a question of trust, not of grammar.
            Kind::String(text) if text == "*" => return,
            Kind::String(text) if text.ends_with(".aliyuncs.com") => {
                let draft = Draft::new(
                    Code::MissingElement,
                    node.span,
                    pointer,
                    "Principal is a string, not an object",
                    format!("Write `{{\"Service\": [\"{text}\"]}}`."),
                );
                return self.push(draft.edit(Edit::Replace {
                    pointer: pointer.to_owned(),
                    value: Node::object([("Service", strings(&[text]))]),
                }));
            }
            _ => {
                return self.wrong_type(
                    node,
                    pointer,
                    "Principal",
                    "an object with RAM, Service or Federated",
                );
            }
        };
        self.duplicates(members, pointer);
        if members.is_empty() {
            self.push(
                Draft::new(
                    Code::MissingElement,
                    node.span,
                    pointer,
                    "Principal names nobody",
                    "Write `{\"Service\": [\"imm.aliyuncs.com\"]}`.",
                )
                .edit(Edit::Replace {
                    pointer: pointer.to_owned(),
                    value: Node::object([("Service", strings(&["imm.aliyuncs.com"]))]),
                }),
            );
        }
        for member in members {
            let at = format!("{pointer}/{}", escape_pointer(&member.key));
            let Some(kind) = PrincipalKind::from_key(&member.key) else {
                if member.key == "AWS" {
                    self.push(Draft::new(
                        Code::UnknownElement,
                        member.key_span,
                        &at,
                        "`AWS` is not a kind of principal",
                        "Accounts, users and roles are listed under `RAM`, as `acs:ram::<account>:root`.",
                    ));
                } else {
                    let kinds = ["RAM", "Service", "Federated"];
                    self.unknown(member, pointer, members, &kinds, "a Principal");
                }
                continue;
            };
            let what = format!("Principal.{}", member.key);
            for (node, pointer, text) in self.texts(&member.value, &at, &what) {
                if matches!(kind, PrincipalKind::Ram | PrincipalKind::Federated) {
                    self.identity(node, &pointer, text);
                }
            }
        }
    }

    /// The ARN of an account, user, role or identity provider.
    fn identity(&mut self, node: &Node, pointer: &str, text: &str) {
        // That IMM stands under the wrong kind is said where trust in IMM is looked for.
        if is_star(text) || text.eq_ignore_ascii_case(IMM) {
            return;
        }
        let account_like = |account: &str| {
            !account.is_empty()
                && account
                    .chars()
                    .all(|c| c.is_ascii_digit() || matches!(c, '*' | '?'))
        };
        if let Some([acs, ram, _, account, id]) = arn_fields(text)
            && acs == "acs"
            && ram.eq_ignore_ascii_case("ram")
            && account_like(account)
            && !id.is_empty()
        {
            return;
        }
        let message =
            format!("the principal `{text}` is no ARN of an account, user, role or provider");
        let draft = |fix: String| Draft::new(Code::MalformedArn, node.span, pointer, &message, fix);
        let draft = if text.len() >= 8 && text.bytes().all(|b| b.is_ascii_digit()) {
            let arn = format!("acs:ram::{text}:root");
            draft(format!("Write `{arn}`.")).edit(Edit::Replace {
                pointer: pointer.to_owned(),
                value: Node::string(arn),
            })
        } else if text.ends_with(".aliyuncs.com") {
            draft("List service principals under `Service`.".to_owned())
        } else {
            draft("Write `acs:ram::<account>:root`, `…:user/<name>` or `…:role/<name>`.".to_owned())
        };
        self.push(draft);
    }
}
