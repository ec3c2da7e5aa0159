//! What the resources call from their plan hooks and before their writes, one function a kind of
//! object: it records what will be, and judges what can now be judged.

use crate::cloud;
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::value::{Path, Value};

use super::judge::Subject;
use super::walk::{Known, Planned, PlannedPolicy, PlannedProject, PlannedRole, PolicyKey};
use super::{Checks, Needed, needs};

/// What a plan does to a remote object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Makes it.
    Create,
    /// Changes it.
    Update,
    /// Leaves it as it is.
    Nothing,
    /// Removes it.
    Destroy,
}

impl Change {
    /// The change from one model to another.
    pub(crate) fn between<M: PartialEq>(prior: Option<&M>, planned: Option<&M>) -> Self {
        match (prior, planned) {
            (None, _) => Self::Create,
            (Some(_), None) => Self::Destroy,
            (Some(prior), Some(planned)) if prior == planned => Self::Nothing,
            (Some(_), Some(_)) => Self::Update,
        }
    }
}

/// The name of the object that goes: a plan that changes a name is the first of a replacement's two.
pub(crate) fn left_behind<'a>(
    prior: Option<&'a Value<String>>,
    planned: Option<&Value<String>>,
) -> Option<&'a str> {
    let (Value::Known(before), Some(planned)) = (prior?, planned) else {
        return None;
    };
    (planned.known() != Some(before)).then_some(before.as_str())
}

fn known(value: &Value<String>) -> Known<String> {
    match value {
        Value::Known(text) => Known::Yes(text.clone()),
        Value::Null | Value::Unknown => Known::NotYet,
    }
}

impl Checks {
    /// A role is planned. `actions` are the calls that the change makes.
    pub(crate) async fn role(
        &self,
        client: &cloud::Client,
        change: Change,
        name: &Value<String>,
        trust: &Value<String>,
        actions: &[&'static str],
        diagnostics: &mut Diagnostics,
    ) {
        let (Value::Known(name), false) = (name, self.settings.is_off()) else {
            return;
        };
        let planned = match change {
            Change::Destroy => Planned::Gone,
            _ => Planned::Will(PlannedRole {
                trust: known(trust),
                created: change == Change::Create,
            }),
        };
        self.walk.role(name, planned);
        let path = Path::attribute("role_name");
        if change != Change::Destroy {
            self.judge_projects_of(client, name, &path, None, diagnostics)
                .await;
        }
        self.calls(client, actions, &path, diagnostics, |action, account| {
            needs::role(action, account, name)
        })
        .await;
    }

    /// A role is planned to go with all that is attached to it: what this plan does not detach
    /// itself, the destroy does.
    pub(crate) async fn forced_destroy(
        &self,
        client: &cloud::Client,
        name: &Value<String>,
        diagnostics: &mut Diagnostics,
    ) {
        let Value::Known(name) = name else { return };
        let Some(caller) = self.certain_caller(client, diagnostics).await else {
            return;
        };
        if caller.is_root() {
            return;
        }
        let Ok(attached) = cloud::ram::list_policies_for_role(client, name).await else {
            return;
        };
        let (_, going) = self.walk.planned_attachments(name);
        let needed: Vec<Needed> = attached
            .iter()
            .filter(|policy| {
                let key = PolicyKey::new(&policy.policy_type, &policy.policy_name);
                !going.iter().any(|other| other.same(&key))
            })
            .map(|policy| {
                needs::attachment(
                    "ram:DetachPolicyFromRole",
                    &caller.account,
                    name,
                    &policy.policy_type,
                    &policy.policy_name,
                )
            })
            .collect();
        let path = Path::attribute("force");
        self.may_call(client, diagnostics, &path, &needed).await;
    }

    /// A custom policy is planned.
    pub(crate) async fn policy(
        &self,
        client: &cloud::Client,
        change: Change,
        name: &Value<String>,
        document: &Value<String>,
        actions: &[&'static str],
        diagnostics: &mut Diagnostics,
    ) {
        let (Value::Known(name), false) = (name, self.settings.is_off()) else {
            return;
        };
        self.walk.policy(
            name,
            match change {
                Change::Destroy => Planned::Gone,
                _ => Planned::Will(PlannedPolicy {
                    document: known(document),
                }),
            },
        );
        let path = Path::attribute("policy_document");
        if matches!(change, Change::Create | Change::Update) {
            let key = PolicyKey::new(crate::api::ram::CUSTOM, name);
            for role in self.walk.roles_with(&key) {
                self.judge_projects_of(client, &role, &path, Some(&key), diagnostics)
                    .await;
            }
        }
        self.calls(
            client,
            actions,
            &Path::attribute("policy_name"),
            diagnostics,
            |action, account| needs::policy(action, account, name),
        )
        .await;
    }

    /// An attachment of a policy to a role is planned.
    pub(crate) async fn attachment(
        &self,
        client: &cloud::Client,
        change: Change,
        role: &Value<String>,
        policy_type: &Value<String>,
        policy: &Value<String>,
        diagnostics: &mut Diagnostics,
    ) {
        if self.settings.is_off() {
            return;
        }
        let (Value::Known(role), Value::Known(policy_type), Value::Known(policy)) =
            (role, policy_type, policy)
        else {
            if change != Change::Destroy {
                self.walk.open_attachment();
            }
            return;
        };
        let key = PolicyKey::new(policy_type, policy);
        let path = Path::attribute("policy_name");
        let actions: &[&'static str] = match change {
            Change::Destroy => {
                self.walk.attachment(role, key, Planned::Gone);
                self.judge_losses_of(client, role, &path, diagnostics).await;
                &["ram:DetachPolicyFromRole"]
            }
            // The first plan of a replacement: this one goes, and what comes is planned next.
            Change::Update => {
                self.walk.attachment(role, key, Planned::Gone);
                &["ram:DetachPolicyFromRole"]
            }
            Change::Create => {
                self.walk.attachment(role, key.clone(), Planned::Will(()));
                self.judge_projects_of(client, role, &path, Some(&key), diagnostics)
                    .await;
                &["ram:AttachPolicyToRole"]
            }
            Change::Nothing => {
                self.walk.attachment(role, key, Planned::Will(()));
                &[]
            }
        };
        self.calls(client, actions, &path, diagnostics, |action, account| {
            needs::attachment(action, account, role, policy_type, policy)
        })
        .await;
    }

    /// A project is planned. `writes_role` says whether the call that makes or changes it names the
    /// role anew.
    #[expect(
        clippy::too_many_arguments,
        reason = "what a project is, in the plan's own values"
    )]
    pub(crate) async fn project(
        &self,
        client: &cloud::Client,
        change: Change,
        region: &Value<String>,
        name: &Value<String>,
        role: &Value<String>,
        writes_role: bool,
        diagnostics: &mut Diagnostics,
    ) {
        let (Value::Known(region), Value::Known(name), false) =
            (region, name, self.settings.is_off())
        else {
            return;
        };
        self.walk.project(
            region,
            name,
            match change {
                Change::Destroy => Planned::Gone,
                _ => Planned::Will(PlannedProject {
                    service_role: known(role),
                    writes_role,
                }),
            },
        );
        if let Value::Known(role) = role
            && change != Change::Destroy
        {
            let subject = Subject {
                project: name,
                role,
                writes_role,
            };
            // What does not change is judged only by what this plan changes around it.
            let touched = self.walk.planned_role(role).is_some() || self.walk.loses(role);
            if writes_role || touched {
                self.judge_project(client, subject, diagnostics).await;
            }
        }
        let actions: &[&'static str] = match change {
            Change::Create => &["imm:CreateProject"],
            Change::Update => &["imm:UpdateProject"],
            Change::Destroy => &["imm:DeleteProject"],
            Change::Nothing => &[],
        };
        self.calls(
            client,
            actions,
            &Path::attribute("project_name"),
            diagnostics,
            |action, account| needs::project(action, region, account, name),
        )
        .await;
    }

    async fn calls(
        &self,
        client: &cloud::Client,
        actions: &[&'static str],
        path: &Path,
        diagnostics: &mut Diagnostics,
        need: impl Fn(&'static str, &str) -> Needed,
    ) {
        if actions.is_empty() {
            return;
        }
        let Some(account) = self.account(client, diagnostics).await else {
            return;
        };
        let needed: Vec<Needed> = actions
            .iter()
            .map(|action| need(action, &account))
            .collect();
        self.may_call(client, diagnostics, path, &needed).await;
    }
}
