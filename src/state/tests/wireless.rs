//! Readings of wireless controllers: what follows from one to the next, and what a replay makes of it.

use crate::event::{ApEvent, Body, Event};
use crate::model::poll::Counter;
use crate::model::wireless::{Extent, Traffic, ap_part, radio_part};
use crate::model::{AccessPoint, ApStatus, DeviceId, MacAddr, Metric, Radio, Role, WifiBand, WirelessClient, WirelessReading};
use crate::state::sample::{START, device, event, feed, inventory};
use crate::state::view::screens::NameKind;
use crate::state::{Applied, Settings, State, apply, checkpoint, names};
use std::time::Duration;

fn controller() -> DeviceId {
    device(9, "wlc", Role::WlanController, 2).id
}

fn key(number: u8) -> MacAddr {
    MacAddr([0x70, 0x0f, 0x6a, 0, 0, number])
}

fn ap(number: u8, channel: u16) -> AccessPoint {
    let radio = Radio {
        slot: 1,
        band: Some(WifiBand::Ghz5),
        channel: Some(channel),
        utilisation_percent: Some(41.0),
        clients: Some(2),
        ..Radio::default()
    };
    AccessPoint {
        key: key(number),
        name: format!("ap-{number}"),
        status: ApStatus::Up,
        radios: vec![radio],
        ..AccessPoint::default()
    }
}

fn client(number: u8, octets: u64) -> WirelessClient {
    let traffic = Traffic { in_octets: Some(Counter::Bits64(octets)), ..Traffic::default() };
    WirelessClient {
        mac: MacAddr([2, 0, 0, 0, 0, number]),
        ap: Some(key(1)),
        slot: Some(1),
        traffic,
        ..WirelessClient::default()
    }
}

fn reading(secs: u64, aps: &[AccessPoint], clients: &[WirelessClient]) -> WirelessReading {
    let mut reading = WirelessReading::new(controller(), START.plus(Duration::from_secs(secs)));
    reading.extent = Extent { access_points: true, clients: true };
    (reading.access_points, reading.clients) = (aps.to_vec(), clients.to_vec());
    reading
}

fn tell(state: &mut State, secs: u64, reading: WirelessReading) -> Applied {
    feed(state, &event(i64::try_from(secs).unwrap(), Body::Wireless(Box::new(reading))))
}

fn known() -> (State, Vec<Event>) {
    let mut state = State::new(Settings::default());
    let first = inventory(0, &device(9, "wlc", Role::WlanController, 2));
    let derived = feed(&mut state, &first).derived;
    (state, derived)
}

fn changes(applied: &Applied) -> Vec<(String, ApEvent)> {
    let change = |event: &Event| match &event.body {
        Body::AccessPoint(change) => Some((change.name.clone(), change.change)),
        _ => None,
    };
    applied.derived.iter().filter_map(change).collect()
}

fn one(state: &State) -> &WirelessReading {
    state.wireless().next().unwrap()
}

fn alarms(state: &State) -> Vec<(String, bool)> {
    state.alarms().map(|alarm| (alarm.object.clone(), alarm.cleared_at.is_none())).collect()
}

#[test]
fn an_access_point_that_its_controller_no_longer_tells_is_down_until_it_is_told_again() {
    let (mut state, _) = known();
    tell(&mut state, 60, reading(60, &[ap(1, 36), ap(2, 40)], &[]));
    let lost = tell(&mut state, 120, reading(120, &[ap(1, 36)], &[]));
    assert_eq!(changes(&lost), [("ap-2".to_owned(), ApEvent::Status(ApStatus::Up, ApStatus::Down))]);
    let gone = one(&state).access_point(key(2)).unwrap();
    assert_eq!((gone.status, gone.since), (ApStatus::Down, Some(START.plus(Duration::from_secs(120)))));
    assert!(gone.radios.is_empty());
    assert_eq!(alarms(&state), [("ap-2".to_owned(), true)]);
    let still = tell(&mut state, 180, reading(180, &[ap(1, 36)], &[]));
    assert_eq!(changes(&still), []);
    let since = one(&state).access_point(key(2)).unwrap().since;
    assert_eq!(since, Some(START.plus(Duration::from_secs(120))), "it is down since it was lost");
    let back = tell(&mut state, 240, reading(240, &[ap(1, 36), ap(2, 40)], &[]));
    assert_eq!(changes(&back), [("ap-2".to_owned(), ApEvent::Status(ApStatus::Down, ApStatus::Up))]);
    assert_eq!(alarms(&state), [("ap-2".to_owned(), false)]);
    let kinds: Vec<&str> = state.recent().map(|row| row.kind.as_str()).filter(|kind| kind.starts_with("ap-")).collect();
    assert_eq!(kinds, ["ap-status", "ap-status"]);
}

#[test]
fn a_reading_that_was_cut_off_takes_nothing_away() {
    let (mut state, _) = known();
    tell(&mut state, 60, reading(60, &[ap(1, 36), ap(2, 40)], &[]));
    let mut cut = reading(120, &[ap(1, 36)], &[]);
    cut.extent.access_points = false;
    assert_eq!(changes(&tell(&mut state, 120, cut)), []);
    assert_eq!(one(&state).access_points.len(), 2);
    assert!(alarms(&state).is_empty());
}

#[test]
fn of_the_first_reading_only_what_is_down_is_news_and_later_what_is_new_or_moved() {
    let (mut state, _) = known();
    let dead = AccessPoint { status: ApStatus::Down, radios: Vec::new(), ..ap(2, 40) };
    let first = tell(&mut state, 60, reading(60, &[ap(1, 36), dead.clone()], &[]));
    assert_eq!(changes(&first), [("ap-2".to_owned(), ApEvent::Status(ApStatus::Unknown, ApStatus::Down))]);
    let moved = tell(&mut state, 120, reading(120, &[ap(1, 149), dead, ap(3, 44)], &[]));
    assert_eq!(changes(&moved), [("ap-1".to_owned(), ApEvent::Channel(1, 36, 149)), ("ap-3".to_owned(), ApEvent::New)]);
    let told = state.recent().find(|row| row.kind == "ap-channel").unwrap();
    assert_eq!((told.object.as_str(), told.text.as_str()), ("ap-1", "channel 36 > 149"));
}

#[test]
fn rates_come_of_two_readings_and_a_radio_that_counts_nothing_has_those_of_its_clients() {
    let (mut state, _) = known();
    tell(&mut state, 60, reading(60, &[ap(1, 36)], &[client(1, 1000), client(2, 50)]));
    assert_eq!(one(&state).clients[0].traffic.in_bps, None);
    tell(&mut state, 120, reading(120, &[ap(1, 36)], &[client(1, 7000), client(2, 10)]));
    let now = one(&state);
    assert_eq!(now.clients[0].traffic.in_bps, Some(800.0));
    assert_eq!(now.clients[1].traffic.in_bps, None, "a counter that went back says nothing");
    assert_eq!(now.access_points[0].radios[0].traffic.in_bps, Some(800.0));
}

#[test]
fn a_narrow_counter_of_octets_says_nothing_over_minutes_and_retries_are_a_share_of_the_frames() {
    let with = |octets: u32, retries: u32, frames: u32| {
        let mut ap = ap(1, 36);
        let radio = &mut ap.radios[0];
        radio.traffic.in_octets = Some(Counter::Bits32(octets));
        (radio.retries, radio.frames) = (Some(Counter::Bits32(retries)), Some(Counter::Bits32(frames)));
        ap
    };
    let (mut state, _) = known();
    tell(&mut state, 60, reading(60, &[with(100, 10, 100)], &[]));
    tell(&mut state, 120, reading(120, &[with(7600, 30, 200)], &[]));
    let radio = &one(&state).access_points[0].radios[0];
    assert_eq!((radio.traffic.in_bps, radio.retry_percent), (Some(1000.0), Some(20.0)));
    tell(&mut state, 720, reading(720, &[with(9600, 40, 300)], &[]));
    let radio = &one(&state).access_points[0].radios[0];
    assert_eq!((radio.traffic.in_bps, radio.retry_percent), (None, Some(10.0)));
}

#[test]
fn samples_are_kept_of_each_radio_and_of_all_clients() {
    let (mut state, _) = known();
    let applied = tell(&mut state, 60, reading(60, &[ap(1, 36)], &[client(1, 0)]));
    let rows = &applied.samples[0].rows;
    let metrics = |at: usize| rows[at].cells.iter().map(|cell| cell.metric).collect::<Vec<_>>();
    assert_eq!((rows[0].part.clone(), rows[1].part.clone()), (Some(ap_part(key(1))), Some(radio_part(key(1), 1))));
    assert_eq!(metrics(0), [Metric::Clients, Metric::ChannelUtilisationPercent]);
    assert_eq!(metrics(1), [Metric::Clients, Metric::ChannelUtilisationPercent]);
    assert_eq!((rows.len(), metrics(2)), (3, vec![Metric::Clients]));
}

#[test]
fn an_access_point_has_series_by_its_name_and_its_radios_by_band_or_number() {
    let (mut state, _) = known();
    tell(&mut state, 60, reading(60, &[ap(1, 36)], &[]));
    let name = ap(1, 36).name;
    let part =
        |radio: Option<&str>| state.air_series(&name, radio).into_iter().filter_map(|entity| entity.part).collect::<Vec<_>>();
    assert_eq!(part(None), [ap_part(key(1))]);
    assert_eq!(part(Some("1")), [radio_part(key(1), 1)]);
    assert_eq!(part(Some("9")), Vec::<String>::new());
    assert!(state.air_series("nobody", None).is_empty());
}

#[test]
fn late_readings_and_those_of_strangers_are_not_taken() {
    let (mut state, _) = known();
    tell(&mut state, 120, reading(120, &[ap(1, 36)], &[]));
    let late = tell(&mut state, 121, reading(60, &[], &[]));
    assert_eq!((late.derived.len(), late.samples.len()), (0, 0));
    let mut stranger = reading(180, &[ap(1, 36)], &[]);
    stranger.controller = DeviceId::new("chassis:of:nobody");
    assert_eq!(tell(&mut state, 180, stranger).derived.len(), 0);
    assert_eq!(state.wireless().len(), 1);
}

#[test]
fn replayed_and_checkpointed_it_is_the_same_even_in_many_parts() {
    let (mut state, mut journal) = known();
    let aps: Vec<AccessPoint> = (0..=255).map(|number| ap(number, 36)).collect();
    let crowd = |octets: u64| -> Vec<WirelessClient> {
        let all = (0..2000u32).map(|number| {
            let [_, _, a, b] = number.to_be_bytes();
            WirelessClient { mac: MacAddr([2, 0, 0, 0, a, b]), ..client(0, octets) }
        });
        all.collect()
    };
    let seen = |applied: &Applied| applied.derived.iter().filter(|event| matches!(event.body, Body::WirelessSeen(_))).count();
    let first = tell(&mut state, 60, reading(60, &aps, &crowd(0)));
    assert_eq!(seen(&first), 3, "2000 clients are journalled in three parts");
    let second = tell(&mut state, 120, reading(120, &aps[1..], &crowd(60)));
    assert_eq!(seen(&second), 0, "not each minute");
    journal.extend(first.derived);
    journal.extend(second.derived);
    let replay = |journal: &[Event]| {
        let mut replayed = State::new(Settings::default());
        journal.iter().for_each(|event| drop(apply(&mut replayed, event)));
        replayed
    };
    let past = replay(&journal);
    assert_eq!(one(&past).access_point(key(0)).unwrap().status, ApStatus::Down, "changes hold between two journalled readings");
    assert_eq!(one(&past).clients.len(), 2000);
    let third = tell(&mut state, 720, reading(720, &aps[1..], &crowd(6000)));
    assert_eq!(seen(&third), 3);
    journal.extend(third.derived);
    assert_eq!(one(&replay(&journal)), one(&state));
    let decoded = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    assert_eq!(one(&decoded), one(&state));
}

#[test]
fn access_points_and_clients_are_found_by_name_address_and_hardware_address() {
    let (mut state, _) = known();
    let who =
        WirelessClient { user: Some("park.seojun".to_owned()), address: Some("10.30.1.7".parse().unwrap()), ..client(7, 0) };
    let here = AccessPoint { address: Some("10.9.0.12".parse().unwrap()), location: Some("b3 f4".to_owned()), ..ap(12, 36) };
    tell(&mut state, 60, reading(60, &[here], &[who]));
    for (typed, kind) in [
        ("ap-12", NameKind::Ap),
        ("10.9.0.12", NameKind::Ap),
        ("70:0f:6a:00:00:0c", NameKind::Ap),
        ("park", NameKind::Client),
        ("10.30.1.7", NameKind::Client),
        ("02-00-00-00-00-07", NameKind::Client),
    ] {
        assert!(names(&state, typed, 5).iter().any(|found| found.kind == kind), "{typed}");
    }
}

#[test]
fn what_a_controller_knew_goes_with_it() {
    let (mut state, _) = known();
    tell(&mut state, 60, reading(60, &[ap(1, 36)], &[]));
    feed(&mut state, &event(70, Body::DeviceMerged(controller(), DeviceId::new("chassis:other"))));
    assert_eq!(state.wireless().len(), 0);
}
