//! Traps and informs: that something happened at a device, so that it is read anew at once. Knows no device: the state does.
//!
//! What a trap says is not interpreted yet but for its name (SNMPv2-MIB snmpTrapOID). Informs of version 2c are acknowledged
//! (RFC 3416 §4.2.7); those of version 3 need an engine of our own and are taken as a sign of life only.

use crate::clock;
use crate::collect::Emitter;
use crate::event::{Body, Trap};
use crate::mib::Registry;
use crate::model::Oid;
use crate::net::listen::Listener;
use crate::wire::snmp::{Fault, Message, PduKind, Value};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio_util::sync::CancellationToken;

/// The largest datagram that UDP carries.
const DATAGRAM: usize = 65_535;

/// What came.
#[derive(Debug, Default)]
pub struct Counters {
    /// Datagrams.
    pub received: AtomicU64,
    /// Of those, traps and informs.
    pub decoded: AtomicU64,
    /// Of those, no SNMP, or no trap.
    pub refused: AtomicU64,
    /// Traps that the engine had no room for.
    pub dropped: AtomicU64,
}

/// Hears traps until `stop`, or until the engine no longer listens.
pub async fn listen(listener: Listener, (emitter, counters): (Emitter, &Counters), stop: CancellationToken) {
    let mut buffer = vec![0; DATAGRAM];
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => return,
            received = listener.receive(&mut buffer) => received,
        };
        // An error is about an earlier answer (ICMP unreachable): the next datagram may be sound.
        let Ok((length, peer)) = received else { continue };
        counters.received.fetch_add(1, Relaxed);
        let Some(heard) = buffer.get(..length).and_then(read) else {
            counters.refused.fetch_add(1, Relaxed);
            continue;
        };
        counters.decoded.fetch_add(1, Relaxed);
        if let Some(receipt) = &heard.receipt
            && let Err(error) = listener.answer(receipt, peer).await
        {
            tracing::debug!(%peer, %error, "an inform could not be acknowledged");
        }
        let trap = Trap { source: peer.ip(), name: heard.name };
        if is_about_the_network(&trap) && !emitter.offer(clock::now(), Body::Trap(Box::new(trap))) {
            counters.dropped.fetch_add(1, Relaxed);
        }
    }
}

/// A trap as far as it is read.
#[derive(Debug, PartialEq)]
struct Heard {
    /// snmpTrapOID; `None` where the version does not tell it in the open.
    name: Option<Oid>,
    /// The answer that an inform wants.
    receipt: Option<Vec<u8>>,
}

fn read(bytes: &[u8]) -> Option<Heard> {
    let message = match Message::decode(bytes) {
        Ok(message) => message,
        // A trap of version 1 (RFC 1157 §4.1.6) or a message of version 3: somebody there has something to say.
        Err(Fault::Kind | Fault::Version) => return Some(Heard { name: None, receipt: None }),
        Err(_) => return None,
    };
    let is_inform = message.pdu.kind == PduKind::Inform;
    if !is_inform && message.pdu.kind != PduKind::Trap {
        return None;
    }
    let trap_oid = Registry::builtin().scalar("snmpTrapOID");
    let name = message.pdu.varbinds.iter().find(|bind| Some(&bind.oid) == trap_oid.as_ref()).and_then(|bind| match &bind.value {
        Value::Oid(oid) => Some(oid.clone()),
        _ => None,
    });
    let receipt = is_inform.then(|| message.reply(message.pdu.response(message.pdu.varbinds.clone())).encode());
    Some(Heard { name, receipt })
}

/// Whether a trap may mean that the network changed: all may but the one that says that somebody used a wrong community.
fn is_about_the_network(trap: &Trap) -> bool {
    trap.name.is_none() || trap.name != Registry::builtin().oid("authenticationFailure")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SnmpVersion;
    use crate::wire::snmp::{Pdu, VarBind};

    fn message(kind: PduKind, name: &str) -> Message {
        let mib = Registry::builtin();
        let mut pdu = Pdu::request(kind, 77, &[]);
        let value = Value::Oid(mib.oid(name).unwrap());
        pdu.varbinds = vec![VarBind { oid: mib.scalar("snmpTrapOID").unwrap(), value }];
        Message { version: SnmpVersion::V2c, community: b"public".to_vec(), pdu }
    }

    #[test]
    fn a_trap_is_named_and_an_inform_is_acknowledged() {
        let heard = read(&message(PduKind::Trap, "authenticationFailure").encode()).unwrap();
        assert_eq!((heard.name.clone(), heard.receipt), (Registry::builtin().oid("authenticationFailure"), None));
        let trap = Trap { source: "10.0.0.1".parse().unwrap(), name: heard.name };
        assert!(!is_about_the_network(&trap));
        assert!(is_about_the_network(&Trap { name: Registry::builtin().oid("linkDown"), ..trap }));
        let inform = read(&message(PduKind::Inform, "linkDown").encode()).unwrap();
        let receipt = Message::decode(&inform.receipt.unwrap()).unwrap();
        assert_eq!((receipt.pdu.kind, receipt.pdu.request_id), (PduKind::Response, 77));
    }

    #[test]
    fn what_is_no_trap_is_refused() {
        assert_eq!(read(b"not snmp"), None);
        assert_eq!(read(&[]), None);
        assert_eq!(read(&message(PduKind::Get, "linkDown").encode()), None);
    }

    #[tokio::test]
    async fn traps_reach_the_engine_and_informs_their_sender() {
        let (emitter, mut events) = crate::collect::emitter::channel(8);
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.address().unwrap();
        let stop = CancellationToken::new();
        let (stopping, counters) = (stop.clone(), std::sync::Arc::new(Counters::default()));
        let theirs = std::sync::Arc::clone(&counters);
        let running = tokio::spawn(async move { listen(listener, (emitter, &theirs), stopping).await });
        let sender = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        sender.answer(b"noise", address).await.unwrap();
        sender.answer(&message(PduKind::Inform, "linkDown").encode(), address).await.unwrap();
        let mut buffer = [0; 1500];
        let (length, _) = sender.receive(&mut buffer).await.unwrap();
        assert_eq!(Message::decode(&buffer[..length]).unwrap().pdu.kind, PduKind::Response);
        let Body::Trap(trap) = events.recv().await.unwrap().body else { panic!("a trap") };
        assert_eq!((trap.source, trap.name), (address.ip(), Registry::builtin().oid("linkDown")));
        stop.cancel();
        running.await.unwrap();
        assert_eq!((counters.received.load(Relaxed), counters.refused.load(Relaxed)), (2, 1));
    }
}
