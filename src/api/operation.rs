//! The shape of a call: which service and action, which parameters, which answer.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::encoding::Params;
use super::secret::Secret;

/// A cloud service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Resource Access Management.
    Ram,
    /// Security Token Service.
    Sts,
    /// Intelligent Media Management.
    Imm,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ram, Self::Sts, Self::Imm];

    /// The product code, as in host names, ARNs and action names.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ram => "ram",
            Self::Sts => "sts",
            Self::Imm => "imm",
        }
    }

    /// The API version that this crate speaks.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Ram => "2015-05-01",
            Self::Sts => "2015-04-01",
            Self::Imm => "2020-09-30",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What a repetition of a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing.
    Read,
    /// Changes something, and carried out twice leaves what carried out once leaves.
    IdempotentWrite,
    /// Must not be repeated unless it is certain that it was not carried out.
    Write,
}

/// Where the client puts the parameters. A server reads both places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In the query string, with an empty body.
    Query,
    /// In a form body.
    Form,
}

/// One action of one service: a struct of its parameters.
pub trait Operation: Clone + fmt::Debug + Send + Sync + Sized + 'static {
    /// The service that offers it.
    const SERVICE: Service;
    /// Its name on the wire.
    const ACTION: &'static str;
    /// The API version it belongs to.
    const VERSION: &'static str;
    /// What a repetition does.
    const KIND: Kind;
    /// Where the parameters go.
    const PLACEMENT: Placement;
    /// Whether the answer holds a secret and must not be logged.
    const SENSITIVE: bool;
    /// What a success answers, beside the request id.
    type Output: fmt::Debug + Serialize + DeserializeOwned + Send + 'static;

    /// The parameters on the wire; the ones not given are left out.
    fn params(&self) -> Params;

    /// Reads the parameters of a received call. Unknown ones are ignored.
    ///
    /// # Errors
    /// The first parameter, in the order of the struct, that is required and not there, or that does
    /// not have the form of its type.
    fn from_params(params: &Params) -> Result<Self, ParameterError>;
}

/// What is wrong with one parameter of a received call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterError {
    /// It is required and absent.
    Missing(&'static str),
    /// It is not an integer, a boolean or a JSON text where it has to be one.
    Malformed(&'static str),
}

impl ParameterError {
    /// The name of the parameter.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Missing(name) | Self::Malformed(name) => name,
        }
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "the parameter `{name}` is missing"),
            Self::Malformed(name) => write!(f, "the parameter `{name}` is malformed"),
        }
    }
}

impl std::error::Error for ParameterError {}

/// A type that a parameter may have.
pub(super) trait Parameter: Sized {
    fn write(&self, name: &str, params: &mut Params);
    fn read(name: &'static str, params: &Params) -> Result<Self, ParameterError>;
}

impl Parameter for String {
    fn write(&self, name: &str, params: &mut Params) {
        params.push(name, self);
    }

    fn read(name: &'static str, params: &Params) -> Result<Self, ParameterError> {
        params
            .get(name)
            .map(str::to_owned)
            .ok_or(ParameterError::Missing(name))
    }
}

impl Parameter for Secret {
    fn write(&self, name: &str, params: &mut Params) {
        params.push(name, self.expose());
    }

    fn read(name: &'static str, params: &Params) -> Result<Self, ParameterError> {
        let text = params.get(name).ok_or(ParameterError::Missing(name))?;
        Ok(Self::new(text))
    }
}

impl Parameter for i64 {
    fn write(&self, name: &str, params: &mut Params) {
        params.push(name, self.to_string());
    }

    fn read(name: &'static str, params: &Params) -> Result<Self, ParameterError> {
        let text = params.get(name).ok_or(ParameterError::Missing(name))?;
        text.parse().map_err(|_| ParameterError::Malformed(name))
    }
}

impl Parameter for bool {
    fn write(&self, name: &str, params: &mut Params) {
        params.push(name, if *self { "true" } else { "false" });
    }

    /// One vendor SDK sends `True` and `False`.
    fn read(name: &'static str, params: &Params) -> Result<Self, ParameterError> {
        match params.get(name).ok_or(ParameterError::Missing(name))? {
            "true" | "True" => Ok(true),
            "false" | "False" => Ok(false),
            _ => Err(ParameterError::Malformed(name)),
        }
    }
}

/// A JSON text in one parameter.
impl Parameter for Value {
    fn write(&self, name: &str, params: &mut Params) {
        params.push(name, self.to_string());
    }

    fn read(name: &'static str, params: &Params) -> Result<Self, ParameterError> {
        let text = params.get(name).ok_or(ParameterError::Missing(name))?;
        serde_json::from_str(text).map_err(|_| ParameterError::Malformed(name))
    }
}

/// A list is one compact JSON text: `Tag=[{"Key":"a","Value":"b"}]`. Read, it may also be spread over
/// parameters (`Tag.1.Key=a`), as the documentation describes it for callers without an SDK.
impl<T: Serialize + DeserializeOwned> Parameter for Vec<T> {
    fn write(&self, name: &str, params: &mut Params) {
        // Plain structs of text: writing them as JSON cannot fail.
        params.push(name, serde_json::to_string(self).unwrap_or_default());
    }

    fn read(name: &'static str, params: &Params) -> Result<Self, ParameterError> {
        let malformed = |_| ParameterError::Malformed(name);
        match params.get(name) {
            Some(text) => serde_json::from_str(text).map_err(malformed),
            None => {
                let value = unflatten(name, params).ok_or(ParameterError::Missing(name))?;
                serde_json::from_value(value).map_err(malformed)
            }
        }
    }
}

/// Absent, or empty where text is not what is wanted (`MaxItems=`), reads as `None`.
impl<T: Parameter + OptionalParameter> Parameter for Option<T> {
    fn write(&self, name: &str, params: &mut Params) {
        if let Some(value) = self {
            value.write(name, params);
        }
    }

    fn read(name: &'static str, params: &Params) -> Result<Self, ParameterError> {
        if params.get(name) == Some("") && !T::EMPTY_IS_A_VALUE {
            return Ok(None);
        }
        match T::read(name, params) {
            Ok(value) => Ok(Some(value)),
            Err(ParameterError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether an empty text is a value of an optional parameter: it clears a description, but it is no
/// number and no list.
pub(super) trait OptionalParameter {
    const EMPTY_IS_A_VALUE: bool = false;
}

impl OptionalParameter for String {
    const EMPTY_IS_A_VALUE: bool = true;
}

impl OptionalParameter for i64 {}
impl OptionalParameter for bool {}
impl OptionalParameter for Value {}
impl<T> OptionalParameter for Vec<T> {}

/// `name.1`, `name.2.Key` and so on as a JSON list, or nothing where there is none.
fn unflatten(name: &str, params: &Params) -> Option<Value> {
    let mut items: std::collections::BTreeMap<u32, Value> = std::collections::BTreeMap::new();
    for (key, value) in params.iter() {
        let Some(rest) = key
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('.'))
        else {
            continue;
        };
        let (index, field) = match rest.split_once('.') {
            Some((index, field)) => (index, Some(field)),
            None => (rest, None),
        };
        let Ok(index) = index.parse() else { continue };
        let value = Value::String(value.to_owned());
        match field {
            None => {
                items.insert(index, value);
            }
            Some(field) => {
                let item = items
                    .entry(index)
                    .or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(fields) = item {
                    fields.insert(field.to_owned(), value);
                }
            }
        }
    }
    (!items.is_empty()).then(|| Value::Array(items.into_values().collect()))
}

/// Makes the parameter structs of one service and their [`Operation`] implementations. A field is
/// `name: Type = "WireName"`, a required one has no `Option`.
macro_rules! operations {
    (
        $service:ident;
        $(
            $(#[$meta:meta])*
            $kind:ident $action:ident $(($($flag:ident),+))? -> $output:ty {
                $( $(#[$field_meta:meta])* $field:ident: $type:ty = $wire:literal, )*
            }
        )+
    ) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $action {$(
            #[doc = concat!("`", $wire, "`.")]
            $(#[$field_meta])*
            pub $field: $type,
        )*}

        impl $crate::api::operation::Operation for $action {
            const SERVICE: $crate::api::operation::Service =
                $crate::api::operation::Service::$service;
            const ACTION: &'static str = stringify!($action);
            const VERSION: &'static str = Self::SERVICE.version();
            const KIND: $crate::api::operation::Kind = $crate::api::operation::Kind::$kind;
            const PLACEMENT: $crate::api::operation::Placement =
                $crate::api::operation::flags(&[$($(stringify!($flag)),+)?]).0;
            const SENSITIVE: bool =
                $crate::api::operation::flags(&[$($(stringify!($flag)),+)?]).1;
            type Output = $output;

            fn params(&self) -> $crate::api::Params {
                #[allow(unused_mut, reason = "an action without parameters pushes nothing")]
                let mut params = $crate::api::Params::new();
                $( $crate::api::operation::Parameter::write(&self.$field, $wire, &mut params); )*
                params
            }

            #[allow(unused_variables, reason = "an action without parameters reads nothing")]
            fn from_params(
                params: &$crate::api::Params,
            ) -> Result<Self, $crate::api::operation::ParameterError> {
                Ok(Self {
                    $( $field: $crate::api::operation::Parameter::read($wire, params)?, )*
                })
            }
        }
    )+};
}
pub(super) use operations;

/// The words in brackets after an action: `form` for a form body, `sensitive` for a secret answer.
pub(super) const fn flags(words: &[&str]) -> (Placement, bool) {
    let mut placement = Placement::Query;
    let mut sensitive = false;
    let mut rest = words;
    while let [word, tail @ ..] = rest {
        match word.as_bytes() {
            b"form" => placement = Placement::Form,
            b"sensitive" => sensitive = true,
            _ => {}
        }
        rest = tail;
    }
    (placement, sensitive)
}

#[cfg(test)]
mod tests {
    use crate::api::ram::{CreateRole, ListRoles, Tag, TagResources};
    use crate::api::{Operation, ParameterError, Params};

    fn params(text: &str) -> Params {
        Params::from_form(text).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let call = CreateRole {
            role_name: "r".into(),
            assume_role_policy_document: "{}".into(),
            description: Some(String::new()),
            max_session_duration: Some(7200),
            allow_console_login: Some(false),
            tag: Some(vec![Tag::new("a\"b", "中")]),
        };
        let sent = call.params();
        assert_eq!(sent.get("MaxSessionDuration"), Some("7200"));
        assert_eq!(
            sent.get("Tag"),
            Some("[{\"Key\":\"a\\\"b\",\"Value\":\"中\"}]")
        );
        assert_eq!(CreateRole::from_params(&sent), Ok(call));
    }

    #[test]
    fn absent_parameters_are_not_sent() {
        assert!(ListRoles::default().params().is_empty());
    }

    #[test]
    fn lists_may_be_spread_over_parameters() {
        let read = TagResources::from_params(&params(
            "ResourceType=role&ResourceNames.1=a&ResourceNames.2=b&Tag.1.Key=k&Tag.1.Value=v",
        ));
        let expected = TagResources {
            resource_type: "role".into(),
            resource_names: vec!["a".into(), "b".into()],
            tag: vec![Tag::new("k", "v")],
        };
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn errors_name_the_parameter() {
        assert_eq!(
            CreateRole::from_params(&params("AssumeRolePolicyDocument=x")),
            Err(ParameterError::Missing("RoleName"))
        );
        assert_eq!(
            ListRoles::from_params(&params("MaxItems=ten")),
            Err(ParameterError::Malformed("MaxItems"))
        );
        assert_eq!(
            ListRoles::from_params(&params("MaxItems=&Marker=")),
            Ok(ListRoles {
                marker: Some(String::new()),
                ..ListRoles::default()
            })
        );
    }
}
