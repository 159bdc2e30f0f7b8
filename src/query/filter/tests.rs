//! The filter language: what it takes, what it refuses and where it points.

use super::*;
use crate::model::{MacAddr, Severity};
use proptest::prelude::*;
use std::borrow::Cow;
use std::net::IpAddr;

const COLUMNS: &[Column] = &[
    Column { names: &["deviceName", "device"], kind: Kind::Text },
    Column { names: &["addresses", "ip"], kind: Kind::Address },
    Column { names: &["mac"], kind: Kind::Mac },
    Column { names: &["util"], kind: Kind::Fraction },
    Column { names: &["speedBps", "speed"], kind: Kind::Number },
    Column { names: &["severity", "sev"], kind: Kind::Severity },
    Column { names: &["age"], kind: Kind::Duration },
    Column { names: &["vlans", "vlan"], kind: Kind::Number },
    Column { names: &["vendor"], kind: Kind::Text },
];

struct Port;

static ADDRESSES: [IpAddr; 2] =
    [IpAddr::V4(std::net::Ipv4Addr::new(10, 20, 0, 7)), IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7))];

impl Row for Port {
    fn value(&self, column: usize) -> Value<'_> {
        match column {
            0 => Value::Either(Cow::Borrowed("core-1"), Cow::Borrowed("chassis:00:1b:54:aa:bb:cc")),
            1 => Value::Addresses(&ADDRESSES),
            2 => Value::Mac(MacAddr([0, 0x1b, 0x54, 0xaa, 0xbb, 0xcc])),
            3 => Value::Number(0.92),
            4 => Value::Number(1.5e9),
            5 => Value::Number(f64::from(Severity::Major as u8)),
            6 => Value::Number(1000.0),
            7 => Value::Numbers(&[10, 20]),
            _ => Value::Unknown,
        }
    }
}

fn check(text: &str, wanted: bool) {
    let matcher = matcher(text, COLUMNS, Timestamp(0)).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(matcher.matches(&Port), wanted, "{text}");
}

#[test]
fn the_row_matches_what_it_should_and_nothing_else() {
    for text in [
        "",
        "core",
        "CORE-1",
        "10.20",
        "10.0.0.0/8",
        "ip:10.20.0.0/16",
        "ip=10.20.0.7",
        "ip:2001:db8::/32",
        "2001:db8::7",
        "00:1b:54:aa:bb:cc",
        "mac:001b.54aa",
        "util>90%",
        "util>=0.92",
        "speed=1.5G",
        "speed > 1k",
        "sev>=major",
        "sev<critical",
        "age>15m",
        "age<1h",
        "vlan:20",
        "vlan=10",
        "/^core-[0-9]$/",
        "device~^core",
        "device=core-1",
        "device:chassis",
        "vendor!=cisco",
        "not vendor:cisco",
        "!dist",
        "(dist or core) and util>50%",
        "core not dist",
        "port or core",
        "\"core-1\"",
    ] {
        check(text, true);
    }
    for text in [
        "dist",
        "ip:10.21.0.0/16",
        "mac:001b.55",
        "util>93%",
        "speed<1G",
        "sev>=critical",
        "vlan:30",
        "vendor=cisco",
        "vendor>a",
        "!core",
        "core dist",
        "host core",
        "/^Core/",
    ] {
        check(text, false);
    }
}

#[test]
fn what_is_not_known_decides_nothing() {
    for (text, told) in [
        ("util>90%", Some(true)),
        ("vendor:cisco", None),
        ("vendor!=cisco", None),
        ("not vendor:cisco", None),
        ("util>93% vendor:cisco", Some(false)),
        ("util>90% vendor:cisco", None),
        ("util>90% or vendor:cisco", Some(true)),
        ("util>93% or vendor:cisco", None),
        ("core", Some(true)),
        ("", Some(true)),
    ] {
        let matcher = matcher(text, COLUMNS, Timestamp(0)).unwrap();
        assert_eq!(matcher.tells(&Port), told, "{text}");
    }
}

#[test]
fn faults_point_at_their_column() {
    for (text, column) in [
        ("core nosuch=1", 6),
        ("util>90", 6),
        ("speed>fast", 7),
        ("sev>=bad", 6),
        ("ip:banana", 4),
        ("(core", 1),
        ("core)", 5),
        ("core or", 8),
        ("device:", 8),
        ("\"open", 1),
        ("/open", 1),
        ("x /[/", 3),
        ("src host 10.0.0.1", 1),
        ("age>soon", 5),
    ] {
        let error = matcher(text, COLUMNS, Timestamp(0)).map(|_| ()).unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
    }
}

#[test]
fn hostile_input_is_refused_not_followed() {
    assert!(parse(&"(".repeat(MAX_CHARS)).is_err());
    assert!(parse(&"!".repeat(MAX_CHARS)).is_err());
    assert!(parse(&"a ".repeat(MAX_CHARS)).is_err());
    assert!(matcher("/(a{1000}){1000}/", COLUMNS, Timestamp(0)).is_err());
}

#[test]
fn habits_of_tcpdump_mean_the_flow_fields() {
    let flow: &[Column] = &[
        Column { names: &["src"], kind: Kind::Address },
        Column { names: &["dstPort", "dstport"], kind: Kind::Number },
        Column { names: &["proto"], kind: Kind::Text },
    ];
    for text in ["src host 10.20.0.7", "dst port 443", "proto tcp", "src net 10.0.0.0/8 and dst port 443"] {
        assert!(matcher(text, flow, Timestamp(0)).is_ok(), "{text}");
    }
    assert_eq!(parse("src host 10.0.0.1").unwrap().to_string(), "src host 10.0.0.1");
}

fn term() -> impl Strategy<Value = Expr> {
    let op = (0..Op::SIGNS.len()).prop_map(|at| Op::SIGNS[at].1);
    let text = "[ -~가-힣é\"\\\\]{0,8}";
    prop_oneof![
        text.prop_map(Term::Word),
        "[a-z./\\[\\]]{0,6}".prop_map(Term::Regex),
        ("[a-zA-Z_][a-z0-9_.]{0,5}", op, text).prop_map(|(field, op, value)| Term::Compare(field, op, value, expr::At(0))),
        (proptest::option::of(prop_oneof![Just(Side::Src), Just(Side::Dst)]), 0..4usize, text)
            .prop_map(|(side, habit, value)| Term::Habit(side, Habit::WORDS[habit].1, value, expr::At(0))),
        text.prop_map(|value| Term::Habit(None, Habit::Proto, value, expr::At(0))),
    ]
    .prop_map(|term| Expr::Term(term, expr::At(0)))
}

fn expression() -> impl Strategy<Value = Expr> {
    term().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::And),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::Or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back_as_the_same(expr in expression()) {
        let text = expr.to_string();
        let read = parse(&text);
        prop_assert_eq!(read.as_ref(), Ok(&expr), "{}", text);
    }

    #[test]
    fn no_text_panics_and_what_is_read_can_be_printed(text in "[ -~]{0,40}") {
        if let Ok(expr) = parse(&text) {
            let read = parse(&expr.to_string());
            prop_assert_eq!(read.as_ref(), Ok(&expr), "{}", text);
        }
    }
}
