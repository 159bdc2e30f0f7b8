//! What rules of alarms cost: `cargo bench --bench rules [-- SAMPLES]`. Polls are applied to a state with the rules that are shipped and to one
//! without any, in turns; lines are looked at by the shipped rules on logs and by 50 rules with a regular expression each. Medians, for
//! docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that can't go on has to stop")]

use noctop::analyse::alarm::{Ear, On, Origin, RuleSpec, Rules, compile};
use noctop::clock::Stopwatch;
use noctop::event::{Body, Event};
use noctop::model::poll::{Counter, IfCounter, IfReading, PollReading};
use noctop::model::{
    AdminStatus, Device, DeviceId, IfIndex, Interface, Inventory, LogLine, OperStatus, SnmpAccess, SnmpVersion, Timestamp,
};
use noctop::state::{Settings, State, apply};
use noctop::wire::syslog;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

const DEVICES: u32 = 200;
const PORTS: u32 = 48;
/// Polls of each device in a sample, every 30 s; two before that make rates of counters.
const ROUNDS: u32 = 20;
const SETTLE: u32 = 2;
const INTERVAL_SECS: u32 = 30;
const LINES: usize = 100_000;
const REGEX_RULES: usize = 50;
const FIRST: u32 = 0x0a00_0001;

fn main() {
    let samples = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(5);
    polls(samples);
    lines(samples);
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Nanoseconds for each piece.
fn nanos(pieces: usize, work: impl FnOnce()) -> f64 {
    let stopwatch = Stopwatch::start();
    work();
    stopwatch.elapsed().as_secs_f64() * 1e9 / pieces as f64
}

// ---- polls

fn device(number: u32) -> Device {
    let address = SocketAddr::new(Ipv4Addr::from(FIRST + number).into(), 161);
    let mut device = Device::new(DeviceId::new(&format!("addr:{}", address.ip())), Timestamp(0));
    device.sys_name = Some(format!("dev-{number}"));
    device.addresses = vec![address.ip()];
    device.snmp = Some(SnmpAccess { address, version: SnmpVersion::V2c, credential: "bench".to_owned(), partial: false });
    device.interfaces = (1..=PORTS).map(interface).collect();
    device
}

fn interface(number: u32) -> Interface {
    let mut interface = Interface::new(IfIndex(number));
    interface.if_name = Some(format!("GigabitEthernet0/{number}"));
    interface.if_type = Some(6);
    interface.speed_bps = Some(1_000_000_000);
    interface.high_capacity_counters = Some(true);
    interface
}

fn at(round: u32) -> Timestamp {
    Timestamp::from_secs(1_795_348_800).plus(Duration::from_secs(u64::from(round * INTERVAL_SECS)))
}

/// A port that carries some 10 to 500 Mbit/s and has no errors: what a rule finds on nearly every port of a network, nearly always.
fn reading(port: u32, round: u32) -> IfReading {
    let mut reading = IfReading::new(IfIndex(port));
    (reading.admin_status, reading.oper_status) = (Some(AdminStatus::Up), Some(OperStatus::Up));
    let octets = u64::from(round) * u64::from(INTERVAL_SECS) * 1_300_000 * u64::from(port);
    for (counter, value) in [
        (IfCounter::InOctets, octets),
        (IfCounter::OutOctets, octets / 2),
        (IfCounter::InUcastPkts, octets / 700),
        (IfCounter::OutUcastPkts, octets / 700),
        (IfCounter::InErrors, 7),
        (IfCounter::OutErrors, 0),
        (IfCounter::InDiscards, 9),
        (IfCounter::OutDiscards, 11),
    ] {
        reading.set(counter, Counter::Bits64(value));
    }
    reading
}

fn poll(number: u32, round: u32) -> Event {
    let at = at(round);
    let mut reading_of = PollReading::new(device(number).id, at);
    reading_of.sys_up_time = Some(1_000_000 + round * INTERVAL_SECS * 100);
    (reading_of.sent, reading_of.rtt_ms) = (6, Some(1.5));
    reading_of.interfaces = (1..=PORTS).map(|port| reading(port, round)).collect();
    Event { at, body: Body::Poll(Box::new(reading_of)) }
}

/// Nanoseconds for each port and poll, ticks once a second counted in.
fn polled(rules: &Arc<Rules>) -> f64 {
    let mut state = State::new(Settings { rules: Arc::clone(rules), ..Settings::default() });
    for number in 0..DEVICES {
        let device = device(number);
        let address = device.snmp.as_ref().unwrap().address;
        apply(&mut state, &Event { at: at(0), body: Body::Inventory(Box::new(Inventory::of(address, at(0), device))) });
    }
    let events = |rounds: std::ops::Range<u32>| -> Vec<Event> {
        let of_round = |round| {
            let ticks = (0..u64::from(INTERVAL_SECS)).map(move |second| at(round).plus(Duration::from_secs(second)));
            let polls = (0..DEVICES).map(move |number| poll(number, round));
            polls.chain(ticks.map(|at| Event { at, body: Body::Tick }))
        };
        rounds.flat_map(of_round).collect()
    };
    for event in events(1..SETTLE + 1) {
        apply(&mut state, &event);
    }
    let measured = events(SETTLE + 1..SETTLE + 1 + ROUNDS);
    let taken = nanos((DEVICES * PORTS * ROUNDS) as usize, || {
        for event in &measured {
            std::hint::black_box(apply(&mut state, event));
        }
    });
    assert_eq!(state.alarms().count(), 0, "nothing is wrong with any port");
    taken
}

fn polls(samples: usize) {
    let (shipped, none) = (Rules::shipped(), Arc::new(Rules::default()));
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..samples {
        with.push(polled(&shipped));
        without.push(polled(&none));
    }
    let (with, without) = (median(with), median(without));
    println!("{} rules are shipped, {} of them on ports", shipped.iter().len(), shipped.on(On::Interface).len());
    println!("a port of a poll, without rules  {without:>8.0} ns");
    println!("a port of a poll, rules shipped  {with:>8.0} ns, so {:.0} ns for the rules", with - without);
}

// ---- lines

fn line(number: usize) -> LogLine {
    let (device, port) = (number % 40, number % 48);
    let text = match number % 4 {
        0 => format!(
            "<189>{number}: core-{device}: Nov 22 11:45:33.102: %OSPF-5-ADJCHG: Process 1, Nbr 10.0.{port}.9 on Te1/1/{port} from FULL to DOWN, Neighbor Down: BFD node down"
        ),
        1 => format!(
            "<187>{number}: core-{device}: Nov 22 11:45:33.102: %LINK-3-UPDOWN: Interface TenGigabitEthernet1/1/{port}, changed state to down"
        ),
        2 => format!(
            "<38>Nov 22 11:45:33 srv-{device} sshd[{number}]: Failed password for root from 10.66.{port}.13 port 40022 ssh2"
        ),
        _ => format!(
            "<190>1 2026-11-22T11:45:33.102Z acc-{device} port-accessd 77 - - Event|10502|LOG_INFO|AMM|1/1|Client 3c22.fb{number:06x} authenticated on port 1/1/{port}"
        ),
    };
    syslog::read(text.as_bytes(), (at(0), [10, 0, 0, 1].into())).unwrap()
}

/// Rules as an operator writes them: nearly all wait for what hardly ever comes; one in ten finds a quarter of the lines.
fn regex_rules() -> Rules {
    let rule = |number: usize| {
        let pattern = match number % 10 {
            0 => "changed state to (down|up)".to_owned(),
            1 => format!("fan tray {number} (failed|removed)"),
            2 => format!("(?i)power supply [0-9]+.*fault {number}"),
            3 => format!("^%SYS-[0-9]-RESTART{number}"),
            4 => format!("duplicate address 10\\\\.{number}\\\\.[0-9]+\\\\.[0-9]+"),
            5 => format!("neighbou?r .* (dead|lost) timer{number}"),
            6 => format!("err-disable.*(bpduguard|storm){number}"),
            7 => format!("[0-9a-f]{{4}}\\\\.[0-9a-f]{{4}}\\\\.{number:04x} .*moved"),
            8 => format!("temperature (of )?sensor {number} above"),
            _ => format!("license {number} (expires|expired)"),
        };
        let text = format!(
            "name = \"rule-{number}\"\non = \"log\"\nwhen = \"/{pattern}/\"\nclear_for = \"5m\"\nseverity = \"minor\"\ntext = \"found\"\n"
        );
        let spec: RuleSpec = toml::from_str(&text).unwrap();
        compile(&spec, Origin::Configured).unwrap().unwrap()
    };
    Rules::of((0..REGEX_RULES).map(rule))
}

fn lines(samples: usize) {
    let lines: Vec<LogLine> = (0..LINES).map(line).collect();
    for (what, ear) in
        [("the rules shipped", Ear::new(&Rules::shipped())), ("50 rules with a regular expression", Ear::new(&regex_rules()))]
    {
        let taken = (0..samples).map(|_| {
            // As they come: in batches.
            nanos(LINES, || lines.chunks(1000).for_each(|batch| drop(std::hint::black_box(ear.hear(batch)))))
        });
        println!("a line, {what:<36} {:>8.0} ns", median(taken.collect()));
    }
}
