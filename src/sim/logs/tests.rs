//! What the simulated devices log.

use super::*;
use crate::sim::Scale;
use crate::wire::snmp::Notification;
use crate::wire::syslog;

fn script() -> Script {
    let moment = Timestamp::from_secs(1_795_348_800);
    Script::new(Arc::new(Scenario::campus(Scale::at(moment, 1)).unwrap()))
}

#[test]
fn a_second_is_the_same_each_time_and_ends_with_itself() {
    let (one, other) = (script(), script());
    let start = one.scenario.moment.secs() - 7200;
    for second in start..start + 600 {
        let said = one.second(second);
        assert_eq!(said, other.second(second));
        assert!(said.iter().all(|datagram| (0..5).contains(&(datagram.at.secs() - second))), "{said:?}");
    }
}

#[test]
fn a_day_has_some_thousand_lines_of_every_vendor_and_all_can_be_read() {
    let (mut lines, mut traps, mut hosts) = (0, 0, 0);
    let mut senders = std::collections::BTreeSet::new();
    for datagram in script().past() {
        match datagram.kind {
            LogKind::Syslog => {
                let line = syslog::read(&datagram.octets, (datagram.at, datagram.source)).unwrap();
                assert!(line.severity.is_some() && line.own.is_some() && !line.text.is_empty(), "{line:?}");
                assert!((line.own.unwrap().at.0 - datagram.at.0).abs() < 1000, "{line:?}");
                hosts += usize::from(line.host.is_some());
                senders.insert(line.host);
                lines += 1;
            }
            LogKind::Trap => {
                assert!(Notification::decode(&datagram.octets).unwrap().readable);
                traps += 1;
            }
        }
    }
    assert!((5_000..30_000).contains(&lines), "{lines}");
    assert!(traps > 100 && hosts == lines && senders.len() > 40, "{traps} {hosts} {}", senders.len());
}

#[test]
fn both_ends_of_a_link_that_falls_tell_of_it_by_syslog_and_trap() {
    let script = script();
    let edge = script.edges.iter().find(|edge| !edge.up && script.since_moment(edge.at as i64) < 3600.0).copied().unwrap();
    let said: Vec<_> = (0..3).flat_map(|later| script.second(edge.at as i64 + later)).collect();
    let wire = &script.scenario.wires[edge.wire as usize];
    for end in [wire.a, wire.b] {
        let Some(speaker) = script.speaker(end.device) else { continue };
        let own: Vec<_> = said.iter().filter(|datagram| datagram.source == speaker.address).collect();
        assert!(own.iter().any(|datagram| datagram.kind == LogKind::Trap), "{}", speaker.name);
        assert!(own.iter().filter(|datagram| datagram.kind == LogKind::Syslog).count() >= 1, "{}", speaker.name);
    }
}
