//! A `sandbox serve` process on the database file of a workspace, and a client of its own to change
//! things behind Terraform's back. The client signs with the old scheme (HMAC-SHA1), unlike the
//! provider's.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::proxy::Message;
use super::workspace::PROVIDER;

/// A running server. Stopped when dropped.
#[derive(Debug)]
pub struct Sandbox {
    child: Child,
    /// `http://HOST:PORT`.
    pub url: String,
    /// The account.
    pub account_id: String,
    /// The root account's key.
    pub access_key_id: String,
    /// Its secret.
    pub access_key_secret: String,
}

impl Sandbox {
    /// Serves this database file, made where it is missing.
    pub fn serve(database: &Path) -> Self {
        Self::serve_with(database, &[])
    }

    /// The same, with more arguments.
    pub fn serve_with(database: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(PROVIDER)
            .args(["sandbox", "serve", "--listen", "127.0.0.1:0", "--db"])
            .arg(database)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let Ok(greeting) = serde_json::from_str::<serde_json::Value>(&line) else {
            let status = child.wait();
            panic!("`sandbox serve` printed {line:?} and ended with {status:?}");
        };
        let field = |name: &str| {
            greeting[name]
                .as_str()
                .unwrap_or_else(|| panic!("no {name} in {line}"))
                .to_owned()
        };
        Self {
            child,
            url: field("url"),
            account_id: field("account_id"),
            access_key_id: field("access_key_id"),
            access_key_secret: field("access_key_secret"),
        }
    }

    /// Calls an action of RAM that must succeed.
    #[track_caller]
    pub fn ram(&self, action: &str, parameters: &[(&str, &str)]) -> Value {
        self.call("2015-05-01", action, parameters)
            .unwrap_or_else(|error| panic!("{action} {parameters:?}: {error}"))
    }

    /// Calls an action of IMM that must succeed.
    #[track_caller]
    pub fn imm(&self, action: &str, parameters: &[(&str, &str)]) -> Value {
        self.call("2020-09-30", action, parameters)
            .unwrap_or_else(|error| panic!("{action} {parameters:?}: {error}"))
    }

    /// Calls an action as the root account; `Err` has the error document.
    pub fn call(
        &self,
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Value> {
        let root = (self.access_key_id.as_str(), self.access_key_secret.as_str());
        self.call_as(root, version, action, parameters)
    }

    /// Calls an action with a key, its id and its secret; `Err` has the error document.
    pub fn call_as(
        &self,
        (id, secret): (&str, &str),
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Value> {
        static NONCE: AtomicUsize = AtomicUsize::new(0);
        let nonce = format!(
            "{}-{}",
            std::process::id(),
            NONCE.fetch_add(1, Ordering::Relaxed)
        );
        let now = jiff::Timestamp::try_from(SystemTime::now()).unwrap();
        let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut query: Vec<(&str, &str)> = vec![
            ("Action", action),
            ("Version", version),
            ("Format", "JSON"),
            ("AccessKeyId", id),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", &nonce),
            ("Timestamp", &now),
        ];
        query.extend(parameters);
        query.sort_unstable();
        let canonical = query
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect::<Vec<_>>()
            .join("&");
        let key = format!("{secret}&");
        let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(format!("POST&%2F&{}", encode(&canonical)).as_bytes());
        let signature =
            base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());

        let host = self.url.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "POST /?{canonical}&Signature={} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0\r\n\r\n",
            encode(&signature)
        )
        .unwrap();
        let answer = Message::read(&mut BufReader::new(stream))
            .unwrap()
            .unwrap_or_else(|| panic!("{action}: no answer"));
        let body = serde_json::from_slice(answer.body()).unwrap();
        if answer.is_success() {
            Ok(body)
        } else {
            Err(body)
        }
    }

    /// Fails unless exactly these roles exist.
    #[track_caller]
    pub fn assert_roles(&self, expected: &[&str]) {
        let list = self.ram("ListRoles", &[("MaxItems", "1000")]);
        assert_eq!(names(&list["Roles"]["Role"], "RoleName"), expected, "roles");
    }

    /// Fails unless exactly these custom policies exist.
    #[track_caller]
    pub fn assert_policies(&self, expected: &[&str]) {
        let list = self.ram(
            "ListPolicies",
            &[("PolicyType", "Custom"), ("MaxItems", "1000")],
        );
        assert_eq!(
            names(&list["Policies"]["Policy"], "PolicyName"),
            expected,
            "policies"
        );
    }

    /// Fails unless exactly these policies are attached to the role.
    #[track_caller]
    pub fn assert_attached(&self, role: &str, expected: &[&str]) {
        let list = self.ram("ListPoliciesForRole", &[("RoleName", role)]);
        assert_eq!(
            names(&list["Policies"]["Policy"], "PolicyName"),
            expected,
            "policies of {role}"
        );
    }

    /// Fails unless exactly these projects exist.
    #[track_caller]
    pub fn assert_projects(&self, expected: &[&str]) {
        let list = self.imm("ListProjects", &[]);
        assert_eq!(
            names(&list["Projects"], "ProjectName"),
            expected,
            "projects"
        );
    }

    /// Fails unless nothing is left that a user could have made.
    #[track_caller]
    pub fn assert_empty(&self) {
        self.assert_roles(&[]);
        self.assert_policies(&[]);
        self.assert_projects(&[]);
    }

    /// Makes a RAM user with full rights, and a key for it: id and secret.
    pub fn user(&self, name: &str) -> (String, String) {
        self.ram("CreateUser", &[("UserName", name)]);
        self.ram(
            "AttachPolicyToUser",
            &[
                ("UserName", name),
                ("PolicyName", "AdministratorAccess"),
                ("PolicyType", "System"),
            ],
        );
        let answer = self.ram("CreateAccessKey", &[("UserName", name)]);
        let field = |field: &str| answer["AccessKey"][field].as_str().unwrap().to_owned();
        (field("AccessKeyId"), field("AccessKeySecret"))
    }

    /// Asks it to stop as a service manager would, and waits.
    pub fn stop(mut self) {
        self.terminate();
    }

    fn terminate(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
            let _ = kill(id, Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.terminate();
    }
}

fn names(list: &Value, field: &str) -> Vec<String> {
    let mut names: Vec<_> = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item[field].as_str().map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// Percent-encoding as the signature wants it: all but RFC 3986's unreserved characters.
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
        encoded
    })
}
