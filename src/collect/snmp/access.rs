//! Which credential opens which agent.
//!
//! Credentials are tried in their order, those of version 3 before communities (an agent that takes a user is never shown one), the one that last
//! worked there first, each only in its own networks. To an agent a wrong
//! community is silence, so that each costs a timeout; therefore the next one is asked a little after the one before, not after its timeout
//! ([`STAGGER`], [`AT_ONCE`]). The first that is answered wins: as each has a start of [`STAGGER`] before the next, that is the first in order
//! that the agent takes, unless its datagram is lost. An agent sees no more wrong credentials than it would one by one, a few a second: those
//! that lock a source out or send authenticationFailure traps count the same number of failures. There is a fast pass, in which each is asked
//! once, and always a slow one with every repetition: an agent that is slow is not lost.

use super::client::{Agent, Client};
use super::error::SnmpError;
use super::session::{Limits, Session};
use super::tries::Tries;
use crate::clock;
use crate::mib::Registry;
use crate::model::inventory::Reason;
use crate::model::{Credential, Oid, SnmpVersion, limit};
use crate::wire::snmp::VarBind;
use rustc_hash::FxHashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// What is asked first: small enough for any agent, and it says who it is.
pub const PROBE: [&str; 2] = ["sysObjectID", "sysName"];

/// The community that is tried where no credential is given.
pub const DEFAULT_COMMUNITY: &str = "public";

/// The credentials, and where each last worked.
#[derive(Debug)]
pub struct Access {
    credentials: Vec<Arc<Credential>>,
    good: Mutex<FxHashMap<SocketAddr, Arc<Credential>>>,
    tries: Arc<Tries>,
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
        // What goes in the clear goes last.
        credentials.sort_by_key(|credential| credential.version != SnmpVersion::V3);
        Self { credentials, good: Mutex::default(), tries: Arc::default() }
    }

    /// The names of the credentials, in their order.
    pub fn names(&self) -> Vec<String> {
        self.credentials.iter().map(|credential| credential.name.clone()).collect()
    }

    /// Where what may not be taken was tried lately.
    pub fn tries(&self) -> Arc<Tries> {
        Arc::clone(&self.tries)
    }

    /// The one that last worked at an agent.
    fn good_at(&self, address: SocketAddr) -> Option<Arc<Credential>> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner).get(&address).cloned()
    }

    /// An agent takes a credential. Where there is no room all are forgotten: the next question finds each again.
    fn remember(&self, address: SocketAddr, credential: Arc<Credential>) {
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        if !good.contains_key(&address) && !limit::SNMP_CREDENTIALS.has_room(good.len()) {
            good.clear();
        }
        good.insert(address, credential);
        limit::SNMP_CREDENTIALS.holds(good.len());
    }

    /// The credentials for an agent, in the order in which they are tried.
    pub fn candidates(&self, address: SocketAddr) -> Vec<Arc<Credential>> {
        let good = self.good_at(address);
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
            let trying = Trying { access: self, client, address, limits: *pass };
            match trying.all(candidates, &mut worst).await {
                Ok((credential, probe)) => {
                    let agent = Agent { address, credential };
                    let session = client.session(&agent, limits);
                    self.remember(address, agent.credential);
                    return Ok(Opened { session, probe });
                }
                Err(still) => candidates = still,
            }
        }
        Err(Refusal::new(worst, tried))
    }
}

/// The time between the first questions with one credential and the next. Longer than most round trips, so that a right credential is found
/// before the next one is shown.
pub const STAGGER: Duration = Duration::from_millis(200);

/// Credentials asked of one agent at one time.
pub const AT_ONCE: usize = 4;

/// One pass over credentials.
struct Trying<'a> {
    access: &'a Access,
    client: &'a Client,
    address: SocketAddr,
    limits: Limits,
}

/// A credential by its place in the order, and what it led to.
type Tried = (usize, Arc<Credential>, Result<Vec<VarBind>, SnmpError>);

impl Trying<'_> {
    /// The first credential that is answered, with the answer; else those that met with silence or garbage, in order: only
    /// that can turn into an answer.
    async fn all(
        &self,
        candidates: Vec<Arc<Credential>>,
        worst: &mut Option<SnmpError>,
    ) -> Result<(Arc<Credential>, Vec<VarBind>), Vec<Arc<Credential>>> {
        let mut waiting = candidates.into_iter().enumerate();
        let mut next = waiting.next();
        let mut running: JoinSet<Tried> = JoinSet::new();
        let mut silent: Vec<(usize, Arc<Credential>)> = Vec::new();
        let pause = sleep(Duration::ZERO);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                biased;
                Some(done) = running.join_next() => match done {
                    Ok((_, credential, Ok(probe))) => return Ok((credential, probe)),
                    Ok((place, credential, Err(error))) => {
                        if matches!(error.reason(), Reason::Timeout | Reason::Malformed) {
                            silent.push((place, credential));
                        } else {
                            // The agent has said no: nothing is gained by waiting.
                            pause.set(sleep(Duration::ZERO));
                        }
                        *worst = Some(more_telling(worst.take(), error));
                    }
                    Err(error) => tracing::error!(%error, "a credential was not tried to the end"),
                },
                () = pause.as_mut(), if next.is_some() && running.len() < AT_ONCE => {
                    if let Some((place, credential)) = next.take() {
                        self.start(place, credential, &mut running);
                    }
                    next = waiting.next();
                    pause.set(sleep(STAGGER));
                }
                else => break,
            }
        }
        silent.sort_by_key(|(place, _)| *place);
        Err(silent.into_iter().map(|(_, credential)| credential).collect())
    }

    fn start(&self, place: usize, credential: Arc<Credential>, running: &mut JoinSet<Tried>) {
        if self.access.good_at(self.address).as_ref() != Some(&credential) {
            self.access.tries.note(self.address.ip(), clock::now());
        }
        let agent = Agent { address: self.address, credential: Arc::clone(&credential) };
        let asking = self.client.session(&agent, self.limits).counted();
        let names: Vec<Oid> = PROBE.iter().filter_map(|name| Registry::builtin().scalar(name)).collect();
        running.spawn(async move { (place, credential, asking.get(&names).await) });
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

    #[test]
    fn what_every_agent_takes_is_remembered_of_so_many() {
        let access = Access::new(&[Credential::community("good", "good")]);
        let ((), forgotten) = limit::SNMP_CREDENTIALS.during(|| {
            for number in 0..limit::SNMP_CREDENTIALS.most() + 5 {
                let address = SocketAddr::from((std::net::Ipv4Addr::from_bits(u32::try_from(number).unwrap()), 161));
                access.remember(address, Arc::clone(&access.credentials[0]));
            }
        });
        assert_eq!(access.good.lock().unwrap().len(), 5);
        assert!(forgotten >= 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_second_credential_costs_no_timeout_and_comes_first_next_time() {
        let access = Access::new(&[Credential::community("first", "bad"), Credential::community("second", "good")]);
        let client = client(Duration::from_millis(300));
        let start = tokio::time::Instant::now();
        let opened = access.open(&client, agent(), Limits::default()).await.ok().unwrap();
        assert_eq!(opened.session.agent().credential.name, "second");
        assert_eq!(start.elapsed().as_millis() / 100, 5, "asked after 200 ms, answered after 300 more");
        assert_eq!(access.candidates(agent())[0].name, "second");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_agent_is_found_with_several_credentials() {
        let access = Access::new(&[Credential::community("first", "bad"), Credential::community("second", "good")]);
        let opened = access.open(&client(Duration::from_millis(1800)), agent(), Limits::default()).await;
        assert!(opened.is_ok());
    }

    fn six(right: &[usize]) -> Access {
        let community = |place| if right.contains(&place) { "good" } else { "bad" };
        Access::new(&(0..6).map(|place| Credential::community(&format!("c{place}"), community(place))).collect::<Vec<_>>())
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_of_six_costs_little_more_than_one_timeout() {
        let client = client(Duration::from_millis(20));
        let start = tokio::time::Instant::now();
        let opened = six(&[5]).open(&client, agent(), Limits::default()).await.ok().unwrap();
        assert_eq!(opened.session.agent().credential.name, "c5");
        assert!(start.elapsed() < Duration::from_millis(1300), "{:?}", start.elapsed());
        assert_eq!(client.counts().sent, 6);
    }

    #[tokio::test(start_paused = true)]
    async fn of_several_that_are_taken_the_first_wins_and_the_others_are_not_shown() {
        for after in [20, 150, 900] {
            let client = client(Duration::from_millis(after));
            let opened = six(&[2, 3, 5]).open(&client, agent(), Limits::default()).await.ok().unwrap();
            assert_eq!(opened.session.agent().credential.name, "c2", "answered after {after} ms");
            assert!(after > 200 || client.counts().sent == 3, "{:?}", client.counts());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_mute_agent_never_has_more_than_a_few_requests_in_flight() {
        let client = client(Duration::from_secs(3600));
        let start = tokio::time::Instant::now();
        let access = six(&[]);
        let opening = access.open(&client, agent(), Limits::default());
        tokio::pin!(opening);
        let mut sent = vec![0];
        while tokio::time::timeout(Duration::from_secs(1), &mut opening).await.is_err() {
            sent.push(client.counts().sent);
        }
        assert!(sent.windows(2).all(|two| two[1] - two[0] <= 2 * AT_ONCE as u64), "{sent:?} after each second");
        assert_eq!(client.counts().sent, 6 + 6 * 3, "a quick pass, then a slow one");
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }

    #[test]
    fn users_come_before_communities_and_each_in_their_order() {
        let user = |name: &str| Credential { version: SnmpVersion::V3, ..Credential::community(name, "x") };
        let access = Access::new(&[Credential::community("a", "x"), user("b"), Credential::community("c", "x"), user("d")]);
        assert_eq!(access.names(), ["b", "d", "a", "c"]);
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
