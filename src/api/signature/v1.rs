//! HMAC-SHA1 of RPC calls, `SignatureVersion=1.0`: the signature is a parameter and covers the method
//! and all other parameters, those of a form body too. Neither headers nor other bodies are covered.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::{Key, format_time};
use crate::api::encoding::{Params, encode};
use crate::api::secret::Secret;

/// The name of the scheme, as in the `SignatureMethod` parameter.
pub const ALGORITHM: &str = "HMAC-SHA1";

/// A request to be signed. The path is always `/`.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// In upper case.
    pub method: &'a str,
    /// `Action`.
    pub action: &'a str,
    /// `Version`.
    pub version: &'a str,
    /// Every other parameter of query and form, `Format` among them.
    pub params: &'a Params,
}

/// What to send beside what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instructions {
    /// The system parameters, `Signature` among them, for query or form.
    pub params: Params,
    /// The text that the signature is made of.
    pub string_to_sign: String,
    /// Base64.
    pub signature: String,
}

/// Signs a request for one attempt: time and nonce must be fresh for each.
#[must_use]
pub fn sign(request: &Request<'_>, key: &Key<'_>, time: SystemTime, nonce: &str) -> Instructions {
    let mut system = Params::new();
    system.push("Action", request.action);
    system.push("Version", request.version);
    system.push("AccessKeyId", key.id);
    system.push("SignatureMethod", ALGORITHM);
    system.push("SignatureVersion", "1.0");
    system.push("SignatureNonce", nonce);
    system.push("Timestamp", format_time(time));
    if let Some(token) = key.token {
        system.push("SecurityToken", token.expose());
    }
    let mut all = request.params.clone();
    all.extend(system.clone());
    let string_to_sign = string_to_sign(request.method, &all);
    let signature = signature(key.secret, &string_to_sign);
    system.push("Signature", signature.as_str());
    Instructions {
        params: system,
        string_to_sign,
        signature,
    }
}

/// The text that stands for a request with these parameters, of which `Signature` is none.
#[must_use]
pub fn string_to_sign(method: &str, params: &Params) -> String {
    format!("{method}&%2F&{}", encode(&params.canonical()))
}

/// The key is the secret and an ampersand.
fn signature(secret: &Secret, string_to_sign: &str) -> String {
    let secret = zeroize::Zeroizing::new(format!("{}&", secret.expose()));
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(string_to_sign.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Compares the Base64 texts, so that there is one spelling of a signature only.
pub(super) fn verify(secret: &Secret, string_to_sign: &str, given: &str) -> bool {
    signature(secret, string_to_sign)
        .as_bytes()
        .ct_eq(given.as_bytes())
        .into()
}
