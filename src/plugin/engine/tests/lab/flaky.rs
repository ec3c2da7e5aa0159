//! Everything that goes wrong: what happens is decided by `mode`.

use super::*;

/// Everything that goes wrong: what happens is decided by `mode`.
#[derive(Debug)]
pub(in crate::plugin::engine::tests) struct LabFlaky;

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Flaky {
    pub(in crate::plugin::engine::tests) id: Value<String>,
    pub(in crate::plugin::engine::tests) mode: Value<String>,
    pub(in crate::plugin::engine::tests) level: Value<i64>,
    pub(in crate::plugin::engine::tests) result: Value<String>,
    pub(in crate::plugin::engine::tests) timeouts: Timeouts,
}

impl Resource for LabFlaky {
    type Client = Arc<Cloud>;
    type Model = Flaky;
    const NAME: &'static str = "lab_flaky";

    fn schema() -> Schema<Flaky> {
        Schema::<Flaky>::new("A flake.")
            .attr(
                "id",
                "Id.",
                |m| &mut m.id,
                |a| a.computed().keep_prior().never_null(),
            )
            .attr(
                "mode",
                "What goes wrong.",
                |m| &mut m.mode,
                |a| a.required(),
            )
            .attr("level", "Level.", |m| &mut m.level, |a| a.optional())
            .attr("result", "Result.", |m| &mut m.result, |a| a.computed())
            .timeouts(
                |m| &mut m.timeouts,
                TimeoutDefaults::all(Duration::from_secs(5)),
            )
    }

    async fn create(&self, call: &Call<'_, Arc<Cloud>, Flaky>, mut plan: Flaky) -> Outcome<Flaky> {
        let mode = plan.mode.known().unwrap().clone();
        if mode == "early" {
            return Err(Diagnostic::error("Create Failed", "Nothing was made.").into());
        }
        plan.id = Value::Known("f1".to_owned());
        let level = plan.level.known().copied().unwrap_or_default();
        call.client()
            .flaky
            .lock()
            .unwrap()
            .insert("f1".to_owned(), level);
        call.checkpoint(plan.clone());
        call.set_private("etag", b"one".to_vec());
        match mode.as_str() {
            "late" => Err(Diagnostic::error("Create Failed", "It was half made.").into()),
            "silent" => Err(Diagnostics::new()),
            "panic" => panic!("as the test asked"),
            "hang" => std::future::pending().await,
            "patient" => {
                call.cancellation().cancelled().await;
                plan.result = Value::Known("interrupted".to_owned());
                call.checkpoint(plan);
                Err(Diagnostic::error("Stopped", "As asked.").into())
            }
            "forgetful" => Ok(plan),
            _ => {
                assert!(call.remaining() <= Duration::from_secs(5));
                call.warn(Diagnostic::warning("Careful", "It is flaky."));
                plan.result = Value::Known("made".to_owned());
                Ok(plan)
            }
        }
    }

    async fn read(
        &self,
        call: &Call<'_, Arc<Cloud>, Flaky>,
        state: Flaky,
    ) -> Outcome<Option<Flaky>> {
        if state.mode.known().is_some_and(|mode| mode == "unreadable") {
            return Err(Diagnostic::error("Read Failed", "Denied.").into());
        }
        let flaky = call.client().flaky.lock().unwrap();
        Ok(flaky.get("f1").map(|level| Flaky {
            level: match state.level {
                Value::Null => Value::Null,
                _ => Value::Known(*level),
            },
            ..state
        }))
    }

    async fn update(
        &self,
        call: &Call<'_, Arc<Cloud>, Flaky>,
        state: Flaky,
        mut plan: Flaky,
    ) -> Outcome<Flaky> {
        assert_eq!(call.private("etag"), Some(b"one".to_vec()));
        let mode = plan.mode.known().unwrap().clone();
        match mode.as_str() {
            "early" => return Err(Diagnostic::error("Update Failed", "Nothing changed.").into()),
            "late" => {
                call.checkpoint(Flaky {
                    level: plan.level,
                    ..state
                });
                return Err(Diagnostic::error("Update Failed", "Half changed.").into());
            }
            _ => {}
        }
        call.set_private("etag", b"two".to_vec());
        let level = plan.level.known().copied().unwrap_or_default();
        call.client()
            .flaky
            .lock()
            .unwrap()
            .insert("f1".to_owned(), level);
        plan.result = Value::Known("changed".to_owned());
        Ok(plan)
    }

    async fn delete(&self, call: &Call<'_, Arc<Cloud>, Flaky>, state: Flaky) -> Outcome<()> {
        if state.mode.known().is_some_and(|mode| mode == "stuck") {
            return Err(Diagnostic::error("Delete Failed", "It is in use.").into());
        }
        call.client().flaky.lock().unwrap().remove("f1");
        Ok(())
    }

    fn import(&self, id: &str) -> Outcome<Flaky> {
        Ok(Flaky {
            id: id.into(),
            ..Flaky::default()
        })
    }

    async fn plan(&self, _: Option<&Arc<Cloud>>, plan: &mut Plan<Flaky>) {
        let level = plan
            .planned
            .as_ref()
            .and_then(|planned| planned.level.known().copied());
        match level {
            // A hook that plans what was not configured.
            Some(666) => plan.planned.as_mut().unwrap().level = Value::Known(667),
            Some(404) => plan.replaces.push(Path::attribute("nowhere")),
            Some(500) => plan.replaces.push(Path::attribute("level")),
            _ => {}
        }
    }
}
