//! Simulated agents that take SET: a port may be switched off and on, and its power too. What was set lives in memory only, over whatever the
//! hosts below say; with faults as real agents have them.

use super::serve::Hosts;
use crate::mib::Registry;
use crate::model::{Oid, Timestamp};
use crate::wire::snmp::{ErrorStatus, Message, Pdu, PduKind, Value, VarBind};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Objects that are remembered at most: nobody sets more by hand.
const MOST: usize = 10_000;

/// How long a slow agent takes for a SET.
const SLOW: Duration = Duration::from_secs(2);

/// How long a value stands that goes back by itself.
const REVERTS: Duration = Duration::from_secs(1);

/// What is wrong with an agent's way of taking SET.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SetFault {
    /// Nothing.
    #[default]
    None,
    /// It refuses every SET: notWritable.
    NotWritable,
    /// It does as it is told, and its answer is lost.
    Lost,
    /// It takes some seconds.
    Slow,
    /// What was set goes back by itself after a second.
    Reverts,
}

/// Which objects follow one that is set: when it has this value, the other one has that value.
struct Follows {
    set: &'static str,
    /// The value of `set`, and what `follower` is then; for other values the hosts below say what it is.
    when: (i64, i64),
    follower: &'static str,
}

/// ifAdminStatus down makes ifOperStatus down (RFC 2863); pethPsePortAdminEnable false makes pethPsePortDetectionStatus disabled (RFC 3621).
const FOLLOWS: [Follows; 2] = [
    Follows { set: "ifAdminStatus", when: (2, 2), follower: "ifOperStatus" },
    Follows { set: "pethPsePortAdminEnable", when: (2, 1), follower: "pethPsePortDetectionStatus" },
];

/// Both may be 1 or 2.
const TAKEN: [i64; 2] = [1, 2];

/// A value that was set, and when.
type Kept = (i64, Timestamp);

/// Hosts that take SET with a community of its own.
pub struct Writable {
    below: Arc<dyn Hosts>,
    /// The community that the hosts below answer to, and the one that may write.
    communities: (Vec<u8>, Vec<u8>),
    fault: SetFault,
    /// Roots of what may be set, and of what follows it.
    roots: Vec<(Oid, Oid, (i64, i64))>,
    kept: Mutex<BTreeMap<(Ipv4Addr, Oid), Kept>>,
}

impl Writable {
    /// Over these hosts, which answer to the community `read`; `write` may read too.
    pub fn new(below: Arc<dyn Hosts>, (read, write): (&str, &str), fault: SetFault) -> Self {
        let mib = Registry::builtin();
        let roots = FOLLOWS.iter().filter_map(|rule| Some((mib.oid(rule.set)?, mib.oid(rule.follower)?, rule.when))).collect();
        let communities = (read.as_bytes().to_vec(), write.as_bytes().to_vec());
        Self { below, communities, fault, roots, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<(Ipv4Addr, Oid), Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was set of an object, where it still stands.
    fn set_value(&self, (to, oid): (Ipv4Addr, &Oid), now: Timestamp) -> Option<i64> {
        let (value, at) = *self.kept().get(&(to, oid.clone()))?;
        (self.fault != SetFault::Reverts || now.since(at) < REVERTS).then_some(value)
    }

    /// The value of an object over what the hosts below say.
    fn over(&self, (to, bind): (Ipv4Addr, &VarBind), now: Timestamp) -> Option<Value> {
        self.roots.iter().find_map(|(set, follower, (when, then))| {
            if bind.oid.suffix_of(set).is_some() {
                return self.set_value((to, &bind.oid), now).map(Value::Integer);
            }
            let leader = set.child(bind.oid.suffix_of(follower)?);
            (self.set_value((to, &leader), now)? == *when).then_some(Value::Integer(*then))
        })
    }

    fn ask(&self, to: Ipv4Addr, request: &Message, at: Timestamp) -> Option<Message> {
        let below = Message { community: self.communities.0.clone(), ..request.clone() };
        let mut answer = self.below.answer(to, &below, at)?;
        answer.community.clone_from(&request.community);
        for bind in &mut answer.pdu.varbinds {
            if let Some(value) = self.over((to, bind), at) {
                bind.value = value;
            }
        }
        Some(answer)
    }

    fn set(&self, to: Ipv4Addr, request: &Message, at: Timestamp) -> Option<Message> {
        if request.community != self.communities.1 {
            return Some(request.reply(request.pdu.error(ErrorStatus::NO_ACCESS, 1)));
        }
        for (bind, place) in request.pdu.varbinds.iter().zip(1..) {
            if let Err(status) = self.check((to, bind), (request, at)) {
                return Some(request.reply(request.pdu.error(status, place)));
            }
        }
        let mut kept = self.kept();
        if kept.len() > MOST {
            return Some(request.reply(request.pdu.error(ErrorStatus::RESOURCE_UNAVAILABLE, 0)));
        }
        kept.extend(request.pdu.varbinds.iter().filter_map(|bind| Some(((to, bind.oid.clone()), (bind.value.as_i64()?, at)))));
        drop(kept);
        match self.fault {
            SetFault::Lost => return None,
            SetFault::Slow => std::thread::sleep(SLOW),
            SetFault::None | SetFault::NotWritable | SetFault::Reverts => {}
        }
        Some(request.reply(request.pdu.response(request.pdu.varbinds.clone())))
    }

    /// RFC 3416 §4.2.5: whether one object may be set so.
    fn check(&self, (to, bind): (Ipv4Addr, &VarBind), (request, at): (&Message, Timestamp)) -> Result<(), ErrorStatus> {
        let question = Message { pdu: Pdu::request(PduKind::Get, 0, std::slice::from_ref(&bind.oid)), ..request.clone() };
        let there = self.ask(to, &question, at).and_then(|answer| answer.pdu.varbinds.into_iter().next());
        let known = self.roots.iter().any(|(set, ..)| bind.oid.suffix_of(set).is_some());
        if self.fault == SetFault::NotWritable || !known || there.is_none_or(|bind| bind.value.is_absent()) {
            return Err(ErrorStatus::NOT_WRITABLE);
        }
        match bind.value {
            Value::Integer(number) if TAKEN.contains(&number) => Ok(()),
            Value::Integer(_) => Err(ErrorStatus::WRONG_VALUE),
            _ => Err(ErrorStatus::WRONG_TYPE),
        }
    }
}

impl Hosts for Writable {
    fn answer(&self, to: Ipv4Addr, request: &Message, at: Timestamp) -> Option<Message> {
        let (read, write) = &self.communities;
        if request.community != *read && request.community != *write {
            return None;
        }
        match request.pdu.kind {
            PduKind::Set => self.set(to, request, at),
            _ => self.ask(to, request, at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SnmpVersion;
    use crate::sim::recording::Recording;
    use crate::sim::serve::Recorded;

    const HOST: Ipv4Addr = Ipv4Addr::new(127, 21, 0, 1);

    fn hosts(fault: SetFault) -> Writable {
        let lines = b"1.3.6.1.2.1.2.2.1.7.5|2|1\n1.3.6.1.2.1.2.2.1.8.5|2|1\n1.3.6.1.2.1.1.5.0|4|sw-1\n";
        let below = Recorded([(HOST, Recording::parse("x", lines))].into_iter().collect());
        Writable::new(Arc::new(below), ("public", "writing"), fault)
    }

    fn say(hosts: &Writable, (community, kind): (&str, PduKind), (name, value): (&str, Value), at: i64) -> Option<(u32, Value)> {
        let oid = Registry::builtin().parse_object(name).unwrap();
        let pdu = Pdu { varbinds: vec![VarBind { oid, value }], ..Pdu::request(kind, 1, &[]) };
        let request = Message { version: SnmpVersion::V2c, community: community.as_bytes().to_vec(), pdu };
        let answer = hosts.answer(HOST, &request, Timestamp(at))?;
        Some((answer.pdu.error_status.0, answer.pdu.varbinds[0].value.clone()))
    }

    #[test]
    fn what_is_set_is_read_again_and_what_follows_it_too() {
        let hosts = hosts(SetFault::None);
        let get = |name: &str| say(&hosts, ("public", PduKind::Get), (name, Value::Null), 0);
        let set = |community: &str, name: &str, value| {
            say(&hosts, (community, PduKind::Set), (name, value), 0).map(|(status, _)| status)
        };
        assert_eq!(set("public", "ifAdminStatus.5", Value::Integer(2)), Some(ErrorStatus::NO_ACCESS.0));
        assert_eq!(set("wrong", "ifAdminStatus.5", Value::Integer(2)), None);
        assert_eq!(set("writing", "sysName.0", Value::Octets(b"x".to_vec())), Some(ErrorStatus::NOT_WRITABLE.0));
        assert_eq!(set("writing", "ifAdminStatus.6", Value::Integer(2)), Some(ErrorStatus::NOT_WRITABLE.0));
        assert_eq!(set("writing", "ifAdminStatus.5", Value::Integer(7)), Some(ErrorStatus::WRONG_VALUE.0));
        assert_eq!(get("ifAdminStatus.5"), Some((0, Value::Integer(1))));
        assert_eq!(set("writing", "ifAdminStatus.5", Value::Integer(2)), Some(0));
        assert_eq!(get("ifAdminStatus.5"), Some((0, Value::Integer(2))));
        assert_eq!(get("ifOperStatus.5"), Some((0, Value::Integer(2))));
        assert_eq!(set("writing", "ifAdminStatus.5", Value::Integer(1)), Some(0));
        assert_eq!(get("ifOperStatus.5"), Some((0, Value::Integer(1))));
    }

    #[test]
    fn faults_are_as_told() {
        let set = |hosts: &Writable| say(hosts, ("writing", PduKind::Set), ("ifAdminStatus.5", Value::Integer(2)), 0);
        let get = |hosts: &Writable, at| say(hosts, ("writing", PduKind::Get), ("ifAdminStatus.5", Value::Null), at);
        assert_eq!(set(&hosts(SetFault::NotWritable)).map(|(status, _)| status), Some(ErrorStatus::NOT_WRITABLE.0));
        let lost = hosts(SetFault::Lost);
        assert_eq!(set(&lost), None);
        assert_eq!(get(&lost, 0), Some((0, Value::Integer(2))));
        let reverts = hosts(SetFault::Reverts);
        assert_eq!(set(&reverts).map(|(status, _)| status), Some(0));
        assert_eq!([get(&reverts, 10), get(&reverts, 5000)].map(|told| told.unwrap().1), [Value::Integer(2), Value::Integer(1)]);
    }
}
