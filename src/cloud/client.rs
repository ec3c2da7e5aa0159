//! A call from its typed request to its typed answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::error::Category;

use super::config::Config;
use super::credentials::Credentials;
use super::endpoint::Endpoint;
use super::error::{Error, Kind};
use super::retry::{Budget, Gate, Policy, jitter};
use super::transport::{Answer, Failure, Request, Transport};
use crate::api::operation::Kind as Effect;
use crate::api::signature::v3;
use crate::api::{ErrorDocument, ErrorKind, Operation, Params, Placement, Service, answer};
use crate::host::Host;

/// The client that all resources share. Clones are cheap and share connections, credentials, budget
/// and gates.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
    deadline: Option<Instant>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    host: Host,
    transport: Transport,
    budget: Budget,
    gates: Mutex<HashMap<(Service, &'static str), Arc<Gate>>>,
}

impl Client {
    /// A client. Nothing is connected yet.
    ///
    /// # Errors
    /// Where the settings cannot be used for HTTP.
    pub fn new(config: Config, host: Host) -> Result<Self, Error> {
        let transport =
            Transport::new(&config).map_err(|message| Error::new(Kind::Client, message))?;
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                host,
                transport,
                budget: Budget::new(),
                gates: Mutex::default(),
            }),
            deadline: None,
        })
    }

    /// The same client, whose calls begin no repetition and no wait that would end after this, and
    /// give up an answer that is not there by then.
    #[must_use]
    pub fn with_deadline(&self, deadline: Instant) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            deadline: Some(deadline),
        }
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The machine.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.inner.host
    }

    /// The region of calls that name none.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.inner.config.region.value
    }

    /// When calls have to be done, where there is such a time.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Makes one call and repeats it as long as that is safe and may help.
    ///
    /// Reads and idempotent writes are repeated where the service fails, does not answer or says that
    /// there are too many calls. Other writes are repeated only where it is certain that they were not
    /// carried out; where it is not, the error says [`Error::may_have_been_sent`], and the functions
    /// of [`super::ram`] and [`super::imm`] settle it.
    ///
    /// `region` is that of the provider where none is given; central services ignore it.
    ///
    /// Dropping the future cancels the call.
    ///
    /// # Errors
    /// The last attempt's.
    pub async fn send<O: Operation>(
        &self,
        region: Option<&str>,
        operation: &O,
    ) -> Result<O::Output, Error> {
        let call = self.prepare(region, operation);
        let host = self.host();
        let policy = &self.config().retry;
        let gate = self.gate(O::SERVICE, O::ACTION);
        let begin = host.monotonic();
        let mut attempt = 0;
        let mut failures = 0;
        let mut throttled = 0;
        loop {
            self.pass(&gate).await;
            attempt += 1;
            let error = match self.attempt::<O>(&call, attempt).await {
                Ok(output) => {
                    gate.passed();
                    self.inner.budget.earn();
                    return Ok(output);
                }
                Err(error) => error.with_call(O::SERVICE, O::ACTION, &call.endpoint.host, attempt),
            };
            let wait = match error.kind() {
                Kind::Api(ErrorKind::Throttled) => {
                    let spread = jitter(host, policy.throttled_base, throttled, policy.cap);
                    throttled += 1;
                    let wait = error.retry_after().map_or(spread, |asked| asked + spread);
                    // Its own wait is part of everybody's.
                    gate.throttled(host.monotonic(), wait);
                    Duration::ZERO
                }
                _ if repeatable::<O>(&error) => {
                    failures += 1;
                    if failures >= policy.max_attempts || !self.inner.budget.pay() {
                        return Err(error);
                    }
                    let spread = jitter(host, policy.base, failures - 1, policy.cap);
                    error
                        .retry_after()
                        .map_or(spread, |asked| asked.max(spread))
                }
                _ => return Err(error),
            };
            if self.out_of_time(begin, wait, &gate) {
                return Err(error);
            }
            tracing::info!(operation = O::ACTION, attempt, %error, "call is repeated");
            host.sleep(wait).await;
        }
    }

    fn prepare<O: Operation>(&self, region: Option<&str>, operation: &O) -> Call {
        let params = operation.params();
        let (query, body) = match O::PLACEMENT {
            Placement::Query => (params, String::new()),
            Placement::Form => (Params::new(), params.to_form()),
        };
        Call {
            endpoint: Endpoint::of(self.config(), O::SERVICE, region),
            text: query.to_form(),
            query,
            content_type: (O::PLACEMENT == Placement::Form)
                .then_some("application/x-www-form-urlencoded"),
            body,
        }
    }

    /// Signs, sends and reads: one attempt.
    async fn attempt<O: Operation>(&self, call: &Call, attempt: u32) -> Result<O::Output, Error> {
        let host = self.host();
        let credentials = self
            .config()
            .credentials
            .get(host)
            .await
            .map_err(|message| Error::new(Kind::Credentials, message))?;
        let nonce = nonce(host)?;
        let signed = v3::sign(
            &v3::Request {
                method: "POST",
                path: "/",
                query: &call.query,
                host: &call.endpoint.host,
                action: O::ACTION,
                version: O::VERSION,
                content_type: call.content_type,
                body: call.body.as_bytes(),
            },
            &credentials.key(),
            host.now(),
            &nonce,
        );
        let begin = host.monotonic();
        let sent = self.inner.transport.send(Request {
            endpoint: &call.endpoint,
            query: &call.text,
            headers: signed.headers,
            body: call.body.clone(),
        });
        let sent = match self.deadline {
            None => sent.await,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(begin);
                let in_time = tokio::time::timeout(left, sent).await;
                in_time.unwrap_or_else(|_| Err(Failure::out_of_time()))
            }
        };
        let result = match sent {
            Ok(answer) => read::<O>(&answer, &credentials),
            Err(failure) => Err(unanswered::<O>(failure)),
        };
        let duration = host.monotonic().saturating_duration_since(begin);
        let (status, request_id) = match &result {
            Ok((_, request_id)) => (Some(200), request_id.as_str()),
            Err(error) => (error.status(), error.request_id()),
        };
        tracing::debug!(
            service = O::SERVICE.code(),
            operation = O::ACTION,
            host = call.endpoint.host,
            attempt,
            status,
            request_id,
            duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            code = result.as_ref().err().map(Error::code),
            "call"
        );
        result.map(|(output, _)| output)
    }

    /// Waits until the gate is open.
    async fn pass(&self, gate: &Gate) {
        let wait = gate.enter(self.host().monotonic());
        if !wait.is_zero() {
            tracing::debug!(wait_ms = wait.as_millis(), "call is held back");
            self.host().sleep(wait).await;
        }
    }

    fn out_of_time(&self, begin: Instant, wait: Duration, gate: &Gate) -> bool {
        let now = self.host().monotonic();
        let resumed = now + wait.max(gate.open_in(now));
        resumed > begin + self.config().retry.max_elapsed
            || self.deadline.is_some_and(|deadline| resumed > deadline)
    }

    fn gate(&self, service: Service, action: &'static str) -> Arc<Gate> {
        let mut gates = self
            .inner
            .gates
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry((service, action)).or_default())
    }

    /// The wait before the n-th look at something, counted from 0, or nothing where there is no time.
    pub(super) fn pause(&self, policy: &Policy, n: u32) -> Option<Duration> {
        let wait = jitter(self.host(), policy.base, n, policy.cap);
        let resumed = self.host().monotonic() + wait;
        let in_time = self.deadline.is_none_or(|deadline| resumed <= deadline);
        in_time.then_some(wait)
    }
}

/// What all attempts of a call have in common.
struct Call {
    endpoint: Endpoint,
    query: Params,
    /// The query, encoded.
    text: String,
    content_type: Option<&'static str>,
    body: String,
}

/// Whether repeating the call is safe and may help.
fn repeatable<O: Operation>(error: &Error) -> bool {
    let transient = match error.kind() {
        Kind::Transport | Kind::Api(ErrorKind::Server) => true,
        Kind::Api(_) | Kind::Answer | Kind::Credentials | Kind::Client | Kind::Timeout => false,
    };
    transient && !(O::KIND == Effect::Write && error.may_have_been_sent())
}

fn unanswered<O: Operation>(failure: Failure) -> Error {
    let kind = if failure.hopeless {
        Kind::Client
    } else {
        Kind::Transport
    };
    Error::new(kind, failure.message).uncertain(failure.sent && O::KIND != Effect::Read)
}

/// Makes an answer or an error of what came back. An error document decides by its code; the status
/// counts only where there is none, which is where something in between answered.
fn read<O: Operation>(
    answer: &Answer,
    credentials: &Credentials,
) -> Result<(O::Output, String), Error> {
    let write = O::KIND != Effect::Read;
    if (200..300).contains(&answer.status) {
        return answer::from_json(&answer.body).map_err(|error| {
            // The parser's own message quotes values of the answer, which may be secret.
            let place = format!("line {}, column {}", error.line(), error.column());
            let message = match error.classify() {
                Category::Data => format!("it has another shape than expected at {place}"),
                _ => format!("it is not JSON at {place}"),
            };
            Error::new(Kind::Answer, message)
                .with_answer(answer.status, None)
                .uncertain(write)
        });
    }
    let error = match ErrorDocument::parse(&answer.body) {
        Some(document) => {
            let kind = document.kind();
            let message = for_people(&credentials.scrub(&document.message));
            Error::new(kind, message)
                .with_document(
                    document.code,
                    document.request_id,
                    document.access_denied_detail,
                )
                .uncertain(write && kind == ErrorKind::Server)
        }
        None if answer.status >= 500 => Error::new(
            Kind::Transport,
            format!("status {} without an error document", answer.status),
        )
        .uncertain(write),
        None => Error::new(
            ErrorKind::Unknown,
            format!("status {} without an error document", answer.status),
        ),
    };
    Err(error.with_answer(answer.status, answer.retry_after))
}

/// Cuts what a service quotes of the text that was to be signed: long, and of no use to people.
fn for_people(message: &str) -> String {
    let quoted = ["server StringToSign is", "server string to sign is"]
        .iter()
        .filter_map(|marker| message.split_once(marker))
        .map(|(before, _)| before)
        .min_by_key(|before| before.len());
    quoted.unwrap_or(message).trim().to_owned()
}

/// 32 hexadecimal digits, new for every attempt.
fn nonce(host: &Host) -> Result<String, Error> {
    let bytes = host.random::<16>().map_err(|error| {
        Error::new(
            Kind::Client,
            format!("the system gives no random numbers to sign with: {error}"),
        )
    })?;
    Ok(uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .simple()
        .to_string())
}
