//! The poller among played agents, under a paused clock.

use super::super::client::Agent;
use super::super::fixture::{Network, client};
use super::*;
use crate::collect::emitter;
use crate::event::{Body, Event};
use crate::model::poll::PollKind;
use crate::model::{Credential, Device, IfIndex, Interface, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::mpsc;

const OPTIONS: PollerOptions = PollerOptions {
    interval: Duration::from_secs(30),
    timeout: Duration::from_secs(1),
    retries: 2,
    burst: Some(Duration::from_secs(1)),
};

fn plan(number: u8) -> PollPlan {
    described(&format!("10.0.0.{number}"))
}

fn plan_at([_, _, high, low]: [u8; 4]) -> PollPlan {
    described(&format!("10.1.{high}.{low}"))
}

/// A device of two ports.
fn described(address: &str) -> PollPlan {
    let mut device = Device::new(DeviceId::new(&format!("addr:{address}")), Timestamp(0));
    device.interfaces =
        [1, 2].map(|number| Interface { if_name: Some(format!("Gi{number}")), ..Interface::new(IfIndex(number)) }).into();
    let credential = Arc::new(Credential::community("public", "public"));
    PollPlan::of(Arc::new(device), Agent { address: format!("{address}:161").parse().unwrap(), credential })
}

struct Running {
    plans: watch::Sender<Arc<Vec<PollPlan>>>,
    looked: watch::Sender<Arc<Looked>>,
    at_once: AtOnce,
    events: mpsc::Receiver<Event>,
    counters: Arc<PollerCounters>,
    cancel: CancellationToken,
}

fn start(network: Network, numbers: &[u8], room: usize) -> Running {
    start_with(network, numbers.iter().map(|number| plan(*number)).collect(), room)
}

fn start_with(network: Network, plans: Vec<PollPlan>, room: usize) -> Running {
    let (emitter, events) = emitter::channel(room);
    let (looked, looks) = watch::channel(Arc::<Looked>::default());
    let (plans, receiver) = watch::channel(Arc::new(plans));
    let poller = Poller::new(client(network), OPTIONS, emitter);
    let (counters, cancel) = (poller.counters(), CancellationToken::new());
    let at_once = AtOnce::default();
    tokio::spawn(poller.run(Inputs { plans: receiver, looked: looks, at_once: at_once.clone() }, cancel.clone()));
    Running { plans, looked, at_once, events, counters, cancel }
}

fn network(numbers: std::ops::RangeInclusive<u8>) -> Network {
    numbers.fold(Network::default(), |network, number| network.agent(&format!("10.0.0.{number}:161"), "sysUpTime.0 = #5"))
}

/// Events by device, and how many were silent.
fn drain(events: &mut mpsc::Receiver<Event>) -> (BTreeMap<DeviceId, u32>, u32) {
    let (mut polls, mut silent) = (BTreeMap::new(), 0);
    while let Ok(event) = events.try_recv() {
        match event.body {
            Body::Poll(reading) => *polls.entry(reading.device).or_default() += 1,
            Body::Silent(_) => silent += 1,
            _ => {}
        }
    }
    (polls, silent)
}

#[tokio::test(start_paused = true)]
async fn every_device_is_polled_once_an_interval() {
    let mut running = start(network(1..=40), &(1..=40).collect::<Vec<u8>>(), 4096);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(drain(&mut running.events).0.len(), 40, "new devices are polled at once");
    tokio::time::sleep(Duration::from_secs(45)).await;
    drain(&mut running.events);
    tokio::time::sleep(Duration::from_secs(300)).await;
    let (polls, silent) = drain(&mut running.events);
    assert_eq!(polls.values().copied().collect::<BTreeSet<u32>>(), BTreeSet::from([10]));
    assert_eq!((silent, running.counters.counts().missed), (0, 0));
    running.cancel.cancel();
}

#[tokio::test(start_paused = true)]
async fn silence_is_told_and_delays_nobody() {
    let mut running = start(network(1..=2), &[1, 2, 9], 4096);
    tokio::time::sleep(Duration::from_secs(165)).await;
    let (polls, silent) = drain(&mut running.events);
    assert!(polls.values().all(|count| (5..=7).contains(count)), "{polls:?}");
    assert!((5..=7).contains(&silent), "{silent}");
    let counts = running.counters.counts();
    assert_eq!(counts.silent + counts.unasked, u64::from(silent));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_does_not_listen_costs_polls_and_no_memory() {
    let mut running = start(network(1..=4), &[1, 2, 3, 4], 1);
    tokio::time::sleep(Duration::from_secs(300)).await;
    let counts = running.counters.counts();
    assert_eq!(
        counts.polls,
        4 + 1,
        "one reading has room in the channel; no other device is polled again before its own is taken"
    );
    assert!(counts.missed >= 4 * 8, "{counts:?}");
    drain(&mut running.events);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_gone_is_polled_no_more() {
    let mut running = start(network(1..=2), &[1, 2], 4096);
    tokio::time::sleep(Duration::from_secs(40)).await;
    running.plans.send(Arc::new(vec![plan(2)])).unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    drain(&mut running.events);
    tokio::time::sleep(Duration::from_secs(120)).await;
    let polled: Vec<DeviceId> = drain(&mut running.events).0.into_keys().collect();
    assert_eq!(polled, [plan(2).device.id.clone()]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_is_asked_ever_more_rarely_and_its_silence_told_each_time() {
    let network = network(1..=1);
    let asked = Arc::clone(&network.asked);
    let mut running = start(network, &[1, 9], 4096);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let (_, silent) = drain(&mut running.events);
    let datagrams = asked.lock().unwrap().get(&"10.0.0.9:161".parse().unwrap()).copied();
    // Three polls of three tries; probes after 30, 60, and then every 120 s.
    assert!((36..=40).contains(&datagrams.unwrap()), "{datagrams:?}");
    assert!((118..=121).contains(&silent), "{silent}");
    let counts = running.counters.counts();
    assert_eq!((counts.backed_off, counts.devices, counts.missed), (1, 2, 0));
    assert_eq!(counts.silent + counts.unasked, u64::from(silent));
}

#[tokio::test(start_paused = true)]
async fn who_answers_a_probe_is_polled_at_once_and_goes_on_as_ever() {
    let network = network(1..=1);
    let silenced = Arc::clone(&network.silenced);
    silenced.lock().unwrap().insert("10.0.0.1:161".parse().unwrap());
    let mut running = start(network, &[1], 4096);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!((drain(&mut running.events).0.len(), running.counters.counts().backed_off), (0, 1));
    silenced.lock().unwrap().clear();
    while running.counters.counts().answered == 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(running.counters.counts().backed_off, 0);
    tokio::time::sleep(Duration::from_secs(300)).await;
    let polls: u32 = drain(&mut running.events).0.into_values().sum();
    assert!((10..=11).contains(&polls), "{polls}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_that_is_described_anew_is_polled_soon() {
    let network = network(1..=1);
    let silenced = Arc::clone(&network.silenced);
    silenced.lock().unwrap().insert("10.0.0.1:161".parse().unwrap());
    let mut running = start(network, &[1], 4096);
    tokio::time::sleep(Duration::from_secs(1000)).await;
    silenced.lock().unwrap().clear();
    let mut anew = plan(1);
    Arc::make_mut(&mut anew.device).sys_contact = Some("noc".to_owned());
    drain(&mut running.events);
    running.plans.send_replace(Arc::new(vec![anew]));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(drain(&mut running.events).0.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_silent_devices_take_no_place_from_those_that_answer() {
    let plans: Vec<PollPlan> = (0..3000u32).map(|number| plan_at(number.to_be_bytes())).collect();
    let answering = |number: &u32| number.is_multiple_of(10);
    let network = (0..3000u32).filter(answering).fold(Network::default(), |network, number| {
        let [.., high, low] = number.to_be_bytes();
        network.agent(&format!("10.1.{high}.{low}:161"), "sysUpTime.0 = #5")
    });
    let mut running = start_with(network, plans, 1 << 16);
    tokio::time::sleep(Duration::from_secs(300)).await;
    let (polls, _) = drain(&mut running.events);
    assert_eq!(polls.len(), 300);
    // While nobody is known to be silent yet, they do.
    assert!(polls.values().all(|count| (9..=12).contains(count)), "{:?}", polls.values().min());
    assert!(running.counters.counts().lag_p95 < Some(Duration::from_millis(50)), "{:?}", running.counters.counts());
}

#[tokio::test(start_paused = true)]
async fn what_somebody_looks_at_is_polled_each_second_and_keeps_its_own_place() {
    let mut running = start(network(1..=2), &[1, 2], 4096);
    tokio::time::sleep(Duration::from_secs(40)).await;
    drain(&mut running.events);
    let looked = BTreeMap::from([(plan(1).device.id.clone(), Some(vec!["Gi2".to_owned()]))]);
    running.looked.send_replace(Arc::new(looked));
    tokio::time::sleep(Duration::from_secs(60)).await;
    running.looked.send_replace(Arc::default());
    tokio::time::sleep(Duration::from_secs(60)).await;
    let (mut regular, mut bursts) = (BTreeMap::<DeviceId, u32>::new(), 0);
    while let Ok(event) = running.events.try_recv() {
        let Body::Poll(reading) = event.body else { continue };
        match reading.kind {
            PollKind::Regular => *regular.entry(reading.device).or_default() += 1,
            PollKind::Burst => {
                assert_eq!(reading.interfaces.iter().map(|port| port.if_index.0).collect::<Vec<_>>(), [2]);
                bursts += 1;
            }
        }
    }
    assert_eq!(regular.into_values().collect::<Vec<_>>(), [4, 4]);
    assert!((60..=67).contains(&bursts), "{bursts}: a minute and some seconds beyond");
    assert_eq!(running.counters.counts().missed, 0);
}

#[tokio::test(start_paused = true)]
async fn a_plan_may_have_an_interval_of_its_own() {
    let network = network(1..=2);
    let mut running = start_with(network, vec![plan(1), plan(2).every(Some(Duration::from_secs(5)))], 4096);
    tokio::time::sleep(Duration::from_secs(47)).await;
    drain(&mut running.events);
    tokio::time::sleep(Duration::from_secs(300)).await;
    let (polls, _) = drain(&mut running.events);
    assert_eq!(polls.values().copied().collect::<Vec<_>>(), [10, 60]);
}

#[tokio::test(start_paused = true)]
async fn what_something_is_said_of_is_polled_at_once_and_a_storm_asks_no_agent_more_often() {
    let mut running = start(network(1..=2), &[1, 2, 9], 4096);
    tokio::time::sleep(Duration::from_secs(40)).await;
    drain(&mut running.events);
    let said: BTreeSet<DeviceId> = [plan(1).device.id.clone(), DeviceId::new("addr:203.0.113.9")].into();
    running.at_once.want(&said);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(drain(&mut running.events).0, [(plan(1).device.id.clone(), 1)].into());
    // For a minute something is said every 10 ms.
    for _ in 0..6000 {
        running.at_once.want(&said);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let polls = drain(&mut running.events).0;
    assert!((20..=24).contains(&polls[&plan(1).device.id]), "{polls:?}");
    assert_eq!(polls[&plan(2).device.id], 2);
    let counts = running.counters.counts();
    assert!((20..=22).contains(&counts.at_once), "{counts:?}");
}
