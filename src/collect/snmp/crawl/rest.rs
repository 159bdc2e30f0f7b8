//! What a run still has to do, kept so that a later process goes on where this one ended.
//!
//! Devices that were read are the state's and the journal's business; here stand only who is to be asked, and who was. A network of which
//! a million addresses were swept before a restart is not swept again.

use super::CrawlOptions;
use super::frontier::{Hops, Visit};
use super::run::Run;
use crate::clock;
use crate::model::Timestamp;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Format version: what another version wrote is not gone on with.
const VERSION: u16 = 1;

/// What is left is told this often, for a later process.
pub(super) const KEEP: Duration = Duration::from_secs(10);

/// The unfinished part of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    version: u16,
    /// When it was noted.
    pub(super) at: Timestamp,
    asks: Asks,
    /// How far each network among the targets was gone through.
    pub(super) swept: Vec<u128>,
    /// Addresses of networks whose echo was in flight.
    pub(super) pinging: Vec<SocketAddr>,
    /// Who waited or was being asked.
    pub(super) visits: Vec<Visit>,
    /// Who was asked, with the hops left from there.
    pub(super) asked: Vec<(IpAddr, Hops)>,
    /// Who was heard of outside the scope.
    pub(super) outside: Vec<(IpAddr, Hops)>,
    /// Private prefixes that widened the scope.
    pub(super) found: Vec<IpNet>,
    /// Addresses asked, answered and silent until then.
    pub(super) counts: [u64; 3],
}

/// What a run was told to ask: only the same can be gone on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asks {
    targets: Vec<String>,
    scope: Vec<IpNet>,
    exclude: Vec<IpNet>,
    port: u16,
    depth: Option<u32>,
    credentials: Vec<String>,
}

impl Asks {
    fn of(options: &CrawlOptions) -> Self {
        Self {
            targets: options.targets.clone(),
            scope: options.scope.clone(),
            exclude: options.exclude.clone(),
            port: options.port,
            depth: options.depth,
            credentials: options.access.names(),
        }
    }
}

impl Rest {
    /// Nothing yet of a run with these options.
    pub(super) fn of(options: &CrawlOptions) -> Self {
        Self {
            version: VERSION,
            at: Timestamp::default(),
            asks: Asks::of(options),
            swept: Vec::new(),
            pinging: Vec::new(),
            visits: Vec::new(),
            asked: Vec::new(),
            outside: Vec::new(),
            found: Vec::new(),
            counts: [0; 3],
        }
    }

    /// Whether it belongs to a run with these options.
    pub(super) fn fits(&self, options: &CrawlOptions) -> bool {
        self.version == VERSION && self.asks == Asks::of(options)
    }

    /// When it was noted: what is older than an interval of discovery is better begun anew.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The targets that the run was given.
    pub fn targets(&self) -> &[String] {
        &self.asks.targets
    }

    /// As octets. `None` where it can't be written, which no value of it is.
    pub fn encode(&self) -> Option<Vec<u8>> {
        postcard::to_stdvec(self).ok()
    }

    /// From octets; `None` where they are damaged or of another version.
    pub fn decode(octets: &[u8]) -> Option<Self> {
        postcard::from_bytes(octets).ok().filter(|rest: &Self| rest.version == VERSION)
    }
}

impl Run<'_> {
    /// Takes over what an earlier run left.
    pub(super) fn go_on(&mut self, rest: Option<Rest>) {
        let Some(rest) = rest.filter(|rest| rest.fits(self.options)) else { return };
        self.frontier.go_on(&rest);
        [self.meter.asked, self.meter.answered, self.meter.silent] = rest.counts;
    }

    /// What is left, as it would be gone on with.
    pub(super) fn rest(&self) -> Rest {
        let mut rest = Rest::of(self.options);
        rest.at = clock::now();
        self.frontier.note(&mut rest, self.visits.values().cloned());
        rest.pinging = self.pings.iter().map(|address| SocketAddr::new(*address, self.options.port)).collect();
        let flying = u64::try_from(self.visits.len()).unwrap_or(u64::MAX);
        rest.counts = [self.meter.asked.saturating_sub(flying), self.meter.answered, self.meter.silent];
        rest
    }

    pub(super) fn tell_rest(&mut self, tell: Option<&watch::Sender<Option<Rest>>>) {
        let now = sleep(Duration::ZERO).deadline();
        if let Some(tell) = tell.filter(|_| now >= self.tell_rest_at) {
            self.tell_rest_at = now + KEEP;
            tell.send_replace(Some(self.rest()));
        }
    }
}
