//! The truth of a scenario as functions of time: curves that go on, ends that agree.

use super::*;
use crate::model::OperStatus;
use crate::model::poll::IfCounter;
use crate::sim::scenario::Scale;

fn moment() -> Timestamp {
    Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap()
}

fn campus(devices: Option<usize>) -> Scenario {
    Scenario::campus(Scale { devices, ..Scale::at(moment(), 1) }).unwrap()
}

fn port(scenario: &Scenario, device: &str, name: &str) -> (DeviceNumber, PortNumber) {
    let number = scenario.named(device).unwrap();
    let node = scenario.node(number).unwrap();
    (number, (0..scenario.port_count(node)).find(|&port| scenario.port_name(node, port) == name).unwrap())
}

#[test]
fn the_campus_has_its_sixty_seven_devices_and_every_name_once() {
    let campus = campus(None);
    assert_eq!(campus.agents().count(), 67);
    let mut names: Vec<_> = campus.nodes.iter().map(|node| &node.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), campus.nodes.len());
    assert!(campus.named("acc-b2-07").is_some() && campus.named("ap-b3-f4-11").is_some(), "{names:?}");
    assert!(campus.nodes.iter().all(|node| !node.cables.is_empty()));
}

#[test]
fn any_size_is_met_exactly_and_every_device_hangs_together() {
    for wanted in [1, 7, 60, 61, 200, 1000, 3001] {
        let campus = campus(Some(wanted));
        assert_eq!(campus.agents().count(), wanted);
        if wanted >= 60 {
            assert!(campus.nodes.iter().all(|node| !node.cables.is_empty()), "{wanted}");
        }
    }
}

#[test]
fn both_ends_of_a_link_count_the_same() {
    let campus = campus(None);
    let at = seconds_of(moment());
    for wire in &campus.wires {
        let rates = |end: crate::sim::scenario::End| {
            let node = campus.node(end.device).unwrap();
            let counters = |at| campus.counters(node, end.device, (end.port, at));
            let (before, after) = (counters(at - 300.0), counters(at));
            [IfCounter::InOctets, IfCounter::OutOctets].map(|which| after[which as usize] as i64 - before[which as usize] as i64)
        };
        let ([in_a, out_a], [in_b, out_b]) = (rates(wire.a), rates(wire.b));
        // Whole octets are cut off at both ends, and agents that started at other times count other totals.
        assert!((in_a - out_b).abs() <= 64 && (out_a - in_b).abs() <= 64, "{wire:?}: {in_a} {out_b} {out_a} {in_b}");
    }
}

#[test]
fn load_stays_below_the_speed_and_hot_links_are_hot() {
    let campus = campus(None);
    let at = seconds_of(moment());
    let mut use_of = Vec::new();
    for (device, _, node) in campus.agents() {
        for port in 0..campus.port_count(node) {
            let octets = |at| campus.counters(node, device, (port, at))[IfCounter::OutOctets as usize] as f64;
            let speed = campus.speed_bps(node, port, at) as f64;
            let rate = (octets(at) - octets(at - 30.0)) * 8.0 / 30.0;
            let state = campus.port_state(node, device, (port, at));
            assert!(state.oper == OperStatus::Up || rate < 1.0, "{} {port} carries {rate} while down", node.name);
            assert!(speed < 1.0 || rate < speed * 1.0, "{} {}: {rate} of {speed}", node.name, campus.port_name(node, port));
            use_of.push((rate / speed.max(1.0), format!("{} {}", node.name, campus.port_name(node, port))));
        }
    }
    use_of.sort_by(|a, b| b.0.total_cmp(&a.0));
    let over = |share: f64| use_of.iter().filter(|(used, _)| *used > share).count();
    assert!(over(0.74) >= 2, "{:?}", &use_of[..8]);
    assert!(over(0.5) <= 12, "{:?}", &use_of[..20]);
}

#[test]
fn a_dead_device_is_silent_and_so_is_what_it_feeds() {
    let campus = campus(None);
    let dead = campus.named("acc-b2-07").unwrap();
    let at = seconds_of(moment());
    assert!(!campus.answers(dead, at) && campus.answers(dead, at - 3.0 * 3600.0));
    let silent: Vec<_> = campus.agents().filter(|(number, ..)| !campus.answers(*number, at)).collect();
    assert!(silent.len() >= 2 && silent.len() <= 4);
    let node = campus.node(dead).unwrap();
    assert!(node.cables.iter().all(|cable| !campus.wire_is_up(cable.wire, at) && !campus.is_heard(cable.wire, at)));
}

#[test]
fn a_restart_begins_counting_anew() {
    let campus = campus(None);
    let back = seconds_of(moment()) - crate::sim::scenario::trouble::duration("3d4h21m").unwrap();
    let (device, port) = port(&campus, "acc-b3-02", "xe-0/2/0");
    let node = campus.node(device).unwrap();
    let octets = |at| campus.counters(node, device, (port, at))[0];
    assert!(octets(back - 400.0) > octets(back + 400.0) && octets(back + 400.0) > 0);
    assert_eq!(campus.sys_up_time(device, back + 5.0), 500);
    assert!(!campus.answers(device, back - 1.0) && campus.answers(device, back));
}

#[test]
fn a_flapping_link_counts_only_while_it_is_up() {
    let campus = campus(None);
    let (device, port) = port(&campus, "acc-b4-03", "Gi1/0/25");
    let node = campus.node(device).unwrap();
    let from = seconds_of(moment()) - 3600.0;
    let (mut falls, mut last) = (0, true);
    for second in 0..3600 {
        let at = from + f64::from(second);
        let up = campus.port_state(node, device, (port, at)).oper == OperStatus::Up;
        let [before, after] = [at, at + 0.5].map(|at| campus.counters(node, device, (port, at))[1]);
        assert!(up || before == after);
        assert!(after >= before);
        falls += u32::from(last && !up);
        last = up;
    }
    assert!((18..=20).contains(&falls), "{falls}");
}

#[test]
fn faults_are_all_told_at_once() {
    let text = crate::sim::scenario::CAMPUS.replace("kind = \"asr1001x\"", "kind = \"nokia\"").replace("\"900M\"", "\"fast\"");
    let fault = Scenario::parse("x.toml", &text, Scale::at(moment(), 1)).unwrap_err().to_string();
    assert!(fault.contains("there is no kind nokia") && fault.contains("load is not a bit rate"), "{fault}");
    let fault = Scenario::parse("x.toml", "name = 5", Scale::at(moment(), 1)).unwrap_err().to_string();
    assert!(fault.starts_with("x.toml: TOML parse error at line 1"), "{fault}");
}

#[test]
fn ten_thousand_devices_stay_lean() {
    let watch = crate::clock::Stopwatch::start();
    let campus = campus(Some(10_000));
    let size: usize = campus.nodes.iter().map(|n| size_of::<Node>() + n.cables.len() * 12 + n.name.len()).sum();
    assert!(size < 8_000_000, "{size}");
    // An unoptimised build on a busy machine; a released one takes a tenth of it.
    assert!(watch.elapsed().as_secs() < 10, "{:?}", watch.elapsed());
}

#[test]
fn a_surge_goes_all_the_way() {
    let campus = campus(None);
    let at = seconds_of(moment());
    for (a, b) in [("wan-1", "fw-1"), ("fw-1", "core-1"), ("core-1", "dist-dc-1"), ("dist-dc-1", "srv-2")] {
        let (a, b) = (campus.named(a).unwrap(), campus.named(b).unwrap());
        let far = |cable: &&Cable| campus.wires[cable.wire as usize].end(cable.side.other()).device == b;
        let node = campus.node(a).unwrap();
        let cable = node.cables.iter().find(far).unwrap();
        let out = |at: f64| campus.counters(node, a, (cable.port, at))[IfCounter::OutOctets as usize];
        let rate = |at: f64| (out(at) - out(at - 60.0)) as f64 * 8.0 / 60.0;
        assert!(rate(at) > rate(at - 3600.0) + 4e8, "{}: {} {}", node.name, rate(at), rate(at - 3600.0));
    }
}

#[test]
fn no_counter_goes_back_but_at_a_restart() {
    let campus = campus(None);
    let end = seconds_of(moment());
    for &wire in campus.wire_troubles.keys() {
        let wire = &campus.wires[wire as usize];
        for end_of in [wire.a, wire.b] {
            let node = campus.node(end_of.device).unwrap();
            if node.address.is_none() {
                continue;
            }
            let (mut last, mut boot) = ([0; IfCounter::COUNT], 0.0);
            for step in 0..1200 {
                let at = end - 4.0 * 3600.0 + f64::from(step) * 12.0;
                let now = campus.counters(node, end_of.device, (end_of.port, at));
                let booted = campus.booted_at(end_of.device, at);
                let ascends = last.iter().zip(&now).all(|(last, now)| last <= now);
                assert!(ascends || booted > boot, "{} {}: {last:?} {now:?}", node.name, campus.port_name(node, end_of.port));
                (last, boot) = (now, booted);
            }
        }
    }
}
