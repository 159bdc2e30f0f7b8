//! Runs over a network in memory, under a paused clock.

use super::*;
use crate::collect::emitter;
use crate::collect::snmp::fixture::{Network, client};
use crate::event::Body;
use crate::model::Inventory;
use crate::model::inventory::Reason;

/// An agent with a chassis id, an address with its prefix, and the management addresses of the neighbours that it hears.
fn agent(number: u8, own: &str, heard: &[&str]) -> String {
    let mut lines = format!(
        "sysName.0 = dev-{number}\nsysObjectID.0 = @1.3.6.1.4.1.8072.3.2.10\nlldpLocChassisIdSubtype.0 = #4
         lldpLocChassisId.0 = 0x001b540000{number:02x}\nifDescr.1 = eth0\nipAdEntIfIndex.{own} = #1\nipAdEntNetMask.{own} = !255.255.255.0"
    );
    for (at, address) in heard.iter().enumerate() {
        let index = format!("0.1.{}", at + 1);
        lines += &format!("\nlldpRemChassisIdSubtype.{index} = #7\nlldpRemChassisId.{index} = n{at}");
        lines += &format!("\nlldpRemManAddrIfSubtype.{index}.1.4.{address} = #2");
    }
    lines
}

fn control() -> (watch::Sender<bool>, Control) {
    let (sender, paused) = watch::channel(false);
    (sender, Control { paused, cancel: CancellationToken::new(), keep: Keep::default() })
}

fn options(targets: &[&str]) -> CrawlOptions {
    let targets = targets.iter().map(|text| (*text).to_owned()).collect();
    CrawlOptions { ping: Ping::Never, ..CrawlOptions::new(targets, Arc::new(Access::new(&[]))) }
}

/// Runs to the end: the outcome, and the last word on each device, by name.
async fn run(network: Network, options: &CrawlOptions) -> (CrawlOutcome, Vec<Inventory>) {
    let (emitter, mut events) = emitter::channel(1024);
    let (_pause, control) = control();
    let outcome = crawl(&client(network), options, &emitter, control).await.unwrap();
    drop(emitter);
    let mut devices = std::collections::BTreeMap::new();
    while let Some(event) = events.recv().await {
        if let Body::Inventory(inventory) = event.body {
            devices.insert(inventory.device.name(), *inventory);
        }
    }
    (outcome, devices.into_values().collect())
}

fn names(devices: &[Inventory]) -> Vec<String> {
    devices.iter().map(|inventory| inventory.device.name()).collect()
}

/// The problems but for those that say where the map ends.
fn without_the_edge(outcome: &CrawlOutcome) -> Vec<&Problem> {
    outcome.problems.iter().filter(|problem| problem.reason != Reason::OutOfScope).collect()
}

/// dev-1 hears dev-2 and dev-3 (silent); dev-2 hears dev-1 and dev-4, in another private network.
fn chain() -> Network {
    Network::default()
        .agent("10.0.0.1:161", &agent(1, "10.0.0.1", &["10.0.0.2", "10.0.0.3", "198.51.100.1"]))
        .agent("10.0.0.2:161", &agent(2, "10.0.0.2", &["10.0.0.1", "10.0.9.4"]))
        .agent("10.0.9.4:161", &agent(4, "10.0.9.4", &[]))
}

#[tokio::test(start_paused = true)]
async fn neighbours_are_followed_within_the_private_prefixes_of_who_answered() {
    let (outcome, devices) = run(chain(), &options(&["10.0.0.1"])).await;
    assert_eq!(names(&devices), ["dev-1", "dev-2"], "10.0.9.0/24 is on no interface of who answered, 198.51.100.1 is public");
    let problems: Vec<(&str, Reason)> = outcome.problems.iter().map(|p| (p.target.as_str(), p.reason)).collect();
    let edge = [("10.0.9.4", Reason::OutOfScope), ("198.51.100.1", Reason::OutOfScope)];
    assert_eq!((outcome.ending, problems.as_slice()), (Ending::Done, &edge[..]), "a silent neighbour is no problem");
    assert_eq!(outcome.named_problems, 0, "what was asked for was done");
    assert_eq!((outcome.summary.asked, outcome.summary.answered, outcome.summary.silent), (3, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_given_scope_and_depth_are_kept() {
    let wide = CrawlOptions { scope: vec!["10.0.0.0/8".parse().unwrap()], ..options(&["10.0.0.1"]) };
    assert_eq!(names(&run(chain(), &wide).await.1), ["dev-1", "dev-2", "dev-4"]);
    let one_hop = CrawlOptions { depth: Some(1), ..wide.clone() };
    assert_eq!(names(&run(chain(), &one_hop).await.1), ["dev-1", "dev-2"]);
    let network = chain();
    let excluding = CrawlOptions { exclude: vec!["10.0.0.2/32".parse().unwrap()], ..wide };
    assert_eq!(names(&run(network.clone(), &excluding).await.1), ["dev-1"]);
    assert!(!network.asked.lock().unwrap().contains_key(&"10.0.0.2:161".parse().unwrap()), "an excluded address is never asked");
}

#[tokio::test(start_paused = true)]
async fn networks_are_swept_without_following() {
    let (outcome, devices) = run(chain(), &options(&["10.0.0.0/30"])).await;
    assert_eq!(names(&devices), ["dev-1", "dev-2"]);
    assert_eq!((outcome.summary.asked, outcome.summary.answered, outcome.named_problems), (2, 2, 0));
    let (outcome, devices) = run(chain(), &options(&["10.0.0.3-10.0.0.9"])).await;
    assert_eq!((devices.len(), outcome.summary.silent, outcome.problems.len()), (0, 7, 0));
}

#[tokio::test(start_paused = true)]
async fn a_silent_named_target_is_a_problem() {
    let (outcome, devices) = run(chain(), &options(&["10.0.0.1", "10.0.0.77"])).await;
    assert_eq!(devices.len(), 2);
    let problem = &outcome.problems[0];
    assert_eq!((problem.target.as_str(), problem.reason, outcome.named_problems), ("10.0.0.77:161", Reason::Timeout, 1));
    assert!(problem.detail.starts_with("no answer to 3 requests in "), "{}", problem.detail);
}

#[tokio::test(start_paused = true)]
async fn one_device_under_two_addresses_is_told_alike_in_any_order() {
    let twice = |latency: [u32; 2]| {
        let lines = agent(1, "10.0.0.1", &[]);
        Network::default()
            .agent("10.0.0.1:161", &format!("{lines}\nlatency = {}", latency[0]))
            .agent("10.0.0.9:161", &format!("{lines}\nlatency = {}", latency[1]))
    };
    let mut told = Vec::new();
    for latency in [[5, 200], [200, 5]] {
        let (_, devices) = run(twice(latency), &options(&["10.0.0.9", "10.0.0.1"])).await;
        let [inventory] = devices.try_into().unwrap();
        told.push((inventory.address, inventory.device.addresses));
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0].0, "10.0.0.9:161".parse().unwrap(), "the first named is where it is shown");
    assert_eq!(told[0].1.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_lies_within_the_depth_does_not_depend_on_who_answers_first() {
    // 1 hears 2 and 5; 2 hears 3, 3 hears 4; 5 hears 4; 4 hears 6: three hops by way of 5, which may answer last.
    for slow in [5, 2] {
        let latency = |number: u8| format!("\nlatency = {}", if number == slow { 900 } else { 1 });
        let heard: [(u8, &[&str]); 6] = [
            (1, &["10.0.0.2", "10.0.0.5"]),
            (2, &["10.0.0.3"]),
            (3, &["10.0.0.4"]),
            (4, &["10.0.0.6"]),
            (5, &["10.0.0.4"]),
            (6, &[]),
        ];
        let network = heard.iter().fold(Network::default(), |network, (number, heard)| {
            let own = format!("10.0.0.{number}");
            network.agent(&format!("{own}:161"), &(agent(*number, &own, heard) + &latency(*number)))
        });
        let (_, devices) = run(network, &CrawlOptions { depth: Some(3), ..options(&["10.0.0.1"]) }).await;
        assert_eq!(devices.len(), 6, "with {slow} slow");
    }
}

#[tokio::test(start_paused = true)]
async fn silent_devices_delay_nobody() {
    let targets: Vec<String> = (10..=250).map(|last| format!("10.0.0.{last}")).chain(["10.0.0.1".to_owned()]).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let start = tokio::time::Instant::now();
    let (outcome, devices) = run(chain(), &options(&targets)).await;
    assert_eq!((devices.len(), without_the_edge(&outcome).len()), (2, 241));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_it_and_says_who_was_left() {
    let options = CrawlOptions { deadline: Some(Duration::from_millis(500)), ..options(&["10.0.0.1", "10.0.0.77"]) };
    let (outcome, devices) = run(chain(), &options).await;
    assert_eq!((outcome.ending, names(&devices)), (Ending::Deadline, vec!["dev-1".to_owned(), "dev-2".to_owned()]));
    let reasons: Vec<Reason> = without_the_edge(&outcome).into_iter().map(|problem| problem.reason).collect();
    assert_eq!(reasons, [Reason::Deadline]);
}

#[tokio::test(start_paused = true)]
async fn it_can_be_cancelled_and_paused() {
    let (emitter, _events) = emitter::channel(1024);
    let (_pause, control) = control();
    control.cancel.cancel();
    let outcome = crawl(&client(chain()), &options(&["10.0.0.77"]), &emitter, control).await.unwrap();
    assert_eq!(outcome.ending, Ending::Cancelled);

    let (pause, control) = self::control();
    pause.send(true).unwrap();
    let network = chain();
    let (asking, asked) = (client(network.clone()), network.asked);
    let running = tokio::spawn(async move { crawl(&asking, &options(&["10.0.0.1"]), &emitter, control).await });
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(asked.lock().unwrap().is_empty(), "nobody is asked while it is paused");
    pause.send(false).unwrap();
    assert_eq!(running.await.unwrap().unwrap().ending, Ending::Done);
}

#[tokio::test(start_paused = true)]
async fn unusable_targets_are_all_named_before_anyone_is_asked() {
    let network = chain();
    let (emitter, _events) = emitter::channel(8);
    let (_pause, control) = control();
    let faults = crawl(&client(network.clone()), &options(&["10.0.0.1", "2001:db8::/32", "two words"]), &emitter, control).await;
    assert_eq!(faults.unwrap_err().len(), 2);
    assert!(network.asked.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_address_outside_the_given_scope_is_not_asked_though_named() {
    let network = chain();
    let options = CrawlOptions { scope: vec!["10.0.9.0/24".parse().unwrap()], ..options(&["10.0.0.1", "10.0.9.4"]) };
    let (outcome, devices) = run(network.clone(), &options).await;
    assert_eq!(names(&devices), ["dev-4"]);
    assert_eq!(outcome.problems[0].reason, Reason::OutOfScope);
    assert!(!network.asked.lock().unwrap().contains_key(&"10.0.0.1:161".parse().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn progress_holds_the_whole_and_ends_with_not_running() {
    let (emitter, mut events) = emitter::channel(1024);
    let (_pause, control) = control();
    crawl(&client(chain()), &options(&["10.0.0.1", "10.0.0.77"]), &emitter, control).await.unwrap();
    drop(emitter);
    let mut told = Vec::new();
    while let Some(event) = events.recv().await {
        if let Body::Discovery(progress) = event.body {
            told.push(progress);
        }
    }
    let last = told.last().unwrap();
    assert_eq!(
        (last.running, last.asked, last.answered, last.silent, last.devices, last.failed),
        (false, 4, 2, 2, 2, 3),
        "one silent target, two at the edge of the scope"
    );
    assert_eq!(
        last.phases.iter().map(|phase| phase.name.as_str()).collect::<Vec<_>>(),
        ["reach", "snmp", "inventory", "neighbours"]
    );
    assert!(told.len() > 2 && told.iter().rev().skip(1).all(|progress| progress.running));
}

#[tokio::test(start_paused = true)]
async fn roles_that_are_left_out_are_neither_told_nor_followed_unless_named() {
    // A printer by its sysObjectID.
    let printer = |number: u8, own: &str, heard: &[&str]| {
        agent(number, own, heard).replace("1.3.6.1.4.1.8072.3.2.10", "1.3.6.1.4.1.11.2.3.9.1")
    };
    let network = Network::default()
        .agent("10.0.0.1:161", &agent(1, "10.0.0.1", &["10.0.0.2"]))
        .agent("10.0.0.2:161", &printer(2, "10.0.0.2", &["10.0.0.4"]))
        .agent("10.0.0.4:161", &agent(4, "10.0.0.4", &[]));
    let all = run(network.clone(), &options(&["10.0.0.1"])).await.1;
    assert_eq!(names(&all), ["dev-1", "dev-2", "dev-4"]);
    let skip = vec![Role::Printer];
    assert_eq!(all[1].device.role, Role::Printer);
    let skipping = CrawlOptions { skip: skip.clone(), ..options(&["10.0.0.1"]) };
    assert_eq!(names(&run(network.clone(), &skipping).await.1), ["dev-1"]);
    let named = CrawlOptions { skip, ..options(&["10.0.0.2"]) };
    assert_eq!(names(&run(network, &named).await.1), ["dev-2", "dev-4"]);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_is_gone_on_with_and_nobody_is_asked_twice() {
    // dev-1 answers at once; the rest of a large range is silent, so that the run is under way when the process ends.
    let network = chain();
    let options = CrawlOptions { deadline: None, ..options(&["10.0.0.0/16"]) };
    let (emitter, _events) = emitter::channel(4096);
    let (tell, mut left) = watch::channel(None);
    let (_pause, mut control) = control();
    control.keep.tell = Some(tell);
    let (asking, cancel) = (client(network.clone()), control.cancel.clone());
    let first = {
        let (options, emitter) = (options.clone(), emitter.clone());
        tokio::spawn(async move { crawl(&asking, &options, &emitter, control).await })
    };
    tokio::time::sleep(Duration::from_secs(30)).await;
    cancel.cancel();
    assert_eq!(first.await.unwrap().unwrap().ending, Ending::Cancelled);
    let rest: Rest = left.borrow_and_update().clone().unwrap();
    let rest = Rest::decode(&rest.encode().unwrap()).unwrap();
    let asked_before: Vec<std::net::SocketAddr> = network.asked.lock().unwrap().keys().copied().collect();
    assert!(asked_before.len() > 1000, "{}", asked_before.len());

    let again = chain();
    let (_pause, mut control) = self::control();
    control.keep.rest = Some(rest.clone());
    let outcome = crawl(&client(again.clone()), &options, &emitter, control).await.unwrap();
    assert_eq!(outcome.ending, Ending::Done);
    let (total, asked_again) = (outcome.summary.asked, again.asked.lock().unwrap().len());
    assert_eq!(total, 65_534, "both runs together asked everyone");
    // Who was being asked when the first ended is asked again.
    let at_most = 65_534 - asked_before.len() + super::run::VISITS;
    assert!(asked_again <= at_most, "{asked_again} after {}", asked_before.len());

    let other = CrawlOptions { exclude: vec!["10.0.0.9/32".parse().unwrap()], ..options };
    assert!(!rest.fits(&other), "what was begun under other rules is begun anew");
}

#[tokio::test(start_paused = true)]
async fn known_devices_are_asked_only_when_they_are_named() {
    let network = chain();
    let known = vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
    let options = CrawlOptions { scope: vec!["10.0.0.0/8".parse().unwrap()], known, ..options(&["10.0.0.1"]) };
    assert_eq!(names(&run(network.clone(), &options).await.1), ["dev-1"]);
    let asked = network.asked.lock().unwrap();
    assert!(asked.contains_key(&"10.0.0.3:161".parse().unwrap()), "who is not known is followed");
    assert!(!asked.contains_key(&"10.0.0.2:161".parse().unwrap()));
}
