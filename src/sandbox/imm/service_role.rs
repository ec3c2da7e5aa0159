//! Whether a project may have a role: checked where a project is created with it, or given it.
//!
//! That IMM checks this is known, its order, codes and texts are not. In this order: the role exists;
//! it trusts IMM; the caller may pass it to IMM; the caller holds everything that the role holds. Every
//! text is the sandbox's own, and each check can be made lenient ([`Check`]).
//!
//! The root passes what is asked of the caller. Where it cannot be said for certain that the role does
//! not trust IMM, or that the caller lacks something, the call goes on: conditions in the role's
//! policies apply to requests that are still to come.

use crate::api::arn;
use crate::policy::ast::{Document, DocumentKind};
use crate::policy::cover::{Coverage, Witness};
use crate::policy::evaluate::{Assumer, Context, Decision, Request, evaluate_trust};
use crate::sandbox::authorize::{Refusing, detail, refused};
use crate::sandbox::check::Check;
use crate::sandbox::dispatch::Call;
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::ram::{RoleRow, find_role};
use crate::sandbox::rights::{self, Rights};

/// The service that uses the roles of projects.
const IMM: &str = "imm.aliyuncs.com";

/// Checks the role that a project is to have, by its name.
pub(super) fn check(call: &Call<'_>, name: &str) -> Result<()> {
    let role = find_role(call, name)?.filter(|role| role.visible <= call.now);
    if role.is_none() && !Check::RoleExists.is_lenient(call.db)? {
        return Err(invalid(format_args!(
            "The service role {name} does not exist."
        )));
    }
    if let Some(role) = &role
        && !Check::RoleTrust.is_lenient(call.db)?
    {
        trusts_imm(role)?;
    }
    let Some(rights) = Rights::of(call.db, call.now, call.caller)? else {
        return Ok(());
    };
    if !Check::PassRole.is_lenient(call.db)? {
        may_be_passed(call, &rights, name)?;
    }
    match &role {
        Some(role) if !Check::HoldPermissions.is_lenient(call.db)? => held(call, &rights, role),
        _ => Ok(()),
    }
}

fn invalid(why: impl std::fmt::Display) -> Failure {
    Failure::ours(400, "InvalidServiceRole", why)
}

fn trusts_imm(role: &RoleRow) -> Result<()> {
    let document = Document::parse(&role.document, DocumentKind::Trust).map_err(|error| {
        invalid(format_args!(
            "The trust policy of the service role {} cannot be read: {error}.",
            role.name
        ))
    })?;
    let imm = Assumer::Service(IMM.to_owned());
    // Which condition keys IMM's own requests carry is not known.
    let verdict = evaluate_trust(&document, &imm, &Context::open());
    match verdict.decision {
        Decision::Allow | Decision::Unknown => Ok(()),
        Decision::ExplicitDeny | Decision::ImplicitDeny => Err(invalid(format_args!(
            "The service role {} does not trust {IMM}: {}.",
            role.name, verdict.reason
        ))),
    }
}

fn may_be_passed(call: &Call<'_>, rights: &Rights, name: &str) -> Result<()> {
    let request = Request::new(
        "ram:PassRole",
        &arn::role(call.account, name),
        call.context_with(&[("acs:Service", vec![IMM.to_owned()])]),
    );
    let Some((refusing, verdict)) = refused(rights, &request) else {
        return Ok(());
    };
    let failure = Failure::ours(
        403,
        "AccessDenied",
        format_args!(
            "The caller may not pass the service role {name} to {IMM}. Resource: {} Action: \
             ram:PassRole ({})",
            request.resource, verdict.reason
        ),
    );
    Err(failure.because(detail(call, &request, refusing, &verdict)))
}

fn held(call: &Call<'_>, rights: &Rights, role: &RoleRow) -> Result<()> {
    let needed = rights::of_role(call.db, call.now, &role.id)?;
    let Witness {
        request, refused, ..
    } = match rights.hold(call.account, &needed) {
        Coverage::No(witness) => *witness,
        Coverage::Yes | Coverage::Unknown(_) => return Ok(()),
    };
    let refusing = if rights.session_refuses(&request) {
        Refusing::Session
    } else {
        Refusing::Identity
    };
    let context: String = request
        .context
        .iter()
        .map(|(key, values)| format!(" with {key} = {}", values.join(", ")))
        .collect();
    let failure = Failure::ours(
        403,
        "AccessDenied",
        format_args!(
            "The caller does not hold every permission of the service role {}. Resource: {} Action: \
             {}{context} ({})",
            role.name, request.resource, request.action, refused.reason
        ),
    );
    Err(failure.because(detail(call, &request, refusing, &refused)))
}
