//! What log lines and dumps need to know of a message.

use crate::plugin::proto::tfplugin6::{
    Diagnostic, DynamicValue, ResourceIdentityData, apply_resource_change, configure_provider,
    get_functions, get_metadata, get_provider_schema, get_resource_identity_schemas,
    import_resource_state, plan_resource_change, read_data_source, read_resource,
    upgrade_resource_identity, upgrade_resource_state, validate_data_resource_config,
    validate_provider_config, validate_resource_config,
};

/// A value with the name that dumps give it.
pub(super) type Named<'a> = (&'static str, &'a DynamicValue);

/// A message from Terraform.
pub(super) trait Inspect {
    /// The kind of object that it is about, if any.
    fn type_name(&self) -> Option<&str> {
        None
    }
    /// The values in it.
    fn values(&self) -> Vec<Named<'_>> {
        Vec::new()
    }
}

/// An answer to Terraform.
pub(super) trait Answer: Inspect + Default {
    /// Messages for the user.
    fn diagnostics(&self) -> &[Diagnostic];
    /// The same, to add to.
    fn diagnostics_mut(&mut self) -> &mut Vec<Diagnostic>;
}

/// A field that may hold a value.
trait Holds {
    fn value(&self) -> Option<&DynamicValue>;
}

impl Holds for Option<DynamicValue> {
    fn value(&self) -> Option<&DynamicValue> {
        self.as_ref()
    }
}

impl Holds for Option<ResourceIdentityData> {
    fn value(&self) -> Option<&DynamicValue> {
        self.as_ref()?.identity_data.as_ref()
    }
}

/// Lists of a message's values by field, with `typed` where a field `type_name` says its kind.
macro_rules! inspect {
    (@type_name) => {};
    (@type_name typed) => {
        fn type_name(&self) -> Option<&str> {
            Some(&self.type_name)
        }
    };
    ($($module:ident::$message:ident $($typed:ident)? [$($field:ident $name:literal),*];)*) => {$(
        impl Inspect for $module::$message {
            inspect!(@type_name $($typed)?);
            fn values(&self) -> Vec<Named<'_>> {
                let values: Vec<Option<Named<'_>>> =
                    vec![$(self.$field.value().map(|value| ($name, value))),*];
                values.into_iter().flatten().collect()
            }
        }
    )*};
}

inspect! {
    get_metadata::Request [];
    get_metadata::Response [];
    get_provider_schema::Request [];
    get_provider_schema::Response [];
    get_resource_identity_schemas::Request [];
    get_resource_identity_schemas::Response [];
    get_functions::Request [];
    get_functions::Response [];
    validate_provider_config::Request [config "Config"];
    validate_provider_config::Response [];
    validate_resource_config::Request typed [config "Config"];
    validate_resource_config::Response [];
    validate_data_resource_config::Request typed [config "Config"];
    validate_data_resource_config::Response [];
    upgrade_resource_state::Request typed [];
    upgrade_resource_state::Response [upgraded_state "UpgradedState"];
    upgrade_resource_identity::Request typed [];
    upgrade_resource_identity::Response [upgraded_identity "UpgradedIdentity"];
    configure_provider::Request [config "Config"];
    configure_provider::Response [];
    read_resource::Request typed [
        current_state "CurrentState", current_identity "CurrentIdentity",
        provider_meta "ProviderMeta"
    ];
    read_resource::Response [new_state "NewState", new_identity "NewIdentity"];
    plan_resource_change::Request typed [
        config "Config", prior_state "PriorState", proposed_new_state "ProposedNewState",
        prior_identity "PriorIdentity", provider_meta "ProviderMeta"
    ];
    plan_resource_change::Response [
        planned_state "PlannedState", planned_identity "PlannedIdentity"
    ];
    apply_resource_change::Request typed [
        config "Config", prior_state "PriorState", planned_state "PlannedState",
        planned_identity "PlannedIdentity", provider_meta "ProviderMeta"
    ];
    apply_resource_change::Response [new_state "NewState", new_identity "NewIdentity"];
    import_resource_state::Request typed [identity "Identity"];
    read_data_source::Request typed [config "Config", provider_meta "ProviderMeta"];
    read_data_source::Response [state "State"];
}

impl Inspect for import_resource_state::Response {
    fn values(&self) -> Vec<Named<'_>> {
        self.imported_resources
            .iter()
            .flat_map(|resource| {
                let state = resource.state.value();
                let identity = resource.identity.value();
                [
                    state.map(|value| ("ImportedResource_State", value)),
                    identity.map(|value| ("ImportedResource_Identity", value)),
                ]
            })
            .flatten()
            .collect()
    }
}

macro_rules! answer {
    ($($module:ident)*) => {$(
        impl Answer for $module::Response {
            fn diagnostics(&self) -> &[Diagnostic] {
                &self.diagnostics
            }
            fn diagnostics_mut(&mut self) -> &mut Vec<Diagnostic> {
                &mut self.diagnostics
            }
        }
    )*};
}

answer! {
    apply_resource_change
    configure_provider
    get_functions
    get_metadata
    get_provider_schema
    get_resource_identity_schemas
    import_resource_state
    plan_resource_change
    read_data_source
    read_resource
    upgrade_resource_identity
    upgrade_resource_state
    validate_data_resource_config
    validate_provider_config
    validate_resource_config
}
