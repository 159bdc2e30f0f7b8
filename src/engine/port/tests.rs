//! Orders to played agents: under a paused clock, over a network in memory.

use super::agent::Asked;
use super::ground::Ground;
use crate::collect::snmp::{Client, Options};
use crate::config::Set;
use crate::event::{Body, Event};
use crate::model::port::{PortAct, PortEnd, PortOrder, PortPlan, PortResult};
use crate::model::{Credential, Device, IfIndex, PoePort, PoeStatus, Timestamp};
use crate::net::memory::{Memory, Reply};
use crate::sim::recording::Recording;
use crate::sim::serve::{Hosts, Recorded};
use crate::sim::writable::{SetFault, Writable};
use crate::state::{State, sample};
use crate::wire::snmp::Message;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// acc-1 of the sample network: Gi1 to dist-1, Gi2 with an access point.
const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 7);

/// IF-MIB and POWER-ETHERNET-MIB of two ports.
const OBJECTS: &[u8] = b"1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9.1.1\n1.3.6.1.2.1.1.5.0|4|acc-1
1.3.6.1.2.1.2.2.1.7.1|2|1\n1.3.6.1.2.1.2.2.1.7.2|2|1\n1.3.6.1.2.1.2.2.1.8.1|2|1\n1.3.6.1.2.1.2.2.1.8.2|2|1
1.3.6.1.2.1.105.1.1.1.3.1.2|2|1\n1.3.6.1.2.1.105.1.1.1.6.1.2|2|3\n";

fn set() -> Set {
    let credentials = vec![Credential::community("writer", "writing")];
    Set { enabled: true, credentials, off_for: Duration::from_secs(5), settle: Duration::from_secs(10) }
}

/// A client to the one agent; `deaf_after` datagrams it answers nothing any more.
fn client(fault: SetFault, deaf_after: usize) -> Client {
    let below = Recorded([(HOST, Recording::parse("acc-1", OBJECTS))].into_iter().collect());
    let hosts = Writable::new(Arc::new(below), ("public", "writing"), fault);
    let (heard, start) = (AtomicUsize::new(0), tokio::time::Instant::now());
    let peers = move |bytes: &[u8], from: SocketAddr| {
        let at = Timestamp(i64::try_from(start.elapsed().as_millis()).unwrap());
        let Ok(request) = Message::decode(bytes) else { return Vec::new() };
        if heard.fetch_add(1, Ordering::Relaxed) >= deaf_after {
            return Vec::new();
        }
        let answer = hosts.answer(HOST, &request, at);
        answer.map(|answer| Reply { after: Duration::from_millis(3), from, bytes: answer.encode() }).into_iter().collect()
    };
    Client::over(Arc::new(Memory::new(peers)), Options::default())
}

fn state_of(devices: &[Device]) -> State {
    let mut events: Vec<Event> = devices.iter().map(|device| sample::inventory(0, device)).collect();
    events.push(sample::event(1, Body::Tick));
    sample::run(&events).0
}

fn ground(port: u32, act: PortAct) -> Result<Ground, String> {
    let mut devices = sample::campus();
    let acc = devices.iter_mut().find(|device| device.sys_name.as_deref() == Some("acc-1")).unwrap();
    let poe = PoePort {
        place: Some((1, 2)),
        enabled: Some(true),
        status: Some(PoeStatus::Delivering),
        draw_mw: Some(8_400),
        ..PoePort::default()
    };
    acc.interfaces[1].poe = Some(Box::new(poe));
    let state = state_of(&devices);
    Ground::of(&state, &PortOrder { device: "acc-1".to_owned(), port: format!("Gi{port}"), act })
}

async fn carried(client: &Client, ground: &Ground) -> (PortPlan, PortResult) {
    let asked = Asked::over(client, (&set(), ground)).await.unwrap();
    let plan = asked.plan(ground).await.unwrap();
    let result = asked.carry(plan.clone(), &CancellationToken::new()).await;
    (plan, result)
}

/// How an order ends that an agent with this fault is given, and a word of what is said.
async fn check((port, act): (u32, PortAct), (fault, deaf_after): (SetFault, usize), (end, word): (PortEnd, &str)) {
    let ground = ground(port, act).unwrap();
    let (_, result) = carried(&client(fault, deaf_after), &ground).await;
    let told = format!("{result:?}");
    assert_eq!(result.end, end, "{told}");
    assert!(told.contains(word), "{word:?} is not in {told}");
}

const NEVER: usize = usize::MAX;

#[tokio::test(start_paused = true)]
async fn a_port_is_switched_off_and_read_back() {
    let ground = ground(2, PortAct::Down).unwrap();
    let client = client(SetFault::None, NEVER);
    let (plan, result) = carried(&client, &ground).await;
    assert_eq!(
        (plan.steps[0].object.as_str(), plan.steps[0].old.as_deref(), plan.steps[0].new.as_str()),
        ("ifAdminStatus.2", Some("up"), "down")
    );
    assert_eq!((result.end, result.oper.as_deref()), (PortEnd::Done, Some("down")));
    assert_eq!(result.plan.steps[0].outcome.as_deref(), Some("set, and read back"));
    let (_, again) = carried(&client, &ground).await;
    assert_eq!(again.end, PortEnd::Already);
}

#[tokio::test(start_paused = true)]
async fn faults_of_agents_are_told_and_never_guessed() {
    let down = (2, PortAct::Down);
    check(down, (SetFault::NotWritable, NEVER), (PortEnd::Failed, "notWritable: the object can never be written")).await;
    check(down, (SetFault::Lost, NEVER), (PortEnd::Done, "the answer was lost; reading back says that it is down")).await;
    check(down, (SetFault::Reverts, NEVER), (PortEnd::Failed, "went back: it is up")).await;
    // The probe, the plan's reading and the one before the SET are answered, and nothing from the SET on.
    check(down, (SetFault::None, 3), (PortEnd::Unknown, "could not be read back")).await;
}

#[tokio::test(start_paused = true)]
async fn power_comes_back_after_a_cycle_whatever_becomes_of_the_answers() {
    let cycle = (2, PortAct::PoeCycle);
    check(cycle, (SetFault::None, NEVER), (PortEnd::Done, "power was off for 5 s, and is on again: delivering")).await;
    check(cycle, (SetFault::Lost, NEVER), (PortEnd::Done, "the answer was lost")).await;
    check(cycle, (SetFault::None, 5), (PortEnd::Unknown, "MAY BE WITHOUT POWER")).await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_ends_gives_power_back_at_once() {
    let ground = ground(2, PortAct::PoeCycle).unwrap();
    let client = client(SetFault::None, NEVER);
    let asked = Asked::over(&client, (&set(), &ground)).await.unwrap();
    let plan = asked.plan(&ground).await.unwrap();
    let (stop, start) = (CancellationToken::new(), tokio::time::Instant::now());
    stop.cancel();
    let result = asked.carry(plan, &stop).await;
    assert_eq!(result.end, PortEnd::Done);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn the_way_to_the_device_itself_is_not_cut_unasked_and_what_hangs_on_it_is_told() {
    let uplink = ground(1, PortAct::Down).unwrap();
    assert_eq!(uplink.forbids(), Some("the only known way to acc-1 itself goes through this port"));
    assert!(uplink.hanging.links.iter().any(|link| link.starts_with("dist-1 ")), "{:?}", uplink.hanging);
    assert_eq!(ground(1, PortAct::Up).unwrap().forbids(), None);
    let desk = ground(5, PortAct::Down).unwrap();
    assert_eq!((desk.forbids(), desk.hanging.cut), (None, 0));
    assert!(desk.hanging.notes[0].contains("not known"));
    assert!(ground(5, PortAct::PoeCycle).unwrap_err().contains("gives no power"));
}

#[test]
fn a_port_is_found_by_what_it_is_called_and_only_if_it_is_one() {
    let state = state_of(&sample::campus());
    let find = |device: &str, port: &str| state.find_port(device, port).map(|found| found.port.if_index);
    assert_eq!(find("acc-1", "Gi3"), Ok(IfIndex(3)));
    assert_eq!(find("acc-1", "gigabitethernet3"), Ok(IfIndex(3)));
    assert_eq!(find("acc-1", "3"), Ok(IfIndex(3)));
    assert!(find("acc-1", "Gi99").unwrap_err().contains("has no port"));
    assert!(find("nobody", "Gi1").unwrap_err().contains("no device"));
}
