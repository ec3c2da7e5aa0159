//! Semantic equality, defaults, computed values of every kind, a hook that fills in tags.

use super::*;

/// Semantic equality, defaults, computed values of every kind, a hook that fills in tags.
#[derive(Debug)]
pub(in crate::plugin::engine::tests) struct LabDocument;

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Document {
    pub(in crate::plugin::engine::tests) id: Value<String>,
    pub(in crate::plugin::engine::tests) name: Value<String>,
    pub(in crate::plugin::engine::tests) body: Value<String>,
    pub(in crate::plugin::engine::tests) description: Value<String>,
    pub(in crate::plugin::engine::tests) format: Value<String>,
    pub(in crate::plugin::engine::tests) force: Value<bool>,
    pub(in crate::plugin::engine::tests) size: Value<i64>,
    pub(in crate::plugin::engine::tests) summary: Value<String>,
    pub(in crate::plugin::engine::tests) updated: Value<i64>,
    pub(in crate::plugin::engine::tests) zone: Value<String>,
    pub(in crate::plugin::engine::tests) tags: Value<BTreeMap<String, String>>,
    pub(in crate::plugin::engine::tests) tags_all: Value<BTreeMap<String, String>>,
    pub(in crate::plugin::engine::tests) timeouts: Timeouts,
}

/// The cloud stores text without white space.
fn normalized(text: &str) -> String {
    text.split_whitespace().collect()
}

impl LabDocument {
    fn all_tags(
        cloud: &Cloud,
        tags: &Value<BTreeMap<String, String>>,
    ) -> Value<BTreeMap<String, String>> {
        if tags.is_unknown() {
            return Value::Unknown;
        }
        let mut all = cloud.default_tags.lock().unwrap().clone();
        all.extend(tags.known().cloned().unwrap_or_default());
        Value::Known(all)
    }

    fn store(cloud: &Cloud, mut plan: Document) -> Document {
        let body = normalized(plan.body.known().unwrap());
        plan.size = Value::Known(i64::try_from(body.len()).unwrap());
        plan.summary = Value::Known(format!("{} bytes", body.len()));
        plan.body = Value::Known(body);
        plan.updated = Value::Known(cloud.tick());
        if !plan.zone.is_known() {
            plan.zone = Value::Known("zone-a".to_owned());
        }
        plan.tags_all = Self::all_tags(cloud, &plan.tags);
        // An empty description is none, in the cloud.
        if plan.description.known().is_some_and(String::is_empty) {
            plan.description = Value::Null;
        }
        let id = plan.id.known().unwrap().clone();
        let stored = Document {
            force: Value::Null,
            timeouts: Timeouts::default(),
            ..plan.clone()
        };
        cloud.documents.lock().unwrap().insert(id, stored.clone());
        stored
    }
}

impl Resource for LabDocument {
    type Client = Arc<Cloud>;
    type Model = Document;
    const NAME: &'static str = "lab_document";

    fn schema() -> Schema<Document> {
        Schema::<Document>::new("A document.")
            .attr(
                "id",
                "Id.",
                |m| &mut m.id,
                |a| a.computed().keep_prior().never_null(),
            )
            .attr(
                "name",
                "Name.",
                |m| &mut m.name,
                |a| {
                    a.required()
                        .replaces()
                        .validate(validators::length(1..=8).coded("LAB001"))
                        .validate(validators::characters("letters", |c| {
                            c.is_ascii_alphabetic()
                        }))
                },
            )
            .attr(
                "body",
                "Text.",
                |m| &mut m.body,
                |a| a.required().equal_by(|a, b| normalized(a) == normalized(b)),
            )
            .attr(
                "description",
                "Words.",
                |m| &mut m.description,
                |a| a.optional().empty_is_null(),
            )
            .attr(
                "format",
                "Format.",
                |m| &mut m.format,
                |a| {
                    a.default_value("json".to_owned())
                        .validate(validators::one_of(&["json", "yaml"]))
                },
            )
            .attr(
                "force",
                "Force.",
                |m| &mut m.force,
                |a| a.default_value(false).local(),
            )
            .attr(
                "size",
                "Bytes.",
                |m| &mut m.size,
                |a| a.computed().changes_with(&["body"]),
            )
            .attr(
                "summary",
                "Words.",
                |m| &mut m.summary,
                |a| a.computed().changes_with(&["size"]),
            )
            .attr("updated", "Time.", |m| &mut m.updated, |a| a.computed())
            .attr(
                "zone",
                "Zone.",
                |m| &mut m.zone,
                |a| a.optional().computed().replaces(),
            )
            .attr(
                "tags",
                "Tags.",
                |m| &mut m.tags,
                |a| a.optional().empty_is_null(),
            )
            .attr(
                "tags_all",
                "All tags.",
                |m| &mut m.tags_all,
                |a| a.computed().changes_with(&["tags"]),
            )
            .timeouts(
                |m| &mut m.timeouts,
                TimeoutDefaults::all(Duration::from_secs(5)),
            )
    }

    async fn create(
        &self,
        call: &Call<'_, Arc<Cloud>, Document>,
        mut plan: Document,
    ) -> Outcome<Document> {
        plan.id = Value::Known(format!("doc-{}", plan.name.known().unwrap()));
        Ok(Self::store(call.client(), plan))
    }

    async fn read(
        &self,
        call: &Call<'_, Arc<Cloud>, Document>,
        state: Document,
    ) -> Outcome<Option<Document>> {
        let documents = call.client().documents.lock().unwrap();
        Ok(documents.get(state.id.known().unwrap()).cloned())
    }

    async fn update(
        &self,
        call: &Call<'_, Arc<Cloud>, Document>,
        _: Document,
        plan: Document,
    ) -> Outcome<Document> {
        call.client().updates.fetch_add(1, Ordering::Relaxed);
        Ok(Self::store(call.client(), plan))
    }

    async fn delete(&self, call: &Call<'_, Arc<Cloud>, Document>, state: Document) -> Outcome<()> {
        call.client()
            .documents
            .lock()
            .unwrap()
            .remove(state.id.known().unwrap());
        Ok(())
    }

    fn import(&self, id: &str) -> Outcome<Document> {
        if !id.starts_with("doc-") {
            return Err(Diagnostic::error("Invalid Import Id", "Write `doc-<name>`.").into());
        }
        Ok(Document {
            id: id.into(),
            ..Document::default()
        })
    }

    async fn plan(&self, client: Option<&Arc<Cloud>>, plan: &mut Plan<Document>) {
        if plan.is_destroy() {
            plan.diagnostics.warning("Document Goes", "For ever.");
        }
        if let (Some(cloud), Some(planned)) = (client, &mut plan.planned) {
            planned.tags_all = Self::all_tags(cloud, &planned.tags);
        }
    }
}
