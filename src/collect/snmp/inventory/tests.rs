//! Inventories of played agents.

use super::super::access::Access;
use super::super::fixture::{Network, client};
use super::*;
use crate::collect::snmp::Limits;
use crate::model::Sightings;
use std::time::Duration;

async fn read(lines: &str, limits: Limits) -> Inventory {
    let network = Network::default().agent("10.0.0.1:161", lines);
    let client = client(network);
    let opened = Access::new(&[]).open(&client, "10.0.0.1:161".parse().unwrap(), limits).await.ok().unwrap();
    Reading::begin(opened).await.finish().await
}

const SWITCH: &str =
    "sysName.0 = dist-1\nsysDescr.0 = Some switch\nifDescr.1 = Gi1\nifDescr.2 = Gi2\nifName.1 = Gi1\nifName.2 = Gi2
    lldpLocChassisIdSubtype.0 = #4\nlldpLocChassisId.0 = 0x001b54aabbcc\nlldpRemChassisIdSubtype.0.1.7 = #4
    lldpRemChassisId.0.1.7 = 0x001b54aabbdd";

#[tokio::test(start_paused = true)]
async fn a_device_is_read_whole() {
    let inventory = read(SWITCH, Limits::default()).await;
    assert_eq!(inventory.problems, []);
    assert_eq!(inventory.device.id.as_str(), "chassis:00:1b:54:aa:bb:cc");
    assert_eq!(inventory.device.interfaces.len(), 2);
    assert_eq!(inventory.device.neighbours.len(), 1);
    assert_eq!(inventory.device.snmp.map(|snmp| (snmp.partial, snmp.credential)), Some((false, "public".to_owned())));
}

const PER_VLAN: &str = "sysName.0 = acc-1\nsysObjectID.0 = @1.3.6.1.4.1.9.1.1208\nsysDescr.0 = Cisco IOS Software, C2960X\nifDescr.1 = Gi1
    ifDescr.2 = Gi2\nifDescr.3 = Gi3\nvtpVlanState.1.1 = #1\nvtpVlanState.1.10 = #1\nvtpVlanState.1.20 = #1\nvtpVlanState.1.1002 = #1
    dot1dBasePortIfIndex.1 = #1\ndot1dTpFdbPort.0.27.84.0.0.1 = #1\ndot1dTpFdbStatus.0.27.84.0.0.1 = #3";

/// Port and VLAN of each row of the forwarding table, how many requests were repeated, and reasons of problems.
async fn fdb(network: Network) -> (Option<Vec<(u32, Option<u16>)>>, usize, Vec<Reason>) {
    let asked = std::sync::Arc::clone(&network.asked);
    let opened = Access::new(&[]).open(&client(network), "10.0.0.1:161".parse().unwrap(), Limits::default()).await.ok().unwrap();
    let inventory = Reading::begin(opened).await.finish().await;
    let rows = inventory.sightings.fdb;
    let rows = rows.map(|rows| rows.iter().map(|row| (row.if_index.map_or(0, |at| at.0), row.vlan)).collect());
    let requests = asked.lock().unwrap().values().copied().sum::<u32>();
    (rows, requests as usize, inventory.problems.iter().map(|problem| problem.reason).collect())
}

#[tokio::test(start_paused = true)]
async fn an_agent_with_a_table_for_each_vlan_is_asked_for_each() {
    let at = "10.0.0.1:161";
    let of_vlan = "dot1dBasePortIfIndex.2 = #2\ndot1dTpFdbPort.0.27.84.0.0.2 = #2\ndot1dTpFdbStatus.0.27.84.0.0.2 = #3";
    let network = || Network::default().agent(at, PER_VLAN);
    let (rows, ..) = fdb(network().vlan(at, 10, of_vlan).vlan(at, 20, "dot1dBasePortIfIndex.3 = #3")).await;
    assert_eq!(rows, Some(vec![(1, Some(1)), (2, Some(10))]));
    // The first VLAN is not known: no agent of that kind, and only one request went in vain.
    let (rows, requests, problems) = fdb(network()).await;
    assert_eq!((rows, problems), (Some(vec![(1, None)]), vec![]));
    assert!(requests <= 10, "{requests}");
    // A later one falls silent: the table is unknown, and that is said.
    let (rows, _, problems) = fdb(network().vlan(at, 10, of_vlan)).await;
    assert_eq!((rows, problems), (None, vec![Reason::Timeout]));
}

#[tokio::test(start_paused = true)]
async fn a_large_forwarding_table_is_read_with_few_requests() {
    let mut lines = String::from("sysName.0 = core-1\nifDescr.1 = Gi1\ndot1dBasePortIfIndex.1 = #1\n");
    for at in 0..5000 {
        let index = format!("10.2.27.84.0.{}.{}", at / 256, at % 256);
        lines.push_str(&format!("dot1qTpFdbPort.{index} = #1\ndot1qTpFdbStatus.{index} = #3\n"));
    }
    let (rows, requests, problems) = fdb(Network::default().agent("10.0.0.1:161", &lines)).await;
    assert_eq!((rows.map(|rows| rows.len()), problems), (Some(5000), vec![]));
    // The played agent gives twenty rows at most for each request.
    assert!(requests < 5000 / 20 + 20, "{requests}");
}

#[tokio::test(start_paused = true)]
async fn columns_of_the_vendors_profile_are_read() {
    let lines = "sysObjectID.0 = @1.3.6.1.4.1.6527.1.3.17\nsysDescr.0 = TiMOS-C-22.10.R11 cpm/x86hops64 Nokia 7250 IXR Copyright (c) 2000
        sysName.0 = ixr\ntmnxHwSerialNumber.1.50331649 = NK243137407\ntmnxChassisTypeName.11 = 7250 IXR-s\ntmnxChassisType.1 = #11";
    let inventory = read(lines, Limits::default()).await;
    assert_eq!((inventory.device.serial.as_deref(), inventory.problems), (Some("NK243137407"), vec![]));
}

#[tokio::test(start_paused = true)]
async fn what_a_device_does_not_have_costs_nothing() {
    let (rows, requests, problems) = fdb(Network::default().agent("10.0.0.1:161", SWITCH)).await;
    assert_eq!((rows, problems), (Some(vec![]), vec![]));
    // One of them looks for what is measured.
    assert!(requests <= 8, "{requests}");
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_the_deadline_is_kept_and_labelled() {
    // Every answer takes 400 ms: the tables of ports and neighbours fit into the deadline, those of addresses do not.
    let lines = format!(
        "{SWITCH}\ndot1dTpFdbPort.0.27.84.0.0.1 = #1\nipNetToMediaPhysAddress.1.10.0.0.9 = 0x001b54000009\nlatency = 400"
    );
    let inventory = read(&lines, Limits { deadline: Some(Duration::from_millis(2300)), ..Limits::default() }).await;
    assert_eq!(inventory.device.sys_name.as_deref(), Some("dist-1"));
    assert_eq!(inventory.device.interfaces.len(), 2);
    assert_eq!(inventory.device.neighbours.len(), 1);
    assert_eq!(inventory.sightings, Sightings::default(), "unknown, not empty");
    assert_eq!(inventory.problems.iter().map(|problem| problem.reason).collect::<Vec<_>>(), [Reason::Deadline]);
    assert!(inventory.device.snmp.is_some_and(|snmp| snmp.partial));
}
