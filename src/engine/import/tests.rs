//! Texts, and what the store holds of them afterwards.

use super::naming::Namer;
use super::*;
use crate::history::MemoryStore;
use crate::model::series::{named_part, split_named_part};
use crate::model::{EntityKey, TimeRange, Timestamp};
use crate::state::{Settings, State, sample};

fn imported(store: &dyn Store, text: &str, maps: &[(&str, Metric)]) -> Imported {
    let maps = maps.iter().map(|(name, metric)| ((*name).to_owned(), *metric)).collect();
    let state = sample::run(&sample::discovered()).0;
    let namer = Namer::new(&state, store, maps).unwrap();
    import_to(store, namer, (&mut text.as_bytes(), &mut |_| {})).unwrap()
}

/// Everything that a store holds, in words.
fn held(store: &dyn Store) -> Vec<String> {
    let all = TimeRange { from: Timestamp(0), to: Timestamp(i64::MAX / 2) };
    let mut held = Vec::new();
    for entity in store.entities().unwrap() {
        let part = entity.part.clone().unwrap_or_default();
        let shown = match split_named_part(&part) {
            Some((interface, name)) => format!("{}/{}/{name}", entity.device.as_str(), interface.unwrap_or("")),
            None => format!("{}/{part}", entity.device.as_str()),
        };
        for metric in Metric::ALL {
            for sample in store.samples_read(&entity, metric, all).unwrap() {
                let Some(value) = sample.value else { continue };
                let value = metric.decode_gauge(value);
                let broken = if sample.broken { " broken" } else { "" };
                held.push(format!("{shown} {} @{} {value:?}{broken}", metric.name(), sample.at.millis()));
            }
        }
    }
    held.sort();
    held
}

fn check(text: &str, maps: &[(&str, Metric)], expected: &[&str]) -> Imported {
    let store = MemoryStore::new();
    let told = imported(&store, text, maps);
    assert_eq!(held(&store), expected, "{text}");
    assert_eq!(told.samples, expected.len() as u64);
    told
}

fn refused(told: &Imported) -> Vec<(&str, u64, &[u64])> {
    told.refused.iter().map(|(refusal, refused)| (refusal.0, refused.count, refused.lines.as_slice())).collect()
}

#[test]
fn the_three_formats_say_the_same() {
    let texts = [
        "in_octets{device=\"sw0\",ifIndex=\"3\"} 5 1795132800.123\nin_octets{device=\"sw0\",ifIndex=\"3\"} 7 1795132860.125\n# EOF\n",
        "in_octets,device=sw0,ifIndex=3 value=5i 1795132800123000000\nin_octets,device=sw0,ifIndex=3 value=7i 1795132860125000000\n",
        "{\"metric\":{\"__name__\":\"in_octets\",\"device\":\"sw0\",\"ifIndex\":\"3\"},\"values\":[5,7],\"timestamps\":[1795132800123,1795132860125]}\n",
    ];
    for text in texts {
        let told = check(text, &[], &["sw0/3/in_octets whole @1795132800123 5.0", "sw0/3/in_octets whole @1795132860125 7.0"]);
        assert_eq!((told.series, told.refused_in_all()), (1, 0));
    }
}

#[test]
fn a_value_is_kept_in_a_kind_that_holds_it_exactly() {
    let series = "g{host=\"a\"} 1 1\ng{host=\"a\"} 2.125 2\ng{host=\"a\"} -3 3\nf{host=\"a\"} 0.1 1\nf{host=\"a\"} 0.00012 2\nz{host=\"a\"} -0 1\nw{host=\"a\"} 18446744073709551615 1\nm{host=\"a\"} 0.5 1\nm{host=\"a\"} 9007199254740993 2\n";
    check(
        series,
        &[],
        &[
            "a//f float @1000 0.1",
            "a//f float @2000 0.00012",
            "a//g gauge @1000 1.0",
            "a//g gauge @2000 2.125",
            "a//g gauge @3000 -3.0",
            "a//m float @1000 0.5",
            "a//m whole @2000 9007199254740992.0",
            "a//w whole @1000 1.8446744073709552e19",
            "a//z float @1000 -0.0",
        ],
    );
    let store = MemoryStore::new();
    imported(&store, series, &[]);
    let entity = EntityKey { device: crate::model::DeviceId::new("a"), part: Some(named_part(None, "m")) };
    let all = TimeRange { from: Timestamp(0), to: Timestamp(9000) };
    assert!(store.samples_read(&entity, Metric::NamedWhole, all).unwrap().iter().any(|s| s.value == Some(9_007_199_254_740_993)));
}

#[test]
fn two_series_never_become_one() {
    let store = MemoryStore::new();
    let text = "up{instance=\"a\",job=\"snmp\",site=\"x\"} 1 1\nup{instance=\"a\",job=\"icmp\",site=\"x\"} 2 1\nup{instance=\"a\",job=\"icmp\"} 3 1\nh{host=\"a\",le=\"1\"} 4 1\nh{host=\"a\",le=\"+Inf\"} 5 1\n";
    imported(&store, text, &[]);
    let expected = [
        "a//h{le=\"+Inf\"} whole @1000 5.0",
        "a//h{le=\"1\"} whole @1000 4.0",
        "a//up whole @1000 1.0",
        "a//up{job=\"icmp\",site=\"\"} whole @1000 3.0",
        "a//up{job=\"icmp\"} whole @1000 2.0",
    ];
    assert_eq!(held(&store), expected);
    // A later import of some of them names them alike.
    imported(&store, "up{instance=\"a\",job=\"icmp\",site=\"x\"} 6 2\nup{instance=\"a\"} 7 2\n", &[]);
    let held = held(&store);
    assert!(held.contains(&"a//up{job=\"icmp\"} whole @2000 6.0".to_owned()), "{held:?}");
    assert!(held.contains(&"a//up{job=\"\",site=\"\"} whole @2000 7.0".to_owned()), "{held:?}");
}

#[test]
fn known_devices_are_found_by_name_and_address_and_their_ports_by_index() {
    let counters = "c{sysName=\"core-1\",ifIndex=\"2\"} 100 1\nc{instance=\"10.0.0.3:161\",ifDescr=\"GigabitEthernet2\"} 90 61\n";
    let core = "chassis:00:1b:54:03:00:00";
    check(
        counters,
        &[("c", Metric::InBps)],
        &[&format!("{core}/Gi2 in_bps @1000 100.0"), &format!("{core}/Gi2 in_bps @61000 90.0 broken")],
    );
    check("rtt{host=\"core-1\"} 1.25 1\n", &[("rtt", Metric::RttMs)], &[&format!("{core}/ rtt_ms @1000 1.25")]);
}

#[test]
fn what_is_refused_is_counted_by_its_reason_and_lines() {
    let text = "a{host=\"a\"} 1 1\nb 1 1\na{host=\"a\"} NaN 2\nc{host=\"x\"} 1 1\nc{host=\"x\",ifName=\"p\"} 1.5 1\na{host=\"a\"} 2 1\na{host=\"a\"} 3\na{host=\"\u{1}\"} 3 5\na{host=\"a\"} 3 -5\n";
    let told = check(text, &[("c", Metric::InBps)], &["a//a whole @1000 2.0"]);
    assert_eq!(
        refused(&told),
        [
            ("another value at the same millisecond", 1, &[9][..]),
            ("control character in a name", 1, &[8]),
            ("no device: none of the labels device, instance, host and sysName", 1, &[2]),
            ("no interface: none of the labels ifName, ifDescr, interface and ifIndex", 1, &[4]),
            ("no timestamp", 1, &[7]),
            ("not a number (NaN or null)", 1, &[3]),
            ("not a whole number, as the metric wants", 1, &[5]),
            ("time out of what the store keeps", 1, &[9]),
        ]
    );
}

#[test]
fn what_is_no_export_is_refused_as_a_whole() {
    let store = MemoryStore::new();
    for (text, expected) in [(&b"\x1f\x8b\x08\0\0"[..], "gzip"), (b"<html>\n<body>\n", "neither"), (b"", "neither")] {
        let namer = Namer::new(&State::new(Settings::default()), &store, BTreeMap::new()).unwrap();
        let error = import_to(&store, namer, (&mut &*text, &mut |_| {})).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn lines_out_of_order_are_put_in_order() {
    check(
        "a{host=\"a\"} 3 3\na{host=\"a\"} 1 1\na{host=\"a\"} 1 1\na{host=\"a\"} 2 2\n",
        &[],
        &["a//a whole @1000 1.0", "a//a whole @2000 2.0", "a//a whole @3000 3.0"],
    );
}
