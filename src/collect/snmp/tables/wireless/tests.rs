//! What controllers of two vendors say, and what hostile ones do.

use super::super::columns::fixture::varbinds;
use super::*;
use crate::collect::snmp::fixture::{Network, client};
use crate::collect::snmp::poll::PollPlan;
use crate::collect::snmp::{Agent, Limits, wireless};
use crate::model::poll::Counter;
use crate::model::{Credential, Device, DeviceId, Role};
use std::sync::Arc;

const CISCO: &str = "1.3.6.1.4.1.9.1.2530";
const ARUBA: &str = "1.3.6.1.4.1.14823.1.1.32";
const AP: &str = "0.17.34.51.68.85";
const STATION: &str = "2.170.0.0.0.1";

fn rules(id: &str) -> Vec<&'static WirelessRule> {
    Registry::global().wireless(Role::WlanController, Some(&id.parse().unwrap()))
}

fn read(id: &str, lines: &str) -> WirelessReading {
    let rules = rules(id);
    let names: BTreeSet<&'static str> = rules.iter().flat_map(|rule| rule.columns()).collect();
    let names: Vec<&'static str> = names.into_iter().collect();
    let lines = lines.replace("{ap}", AP).replace("{sta}", STATION);
    let columns = Columns::select(Registry::global(), &names, &varbinds(&lines));
    reading((&Device::new(DeviceId::new("wlc"), Timestamp(0)), Timestamp::from_secs(10_000)), &rules, &columns)
}

const AIRESPACE: &str = "bsnAPName.{ap} = ap-b3-f4-12
    bsnAPLocation.{ap} = b3 f4
    bsnAPOperationStatus.{ap} = #1
    bsnAPModel.{ap} = C9120AXI-K
    bsnApIpAddress.{ap} = !10.9.0.7
    bsnAPEthernetMacAddress.{ap} = 0x001122334400
    cLApUpTime.{ap} = #360000
    bsnAPIfType.{ap}.1 = #2
    bsnAPIfPhyChannelNumber.{ap}.1 = #149
    cLAp11ChannelBandwidth.{ap}.1 = #5
    bsnAPIfPhyTxPowerLevel.{ap}.1 = #2
    bsnAPIfAbsolutePowerList.{ap}.1 = 20,17,14,11,-1
    bsnAPIfLoadChannelUtilization.{ap}.1 = #88
    bsnAPIfLoadNumOfClients.{ap}.1 = #61
    bsnAPIfDot11RetryCount.{ap}.1 = #220
    bsnAPIfDot11TransmittedFrameCount.{ap}.1 = #1000
    bsnAPIfDBNoisePower.{ap}.1.36 = #-70
    bsnAPIfDBNoisePower.{ap}.1.149 = #-91
    bsnDot11EssSsid.1 = corp
    bsnDot11EssNumberOfMobileStations.1 = #61
    bsnMobileStationStatus.{sta} = #3
    bsnMobileStationIpAddress.{sta} = !10.30.0.9
    bsnMobileStationUserName.{sta} = park
    bsnMobileStationAPMacAddr.{sta} = 0x001122334455
    bsnMobileStationAPIfSlotId.{sta} = #1
    bsnMobileStationSsid.{sta} = corp
    bsnMobileStationProtocol.{sta} = #11
    bsnMobileStationRSSI.{sta} = #-79
    bsnMobileStationSnr.{sta} = #12
    bsnMobileStationBytesReceived.{sta} = $7000000000
    cldcClientUpTime.{sta} = #720
    cldcClientCurrentTxRate.{sta} = #58
    bsnMobileStationStatus.2.0.0.0.0.2 = #7
    bsnMobileStationSsid.2.0.0.0.0.2 = corp";

#[test]
fn cisco_tells_access_points_radios_and_clients() {
    let reading = read(CISCO, AIRESPACE);
    let ap = &reading.access_points[0];
    assert_eq!((ap.name.as_str(), ap.location.as_deref(), ap.status), ("ap-b3-f4-12", Some("b3 f4"), ApStatus::Up));
    assert_eq!((ap.since, ap.mac), (Some(Timestamp::from_secs(6400)), Some(MacAddr([0, 0x11, 0x22, 0x33, 0x44, 0]))));
    let radio = &ap.radios[0];
    assert_eq!((radio.slot, radio.band, radio.channel, radio.width_mhz), (1, Some(WifiBand::Ghz5), Some(149), Some(80)));
    assert_eq!((radio.tx_power_dbm, radio.utilisation_percent, radio.clients), (Some(17.0), Some(88.0), Some(61)));
    assert_eq!(radio.noise_dbm, Some(-91.0), "that of its own channel");
    assert_eq!((radio.retries, radio.frames), (Some(Counter::Bits32(220)), Some(Counter::Bits32(1000))));
    assert_eq!(reading.ssids, [Ssid { name: "corp".to_owned(), clients: Some(61), ..Ssid::default() }]);
    assert_eq!(reading.clients.len(), 1, "who is only probing is not on");
    let client = &reading.clients[0];
    assert_eq!((client.ap, client.slot, client.phy), (Some(ap.key), Some(1), Some(Phy::Ax)));
    assert_eq!((client.rssi_dbm, client.snr_db, client.rate_mbps), (Some(-79), Some(12), Some(58)));
    assert_eq!((client.user.as_deref(), client.since), (Some("park"), Some(Timestamp::from_secs(9280))));
    assert_eq!(client.traffic.in_octets, Some(Counter::Bits64(7_000_000_000)));
    assert!(reading.extent.access_points && reading.extent.clients);
}

#[test]
fn aruba_tells_where_a_client_is_by_its_bssid() {
    let reading = read(
        ARUBA,
        "wlanAPName.{ap} = ap-1
        wlanAPStatus.{ap} = #2
        wlanAPModelName.{ap} = 535
        wlanAPRadioType.{ap}.1 = #4
        wlanAPRadioChannel.{ap}.1 = #36
        wlanAPRadioHTMode.{ap}.1 = #6
        wlanAPRadioTransmitPower.{ap}.1 = #15
        wlanAPRadioUtilization.{ap}.1 = #12
        wlanAPChUtilization.{ap}.1 = #41
        wlanAPChNoise.{ap}.1 = #94
        wlanAPChFrameRetryRate.{ap}.1 = #4
        wlanAPESSID.{ap}.1.0.17.34.51.68.96 = guest
        wlanESSIDNumStations.5.103.117.101.115.116 = #1
        wlanStaApBssid.{sta} = 0x001122334460
        wlanStaAccessPointESSID.{sta} = guest
        wlanStaRSSI.{sta} = #28
        wlanStaHTMode.{sta} = #6
        wlanStaFrameRetryRate.{sta} = #7
        nUserName.{sta}.10.30.1.7 = lee
        nUserName.2.0.0.0.0.9.10.1.1.1 = a desk that is plugged in",
    );
    let ap = &reading.access_points[0];
    let radio = &ap.radios[0];
    assert_eq!((ap.status, radio.band, radio.width_mhz), (ApStatus::Down, Some(WifiBand::Ghz5), Some(80)));
    assert_eq!((radio.utilisation_percent, radio.noise_dbm, radio.retry_percent), (Some(41.0), Some(-94.0), Some(4.0)));
    assert_eq!(reading.ssids, [Ssid { name: "guest".to_owned(), clients: Some(1), ..Ssid::default() }]);
    assert_eq!(reading.clients.len(), 1);
    let client = &reading.clients[0];
    assert_eq!((client.ap, client.slot, client.user.as_deref()), (Some(ap.key), Some(1), Some("lee")));
    assert_eq!((client.snr_db, client.rssi_dbm, client.phy), (Some(28), Some(-66), Some(Phy::Ac)));
    assert_eq!(client.address, Some("10.30.1.7".parse().unwrap()));
}

#[test]
fn what_is_not_told_is_not_known() {
    let reading = read(CISCO, "bsnAPName.{ap} = lonely\nbsnAPIfPhyChannelNumber.{ap}.0 = #6");
    let ap = &reading.access_points[0];
    assert_eq!((ap.status, ap.location.as_deref(), ap.since), (ApStatus::Unknown, None, None));
    assert_eq!(ap.radios, [Radio { slot: 0, channel: Some(6), ..Radio::default() }]);
}

#[test]
fn absurd_indexes_and_values_make_no_rows() {
    let reading = read(
        CISCO,
        "bsnAPName.1.2.3 = short
        bsnAPName.1.2.3.4.5.6.7 = long
        bsnAPName.1.2.3.4.5.4294967295 = no octet
        bsnAPIfPhyChannelNumber.{ap}.70000 = #1
        bsnAPName.{ap} = fine
        bsnAPIfPhyChannelNumber.{ap}.0 = #-3
        bsnAPIfLoadChannelUtilization.{ap}.0 = #250
        bsnAPIfPhyTxPowerLevel.{ap}.0 = #99
        bsnAPIfAbsolutePowerList.{ap}.0 = 20,17
        cLApUpTime.{ap} = #-5
        bsnMobileStationSsid.{sta} = x\u{1b}]0;owned
        bsnMobileStationRSSI.{sta} = #99999999",
    );
    assert_eq!(reading.access_points.len(), 1);
    assert_eq!(reading.access_points[0].radios, [Radio::default()]);
    assert_eq!((reading.access_points[0].since, reading.clients[0].rssi_dbm), (None, None));
    assert_eq!(reading.clients[0].ssid.as_deref(), Some("x\u{1b}]0;owned"), "it is shown escaped, not changed");
    let long = "n".repeat(5000);
    assert_eq!(read(CISCO, &format!("bsnAPName.{{ap}} = {long}")).access_points[0].name.len(), 128);
}

fn plan() -> PollPlan {
    let mut device = Device::new(DeviceId::new("addr:10.0.0.1"), Timestamp(0));
    (device.role, device.sys_object_id) = (Role::WlanController, Some(CISCO.parse().unwrap()));
    let credential = Arc::new(Credential::community("public", "public"));
    PollPlan::of(Arc::new(device), Agent { address: "10.0.0.1:161".parse().unwrap(), credential })
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_asked_once_a_minute_and_for_the_noise_of_its_own_channels_alone() {
    let lines = AIRESPACE.replace("{ap}", AP).replace("{sta}", STATION);
    let network = Network::default().agent("10.0.0.1:161", &lines);
    let (client, plan) = (client(network.clone()), plan());
    let reading = wireless::read(&client, &plan, Limits::default()).await.unwrap();
    assert_eq!(reading.access_points[0].radios[0].noise_dbm, Some(-91.0));
    assert_eq!((reading.clients.len(), reading.extent.clients), (1, true));
    assert_eq!(wireless::read(&client, &plan, Limits::default()).await, None);
}

#[tokio::test(start_paused = true)]
async fn more_clients_than_are_kept_are_cut_and_it_is_said() {
    let station = |at: usize| format!("bsnMobileStationSsid.2.0.0.{}.{}.{} = corp\n", at >> 16, at >> 8 & 255, at & 255);
    let lines: String = (0..MAX_CLIENTS + 500).map(station).collect();
    let network = Network::default().agent("10.0.0.1:161", &format!("bsnAPName.{AP} = ap\n{lines}"));
    let reading = wireless::read(&client(network), &plan(), Limits::default()).await.unwrap();
    assert_eq!((reading.clients.len(), reading.extent.clients), (MAX_CLIENTS, false));
    assert!(reading.extent.access_points);
}

#[test]
fn a_hundred_thousand_clients_are_cut_and_it_is_said() {
    let rules = rules(CISCO);
    let base = Registry::global().oid("bsnMobileStationSsid").unwrap();
    let rows = (0..100_000u32).map(|at| crate::wire::snmp::VarBind {
        oid: base.child(&[2, 0, 0, at >> 16, at >> 8 & 255, at & 255]),
        value: crate::wire::snmp::Value::Octets(b"corp".to_vec()),
    });
    let mut columns = Columns::default();
    columns.insert("bsnMobileStationSsid", base.clone(), rows.collect());
    let device = Device::new(DeviceId::new("wlc"), Timestamp(0));
    let (reading, beyond) = limit::CONTROLLER_CLIENTS.during(|| reading((&device, Timestamp::from_secs(1)), &rules, &columns));
    assert_eq!((reading.clients.len(), reading.extent.clients), (MAX_CLIENTS, false));
    assert!(beyond >= 100_000 - MAX_CLIENTS as u64);
}

#[test]
fn a_controller_that_tells_without_end_is_cut_and_counted() {
    let mib = Registry::global();
    let column =
        |columns: &mut Columns, name: &'static str, rows: &mut dyn Iterator<Item = (Vec<u32>, crate::wire::snmp::Value)>| {
            let base = mib.oid(name).unwrap();
            let rows = rows.map(|(index, value)| crate::wire::snmp::VarBind { oid: base.child(&index), value });
            columns.insert(name, base.clone(), rows.collect());
        };
    let text = |number: u32| crate::wire::snmp::Value::Octets(number.to_string().into_bytes());
    let ap = |at: u32| vec![2, 0, 0, at >> 16, at >> 8 & 255, at & 255];
    let (aps, ssids) = (MAX_ACCESS_POINTS as u32 + 7, MAX_SSIDS as u32 + 5);
    let mut columns = Columns::default();
    column(&mut columns, "bsnAPName", &mut (0..aps).map(|at| (ap(at), text(at))));
    column(&mut columns, "bsnDot11EssSsid", &mut (1..=ssids).map(|at| (vec![at], text(at))));
    let slots = (0..MAX_RADIOS as u32 + 3).map(|slot| ([ap(0), vec![slot]].concat(), crate::wire::snmp::Value::Integer(1)));
    column(&mut columns, "bsnAPIfType", &mut slots.into_iter());
    let device = Device::new(DeviceId::new("wlc"), Timestamp(0));
    let read = || reading((&device, Timestamp::from_secs(1)), &rules(CISCO), &columns);
    let (((reading, radios), ssids), aps) =
        limit::CONTROLLER_APS.during(|| limit::CONTROLLER_SSIDS.during(|| limit::AP_RADIOS.during(read)));
    assert_eq!((reading.access_points.len(), reading.ssids.len()), (MAX_ACCESS_POINTS, MAX_SSIDS));
    assert_eq!(reading.access_points[0].radios.len(), MAX_RADIOS);
    assert!(aps >= 7 && ssids >= 5 && radios >= 3 && !reading.extent.access_points);
}

/// A device of `tests/vendor/wireless.toml`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    what: String,
    id: String,
    role: String,
    says: Vec<String>,
    told: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    device: Vec<Case>,
}

fn word(name: &str, value: Option<impl std::fmt::Display>) -> String {
    value.map(|value| format!(" {name} {value}")).unwrap_or_default()
}

fn or_dash(value: Option<impl std::fmt::Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A reading in lines, as the cases have it.
fn told(reading: &WirelessReading) -> Vec<String> {
    let mut lines: Vec<String> = reading.access_points.iter().map(|ap| format!("ap {} {}", ap.name, ap.status.word())).collect();
    lines.sort_by_key(|line| !line.ends_with(" up"));
    for ap in &reading.access_points {
        lines.extend(ap.radios.iter().map(|radio| {
            let band = or_dash(radio.band.map(|band| band.word()));
            let mut line = format!("radio {}/{} {band} {}", ap.name, radio.slot, or_dash(radio.channel));
            line += &word("width", radio.width_mhz);
            line += &word("busy", radio.utilisation_percent);
            line += &word("tx", radio.tx_power_dbm);
            line += &word("noise", radio.noise_dbm);
            line += &word("clients", radio.clients);
            line + &word("quality", radio.quality_percent)
        }));
    }
    lines.extend(reading.ssids.iter().map(|ssid| format!("ssid {} {}", ssid.name, or_dash(ssid.clients))));
    lines.extend(reading.clients.iter().map(|client| {
        let ap = client.ap.and_then(|key| reading.access_point(key)).map(|ap| ap.name.as_str());
        let mut line = format!("client {} {}/{}", client.mac, or_dash(ap), or_dash(client.slot));
        line += &word("rssi", client.rssi_dbm);
        line += &word("snr", client.snr_db);
        line += &word("rate", client.rate_mbps);
        line += &word("ssid", client.ssid.as_deref());
        line += &word("ip", client.address);
        line + &word("name", client.name.as_deref())
    }));
    lines
}

#[test]
fn every_maker_of_the_cases_is_told() {
    let cases: Cases = toml::from_str(include_str!("../../../../../tests/vendor/wireless.toml")).unwrap();
    for case in cases.device {
        let id: Oid = format!("1.3.6.1.4.1.{}", case.id).parse().unwrap();
        let role = Role::from_word(&case.role).unwrap();
        let rules = Registry::builtin().wireless(role, Some(&id));
        let names: BTreeSet<&'static str> = rules.iter().flat_map(|rule| rule.columns()).collect();
        let names: Vec<&'static str> = names.into_iter().collect();
        let columns = Columns::select(Registry::builtin(), &names, &varbinds(&case.says.join("\n")));
        let mut device = Device::new(DeviceId::new("self"), Timestamp(0));
        (device.sys_name, device.role) = (Some("self".to_owned()), role);
        let reading = reading((&device, Timestamp::from_secs(10_000)), &rules, &columns);
        assert_eq!(told(&reading), case.told, "{}", case.what);
    }
}
