//! A server that answers as a test tells it, and a client that talks to it.
//!
//! It checks the signature of every request with the code that the sandbox uses, and it can do what a
//! proper HTTP server cannot: read a request and hang up.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::api::signature::{Identity, Received, recognise};
use crate::api::{ErrorDocument, Params, Secret, answer};
use crate::cloud::{Client, Config, LocalServer, Settings};
use crate::host::{Host, Replay};

pub(super) const SECRET: &str = "an-access-key-secret-nobody-may-see";
pub(super) const TOKEN: &str = "a-session-token/nobody+may=see";

/// 2025-02-08T07:33:20Z.
pub(super) fn epoch() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_739_000_000)
}

/// A request that came in, with a signature that is right.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) action: String,
    pub(super) host: String,
    pub(super) nonce: String,
    pub(super) date: SystemTime,
    pub(super) params: Params,
    pub(super) user_agent: String,
}

/// What to do with a request.
pub(super) enum Reply {
    /// An answer of any kind: status, more headers, body.
    Raw(u16, &'static str, String),
    /// Hang up without an answer.
    Drop,
    /// Keep the connection and say nothing.
    Hang,
}

pub(super) fn ok(body: &Value) -> Reply {
    Reply::Raw(
        200,
        "",
        answer::to_json(body, "REQUEST-ID").unwrap().to_string(),
    )
}

pub(super) fn refuse(status: u16, code: &str) -> Reply {
    refuse_with(status, code, "a message", "")
}

pub(super) fn refuse_with(status: u16, code: &str, message: &str, header: &'static str) -> Reply {
    let document = ErrorDocument {
        request_id: "REQUEST-ID".into(),
        ..ErrorDocument::new(code, message)
    };
    Reply::Raw(status, header, document.to_json().to_string())
}

type Handler = Box<dyn FnMut(usize, &Seen) -> Reply + Send>;

/// A running server and what it has seen.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts one. The handler is given the number of the request, from 0.
    pub(super) async fn start(handler: impl FnMut(usize, &Seen) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let handler: Arc<Mutex<Handler>> = Arc::new(Mutex::new(Box::new(handler)));
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&all), Arc::clone(&handler)));
            }
        });
        Self { address, seen }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn actions(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.action).collect()
    }

    /// A client of this server, on a machine whose sleeps take no time.
    pub(super) fn client(&self) -> Client {
        self.client_with(|_| {})
    }

    pub(super) fn client_with(&self, change: impl FnOnce(&mut Config)) -> Client {
        client_of(self.address, Host::new(Replay::at(epoch())), change)
    }
}

pub(super) fn client_of(
    address: SocketAddr,
    host: Host,
    change: impl FnOnce(&mut Config),
) -> Client {
    let settings = Settings {
        access_key: Some("AKID".into()),
        secret_key: Some(Secret::new(SECRET)),
        security_token: Some(Secret::new(TOKEN)),
        local: Some(LocalServer {
            address,
            region: "cn-hangzhou".into(),
            access_key: "unused".into(),
            secret_key: Secret::new("unused"),
        }),
        ..Settings::default()
    };
    let mut config = Config::resolve(settings, &host).unwrap();
    change(&mut config);
    Client::new(config, host).unwrap()
}

async fn serve(
    mut stream: TcpStream,
    all: Arc<Mutex<Vec<Seen>>>,
    handler: Arc<Mutex<Handler>>,
) -> Option<()> {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            bytes.drain(..end + 4);
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            break (head, length);
        }
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend(&part[..read]);
    };
    while bytes.len() < length {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.ok()?;
        bytes.extend(&part[..read]);
    }
    let seen = understand(&head, &bytes);
    let reply = {
        let mut all = all.lock().unwrap();
        all.push(seen.clone());
        handler.lock().unwrap()(all.len() - 1, &seen)
    };
    match reply {
        Reply::Raw(status, header, body) => {
            let text = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{header}\r\n{body}",
                body.len()
            );
            stream.write_all(text.as_bytes()).await.ok()?;
        }
        Reply::Drop => {}
        Reply::Hang => std::future::pending().await,
    }
    Some(())
}

/// Reads a request and proves its signature.
fn understand(head: &str, body: &[u8]) -> Seen {
    let mut lines = head.lines();
    let request_line: Vec<&str> = lines.next().unwrap().split(' ').collect();
    let headers: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    let header = |name: &str| {
        let found = headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| (*value).to_owned())
            .unwrap_or_default()
    };
    let hosts = headers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case("host"));
    assert_eq!(hosts.count(), 1, "one host, which is the signed one");
    let claims = recognise(&Received {
        method: request_line[0],
        target: request_line[1],
        headers: &headers,
        body,
    })
    .unwrap();
    let Identity::Signed(signed) = claims.identity else {
        panic!("not signed")
    };
    signed.verify(&Secret::new(SECRET)).unwrap();
    assert_eq!(signed.security_token, Some(Secret::new(TOKEN)));
    Seen {
        action: claims.action.unwrap(),
        host: header("host"),
        nonce: signed.nonce.clone(),
        date: signed.date,
        params: claims.params,
        user_agent: header("user-agent"),
    }
}

/// A role as the service would show the one of [`create_role`].
pub(super) fn role(create_date: &str) -> Value {
    json!({"Role": {
        "RoleId": "1", "RoleName": "r", "Arn": "acs:ram::1:role/r", "Description": "d",
        "AssumeRolePolicyDocument": "{ \"Version\": \"1\", \"Statement\": [] }",
        "CreateDate": create_date, "MaxSessionDuration": 3600,
    }})
}

pub(super) fn create_role() -> crate::api::ram::CreateRole {
    crate::api::ram::CreateRole {
        role_name: "r".into(),
        assume_role_policy_document: "{\"Statement\":[],\"Version\":\"1\"}".into(),
        description: Some("d".into()),
        ..crate::api::ram::CreateRole::default()
    }
}

/// Everything logged while it is held, as text.
pub(super) struct Logs {
    text: Arc<Mutex<String>>,
    _guard: tracing::subscriber::DefaultGuard,
    _second: tracing::Dispatch,
}

impl Logs {
    pub(super) fn capture() -> Self {
        use tracing_subscriber::layer::SubscriberExt;
        // With one subscriber alone, tracing remembers what another test's thread, which has none,
        // thinks of an event, and drops it here too. With two it asks both.
        let second = tracing::Dispatch::new(tracing_subscriber::registry());
        let text = Arc::new(Mutex::new(String::new()));
        let layer = Capture(Arc::clone(&text));
        let subscriber = tracing_subscriber::registry().with(layer);
        Self {
            text,
            _guard: tracing::subscriber::set_default(subscriber),
            _second: second,
        }
    }

    pub(super) fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

struct Capture(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Capture {
    fn on_event(
        &self,
        event: &tracing::Event<'_>,
        _context: tracing_subscriber::layer::Context<'_, S>,
    ) {
        struct Visit<'a>(&'a mut String);
        impl tracing::field::Visit for Visit<'_> {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                use std::fmt::Write;
                write!(self.0, " {field}={value:?}").unwrap();
            }
        }
        let mut text = self.0.lock().unwrap();
        text.push_str(event.metadata().target());
        event.record(&mut Visit(&mut text));
        text.push('\n');
    }
}
