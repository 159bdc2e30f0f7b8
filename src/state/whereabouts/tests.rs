//! What is found by which words.

use super::*;
use crate::state::names;
use crate::state::sample::run;
use crate::state::tests::endpoints::story;

/// Each place in short: `endpoint aa:…:01 acc-1 Gi5`.
fn check(text: &str, want: &[&str]) {
    let (state, _) = run(&story());
    let say = |row: &WhereRow| {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        format!("{} {} {}", row.kind.word(), text(&row.device_name), text(&row.port))
    };
    let found = whereabouts(&state, text);
    assert_eq!(found.rows.iter().map(say).collect::<Vec<_>>(), want, "{text}");
}

#[test]
fn an_address_is_found_in_every_spelling() {
    for text in ["aa:aa:aa:00:00:01", "aaaa.aa00.0001", "AA-AA-AA-00-00-01", " aaaaaa000001 ", "10.9.0.1", "00:00:01"] {
        check(text, &["endpoint acc-1 Gi5"]);
    }
    check("aa:aa:aa", &["endpoint acc-1 Gi5", "endpoint acc-1 Gi6", "endpoint acc-2 Gi7"]);
    for unknown in ["10.9.0.200", "aa:aa:aa:00:00:77", "nobody", "", " ", "::1"] {
        check(unknown, &[]);
    }
}

#[test]
fn a_device_is_at_the_far_ports_of_its_links() {
    let acc = ["link dist-1 Gi3", "link srv-1 Gi1", "link srv-2 Gi1"];
    check("acc-1", &acc);
    check("ACC-1.example.net", &[]);
    check("10.0.0.7", &acc);
    check("00:1b:54:07:00:05", &[&["device acc-1 Gi5"], &acc[..]].concat());
    check("srv-", &["link acc-1 Gi2", "link acc-1 Gi3"]);
}

#[test]
fn a_neighbour_without_an_inventory_is_at_the_port_that_hears_it() {
    check("ap-1", &["neighbour acc-2 Gi5"]);
    check("00:09:09:09:09:09", &["neighbour acc-2 Gi5"]);
}

#[test]
fn the_fields_are_those_of_the_port() {
    let (state, _) = run(&story());
    let found = whereabouts(&state, "10.9.0.1");
    let row = &found.rows[0];
    assert_eq!((row.if_index, row.vlan, row.mac), (Some(IfIndex(5)), Some(10), Some(MacAddr([0xaa, 0xaa, 0xaa, 0, 0, 1]))));
    assert!(row.first_seen.is_some() && row.first_seen == row.last_seen);
    let link = &whereabouts(&state, "acc-1").rows[0];
    assert_eq!(
        (link.name.as_deref(), link.if_index, link.mac),
        (Some("acc-1"), Some(IfIndex(3)), Some(MacAddr([0, 0x1b, 0x54, 7, 0, 1])))
    );
    assert!(link.first_seen.is_some());
}

#[test]
fn jumping_leads_to_the_port() {
    let (state, _) = run(&story());
    let first = |text: &str| {
        let found = names(&state, text, 3);
        found.first().map(|name| (name.device_name.clone(), name.port.clone().unwrap_or_default(), name.text.clone()))
    };
    let acc = ("acc-1".to_owned(), "Gi5".to_owned(), "aa:aa:aa:00:00:01 10.9.0.1".to_owned());
    for text in ["aaaa.aa00.0001", "aa:aa:aa:00:00:01", "10.9.0.1"] {
        assert_eq!(first(text), Some(acc.clone()), "{text}");
    }
    let found = first("ap-1").unwrap();
    assert_eq!((found.0.as_str(), found.1.as_str()), ("acc-2", "Gi5"));
    assert_eq!(first("00:09:09:09:09:09").unwrap().1, "Gi5");
}
