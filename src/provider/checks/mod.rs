//! What is proved before it is applied: the project against its role, and the caller against both.
//!
//! | module | holds |
//! |---|---|
//! | [`settings`] | `plan_checks`: how grave each check is |
//! | [`walk`] | what this process has planned so far |
//! | [`documents`] | what a document says in itself, as messages of a plan |
//! | [`caller`] | who the provider is and what it may do |
//! | [`role_view`] | a role as it will be: the plan over what exists |
//! | `hooks` | what the resources call |
//! | [`judge`] | the checks of a project and its role |
//!
//! Resources call [`Checks`] from their plan hooks (with what will be) and right before a write (with
//! what exists). What a document says in itself is `policy`'s business, and is asked in `validate`.
//! An error is raised only where it is certain.

pub mod caller;
pub mod documents;
pub(crate) mod hooks;
pub mod judge;
pub mod role_view;
pub mod settings;
pub mod walk;

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::OnceCell;

use crate::api::arn;
use crate::cloud;
use crate::host::Host;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::value::Path;
use crate::policy::codes::{Code, Severity};
use crate::policy::evaluate::Context;

use caller::{Caller, Refusal};
use settings::{PlanChecks, Setting};
use walk::Walk;

/// The checks of one configured provider.
#[derive(Debug)]
pub struct Checks {
    pub(crate) walk: Walk,
    settings: PlanChecks,
    caller: OnceCell<Result<Caller, String>>,
    told_of_missing: AtomicBool,
}

/// A call that a write will make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needed {
    /// The action, such as `ram:CreateRole`.
    pub(crate) action: &'static str,
    /// The resources that it is checked on: all must be allowed.
    pub(crate) resources: Vec<String>,
}

impl Checks {
    /// Checks with these severities.
    pub fn new(settings: PlanChecks, host: Host) -> Self {
        Self {
            walk: Walk::new(host),
            settings,
            caller: OnceCell::new(),
            told_of_missing: AtomicBool::new(false),
        }
    }

    /// Whether anybody wants to hear of a code.
    pub(crate) fn wanted(&self, code: Code) -> bool {
        self.settings.get(code) != Some(Setting::Off)
    }

    /// Adds a finding with the severity that the author wants.
    pub(crate) fn report(
        &self,
        diagnostics: &mut Diagnostics,
        code: Code,
        path: Path,
        detail: &str,
    ) {
        self.report_as(diagnostics, code, code.severity(), path, detail);
    }

    /// Adds a finding whose usual severity is this one.
    pub(crate) fn report_as(
        &self,
        diagnostics: &mut Diagnostics,
        code: Code,
        usual: Severity,
        path: Path,
        detail: &str,
    ) {
        if let Some(diagnostic) = self.settings.diagnostic(code, usual, detail) {
            diagnostics.push(diagnostic.at(path));
        }
    }

    /// The caller, read at the first need and shared. `None` where even its identity cannot be read;
    /// why is told once.
    pub(crate) async fn caller(
        &self,
        client: &cloud::Client,
        diagnostics: &mut Diagnostics,
    ) -> Option<&Caller> {
        let read = self
            .caller
            .get_or_init(|| async {
                Caller::read(client)
                    .await
                    .map_err(|error| error.to_string())
            })
            .await;
        let missing = match read {
            Ok(caller) => caller.missing.clone(),
            Err(why) => vec![format!("its identity ({why})")],
        };
        if !missing.is_empty()
            && self.wanted(Code::CallerNotReadWhole)
            && !self.told_of_missing.swap(true, Ordering::Relaxed)
        {
            let who = match read {
                Ok(caller) => format!(" {}", caller.arn),
                Err(_) => String::new(),
            };
            let list: String = missing.iter().map(|what| format!("\n  - {what}")).collect();
            if let Some(diagnostic) = self.settings.diagnostic(
                Code::CallerNotReadWhole,
                Code::CallerNotReadWhole.severity(),
                &format!(
                    "What the caller{who} may do could not be read whole. Not read:\n{list}\n\n\
                     Whether the caller may make the calls of this plan, and holds what the roles \
                     hold, was judged only as far as the rest decides it. Grant the caller the \
                     actions named above on itself, its groups and policies, or set plan_checks = \
                     {{ IMM504 = \"off\" }}."
                ),
            ) {
                diagnostics.push(diagnostic);
            }
        }
        read.as_ref().ok()
    }

    /// The caller, unless this very plan changes what it may do: what it lacks now it may have by
    /// then.
    pub(crate) async fn certain_caller(
        &self,
        client: &cloud::Client,
        diagnostics: &mut Diagnostics,
    ) -> Option<&Caller> {
        let caller = self.caller(client, diagnostics).await?;
        (!caller.changes_in(&self.walk)).then_some(caller)
    }

    /// Whether the caller may make these calls (IMM501).
    pub(crate) async fn may_call(
        &self,
        client: &cloud::Client,
        diagnostics: &mut Diagnostics,
        path: &Path,
        needed: &[Needed],
    ) {
        if !self.wanted(Code::CallerLacksAction) || needed.is_empty() {
            return;
        }
        let Some(caller) = self.certain_caller(client, diagnostics).await else {
            return;
        };
        for Needed { action, resources } in needed {
            for resource in resources {
                let Some(refusal) = caller.refused(action, resource, Context::open()) else {
                    continue;
                };
                let (why, fix) = explain(&refusal, action, resource, "");
                self.report(
                    diagnostics,
                    Code::CallerLacksAction,
                    path.clone(),
                    &format!(
                        "The caller {} may not {action} on {resource}: {why}. The apply would be \
                         refused at this call.\n\n{fix}",
                        caller.arn
                    ),
                );
            }
        }
    }

    /// The account, where the caller could be identified.
    pub(crate) async fn account(
        &self,
        client: &cloud::Client,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        self.caller(client, diagnostics)
            .await
            .map(|caller| caller.account.clone())
    }
}

/// Why a call is refused, and the smallest statement that would mend it.
pub(crate) fn explain(
    refusal: &Refusal,
    action: &str,
    resource: &str,
    condition: &str,
) -> (String, String) {
    match refusal {
        Refusal::Denied => (
            "a Deny in one of its policies says so".to_owned(),
            format!(
                "Take {action} on this resource out of the Deny statement, or apply with another \
                 identity."
            ),
        ),
        Refusal::NotAllowed => (
            "no statement of its policies allows it".to_owned(),
            format!(
                "Add this statement to a policy of the caller:\n\n  \
                 {{\"Effect\":\"Allow\",\"Action\":\"{action}\",\"Resource\":\"{resource}\"{condition}}}\n\n\
                 A grant that is limited to a resource group does not show in RAM's lists; if the \
                 caller has one, set plan_checks = {{ IMM5xx = \"warn\" }}."
            ),
        ),
    }
}

/// What writes need, in the names of RAM's own authorization.
pub(crate) mod needs {
    use super::{Needed, arn};

    /// A call on a role.
    pub(crate) fn role(action: &'static str, account: &str, name: &str) -> Needed {
        Needed {
            action,
            resources: vec![arn::role(account, name)],
        }
    }

    /// A call on a custom policy.
    pub(crate) fn policy(action: &'static str, account: &str, name: &str) -> Needed {
        Needed {
            action,
            resources: vec![arn::policy(account, name)],
        }
    }

    /// A call that joins or parts a policy and a role.
    pub(crate) fn attachment(
        action: &'static str,
        account: &str,
        role: &str,
        policy_type: &str,
        policy: &str,
    ) -> Needed {
        let owner = if policy_type == crate::api::ram::SYSTEM {
            arn::SYSTEM_ACCOUNT
        } else {
            account
        };
        Needed {
            action,
            resources: vec![arn::role(account, role), arn::policy(owner, policy)],
        }
    }

    /// A call on a project.
    pub(crate) fn project(action: &'static str, region: &str, account: &str, name: &str) -> Needed {
        Needed {
            action,
            resources: vec![arn::project(region, account, name)],
        }
    }
}

impl PlanChecks {
    /// The message of a finding, or nothing where the author does not want it. Hints are not shown
    /// in a plan.
    pub(crate) fn diagnostic(
        &self,
        code: Code,
        usual: Severity,
        detail: &str,
    ) -> Option<Diagnostic> {
        let summary = capitalised(code.title());
        let detail = format!("{}: {detail}", code.id());
        match (self.get(code), usual) {
            (Some(Setting::Off), _) | (None, Severity::Hint) => None,
            (Some(Setting::Error), _) | (None, Severity::Error) => {
                Some(Diagnostic::error(summary, detail))
            }
            (Some(Setting::Warn), _) | (None, Severity::Warning) => {
                Some(Diagnostic::warning(summary, detail))
            }
        }
    }
}

/// Lines that Terraform does not wrap.
pub(crate) fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

/// A title as Terraform shows it. A name such as `ram:PassRole` keeps its case.
fn capitalised(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    if first.contains(':') {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
