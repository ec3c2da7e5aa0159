//! Definitions: the lab's own schemas keep every rule, and come back from their models unharmed.

use super::lab::*;
use crate::plugin::author::Provider;
use crate::plugin::schema::check;
use crate::plugin::testing::{check_data_source, check_resource};

#[test]
fn the_lab_keeps_every_rule() {
    let none: Vec<String> = Vec::new();
    assert_eq!(
        check::schema(Lab::schema().data(), check::Kind::Provider),
        none
    );
    for resource in RESOURCES {
        assert_eq!(
            check_resource("lab", *resource),
            none,
            "{}",
            resource.name()
        );
    }
    for source in DATA_SOURCES {
        assert_eq!(check_data_source("lab", *source), none, "{}", source.name());
    }
}

#[tokio::test]
async fn schemas_are_the_same_every_time() {
    let (core, _) = core().await;
    let print = |core: &crate::plugin::testing::FakeCore| {
        format!(
            "{:?}{:?}",
            core.engine().get_provider_schema(),
            core.engine().get_resource_identity_schemas()
        )
    };
    let (again, _) = super::lab::core().await;
    assert_eq!(print(&core), print(&again));
    let metadata = core.engine().get_metadata();
    assert_eq!(
        metadata.resources,
        [
            "lab_document",
            "lab_flaky",
            "lab_home",
            "lab_nest",
            "lab_secret"
        ]
    );
    assert_eq!(metadata.data_sources, ["lab_count", "lab_echo"]);
    let identities = core.engine().get_resource_identity_schemas().identities;
    assert_eq!(identities.keys().copied().collect::<Vec<_>>(), ["lab_home"]);
}

mod wrong {
    use std::collections::BTreeMap;

    use super::*;
    use crate::plugin::author::*;
    use crate::plugin::schema::{Schema, TimeoutDefaults, Timeouts, validators};
    use crate::plugin::value::{Dynamic, Value};
    use std::sync::Arc;

    #[derive(Debug, Clone, PartialEq, Default)]
    struct Sloppy {
        a: Value<String>,
        any: Value<Vec<Dynamic>>,
        number: Value<i64>,
        map: Value<BTreeMap<String, String>>,
        blocks: Value<Vec<Inner>>,
        inner: Value<Inner>,
        peers: Value<Vec<Inner>>,
        timeouts: Timeouts,
    }

    #[derive(Debug, Clone, PartialEq, Default)]
    struct Inner {
        secret: Value<String>,
        anything: Value<Dynamic>,
    }

    fn inner() -> Schema<Inner> {
        Schema::<Inner>::new("")
            .attr(
                "secret_wo",
                "S.",
                |m| &mut m.secret,
                |a| a.optional().write_only(),
            )
            .attr("anything", "A.", |m| &mut m.anything, |a| a.optional())
    }

    #[test]
    fn every_broken_rule_is_found() {
        let schema = Schema::<Sloppy>::new("")
            .version(-1)
            .attr("Name", "N.", |m| &mut m.a, |a| a.optional().required())
            .attr("count", " ", |m| &mut m.a, |a| a)
            .attr("twice", "T.", |m| &mut m.a, |a| a.computed().replaces())
            .attr(
                "twice",
                "T.",
                |m| &mut m.a,
                |a| a.computed().keep_prior().changes_with(&["twice", "gone"]),
            )
            .attr("any", "A.", |m| &mut m.any, |a| a.optional().deprecated(""))
            .attr(
                "number",
                "N.",
                |m| &mut m.number,
                |a| a.default_value(5).validate(validators::range(1..=3)),
            )
            .attr("map", "M.", |m| &mut m.map, |a| a.optional().never_null())
            .attr("wo", "W.", |m| &mut m.a, |a| a.computed().write_only())
            .object("inner", "I.", |m| &mut m.inner, inner(), |a| a.computed())
            .object_set("peers", "P.", |m| &mut m.peers, inner(), |a| a.optional())
            .blocks(
                "blocks",
                "B.",
                |m| &mut m.blocks,
                inner().at_least(3).at_most(2),
            )
            .timeouts(|m| &mut m.timeouts, TimeoutDefaults::default());
        let found = check::schema(schema.data(), check::Kind::Resource);
        let expected = [
            "the version is negative",
            "count: the name is reserved",
            "timeouts: there is no operation",
            "there is no description",
            "Name: a name begins with",
            "Name: is required, and so neither",
            "count: is neither required nor",
            "count: there is no description",
            "twice: nobody can write it",
            "twice: the name is used twice",
            "twice: cannot both never change",
            "twice: changes with `twice`",
            "twice: changes with `gone`",
            "any: a collection or object holds no values of any type",
            "any: deprecated, but nothing says",
            "number: the default breaks a rule",
            "map: says how a computed value changes",
            "wo: is write-only, and so neither",
            "inner.secret_wo: a computed attribute holds no write-only",
            "inner.secret_wo: everything in a read-only",
            "peers.secret_wo: a set holds no write-only",
            "peers.anything: a collection or object holds no values of any type",
            "blocks: more blocks are required than allowed",
        ];
        for rule in expected {
            assert!(
                found.iter().any(|f| f.starts_with(rule)),
                "{rule}\n{found:#?}"
            );
        }
        let as_data = check::schema(schema.data(), check::Kind::DataSource);
        for rule in [
            "wo: only resources have write-only",
            "timeouts: only resources have",
            "twice: only a resource is planned",
        ] {
            assert!(
                as_data.iter().any(|f| f.starts_with(rule)),
                "{rule}\n{as_data:#?}"
            );
        }
        let as_provider = check::schema(schema.data(), check::Kind::Provider);
        assert!(
            as_provider
                .iter()
                .any(|f| f.starts_with("number: nobody reads"))
        );
        assert!(!check::type_name("lab", "lab_x").iter().any(|_| true));
        for name in ["lab", "lab_", "lab_X", "other_x", "labx"] {
            assert_eq!(check::type_name("lab", name).len(), 1, "{name}");
        }
    }

    /// Two attributes of one field, and one that its model cannot hold.
    #[derive(Debug)]
    struct Shared;

    impl DataSource for Shared {
        type Client = Arc<Cloud>;
        type Model = Sloppy;
        const NAME: &'static str = "lab_shared";

        fn schema() -> Schema<Sloppy> {
            Schema::<Sloppy>::new("Shared.")
                .attr("one", "One.", |m| &mut m.a, |a| a.optional())
                .attr("two", "Two.", |m| &mut m.a, |a| a.optional())
        }

        async fn read(&self, _: &Query<'_, Arc<Cloud>>, config: Sloppy) -> Outcome<Sloppy> {
            Ok(config)
        }
    }

    #[test]
    fn a_shared_field_is_found() {
        let found = check_data_source::<Arc<Cloud>>("lab", &Shared);
        assert!(
            found
                .iter()
                .any(|f| f.contains("two attributes may share a field")),
            "{found:?}"
        );
    }
}
