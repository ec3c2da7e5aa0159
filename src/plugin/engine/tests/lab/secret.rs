//! Write-only and sensitive values.

use super::*;

/// Write-only and sensitive values.
#[derive(Debug)]
pub(in crate::plugin::engine::tests) struct LabSecret;

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Secret {
    name: Value<String>,
    password: Value<String>,
    password_version: Value<i64>,
    login: Value<Login>,
    token: Value<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Login {
    user: Value<String>,
    pin: Value<i64>,
}

impl Resource for LabSecret {
    type Client = Arc<Cloud>;
    type Model = Secret;
    const NAME: &'static str = "lab_secret";

    fn schema() -> Schema<Secret> {
        Schema::<Secret>::new("A secret.")
            .attr(
                "name",
                "Name.",
                |m| &mut m.name,
                |a| a.required().replaces(),
            )
            .attr(
                "password_wo",
                "Password.",
                |m| &mut m.password,
                |a| a.required().write_only(),
            )
            .attr(
                "password_version",
                "Version.",
                |m| &mut m.password_version,
                |a| a.optional(),
            )
            .attr(
                "token",
                "Token.",
                |m| &mut m.token,
                |a| a.computed().sensitive().keep_prior(),
            )
            .object(
                "login",
                "Login.",
                |m| &mut m.login,
                Schema::<Login>::new("Login.")
                    .attr("user", "User.", |m| &mut m.user, |a| a.required())
                    .attr(
                        "pin_wo",
                        "Pin.",
                        |m| &mut m.pin,
                        |a| a.optional().write_only(),
                    ),
                |a| a.optional(),
            )
    }

    async fn create(
        &self,
        call: &Call<'_, Arc<Cloud>, Secret>,
        mut plan: Secret,
    ) -> Outcome<Secret> {
        assert!(plan.password.is_null(), "a plan holds no write-only value");
        let config = call.config().expect("a create has a configuration");
        let password = config.password.known().expect("it is required").clone();
        let name = plan.name.known().unwrap().clone();
        call.client().secrets.lock().unwrap().insert(name, password);
        plan.token = Value::Known("t".to_owned());
        // A careless author gives back what must not be stored.
        plan.password = config.password.clone();
        Ok(plan)
    }

    async fn read(
        &self,
        call: &Call<'_, Arc<Cloud>, Secret>,
        state: Secret,
    ) -> Outcome<Option<Secret>> {
        let secrets = call.client().secrets.lock().unwrap();
        Ok(secrets
            .contains_key(state.name.known().unwrap())
            .then_some(state))
    }

    async fn update(
        &self,
        call: &Call<'_, Arc<Cloud>, Secret>,
        _: Secret,
        plan: Secret,
    ) -> Outcome<Secret> {
        let password = call.config().unwrap().password.known().unwrap().clone();
        let name = plan.name.known().unwrap().clone();
        call.client().secrets.lock().unwrap().insert(name, password);
        Ok(plan)
    }

    async fn delete(&self, call: &Call<'_, Arc<Cloud>, Secret>, state: Secret) -> Outcome<()> {
        call.client()
            .secrets
            .lock()
            .unwrap()
            .remove(state.name.known().unwrap());
        Ok(())
    }

    fn import(&self, id: &str) -> Outcome<Secret> {
        Ok(Secret {
            name: id.into(),
            ..Secret::default()
        })
    }

    async fn plan(&self, _: Option<&Arc<Cloud>>, plan: &mut Plan<Secret>) {
        // A careless hook copies the configuration.
        if let (Some(planned), Some(config)) = (&mut plan.planned, &plan.config) {
            planned.password = config.password.clone();
        }
    }
}
