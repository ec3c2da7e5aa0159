//! Error documents and what kind of error a code is.
//!
//! The kind follows from the code alone. The HTTP status varies between products for one and the same
//! code, and texts change.

use std::fmt;

use quick_xml::events::Event;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer;

/// What the service answers when it refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorDocument {
    /// `RequestId`.
    #[serde(default, alias = "requestId")]
    pub request_id: String,
    /// `HostId`: the host that answered.
    #[serde(default, skip_serializing_if = "String::is_empty", alias = "hostId")]
    pub host_id: String,
    /// `Code`, dotted.
    #[serde(default, alias = "code")]
    pub code: String,
    /// `Message`, for people.
    #[serde(default, alias = "message")]
    pub message: String,
    /// `Recommend`: a link to the vendor's help on the code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub recommend: String,
    /// `AccessDeniedDetail`: which permission is missing, on authorization failures only.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        alias = "accessDeniedDetail"
    )]
    pub access_denied_detail: Option<AccessDeniedDetail>,
}

/// Which permission is missing and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AccessDeniedDetail {
    /// `AuthAction`, such as `ram:CreateRole`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub auth_action: String,
    /// `AuthPrincipalType`: `SubUser`, `AssumedRoleUser` or `Federated`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub auth_principal_type: String,
    /// `AuthPrincipalDisplayName`: a user id or `<role>:<session>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub auth_principal_display_name: String,
    /// `AuthPrincipalOwnerId`: an account id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub auth_principal_owner_id: String,
    /// `NoPermissionType`: `ImplicitDeny` or `ExplicitDeny`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub no_permission_type: String,
    /// `PolicyType`: the kind of policy that decided.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub policy_type: String,
    /// `EncodedDiagnosticMessage`, opaque.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub encoded_diagnostic_message: String,
}

impl ErrorDocument {
    /// A document of this code and message.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            ..Self::default()
        }
    }

    /// The kind of the code.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::of(&self.code)
    }

    /// Reads a document, JSON or XML, or finds none: a proxy's page, or an object without a code.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body)
            .ok()?
            .trim_start_matches('\u{feff}')
            .trim();
        let document = if text.starts_with('<') {
            Self::from_xml(text)?
        } else {
            serde_json::from_str(text).ok()?
        };
        (!document.code.is_empty()).then_some(document)
    }

    /// The document as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        // Plain structs of text: writing them as JSON cannot fail.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The document as XML, in a root named `Error`.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut text = String::from("<?xml version='1.0' encoding='UTF-8'?>");
        answer::element(&mut text, "Error", &self.to_json());
        text
    }

    fn from_xml(text: &str) -> Option<Self> {
        let mut reader = quick_xml::Reader::from_str(text);
        let mut path: Vec<String> = Vec::new();
        let mut content = String::new();
        let mut document = Self::default();
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    path.push(start.local_name().as_ref().to_owned());
                    content.clear();
                    if path.len() == 1 && path.first().is_some_and(|root| root != "Error") {
                        return None;
                    }
                }
                Event::Text(part) => content.push_str(&part),
                Event::CData(part) => content.push_str(&part),
                Event::GeneralRef(entity) => {
                    let resolved = match entity.resolve_char_ref().ok()? {
                        Some(character) => character.to_string(),
                        None => quick_xml::escape::resolve_xml_entity(&entity)?.to_owned(),
                    };
                    content.push_str(&resolved);
                }
                Event::End(_) => {
                    let names: Vec<&str> = path.iter().map(String::as_str).collect();
                    document.set(&names, std::mem::take(&mut content));
                    path.pop();
                }
                Event::Eof => return Some(document),
                _ => {}
            }
        }
    }

    /// Sets the field at a path of element names below `Error`; other paths are not ours.
    fn set(&mut self, path: &[&str], value: String) {
        let slot = match path {
            ["Error", "RequestId"] => &mut self.request_id,
            ["Error", "HostId"] => &mut self.host_id,
            ["Error", "Code"] => &mut self.code,
            ["Error", "Message"] => &mut self.message,
            ["Error", "Recommend"] => &mut self.recommend,
            ["Error", "AccessDeniedDetail", field] => {
                let detail = self.access_denied_detail.get_or_insert_default();
                match *field {
                    "AuthAction" => &mut detail.auth_action,
                    "AuthPrincipalType" => &mut detail.auth_principal_type,
                    "AuthPrincipalDisplayName" => &mut detail.auth_principal_display_name,
                    "AuthPrincipalOwnerId" => &mut detail.auth_principal_owner_id,
                    "NoPermissionType" => &mut detail.no_permission_type,
                    "PolicyType" => &mut detail.policy_type,
                    "EncodedDiagnosticMessage" => &mut detail.encoded_diagnostic_message,
                    _ => return,
                }
            }
            _ => return,
        };
        *slot = value;
    }
}

/// What kind of error a code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The object is not there. Carried out: no.
    NotFound,
    /// An object of that name, or that attachment, is already there. Carried out: no.
    AlreadyExists,
    /// Something still hangs on the object that was to be deleted. Carried out: no.
    DeleteConflict,
    /// The object is in a state that does not allow it. Carried out: no.
    Conflict,
    /// Too many calls; later it may work. Carried out: no.
    Throttled,
    /// The caller may not do it. Carried out: no.
    Denied,
    /// A parameter is missing, malformed or out of range. Carried out: no.
    Invalid,
    /// A limit of the account is reached. Carried out: no.
    Quota,
    /// The signature, the key, the token or the clock is wrong. Carried out: no.
    Auth,
    /// The service failed. Carried out: perhaps.
    Server,
    /// The service does not know the action, the version or the product. Carried out: no.
    Unsupported,
    /// None of the above. Carried out: no, as far as an error says so.
    Unknown,
}

impl ErrorKind {
    /// The kind of a code.
    #[must_use]
    pub fn of(code: &str) -> Self {
        RULES
            .iter()
            .find(|(rule, _)| rule.matches(code))
            .map_or(Self::Unknown, |(_, kind)| *kind)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::AlreadyExists => "already exists",
            Self::DeleteConflict => "still in use",
            Self::Conflict => "wrong state",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Invalid => "invalid",
            Self::Quota => "quota reached",
            Self::Auth => "not authenticated",
            Self::Server => "service failure",
            Self::Unsupported => "unsupported",
            Self::Unknown => "unknown error",
        })
    }
}

enum Rule {
    /// The code itself, or the code and a dot.
    Family(&'static str),
    /// Any code that begins so.
    Prefix(&'static str),
    /// Any code that holds this.
    Contains(&'static str),
    /// Any code that ends so.
    Suffix(&'static str),
}

impl Rule {
    fn matches(&self, code: &str) -> bool {
        match self {
            Self::Family(name) => code
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
            Self::Prefix(prefix) => code.starts_with(prefix),
            Self::Contains(part) => code.contains(part),
            Self::Suffix(suffix) => code.ends_with(suffix),
        }
    }
}

/// First match wins, so the exceptions of a family stand before it.
const RULES: &[(Rule, ErrorKind)] = {
    use ErrorKind as K;
    use Rule::{Contains, Family, Prefix, Suffix};
    &[
        (Contains("Throttling"), K::Throttled),
        (Family("TooManyRequests"), K::Throttled),
        (Family("EntityNotExist"), K::NotFound),
        (Family("ResourceNotFound"), K::NotFound),
        (Family("InvalidProject.NotFound"), K::NotFound),
        (Family("EntityAlreadyExists"), K::AlreadyExists),
        (Family("EntityAlreadyExist"), K::AlreadyExists),
        (Family("ResourceAlreadyExists"), K::AlreadyExists),
        (Family("InvalidProject.AlreadyExist"), K::AlreadyExists),
        (Family("DeleteConflict"), K::DeleteConflict),
        (Family("StatusConflict"), K::Conflict),
        (Family("InvalidProject.Deleting"), K::Conflict),
        (Family("LimitExceeded"), K::Quota),
        (Family("LimitExceededError"), K::Quota),
        (Prefix("QuotaExceed"), K::Quota),
        (Family("NoPermission"), K::Denied),
        (Family("Forbidden"), K::Denied),
        (Family("AccessDenied"), K::Denied),
        (Family("Unauthorized"), K::Denied),
        (Family("Inactive"), K::Denied),
        (Family("AuthenticationFail.NoPermission"), K::Denied),
        (Family("AuthenticationFail"), K::Auth),
        (Family("SignatureDoesNotMatch"), K::Auth),
        (Family("IncompleteSignature"), K::Auth),
        (Family("SignatureNonceUsed"), K::Auth),
        (Family("InvalidTimeStamp"), K::Auth),
        (Family("InvalidAccessKeyId"), K::Auth),
        (Family("InvalidSecurityToken"), K::Auth),
        (Family("MissingSecurityToken"), K::Auth),
        (Family("InvalidSignatureMethod"), K::Auth),
        (Family("InvalidApi"), K::Unsupported),
        (Family("InvalidAction"), K::Unsupported),
        (Family("InvalidVersion"), K::Unsupported),
        (Family("InvalidProduct"), K::Unsupported),
        (Family("InvalidProtocol"), K::Unsupported),
        (Family("UnsupportedHTTPMethod"), K::Unsupported),
        (Family("InternalError"), K::Server),
        (Family("InternalFailure"), K::Server),
        (Family("ServiceUnavailable"), K::Server),
        (Family("SystemError"), K::Server),
        (Suffix(".Timeout"), K::Server),
        (Prefix("Malformed"), K::Invalid),
        (Prefix("Missing"), K::Invalid),
        (Prefix("Invalid"), K::Invalid),
    ]
};

#[cfg(test)]
mod tests {
    use super::{AccessDeniedDetail, ErrorDocument, ErrorKind};

    #[test]
    fn the_kind_follows_from_the_code() {
        for (code, kind) in [
            ("EntityNotExist.Role", ErrorKind::NotFound),
            ("ResourceNotFound", ErrorKind::NotFound),
            ("InvalidAccessKeyId.NotFound", ErrorKind::Auth),
            ("InvalidAction.NotFound", ErrorKind::Unsupported),
            ("EntityAlreadyExists.Role.Policy", ErrorKind::AlreadyExists),
            ("DeleteConflict.Policy.Version", ErrorKind::DeleteConflict),
            ("StatusConflict", ErrorKind::Conflict),
            ("LimitExceeded.Policy.Version", ErrorKind::Quota),
            ("LimitExceededError", ErrorKind::Quota),
            ("Throttling.User", ErrorKind::Throttled),
            ("Rejected.Throttling", ErrorKind::Throttled),
            ("NoPermission", ErrorKind::Denied),
            ("AccessDenied", ErrorKind::Denied),
            ("MissingRoleName", ErrorKind::Invalid),
            ("MissingSecurityToken", ErrorKind::Auth),
            ("MalformedPolicyDocument", ErrorKind::Invalid),
            ("InvalidParameter.RoleName.Length", ErrorKind::Invalid),
            ("InternalError", ErrorKind::Server),
            ("SomethingNew", ErrorKind::Unknown),
            ("", ErrorKind::Unknown),
        ] {
            assert_eq!(ErrorKind::of(code), kind, "{code}");
        }
    }

    fn full() -> ErrorDocument {
        ErrorDocument {
            request_id: "ID".into(),
            host_id: "ram.aliyuncs.com".into(),
            recommend: "https://api.aliyun.com/troubleshoot?q=NoPermission&product=Ram".into(),
            access_denied_detail: Some(AccessDeniedDetail {
                auth_action: "ram:CreateRole".into(),
                no_permission_type: "ImplicitDeny".into(),
                ..AccessDeniedDetail::default()
            }),
            ..ErrorDocument::new("NoPermission", "not <you> & \"yours\"")
        }
    }

    #[test]
    fn both_forms_come_back() {
        let document = full();
        let json = document.to_json().to_string();
        assert_eq!(
            ErrorDocument::parse(json.as_bytes()),
            Some(document.clone())
        );
        let xml = document.to_xml();
        assert!(xml.contains("<Code>NoPermission</Code>"), "{xml}");
        assert_eq!(ErrorDocument::parse(xml.as_bytes()), Some(document));
    }

    #[test]
    fn other_texts_are_no_documents() {
        for text in [
            "",
            "{}",
            "[]",
            "null",
            "{\"RequestId\":\"x\"}",
            "<html><body>502</body></html>",
            "<Error>",
            "<Error></Wrong>",
            "upstream connect error",
        ] {
            assert_eq!(ErrorDocument::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(ErrorDocument::parse(b"\xff\xfe"), None);
    }

    #[test]
    fn lower_case_keys_are_read() {
        let document = ErrorDocument::parse(
            b"{\"code\":\"Throttling\",\"message\":\"m\",\"requestId\":\"r\"}",
        );
        assert_eq!(document.map(|d| d.kind()), Some(ErrorKind::Throttled));
    }
}
