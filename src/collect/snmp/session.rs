//! One piece of work on one agent: an inventory, a poll.

use super::client::{Agent, Shared};
use super::error::{Failure, SnmpError};
use super::learned::Learned;
use crate::mib::Quirks;
use crate::model::Timestamp;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// First wait for an answer, as the contract has it.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Repetitions after the first request, as the contract has it.
const RETRIES: u32 = 2;

/// Rows that one call of `walk_columns` keeps at most: the largest forwarding tables met have some ten thousand; the memory
/// is about 30 MB.
const MAX_ROWS: usize = 200_000;

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
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout: TIMEOUT, retries: RETRIES, deadline: None, rows: MAX_ROWS }
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

/// One piece of work on one agent. Its requests go one after the other.
pub struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) learned: Arc<Learned>,
    pub(super) agent: Agent,
    pub(super) limits: Limits,
    pub(super) expires: Option<Instant>,
    pub(super) stop: Option<CancellationToken>,
    tally: Mutex<Tally>,
}

impl Session {
    /// Keeps to what is known of the agent's kind, from now on and in later sessions.
    pub(super) fn obey(&self, quirks: &Quirks) {
        self.learned.obey(quirks);
    }

    pub(super) fn new(shared: Arc<Shared>, learned: Arc<Learned>, agent: Agent, limits: Limits) -> Self {
        // tokio's own clock, so that deadlines hold under a paused one too; reading it is left to the one door of now().
        let expires = limits.deadline.map(|deadline| tokio::time::sleep(deadline).deadline());
        Self { shared, learned, agent, limits, expires, stop: None, tally: Mutex::default() }
    }

    /// The same session, given up when `stop` is cancelled: what was read until then is kept.
    #[must_use]
    pub fn stopped_by(mut self, stop: CancellationToken) -> Self {
        self.stop = Some(stop);
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
        self.shared.forget_silent(self.agent.address, &self.learned);
    }
}
