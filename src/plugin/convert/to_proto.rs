//! Answers: from the engine's messages to the wire's. A function is named after its RPC.

use super::schema;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::plugin::engine;
use crate::plugin::proto::tfplugin6 as proto;
use crate::plugin::value::{Encoded, Path, Step};

/// What this framework can do beyond the base. `plan_destroy`: destroys are planned too.
/// `get_provider_schema_optional`: no call needs the schema to have been asked for. Moves between
/// types and generated configuration are not implemented, and so not announced.
const SERVER_CAPABILITIES: proto::ServerCapabilities = proto::ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: false,
    generate_resource_config: false,
};

fn value(encoded: Encoded) -> proto::DynamicValue {
    let Encoded { msgpack, json } = encoded;
    proto::DynamicValue { msgpack, json }
}

fn identity(encoded: Encoded) -> proto::ResourceIdentityData {
    proto::ResourceIdentityData {
        identity_data: Some(value(encoded)),
    }
}

fn path(path: Path) -> proto::AttributePath {
    use proto::attribute_path::step::Selector;
    let steps = path.0.into_iter().map(|step| proto::attribute_path::Step {
        selector: Some(match step {
            Step::Attribute(name) => Selector::AttributeName(name),
            Step::Key(key) => Selector::ElementKeyString(key),
            Step::Index(index) => Selector::ElementKeyInt(index),
        }),
    });
    proto::AttributePath {
        steps: steps.collect(),
    }
}

/// One message for the user.
pub(in crate::plugin) fn diagnostic(diagnostic: Diagnostic) -> proto::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
        // With a path that has no steps Terraform would show no source line at all.
        attribute: diagnostic.path.filter(|path| !path.0.is_empty()).map(path),
    }
}

fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

pub(in crate::plugin) fn get_metadata(
    response: engine::GetMetadataResponse,
) -> proto::get_metadata::Response {
    use proto::get_metadata::{DataSourceMetadata, ResourceMetadata};
    let resources = response.resources.into_iter();
    let data_sources = response.data_sources.into_iter();
    proto::get_metadata::Response {
        server_capabilities: Some(SERVER_CAPABILITIES),
        diagnostics: diagnostics(response.diagnostics),
        data_sources: data_sources
            .map(|type_name| DataSourceMetadata { type_name })
            .collect(),
        resources: resources
            .map(|type_name| ResourceMetadata { type_name })
            .collect(),
        ..Default::default()
    }
}

pub(in crate::plugin) fn get_provider_schema(
    response: engine::GetProviderSchemaResponse,
) -> proto::get_provider_schema::Response {
    let schemas = |map: std::collections::BTreeMap<&'static str, _>| {
        map.into_iter()
            .map(|(name, data): (_, std::sync::Arc<_>)| (name.to_owned(), schema::schema(&data)))
            .collect()
    };
    proto::get_provider_schema::Response {
        provider: Some(schema::schema(&response.provider)),
        resource_schemas: schemas(response.resources),
        data_source_schemas: schemas(response.data_sources),
        diagnostics: diagnostics(response.diagnostics),
        server_capabilities: Some(SERVER_CAPABILITIES),
        ..Default::default()
    }
}

pub(in crate::plugin) fn get_resource_identity_schemas(
    response: engine::GetResourceIdentitySchemasResponse,
) -> proto::get_resource_identity_schemas::Response {
    let identities = response.identities.into_iter();
    proto::get_resource_identity_schemas::Response {
        identity_schemas: identities
            .map(|(name, data)| (name.to_owned(), schema::identity(&data)))
            .collect(),
        diagnostics: diagnostics(response.diagnostics),
    }
}

pub(in crate::plugin) fn validate_provider_config(
    response: engine::DiagnosticsResponse,
) -> proto::validate_provider_config::Response {
    proto::validate_provider_config::Response {
        diagnostics: diagnostics(response.diagnostics),
    }
}

pub(in crate::plugin) fn validate_resource_config(
    response: engine::DiagnosticsResponse,
) -> proto::validate_resource_config::Response {
    proto::validate_resource_config::Response {
        diagnostics: diagnostics(response.diagnostics),
    }
}

pub(in crate::plugin) fn validate_data_resource_config(
    response: engine::DiagnosticsResponse,
) -> proto::validate_data_resource_config::Response {
    proto::validate_data_resource_config::Response {
        diagnostics: diagnostics(response.diagnostics),
    }
}

pub(in crate::plugin) fn configure_provider(
    response: engine::DiagnosticsResponse,
) -> proto::configure_provider::Response {
    proto::configure_provider::Response {
        diagnostics: diagnostics(response.diagnostics),
    }
}

pub(in crate::plugin) fn upgrade_resource_state(
    response: engine::UpgradeResourceStateResponse,
) -> proto::upgrade_resource_state::Response {
    proto::upgrade_resource_state::Response {
        upgraded_state: response.upgraded_state.map(value),
        diagnostics: diagnostics(response.diagnostics),
    }
}

pub(in crate::plugin) fn upgrade_resource_identity(
    response: engine::UpgradeResourceIdentityResponse,
) -> proto::upgrade_resource_identity::Response {
    proto::upgrade_resource_identity::Response {
        upgraded_identity: response.upgraded_identity.map(identity),
        diagnostics: diagnostics(response.diagnostics),
    }
}

pub(in crate::plugin) fn read_resource(
    response: engine::ReadResourceResponse,
) -> proto::read_resource::Response {
    proto::read_resource::Response {
        new_state: response.new_state.map(value),
        diagnostics: diagnostics(response.diagnostics),
        private: response.private,
        deferred: None,
        new_identity: response.new_identity.map(identity),
    }
}

pub(in crate::plugin) fn plan_resource_change(
    response: engine::PlanResourceChangeResponse,
) -> proto::plan_resource_change::Response {
    proto::plan_resource_change::Response {
        planned_state: response.planned_state.map(value),
        requires_replace: response.requires_replace.into_iter().map(path).collect(),
        planned_private: response.planned_private,
        diagnostics: diagnostics(response.diagnostics),
        // Would waive Terraform's checks.
        legacy_type_system: false,
        deferred: None,
        planned_identity: response.planned_identity.map(identity),
    }
}

pub(in crate::plugin) fn apply_resource_change(
    response: engine::ApplyResourceChangeResponse,
) -> proto::apply_resource_change::Response {
    proto::apply_resource_change::Response {
        new_state: response.new_state.map(value),
        private: response.private,
        diagnostics: diagnostics(response.diagnostics),
        // Would waive Terraform's checks.
        legacy_type_system: false,
        new_identity: response.new_identity.map(identity),
    }
}

pub(in crate::plugin) fn import_resource_state(
    response: engine::ImportResourceStateResponse,
) -> proto::import_resource_state::Response {
    use proto::import_resource_state::ImportedResource;
    let imported = response.imported.map(|imported| ImportedResource {
        type_name: imported.type_name,
        state: Some(value(imported.state)),
        private: imported.private,
        identity: imported.identity.map(identity),
    });
    proto::import_resource_state::Response {
        imported_resources: imported.into_iter().collect(),
        diagnostics: diagnostics(response.diagnostics),
        deferred: None,
    }
}

pub(in crate::plugin) fn read_data_source(
    response: engine::ReadDataSourceResponse,
) -> proto::read_data_source::Response {
    proto::read_data_source::Response {
        state: response.state.map(value),
        diagnostics: diagnostics(response.diagnostics),
        deferred: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value that no other field holds.
    fn native(name: &str) -> Encoded {
        Encoded {
            msgpack: format!("{name} in msgpack").into_bytes(),
            json: format!("{name} in json").into_bytes(),
        }
    }

    fn wire(name: &str) -> proto::DynamicValue {
        proto::DynamicValue {
            msgpack: format!("{name} in msgpack").into_bytes(),
            json: format!("{name} in json").into_bytes(),
        }
    }

    fn wire_identity(name: &str) -> proto::ResourceIdentityData {
        proto::ResourceIdentityData {
            identity_data: Some(wire(name)),
        }
    }

    fn messages() -> Diagnostics {
        Diagnostic::warning("A Title", "A detail.").into()
    }

    fn wire_messages() -> Vec<proto::Diagnostic> {
        vec![proto::Diagnostic {
            severity: proto::diagnostic::Severity::Warning.into(),
            summary: "A Title".to_owned(),
            detail: "A detail.".to_owned(),
            attribute: None,
        }]
    }

    #[test]
    fn a_diagnostic_points_at_its_attribute() {
        use proto::attribute_path::step::Selector;
        let at = |steps: &[Step]| {
            let message = Diagnostic::error("A Title", "A detail.").at(Path(steps.to_vec()));
            diagnostic(message)
        };
        let message = at(&[
            Step::Attribute("rules".to_owned()),
            Step::Index(2),
            Step::Key("a".to_owned()),
        ]);
        assert_eq!(message.severity(), proto::diagnostic::Severity::Error);
        let selectors: Vec<_> = message
            .attribute
            .unwrap()
            .steps
            .into_iter()
            .map(|step| step.selector.unwrap())
            .collect();
        assert_eq!(
            selectors,
            [
                Selector::AttributeName("rules".to_owned()),
                Selector::ElementKeyInt(2),
                Selector::ElementKeyString("a".to_owned()),
            ]
        );
        assert_eq!(at(&[]).attribute, None);
    }

    #[test]
    fn metadata() {
        let response = get_metadata(engine::GetMetadataResponse {
            resources: vec!["a_b".to_owned(), "a_c".to_owned()],
            data_sources: vec!["a_d".to_owned()],
            diagnostics: messages(),
        });
        let resources = response.resources.iter().map(|r| r.type_name.as_str());
        let data_sources = response.data_sources.iter().map(|d| d.type_name.as_str());
        assert_eq!(resources.collect::<Vec<_>>(), ["a_b", "a_c"]);
        assert_eq!(data_sources.collect::<Vec<_>>(), ["a_d"]);
        assert_eq!(response.diagnostics, wire_messages());
        assert_eq!(response.server_capabilities, Some(SERVER_CAPABILITIES));
    }

    #[test]
    fn judgements() {
        let answer = || engine::DiagnosticsResponse {
            diagnostics: messages(),
        };
        assert_eq!(
            validate_provider_config(answer()).diagnostics,
            wire_messages()
        );
        assert_eq!(
            validate_resource_config(answer()).diagnostics,
            wire_messages()
        );
        assert_eq!(
            validate_data_resource_config(answer()).diagnostics,
            wire_messages()
        );
        assert_eq!(configure_provider(answer()).diagnostics, wire_messages());
    }

    #[test]
    fn upgrades() {
        assert_eq!(
            upgrade_resource_state(engine::UpgradeResourceStateResponse {
                upgraded_state: Some(native("state")),
                diagnostics: messages(),
            }),
            proto::upgrade_resource_state::Response {
                upgraded_state: Some(wire("state")),
                diagnostics: wire_messages(),
            }
        );
        assert_eq!(
            upgrade_resource_identity(engine::UpgradeResourceIdentityResponse {
                upgraded_identity: Some(native("identity")),
                diagnostics: messages(),
            }),
            proto::upgrade_resource_identity::Response {
                upgraded_identity: Some(wire_identity("identity")),
                diagnostics: wire_messages(),
            }
        );
    }

    #[test]
    fn reads() {
        assert_eq!(
            read_resource(engine::ReadResourceResponse {
                new_state: Some(native("state")),
                private: b"private".to_vec(),
                new_identity: Some(native("identity")),
                diagnostics: messages(),
            }),
            proto::read_resource::Response {
                new_state: Some(wire("state")),
                diagnostics: wire_messages(),
                private: b"private".to_vec(),
                deferred: None,
                new_identity: Some(wire_identity("identity")),
            }
        );
        assert_eq!(
            read_data_source(engine::ReadDataSourceResponse {
                state: Some(native("state")),
                diagnostics: messages(),
            }),
            proto::read_data_source::Response {
                state: Some(wire("state")),
                diagnostics: wire_messages(),
                deferred: None,
            }
        );
    }

    #[test]
    fn plan() {
        assert_eq!(
            plan_resource_change(engine::PlanResourceChangeResponse {
                planned_state: Some(native("state")),
                requires_replace: vec![Path::attribute("name")],
                planned_private: b"private".to_vec(),
                planned_identity: Some(native("identity")),
                diagnostics: messages(),
            }),
            proto::plan_resource_change::Response {
                planned_state: Some(wire("state")),
                requires_replace: vec![path(Path::attribute("name"))],
                planned_private: b"private".to_vec(),
                diagnostics: wire_messages(),
                legacy_type_system: false,
                deferred: None,
                planned_identity: Some(wire_identity("identity")),
            }
        );
    }

    #[test]
    fn apply() {
        assert_eq!(
            apply_resource_change(engine::ApplyResourceChangeResponse {
                new_state: Some(native("state")),
                private: b"private".to_vec(),
                new_identity: Some(native("identity")),
                diagnostics: messages(),
            }),
            proto::apply_resource_change::Response {
                new_state: Some(wire("state")),
                private: b"private".to_vec(),
                diagnostics: wire_messages(),
                legacy_type_system: false,
                new_identity: Some(wire_identity("identity")),
            }
        );
    }

    #[test]
    fn import() {
        let nothing = import_resource_state(engine::ImportResourceStateResponse {
            imported: None,
            diagnostics: messages(),
        });
        assert_eq!(nothing.imported_resources, []);
        assert_eq!(nothing.diagnostics, wire_messages());

        let one = import_resource_state(engine::ImportResourceStateResponse {
            imported: Some(engine::ImportedResource {
                type_name: "a_b".to_owned(),
                state: native("state"),
                private: b"private".to_vec(),
                identity: Some(native("identity")),
            }),
            diagnostics: Diagnostics::new(),
        });
        assert_eq!(
            one.imported_resources,
            [proto::import_resource_state::ImportedResource {
                type_name: "a_b".to_owned(),
                state: Some(wire("state")),
                private: b"private".to_vec(),
                identity: Some(wire_identity("identity")),
            }]
        );
    }
}
