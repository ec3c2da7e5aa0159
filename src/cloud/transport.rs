//! One HTTP exchange. Knows requests and answers as bytes, and whether a request may have left.
//!
//! There is one HTTP client, and it is made by the first request: making it takes longer than the whole
//! start of a plugin that is only asked for its schema.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::config::Config;
use super::endpoint::Endpoint;

/// A signed request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) endpoint: &'a Endpoint,
    /// Encoded, without the question mark; may be empty.
    pub(super) query: &'a str,
    /// Every header that is signed, `host` among them, and `authorization`.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// What the service asks to wait, from `x-acs-retry-after`.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
}

/// Why nothing came back: a clause, without the query of the request.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) message: String,
    /// Whether the request may have reached somebody.
    pub(super) sent: bool,
    /// Whether trying again could help.
    pub(super) hopeless: bool,
}

impl Failure {
    /// Nothing came back before the caller's time was over.
    pub(super) fn out_of_time() -> Self {
        Self {
            message: "the time of the operation is over".to_owned(),
            sent: true,
            hopeless: false,
        }
    }
}

#[derive(Debug)]
pub(super) struct Transport {
    client: Mutex<Option<reqwest::Client>>,
    connect_timeout: Duration,
    read_timeout: Duration,
    user_agent: HeaderValue,
    local: Option<SocketAddr>,
}

impl Transport {
    pub(super) fn new(config: &Config) -> Result<Self, String> {
        Ok(Self {
            client: Mutex::new(None),
            connect_timeout: config.connect_timeout,
            read_timeout: config.read_timeout,
            user_agent: HeaderValue::from_str(&config.user_agent)
                .map_err(|_| "the user agent is not a text for a header".to_owned())?,
            local: config.local,
        })
    }

    /// Sends one request. Dropping the future gives the connection up.
    pub(super) async fn send(&self, request: Request<'_>) -> Result<Answer, Failure> {
        let unsendable = |message: String| Failure {
            message,
            sent: false,
            hopeless: true,
        };
        let client = self.client().map_err(unsendable)?;
        let mut url = match self.local {
            Some(address) => format!("http://{address}/"),
            None => format!("{}/", request.endpoint),
        };
        if !request.query.is_empty() {
            url.push('?');
            url.push_str(request.query);
        }
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 2);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.user_agent.clone());
        for (name, value) in &request.headers {
            let header = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_str(value),
            );
            let (Ok(name), Ok(mut value)) = header else {
                return Err(unsendable(format!(
                    "the header {name} cannot hold its value"
                )));
            };
            value.set_sensitive(name != HOST);
            headers.insert(name, value);
        }
        let sent = client
            .post(url)
            .headers(headers)
            .body(request.body)
            .send()
            .await;
        let answer = sent.map_err(failure)?;
        let status = answer.status().as_u16();
        let retry_after = answer
            .headers()
            .get("x-acs-retry-after")
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .filter(|milliseconds| *milliseconds > 0)
            .map(Duration::from_millis);
        let body = answer.bytes().await.map_err(failure)?;
        Ok(Answer {
            status,
            retry_after,
            body: body.into(),
        })
    }

    fn client(&self) -> Result<reqwest::Client, String> {
        let mut made = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*made {
            return Ok(client.clone());
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that the others are told to use"
        )]
        let mut builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout)
            // An answer is an answer: following it elsewhere would send a signature elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        if self.local.is_some() {
            // No TLS there, and reading the system's certificates is most of what making a client takes.
            builder = builder.no_proxy().tls_certs_only([]);
        }
        let client = builder
            .build()
            .map_err(|error| format!("the HTTP client cannot be made: {}", causes(&error)))?;
        Ok(made.insert(client).clone())
    }
}

fn failure(error: reqwest::Error) -> Failure {
    // The address has all parameters in it.
    let error = error.without_url();
    let message = if error.is_connect() {
        format!("no connection: {}", causes(&error))
    } else if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        causes(&error)
    };
    Failure {
        message,
        // Before there is a connection nothing can have left; a request that cannot be built did not.
        sent: !(error.is_connect() || error.is_builder()),
        hopeless: error.is_builder(),
    }
}

/// The innermost cause, which is the one that says something; the outer ones say "error sending".
fn causes(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
