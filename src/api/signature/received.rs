//! Reading a received request: which scheme, who it says it is, and whether that is true.

use std::time::{Duration, SystemTime};

use hmac::Mac;

use super::{Rejection, minutes, parse_time, v1, v3};
use crate::api::encoding::Params;
use crate::api::secret::Secret;

/// A request as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The method.
    pub method: &'a str,
    /// The request target as it stands in the request line: path, and query after a `?`.
    pub target: &'a str,
    /// Names and values in any order and case.
    pub headers: &'a [(&'a str, &'a str)],
    /// All bytes of the body.
    pub body: &'a [u8],
}

impl<'a> Received<'a> {
    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers
            .iter()
            .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then(|| value.trim()))
    }

    fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|value| {
            let media_type = value.split(';').next().unwrap_or_default().trim();
            media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
    }
}

/// A signature scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// ACS3-HMAC-SHA256.
    V3,
    /// HMAC-SHA1 of RPC calls.
    V1,
}

/// What a request says about itself. Nothing of it is proven before [`Signed::verify`].
#[derive(Clone, Debug)]
pub struct Claims {
    /// The action, from the header of V3 or the parameter of V1.
    pub action: Option<String>,
    /// The API version, likewise.
    pub version: Option<String>,
    /// `Format`, as given.
    pub format: Option<String>,
    /// Every parameter of query and form body, system parameters included, `Signature` excluded.
    pub params: Params,
    /// Who signed it.
    pub identity: Identity,
}

/// Who signed a request.
#[derive(Clone, Debug)]
pub enum Identity {
    /// A key, as it says.
    Signed(Box<Signed>),
    /// Somebody with a bearer token, which is not checked here.
    Bearer(Secret),
    /// Nobody.
    Anonymous,
}

/// A signature and all that is needed to check it.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The scheme.
    pub scheme: Scheme,
    /// The key that it says it was signed with.
    pub access_key_id: String,
    /// The session token that came with it.
    pub security_token: Option<Secret>,
    /// When it was signed.
    pub date: SystemTime,
    /// The nonce; each may be used once with one key.
    pub nonce: String,
    /// The text that stands for the request, in V3 only.
    pub canonical_request: Option<String>,
    /// The text that the signature must be made of.
    pub string_to_sign: String,
    signature: String,
}

/// How far a date may be from the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How old it may be.
    pub past: Duration,
    /// How far ahead it may be.
    pub future: Duration,
}

impl Window {
    /// The usual window of a scheme: 15 minutes both ways, but 31 minutes back for V1.
    #[must_use]
    pub const fn of(scheme: Scheme) -> Self {
        let past = match scheme {
            Scheme::V3 => 15,
            Scheme::V1 => 31,
        };
        Self {
            past: minutes(past),
            future: minutes(15),
        }
    }
}

impl Signed {
    /// Checks the signature in constant time.
    ///
    /// # Errors
    /// [`Rejection::SignatureDoesNotMatch`].
    pub fn verify(&self, secret: &Secret) -> Result<(), Rejection> {
        let matches = match self.scheme {
            Scheme::V3 => unhex(&self.signature).is_some_and(|signature| {
                v3::mac(secret, &self.string_to_sign)
                    .verify_slice(&signature)
                    .is_ok()
            }),
            Scheme::V1 => v1::verify(secret, &self.string_to_sign, &self.signature),
        };
        if matches {
            return Ok(());
        }
        Err(Rejection::SignatureDoesNotMatch(
            match &self.canonical_request {
                Some(canonical) => format!(
                    "Specified signature does not match our calculation. server StringToSign is \
                     [{}] server CanonicalRequest is [{canonical}]",
                    self.string_to_sign
                ),
                None => format!(
                    "Specified signature is not matched with our calculation. server string to \
                     sign is:{}",
                    self.string_to_sign
                ),
            },
        ))
    }

    /// Checks the date against a clock.
    ///
    /// # Errors
    /// [`Rejection::Expired`].
    pub fn check_time(&self, now: SystemTime, window: Window) -> Result<(), Rejection> {
        let within = match now.duration_since(self.date) {
            Ok(age) => age <= window.past,
            Err(ahead) => ahead.duration() <= window.future,
        };
        if within {
            Ok(())
        } else {
            Err(Rejection::Expired)
        }
    }
}

/// Reads what a request claims: by its `Authorization` header it is V3, by a `Signature` parameter
/// V1, and without either nobody's.
///
/// # Errors
/// When a signature is there in part, or malformed, or of another scheme, or leaves out something it
/// must cover. Half a signature is never taken for none.
pub fn recognise(received: &Received<'_>) -> Result<Claims, Rejection> {
    let (path, query) = received
        .target
        .split_once('?')
        .unwrap_or((received.target, ""));
    if !path.starts_with('/') {
        return Err(incomplete("The path does not begin with /.".into()));
    }
    let unreadable = |place: &str| {
        let place = place.to_owned();
        move |error| incomplete(format!("The {place} holds {error}."))
    };
    let query = Params::from_form(query).map_err(unreadable("query"))?;
    let mut all = query.clone();
    if received.is_form() {
        let text = std::str::from_utf8(received.body)
            .map_err(|_| incomplete("The form is not UTF-8.".into()))?;
        all.extend(Params::from_form(text).map_err(unreadable("form"))?);
    }

    let mut signatures = all
        .iter()
        .filter(|(name, _)| *name == "Signature")
        .map(|(_, value)| value.to_owned());
    let (signature, second) = (signatures.next(), signatures.next());
    drop(signatures);
    if second.is_some() {
        return Err(incomplete("There is more than one Signature.".into()));
    }
    let params = all.without("Signature");
    let header = |name: &str| received.header(name).map(str::to_owned);
    let param = |name: &str| params.get(name).map(str::to_owned);

    let identity = if let Some(authorization) = received.header("authorization") {
        Identity::Signed(Box::new(v3_claims(received, path, &query, authorization)?))
    } else if let Some(signature) = signature {
        Identity::Signed(Box::new(v1_claims(received, path, &params, signature)?))
    } else if let Some(token) = header("x-acs-bearer-token").or_else(|| param("BearerToken")) {
        Identity::Bearer(token.into())
    } else if params.has("AccessKeyId") || params.has("SignatureMethod") {
        return Err(incomplete("There is no Signature.".into()));
    } else {
        Identity::Anonymous
    };

    // Clients of V1 send these headers too, beside the parameters that they sign.
    let v3 = matches!(&identity, Identity::Signed(signed) if signed.scheme == Scheme::V3);
    let (action, version) = if v3 || !params.has("Action") {
        (header("x-acs-action"), header("x-acs-version"))
    } else {
        (param("Action"), param("Version"))
    };
    Ok(Claims {
        action,
        version,
        format: param("Format"),
        params,
        identity,
    })
}

fn v3_claims(
    received: &Received<'_>,
    path: &str,
    query: &Params,
    authorization: &str,
) -> Result<Signed, Rejection> {
    let fields = authorization
        .strip_prefix(v3::ALGORITHM)
        .and_then(|rest| rest.strip_prefix(' '))
        .ok_or(Rejection::InvalidSignatureMethod)?;
    let (access_key_id, names, signature) = authorization_fields(fields).ok_or_else(|| {
        incomplete("Authorization needs Credential, SignedHeaders and Signature.".into())
    })?;

    // What is listed has to be there, once in the list; what matters has to be listed.
    let listed: Vec<&str> = names.split(';').collect();
    if !listed.is_sorted_by(|a, b| a < b) {
        return Err(incomplete("SignedHeaders is not sorted.".into()));
    }
    let mut headers = Vec::new();
    for name in &listed {
        let before = headers.len();
        headers.extend(received.headers.iter().filter_map(|(key, value)| {
            let key = key.to_ascii_lowercase();
            (key == *name).then(|| (key, (*value).to_owned()))
        }));
        if headers.len() == before {
            return Err(incomplete(format!("The signed header {name} is missing.")));
        }
    }
    for (name, _) in received.headers {
        let name = name.to_ascii_lowercase();
        let matters = name.starts_with("x-acs-") || name == "host" || name == "content-type";
        if matters && !listed.contains(&name.as_str()) {
            return Err(incomplete(format!("The header {name} is not signed.")));
        }
    }

    let required = |name: &str| {
        received
            .header(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| incomplete(format!("The header {name} is missing.")))
    };
    required("host")?;
    let body_hash = required("x-acs-content-sha256")?;
    if body_hash != v3::hash(received.body) {
        return Err(incomplete(
            "The header x-acs-content-sha256 is not the hash of the body.".into(),
        ));
    }
    let date = parse_time(required("x-acs-date")?).ok_or(Rejection::TimeFormat)?;
    let nonce = required("x-acs-signature-nonce")?.to_owned();
    required("x-acs-action")?;
    required("x-acs-version")?;
    // Where the id is sent twice, it has to be the same.
    if received
        .header("x-acs-accesskey-id")
        .is_some_and(|id| id != access_key_id)
    {
        return Err(incomplete(
            "Credential and x-acs-accesskey-id differ.".into(),
        ));
    }
    let canonical = v3::canonical_request(received.method, path, query, &headers, names, body_hash);
    Ok(Signed {
        scheme: Scheme::V3,
        access_key_id: access_key_id.to_owned(),
        security_token: received.header("x-acs-security-token").map(Secret::new),
        date,
        nonce,
        string_to_sign: v3::string_to_sign(&canonical),
        canonical_request: Some(canonical),
        signature: signature.to_owned(),
    })
}

/// `Credential=…,SignedHeaders=…,Signature=…`, in this order, each value not empty.
fn authorization_fields(text: &str) -> Option<(&str, &str, &str)> {
    let mut fields = text.split(',');
    let mut field = |name: &str| {
        fields
            .next()?
            .strip_prefix(name)?
            .strip_prefix('=')
            .filter(|value| !value.is_empty())
    };
    let found = (
        field("Credential")?,
        field("SignedHeaders")?,
        field("Signature")?,
    );
    fields.next().is_none().then_some(found)
}

fn v1_claims(
    received: &Received<'_>,
    path: &str,
    params: &Params,
    signature: String,
) -> Result<Signed, Rejection> {
    // The string to sign has a constant where the path would be.
    if path != "/" {
        return Err(incomplete("The path of an RPC call is /.".into()));
    }
    let required = |name: &'static str| {
        params
            .get(name)
            .filter(|value| !value.is_empty())
            .ok_or(Rejection::Missing(name))
    };
    let access_key_id = required("AccessKeyId")?.to_owned();
    if required("SignatureMethod")? != v1::ALGORITHM || required("SignatureVersion")? != "1.0" {
        return Err(Rejection::InvalidSignatureMethod);
    }
    Ok(Signed {
        scheme: Scheme::V1,
        access_key_id,
        security_token: params
            .get("SecurityToken")
            .filter(|token| !token.is_empty())
            .map(Secret::new),
        date: parse_time(required("Timestamp")?).ok_or(Rejection::TimeFormat)?,
        nonce: required("SignatureNonce")?.to_owned(),
        canonical_request: None,
        string_to_sign: v1::string_to_sign(received.method, params),
        signature,
    })
}

fn incomplete(detail: String) -> Rejection {
    Rejection::IncompleteSignature(detail)
}

/// Lower-case hexadecimal only, so that there is one spelling of a signature.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Identity, Received, Rejection, Signed, recognise};
    use crate::api::signature::{Key, v1, v3};
    use crate::api::{Params, Secret};

    fn time() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_739_000_000)
    }

    /// The headers of a signed request with a form body and a token.
    fn signed_headers() -> Vec<(String, String)> {
        let (secret, token) = (Secret::new("secret"), Secret::new("token"));
        let request = v3::Request {
            method: "POST",
            path: "/",
            query: &Params::from_form("A=1").unwrap(),
            host: "ram.aliyuncs.com",
            action: "GetRole",
            version: "2015-05-01",
            content_type: Some("application/x-www-form-urlencoded"),
            body: b"B=2",
        };
        let key = Key {
            id: "AKID",
            secret: &secret,
            token: Some(&token),
        };
        v3::sign(&request, &key, time(), "nonce").headers
    }

    fn verify(
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Signed, Rejection> {
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let received = Received {
            method: "POST",
            target,
            headers: &headers,
            body,
        };
        match recognise(&received)?.identity {
            Identity::Signed(signed) => {
                signed.verify(&Secret::new("secret"))?;
                Ok(*signed)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_the_client_signs_is_let_in() {
        let signed = verify("/?A=1", &signed_headers(), b"B=2").unwrap();
        assert_eq!(signed.access_key_id, "AKID");
        assert_eq!(signed.security_token, Some(Secret::new("token")));
        assert_eq!(signed.date, time());
        assert_eq!(signed.nonce, "nonce");
    }

    #[test]
    fn what_matters_has_to_be_signed() {
        for (name, value) in [
            ("x-acs-extra", "1"),
            ("X-Acs-Security-Token", "token"),
            ("Host", "imm.aliyuncs.com"),
        ] {
            let mut headers = signed_headers();
            headers.push((name.into(), value.into()));
            assert!(verify("/?A=1", &headers, b"B=2").is_err(), "{name}");
        }
        // A signer who leaves something out of the list is refused too, its signature notwithstanding.
        let secret = Secret::new("secret");
        let key = Key {
            id: "AKID",
            secret: &secret,
            token: None,
        };
        for left_out in ["host", "content-type", "x-acs-date", "x-acs-security-token"] {
            let all: Vec<_> = signed_headers()
                .into_iter()
                .filter(|(name, _)| name != "authorization")
                .collect();
            let rest = all.iter().filter(|(name, _)| name != left_out).cloned();
            let query = Params::from_form("A=1").unwrap();
            let hash = v3::hash(b"B=2");
            let signed = v3::sign_headers("POST", "/", &query, rest.collect(), &hash, &key);
            let mut headers = all;
            headers.extend(signed.headers.last().cloned());
            let rejection = verify("/?A=1", &headers, b"B=2").unwrap_err();
            assert_eq!(
                rejection,
                Rejection::IncompleteSignature(format!("The header {left_out} is not signed."))
            );
        }
    }

    #[test]
    fn half_a_signature_is_not_none() {
        let refused = |target: &str, headers: &[(&str, &str)]| {
            let received = Received {
                method: "GET",
                target,
                headers,
                body: b"",
            };
            recognise(&received).unwrap_err()
        };
        assert!(matches!(
            refused("/?AccessKeyId=a&Action=GetRole", &[]),
            Rejection::IncompleteSignature(_)
        ));
        assert_eq!(
            refused("/", &[("authorization", "acs a:b")]),
            Rejection::InvalidSignatureMethod
        );
        for fields in [
            "Credential=a",
            "Credential=,SignedHeaders=host,Signature=00",
        ] {
            let authorization = format!("ACS3-HMAC-SHA256 {fields}");
            assert!(matches!(
                refused("/", &[("authorization", authorization.as_str())]),
                Rejection::IncompleteSignature(_)
            ));
        }
        assert_eq!(
            refused(
                "/?Signature=x&AccessKeyId=a&SignatureMethod=HMAC-SHA256&SignatureVersion=1.0",
                &[]
            ),
            Rejection::InvalidSignatureMethod
        );
        assert_eq!(
            refused("/?Signature=x", &[]),
            Rejection::Missing("AccessKeyId")
        );
        assert!(matches!(
            refused("/?Signature=x&Signature=y", &[]),
            Rejection::IncompleteSignature(_)
        ));
        assert!(matches!(
            refused("/?a=%zz", &[]),
            Rejection::IncompleteSignature(_)
        ));
    }

    #[test]
    fn the_older_scheme_signs_for_one_path_only() {
        let secret = Secret::new("secret");
        let key = Key {
            id: "AKID",
            secret: &secret,
            token: None,
        };
        let mut params = Params::from_form("UserName=a+b").unwrap();
        let request = v1::Request {
            method: "POST",
            action: "GetUser",
            version: "2015-05-01",
            params: &params.clone(),
        };
        params.extend(v1::sign(&request, &key, time(), "nonce").params);
        let query = params.to_form();
        assert!(verify(&format!("/?{query}"), &[], b"").is_ok());
        assert!(verify(&format!("/x?{query}"), &[], b"").is_err());
        assert!(verify(&format!("/?{query}&More=1"), &[], b"").is_err());
    }

    #[test]
    fn messages_keep_what_sdks_look_for() {
        let mut headers = signed_headers();
        let rejection = verify("/?A=2", &headers, b"B=2").unwrap_err();
        assert_eq!(rejection.code(), "SignatureDoesNotMatch");
        assert!(
            rejection
                .message()
                .contains("server StringToSign is [ACS3-HMAC-SHA256\n")
        );
        headers.clear();
        let rejection = verify(
            "/?Signature=x&AccessKeyId=a&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0\
             &Timestamp=2025-02-08T07:33:20Z&SignatureNonce=n",
            &headers,
            b"",
        )
        .unwrap_err();
        assert!(
            rejection
                .message()
                .contains("server string to sign is:POST&%2F&")
        );
    }
}
