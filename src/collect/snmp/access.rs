//! Which credential opens which agent.
//!
//! Credentials are tried in their order, the one that last worked there first, each only in its own networks. To an agent a wrong
//! community is silence. So there is a fast pass, in which each is asked once, and always a slow one with every repetition: an agent
//! that takes the second costs one timeout more, and one that is slow is not lost.

use super::client::{Agent, Client};
use super::error::SnmpError;
use super::session::{Limits, Session};
use crate::mib::Registry;
use crate::model::inventory::Reason;
use crate::model::{Credential, Oid};
use crate::wire::snmp::VarBind;
use rustc_hash::FxHashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// What is asked first: small enough for any agent, and it says who it is.
pub const PROBE: [&str; 2] = ["sysObjectID", "sysName"];

/// The community that is tried where no credential is given.
pub const DEFAULT_COMMUNITY: &str = "public";

/// The credentials, and where each last worked.
#[derive(Debug)]
pub struct Access {
    credentials: Vec<Arc<Credential>>,
    good: Mutex<FxHashMap<SocketAddr, Arc<Credential>>>,
}

/// An agent that answered.
pub struct Opened {
    /// The session by which it goes on.
    pub session: Session,
    /// The answer to [`PROBE`].
    pub probe: Vec<VarBind>,
}

impl Access {
    /// With these credentials; with none, the community `public`.
    pub fn new(credentials: &[Credential]) -> Self {
        let mut credentials: Vec<Arc<Credential>> = credentials.iter().cloned().map(Arc::new).collect();
        if credentials.is_empty() {
            credentials.push(Arc::new(Credential::community(DEFAULT_COMMUNITY, DEFAULT_COMMUNITY)));
        }
        Self { credentials, good: Mutex::default() }
    }

    /// The names of the credentials, in their order.
    pub fn names(&self) -> Vec<String> {
        self.credentials.iter().map(|credential| credential.name.clone()).collect()
    }

    /// The credentials for an agent, in the order in which they are tried.
    pub fn candidates(&self, address: SocketAddr) -> Vec<Arc<Credential>> {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner).get(&address).cloned();
        let rest = self.credentials.iter().filter(|credential| credential.is_for(address.ip()));
        let rest = rest.filter(|credential| good.as_ref() != Some(*credential)).cloned();
        good.iter().cloned().chain(rest).collect()
    }

    /// Finds the credential that an agent takes.
    ///
    /// # Errors
    /// The most telling of what went wrong: refused access before silence.
    pub async fn open(&self, client: &Client, address: SocketAddr, limits: Limits) -> Result<Opened, Refusal> {
        let mut candidates = self.candidates(address);
        let tried = candidates.len();
        let mut worst: Option<SnmpError> = None;
        let fast = Limits { retries: 0, ..limits };
        // With one credential a fast pass would only lose the late answer of a slow agent.
        let passes: &[Limits] = if tried > 1 && limits.retries > 0 { &[fast, limits] } else { &[limits] };
        for pass in passes {
            let mut still = Vec::new();
            for credential in candidates {
                match self.attempt(client, Agent { address, credential: Arc::clone(&credential) }, (*pass, limits)).await {
                    Ok(opened) => return Ok(opened),
                    Err(error) => {
                        // Only silence can turn into an answer.
                        if error.reason() == Reason::Timeout {
                            still.push(credential);
                        }
                        worst = Some(more_telling(worst, error));
                    }
                }
            }
            candidates = still;
        }
        Err(Refusal::new(worst, tried))
    }

    async fn attempt(&self, client: &Client, agent: Agent, (pass, limits): (Limits, Limits)) -> Result<Opened, SnmpError> {
        let names: Vec<Oid> = PROBE.iter().filter_map(|name| Registry::builtin().scalar(name)).collect();
        let asking = client.session(&agent, pass);
        let probe = asking.get(&names).await?;
        drop(asking);
        let session = client.session(&agent, limits);
        self.good.lock().unwrap_or_else(PoisonError::into_inner).insert(agent.address, agent.credential);
        Ok(Opened { session, probe })
    }
}

/// No credential opened an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The word of the contract.
    pub reason: Reason,
    /// A sentence for people.
    pub detail: String,
}

impl Refusal {
    fn new(error: Option<SnmpError>, tried: usize) -> Self {
        let Some(error) = error else {
            return Self { reason: Reason::Auth, detail: "no credential may be used at this address".to_owned() };
        };
        let with = if tried > 1 { format!(" with any of {tried} credentials") } else { String::new() };
        Self { reason: error.reason(), detail: format!("{}{with}", error.failure) }
    }
}

/// Of two errors the one that says more about what to do.
fn more_telling(so_far: Option<SnmpError>, new: SnmpError) -> SnmpError {
    const fn rank(reason: Reason) -> u8 {
        match reason {
            Reason::Auth => 4,
            Reason::Refused => 3,
            Reason::Unreachable => 2,
            Reason::Timeout | Reason::Deadline => 0,
            _ => 1,
        }
    }
    match so_far {
        Some(so_far) if rank(so_far.reason()) > rank(new.reason()) => so_far,
        _ => new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::snmp::client::Options;
    use crate::net::memory::{Memory, Reply};
    use crate::wire::snmp::{Message, Value};
    use std::time::Duration;

    /// A network where every agent takes the community `good` and answers after `after`.
    fn client(after: Duration) -> Client {
        let peers = move |bytes: &[u8], peer: SocketAddr| {
            let Ok(message) = Message::decode(bytes) else { return Vec::new() };
            if message.community != b"good" {
                return Vec::new();
            }
            let binds =
                message.pdu.varbinds.iter().map(|bind| VarBind { oid: bind.oid.clone(), value: Value::Octets(b"x".to_vec()) });
            let reply = message.reply(message.pdu.response(binds.collect()));
            vec![Reply { after, from: peer, bytes: reply.encode() }]
        };
        Client::over(Arc::new(Memory::new(peers)), Options::default())
    }

    fn agent() -> SocketAddr {
        "10.0.0.1:161".parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn the_second_credential_costs_one_timeout_and_comes_first_next_time() {
        let access = Access::new(&[Credential::community("first", "bad"), Credential::community("second", "good")]);
        let client = client(Duration::from_millis(300));
        let start = tokio::time::Instant::now();
        let opened = access.open(&client, agent(), Limits::default()).await.ok().unwrap();
        assert_eq!(opened.session.agent().credential.name, "second");
        assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
        assert_eq!(access.candidates(agent())[0].name, "second");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_agent_is_found_with_several_credentials() {
        let access = Access::new(&[Credential::community("first", "bad"), Credential::community("second", "good")]);
        let opened = access.open(&client(Duration::from_millis(1800)), agent(), Limits::default()).await;
        assert!(opened.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn silence_says_how_much_was_tried() {
        let access = Access::new(&[Credential::community("first", "bad"), Credential::community("second", "worse")]);
        let refusal = access.open(&client(Duration::ZERO), agent(), Limits::default()).await.err().unwrap();
        assert_eq!(refusal.reason, Reason::Timeout);
        assert!(refusal.detail.ends_with("with any of 2 credentials"), "{}", refusal.detail);
    }

    #[tokio::test(start_paused = true)]
    async fn a_credential_is_not_shown_outside_its_networks() {
        let mut elsewhere = Credential::community("elsewhere", "good");
        elsewhere.networks = vec!["10.9.0.0/16".parse().unwrap()];
        let refusal = Access::new(&[elsewhere]).open(&client(Duration::ZERO), agent(), Limits::default()).await.err().unwrap();
        assert_eq!(refusal.reason, Reason::Auth);
    }
}
