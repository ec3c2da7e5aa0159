//! The vendor's signing vectors, both ways, and single-byte changes of every signed request.
//!
//! The folder is `SIGNING_VECTORS`, else `tests/vectors`. What a file holds is told by its content.

#![cfg(test)]

use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::Value;
use terraform_provider_imm::api::signature::{
    Claims, Identity, Key, Received, Rejection, Scheme, Window, parse_time, recognise, v1, v3,
};
use terraform_provider_imm::api::{Params, Secret};

/// Positions to change in one part of a request; longer parts are sampled evenly.
const POSITIONS: usize = 32;

/// The same in requests of several kilobytes, each change of which takes long to check.
const POSITIONS_OF_LONG: usize = 6;

/// Positions at both ends of a part that are changed in any case.
const ENDS: usize = 6;

#[test]
fn signing() {
    let mut count = Count::default();
    let mut failures = Vec::new();
    for (file, document) in documents() {
        let vectors = document["vectors"].as_array().cloned().unwrap_or_default();
        for vector in &vectors {
            let name = format!("{file} {}", vector["id"].as_str().unwrap_or("?"));
            let result = std::panic::catch_unwind(|| check(vector));
            match result {
                Ok(checked) => count.add(&checked),
                Err(_) => failures.push(name),
            }
        }
    }
    println!("{count:?}");
    assert!(failures.is_empty(), "failed: {failures:#?}");
    assert!(count.signed + count.unsigned > 0, "no vectors found");
    assert!(
        count.signed == 0 || count.refused > 20 * count.signed,
        "too few changes tried"
    );
}

#[derive(Debug, Default)]
struct Count {
    signed: usize,
    unsigned: usize,
    known_answers: usize,
    quirks: usize,
    refused: usize,
    neutral: usize,
}

impl Count {
    fn add(&mut self, other: &Self) {
        self.signed += other.signed;
        self.unsigned += other.unsigned;
        self.known_answers += other.known_answers;
        self.quirks += other.quirks;
        self.refused += other.refused;
        self.neutral += other.neutral;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads its own data and the variable that names it"
)]
fn documents() -> Vec<(String, Value)> {
    let folder = std::env::var_os("SIGNING_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
        PathBuf::from,
    );
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let document = serde_json::from_slice(&text)
                .unwrap_or_else(|error| panic!("{name} is not JSON: {error}"));
            (name, document)
        })
        .collect()
}

fn check(vector: &Value) -> Count {
    let mut count = Count::default();
    if vector["request"].is_null() {
        known_answer(vector);
        count.known_answers = 1;
        return count;
    }
    let request = Request::of(&vector["request"]);
    let departs_from_the_rules = text(&vector["id"]).starts_with("quirk");
    match text(&vector["scheme"]).as_str() {
        "none" => {
            unsigned(vector, &request);
            count.unsigned = 1;
        }
        _ if departs_from_the_rules => {
            assert!(matches!(
                outcome(&vector["inputs"], &request),
                Outcome::Refused(Rejection::SignatureDoesNotMatch(_))
            ));
            count.quirks = 1;
        }
        scheme => {
            match scheme {
                "v3" => client_v3(vector, &request),
                "v1" => client_v1(vector, &request),
                other => panic!("a scheme that is not known: {other}"),
            }
            server(
                vector,
                &request,
                if scheme == "v3" {
                    Scheme::V3
                } else {
                    Scheme::V1
                },
            );
            changes(vector, &request, scheme, &mut count);
            count.signed = 1;
        }
    }
    count
}

// The client's side.

fn client_v3(vector: &Value, request: &Request) {
    let (inputs, signing) = (&vector["inputs"], &vector["signing"]);
    let query: Params = match &inputs["query_given_to_signer"] {
        Value::Object(query) => query
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        _ => Params::new(),
    };
    let listed: Vec<String> = signing["signed_headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    let headers = request
        .headers
        .iter()
        .filter(|(name, _)| listed.contains(&name.to_lowercase()))
        .cloned()
        .collect();
    let hash = v3::hash(&request.body);
    assert_eq!(hash, text(&signing["hashed_payload"]));
    let secret = Secret::new(text(&inputs["access_key_secret"]));
    let id = text(&inputs["access_key_id"]);
    let key = Key {
        id: &id,
        secret: &secret,
        token: None,
    };
    let path = request.target.split('?').next().unwrap();
    let signed = v3::sign_headers(&request.method, path, &query, headers, &hash, &key);
    assert_eq!(
        signed.canonical_request,
        text(&signing["canonical_request"])
    );
    assert_eq!(
        v3::hash(signed.canonical_request.as_bytes()),
        text(&signing["hashed_canonical_request"])
    );
    assert_eq!(signed.string_to_sign, text(&signing["string_to_sign"]));
    assert_eq!(signed.signature, text(&signing["signature"]));
    assert_eq!(
        signed.headers.last().unwrap(),
        &("authorization".to_owned(), text(&signing["authorization"]))
    );
}

/// The signer adds these by itself.
const SYSTEM: [&str; 9] = [
    "Action",
    "Version",
    "AccessKeyId",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
    "SecurityToken",
    "Signature",
];

fn client_v1(vector: &Value, request: &Request) {
    let (inputs, signing) = (&vector["inputs"], &vector["signing"]);
    let mut params = request.decoded();
    params.retain(|(name, _)| !SYSTEM.contains(&name.as_str()));
    let params: Params = params.into_iter().collect();
    let secret = Secret::new(text(&inputs["access_key_secret"]));
    let token = inputs["security_token"].as_str().map(Secret::new);
    let signed = v1::sign(
        &v1::Request {
            method: &request.method,
            action: inputs["action"].as_str().unwrap(),
            version: inputs["version"].as_str().unwrap(),
            params: &params,
        },
        &Key {
            id: inputs["access_key_id"].as_str().unwrap(),
            secret: &secret,
            token: token.as_ref(),
        },
        date(inputs),
        inputs["nonce"].as_str().unwrap(),
    );
    assert_eq!(signed.string_to_sign, text(&signing["string_to_sign"]));
    assert_eq!(signed.signature, text(&signing["signature"]));
    assert_eq!(
        signed.params.get("Signature"),
        Some(signed.signature.as_str())
    );
}

/// Worked examples of the documentation: inputs and a signature, no request.
fn known_answer(vector: &Value) {
    let pairs = |value: &Value| -> Vec<(String, String)> {
        let fields = value.as_object().unwrap();
        fields
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    };
    let secret = Secret::new(text(&vector["access_key_secret"]));
    let method = text(&vector["method"]);
    match text(&vector["scheme"]).as_str() {
        "v3" => {
            let signed = v3::sign_headers(
                &method,
                &text(&vector["path"]),
                &pairs(&vector["query"]).into_iter().collect(),
                pairs(&vector["signed_headers"]),
                &v3::hash(text(&vector["body"]).as_bytes()),
                &Key {
                    id: &text(&vector["access_key_id"]),
                    secret: &secret,
                    token: None,
                },
            );
            assert_eq!(signed.signature, text(&vector["signature"]));
            assert_eq!(
                signed.string_to_sign,
                format!(
                    "ACS3-HMAC-SHA256\n{}",
                    text(&vector["hashed_canonical_request"])
                )
            );
        }
        "v1" => {
            let params = &vector["params"];
            let others = pairs(params)
                .into_iter()
                .filter(|(name, _)| !SYSTEM.contains(&name.as_str()))
                .collect();
            let signed = v1::sign(
                &v1::Request {
                    method: &method,
                    action: &text(&params["Action"]),
                    version: &text(&params["Version"]),
                    params: &others,
                },
                &Key {
                    id: &text(&params["AccessKeyId"]),
                    secret: &secret,
                    token: None,
                },
                parse_time(&text(&params["Timestamp"])).unwrap(),
                &text(&params["SignatureNonce"]),
            );
            assert_eq!(signed.signature, text(&vector["signature"]));
        }
        other => panic!("a scheme that is not known: {other}"),
    }
}

// The server's side.

fn server(vector: &Value, request: &Request, scheme: Scheme) {
    let (inputs, signing) = (&vector["inputs"], &vector["signing"]);
    let claims = request.recognise().unwrap();
    assert_eq!(claims.action.as_deref(), inputs["action"].as_str());
    assert_eq!(claims.version.as_deref(), inputs["version"].as_str());
    let Identity::Signed(signed) = &claims.identity else {
        panic!(
            "a signed request was taken for another: {:?}",
            claims.identity
        )
    };
    assert_eq!(signed.scheme, scheme);
    assert_eq!(signed.access_key_id, text(&inputs["access_key_id"]));
    assert_eq!(
        signed.security_token.as_ref().map(Secret::expose),
        inputs["security_token"].as_str()
    );
    assert_eq!(signed.date, date(inputs));
    assert_eq!(signed.nonce, text(&inputs["nonce"]));
    assert_eq!(signed.string_to_sign, text(&signing["string_to_sign"]));
    if scheme == Scheme::V3 {
        assert_eq!(
            signed.canonical_request.as_deref(),
            signing["canonical_request"].as_str()
        );
    }
    let secret = Secret::new(text(&inputs["access_key_secret"]));
    assert_eq!(signed.verify(&secret), Ok(()));
    assert!(signed.verify(&Secret::new("another")).is_err());

    let window = Window::of(scheme);
    let second = std::time::Duration::from_secs(1);
    for (now, within) in [
        (signed.date, true),
        (signed.date + window.past, true),
        (signed.date + window.past + second, false),
        (signed.date - window.future, true),
        (signed.date - window.future - second, false),
    ] {
        let expected = if within {
            Ok(())
        } else {
            Err(Rejection::Expired)
        };
        assert_eq!(signed.check_time(now, window), expected);
    }
}

fn unsigned(vector: &Value, request: &Request) {
    let inputs = &vector["inputs"];
    let claims = request.recognise().unwrap();
    assert_eq!(claims.action.as_deref(), inputs["action"].as_str());
    assert_eq!(claims.version.as_deref(), inputs["version"].as_str());
    match (&claims.identity, inputs["bearer_token"].as_str()) {
        (Identity::Bearer(token), Some(expected)) => assert_eq!(token.expose(), expected),
        (Identity::Anonymous, None) => {}
        other => panic!("{other:?}"),
    }
}

#[derive(Debug)]
enum Outcome {
    /// The signature of this key is right.
    Accepted,
    Refused(Rejection),
    /// Nobody signed it, so that nobody's permissions are lent to it.
    Nobody,
}

fn outcome(inputs: &Value, request: &Request) -> Outcome {
    let claims = match request.recognise() {
        Ok(claims) => claims,
        Err(rejection) => return Outcome::Refused(rejection),
    };
    let Identity::Signed(signed) = claims.identity else {
        return Outcome::Nobody;
    };
    if signed.access_key_id != text(&inputs["access_key_id"]) {
        return Outcome::Refused(Rejection::KeyNotFound);
    }
    let token = inputs["security_token"].as_str();
    if signed.security_token.as_ref().map(Secret::expose) != token {
        return Outcome::Refused(Rejection::TokenMismatch);
    }
    let secret = Secret::new(text(&inputs["access_key_secret"]));
    match signed.verify(&secret) {
        Ok(()) => Outcome::Accepted,
        Err(rejection) => Outcome::Refused(rejection),
    }
}

// Changes of one byte.

fn changes(vector: &Value, request: &Request, scheme: &str, count: &mut Count) {
    let inputs = &vector["inputs"];
    let edits = |bytes: &[u8]| {
        let long = request.target.len() + request.body.len() > 4096;
        edits(bytes, if long { POSITIONS_OF_LONG } else { POSITIONS })
    };
    let mut try_one = |changed: Request, what: &dyn Fn() -> String| {
        if same_meaning(request, &changed, scheme) {
            count.neutral += 1;
            return;
        }
        let outcome = outcome(inputs, &changed);
        assert!(
            !matches!(outcome, Outcome::Accepted),
            "accepted after {}",
            what()
        );
        count.refused += 1;
    };

    for (position, bytes) in edits(request.method.as_bytes()) {
        let changed = Request {
            method: ascii(bytes),
            ..request.clone()
        };
        try_one(changed, &|| format!("a change of the method at {position}"));
    }
    for (position, bytes) in edits(request.target.as_bytes()) {
        let changed = Request {
            target: ascii(bytes),
            ..request.clone()
        };
        try_one(changed, &|| format!("a change of the target at {position}"));
    }
    for (position, body) in edits(&request.body) {
        let changed = Request {
            body,
            ..request.clone()
        };
        try_one(changed, &|| format!("a change of the body at {position}"));
    }
    for (index, (name, value)) in request.headers.iter().enumerate() {
        for (position, bytes) in edits(name.as_bytes()) {
            let mut changed = request.clone();
            changed.headers[index].0 = ascii(bytes);
            try_one(changed, &|| {
                format!("a change of the name {name} at {position}")
            });
        }
        for (position, bytes) in edits(value.as_bytes()) {
            let mut changed = request.clone();
            changed.headers[index].1 = ascii(bytes);
            try_one(changed, &|| format!("a change of {name} at {position}"));
        }
    }
}

/// Replacements, a removal and an insertion of one byte, at all positions or at a sample of them.
fn edits(bytes: &[u8], positions: usize) -> Vec<(usize, Vec<u8>)> {
    let step = bytes.len().div_ceil(positions).max(1);
    let mut edits = Vec::new();
    let sampled = |position: &usize| {
        position.is_multiple_of(step) || *position < ENDS || *position + ENDS >= bytes.len()
    };
    for position in (0..bytes.len()).filter(sampled) {
        let with = |byte: u8| {
            let mut edited = bytes.to_vec();
            edited[position] = byte;
            (position, edited)
        };
        let byte = bytes[position];
        edits.push(with(byte ^ 1));
        if byte.is_ascii_alphabetic() {
            edits.push(with(byte ^ 0x20));
        }
        let mut removed = bytes.to_vec();
        removed.remove(position);
        edits.push((position, removed));
        let mut inserted = bytes.to_vec();
        inserted.insert(position, b'x');
        edits.push((position, inserted));
    }
    edits
}

/// Whether both requests say the same by what HTTP and the scheme's documentation state, decided here
/// without the code under test: header names ignore case, white space around a value is none of it,
/// headers that nobody signed do not count, and an encoding is not its content.
fn same_meaning(original: &Request, changed: &Request, scheme: &str) -> bool {
    let split = |request: &Request| -> (String, Option<Vec<(String, String)>>) {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        (path.to_owned(), pairs(query))
    };
    let (path, query) = split(original);
    let (changed_path, changed_query) = split(changed);
    if original.method != changed.method || path != changed_path || query != changed_query {
        return false;
    }
    if original.body != changed.body {
        // Only the form of the older scheme is signed by its content.
        let same_form = scheme == "v1"
            && pairs(&String::from_utf8_lossy(&original.body))
                == pairs(&String::from_utf8_lossy(&changed.body));
        if !same_form {
            return false;
        }
    }
    let relevant = |request: &Request| -> Vec<(String, String)> {
        let mut headers: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .filter(|(name, _)| match scheme {
                "v1" => name == "content-type",
                _ => {
                    original.signed_names().contains(name)
                        || name.starts_with("x-acs-")
                        || name == "authorization"
                        || name == "content-type"
                }
            })
            .map(|(name, value)| match scheme {
                "v1" => (name, value.to_ascii_lowercase()),
                _ => (name, value),
            })
            .collect();
        headers.sort();
        headers
    };
    relevant(original) == relevant(changed)
}

/// The decoded parameters, sorted; `None` where the text cannot be decoded.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let decode = |text: &str| -> Option<String> {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            rest = tail;
            match first {
                b'+' => bytes.push(b' '),
                b'%' => {
                    let digits = rest
                        .get(..2)
                        .filter(|d| d.iter().all(u8::is_ascii_hexdigit))?;
                    let digits = std::str::from_utf8(digits).unwrap();
                    bytes.push(u8::from_str_radix(digits, 16).unwrap());
                    rest = &rest[2..];
                }
                other => bytes.push(*other),
            }
        }
        String::from_utf8(bytes).ok()
    };
    let mut pairs = text
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect::<Option<Vec<_>>>()?;
    pairs.sort();
    Some(pairs)
}

// Reading vectors.

#[derive(Clone, Debug)]
struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn of(value: &Value) -> Self {
        use base64::Engine;
        Self {
            method: text(&value["method"]),
            target: text(&value["target"]),
            headers: value["headers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|pair| (text(&pair[0]), text(&pair[1])))
                .collect(),
            body: base64::engine::general_purpose::STANDARD
                .decode(text(&value["body_base64"]))
                .unwrap(),
        }
    }

    fn recognise(&self) -> Result<Claims, Rejection> {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        recognise(&Received {
            method: &self.method,
            target: &self.target,
            headers: &headers,
            body: &self.body,
        })
    }

    /// All parameters of query and form.
    fn decoded(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let mut all = pairs(query).unwrap();
        all.extend(pairs(std::str::from_utf8(&self.body).unwrap()).unwrap());
        all
    }

    fn signed_names(&self) -> Vec<String> {
        self.headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .and_then(|(_, value)| value.split("SignedHeaders=").nth(1))
            .and_then(|rest| rest.split(',').next())
            .map(|names| names.split(';').map(str::to_owned).collect())
            .unwrap_or_default()
    }
}

fn date(inputs: &Value) -> SystemTime {
    parse_time(&text(&inputs["date"])).unwrap()
}

/// A text, or the text of a number or a boolean.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Requests are ASCII but for their bodies; so are their edits.
fn ascii(bytes: Vec<u8>) -> String {
    bytes.into_iter().map(char::from).collect()
}
