//! Requests: from the wire's messages to the engine's. A function is named after its RPC.

use crate::plugin::engine;
use crate::plugin::proto::tfplugin6 as proto;
use crate::plugin::value::Encoded;

/// A missing value is one without bytes, which means null.
fn value(value: Option<proto::DynamicValue>) -> Encoded {
    let proto::DynamicValue { msgpack, json } = value.unwrap_or_default();
    Encoded { msgpack, json }
}

/// A missing identity stays missing: the client does not store any.
fn identity(identity: Option<proto::ResourceIdentityData>) -> Option<Encoded> {
    identity?.identity_data.map(|data| value(Some(data)))
}

fn raw_state(state: Option<proto::RawState>) -> engine::RawState {
    let proto::RawState { json, flatmap } = state.unwrap_or_default();
    engine::RawState {
        json,
        has_flatmap: !flatmap.is_empty(),
    }
}

fn client_capabilities(
    capabilities: Option<proto::ClientCapabilities>,
) -> engine::ClientCapabilities {
    let proto::ClientCapabilities {
        deferral_allowed,
        write_only_attributes_allowed,
        store_planned_private,
        computed_blocks_allowed,
    } = capabilities.unwrap_or_default();
    engine::ClientCapabilities {
        deferral_allowed,
        write_only_attributes_allowed,
        store_planned_private,
        computed_blocks_allowed,
    }
}

pub(in crate::plugin) fn validate_provider_config(
    request: proto::validate_provider_config::Request,
) -> engine::ValidateProviderConfigRequest {
    engine::ValidateProviderConfigRequest {
        config: value(request.config),
    }
}

pub(in crate::plugin) fn validate_resource_config(
    request: proto::validate_resource_config::Request,
) -> engine::ValidateConfigRequest {
    engine::ValidateConfigRequest {
        type_name: request.type_name,
        config: value(request.config),
        client_capabilities: client_capabilities(request.client_capabilities),
    }
}

/// Data sources know no capabilities: they have nothing that is only written.
pub(in crate::plugin) fn validate_data_resource_config(
    request: proto::validate_data_resource_config::Request,
) -> engine::ValidateConfigRequest {
    engine::ValidateConfigRequest {
        type_name: request.type_name,
        config: value(request.config),
        client_capabilities: engine::ClientCapabilities::default(),
    }
}

pub(in crate::plugin) fn upgrade_resource_state(
    request: proto::upgrade_resource_state::Request,
) -> engine::UpgradeResourceStateRequest {
    engine::UpgradeResourceStateRequest {
        type_name: request.type_name,
        version: request.version,
        raw_state: raw_state(request.raw_state),
    }
}

pub(in crate::plugin) fn upgrade_resource_identity(
    request: proto::upgrade_resource_identity::Request,
) -> engine::UpgradeResourceIdentityRequest {
    engine::UpgradeResourceIdentityRequest {
        type_name: request.type_name,
        version: request.version,
        raw_identity: raw_state(request.raw_identity),
    }
}

pub(in crate::plugin) fn configure_provider(
    request: proto::configure_provider::Request,
) -> engine::ConfigureProviderRequest {
    engine::ConfigureProviderRequest {
        terraform_version: request.terraform_version,
        config: value(request.config),
        client_capabilities: client_capabilities(request.client_capabilities),
    }
}

pub(in crate::plugin) fn read_resource(
    request: proto::read_resource::Request,
) -> engine::ReadResourceRequest {
    engine::ReadResourceRequest {
        type_name: request.type_name,
        current_state: value(request.current_state),
        private: request.private,
        client_capabilities: client_capabilities(request.client_capabilities),
        current_identity: identity(request.current_identity),
    }
}

pub(in crate::plugin) fn plan_resource_change(
    request: proto::plan_resource_change::Request,
) -> engine::PlanResourceChangeRequest {
    engine::PlanResourceChangeRequest {
        type_name: request.type_name,
        prior_state: value(request.prior_state),
        proposed_new_state: value(request.proposed_new_state),
        config: value(request.config),
        prior_private: request.prior_private,
        planned_private: request.planned_private,
        client_capabilities: client_capabilities(request.client_capabilities),
        prior_identity: identity(request.prior_identity),
    }
}

pub(in crate::plugin) fn apply_resource_change(
    request: proto::apply_resource_change::Request,
) -> engine::ApplyResourceChangeRequest {
    engine::ApplyResourceChangeRequest {
        type_name: request.type_name,
        prior_state: value(request.prior_state),
        planned_state: value(request.planned_state),
        config: value(request.config),
        planned_private: request.planned_private,
        planned_identity: identity(request.planned_identity),
    }
}

pub(in crate::plugin) fn import_resource_state(
    request: proto::import_resource_state::Request,
) -> engine::ImportResourceStateRequest {
    engine::ImportResourceStateRequest {
        type_name: request.type_name,
        id: request.id,
        identity: identity(request.identity),
        client_capabilities: client_capabilities(request.client_capabilities),
    }
}

pub(in crate::plugin) fn read_data_source(
    request: proto::read_data_source::Request,
) -> engine::ReadDataSourceRequest {
    engine::ReadDataSourceRequest {
        type_name: request.type_name,
        config: value(request.config),
        client_capabilities: client_capabilities(request.client_capabilities),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value that no other field holds.
    fn wire(name: &str) -> Option<proto::DynamicValue> {
        Some(proto::DynamicValue {
            msgpack: format!("{name} in msgpack").into_bytes(),
            json: format!("{name} in json").into_bytes(),
        })
    }

    fn native(name: &str) -> Encoded {
        Encoded {
            msgpack: format!("{name} in msgpack").into_bytes(),
            json: format!("{name} in json").into_bytes(),
        }
    }

    fn wire_identity(name: &str) -> Option<proto::ResourceIdentityData> {
        Some(proto::ResourceIdentityData {
            identity_data: wire(name),
        })
    }

    /// The capabilities whose bits are set, on both sides.
    fn capabilities(
        bits: u8,
    ) -> (
        Option<proto::ClientCapabilities>,
        engine::ClientCapabilities,
    ) {
        let has = |bit: u8| bits & (1 << bit) != 0;
        (
            Some(proto::ClientCapabilities {
                deferral_allowed: has(0),
                write_only_attributes_allowed: has(1),
                store_planned_private: has(2),
                computed_blocks_allowed: has(3),
            }),
            engine::ClientCapabilities {
                deferral_allowed: has(0),
                write_only_attributes_allowed: has(1),
                store_planned_private: has(2),
                computed_blocks_allowed: has(3),
            },
        )
    }

    #[test]
    fn each_capability_is_carried() {
        for bits in 0..16 {
            let (wire, native) = capabilities(bits);
            assert_eq!(client_capabilities(wire), native);
        }
        assert_eq!(
            client_capabilities(None),
            engine::ClientCapabilities::default()
        );
    }

    #[test]
    fn what_is_missing_is_empty() {
        assert_eq!(value(None), Encoded::default());
        assert_eq!(identity(None), None);
        assert_eq!(identity(Some(Default::default())), None);
        assert_eq!(raw_state(None), engine::RawState::default());
    }

    #[test]
    fn flatmaps_are_noticed() {
        let state = raw_state(Some(proto::RawState {
            json: Vec::new(),
            flatmap: [("id".to_owned(), "x".to_owned())].into(),
        }));
        assert!(state.has_flatmap);
    }

    #[test]
    fn configurations() {
        let (sent, expected) = capabilities(2);
        let request = validate_resource_config(proto::validate_resource_config::Request {
            type_name: "a_b".to_owned(),
            config: wire("config"),
            client_capabilities: sent,
        });
        assert_eq!(request.type_name, "a_b");
        assert_eq!(request.config, native("config"));
        assert_eq!(request.client_capabilities, expected);

        let request =
            validate_data_resource_config(proto::validate_data_resource_config::Request {
                type_name: "a_b".to_owned(),
                config: wire("config"),
            });
        assert_eq!(request.type_name, "a_b");
        assert_eq!(request.config, native("config"));

        let request = validate_provider_config(proto::validate_provider_config::Request {
            config: wire("config"),
        });
        assert_eq!(request.config, native("config"));

        let request = configure_provider(proto::configure_provider::Request {
            terraform_version: "1.11.4".to_owned(),
            config: wire("config"),
            client_capabilities: sent,
        });
        assert_eq!(request.terraform_version, "1.11.4");
        assert_eq!(request.config, native("config"));
        assert_eq!(request.client_capabilities, expected);
    }

    #[test]
    fn upgrades() {
        let stored = proto::RawState {
            json: b"{}".to_vec(),
            flatmap: Default::default(),
        };
        let request = upgrade_resource_state(proto::upgrade_resource_state::Request {
            type_name: "a_b".to_owned(),
            version: 3,
            raw_state: Some(stored.clone()),
        });
        assert_eq!(request.type_name, "a_b");
        assert_eq!(request.version, 3);
        assert_eq!(request.raw_state.json, b"{}");
        assert!(!request.raw_state.has_flatmap);

        let request = upgrade_resource_identity(proto::upgrade_resource_identity::Request {
            type_name: "a_b".to_owned(),
            version: 3,
            raw_identity: Some(stored),
        });
        assert_eq!(request.type_name, "a_b");
        assert_eq!(request.version, 3);
        assert_eq!(request.raw_identity.json, b"{}");
    }

    #[test]
    fn reads() {
        let (sent, expected) = capabilities(1);
        let request = read_resource(proto::read_resource::Request {
            type_name: "a_b".to_owned(),
            current_state: wire("state"),
            private: b"private".to_vec(),
            provider_meta: wire("meta"),
            client_capabilities: sent,
            current_identity: wire_identity("identity"),
        });
        assert_eq!(request.type_name, "a_b");
        assert_eq!(request.current_state, native("state"));
        assert_eq!(request.private, b"private");
        assert_eq!(request.client_capabilities, expected);
        assert_eq!(request.current_identity, Some(native("identity")));

        let request = read_data_source(proto::read_data_source::Request {
            type_name: "a_b".to_owned(),
            config: wire("config"),
            provider_meta: wire("meta"),
            client_capabilities: sent,
        });
        assert_eq!(request.type_name, "a_b");
        assert_eq!(request.config, native("config"));
        assert_eq!(request.client_capabilities, expected);
    }

    #[test]
    fn plan() {
        let (sent, expected) = capabilities(4);
        let request = plan_resource_change(proto::plan_resource_change::Request {
            type_name: "a_b".to_owned(),
            prior_state: wire("prior"),
            proposed_new_state: wire("proposed"),
            config: wire("config"),
            prior_private: b"prior".to_vec(),
            provider_meta: wire("meta"),
            client_capabilities: sent,
            prior_identity: wire_identity("identity"),
            planned_private: b"planned".to_vec(),
        });
        assert_eq!(request.type_name, "a_b");
        assert_eq!(request.prior_state, native("prior"));
        assert_eq!(request.proposed_new_state, native("proposed"));
        assert_eq!(request.config, native("config"));
        assert_eq!(request.prior_private, b"prior");
        assert_eq!(request.planned_private, b"planned");
        assert_eq!(request.client_capabilities, expected);
        assert_eq!(request.prior_identity, Some(native("identity")));
    }

    #[test]
    fn apply() {
        let request = apply_resource_change(proto::apply_resource_change::Request {
            type_name: "a_b".to_owned(),
            prior_state: wire("prior"),
            planned_state: wire("planned"),
            config: wire("config"),
            planned_private: b"private".to_vec(),
            provider_meta: wire("meta"),
            planned_identity: wire_identity("identity"),
        });
        assert_eq!(request.type_name, "a_b");
        assert_eq!(request.prior_state, native("prior"));
        assert_eq!(request.planned_state, native("planned"));
        assert_eq!(request.config, native("config"));
        assert_eq!(request.planned_private, b"private");
        assert_eq!(request.planned_identity, Some(native("identity")));
    }

    #[test]
    fn import() {
        let (sent, expected) = capabilities(8);
        let request = import_resource_state(proto::import_resource_state::Request {
            type_name: "a_b".to_owned(),
            id: "an id".to_owned(),
            client_capabilities: sent,
            identity: wire_identity("identity"),
        });
        assert_eq!(request.type_name, "a_b");
        assert_eq!(request.id, "an id");
        assert_eq!(request.client_capabilities, expected);
        assert_eq!(request.identity, Some(native("identity")));
    }
}
