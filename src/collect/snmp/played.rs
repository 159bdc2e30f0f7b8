//! A played agent for tests: a tree of objects, and one of the quirks that agents have.

use super::{Agent, Client, Limits, Options, Session};
use crate::model::{Credential, Oid, SnmpVersion};
use crate::net::memory::{Memory, Reply};
use crate::wire::snmp::{ErrorStatus, Message, Pdu, PduKind, Value, VarBind, message};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// What is wrong with the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quirk {
    None,
    /// Answers this late.
    Slow(Duration),
    /// The first request is answered this late, the others at once.
    SlowAtFirst(Duration),
    Silent,
    /// Every answer comes twice.
    Twice,
    /// Answers come from another port.
    OtherPort,
    /// Every n-th request is lost.
    Loses(u32),
    /// Any other community meets with silence.
    KnowsOnly(&'static str),
    /// GETBULK meets with silence.
    IgnoresBulk,
    /// GETBULK meets with genErr.
    RefusesBulk,
    /// More varbinds than this in an answer are tooBig.
    TooBigAbove(usize),
    /// A GETBULK answer is cut after so many varbinds.
    CutsBulkAt(usize),
    /// genErr for any request that touches this object, with its index.
    BreaksAt(&'static [u32]),
    /// The same without an index.
    BreaksAtWithoutIndex(&'static [u32]),
    /// genErr for any GETNEXT or GETBULK that touches this object.
    BreaksNextAt(&'static [u32]),
    /// Answers of more varbinds get lost on the way.
    DropsAbove(usize),
    /// Answers take so long for each varbind.
    SlowPerRow(Duration),
    /// After this object comes this one, whatever the tree says.
    JumpsFrom(&'static [u32], &'static [u32]),
    /// There is always another row.
    Endless,
}

pub(super) const ADDRESS: &str = "192.0.2.7:161";

/// The agent, and how it has been asked.
pub(super) struct Played {
    tree: BTreeMap<Oid, Value>,
    quirk: Quirk,
    asked: AtomicU32,
}

impl Played {
    fn next(&self, oid: &Oid) -> VarBind {
        if let Quirk::JumpsFrom(from, to) = self.quirk
            && oid.arcs() == from
        {
            return VarBind { oid: Oid::new(to), value: Value::Integer(0) };
        }
        if self.quirk == Quirk::Endless {
            let row = oid.suffix_of(&Oid::new(&[1, 1])).and_then(|rest| rest.first()).map_or(0, |last| last + 1);
            return VarBind { oid: Oid::new(&[1, 1, row]), value: Value::Null };
        }
        let after = (std::ops::Bound::Excluded(oid.clone()), std::ops::Bound::Unbounded);
        match self.tree.range(after).next() {
            Some((oid, value)) => VarBind { oid: oid.clone(), value: value.clone() },
            None => VarBind { oid: oid.clone(), value: Value::EndOfMibView },
        }
    }

    fn bulk(&self, request: &Pdu) -> Vec<VarBind> {
        let mut row: Vec<VarBind> = request.varbinds.clone();
        let mut binds = Vec::new();
        for _ in 0..request.max_repetitions() {
            row = row.iter().map(|bind| self.next(&bind.oid)).collect();
            binds.extend(row.iter().cloned());
        }
        if let Quirk::CutsBulkAt(most) = self.quirk {
            binds.truncate(most);
        }
        binds
    }

    fn broken(&self, request: &Pdu, binds: &[VarBind]) -> Option<Pdu> {
        let bulk = request.kind == PduKind::GetBulk;
        let at = |object: &[u32]| binds.iter().position(|bind| bind.oid.arcs() == object);
        match self.quirk {
            Quirk::BreaksAt(object) => at(object).map(|at| request.error(ErrorStatus::GEN_ERR, at as u32 + 1)),
            Quirk::BreaksAtWithoutIndex(object) => at(object).map(|_| request.error(ErrorStatus::GEN_ERR, 0)),
            Quirk::BreaksNextAt(object) if request.kind != PduKind::Get => {
                at(object).map(|_| request.error(ErrorStatus::GEN_ERR, 0))
            }
            Quirk::RefusesBulk if bulk => Some(request.error(ErrorStatus::GEN_ERR, 0)),
            Quirk::TooBigAbove(most) if binds.len() > most => Some(request.error(ErrorStatus::TOO_BIG, 0)),
            _ => None,
        }
    }

    fn answer(&self, version: SnmpVersion, request: &Pdu) -> Option<Pdu> {
        let count = self.asked.fetch_add(1, Relaxed);
        match self.quirk {
            Quirk::Silent => return None,
            Quirk::Loses(nth) if (count + 1).is_multiple_of(nth) => return None,
            Quirk::IgnoresBulk if request.kind == PduKind::GetBulk => return None,
            _ => {}
        }
        let value = |oid: &Oid| self.tree.get(oid).cloned().unwrap_or(Value::NoSuchObject);
        let binds = match request.kind {
            PduKind::Get => {
                request.varbinds.iter().map(|bind| VarBind { oid: bind.oid.clone(), value: value(&bind.oid) }).collect()
            }
            PduKind::GetNext => request.varbinds.iter().map(|bind| self.next(&bind.oid)).collect(),
            _ => self.bulk(request),
        };
        if let Some(broken) = self.broken(request, &binds) {
            return Some(broken);
        }
        let missing = binds.iter().position(|bind| bind.value.is_absent());
        match (version, missing) {
            (SnmpVersion::V1, Some(at)) => Some(request.error(ErrorStatus::NO_SUCH_NAME, at as u32 + 1)),
            _ => Some(request.response(binds)),
        }
    }

    fn replies(&self, bytes: &[u8], peer: SocketAddr) -> Vec<Reply> {
        let request = Message::decode(bytes).unwrap();
        if let Quirk::KnowsOnly(community) = self.quirk
            && request.community != community.as_bytes()
        {
            return Vec::new();
        }
        let first = self.asked.load(Relaxed) == 0;
        let Some(pdu) = self.answer(request.version, &request.pdu) else { return Vec::new() };
        let after = match self.quirk {
            Quirk::DropsAbove(most) if pdu.varbinds.len() > most => return Vec::new(),
            Quirk::SlowPerRow(each) => each * pdu.varbinds.len() as u32,
            Quirk::Slow(after) => after,
            Quirk::SlowAtFirst(after) if first => after,
            _ => Duration::from_millis(1),
        };
        let from = if self.quirk == Quirk::OtherPort { SocketAddr::new(peer.ip(), peer.port() + 1) } else { peer };
        let bytes = message::encode(request.version, &request.community, &pdu);
        let copies = if self.quirk == Quirk::Twice { 2 } else { 1 };
        vec![Reply { after, from, bytes }; copies]
    }
}

/// Column `column` of the played table, with values that tell the row.
pub(super) fn column(column: u32, rows: u32) -> impl Iterator<Item = (Oid, Value)> {
    (1..=rows).map(move |row| (Oid::new(&[1, 1, column, row]), Value::Counter32(row)))
}

/// The root of that column.
pub(super) fn root(column: u32) -> Oid {
    Oid::new(&[1, 1, column])
}

/// An agent with these objects and this quirk, and a client for it.
pub(super) struct Scene {
    pub(super) client: Client,
    pub(super) played: Arc<Played>,
    version: SnmpVersion,
}

impl Scene {
    pub(super) fn new(quirk: Quirk, tree: impl IntoIterator<Item = (Oid, Value)>) -> Self {
        Self::with_options(quirk, tree, Options::default())
    }

    pub(super) fn with_options(quirk: Quirk, tree: impl IntoIterator<Item = (Oid, Value)>, options: Options) -> Self {
        let played = Arc::new(Played { tree: tree.into_iter().collect(), quirk, asked: AtomicU32::new(0) });
        let peers = Arc::clone(&played);
        let memory = Memory::new(move |bytes, peer| peers.replies(bytes, peer));
        Self { client: Client::over(Arc::new(memory), options), played, version: SnmpVersion::V2c }
    }

    pub(super) fn v1(self) -> Self {
        Self { version: SnmpVersion::V1, ..self }
    }

    pub(super) fn session(&self, limits: Limits) -> Session {
        let credential = Credential { version: self.version, ..Credential::community("test", "public") };
        self.client.session(&Agent { address: ADDRESS.parse().unwrap(), credential: Arc::new(credential) }, limits)
    }

    pub(super) fn asked(&self) -> u32 {
        self.played.asked.load(Relaxed)
    }
}
