//! An SNMP agent: the answer to a request, over anything that can be looked up in order of OIDs (RFC 3416 §4.2).
//!
//! Pure: no socket and no clock. [`MibView`] is what it asks; scenarios and recordings are such.

use crate::model::{Oid, SnmpVersion};
use crate::wire::snmp::{ErrorStatus, Message, Pdu, PduKind, Value, VarBind};

/// Octets of the largest message that is answered: what fits a datagram over Ethernet without fragments.
pub const MAX_MESSAGE: u32 = 1472;

/// Octets of the largest UDP datagram over IPv4, for a single value that is larger than [`MAX_MESSAGE`]: some agents have
/// port lists of thousands of octets, and would else never get past them.
const MAX_DATAGRAM: usize = 65_507;

/// Octets of a message around its varbinds: sequence, version, PDU header, and lengths of three octets.
const ENVELOPE: usize = 36;

/// A MIB as an agent sees it.
pub trait MibView {
    /// The value of an instance, or which exception it is.
    fn get(&self, oid: &Oid) -> Value;
    /// The first instance behind `oid`; `None` at the end.
    fn next(&self, oid: &Oid) -> Option<VarBind>;
}

/// The answer to a request; `None` where an agent is silent.
pub fn answer(request: &Message, view: &dyn MibView) -> Option<Message> {
    let pdu = match (request.pdu.kind, request.version) {
        (PduKind::Get, _) => get(request, view),
        (PduKind::GetNext, _) => get_next(request, view),
        // A v1 agent does not know the tag and drops the message (RFC 1157 §4.1).
        (PduKind::GetBulk, SnmpVersion::V1) => return None,
        (PduKind::GetBulk, _) => return Some(request.reply(bulk(request, view))),
        (PduKind::Set, SnmpVersion::V1) => request.pdu.error(ErrorStatus::NO_SUCH_NAME, 1),
        (PduKind::Set, _) => request.pdu.error(ErrorStatus::NO_ACCESS, 1),
        (PduKind::Response | PduKind::Inform | PduKind::Trap | PduKind::Report, _) => return None,
    };
    let size: usize = room_for(request) + pdu.varbinds.iter().map(size_of_bind).sum::<usize>();
    let most = if pdu.varbinds.len() > 1 { MAX_MESSAGE as usize } else { MAX_DATAGRAM };
    Some(request.reply(if size > most { too_big(request) } else { pdu }))
}

/// RFC 3416 §4.2.1: an answer that does not fit is replaced by tooBig; v1 sends the names back (RFC 1157 §4.1.2).
fn too_big(request: &Message) -> Pdu {
    let mut pdu = request.pdu.error(ErrorStatus::TOO_BIG, 0);
    if request.version != SnmpVersion::V1 {
        pdu.varbinds.clear();
    }
    pdu
}

fn get(request: &Message, view: &dyn MibView) -> Pdu {
    let mut binds = Vec::with_capacity(request.pdu.varbinds.len());
    for (asked, place) in request.pdu.varbinds.iter().zip(1..) {
        let value = view.get(&asked.oid);
        // v1 has neither exceptions nor 64-bit counters (RFC 2576 §4.1.2.1).
        if request.version == SnmpVersion::V1 && (value.is_absent() || matches!(value, Value::Counter64(_))) {
            return request.pdu.error(ErrorStatus::NO_SUCH_NAME, place);
        }
        binds.push(VarBind { oid: asked.oid.clone(), value });
    }
    request.pdu.response(binds)
}

fn get_next(request: &Message, view: &dyn MibView) -> Pdu {
    let mut binds = Vec::with_capacity(request.pdu.varbinds.len());
    for (asked, place) in request.pdu.varbinds.iter().zip(1..) {
        let next = if request.version == SnmpVersion::V1 { next_for_v1(&asked.oid, view) } else { view.next(&asked.oid) };
        match next {
            Some(bind) => binds.push(bind),
            None if request.version == SnmpVersion::V1 => return request.pdu.error(ErrorStatus::NO_SUCH_NAME, place),
            None => binds.push(VarBind { oid: asked.oid.clone(), value: Value::EndOfMibView }),
        }
    }
    request.pdu.response(binds)
}

/// Counter64 objects are passed over for v1 (RFC 2576 §4.1.2.1).
fn next_for_v1(oid: &Oid, view: &dyn MibView) -> Option<VarBind> {
    let mut next = view.next(oid)?;
    while matches!(next.value, Value::Counter64(_)) {
        next = view.next(&next.oid)?;
    }
    Some(next)
}

/// RFC 3416 §4.2.3: as many repetitions as fit; row by row, and cut where the message is full.
fn bulk(request: &Message, view: &dyn MibView) -> Pdu {
    let mut room = (MAX_MESSAGE as usize).saturating_sub(room_for(request));
    let mut binds = Vec::new();
    let mut push = |bind: VarBind, binds: &mut Vec<VarBind>| {
        let size = size_of_bind(&bind);
        let fits = size <= room || binds.is_empty() && size + ENVELOPE < MAX_DATAGRAM;
        if fits {
            room = room.saturating_sub(size);
            binds.push(bind);
        }
        fits
    };
    let step = |oid: &Oid| view.next(oid).unwrap_or_else(|| VarBind { oid: oid.clone(), value: Value::EndOfMibView });
    let asked = &request.pdu.varbinds;
    let once = (request.pdu.non_repeaters() as usize).min(asked.len());
    let (single, repeated) = asked.split_at(once);
    for bind in single {
        if !push(step(&bind.oid), &mut binds) {
            return request.pdu.response(binds);
        }
    }
    let mut cursors: Vec<(Oid, bool)> = repeated.iter().map(|bind| (bind.oid.clone(), false)).collect();
    for _ in 0..request.pdu.max_repetitions() {
        for (cursor, ended) in &mut cursors {
            let bind = if *ended { VarBind { oid: cursor.clone(), value: Value::EndOfMibView } } else { step(cursor) };
            *ended = bind.value == Value::EndOfMibView;
            cursor.clone_from(&bind.oid);
            if !push(bind, &mut binds) {
                return request.pdu.response(binds);
            }
        }
        // All have reached the end: the rest would say nothing new.
        if cursors.iter().all(|(_, ended)| *ended) {
            break;
        }
    }
    request.pdu.response(binds)
}

fn room_for(request: &Message) -> usize {
    ENVELOPE + request.community.len()
}

/// Octets that a varbind takes at most: its content, and the tags and lengths around it.
pub fn size_of_bind(bind: &VarBind) -> usize {
    let content = match &bind.value {
        Value::Octets(octets) | Value::Opaque(octets) => octets.len(),
        Value::Oid(oid) => size_of_oid(oid),
        Value::Counter64(_) | Value::Integer(_) => 9,
        Value::IpAddress(_) | Value::Counter32(_) | Value::Gauge32(_) | Value::TimeTicks(_) => 5,
        _ => 0,
    };
    let header = |len: usize| if len < 128 { 2 } else { 4 };
    let name = size_of_oid(&bind.oid);
    let both = header(name) + name + header(content) + content;
    header(both) + both
}

fn size_of_oid(oid: &Oid) -> usize {
    oid.arcs().iter().map(|arc| (32 - (arc | 1).leading_zeros() as usize).div_ceil(7)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::recording::Recording;

    #[test]
    fn a_value_larger_than_a_frame_does_not_stop_a_walk() {
        let long = "00".repeat(4000);
        let recording = Recording::parse("x", format!("1.3.1|2|1\n1.3.2|4x|{long}\n1.3.3|2|1\n").as_bytes());
        let mut at: Oid = "1.3".parse().unwrap();
        let mut walked = 0;
        loop {
            let pdu = Pdu::bulk(1, 50, &[at]);
            let request = Message { version: SnmpVersion::V2c, community: Vec::new(), pdu };
            let binds = answer(&request, &recording).unwrap().pdu.varbinds;
            let last = binds.last().unwrap().clone();
            walked += binds.iter().filter(|bind| !bind.value.is_absent()).count();
            if last.value == Value::EndOfMibView {
                break;
            }
            at = last.oid;
        }
        assert_eq!(walked, 3);
    }
}
