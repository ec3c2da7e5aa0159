//! `sandbox serve`: the embedded cloud as a server for any client.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::host::Host;
use crate::sandbox::{
    Check, DEFAULT_REGION, Fault, OpenError, Options, Quota, Sandbox, Secret, Server,
};

/// `sandbox …`.
#[derive(Args)]
pub struct SandboxArgs {
    #[command(subcommand)]
    command: SandboxCommand,
}

impl fmt::Debug for SandboxArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SandboxArgs")
    }
}

#[derive(Subcommand)]
enum SandboxCommand {
    /// Serve RAM, STS and IMM until SIGTERM or SIGINT
    Serve(ServeArgs),
}

/// Prints one JSON line with `url`, `account_id`, `access_key_id` and `access_key_secret`, then
/// serves. Account and root key are kept in the database file: the first server decides them.
#[derive(Args)]
struct ServeArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: String,
    /// Database file, made where it does not exist; without it everything is gone in the end
    #[arg(long, value_name = "PATH")]
    db: Option<PathBuf>,
    /// Region of IMM where the host name says none
    #[arg(long, value_name = "R", default_value = DEFAULT_REGION)]
    region: String,
    /// Change a limit, such as projects=1000; kept in the database file
    #[arg(long, value_name = "NAME=N", value_parser = quota)]
    quota: Vec<(Quota, u32)>,
    /// Leave checks out: authorization, role-exists, role-trust, pass-role, hold-permissions or all;
    /// kept in the database file
    #[arg(long, value_name = "NAME", num_args = 1.., value_parser = checks)]
    lenient: Vec<Checks>,
    /// Make checks again that were left out
    #[arg(long, value_name = "NAME", num_args = 1.., value_parser = checks)]
    strict: Vec<Checks>,
    /// Misbehave, such as CreateRole:throttle:3 or *:latency=50ms; kept in the database file
    #[arg(long, value_name = "ACTION:KIND[=VALUE][:COUNT]", value_parser = fault)]
    fault: Vec<Fault>,
    /// The account's number
    #[arg(long, value_name = "ID")]
    account_id: Option<String>,
    /// The root access key's id
    #[arg(long, value_name = "K", requires = "access_key_secret")]
    access_key_id: Option<String>,
    /// The root access key's secret
    #[arg(long, value_name = "S", requires = "access_key_id", value_parser = secret)]
    access_key_secret: Option<Secret>,
}

fn quota(text: &str) -> Result<(Quota, u32), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write NAME=N, such as projects=1000")?;
    let quota = name.parse::<Quota>().map_err(|error| error.to_string())?;
    let value = value
        .parse()
        .map_err(|_| format!("`{value}` is not a whole number of 0 to {}", u32::MAX))?;
    Ok((quota, value))
}

/// What one name stands for.
#[derive(Debug, Clone)]
struct Checks(Vec<Check>);

fn checks(text: &str) -> Result<Checks, String> {
    if text == "all" {
        return Ok(Checks(Check::ALL.to_vec()));
    }
    match text.parse::<Check>() {
        Ok(check) => Ok(Checks(vec![check])),
        Err(error) => Err(format!("{error}, and all")),
    }
}

/// Which checks to leave out and which to make. Where a check is in both lists it is made.
fn leniency(lenient: Vec<Checks>, strict: Vec<Checks>) -> BTreeMap<Check, bool> {
    let named = |list: Vec<Checks>| list.into_iter().flat_map(|checks| checks.0);
    let lenient = named(lenient).map(|check| (check, true));
    lenient
        .chain(named(strict).map(|check| (check, false)))
        .collect()
}

fn fault(text: &str) -> Result<Fault, String> {
    text.parse::<Fault>().map_err(|error| error.to_string())
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the shape that an argument parser has"
)]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

/// Why serving ended badly. The command exits with status 2.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The database cannot be used.
    Open(OpenError),
    /// The address cannot be listened on.
    Listen {
        /// The address.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// The JSON line could not be printed, or signals could not be waited for.
    System(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Listen { address, error } => {
                write!(f, "the sandbox cannot listen on `{address}`: {error}")
            }
            Self::System(error) => write!(f, "the sandbox cannot serve: {error}"),
        }
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Open(error) => Some(error),
            Self::Listen { error, .. } | Self::System(error) => Some(error),
        }
    }
}

/// Runs the command: prints its line to `out`, then serves until SIGTERM or SIGINT.
///
/// # Errors
/// When the database, the address or `out` cannot be used; one clear line is in the error.
pub async fn run(args: SandboxArgs, host: Host, out: &mut dyn Write) -> Result<(), ServeError> {
    let SandboxCommand::Serve(args) = args.command;
    // Before anything is announced: whoever reads the line may send a signal at once.
    let stop = stop_signal().map_err(ServeError::System)?;
    serve(args, host, out, stop).await
}

fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

async fn serve(
    args: ServeArgs,
    host: Host,
    out: &mut dyn Write,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let options = Options {
        account_id: args.account_id,
        access_key: args.access_key_id.zip(args.access_key_secret),
        region: Some(args.region),
        lenient: leniency(args.lenient, args.strict),
        quotas: args.quota.into_iter().collect::<BTreeMap<_, _>>(),
        faults: args.fault,
    };
    let sandbox = match args.db {
        Some(path) => Sandbox::open(path, options, host).await,
        None => Sandbox::in_memory(options, host).await,
    }
    .map_err(ServeError::Open)?;
    let server = Server::start(sandbox, args.listen.as_str())
        .await
        .map_err(|error| ServeError::Listen {
            address: args.listen,
            error,
        })?;
    let account = server.sandbox().account();
    let line = serde_json::json!({
        "url": server.url(),
        "account_id": account.id,
        "access_key_id": account.access_key_id,
        "access_key_secret": account.access_key_secret.expose(),
    });
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(ServeError::System)?;
    stop.await;
    let sandbox = server.sandbox().clone();
    server.stop().await;
    sandbox.close().await;
    Ok(())
}
