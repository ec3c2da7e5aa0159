//! ACS3-HMAC-SHA256: the signature is in the `Authorization` header and covers method, path, query,
//! the listed headers and the body.

use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{Key, format_time, hex};
use crate::api::encoding::Params;
use crate::api::secret::Secret;

/// The name of the scheme, as in the `Authorization` header.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// A request to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// In upper case.
    pub method: &'a str,
    /// As it is sent, percent-encoded; `/` for all RPC calls.
    pub path: &'a str,
    /// What the query says, decoded.
    pub query: &'a Params,
    /// The `Host` header as it is sent, with the port where it is not the usual one.
    pub host: &'a str,
    /// `x-acs-action`.
    pub action: &'a str,
    /// `x-acs-version`.
    pub version: &'a str,
    /// `content-type`, where there is a body.
    pub content_type: Option<&'a str>,
    /// The bytes of the body.
    pub body: &'a [u8],
}

/// What to send beside what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instructions {
    /// Every header that is signed, `host` and `content-type` among them, in lower case and sorted,
    /// and `authorization` at the end. They have to be sent as they are.
    pub headers: Vec<(String, String)>,
    /// The text that stands for the request.
    pub canonical_request: String,
    /// The text that the signature is made of.
    pub string_to_sign: String,
    /// Lower-case hexadecimal.
    pub signature: String,
}

/// Signs a request for one attempt: time and nonce must be fresh for each.
#[must_use]
pub fn sign(request: &Request<'_>, key: &Key<'_>, time: SystemTime, nonce: &str) -> Instructions {
    let mut headers = vec![
        ("host".to_owned(), request.host.to_owned()),
        ("x-acs-action".to_owned(), request.action.to_owned()),
        ("x-acs-content-sha256".to_owned(), hash(request.body)),
        ("x-acs-date".to_owned(), format_time(time)),
        ("x-acs-signature-nonce".to_owned(), nonce.to_owned()),
        ("x-acs-version".to_owned(), request.version.to_owned()),
    ];
    if let Some(token) = key.token {
        headers.push(("x-acs-security-token".to_owned(), token.expose().to_owned()));
    }
    if let Some(content_type) = request.content_type {
        headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    sign_headers(
        request.method,
        request.path,
        request.query,
        headers,
        &hash(request.body),
        key,
    )
}

/// Signs exactly these headers, of which `x-acs-content-sha256` must be the hash of the body.
#[must_use]
pub fn sign_headers(
    method: &str,
    path: &str,
    query: &Params,
    mut headers: Vec<(String, String)>,
    body_hash: &str,
    key: &Key<'_>,
) -> Instructions {
    for (name, _) in &mut headers {
        name.make_ascii_lowercase();
    }
    headers.sort_unstable();
    let names = signed_names(&headers);
    let canonical_request = canonical_request(method, path, query, &headers, &names, body_hash);
    let string_to_sign = string_to_sign(&canonical_request);
    let signature = hex(&mac(key.secret, &string_to_sign).finalize().into_bytes());
    headers.push((
        "authorization".to_owned(),
        format!(
            "{ALGORITHM} Credential={},SignedHeaders={names},Signature={signature}",
            key.id
        ),
    ));
    Instructions {
        headers,
        canonical_request,
        string_to_sign,
        signature,
    }
}

/// Lower-case hexadecimal SHA-256, as in `x-acs-content-sha256`.
#[must_use]
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Names in lower case and sorted, each once, joined by `;`.
fn signed_names(headers: &[(String, String)]) -> String {
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    names.join(";")
}

/// The six parts. The headers must be in lower case and sorted by name.
pub(super) fn canonical_request(
    method: &str,
    path: &str,
    query: &Params,
    headers: &[(String, String)],
    names: &str,
    body_hash: &str,
) -> String {
    let path = if path.is_empty() { "/" } else { path };
    let mut text = format!("{method}\n{path}\n{}\n", query.canonical());
    // A name that occurs several times has its values trimmed, sorted and joined.
    for group in headers.chunk_by(|(a, _), (b, _)| a == b) {
        let mut values: Vec<&str> = group.iter().map(|(_, value)| value.trim()).collect();
        values.sort_unstable();
        if let Some((name, _)) = group.first() {
            text.extend([name, ":", &values.join(","), "\n"]);
        }
    }
    text.extend(["\n", names, "\n", body_hash]);
    text
}

pub(super) fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", hash(canonical_request.as_bytes()))
}

/// The key is the secret as it is.
pub(super) fn mac(secret: &Secret, text: &str) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("any length");
    mac.update(text.as_bytes());
    mac
}
