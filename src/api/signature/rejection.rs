//! Why a request is not let in, with the codes and texts of the vendor's gateway.

use std::fmt;

use crate::api::error::ErrorDocument;

/// Why a request is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// A signature is there and is not the right one. Holds the text that the vendor's SDKs look for,
    /// to tell a wrong secret from a wrong string to sign.
    SignatureDoesNotMatch(String),
    /// Something that a signature needs is missing or malformed; says what.
    IncompleteSignature(String),
    /// Another scheme or version than the two known ones.
    InvalidSignatureMethod,
    /// The date is not within the window.
    Expired,
    /// The date is not a date.
    TimeFormat,
    /// The nonce was used before.
    NonceUsed,
    /// No such key.
    KeyNotFound,
    /// The key is disabled.
    KeyInactive,
    /// The key is temporary and its token is not there.
    TokenMissing,
    /// The token belongs to another key, or the key has none.
    TokenMismatch,
    /// The token is not one.
    TokenMalformed,
    /// The token has run out.
    TokenExpired,
    /// A parameter that every call has is missing.
    Missing(&'static str),
}

impl Rejection {
    /// `Code`.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::SignatureDoesNotMatch(_) => "SignatureDoesNotMatch",
            Self::IncompleteSignature(_) => "IncompleteSignature",
            Self::InvalidSignatureMethod => "InvalidSignatureMethod",
            Self::Expired => "InvalidTimeStamp.Expired",
            Self::TimeFormat => "InvalidTimeStamp.Format",
            Self::NonceUsed => "SignatureNonceUsed",
            Self::KeyNotFound => "InvalidAccessKeyId.NotFound",
            Self::KeyInactive => "InvalidAccessKeyId.Inactive",
            Self::TokenMissing => "MissingSecurityToken",
            Self::TokenMismatch => "InvalidSecurityToken.MismatchWithAccessKey",
            Self::TokenMalformed => "InvalidSecurityToken.Malformed",
            Self::TokenExpired => "InvalidSecurityToken.Expired",
            Self::Missing(name) => return format!("Missing{name}"),
        }
        .to_owned()
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::KeyNotFound => 404,
            _ => 400,
        }
    }

    /// `Message`.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::SignatureDoesNotMatch(message) => message.as_str(),
            Self::IncompleteSignature(detail) => {
                return format!(
                    "The request signature does not conform to Aliyun standards. {detail}"
                );
            }
            Self::InvalidSignatureMethod => "Specified signature method is not valid.",
            Self::Expired => "Specified time stamp or date value is expired.",
            Self::TimeFormat => "Specified time stamp or date value is not well formatted.",
            Self::NonceUsed => "Specified signature nonce was used already.",
            Self::KeyNotFound => "Specified access key is not found.",
            Self::KeyInactive => "Specified access key is disabled.",
            Self::TokenMissing => "SecurityToken is mandatory for this action.",
            Self::TokenMismatch => "Specified SecurityToken mismatch with the AccessKey.",
            Self::TokenMalformed => "Specified SecurityToken is malformed.",
            Self::TokenExpired => "Specified SecurityToken is expired.",
            Self::Missing(name) => return format!("{name} is mandatory for this action."),
        }
        .to_owned()
    }

    /// The document, without request id and host.
    #[must_use]
    pub fn document(&self) -> ErrorDocument {
        ErrorDocument::new(self.code(), self.message())
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.message())
    }
}

impl std::error::Error for Rejection {}
