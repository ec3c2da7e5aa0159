//! What a caller is told when a call fails.

use std::fmt;
use std::time::Duration;

use crate::api::error::AccessDeniedDetail;
use crate::api::{ErrorKind, Service};

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The service refused, with a code of this kind.
    Api(ErrorKind),
    /// No answer of the service: no connection, a broken one, no answer in time, or the answer of
    /// something in between. Repeated where that is safe.
    Transport,
    /// An answer that cannot be read. Not repeated.
    Answer,
    /// No credentials to sign with. Nothing was sent.
    Credentials,
    /// The client cannot be made, or cannot sign. Nothing was sent.
    Client,
    /// What was waited for did not come.
    Timeout,
}

impl From<ErrorKind> for Kind {
    fn from(kind: ErrorKind) -> Self {
        Self::Api(kind)
    }
}

/// A failed call.
///
/// `Display` is one sentence for people and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: Kind,
    service: Option<Service>,
    operation: &'static str,
    host: String,
    code: String,
    message: String,
    request_id: String,
    status: Option<u16>,
    attempts: u32,
    may_have_been_sent: bool,
    retry_after: Option<Duration>,
    denied: Option<AccessDeniedDetail>,
}

impl Error {
    /// An error of this kind. The message is a clause for people.
    pub(super) fn new(kind: impl Into<Kind>, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind: kind.into(),
            service: None,
            operation: "",
            host: String::new(),
            code: String::new(),
            message: message.into(),
            request_id: String::new(),
            status: None,
            attempts: 0,
            may_have_been_sent: false,
            retry_after: None,
            denied: None,
        }))
    }

    pub(super) fn with_document(
        mut self,
        code: String,
        request_id: String,
        denied: Option<AccessDeniedDetail>,
    ) -> Self {
        self.0.code = code;
        self.0.request_id = request_id;
        self.0.denied = denied;
        self
    }

    pub(super) fn with_answer(mut self, status: u16, retry_after: Option<Duration>) -> Self {
        self.0.status = Some(status);
        self.0.retry_after = retry_after;
        self
    }

    pub(super) fn with_call(
        mut self,
        service: Service,
        operation: &'static str,
        host: &str,
        attempts: u32,
    ) -> Self {
        self.0.service = Some(service);
        self.0.operation = operation;
        self.0.host = host.to_owned();
        self.0.attempts = attempts;
        self
    }

    pub(super) fn uncertain(mut self, may_have_been_sent: bool) -> Self {
        self.0.may_have_been_sent = may_have_been_sent;
        self
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    pub(super) fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The service's code, such as `EntityNotExist.Role`; empty where the service did not answer.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The service's message, or what happened.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The service's id of the request, empty where it did not answer.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The service that was called.
    #[must_use]
    pub fn service(&self) -> Option<Service> {
        self.0.service
    }

    /// The action that was called, empty where it did not come to a call.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.0.operation
    }

    /// The host that was called.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// How often it was tried.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether a write may have been carried out all the same.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.0.may_have_been_sent
    }

    /// Which permission was missing, where the service says so.
    #[must_use]
    pub fn denied(&self) -> Option<&AccessDeniedDetail> {
        self.0.denied.as_ref()
    }

    /// Whether the service says that the object is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.is(ErrorKind::NotFound)
    }

    /// Whether the service says that the object is already there.
    #[must_use]
    pub fn is_already_exists(&self) -> bool {
        self.is(ErrorKind::AlreadyExists)
    }

    /// Whether the service refused with a code of this kind.
    #[must_use]
    pub fn is(&self, kind: ErrorKind) -> bool {
        self.0.kind == Kind::Api(kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let message = inner.message.trim().trim_end_matches('.');
        let service = inner.service.map_or("", |service| match service {
            Service::Ram => "RAM ",
            Service::Sts => "STS ",
            Service::Imm => "IMM ",
        });
        let call = format!("{service}{}", inner.operation);
        match inner.kind {
            Kind::Credentials | Kind::Client | Kind::Timeout => f.write_str(message)?,
            Kind::Transport => write!(f, "{call} got no answer from {}: {message}", inner.host)?,
            Kind::Answer => write!(
                f,
                "{call} got an answer from {} that cannot be read: {message}",
                inner.host
            )?,
            Kind::Api(_) => write!(f, "{call} was refused by {}: {message}", inner.host)?,
        }
        if let Some(denied) = inner.denied.as_ref().filter(|d| !d.auth_action.is_empty()) {
            write!(f, "; the missing permission is `{}`", denied.auth_action)?;
        }
        if inner.is_clock() {
            f.write_str("; the clock of this machine may be wrong")?;
        }
        if inner.may_have_been_sent {
            f.write_str("; it may have been carried out all the same")?;
        }
        let mut details = Vec::new();
        if !inner.code.is_empty() {
            details.push(format!("code {}", inner.code));
        }
        if !inner.request_id.is_empty() {
            details.push(format!("request id {}", inner.request_id));
        }
        if inner.attempts > 1 {
            details.push(format!("{} attempts", inner.attempts));
        }
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        Ok(())
    }
}

impl Inner {
    fn is_clock(&self) -> bool {
        self.code.starts_with("InvalidTimeStamp")
    }
}

impl std::error::Error for Error {}
