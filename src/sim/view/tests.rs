//! What the simulated agents answer, object by object.

use super::*;
use crate::model::SnmpVersion;
use crate::sim::Scale;
use crate::sim::agent::{MAX_MESSAGE, answer};
use crate::sim::serve::{Campus, Hosts};
use crate::wire::snmp::{ErrorStatus, Message, Pdu, PduKind};
use std::net::Ipv4Addr;
use std::sync::Arc;

fn moment() -> Timestamp {
    Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap()
}

fn campus() -> Campus {
    let scenario = Scenario::campus(Scale::at(moment(), 1)).unwrap();
    Campus::new(Arc::new(scenario), Registry::builtin()).unwrap()
}

fn address(campus: &Campus, name: &str) -> Ipv4Addr {
    campus.scenario.node(campus.scenario.named(name).unwrap()).unwrap().address.unwrap()
}

fn oid(text: &str) -> Oid {
    Registry::builtin().parse_object(text).unwrap()
}

fn walk(view: &View<'_>, under: &str) -> Vec<VarBind> {
    let root = oid(under);
    let mut at = root.clone();
    let mut all = Vec::new();
    while let Some(bind) = view.next(&at).filter(|bind| bind.oid.starts_with(&root)) {
        at = bind.oid.clone();
        all.push(bind);
    }
    all
}

fn message(kind: PduKind, version: SnmpVersion, names: &[&str]) -> Message {
    let names: Vec<Oid> = names.iter().map(|name| oid(name)).collect();
    Message { version, community: b"public".to_vec(), pdu: Pdu::request(kind, 7, &names) }
}

#[test]
fn a_walk_of_every_device_ascends_and_each_instance_can_be_asked_for() {
    let campus = campus();
    for (_, address, node) in campus.scenario.agents() {
        let Some(view) = campus.view(address, moment()) else { continue };
        let (mut at, mut count) = (oid("1.0"), 0);
        while let Some(bind) = view.next(&at) {
            assert!(bind.oid > at, "{}: {} after {at}", node.name, bind.oid);
            assert_eq!(view.get(&bind.oid), bind.value, "{}: {}", node.name, bind.oid);
            at = bind.oid;
            count += 1;
        }
        assert!(count > 60, "{}: {count}", node.name);
    }
}

#[test]
fn what_is_not_there_is_told_apart() {
    let campus = campus();
    let view = campus.view(address(&campus, "core-1"), moment()).unwrap();
    assert_eq!(view.get(&oid("ifDescr.9999")), Value::NoSuchInstance);
    assert_eq!(view.get(&oid("sysName")), Value::NoSuchInstance);
    assert_eq!(view.get(&oid("1.3.6.1.2.1.99.1.0")), Value::NoSuchObject);
    let server = campus.view(address(&campus, "srv-1"), moment()).unwrap();
    assert_eq!(server.get(&oid("cdpGlobalDeviceId.0")), Value::NoSuchObject);
}

#[test]
fn both_ends_of_every_link_hear_each_other() {
    let campus = campus();
    let scenario = &campus.scenario;
    let mut heard = 0;
    for (_, address, node) in scenario.agents() {
        let Some(view) = campus.view(address, moment()) else { continue };
        let names = walk(&view, "lldpRemSysName");
        let up = node.cables.iter().enumerate().filter(|(row, cable)| {
            scenario.is_heard(cable.wire, crate::sim::truth::seconds_of(moment())) && view.far(*row).unwrap().1.lldp
        });
        assert_eq!(names.len(), if view.kind.lldp { up.count() } else { 0 }, "{}", node.name);
        heard += names.len();
        // What is heard with an address leads to an agent.
        for bind in walk(&view, "lldpRemManAddrIfId") {
            let arcs = bind.oid.arcs();
            let octets: Vec<u8> = arcs[arcs.len() - 4..].iter().map(|&arc| u8::try_from(arc).unwrap()).collect();
            let octets: [u8; 4] = octets.try_into().unwrap();
            assert!(scenario.at_address(Ipv4Addr::from(octets)).is_some());
        }
    }
    assert!(heard > 130, "{heard}");
}

#[test]
fn a_members_speed_adds_up_and_a_fallen_member_is_missing() {
    let campus = campus();
    let view = campus.view(address(&campus, "dist-b3"), moment()).unwrap();
    let name = walk(&view, "ifName").into_iter().find(|bind| bind.value == Value::Octets(b"lag1".to_vec())).unwrap();
    let if_index = *name.oid.arcs().last().unwrap();
    assert_eq!(view.get(&oid(&format!("ifHighSpeed.{if_index}"))), Value::Gauge32(10_000));
    let members = walk(&view, "dot3adAggPortAttachedAggID");
    assert_eq!(members.iter().map(|bind| &bind.value).collect::<Vec<_>>(), [&Value::Integer(i64::from(if_index)); 2]);
    assert_eq!(walk(&view, "ifStackStatus").len(), 2);
}

#[test]
fn a_wrong_community_and_a_dead_device_are_met_with_silence() {
    let campus = campus();
    let mut request = message(PduKind::Get, SnmpVersion::V2c, &["sysName.0"]);
    let core = address(&campus, "core-1");
    let reply = campus.answer(core, &request, moment()).unwrap();
    assert_eq!((reply.pdu.varbinds[0].value.clone(), reply.pdu.request_id), (Value::Octets(b"core-1".to_vec()), 7));
    assert!(campus.answer(address(&campus, "acc-b2-07"), &request, moment()).is_none());
    request.community = b"private".to_vec();
    assert!(campus.answer(core, &request, moment()).is_none());
}

#[test]
fn answers_fit_a_datagram_and_bulk_gives_what_fits() {
    let campus = campus();
    let view = campus.view(address(&campus, "core-1"), moment()).unwrap();
    let bulk = |reps: u32, names: &[&str]| Message {
        pdu: Pdu::bulk(7, reps, &names.iter().map(|name| oid(name)).collect::<Vec<_>>()),
        ..message(PduKind::Get, SnmpVersion::V2c, &[])
    };
    let reply = answer(&bulk(10_000, &["ifDescr", "ifHCInOctets", "ifHCOutOctets"]), &view).unwrap();
    let size = reply.encode().len();
    assert!(size <= MAX_MESSAGE as usize && size > 1300, "{size}");
    assert!(reply.pdu.varbinds.len() > 40);
    assert_eq!(reply.pdu.varbinds[3].oid.arcs().last(), reply.pdu.varbinds[4].oid.arcs().last());
    let end = answer(&bulk(50, &["1.3.7"]), &view).unwrap().pdu.varbinds;
    assert_eq!(end, [VarBind { oid: oid("1.3.7"), value: Value::EndOfMibView }]);
    let wide = answer(&message(PduKind::Get, SnmpVersion::V2c, &["sysDescr.0"; 12]), &view).unwrap();
    assert_eq!((wide.pdu.error_status, wide.pdu.varbinds.len()), (ErrorStatus::TOO_BIG, 0));
}

#[test]
fn version_1_knows_neither_exceptions_nor_wide_counters() {
    let campus = campus();
    let view = campus.view(address(&campus, "core-1"), moment()).unwrap();
    let ask = |kind, name: &str| answer(&message(kind, SnmpVersion::V1, &["sysName.0", name]), &view).unwrap().pdu;
    for (kind, name) in [(PduKind::Get, "ifDescr.9999"), (PduKind::Get, "ifHCInOctets.3"), (PduKind::GetNext, "1.3.7")] {
        let pdu = ask(kind, name);
        assert_eq!((pdu.error_status, pdu.error_index), (ErrorStatus::NO_SUCH_NAME, 2), "{name}");
    }
    let next = &ask(PduKind::GetNext, "ifOutBroadcastPkts.999999").varbinds[1];
    assert!(next.oid.starts_with(&oid("ifHighSpeed")), "{}", next.oid);
    assert!(answer(&message(PduKind::GetBulk, SnmpVersion::V1, &["sysName"]), &view).is_none());
}

/// Prints what an answer costs: `cargo test --release --lib cost_of_an_answer -- --ignored --nocapture`.
#[test]
#[ignore = "measures; run by hand on a released build"]
fn cost_of_an_answer() {
    let campus = campus();
    let core = address(&campus, "acc-b1-02");
    let columns = ["ifHCInOctets", "ifHCOutOctets", "ifHCInUcastPkts", "ifHCOutUcastPkts", "ifInErrors", "ifOperStatus"];
    let one: Vec<String> = columns.iter().map(|name| format!("{name}.20")).collect();
    let get = message(PduKind::Get, SnmpVersion::V2c, &one.iter().map(String::as_str).collect::<Vec<_>>());
    let names: Vec<Oid> = columns.iter().map(|name| oid(name)).collect();
    let bulk = Message { pdu: Pdu::bulk(7, 20, &names), ..get.clone() };
    for (name, request) in [("GET of 6", get), ("GETBULK of 6", bulk)] {
        let bytes = request.encode();
        let watch = crate::clock::Stopwatch::start();
        let mut binds = 0;
        for _ in 0..5000 {
            let request = Message::decode(&bytes).unwrap();
            let reply = campus.answer(core, &request, moment()).unwrap();
            binds += reply.pdu.varbinds.len();
            assert!(!reply.encode().is_empty());
        }
        println!("{name}: {:.1} us, {} varbinds", watch.elapsed().as_secs_f64() * 1e6 / 5000.0, binds / 5000);
    }
}

/// What the collector's decoders make of everything that a device answers.
fn discovered(view: &View<'_>, access: &crate::model::SnmpAccess, at: Timestamp) -> crate::collect::snmp::tables::Assembly {
    use crate::collect::snmp::tables::{self, Columns};
    let mut binds = Vec::new();
    let mut after = oid("1.0");
    while let Some(bind) = view.next(&after) {
        after = bind.oid.clone();
        binds.push(bind);
    }
    let mib = Registry::builtin();
    let mut columns = Columns::select(mib, &tables::assemble::all_objects(), &binds);
    let wanted: Vec<&str> = tables::assemble::vendor_objects(&columns);
    for name in wanted {
        let base = mib.oid(name).unwrap();
        columns.insert(name, base.clone(), binds.iter().filter(|bind| bind.oid.starts_with(&base)).cloned().collect());
    }
    for name in tables::health::objects(&columns) {
        let base = mib.oid(name).unwrap();
        columns.insert(name, base.clone(), binds.iter().filter(|bind| bind.oid.starts_with(&base)).cloned().collect());
    }
    tables::assemble(&columns, access.clone(), at)
}

#[test]
fn what_the_past_says_of_a_device_is_what_discovery_reads() {
    let campus = campus();
    let at = moment();
    let (mut roles, mut learned, mut resolved) = (0, 0, 0);
    for (_, address, node) in campus.scenario.agents() {
        let Some(view) = campus.view(address, at) else { continue };
        let address = std::net::SocketAddr::from((address, 161));
        let access =
            crate::model::SnmpAccess { address, version: SnmpVersion::V2c, credential: "public".to_owned(), partial: false };
        let (assembly, said) = (discovered(&view, &access, at), view.describe(Registry::builtin(), access, at));
        assert_eq!(assembly.sightings, view.sightings(), "{}", node.name);
        learned += assembly.sightings.fdb.map_or(0, |rows| rows.len());
        resolved += assembly.sightings.arp.map_or(0, |rows| rows.len());
        let read = assembly.device;
        for (read, said) in read.interfaces.iter().zip(&said.interfaces) {
            assert_eq!(read, said, "{}", node.name);
        }
        for (read, said) in read.neighbours.iter().zip(&said.neighbours) {
            assert_eq!(read, said, "{}", node.name);
        }
        assert_eq!(read, said, "{}", node.name);
        assert!(read.vendor.is_some() && read.sys_name.as_deref() == Some(node.name.as_str()), "{read:?}");
        assert_eq!(read.role, view.kind.role, "{}: {:?}", node.name, read.model);
        roles += 1;
    }
    assert!(roles > 55);
    // Every desk is learned by its switch and resolved by one router, those behind switches that are silent now by their router alone.
    assert!(learned > 200 && resolved >= learned, "{learned} {resolved}");
}

#[test]
fn what_a_collector_reads_of_a_controller_is_what_its_past_tells() {
    use crate::collect::snmp::tables::{Columns, wireless};
    let campus = campus();
    for (name, aps) in [("wlc-1", 16), ("wlc-2", 48), ("ap-annex-1", 1)] {
        let view = campus.view(address(&campus, name), moment()).unwrap();
        let id = crate::model::DeviceId::new(name);
        let rules = Registry::builtin().wireless(view.kind.role, view.kind.sys_object_id.as_ref());
        let mut read = Columns::default();
        for column in rules.iter().flat_map(|rule| rule.columns()) {
            read.insert(column, oid(column), walk(&view, column));
        }
        let agent = std::net::SocketAddr::from((address(&campus, name), 161));
        let access =
            crate::model::SnmpAccess { address: agent, version: SnmpVersion::V2c, credential: String::new(), partial: false };
        let device = crate::model::Device { id: id.clone(), ..view.describe(Registry::builtin(), access, moment()) };
        let found = wireless::reading((&device, moment()), &rules, &read);
        let told = view.wireless(id, moment()).unwrap();
        assert_eq!(found.extent, told.extent, "{name}");
        assert_eq!(found.ssids, told.ssids, "{name}");
        for (found, told) in found.access_points.iter().zip(&told.access_points) {
            assert_eq!(found, told, "{name}");
        }
        for (found, told) in found.clients.iter().zip(&told.clients) {
            assert_eq!(found, told, "{name}");
        }
        assert_eq!((found.access_points.len(), found.clients.len()), (told.access_points.len(), told.clients.len()), "{name}");
        assert!(told.access_points.len() <= aps && told.access_points.len() + 3 >= aps, "{name}: {}", told.access_points.len());
        assert!(told.clients.len() > aps * 3, "{name}: {}", told.clients.len());
        assert_eq!((found.alone, told.alone), (aps == 1, aps == 1), "{name}");
    }
}

#[test]
fn a_wireless_network_is_another_at_another_time_and_the_same_at_the_same() {
    let campus = campus();
    let clients = |hours: i64| {
        let at = Timestamp(moment().0 - hours * 3_600_000);
        let view = campus.view(address(&campus, "wlc-2"), at).unwrap();
        view.wireless(crate::model::DeviceId::new("wlc-2"), at).unwrap().clients.len()
    };
    assert_eq!(clients(0), clients(0));
    let (noon, night) = (clients(24 * 2), clients(24 * 2 + 9));
    assert!(noon > night + night / 3, "{noon} at noon on a Friday, {night} at three in the night");
}
