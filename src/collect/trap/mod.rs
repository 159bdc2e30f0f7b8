//! Traps and informs: that something happened at a device, so that it is read anew at once, and what was said, as a log line. Knows no
//! device: the state does.
//!
//! Informs of version 2c are acknowledged (RFC 3416 §4.2.7); those of version 3 need an engine of our own and are taken as a sign of life
//! only. Start at [`listen`], then `line` (names and words).

mod line;

pub use line::line;

use crate::clock;
use crate::collect::Emitter;
use crate::collect::syslog::Gather;
use crate::event::{Body, Trap};
use crate::mib::Registry;
use crate::net::listen::Listener;
use crate::wire::snmp::Notification;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The largest datagram that UDP carries.
const DATAGRAM: usize = 65_535;

/// How often it is looked whether lines are to be told.
const LOOK: Duration = Duration::from_millis(250);

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
    let mut gather = Gather::default();
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => break,
            received = listener.receive(&mut buffer) => received,
            _ = look.tick() => {
                counters.dropped.fetch_add(gather.tell_in_time(clock::now(), &emitter), Relaxed);
                continue;
            }
        };
        // An error is about an earlier answer (ICMP unreachable): the next datagram may be sound.
        let Ok((length, peer)) = received else { continue };
        counters.received.fetch_add(1, Relaxed);
        let Some(read) = buffer.get(..length).and_then(|octets| Notification::decode(octets).ok()) else {
            counters.refused.fetch_add(1, Relaxed);
            continue;
        };
        counters.decoded.fetch_add(1, Relaxed);
        if let Some(receipt) = &read.receipt
            && let Err(error) = listener.answer(receipt, peer).await
        {
            tracing::debug!(%peer, %error, "an inform could not be acknowledged");
        }
        let (now, source) = (clock::now(), peer.ip().to_canonical());
        let trap = Trap { source, name: line::name_of(&read, Registry::builtin()) };
        if is_about_the_network(&trap) && !emitter.offer(now, Body::Trap(Box::new(trap))) {
            counters.dropped.fetch_add(1, Relaxed);
        }
        counters.dropped.fetch_add(gather.add(line::line_of(&read, (now, source)), &emitter), Relaxed);
    }
    counters.dropped.fetch_add(gather.tell(&emitter), Relaxed);
}

/// Whether a trap may mean that the network changed: all may but the one that says that somebody used a wrong community.
fn is_about_the_network(trap: &Trap) -> bool {
    trap.name.is_none() || trap.name != Registry::builtin().oid("authenticationFailure")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Oid, SnmpVersion};
    use crate::wire::snmp::{Message, Pdu, PduKind, Value, VarBind};

    fn message(kind: PduKind, name: &str) -> Message {
        let mib = Registry::builtin();
        let mut pdu = Pdu::request(kind, 77, &[]);
        let value = Value::Oid(mib.oid(name).unwrap());
        pdu.varbinds = vec![VarBind { oid: mib.scalar("snmpTrapOID").unwrap(), value }];
        Message { version: SnmpVersion::V2c, community: b"public".to_vec(), pdu }
    }

    #[test]
    fn a_wrong_community_is_no_reason_to_read_a_device() {
        let trap = |name: &str| Trap { source: "10.0.0.1".parse().unwrap(), name: Registry::builtin().oid(name) };
        assert!(!is_about_the_network(&trap("authenticationFailure")) && is_about_the_network(&trap("linkDown")));
        assert!(is_about_the_network(&Trap { name: None::<Oid>, ..trap("linkDown") }));
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
        let Body::Logs(batch) = events.recv().await.unwrap().body else { panic!("lines") };
        assert_eq!(batch.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["linkDown"]);
        stop.cancel();
        running.await.unwrap();
        assert_eq!((counters.received.load(Relaxed), counters.refused.load(Relaxed)), (2, 1));
    }
}
