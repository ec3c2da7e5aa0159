//! The way of one request through the sandbox.
//!
//! Parse, then on the database thread and in one transaction: faults, authentication, the action's
//! own steps (parameters, authorization, existence, state, quotas). What a refused action wrote is
//! undone, but its nonce stays used.

use std::net::IpAddr;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use serde_json::Value;

use crate::api::Service;
use crate::api::signature::{Claims, Received, recognise};

use super::authenticate::authenticate;
use super::authorize;
use super::clock;
use super::dispatch::{self, Call, Entry};
use super::failure::{Failure, Result};
use super::faults::{self, Drawn};
use super::ids;
use super::reply::{self, Format, Reply};
use super::{Sandbox, Settings};

/// A request as it came in.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// The method.
    pub(crate) method: String,
    /// Path and query, as in the request line.
    pub(crate) target: String,
    /// Names and values, in any order.
    pub(crate) headers: Vec<(String, String)>,
    /// All bytes of the body.
    pub(crate) body: Vec<u8>,
    /// Who is at the other end of the line, where that is known.
    pub(crate) peer: Option<IpAddr>,
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is answered.
    Reply(Reply),
    /// Its connection is closed without an answer.
    Drop,
}

/// What the database thread says.
enum Step {
    Done(Result<Value>),
    Drop,
    /// Come again after this time, with these faults.
    Wait(Drawn),
}

/// Everything about a request that the database thread needs.
#[derive(Clone, Debug)]
struct Scene {
    claims: Claims,
    entry: Result<&'static Entry>,
    region: String,
    peer: Option<IpAddr>,
    user_agent: Option<String>,
}

/// Answers a request.
pub(crate) async fn answer(sandbox: &Sandbox, incoming: Incoming) -> Outcome {
    let settings = sandbox.settings();
    let host = header(&incoming, "host");
    let region = region(host).unwrap_or(&settings.region).to_owned();
    let request_id = ids::request(&settings.host).unwrap_or_default();

    let (format, scene) = match parse(&incoming, region.clone()) {
        Ok(parsed) => parsed,
        Err(failure) => {
            let host_id = host_id(host, None, &region);
            let reply = reply::error(Format::Json, &failure, &request_id, &host_id, None);
            return Outcome::Reply(reply);
        }
    };
    let action = scene.claims.action.clone().unwrap_or_default();
    let service = service(&scene);
    let result = match run(sandbox, scene).await {
        Some(result) => result,
        None => return Outcome::Drop,
    };
    Outcome::Reply(match result {
        Ok(output) => reply::success(format, &action, &request_id, &output),
        Err(failure) => {
            let host_id = host_id(host, service, &region);
            reply::error(format, &failure, &request_id, &host_id, service)
        }
    })
}

fn header<'a>(incoming: &'a Incoming, name: &str) -> &'a str {
    incoming
        .headers
        .iter()
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value.as_str()))
        .unwrap_or_default()
}

/// The region in the host name of IMM's regional endpoints.
fn region(host: &str) -> Option<&str> {
    let rest = host
        .strip_prefix("imm.")
        .or_else(|| host.strip_prefix("imm-vpc."))?;
    let (region, _) = rest.split_once('.')?;
    (!region.is_empty() && region != "aliyuncs").then_some(region)
}

/// The name of the answering host: the one that was called, where it is one of the vendor's.
fn host_id(host: &str, service: Option<Service>, region: &str) -> String {
    let name = host.split(':').next().unwrap_or_default();
    if name.ends_with(".aliyuncs.com") {
        return name.to_owned();
    }
    match service {
        Some(Service::Imm) => format!("imm.{region}.aliyuncs.com"),
        Some(service) => format!("{}.aliyuncs.com", service.code()),
        None => name.to_owned(),
    }
}

fn service(scene: &Scene) -> Option<Service> {
    match &scene.entry {
        Ok(entry) => Some(entry.service),
        Err(_) => Service::ALL
            .into_iter()
            .find(|service| scene.claims.version.as_deref() == Some(service.version())),
    }
}

/// Reads a request: what it claims, how it wants its answer, and which action it means.
fn parse(incoming: &Incoming, region: String) -> Result<(Format, Scene)> {
    if !matches!(incoming.method.as_str(), "GET" | "POST") {
        return Err(Failure::ours(
            400,
            "UnsupportedHTTPMethod",
            "Only GET and POST are served.",
        ));
    }
    let path = incoming.target.split('?').next().unwrap_or_default();
    if path != "/" {
        return Err(Failure::new(
            404,
            "InvalidApi.NotFound",
            "Specified api is not found, please check your url and method.",
        ));
    }
    let headers: Vec<(&str, &str)> = incoming
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let claims = recognise(&Received {
        method: &incoming.method,
        target: &incoming.target,
        headers: &headers,
        body: &incoming.body,
    })?;
    let format = Format::parse(claims.format.as_deref())?;
    let entry = route(&claims);
    let scene = Scene {
        claims,
        entry,
        region,
        peer: incoming.peer,
        user_agent: Some(header(incoming, "user-agent").to_owned())
            .filter(|agent| !agent.is_empty()),
    };
    Ok((format, scene))
}

fn route(claims: &Claims) -> Result<&'static Entry> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let action = given(&claims.action).ok_or_else(|| Failure::missing("Action"))?;
    let version = given(&claims.version).ok_or_else(|| Failure::missing("Version"))?;
    if let Some(entry) = dispatch::find(&version, &action) {
        return Ok(entry);
    }
    if Service::ALL
        .into_iter()
        .any(|service| service.version() == version)
    {
        return Err(Failure::new(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        ));
    }
    Err(Failure::ours(
        400,
        "InvalidVersion",
        "Specified parameter Version is not valid: RAM 2015-05-01, STS 2015-04-01 and IMM \
         2020-09-30 are served.",
    ))
}

/// `None`: the connection is to be closed.
async fn run(sandbox: &Sandbox, scene: Scene) -> Option<Result<Value>> {
    let mut drawn = None;
    loop {
        let (scene, settings) = (scene.clone(), sandbox.share());
        let step = sandbox
            .store()
            .run(move |db| serve(db, &settings, &scene, drawn))
            .await;
        match step {
            Ok(Step::Done(result)) => return Some(result),
            Ok(Step::Drop) => return None,
            Ok(Step::Wait(faults)) => {
                sandbox.host().sleep(faults.latency).await;
                drawn = Some(faults);
            }
            Err(closed) => return Some(Err(Failure::internal(closed))),
        }
    }
}

fn serve(db: &mut Connection, settings: &Settings, scene: &Scene, drawn: Option<Drawn>) -> Step {
    match transact(db, settings, scene, drawn) {
        Ok(step) => step,
        Err(error) => Step::Done(Err(error.into())),
    }
}

fn transact(
    db: &mut Connection,
    settings: &Settings,
    scene: &Scene,
    drawn: Option<Drawn>,
) -> rusqlite::Result<Step> {
    let mut change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let drawn = match (drawn, &scene.claims.action) {
        (Some(drawn), _) => drawn,
        (None, None) => Drawn::default(),
        (None, Some(action)) => {
            let drawn = faults::draw(&change, action)?;
            if drawn.latency > Duration::ZERO {
                change.commit()?;
                return Ok(Step::Wait(drawn));
            }
            drawn
        }
    };

    let now = settings.host.now();
    let anonymous = scene.entry.as_ref().is_ok_and(|entry| entry.anonymous);
    let caller = match authenticate(&change, &scene.claims, anonymous, now) {
        Ok(caller) => caller,
        Err(failure) => {
            change.commit()?;
            return Ok(Step::Done(Err(failure)));
        }
    };
    let entry = match &scene.entry {
        Ok(entry) => entry,
        Err(failure) => {
            change.commit()?;
            return Ok(Step::Done(Err(failure.clone())));
        }
    };
    if drawn.drop_before || drawn.refusal.is_some() {
        change.commit()?;
        return Ok(match drawn.refusal {
            Some(failure) if !drawn.drop_before => Step::Done(Err(failure)),
            _ => Step::Drop,
        });
    }

    // What a refused action wrote is undone; the nonce and the faults stay used.
    let attempt = change.savepoint()?;
    let context = authorize::context(
        &clock::seconds(clock::nanos(now)),
        scene.peer,
        scene.user_agent.as_deref(),
    );
    let result = (entry.serve)(
        &scene.claims.params,
        &Call {
            db: &attempt,
            host: &settings.host,
            now: clock::nanos(now),
            account: &settings.account.id,
            region: &scene.region,
            caller: &caller,
            context: &context,
            delay: drawn.delay,
        },
    );
    if result.is_ok() {
        attempt.commit()?;
    } else {
        attempt.finish()?;
    }
    change.commit()?;
    Ok(if drawn.drop_after {
        Step::Drop
    } else {
        Step::Done(result)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read_from_imm_hosts_only() {
        assert_eq!(region("imm.cn-shanghai.aliyuncs.com"), Some("cn-shanghai"));
        assert_eq!(
            region("imm-vpc.cn-beijing.aliyuncs.com:443"),
            Some("cn-beijing")
        );
        assert_eq!(region("127.0.0.1:8080"), None);
        assert_eq!(region("ram.aliyuncs.com"), None);
        assert_eq!(region("imm.aliyuncs.com"), None);
    }

    #[test]
    fn hosts_in_errors_are_the_vendors() {
        assert_eq!(
            host_id("sts.cn-hangzhou.aliyuncs.com", Some(Service::Sts), "r"),
            "sts.cn-hangzhou.aliyuncs.com"
        );
        assert_eq!(
            host_id("127.0.0.1:80", Some(Service::Ram), "r"),
            "ram.aliyuncs.com"
        );
        assert_eq!(
            host_id("localhost", Some(Service::Imm), "cn-x"),
            "imm.cn-x.aliyuncs.com"
        );
    }
}
