//! Polls and silences: who is up and why, whose counters are whose, what can't be.

use super::super::sample::{campus, discovered, event, feed, inventory, poll, run, silent};
use super::{id, standing};
use crate::event::{Body, Event};
use crate::model::poll::{Echoes, PollReading};
use crate::model::{Device, DeviceStatus, IfIndex, MacAddr, Metric, Severity, Timestamp};
use crate::state::{Applied, State};

/// A poll that says something more.
fn polled(event: Event, change: impl FnOnce(&mut PollReading)) -> Event {
    let Body::Poll(mut reading) = event.body else { panic!() };
    change(&mut reading);
    Event { body: Body::Poll(reading), ..event }
}

/// A silence with what ICMP says.
fn unanswered(secs: i64, device: &Device, echoes: Option<(u32, u32)>) -> Event {
    let Body::Silent(mut silence) = silent(secs, device).body else { panic!() };
    silence.echoes = echoes.map(|(sent, answered)| Echoes { sent, answered, rtt_ms: (answered > 0).then_some(2.5) });
    event(secs, Body::Silent(silence))
}

fn bps(state: &State, device: &Device, port: u32) -> Option<f64> {
    state.rates(&device.id, IfIndex(port))?.get(Metric::InBps)
}

#[test]
fn who_answers_ping_and_not_snmp_is_up_and_the_reason_says_so() {
    let (mut state, _) = run(&discovered());
    let acc = campus()[6].clone();
    feed(&mut state, &poll(30, &acc, 0, &[]));
    let mut check = |event: Event, (status, reason): (DeviceStatus, &str), alarms: &[&str]| {
        let applied = feed(&mut state, &event);
        let condition = state.condition(&acc.id).unwrap();
        assert_eq!(condition.status, status, "{event:?}");
        assert!(condition.reason.starts_with(reason), "{}", condition.reason);
        let rules: Vec<&str> =
            state.alarms().filter(|alarm| alarm.cleared_at.is_none()).map(|alarm| alarm.rule.as_str()).collect();
        assert_eq!(rules, alarms, "{event:?}");
        applied.derived.len()
    };
    let (up, down) = (DeviceStatus::Up, DeviceStatus::Down);
    assert_eq!(check(unanswered(60, &acc, Some((3, 3))), (up, "answers"), &[]), 0, "one may be lost");
    let silent = (up, "answers ping, SNMP silent: no answer");
    assert_eq!(check(unanswered(90, &acc, Some((3, 2))), silent, &["snmp-silent"]), 2);
    assert_eq!(check(unanswered(120, &acc, Some((3, 3))), silent, &["snmp-silent"]), 0, "told once");
    check(unanswered(150, &acc, Some((3, 0))), silent, &["snmp-silent"]);
    check(poll(152, &campus()[4], 0, &[]), silent, &["snmp-silent"]);
    check(unanswered(155, &acc, Some((3, 0))), (down, "5 polls not answered"), &["device-down"]);
    check(unanswered(180, &acc, Some((1, 1))), silent, &["snmp-silent"]);
    assert_eq!(check(poll(210, &acc, 0, &[]), (up, "answers polls"), &[]), 2);
}

#[test]
fn loss_and_round_trip_are_icmp_s_where_that_is_answered() {
    let (mut state, _) = run(&discovered());
    let core = campus()[2].clone();
    let mut check = |secs: i64, echoes: Option<(u32, u32)>, expected: (f64, f64)| {
        let event = polled(poll(secs, &core, 0, &[]), |reading| {
            reading.echoes = echoes.map(|(sent, answered)| Echoes { sent, answered, rtt_ms: Some(0.25) });
        });
        let cells = feed(&mut state, &event).samples.remove(0).rows.remove(0).cells;
        let value = |metric: Metric| cells.iter().find(|cell| cell.metric == metric).map(|cell| metric.decode_gauge(cell.value));
        assert_eq!((value(Metric::RttMs), value(Metric::LossPercent)), (Some(expected.0), Some(expected.1)), "{echoes:?}");
    };
    check(30, None, (1.5, 25.0));
    check(60, Some((4, 3)), (0.25, 25.0));
    check(90, Some((3, 3)), (0.25, 0.0));
    check(120, Some((3, 0)), (1.5, 25.0));
    let samples = feed(&mut state, &unanswered(150, &core, Some((3, 0)))).samples;
    let cells = &samples[0].rows[0].cells;
    assert_eq!((cells.len(), cells[0].metric, Metric::LossPercent.decode_gauge(cells[0].value)), (1, Metric::LossPercent, 100.0));
}

#[test]
fn a_step_of_the_clock_loses_no_rate_on_the_screens() {
    for step in [-7200, 7200] {
        let (mut state, _) = run(&discovered());
        let core = campus()[2].clone();
        let stepped = |number: i64, step: i64| {
            polled(poll(number * 30, &core, number as u64 * 3_000_000, &[]), |reading| {
                reading.at = Timestamp(reading.at.millis() + step * 1000);
            })
        };
        feed(&mut state, &stepped(1, 0));
        feed(&mut state, &stepped(2, 0));
        feed(&mut state, &stepped(3, step));
        assert_eq!(bps(&state, &core, 1), Some(800_000.0), "{step}");
        feed(&mut state, &stepped(4, step));
        assert_eq!(bps(&state, &core, 1), Some(800_000.0), "{step}");
    }
}

#[test]
fn a_clock_that_was_set_back_is_followed_by_a_tick_alone_and_disorder_is_not() {
    let (mut state, _) = run(&discovered());
    let core = campus()[2].clone();
    let mut now = |told: Event| {
        feed(&mut state, &told);
        state.now()
    };
    let at = |secs| event(secs, Body::Tick).at;
    assert_eq!(now(event(9000, Body::Tick)), at(9000));
    assert_eq!(now(event(8990, Body::Tick)), at(9000), "a tick that comes a little late");
    assert_eq!(now(poll(5400, &core, 3_000_000, &[])), at(9000));
    assert_eq!(now(event(5401, Body::Tick)), at(5401));
}

#[test]
fn counters_follow_the_port_s_name_when_it_is_numbered_anew() {
    let (mut state, _) = run(&discovered());
    let core = campus()[2].clone();
    for number in 1..=2 {
        feed(&mut state, &poll(number * 30, &core, number as u64 * 3_000_000, &[]));
    }
    let mut renumbered = core.clone();
    for port in &mut renumbered.interfaces {
        port.if_index.0 += 100;
    }
    renumbered.interfaces[1].mac = Some(MacAddr([0, 1, 2, 3, 4, 5]));
    feed(&mut state, &inventory(70, &renumbered));
    let samples = feed(&mut state, &poll(90, &renumbered, 9_000_000, &[])).samples.remove(0);
    assert_eq!((bps(&state, &core, 101), bps(&state, &core, 1)), (Some(800_000.0), None), "goes on under the new number");
    assert_eq!(bps(&state, &core, 102), None, "another port has this name now");
    let broken = |name: &str| {
        let row = samples.rows.iter().find(|row| row.part.as_deref() == Some(name)).unwrap();
        row.cells.iter().find(|cell| cell.metric == Metric::InBps).unwrap().broken
    };
    assert_eq!((broken("Gi1"), broken("Gi2")), (false, true));
}

#[test]
fn rows_under_another_name_have_the_device_read_anew() {
    let (mut state, _) = run(&discovered());
    let core = campus()[2].clone();
    feed(&mut state, &poll(30, &core, 0, &[]));
    let Applied { reread, .. } = feed(&mut state, &polled(poll(60, &core, 5, &[]), |reading| reading.renamed = 2));
    assert!(reread.contains(&core.id));
}

#[test]
fn a_counter_that_rises_above_line_speed_is_one_alarm() {
    let (mut state, _) = run(&discovered());
    let core = campus()[2].clone();
    let octets = |number: i64| number as u64 * 20_000_000_000;
    let only_the_first = |event| polled(event, |reading| reading.interfaces.truncate(1));
    let mut told = 0;
    for number in 1..=40 {
        let applied = feed(&mut state, &only_the_first(poll(number * 30, &core, octets(number), &[])));
        told += applied.derived.iter().filter(|event| matches!(event.body, Body::AlarmRaised(_))).count();
        assert_eq!(bps(&state, &core, 1), None);
    }
    assert_eq!(told, 1);
    assert_eq!(standing(&state), [("impossible-rate@core-1 Gi1".to_owned(), Severity::Minor, 1)]);
    let text = state.alarms().next().unwrap().text.clone();
    assert_eq!(text, "ifInOctets rose by 20000000000 in 30 s, more than 1000 Mb/s allows: no rate is drawn");
    for number in 41..=62 {
        feed(&mut state, &only_the_first(poll(number * 30, &core, octets(40), &[])));
        feed(&mut state, &event(number * 30 + 1, Body::Tick));
    }
    assert_eq!(standing(&state), [], "settled");
}

#[test]
fn a_part_of_a_poll_that_came_later_than_usual_is_kept_at_its_own_time() {
    let (mut state, _) = run(&discovered());
    let core = campus()[2].clone();
    let late = |number: i64, ages: [u32; 2]| {
        polled(poll(number * 30, &core, number as u64 * 3_000_000, &[]), |reading| {
            reading.interfaces.truncate(2);
            for (port, age) in reading.interfaces.iter_mut().zip(ages) {
                port.age_ms = age;
            }
        })
    };
    feed(&mut state, &late(1, [0, 0]));
    // The second request was repeated: the first port was read 2 s before the end.
    let event = polled(late(2, [2000, 0]), |reading| {
        reading.at = Timestamp(reading.at.millis() + 2000);
        reading.steady = reading.at;
    });
    let samples = feed(&mut state, &event).samples;
    assert_eq!(samples.len(), 2, "{samples:?}");
    assert_eq!(bps(&state, &core, 1), Some(800_000.0));
    assert_eq!(samples[0].at.since(samples[1].at).as_millis(), 2000);
}

#[test]
fn a_device_with_an_interval_of_its_own_is_stale_by_that() {
    let (mut state, _) = run(&discovered());
    let core = campus()[2].clone();
    let slow = std::time::Duration::from_secs(300);
    feed(&mut state, &polled(poll(30, &core, 5, &[]), |reading| reading.interval = Some(slow)));
    let mut stale = |secs: i64| {
        feed(&mut state, &event(secs, Body::Tick));
        let request = crate::query::ViewRequest::new(crate::query::Screen::Devices, 100);
        let view = crate::state::view::answer(&state, &request);
        let crate::state::view::ViewBody::Devices(table) = view.body else { panic!() };
        table.rows.iter().find(|row| row.id == id("core-1", &state)).unwrap().stale
    };
    assert_eq!([stale(600), stale(1000)], [false, true]);
}
