//! Played agents for tests: a network in memory, under a paused clock.

use super::client::{Client, Options};
use super::tables::columns::fixture::varbinds;
use crate::model::Oid;
use crate::net::memory::{Memory, Reply};
use crate::wire::snmp::{Message, PduKind, Value, VarBind};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Agents by address. Who is not in it is silent.
#[derive(Clone, Default)]
pub struct Network {
    agents: BTreeMap<SocketAddr, Played>,
    /// Datagrams by the address they went to.
    pub asked: Arc<Mutex<BTreeMap<SocketAddr, u32>>>,
    /// Agents that are silent for now.
    pub silenced: Arc<Mutex<BTreeSet<SocketAddr>>>,
}

#[derive(Clone, Default)]
struct Played {
    objects: BTreeMap<Oid, Value>,
    /// What it tells in the context of one VLAN: to `COMMUNITY@VLAN`.
    vlans: BTreeMap<String, BTreeMap<Oid, Value>>,
    latency: Duration,
}

impl Network {
    /// Adds an agent with these lines (see the columns fixture), and perhaps `latency = MILLISECONDS`.
    pub fn agent(mut self, address: &str, lines: &str) -> Self {
        let (own, objects): (Vec<&str>, Vec<&str>) = lines.lines().partition(|line| line.trim().starts_with("latency"));
        let latency = own.first().and_then(|line| line.split_once(" = ")).map_or(1, |(_, value)| value.trim().parse().unwrap());
        let objects = varbinds(&objects.join("\n")).into_iter().map(|bind| (bind.oid, bind.value)).collect();
        self.agents.insert(
            address.parse().unwrap(),
            Played { objects, vlans: BTreeMap::new(), latency: Duration::from_millis(latency) },
        );
        self
    }

    /// What the agent at `address` tells in the context of a VLAN. To contexts that it does not know an agent is silent.
    pub fn vlan(mut self, address: &str, vlan: u16, lines: &str) -> Self {
        let objects = varbinds(lines).into_iter().map(|bind| (bind.oid, bind.value)).collect();
        self.agents.entry(address.parse().unwrap()).or_default().vlans.insert(vlan.to_string(), objects);
        self
    }

    fn answer(&self, bytes: &[u8], peer: SocketAddr) -> Vec<Reply> {
        *self.asked.lock().unwrap().entry(peer).or_default() += 1;
        if self.silenced.lock().unwrap().contains(&peer) {
            return Vec::new();
        }
        let (Some(agent), Ok(message)) = (self.agents.get(&peer), Message::decode(bytes)) else { return Vec::new() };
        let Some(agent) = agent.in_context(&String::from_utf8_lossy(&message.community)) else { return Vec::new() };
        let binds = match message.pdu.kind {
            PduKind::Get => message.pdu.varbinds.iter().map(|bind| agent.exact(&bind.oid)).collect(),
            PduKind::GetNext => message.pdu.varbinds.iter().map(|bind| agent.next(&bind.oid)).collect(),
            PduKind::GetBulk => agent.bulk(&message),
            _ => return Vec::new(),
        };
        vec![Reply { after: agent.latency, from: peer, bytes: message.reply(message.pdu.response(binds)).encode() }]
    }
}

impl Played {
    fn in_context(&self, community: &str) -> Option<Self> {
        let Some((_, vlan)) = community.split_once('@') else { return Some(self.clone()) };
        Some(Self { objects: self.vlans.get(vlan)?.clone(), vlans: BTreeMap::new(), latency: self.latency })
    }

    fn exact(&self, oid: &Oid) -> VarBind {
        VarBind { oid: oid.clone(), value: self.objects.get(oid).cloned().unwrap_or(Value::NoSuchObject) }
    }

    fn next(&self, oid: &Oid) -> VarBind {
        use std::ops::Bound::{Excluded, Unbounded};
        let next = self.objects.range((Excluded(oid), Unbounded)).next();
        let (oid, value) = next.map_or_else(|| (oid.clone(), Value::EndOfMibView), |(oid, value)| (oid.clone(), value.clone()));
        VarBind { oid, value }
    }

    fn bulk(&self, message: &Message) -> Vec<VarBind> {
        // GETBULK carries max-repetitions where a response has error-index (RFC 3416 §3).
        let mut at: Vec<Oid> = message.pdu.varbinds.iter().map(|bind| bind.oid.clone()).collect();
        let mut binds = Vec::new();
        for _ in 0..message.pdu.error_index.min(20) {
            for oid in &mut at {
                let bind = self.next(oid);
                oid.clone_from(&bind.oid);
                binds.push(bind);
            }
        }
        binds
    }
}

/// A client in that network.
pub fn client(network: Network) -> Client {
    Client::over(Arc::new(Memory::new(move |bytes, peer| network.answer(bytes, peer))), Options::default())
}
