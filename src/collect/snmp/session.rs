//! One piece of work on one agent: an inventory, a poll.

use super::client::{Agent, Shared};
use super::error::{Failure, SnmpError};
use super::inbox::Desk;
use super::learned::Learned;
use crate::mib::Quirks;
use crate::model::{Timestamp, limit};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// First wait for an answer, as the contract has it.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Repetitions after the first request, as the contract has it.
const RETRIES: u32 = 2;

/// Octets that one call of `walk_columns` keeps at most: an agent that fills its rows with giant strings would otherwise take
/// [`limit::WALK_ROWS`] times a datagram.
const MAX_OCTETS: usize = 32 * 1024 * 1024;

/// What a session may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// First wait for an answer; longer for an agent whose round trips are known to be long.
    pub timeout: Duration,
    /// Repetitions after the first request.
    pub retries: u32,
    /// Time for the whole session; `None` is without end.
    pub deadline: Option<Duration>,
    /// Rows that one call of `walk_columns` keeps, over all columns.
    pub rows: usize,
    /// Octets that one call of `walk_columns` keeps, over all columns, as [`VarBind::octets`](crate::wire::snmp::VarBind::octets) counts.
    pub octets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout: TIMEOUT, retries: RETRIES, deadline: None, rows: limit::WALK_ROWS.most(), octets: MAX_OCTETS }
    }
}

/// What a session has cost until now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests sent, repetitions included.
    pub sent: u32,
    /// Requests that were sent again.
    pub resent: u32,
    /// Answers used.
    pub answered: u32,
    /// Round trip of the quickest request; `None` while nothing was answered.
    pub quickest: Option<Duration>,
    /// When the last answer was received.
    pub last_answer_at: Option<Timestamp>,
}

/// Another view of the same agent: many switches tell the forwarding table of each VLAN, and routers that of each VRF, in one of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// What stands behind the community in versions 1 and 2c, `@10` for instance.
    pub community_suffix: String,
    /// contextName (RFC 3411 §3.3.1) in version 3, instead of the credential's own.
    pub context_name: String,
}

impl Context {
    /// The view of one VLAN as Cisco's switches name it: `COMMUNITY@10`, `vlan-10`.
    pub fn vlan(vlan_id: u16) -> Self {
        Self { community_suffix: format!("@{vlan_id}"), context_name: format!("vlan-{vlan_id}") }
    }
}

/// One piece of work on one agent. Its requests go one after the other.
pub struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) learned: Arc<Learned>,
    pub(super) agent: Agent,
    pub(super) limits: Limits,
    pub(super) expires: Option<Instant>,
    pub(super) stop: Option<CancellationToken>,
    pub(super) context: Option<Context>,
    pub(super) manners: Manners,
    pub(super) desk: Mutex<Option<Desk>>,
    tally: Arc<Mutex<Tally>>,
}

/// Who sees to it that an agent has few requests in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manners {
    /// The session, which waits its turn among all sessions of the agent.
    InTurn,
    /// Whoever made it: several credentials are tried at once.
    Counted,
}

impl Session {
    /// Keeps to what is known of the agent's kind, from now on and in later sessions.
    pub(super) fn obey(&self, quirks: &Quirks) {
        self.learned.obey(quirks);
    }

    pub(super) fn new(shared: Arc<Shared>, learned: Arc<Learned>, agent: Agent, limits: Limits) -> Self {
        // tokio's own clock, so that deadlines hold under a paused one too; reading it is left to the one door of now().
        let expires = limits.deadline.map(|deadline| tokio::time::sleep(deadline).deadline());
        Self {
            shared,
            learned,
            agent,
            limits,
            expires,
            stop: None,
            context: None,
            manners: Manners::InTurn,
            desk: Mutex::default(),
            tally: Arc::default(),
        }
    }

    /// The same session, given up when `stop` is cancelled: what was read until then is kept.
    #[must_use]
    pub fn stopped_by(mut self, stop: CancellationToken) -> Self {
        self.stop = Some(stop);
        self
    }

    /// The same piece of work in another context of the agent: same credential and keys, deadline, stop and tally. An agent
    /// without it is silent (a community that it does not know) or says so ([`Failure::Context`]).
    #[must_use]
    pub fn in_context(&self, context: Context) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            learned: Arc::clone(&self.learned),
            agent: self.agent.clone(),
            limits: self.limits,
            expires: self.expires,
            stop: self.stop.clone(),
            context: Some(context),
            manners: self.manners,
            desk: Mutex::default(),
            tally: Arc::clone(&self.tally),
        }
    }

    /// The same session with so many repetitions after the first request: none, to see whether a context is there at all.
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.limits.retries = retries;
        self
    }

    /// The same session, which does not wait for its turn: whoever made it counts what is in flight.
    pub(super) const fn counted(mut self) -> Self {
        self.manners = Manners::Counted;
        self
    }

    /// Who is asked.
    pub const fn agent(&self) -> &Agent {
        &self.agent
    }

    /// What it has cost until now.
    pub fn tally(&self) -> Tally {
        *self.tally_mut()
    }

    /// snmpEngineID of the agent, where version 3 has told it.
    pub fn engine_id(&self) -> Option<Vec<u8>> {
        self.learned.engine().map(|engine| engine.id.clone())
    }

    /// snmpEngineBoots of the agent, where version 3 has told it.
    pub fn engine_boots(&self) -> Option<u32> {
        self.learned.engine().and_then(|engine| engine.boots_told())
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.agent.address
    }

    pub(super) fn tally_mut(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn error(&self, operation: &'static str, failure: Failure) -> SnmpError {
        SnmpError { operation, peer: self.peer(), failure }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.learned.answered() {
            self.shared.forget_silent(self.agent.address, &self.learned);
        }
    }
}
