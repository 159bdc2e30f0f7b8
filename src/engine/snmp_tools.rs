//! SNMP by hand, for `get` and `walk`: one agent, no store, no state.

use crate::collect::snmp::access::Access;
use crate::collect::snmp::targets::{self, Target};
use crate::collect::snmp::{Client, Limits, Options, Session};
use crate::model::inventory::{Problem, Reason};
use crate::model::{Credential, Oid};
use crate::net::dns;
use crate::wire::snmp::VarBind;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Whom to ask, and how patiently.
#[derive(Clone, Debug)]
pub struct Asking {
    /// Address, `ADDR:PORT` or name.
    pub target: String,
    /// The port, unless the target has its own.
    pub port: u16,
    /// Tried in their order; with none, the community `public`.
    pub credentials: Vec<Credential>,
    /// First wait for an answer.
    pub timeout: Duration,
    /// Repetitions after the first request.
    pub retries: u32,
}

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// These objects.
    Get(Vec<Oid>),
    /// Everything under this one; where there is nothing under it, the object itself.
    Walk(Oid),
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The objects.
    pub binds: Vec<VarBind>,
    /// Why they are not all.
    pub problem: Option<Problem>,
    /// Whether the operator broke it off.
    pub interrupted: bool,
}

/// Why nothing could be tried.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The target is none, or more than one.
    #[error("{0}")]
    Target(String),
    /// This host has no socket or no thread for it.
    #[error("could not open an SNMP socket: {0}")]
    Socket(#[from] io::Error),
}

/// Asks one agent. Blocks until it is done or interrupted (SIGINT).
///
/// Errors: see [`ToolError`]; that the agent does not answer is a problem in [`Read`].
pub fn read(asking: &Asking, reading: &Reading) -> Result<Read, ToolError> {
    let target = targets::parse(&asking.target, asking.port).map_err(|error| ToolError::Target(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        let work = read_target(asking, target, reading, &stop);
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => done,
            _ = tokio::signal::ctrl_c() => {
                stop.cancel();
                let read = work.await?;
                Ok(Read { interrupted: true, ..read })
            }
        }
    })
}

async fn read_target(asking: &Asking, target: Target, reading: &Reading, stop: &CancellationToken) -> Result<Read, ToolError> {
    let address = match target {
        Target::Address(address) => address,
        Target::Name(name, port) => match stop.run_until_cancelled(dns::resolve(&name)).await {
            None => return Ok(Read::default()),
            Some(Ok(found)) => match found.first() {
                Some(ip) => SocketAddr::new(*ip, port),
                None => return Ok(failed(&asking.target, Reason::Unresolved, "the name has no address".to_owned())),
            },
            Some(Err(error)) => return Ok(failed(&asking.target, Reason::Unresolved, error.to_string())),
        },
        Target::Sweep(_) => return Err(ToolError::Target(format!("{:?} is more than one address", asking.target))),
    };
    let client = Client::open(Options::default())?;
    let access = Access::new(&asking.credentials);
    let limits = Limits { timeout: asking.timeout, retries: asking.retries, ..Limits::default() };
    match stop.run_until_cancelled(access.open(&client, address, limits)).await {
        None => Ok(Read::default()),
        Some(Err(refusal)) => Ok(failed(&address.to_string(), refusal.reason, refusal.detail)),
        Some(Ok(opened)) => Ok(read_agent(&opened.session.stopped_by(stop.clone()), reading).await),
    }
}

async fn read_agent(session: &Session, reading: &Reading) -> Read {
    let target = session.agent().address.to_string();
    let (binds, error) = match reading {
        Reading::Get(names) => match session.get(names).await {
            Ok(binds) => (binds, None),
            Err(error) => (Vec::new(), Some(error)),
        },
        Reading::Walk(root) => {
            let walk = session.walk(root).await;
            match (walk.rows.is_empty(), walk.fault) {
                // As every walk does since CMU's: the name of an instance stands for itself.
                (true, None) => match session.get(std::slice::from_ref(root)).await {
                    Ok(binds) => (binds.into_iter().filter(|bind| !bind.value.is_absent()).collect(), None),
                    Err(error) => (Vec::new(), Some(error)),
                },
                (_, fault) => (walk.rows, fault),
            }
        }
    };
    let problem = error.map(|error| Problem { target, reason: error.reason(), detail: error.failure.to_string() });
    Read { binds, problem, interrupted: false }
}

fn failed(target: &str, reason: Reason, detail: String) -> Read {
    Read { problem: Some(Problem { target: target.to_owned(), reason, detail }), ..Read::default() }
}
