//! Data sources, with and without a client.

use super::*;

/// A data source that needs the client.
#[derive(Debug)]
pub(in crate::plugin::engine::tests) struct LabCount;

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Count {
    prefix: Value<String>,
    at_most: Value<i64>,
    count: Value<i64>,
}

impl DataSource for LabCount {
    type Client = Arc<Cloud>;
    type Model = Count;
    const NAME: &'static str = "lab_count";

    fn schema() -> Schema<Count> {
        Schema::<Count>::new("How many documents there are.")
            .attr("prefix", "Prefix.", |m| &mut m.prefix, |a| a.required())
            .attr(
                "at_most",
                "Limit.",
                |m| &mut m.at_most,
                |a| a.default_value(10),
            )
            .attr("total", "Number.", |m| &mut m.count, |a| a.computed())
    }

    async fn read(&self, query: &Query<'_, Arc<Cloud>>, config: Count) -> Outcome<Count> {
        let cloud = query.client()?;
        let prefix = config.prefix.known().unwrap();
        let documents = cloud.documents.lock().unwrap();
        let count = documents.keys().filter(|id| id.starts_with(prefix)).count();
        let count = i64::try_from(count).unwrap();
        match prefix.as_str() {
            "none" => return Err(Diagnostic::error("Not Found", "No such thing.").into()),
            "unknown" => {
                return Ok(Count {
                    count: Value::Unknown,
                    ..config
                });
            }
            _ => {}
        }
        query.warn(Diagnostic::warning("Counted", "It may have changed since."));
        let limit = *config.at_most.known().expect("the default is applied");
        Ok(Count {
            count: Value::Known(count.min(limit)),
            ..config
        })
    }
}

/// A data source that needs no client.
#[derive(Debug)]
pub(in crate::plugin::engine::tests) struct LabEcho;

#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plugin::engine::tests) struct Echo {
    words: Value<Vec<Value<String>>>,
    joined: Value<String>,
}

impl DataSource for LabEcho {
    type Client = Arc<Cloud>;
    type Model = Echo;
    const NAME: &'static str = "lab_echo";

    fn schema() -> Schema<Echo> {
        Schema::<Echo>::new("What was said.")
            .attr(
                "words",
                "Words.",
                |m| &mut m.words,
                |a| {
                    a.required().validate(Validator::new(
                        "Too Few Words",
                        "at least one word",
                        |words: &Vec<Value<String>>| {
                            if words.is_empty() {
                                return Err("there is nothing to say.".to_owned());
                            }
                            Ok(())
                        },
                    ))
                },
            )
            .attr("joined", "Joined.", |m| &mut m.joined, |a| a.computed())
    }

    async fn read(&self, _: &Query<'_, Arc<Cloud>>, config: Echo) -> Outcome<Echo> {
        let words: Vec<String> = config
            .words
            .known()
            .unwrap()
            .iter()
            .filter_map(|word| word.known().cloned())
            .collect();
        Ok(Echo {
            joined: Value::Known(words.join(" ")),
            ..config
        })
    }
}
