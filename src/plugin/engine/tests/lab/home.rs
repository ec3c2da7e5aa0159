//! An identity, and a schema with a history.

use super::*;

/// An identity, and a schema with a history.
#[derive(Debug)]
pub(in crate::plugin::engine::tests) struct LabHome;

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Home {
    pub(in crate::plugin::engine::tests) account: Value<String>,
    pub(in crate::plugin::engine::tests) name: Value<String>,
    pub(in crate::plugin::engine::tests) color: Value<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct OldHome {
    label: Value<String>,
    rooms: Value<i64>,
}

impl Resource for LabHome {
    type Client = Arc<Cloud>;
    type Model = Home;
    const NAME: &'static str = "lab_home";

    fn schema() -> Schema<Home> {
        Schema::<Home>::new("A home.")
            .version(2)
            .attr(
                "account",
                "Account.",
                |m| &mut m.account,
                |a| a.computed().keep_prior(),
            )
            .attr(
                "name",
                "Name.",
                |m| &mut m.name,
                |a| a.required().replaces(),
            )
            .attr("color", "Color.", |m| &mut m.color, |a| a.optional())
    }

    fn identity() -> Option<Identity<Home>> {
        Some(
            Identity::<Home>::new(1)
                .attr(
                    "account",
                    "Account.",
                    |m| &mut m.account,
                    ImportUse::Optional,
                )
                .attr("name", "Name.", |m| &mut m.name, ImportUse::Required),
        )
    }

    fn upgrades() -> Vec<Upgrade<Home>> {
        let old = Schema::<OldHome>::new("A home of old.")
            .attr("label", "Label.", |m| &mut m.label, |a| a.required())
            .attr("rooms", "Rooms.", |m| &mut m.rooms, |a| a.optional());
        vec![Upgrade::new(old, |old: OldHome| {
            if old.rooms.known() == Some(&13) {
                return Err(Diagnostic::error("Unlucky", "Thirteen rooms.").into());
            }
            Ok(Home {
                account: "acme".into(),
                name: old.label,
                color: Value::Null,
            })
        })]
    }

    fn samples() -> Vec<Home> {
        vec![Home {
            account: "acme".into(),
            name: "one".into(),
            color: "red".into(),
        }]
    }

    async fn create(&self, call: &Call<'_, Arc<Cloud>, Home>, mut plan: Home) -> Outcome<Home> {
        plan.account = "acme".into();
        let name = plan.name.known().unwrap().clone();
        call.client()
            .homes
            .lock()
            .unwrap()
            .insert(name, plan.clone());
        Ok(plan)
    }

    async fn read(&self, call: &Call<'_, Arc<Cloud>, Home>, state: Home) -> Outcome<Option<Home>> {
        Ok(call
            .client()
            .homes
            .lock()
            .unwrap()
            .get(state.name.known().unwrap())
            .cloned())
    }

    async fn update(
        &self,
        call: &Call<'_, Arc<Cloud>, Home>,
        _: Home,
        plan: Home,
    ) -> Outcome<Home> {
        let name = plan.name.known().unwrap().clone();
        call.client()
            .homes
            .lock()
            .unwrap()
            .insert(name, plan.clone());
        Ok(plan)
    }

    async fn delete(&self, call: &Call<'_, Arc<Cloud>, Home>, state: Home) -> Outcome<()> {
        call.client()
            .homes
            .lock()
            .unwrap()
            .remove(state.name.known().unwrap());
        Ok(())
    }

    fn import(&self, id: &str) -> Outcome<Home> {
        Ok(Home {
            name: id.into(),
            ..Home::default()
        })
    }

    fn validate(&self, config: &Home) -> Diagnostics {
        match config.color.known().map(String::as_str) {
            Some("plaid") => Diagnostic::error("No Such Color", "Plaid is a pattern.")
                .at(Path::attribute("color"))
                .into(),
            _ => Diagnostics::new(),
        }
    }
}
