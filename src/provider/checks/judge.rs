//! The checks of a project and its role: IMM304, IMM402 to IMM404, IMM502 and IMM503.
//!
//! They run at plan, when the last of a pair is planned, on the role as it will be; and right before
//! the write, on the role as it is. What is found reads the same.

use crate::api::arn;
use crate::cloud;
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::value::Path;
use crate::policy::codes::{Code, Severity};
use crate::policy::cover::Witness;
use crate::policy::evaluate::Context;
use crate::policy::needs::{RoleFinding, role_findings};
use crate::provider::trust::IMM;

use super::caller::Caller;
use super::role_view::{Presence, RoleView};
use super::walk::{PlannedProject, PolicyKey};
use super::{Checks, explain, indented};

/// The system policies of the default roles.
const DEFAULT_POLICIES: [&str; 2] = ["AliyunIMMRolePolicy", "AliyunIMMBatchTriggerRolePolicy"];

/// A project, as far as its role is concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The project's name.
    pub(crate) project: &'a str,
    /// The role that it names.
    pub(crate) role: &'a str,
    /// Whether the call that writes the role is still to come, and so can be refused.
    pub(crate) writes_role: bool,
}

/// Which attribute of which resource a finding is shown at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum At {
    /// The project's own `service_role`.
    Project,
    /// An attribute of the role or of something on it, planned after the project.
    Other(Path),
}

impl At {
    fn path(&self) -> Path {
        match self {
            Self::Project => Path::attribute("service_role"),
            Self::Other(path) => path.clone(),
        }
    }
}

impl Checks {
    /// Judges a project that is being planned against its role as it will be.
    pub(crate) async fn judge_project(
        &self,
        client: &cloud::Client,
        subject: Subject<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        let mut view = RoleView::planned(client, &self.walk, subject.role).await;
        // What does not change is not worth saying again in every plan.
        let tells_lacks = subject.writes_role || self.walk.loses(subject.role);
        // These rest on something that is not planned yet: give the walk the time to plan it.
        let waits = match view.presence {
            Presence::Absent | Presence::Leaving => true,
            Presence::Live => {
                view.trusts_imm() == Some(false) || tells_lacks && !lacks(&view).is_empty()
            }
            Presence::Planned => tells_lacks && !lacks(&view).is_empty(),
            Presence::Unreadable(_) => false,
        };
        // So does what a policy or attachment may still take back.
        let waits = waits
            || self
                .surplus(client, subject, &view, diagnostics)
                .await
                .is_some();
        let mut settled = true;
        if waits {
            settled = self.walk.settled().await;
            view = RoleView::planned(client, &self.walk, subject.role).await;
        }
        self.judge(
            client,
            subject,
            &view,
            &At::Project,
            settled && tells_lacks,
            Severity::Warning,
            diagnostics,
        )
        .await;
    }

    /// Judges the projects that were planned before this role or something on it.
    pub(crate) async fn judge_projects_of(
        &self,
        client: &cloud::Client,
        role: &str,
        path: &Path,
        new: Option<&PolicyKey>,
        diagnostics: &mut Diagnostics,
    ) {
        let projects = self.walk.projects_of(role);
        if projects.is_empty() {
            return;
        }
        let view = RoleView::planned(client, &self.walk, role).await;
        for (_, name, PlannedProject { writes_role, .. }) in projects {
            let subject = Subject {
                project: &name,
                role,
                writes_role,
            };
            match new {
                // An attachment can only add to what the role may do.
                Some(policy) => {
                    let at = At::Other(path.clone());
                    self.judge_surplus(client, subject, &view, &at, Some(policy), diagnostics)
                        .await;
                }
                None => self.judge_trust(subject, &view, &At::Other(path.clone()), diagnostics),
            }
        }
    }

    /// Judges the projects that were planned before something was taken from their role.
    pub(crate) async fn judge_losses_of(
        &self,
        client: &cloud::Client,
        role: &str,
        path: &Path,
        diagnostics: &mut Diagnostics,
    ) {
        if self.walk.projects_of(role).is_empty() || !self.walk.settled().await {
            return;
        }
        let view = RoleView::planned(client, &self.walk, role).await;
        for (_, name, PlannedProject { writes_role, .. }) in self.walk.projects_of(role) {
            let subject = Subject {
                project: &name,
                role,
                writes_role,
            };
            self.judge_lacks(subject, &view, &At::Other(path.clone()), diagnostics);
        }
    }

    /// Judges a project on the role as it is, right before the call that names it.
    pub(crate) async fn judge_before_write(
        &self,
        client: &cloud::Client,
        subject: Subject<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        if self.settings.is_off() {
            return;
        }
        let view = RoleView::live(client, subject.role).await;
        self.judge(
            client,
            subject,
            &view,
            &At::Project,
            // The plan has said it, and a warning stops nothing.
            false,
            Severity::Error,
            diagnostics,
        )
        .await;
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one caller each for plan and write"
    )]
    async fn judge(
        &self,
        client: &cloud::Client,
        subject: Subject<'_>,
        view: &RoleView,
        at: &At,
        tells_lacks: bool,
        absent: Severity,
        diagnostics: &mut Diagnostics,
    ) {
        self.judge_presence(subject, view, at, absent, diagnostics);
        self.judge_trust(subject, view, at, diagnostics);
        if tells_lacks {
            self.judge_lacks(subject, view, at, diagnostics);
        }
        if subject.writes_role {
            self.judge_pass_role(client, subject, at, diagnostics).await;
            self.judge_surplus(client, subject, view, at, None, diagnostics)
                .await;
        }
    }

    /// IMM304 and IMM404.
    fn judge_lacks(
        &self,
        subject: Subject<'_>,
        view: &RoleView,
        at: &At,
        diagnostics: &mut Diagnostics,
    ) {
        for lack in lacks(view) {
            self.report(
                diagnostics,
                lack.code,
                at.path(),
                &format!(
                    "The service role {} of project {}: {}. IMM acts with the permissions of the \
                 role alone.\n\n{} Attach it with imm_role_policy and \
                 imm_role_policy_attachment.",
                    subject.role, subject.project, lack.message, lack.fix
                ),
            );
        }
    }

    /// IMM403.
    fn judge_presence(
        &self,
        subject: Subject<'_>,
        view: &RoleView,
        at: &At,
        severity: Severity,
        diagnostics: &mut Diagnostics,
    ) {
        let role = subject.role;
        let why = match view.presence {
            Presence::Absent => format!(
                "There is no role {role} in the account, and none is planned before project {}",
                subject.project
            ),
            Presence::Leaving => format!(
                "The role {role} of project {} is destroyed by this plan",
                subject.project
            ),
            Presence::Planned | Presence::Live | Presence::Unreadable(_) => return,
        };
        if !subject.writes_role && view.presence == Presence::Absent {
            return;
        }
        if view.presence == Presence::Leaving {
            self.report_as(diagnostics, Code::RoleUnknown, severity, at.path(), &format!(
                "{why}. Without it every task of the project fails.\n\nKeep the role, or give the \
                 project another one first."
            ));
            return;
        }
        self.report_as(diagnostics, Code::RoleUnknown, severity, at.path(), &format!(
            "{why}. IMM refuses a project whose role does not exist.\n\nIf this configuration makes \
             the role, refer to it, so that it is made first:\n\n  \
             service_role = imm_service_role.<name>.role_name\n\nFor the default role use \
             imm_default_service_role. If another provider makes it in this run, this will be \
             checked again right before the project is written."
        ));
    }

    /// IMM402.
    fn judge_trust(
        &self,
        subject: Subject<'_>,
        view: &RoleView,
        at: &At,
        diagnostics: &mut Diagnostics,
    ) {
        if view.trusts_imm() != Some(false) {
            return;
        }
        let whose = match view.presence {
            Presence::Planned => "as it is planned",
            _ => "as it is",
        };
        self.report(diagnostics, Code::RoleDoesNotTrustImm, at.path(), &format!(
            "The trust policy of role {}, {whose}, does not let {IMM} assume it, and project {} uses \
             the role. A request that would fail: sts:AssumeRole by {IMM}.\n\nSet trusted_services = \
             [\"{IMM}\"] on its imm_service_role, or use this trust policy:\n\n  {}",
            subject.role,
            subject.project,
            crate::provider::trust::document(&crate::provider::trust::imm_alone()),
        ));
    }

    /// IMM502.
    async fn judge_pass_role(
        &self,
        client: &cloud::Client,
        subject: Subject<'_>,
        at: &At,
        diagnostics: &mut Diagnostics,
    ) {
        if !self.wanted(Code::CallerLacksPassRole) {
            return;
        }
        let Some(caller) = self.certain_caller(client, diagnostics).await else {
            return;
        };
        let resource = arn::role(&caller.account, subject.role);
        let context = Context::open().with("acs:Service", IMM);
        let Some(refusal) = caller.refused("ram:PassRole", &resource, context) else {
            return;
        };
        let condition =
            format!(",\"Condition\":{{\"StringEquals\":{{\"acs:Service\":\"{IMM}\"}}}}");
        let (why, fix) = explain(&refusal, "ram:PassRole", &resource, &condition);
        self.report(diagnostics, Code::CallerLacksPassRole, at.path(), &format!(
            "The caller {} may not give role {} to IMM: ram:PassRole on {resource} with acs:Service = \
             {IMM} is refused, because {why}. IMM checks it whenever a project names a role.\n\n{fix}",
            caller.arn, subject.role
        ));
    }

    /// What the role may do and the caller certainly may not.
    async fn surplus(
        &self,
        client: &cloud::Client,
        subject: Subject<'_>,
        view: &RoleView,
        diagnostics: &mut Diagnostics,
    ) -> Option<(&Caller, Witness)> {
        if !subject.writes_role
            || !self.wanted(Code::CallerLacksRolePermission)
            || view.granted.is_empty()
            // A document that is not known might deny what the others allow.
            || !view.whole
        {
            return None;
        }
        let caller = self.certain_caller(client, diagnostics).await?;
        let witness = caller.lacks(&view.documents())?;
        Some((caller, witness))
    }

    /// IMM503. `only` limits it to what one policy adds.
    async fn judge_surplus(
        &self,
        client: &cloud::Client,
        subject: Subject<'_>,
        view: &RoleView,
        at: &At,
        only: Option<&PolicyKey>,
        diagnostics: &mut Diagnostics,
    ) {
        let Some((caller, witness)) = self.surplus(client, subject, view, diagnostics).await else {
            return;
        };
        let Witness {
            request,
            allowed_by,
            ..
        } = &witness;
        let grants: Vec<_> = allowed_by
            .iter()
            .filter_map(|at| Some((view.granted.get(at.document)?, at.index)))
            .collect();
        if let Some(policy) = only
            && !grants
                .iter()
                .any(|(granted, _)| granted.policy.same(policy))
        {
            return;
        }
        let Some((granted, index)) = grants.first() else {
            return;
        };
        let statement = granted.document().and_then(|document| {
            let statement = document.statements.iter().find(|s| s.index == *index)?;
            let text = granted.text.as_deref()?;
            Some((
                statement.pointer.clone(),
                text.get(statement.span.start..statement.span.end)?
                    .to_owned(),
            ))
        });
        let (pointer, text) = statement.unwrap_or_default();
        self.report(diagnostics, Code::CallerLacksRolePermission, at.path(), &format!(
            "Role {role} may {action} on {resource}, by {pointer} of policy {policy}, and the caller \
             {caller} may not. Whoever creates project {project} or gives it this role must hold every \
             permission of the role, else IMM refuses the call.\n\nGive the caller what the role has, \
             for example with this statement of the role's policy:\n\n{text}\n\nor take it out of the \
             role, or apply with an identity that holds it.",
            role = subject.role,
            action = request.action,
            resource = request.resource,
            policy = granted.policy.written,
            caller = caller.arn,
            project = subject.project,
            text = indented(&text),
        ));
    }
}

/// What the role's policies lack together; nothing where they are not all known.
fn lacks(view: &RoleView) -> Vec<RoleFinding> {
    // What Alibaba Cloud puts on its default roles is not for the author to mend.
    let default_role = view
        .granted
        .iter()
        .any(|granted| DEFAULT_POLICIES.contains(&granted.policy.written.as_str()));
    if default_role || !view.whole || !matches!(view.presence, Presence::Planned | Presence::Live) {
        return Vec::new();
    }
    role_findings(&view.documents(), None)
}
