//! What syslog listeners take, refuse and count.

use super::*;
use crate::collect::Pulse;
use crate::collect::emitter::channel;
use crate::event::Body;
use crate::model::{LogKind, LogLine, Timestamp};
use crate::net::intake::Intake;
use std::net::UdpSocket;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

fn line(at: i64) -> LogLine {
    LogLine::new(Timestamp(at), "10.0.0.1".parse().unwrap(), LogKind::Syslog)
}

#[test]
fn lines_are_told_together_and_dropped_ones_are_counted() {
    let (emitter, mut events) = channel(1);
    let mut gather = Gather::default();
    assert_eq!(gather.tell_in_time(Timestamp(0), &emitter), 0);
    gather.add(line(1000), &emitter);
    assert_eq!(gather.tell_in_time(Timestamp(1100), &emitter), 0);
    assert!(events.try_recv().is_err());
    gather.add(line(1100), &emitter);
    assert_eq!(gather.tell_in_time(Timestamp(1600), &emitter), 0);
    // The channel has no room until somebody takes what is there.
    gather.add(line(1700), &emitter);
    assert_eq!(gather.tell(&emitter), 1);
    let Body::Logs(batch) = events.try_recv().unwrap().body else { panic!("lines") };
    assert_eq!(batch.lines.len(), 2);
}

#[test]
fn datagrams_become_lines_and_refusals_are_counted_by_reason() {
    let intakes = Intake::bind("127.0.0.1:0".parse().unwrap(), 1).unwrap();
    let target = intakes[0].address().unwrap();
    let (emitter, mut events) = channel(8);
    let counters = Arc::new(Counters::default());
    let worker = Worker { intakes: intakes.into(), emitter, counters: Arc::clone(&counters), pulse: Pulse::default() };
    let stop = CancellationToken::new();
    let ending = stop.clone();
    let running = std::thread::spawn(move || worker.run(&ending));
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    for datagram in [&b"<13>Nov 22 12:00:00 core-1 app: password=x"[..], b"", b" \n", &[7; 40], b"last"] {
        sender.send_to(datagram, target).unwrap();
    }
    let mut lines = Vec::new();
    while lines.len() < 2 {
        if let Body::Logs(batch) = events.blocking_recv().unwrap().body {
            lines.extend(batch.lines);
        }
    }
    stop.cancel();
    running.join().unwrap().unwrap();
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!((texts, lines[0].host.as_deref()), (vec!["password=***", "last"], Some("core-1")));
    let counts = counters.counts();
    assert_eq!((counts.received, counts.decoded, counts.masked, counts.cut), (5, 2, 1, 0));
    assert_eq!(counts.refused, [("empty".to_owned(), 2), ("binary".to_owned(), 1)].into());
}
