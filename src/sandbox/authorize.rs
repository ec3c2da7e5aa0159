//! May this caller do this? The one place where every request is asked.
//!
//! The account itself may do everything. A user may do what its own policies and those of its groups
//! allow, a session what its role's policies and its session policy both allow; each in its default
//! version, read anew for every request. A request carries its context: the clock, the caller's
//! address, its user agent, that it came without TLS. Where the decision still hangs on a key that is
//! not known, such as the address behind a listener that tells none, the request is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::api::error::AccessDeniedDetail;
use crate::api::{Service, arn};
use crate::policy::ast::{Document, DocumentKind};
use crate::policy::evaluate::{Assumer, Context, Decision, Request, Verdict, evaluate_trust};

use super::check::Check;
use super::dispatch::Call;
use super::failure::{Failure, Result};
use super::ram::{RoleRow, role_arn};
use super::rights::Rights;

/// Who sent a request, after its signature was found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The account itself.
    Root,
    /// A user of the account.
    User {
        /// The user's id.
        id: String,
        /// The user's name, in its own spelling.
        name: String,
    },
    /// A role that somebody assumed.
    Session {
        /// The role's id.
        role_id: String,
        /// The role's name, in its own spelling.
        role: String,
        /// The session's name.
        name: String,
        /// The policy that narrows the session.
        policy: Option<String>,
    },
    /// Nobody: an action that takes no signature.
    Anonymous,
}

/// Which kind of policy refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusing {
    /// The caller's own policies, or its groups' or role's.
    Identity,
    /// The session policy.
    Session,
    /// The trust policy of the role that was to be assumed.
    Trust,
}

impl Refusing {
    fn policy_type(self) -> &'static str {
        match self {
            Self::Identity => "AccountLevelIdentityBasedPolicy",
            Self::Session => "SessionPolicy",
            Self::Trust => "AssumeRolePolicy",
        }
    }
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// Whose call it is.
    pub(crate) service: Service,
    /// What, as policies spell it: `ram:CreateRole`.
    pub(crate) action: &'a str,
    /// On which resources. Every one of them must be allowed.
    pub(crate) resources: &'a [String],
    /// Condition keys of this action, with their values.
    pub(crate) context: &'a [(&'static str, Vec<String>)],
}

/// Answers the question; a denial is the service's error.
pub(crate) fn authorize(call: &Call<'_>, question: &Question<'_>) -> Result<()> {
    if Check::Authorization.is_lenient(call.db)? {
        return Ok(());
    }
    let Some(rights) = Rights::of(call.db, call.now, call.caller)? else {
        return Ok(());
    };
    let context = call.context_with(question.context);
    for resource in question.resources {
        let request = Request::new(question.action, resource, context.clone());
        if let Some((refusing, verdict)) = refused(&rights, &request) {
            let detail = detail(call, &request, refusing, &verdict);
            return Err(denial(question.service, &request, &verdict, detail));
        }
    }
    Ok(())
}

/// Why a request is not allowed, and by which kind of policy; nothing where it is.
pub(crate) fn refused(rights: &Rights, request: &Request) -> Option<(Refusing, Verdict)> {
    let verdict = rights.decide(request);
    if verdict.decision == Decision::Allow {
        return None;
    }
    let refusing = if rights.session_refuses(request) {
        Refusing::Session
    } else {
        Refusing::Identity
    };
    Some((refusing, verdict))
}

/// The other side of AssumeRole: whether the role's trust policy lets the caller in. A role that only a
/// service is trusted with is not for users and sessions.
pub(crate) fn trusted(
    call: &Call<'_>,
    role: &RoleRow,
    own: &[(&'static str, Vec<String>)],
) -> Result<()> {
    if Check::Authorization.is_lenient(call.db)? {
        return Ok(());
    }
    let arn = match call.caller {
        Caller::User { name, .. } => arn::user(call.account, name),
        Caller::Session { role, .. } => role_arn(call.account, role),
        // Neither comes here, and neither could be trusted.
        Caller::Root | Caller::Anonymous => String::new(),
    };
    let document = Document::parse(&role.document, DocumentKind::Trust).map_err(|error| {
        Failure::internal(format_args!(
            "It cannot be said who is trusted, since the trust policy of {} cannot be read: {error}.",
            role.name
        ))
    })?;
    let assumer = Assumer::Identity {
        account: call.account.to_owned(),
        arn,
    };
    let request = Request::new(
        "sts:AssumeRole",
        &arn::role(call.account, &role.name),
        call.context_with(own),
    );
    let verdict = evaluate_trust(&document, &assumer, &request.context);
    if verdict.decision == Decision::Allow {
        return Ok(());
    }
    let detail = detail(call, &request, Refusing::Trust, &verdict);
    Err(denial(Service::Sts, &request, &verdict, detail))
}

/// The service's own way to say no.
fn denial(
    service: Service,
    request: &Request,
    verdict: &Verdict,
    detail: AccessDeniedDetail,
) -> Failure {
    let Request {
        action, resource, ..
    } = request;
    let failure = match service {
        Service::Imm => Failure::new(
            403,
            "AccessDenied",
            format!(
                "You are not authorized to operate {action} on the specified resources {resource}"
            ),
        ),
        Service::Ram | Service::Sts => Failure::ours(
            403,
            "NoPermission",
            format_args!(
                "You are not authorized to do this action. Resource: {resource} Action: {action} \
                 ({})",
                verdict.reason
            ),
        ),
    };
    failure.because(detail)
}

/// What the error document tells of a denial.
pub(crate) fn detail(
    call: &Call<'_>,
    request: &Request,
    refusing: Refusing,
    verdict: &Verdict,
) -> AccessDeniedDetail {
    let (kind, name) = match call.caller {
        Caller::User { id, .. } => ("SubUser", id.clone()),
        Caller::Session { role, name, .. } => ("AssumedRoleUser", format!("{role}:{name}")),
        Caller::Root | Caller::Anonymous => ("", String::new()),
    };
    // Opaque to clients, and no secret: what the denial was about.
    let message = json!({
        "AuthAction": request.action,
        "AuthResource": request.resource,
        "Reason": verdict.reason,
    });
    AccessDeniedDetail {
        auth_action: request.action.clone(),
        auth_principal_type: kind.to_owned(),
        auth_principal_display_name: name,
        auth_principal_owner_id: call.account.to_owned(),
        no_permission_type: match verdict.decision {
            Decision::ExplicitDeny => "ExplicitDeny",
            // What is not known to be allowed is not allowed.
            Decision::ImplicitDeny | Decision::Unknown | Decision::Allow => "ImplicitDeny",
        }
        .to_owned(),
        policy_type: refusing.policy_type().to_owned(),
        encoded_diagnostic_message: STANDARD.encode(message.to_string()),
    }
}

/// What every request carries, whatever it asks for.
pub(crate) fn context(
    now: &str,
    source: Option<std::net::IpAddr>,
    user_agent: Option<&str>,
) -> Context {
    let context = Context::new()
        .with("acs:CurrentTime", now)
        .with("acs:SecureTransport", "false");
    let context = match source {
        Some(address) => context.with("acs:SourceIp", &address.to_canonical().to_string()),
        None => context,
    };
    match user_agent {
        Some(agent) => context.with("acs:UserAgent", agent),
        None => context.without("acs:UserAgent"),
    }
}
