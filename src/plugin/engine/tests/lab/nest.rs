//! Blocks and nested attributes of every nesting.

use super::*;

/// Blocks and nested attributes of every nesting.
#[derive(Debug)]
pub(in crate::plugin::engine::tests) struct LabNest;

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Nest {
    pub(in crate::plugin::engine::tests) name: Value<String>,
    pub(in crate::plugin::engine::tests) ports: Value<BTreeSet<i64>>,
    pub(in crate::plugin::engine::tests) rules: Value<Vec<Rule>>,
    pub(in crate::plugin::engine::tests) members: Value<Vec<Member>>,
    pub(in crate::plugin::engine::tests) settings: Value<Settings>,
    pub(in crate::plugin::engine::tests) spec: Value<Settings>,
    pub(in crate::plugin::engine::tests) steps: Value<Vec<Rule>>,
    pub(in crate::plugin::engine::tests) peers: Value<Vec<Member>>,
    pub(in crate::plugin::engine::tests) routes: Value<BTreeMap<String, Rule>>,
    pub(in crate::plugin::engine::tests) any: Value<Dynamic>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Rule {
    pub(in crate::plugin::engine::tests) port: Value<i64>,
    pub(in crate::plugin::engine::tests) protocol: Value<String>,
    pub(in crate::plugin::engine::tests) zone: Value<String>,
    pub(in crate::plugin::engine::tests) handle: Value<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Member {
    pub(in crate::plugin::engine::tests) name: Value<String>,
    pub(in crate::plugin::engine::tests) role: Value<String>,
    pub(in crate::plugin::engine::tests) joined: Value<i64>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Settings {
    pub(in crate::plugin::engine::tests) mode: Value<String>,
    pub(in crate::plugin::engine::tests) note: Value<String>,
    pub(in crate::plugin::engine::tests) limits: Value<Vec<String>>,
}

fn rule() -> Schema<Rule> {
    Schema::<Rule>::new("A rule.")
        .attr(
            "port",
            "Port.",
            |m| &mut m.port,
            |a| a.required().validate(validators::range(1..=65535)),
        )
        .attr(
            "protocol",
            "Protocol.",
            |m| &mut m.protocol,
            |a| a.default_value("tcp".to_owned()),
        )
        .attr(
            "zone",
            "Zone.",
            |m| &mut m.zone,
            |a| a.optional().replaces(),
        )
        .attr(
            "handle",
            "Handle.",
            |m| &mut m.handle,
            |a| a.computed().keep_prior(),
        )
}

fn member() -> Schema<Member> {
    Schema::<Member>::new("A member.")
        .attr("name", "Name.", |m| &mut m.name, |a| a.required())
        .attr(
            "role",
            "Role.",
            |m| &mut m.role,
            |a| a.default_value("guest".to_owned()),
        )
        .attr(
            "joined",
            "Time.",
            |m| &mut m.joined,
            |a| a.computed().keep_prior(),
        )
}

fn settings() -> Schema<Settings> {
    Schema::<Settings>::new("Settings.")
        .attr("mode", "Mode.", |m| &mut m.mode, |a| a.required())
        .attr(
            "note",
            "Note.",
            |m| &mut m.note,
            |a| a.optional().deprecated("Use comments."),
        )
        .attr("limits", "Limits.", |m| &mut m.limits, |a| a.optional())
}

impl LabNest {
    fn store(cloud: &Cloud, mut plan: Nest) -> Nest {
        let handle = |rule: &mut Rule| {
            if !rule.handle.is_known() {
                rule.handle = Value::Known(format!("h{}", cloud.tick()));
            }
        };
        let join = |member: &mut Member| {
            if !member.joined.is_known() {
                member.joined = Value::Known(cloud.tick());
            }
        };
        for list in [&mut plan.rules, &mut plan.steps] {
            if let Value::Known(rules) = list {
                rules.iter_mut().for_each(handle);
            }
        }
        for set in [&mut plan.members, &mut plan.peers] {
            if let Value::Known(members) = set {
                members.iter_mut().for_each(join);
                members.reverse();
            }
        }
        if let Value::Known(routes) = &mut plan.routes {
            routes.values_mut().for_each(handle);
        }
        let name = plan.name.known().unwrap().clone();
        cloud.nests.lock().unwrap().insert(name, plan.clone());
        plan
    }
}

impl Resource for LabNest {
    type Client = Arc<Cloud>;
    type Model = Nest;
    const NAME: &'static str = "lab_nest";

    fn schema() -> Schema<Nest> {
        Schema::<Nest>::new("A nest.")
            .attr(
                "name",
                "Name.",
                |m| &mut m.name,
                |a| a.required().replaces(),
            )
            .attr(
                "ports",
                "Ports.",
                |m| &mut m.ports,
                |a| {
                    a.optional()
                        .validate(validators::size(1..=3))
                        .validate(validators::each(validators::range(1..=65535)))
                },
            )
            .attr("any", "Anything.", |m| &mut m.any, |a| a.optional())
            .blocks("rule", "Rules.", |m| &mut m.rules, rule())
            .block_set("member", "Members.", |m| &mut m.members, member())
            .block("settings", "Settings.", |m| &mut m.settings, settings())
            .object(
                "spec",
                "Spec.",
                |m| &mut m.spec,
                settings(),
                |a| a.optional(),
            )
            .objects(
                "steps",
                "Steps.",
                |m| &mut m.steps,
                rule(),
                |a| a.optional(),
            )
            .object_set(
                "peers",
                "Peers.",
                |m| &mut m.peers,
                member(),
                |a| a.optional(),
            )
            .object_map(
                "routes",
                "Routes.",
                |m| &mut m.routes,
                rule(),
                |a| a.optional(),
            )
    }

    async fn create(&self, call: &Call<'_, Arc<Cloud>, Nest>, plan: Nest) -> Outcome<Nest> {
        Ok(Self::store(call.client(), plan))
    }

    async fn read(&self, call: &Call<'_, Arc<Cloud>, Nest>, state: Nest) -> Outcome<Option<Nest>> {
        let nests = call.client().nests.lock().unwrap();
        Ok(nests.get(state.name.known().unwrap()).cloned())
    }

    async fn update(
        &self,
        call: &Call<'_, Arc<Cloud>, Nest>,
        _: Nest,
        plan: Nest,
    ) -> Outcome<Nest> {
        Ok(Self::store(call.client(), plan))
    }

    async fn delete(&self, call: &Call<'_, Arc<Cloud>, Nest>, state: Nest) -> Outcome<()> {
        call.client()
            .nests
            .lock()
            .unwrap()
            .remove(state.name.known().unwrap());
        Ok(())
    }

    fn import(&self, id: &str) -> Outcome<Nest> {
        Ok(Nest {
            name: id.into(),
            ..Nest::default()
        })
    }
}
