//! What this process has planned so far: the planned graph.
//!
//! Terraform plans a role before the project that refers to it, in one provider process. Each
//! resource's plan hook records here what will be, so that a project is judged against the role as
//! it *will be*. A planned object wins over the live one; an object that is planned to exist wins
//! over the same one planned to go (a replacement, or a resource renamed in the configuration).
//!
//! Order and parallelism are Terraform's. A finding that rests on something *not* being planned is
//! therefore held back until the walk is quiet: nothing else is being planned that could still
//! record it (`Walk::settled`).
//!
//! This module knows names and documents, no rules and no cloud.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::host::Host;

/// How many operations Terraform runs at once unless told otherwise. With this many held back,
/// quiet no longer means that Terraform has nothing else to plan.
const TERRAFORM_PARALLELISM: usize = 10;

/// How long nothing may happen before the walk counts as quiet: core needs a few milliseconds to
/// go from one answer to the next call.
const QUIET: Duration = Duration::from_millis(40);

/// How long all findings of one walk may be held back, added up: a large plan is not made slow for
/// the sake of warnings.
const PATIENCE: Duration = Duration::from_secs(4);

/// How often a held-back finding looks again.
const TICK: Duration = Duration::from_millis(5);

/// Something that may only be known at apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known<T> {
    /// Known while planning.
    Yes(T),
    /// Known after apply.
    NotYet,
}

/// What a plan does to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Planned<T> {
    /// It will exist, like this.
    Will(T),
    /// It will be gone.
    Gone,
}

/// A role as it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedRole {
    /// The trust policy.
    pub(crate) trust: Known<String>,
    /// Whether this very plan makes it, so that nothing is attached to it but what is planned.
    pub(crate) created: bool,
}

/// A custom policy as it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedPolicy {
    /// The default version's document.
    pub(crate) document: Known<String>,
}

/// A project as it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedProject {
    /// The name of its service role.
    pub(crate) service_role: Known<String>,
    /// Whether this plan writes the role: creates the project or gives it another role.
    pub(crate) writes_role: bool,
}

/// Names a policy: RAM looks names up without letter case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PolicyKey {
    /// `System` or `Custom`.
    pub(crate) policy_type: String,
    /// Lower-cased name.
    name: String,
    /// The name as written.
    pub(crate) written: String,
}

impl PolicyKey {
    /// The key of this policy.
    pub(crate) fn new(policy_type: &str, name: &str) -> Self {
        Self {
            policy_type: policy_type.to_owned(),
            name: name.to_lowercase(),
            written: name.to_owned(),
        }
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        self.policy_type == other.policy_type && self.name == other.name
    }
}

#[derive(Debug, Default)]
struct State {
    /// Grows with each record.
    version: u64,
    /// Calls that are being planned or read now.
    running: usize,
    /// Of those, how many wait in [`Walk::settled`].
    waiting: usize,
    /// How long findings were held back so far.
    waited: Duration,
    roles: BTreeMap<String, Planned<PlannedRole>>,
    policies: BTreeMap<(String, String), Planned<PlannedPolicy>>,
    attachments: BTreeMap<String, Vec<(PolicyKey, Planned<()>)>>,
    projects: BTreeMap<(String, String), Planned<PlannedProject>>,
    /// An attachment whose role or policy is not known yet: any role may get more.
    open_attachments: bool,
}

/// The record of one walk. One lives in each configured client.
#[derive(Debug)]
pub(crate) struct Walk {
    state: Mutex<State>,
    host: Host,
}

/// Counts a call as running until dropped.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a Walk);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.running = state.running.saturating_sub(1);
        state.version += 1;
    }
}

impl Walk {
    /// An empty record.
    pub(crate) fn new(host: Host) -> Self {
        Self {
            state: Mutex::default(),
            host,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be held for as long as a plan hook or a read runs.
    pub(crate) fn enter(&self) -> Running<'_> {
        let mut state = self.lock();
        state.running += 1;
        state.version += 1;
        Running(self)
    }

    /// Waits until nothing else is being planned. `true`: whatever Terraform could plan without
    /// this call's answer is recorded. `false`: so many calls wait that Terraform may be holding
    /// others back; what is not recorded may still come.
    pub(crate) async fn settled(&self) -> bool {
        {
            let mut state = self.lock();
            state.waiting += 1;
        }
        let _leave = Waiting(self);
        let mut seen = None;
        let mut quiet = Duration::ZERO;
        loop {
            {
                let mut state = self.lock();
                if state.waiting >= TERRAFORM_PARALLELISM || state.waited >= PATIENCE {
                    return false;
                }
                state.waited += TICK;
                let busy = state.running > state.waiting || seen != Some(state.version);
                seen = Some(state.version);
                if busy {
                    quiet = Duration::ZERO;
                }
            }
            if quiet >= QUIET {
                return true;
            }
            self.host.sleep(TICK).await;
            quiet += TICK;
        }
    }

    /// Records a role.
    pub(crate) fn role(&self, name: &str, planned: Planned<PlannedRole>) {
        let mut state = self.lock();
        state.version += 1;
        put(&mut state.roles, name.to_lowercase(), planned);
    }

    /// Records a custom policy.
    pub(crate) fn policy(&self, name: &str, planned: Planned<PlannedPolicy>) {
        let mut state = self.lock();
        state.version += 1;
        put(
            &mut state.policies,
            ("Custom".to_owned(), name.to_lowercase()),
            planned,
        );
    }

    /// Records an attachment of a policy to a role.
    pub(crate) fn attachment(&self, role: &str, policy: PolicyKey, planned: Planned<()>) {
        let mut state = self.lock();
        state.version += 1;
        let list = state.attachments.entry(role.to_lowercase()).or_default();
        match list.iter_mut().find(|(key, _)| key.same(&policy)) {
            Some((_, present)) => {
                if planned != Planned::Gone {
                    *present = planned;
                }
            }
            None => list.push((policy, planned)),
        }
    }

    /// Records that an attachment is planned whose role or policy is not known yet.
    pub(crate) fn open_attachment(&self) {
        let mut state = self.lock();
        state.version += 1;
        state.open_attachments = true;
    }

    /// Records a project.
    pub(crate) fn project(&self, region: &str, name: &str, planned: Planned<PlannedProject>) {
        let mut state = self.lock();
        state.version += 1;
        put(
            &mut state.projects,
            (region.to_owned(), name.to_owned()),
            planned,
        );
    }

    /// What is planned of a role, if anything.
    pub(crate) fn planned_role(&self, name: &str) -> Option<Planned<PlannedRole>> {
        self.lock().roles.get(&name.to_lowercase()).cloned()
    }

    /// What is planned of a policy, if anything. System policies are never planned.
    pub(crate) fn planned_policy(&self, key: &PolicyKey) -> Option<Planned<PlannedPolicy>> {
        self.lock()
            .policies
            .get(&(key.policy_type.clone(), key.name.clone()))
            .cloned()
    }

    /// What is planned of the attachments of a role: the policies that will be attached and those
    /// that will be detached.
    pub(crate) fn planned_attachments(&self, role: &str) -> (Vec<PolicyKey>, Vec<PolicyKey>) {
        let state = self.lock();
        let list = state
            .attachments
            .get(&role.to_lowercase())
            .map_or(&[][..], Vec::as_slice);
        let keys = |gone: bool| {
            list.iter()
                .filter(|(_, planned)| (*planned == Planned::Gone) == gone)
                .map(|(key, _)| key.clone())
                .collect()
        };
        (keys(false), keys(true))
    }

    /// Whether a policy is planned to be taken from the role.
    pub(crate) fn loses(&self, role: &str) -> bool {
        let (_, going) = self.planned_attachments(role);
        !going.is_empty()
    }

    /// Whether an attachment is planned that may turn out to concern any role.
    pub(crate) fn has_open_attachments(&self) -> bool {
        self.lock().open_attachments
    }

    /// Region, name and plan of each project that will use this role.
    pub(crate) fn projects_of(&self, role: &str) -> Vec<(String, String, PlannedProject)> {
        self.lock()
            .projects
            .iter()
            .filter_map(|((region, name), planned)| match planned {
                Planned::Will(project) => match &project.service_role {
                    Known::Yes(used) if used.eq_ignore_ascii_case(role) => {
                        Some((region.clone(), name.clone(), project.clone()))
                    }
                    Known::Yes(_) | Known::NotYet => None,
                },
                Planned::Gone => None,
            })
            .collect()
    }

    /// The roles to which this policy will be attached as far as is planned.
    pub(crate) fn roles_with(&self, policy: &PolicyKey) -> Vec<String> {
        self.lock()
            .attachments
            .iter()
            .filter(|(_, list)| {
                list.iter()
                    .any(|(key, planned)| key.same(policy) && *planned != Planned::Gone)
            })
            .map(|(role, _)| role.clone())
            .collect()
    }
}

/// Takes itself off the waiting count, also when the plan is cancelled.
struct Waiting<'a>(&'a Walk);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.waiting = state.waiting.saturating_sub(1);
    }
}

/// Existing wins over gone.
fn put<K: Ord, V>(map: &mut BTreeMap<K, Planned<V>>, key: K, planned: Planned<V>) {
    match (map.get(&key), &planned) {
        (Some(Planned::Will(_)), Planned::Gone) => {}
        _ => {
            map.insert(key, planned);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::host::Replay;

    fn walk() -> Walk {
        Walk::new(Host::new(Replay::at(std::time::UNIX_EPOCH)))
    }

    fn role(trust: &str) -> Planned<PlannedRole> {
        Planned::Will(PlannedRole {
            trust: Known::Yes(trust.to_owned()),
            created: true,
        })
    }

    #[test]
    fn an_object_planned_to_exist_wins_over_the_same_one_planned_to_go() {
        let walk = walk();
        walk.role("Media", role("a"));
        walk.role("media", Planned::Gone);
        assert_eq!(walk.planned_role("MEDIA"), Some(role("a")));
        walk.role("other", Planned::Gone);
        walk.role("other", role("b"));
        assert_eq!(walk.planned_role("other"), Some(role("b")));
    }

    #[test]
    fn attachments_are_kept_by_role_without_letter_case() {
        let walk = walk();
        let oss = PolicyKey::new("Custom", "oss");
        let mns = PolicyKey::new("Custom", "mns");
        walk.attachment("Media", oss.clone(), Planned::Will(()));
        walk.attachment("media", mns.clone(), Planned::Gone);
        assert_eq!(
            walk.planned_attachments("MEDIA"),
            (vec![oss.clone()], vec![mns])
        );
        assert_eq!(
            walk.roles_with(&PolicyKey::new("Custom", "OSS")),
            vec!["media".to_owned()]
        );
        assert!(walk.roles_with(&PolicyKey::new("System", "oss")).is_empty());
    }

    #[test]
    fn projects_are_found_by_their_role() {
        let walk = walk();
        let project = PlannedProject {
            service_role: Known::Yes("Media".to_owned()),
            writes_role: true,
        };
        walk.project("cn-hangzhou", "p", Planned::Will(project.clone()));
        walk.project("cn-hangzhou", "q", Planned::Gone);
        assert_eq!(
            walk.projects_of("media"),
            vec![("cn-hangzhou".to_owned(), "p".to_owned(), project)]
        );
    }

    #[tokio::test]
    async fn a_quiet_walk_settles() {
        let walk = walk();
        let _me = walk.enter();
        assert!(walk.settled().await);
    }

    #[tokio::test]
    async fn a_call_in_flight_is_waited_for() {
        let walk = Arc::new(walk());
        let _me = walk.enter();
        let other = Arc::clone(&walk);
        let task = tokio::spawn(async move {
            let _running = other.enter();
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            other.role("late", role("x"));
        });
        tokio::task::yield_now().await;
        assert!(walk.settled().await);
        assert_eq!(walk.planned_role("late"), Some(role("x")));
        task.await.unwrap();
    }

    #[tokio::test]
    async fn with_every_slot_waiting_nothing_is_certain() {
        let walk = Arc::new(walk());
        let tasks: Vec<_> = (0..TERRAFORM_PARALLELISM)
            .map(|_| {
                let walk = Arc::clone(&walk);
                tokio::spawn(async move {
                    let _me = walk.enter();
                    walk.settled().await
                })
            })
            .collect();
        let mut settled = Vec::new();
        for task in tasks {
            settled.push(task.await.unwrap());
        }
        assert!(settled.contains(&false));
    }
}
