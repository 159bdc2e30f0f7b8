//! The client: one socket for all agents.

use super::counts::{Counters, Counts};
use super::error::SnmpError;
use super::inbox::{self, Inbox};
use super::learned::Learned;
use super::session::{Limits, Session};
use super::v3::KeyStore;
use super::walk::Walk;
use crate::collect::pacing::Pacer;
use crate::model::{Credential, Oid, limit};
use crate::net::datagram::Transport;
use crate::net::udp::Udp;
use crate::wire::snmp::VarBind;
use rustc_hash::FxHashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;

/// Requests in flight to one agent unless told otherwise: agents are single-threaded and drop what their buffer can't hold.
const IN_FLIGHT_PER_AGENT: usize = 1;

/// An agent and the credential it is spoken to with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Where it listens.
    pub address: SocketAddr,
    /// What proves who we are.
    pub credential: Arc<Credential>,
}

/// How a client behaves towards the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Datagrams a second at most, over all agents; `None` is as fast as asked.
    pub rate: Option<u32>,
    /// Requests in flight to one agent at most, over all its sessions.
    pub in_flight_per_agent: usize,
    /// Datagrams a second to one agent at most; `None` leaves it to the agent's own pace, as one request waits for the other.
    pub rate_per_agent: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { rate: None, in_flight_per_agent: IN_FLIGHT_PER_AGENT, rate_per_agent: None }
    }
}

/// Speaks SNMP to any number of agents over one socket. Cheap to clone; the socket closes with the last clone and session.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

pub(super) struct Shared {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) counters: Arc<Counters>,
    pub(super) pacer: Pacer,
    pub(super) keys: KeyStore,
    agents: Mutex<FxHashMap<SocketAddr, Arc<Learned>>>,
    in_flight_per_agent: usize,
    /// Between two datagrams to one agent.
    pub(super) gap_per_agent: Option<Duration>,
    receiver: AbortHandle,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.receiver.abort();
    }
}

impl Shared {
    fn agents(&self) -> MutexGuard<'_, FxHashMap<SocketAddr, Arc<Learned>>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learned(&self, address: SocketAddr) -> Arc<Learned> {
        let mut agents = self.agents();
        if !agents.contains_key(&address) && !limit::SNMP_AGENTS.has_room(agents.len()) {
            // Those that nobody speaks to now: what is known of them is learned again in one question.
            agents.retain(|_, learned| Arc::strong_count(learned) > 1);
        }
        limit::SNMP_AGENTS.holds(agents.len());
        Arc::clone(agents.entry(address).or_insert_with(|| Arc::new(Learned::new(self.in_flight_per_agent))))
    }

    /// Forgets an address that never answered once its last session ends: a sweep of a large network leaves nothing behind.
    pub(super) fn forget_silent(&self, address: SocketAddr, learned: &Arc<Learned>) {
        // One count is the map's, one the session's that is ending.
        const LAST: usize = 2;
        let mut agents = self.agents();
        if !learned.answered() && Arc::strong_count(learned) <= LAST {
            agents.remove(&address);
        }
    }
}

impl Client {
    /// A client over UDP.
    ///
    /// Errors: no socket can be opened. Must be called inside a tokio runtime.
    pub fn open(options: Options) -> io::Result<Self> {
        Ok(Self::over(Arc::new(Udp::open()?), options))
    }

    /// A client over any transport. Must be called inside a tokio runtime.
    pub fn over(transport: Arc<dyn Transport>, options: Options) -> Self {
        let inbox = Arc::new(Inbox::new());
        let counters = Arc::<Counters>::default();
        let receiving = inbox::receive(Arc::clone(&transport), Arc::clone(&inbox), Arc::clone(&counters));
        Self(Arc::new(Shared {
            transport,
            inbox,
            counters,
            pacer: Pacer::new(options.rate),
            keys: KeyStore::default(),
            agents: Mutex::default(),
            in_flight_per_agent: options.in_flight_per_agent.max(1),
            gap_per_agent: options.rate_per_agent.map(|rate| Duration::from_secs(1) / rate.max(1)),
            receiver: tokio::spawn(receiving).abort_handle(),
        }))
    }

    /// Begins a piece of work on one agent: its deadline runs from now.
    pub fn session(&self, agent: &Agent, limits: Limits) -> Session {
        Session::new(Arc::clone(&self.0), self.0.learned(agent.address), agent.clone(), limits)
    }

    /// The values of `names`, in their order, by a session with default limits. See [`Session::get`].
    ///
    /// Errors: as there.
    pub async fn get(&self, agent: &Agent, names: &[Oid]) -> Result<Vec<VarBind>, SnmpError> {
        self.session(agent, Limits::default()).get(names).await
    }

    /// Everything under `root`, by a session with default limits. See [`Session::walk`].
    pub async fn walk(&self, agent: &Agent, root: &Oid) -> Walk {
        self.session(agent, Limits::default()).walk(root).await
    }

    /// Several columns side by side, by a session with default limits. See [`Session::walk_columns`].
    pub async fn walk_columns(&self, agent: &Agent, columns: &[Oid]) -> Vec<Walk> {
        self.session(agent, Limits::default()).walk_columns(columns).await
    }

    /// The counters as they are now.
    pub fn counts(&self) -> Counts {
        self.0.counters.snapshot()
    }

    /// Agents of which something is remembered: those that answered, and those being asked.
    pub fn known_agents(&self) -> usize {
        self.0.agents().len()
    }
}

#[cfg(test)]
mod room_tests {
    use super::*;
    use crate::net::memory::Memory;
    use std::net::Ipv4Addr;

    #[tokio::test(start_paused = true)]
    async fn however_many_answer_the_memory_of_them_is_bounded_and_who_is_spoken_to_stays() {
        let client = Client::over(Arc::new(Memory::new(|_: &[u8], _: SocketAddr| Vec::new())), Options::default());
        let at = |number: usize| SocketAddr::from((Ipv4Addr::from_bits(u32::try_from(number).unwrap()), 161));
        let spoken_to = client.0.learned(at(0));
        let ((), forgotten) = limit::SNMP_AGENTS.during(|| {
            (1..limit::SNMP_AGENTS.most() + 5).for_each(|number| drop(client.0.learned(at(number))));
        });
        assert_eq!(client.known_agents(), 6);
        assert!(Arc::ptr_eq(&spoken_to, &client.0.learned(at(0))) && forgotten >= 1);
    }
}
