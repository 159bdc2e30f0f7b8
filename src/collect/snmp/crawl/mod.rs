//! A network read from its targets on: who answers is read, and its neighbours are followed within the scope.
//!
//! It tells what it saw and derives nothing: links and identities are the state's business. Reading order: [`CrawlOptions`], then
//! `run` (the loop), `frontier` (who is asked next), `visit` (one agent), `known` (one device under several addresses), `meter`
//! (how far it is).

mod account;
mod ear;
mod frontier;
mod known;
mod meter;
mod nameless;
mod rest;
mod run;
mod visit;

pub use ear::Heard;
pub use rest::Rest;

use super::access::Access;
use super::client::Client;
use super::targets::{self, Target, TargetError};
use crate::collect::{Emitter, icmp};
use crate::model::Role;
use crate::model::inventory::Problem;
use crate::model::topology::Summary;
use ipnet::IpNet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Time for one device as a whole: a large chassis over a slow line takes about one minute.
pub const DEVICE_DEADLINE: Duration = Duration::from_secs(120);

/// What is to be discovered, and how.
#[derive(Clone, Debug)]
pub struct CrawlOptions {
    /// Number of the run, from 1: for [`crate::event::DiscoveryProgress::run`].
    pub run: u32,
    /// Addresses, `ADDR:PORT`, names, CIDRs, ranges, as given.
    pub targets: Vec<String>,
    /// The credentials, and what is known of where each works.
    pub access: Arc<Access>,
    /// UDP port of the agents.
    pub port: u16,
    /// Hops followed; `None` is 0 for networks and ranges, and no limit but the scope for single addresses.
    pub depth: Option<u32>,
    /// Networks that may be asked; empty follows from the targets.
    pub scope: Vec<IpNet>,
    /// Networks never asked.
    pub exclude: Vec<IpNet>,
    /// First wait for a reply.
    pub timeout: Duration,
    /// Repetitions after the first request.
    pub retries: u32,
    /// Time for the whole run.
    pub deadline: Option<Duration>,
    /// Echoes a second; that of SNMP is the client's.
    pub rate: Option<u32>,
    /// Whether networks are swept by ICMP first.
    pub ping: Ping,
    /// Neighbours and swept devices of these roles are left out; what is named is read all the same.
    pub skip: Vec<Role>,
    /// Addresses of devices that are known: they are not asked unless they are named.
    pub known: Vec<IpAddr>,
    /// Whether the run is shown.
    pub progress: Progress,
    /// Counters of the sweeps.
    pub icmp: Arc<icmp::Counters>,
    /// What this host itself hears of its neighbours; they are followed too.
    pub heard: Option<Heard>,
}

/// Whether progress goes out as events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// It does.
    #[default]
    Told,
    /// It does not: devices that changed are read by the way.
    Untold,
}

/// Left out unless told otherwise: telephones speak LLDP and no SNMP, and there is one on every desk.
pub const SKIPPED: [Role; 1] = [Role::Phone];

/// Whether addresses of networks are pinged before they are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ping {
    /// Where the process may. Who is silent gets one SNMP request all the same.
    #[default]
    Auto,
    /// Never.
    Never,
}

impl CrawlOptions {
    /// These targets with the contract's defaults.
    pub fn new(targets: Vec<String>, access: Arc<Access>) -> Self {
        Self {
            run: 1,
            targets,
            access,
            port: 161,
            depth: None,
            scope: Vec::new(),
            exclude: Vec::new(),
            timeout: Duration::from_secs(1),
            retries: 2,
            deadline: Some(Duration::from_secs(300)),
            rate: None,
            ping: Ping::Auto,
            skip: SKIPPED.to_vec(),
            known: Vec::new(),
            progress: Progress::Told,
            icmp: Arc::default(),
            heard: None,
        }
    }

    /// The targets, read.
    ///
    /// # Errors
    /// All that can't be used.
    pub fn parsed(&self) -> Result<Vec<Target>, Vec<TargetError>> {
        let (mut parsed, mut faults) = (Vec::new(), Vec::new());
        for text in &self.targets {
            match targets::parse(text, self.port) {
                Ok(target) => parsed.push(target),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(parsed) } else { Err(faults) }
    }
}

/// How a run is steered from outside.
#[derive(Clone, Debug)]
pub struct Control {
    /// While true, nothing new is asked.
    pub paused: watch::Receiver<bool>,
    /// Ends the run; what was found until then stands.
    pub cancel: CancellationToken,
    /// What an earlier run left, and where this one keeps what it leaves.
    pub keep: Keep,
}

/// How a run outlives its process.
#[derive(Clone, Debug, Default)]
pub struct Keep {
    /// What an earlier run with the same options left; what does not fit is passed over.
    pub rest: Option<Rest>,
    /// Told now and then what is left, and nothing when all is done.
    pub tell: Option<watch::Sender<Option<Rest>>>,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everyone was asked.
    Done,
    /// Its deadline passed.
    Deadline,
    /// It was cancelled, or the engine no longer listens.
    Cancelled,
}

/// What a run came to. The devices went out as events.
#[derive(Clone, Debug, PartialEq)]
pub struct CrawlOutcome {
    /// Counts.
    pub summary: Summary,
    /// What went wrong, by target. Silent addresses of networks and silent neighbours are counted only.
    pub problems: Vec<Problem>,
    /// How many of the problems are about a named target: with one, the run is done in part.
    pub named_problems: usize,
    /// Why it ended.
    pub ending: Ending,
    /// What does not work and what to do about it, a sentence each.
    pub notices: Vec<String>,
}

/// Discovers a network. Each device goes out as an inventory event, each at most five progress events a second as offers.
///
/// # Errors
/// Targets that can't be used, all of them; nothing was asked then.
pub async fn crawl(
    client: &Client,
    options: &CrawlOptions,
    emitter: &Emitter,
    control: Control,
) -> Result<CrawlOutcome, Vec<TargetError>> {
    let targets = options.parsed()?;
    Ok(run::Run::new(client, options, targets).crawl(emitter, control).await)
}

#[cfg(test)]
mod tests;
