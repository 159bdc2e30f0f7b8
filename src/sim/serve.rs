//! Serves agents on the addresses of one socket, on a thread of its own.

use super::agent::{MibView, answer};
use super::recording::Recording;
use super::scenario::Scenario;
use super::view::{Tree, View};
use crate::clock;
use crate::mib::Registry;
use crate::model::Timestamp;
use crate::net::pktinfo::ManyAddresses;
use crate::wire::snmp::Message;
use ipnet::Ipv4Net;
use rustc_hash::FxHashMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a thread waits for a datagram before it looks whether it shall end.
const WAIT: Duration = Duration::from_millis(100);

/// The largest datagram that is read: the largest that UDP can carry.
const LARGEST: usize = 65_535;

/// What stands behind the addresses.
pub trait Hosts: Send + Sync {
    /// The answer of the host at `to` at `at`, or `None` where it is silent.
    fn answer(&self, to: Ipv4Addr, request: &Message, at: Timestamp) -> Option<Message>;
}

/// A scenario's devices.
#[derive(Debug)]
pub struct Campus {
    /// The network
    pub scenario: Arc<Scenario>,
    tree: Tree,
}

impl Campus {
    /// Devices of a scenario, with the names of `mib`.
    ///
    /// # Errors
    /// The names that the MIB files don't know.
    pub fn new(scenario: Arc<Scenario>, mib: &Registry) -> Result<Self, Vec<String>> {
        let tree = Tree::new(&scenario, mib)?;
        Ok(Self { scenario, tree })
    }

    /// A device at a time; `None` where nothing answers.
    pub fn view(&self, address: Ipv4Addr, at: Timestamp) -> Option<View<'_>> {
        View::of(&self.scenario, &self.tree, self.scenario.at_address(address)?, at)
    }
}

impl Hosts for Campus {
    fn answer(&self, to: Ipv4Addr, request: &Message, at: Timestamp) -> Option<Message> {
        let known = request.community == self.scenario.community.as_bytes();
        answer(request, &self.view(to, at).filter(|_| known)?)
    }
}

/// Recorded devices; any community is answered.
#[derive(Debug, Default)]
pub struct Recorded(pub FxHashMap<Ipv4Addr, Recording>);

impl Hosts for Recorded {
    fn answer(&self, to: Ipv4Addr, request: &Message, _: Timestamp) -> Option<Message> {
        answer(request, self.0.get(&to)? as &dyn MibView)
    }
}

/// Counters of a server.
#[derive(Debug, Default)]
pub struct Counters {
    /// Datagrams received
    pub received: AtomicU64,
    /// Answers sent
    pub answered: AtomicU64,
    /// Datagrams that were no request, or were sent to an address outside the network
    pub refused: AtomicU64,
}

/// Agents that are being served; dropping it ends them.
#[derive(Debug)]
pub struct Server {
    port: u16,
    stop: Arc<AtomicBool>,
    counters: Arc<Counters>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Serves `hosts` on `port` (0 lets the system choose) of the addresses of `network`, on `threads` threads.
    ///
    /// # Errors
    /// When the port can't be opened.
    pub fn start(hosts: Arc<dyn Hosts>, network: Ipv4Net, port: u16, threads: usize) -> io::Result<Self> {
        let socket = Arc::new(ManyAddresses::bind(port, network, WAIT)?);
        let mut server = Self {
            port: socket.port(),
            stop: Arc::new(AtomicBool::new(false)),
            counters: Arc::new(Counters::default()),
            threads: Vec::new(),
        };
        for _ in 0..threads.max(1) {
            let worker = Worker {
                socket: Arc::clone(&socket),
                hosts: Arc::clone(&hosts),
                network,
                stop: Arc::clone(&server.stop),
                counters: Arc::clone(&server.counters),
            };
            server.threads.push(std::thread::Builder::new().name("agents".to_owned()).spawn(move || worker.run())?);
        }
        Ok(server)
    }

    /// The port that is served.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its counters.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _panicked = thread.join();
        }
    }
}

struct Worker {
    socket: Arc<ManyAddresses>,
    hosts: Arc<dyn Hosts>,
    network: Ipv4Net,
    stop: Arc<AtomicBool>,
    counters: Arc<Counters>,
}

impl Worker {
    fn run(&self) {
        let mut buffer = vec![0; LARGEST];
        while !self.stop.load(Ordering::Relaxed) {
            // An error of one datagram (no memory, an ICMP error that came back) is no reason to end; waiting too long is none.
            let Ok((length, envelope)) = self.socket.receive(&mut buffer) else { continue };
            self.counters.received.fetch_add(1, Ordering::Relaxed);
            let request = buffer.get(..length).and_then(|bytes| Message::decode(bytes).ok());
            let Some(request) = request.filter(|_| self.network.contains(&envelope.to)) else {
                self.counters.refused.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            if let Some(reply) = self.hosts.answer(envelope.to, &request, clock::now()) {
                let sent = self.socket.answer(&reply.encode(), envelope).is_ok();
                self.counters.answered.fetch_add(u64::from(sent), Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SnmpVersion;
    use crate::sim::Scale;
    use crate::wire::snmp::{Pdu, PduKind, Value};
    use std::net::UdpSocket;

    fn ask(to: (Ipv4Addr, u16), name: &str) -> Value {
        let asker = UdpSocket::bind("127.0.0.1:0").unwrap();
        asker.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let oid = Registry::builtin().parse_object(name).unwrap();
        let pdu = Pdu::request(PduKind::Get, 1, &[oid]);
        let request = Message { version: SnmpVersion::V2c, community: b"public".to_vec(), pdu };
        asker.send_to(&request.encode(), to).unwrap();
        let mut buffer = [0; 2000];
        let (length, from) = asker.recv_from(&mut buffer).unwrap();
        assert_eq!(from, to.into());
        Message::decode(&buffer[..length]).unwrap().pdu.varbinds.remove(0).value
    }

    #[test]
    fn every_living_device_answers_from_its_own_address() {
        let scenario = Arc::new(Scenario::campus(Scale::at(clock::now(), 1)).unwrap());
        let campus = Arc::new(Campus::new(Arc::clone(&scenario), Registry::builtin()).unwrap());
        let server = Server::start(campus, scenario.network, 0, 2).unwrap();
        let now = crate::sim::truth::seconds_of(clock::now());
        for (device, address, node) in scenario.agents().filter(|(device, ..)| scenario.answers(*device, now)) {
            let name = ask((address, server.port()), "sysName.0");
            assert_eq!(name, Value::Octets(node.name.clone().into_bytes()), "{device}");
        }
        assert_eq!(server.counters().refused.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_recording_is_played() {
        let recording = Recording::parse("x", b"1.3.6.1.2.1.1.5.0|4|sw-1\n");
        let address = Ipv4Addr::new(127, 21, 0, 1);
        let hosts = Arc::new(Recorded([(address, recording)].into_iter().collect()));
        let server = Server::start(hosts, "127.21.0.0/16".parse().unwrap(), 0, 1).unwrap();
        assert_eq!(ask((address, server.port()), "sysName.0"), Value::Octets(b"sw-1".to_vec()));
        assert_eq!(ask((address, server.port()), "sysDescr.0"), Value::NoSuchObject);
    }
}
