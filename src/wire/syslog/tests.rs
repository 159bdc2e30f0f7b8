//! Lines of many makers, read as they are meant.

use super::*;
use crate::model::log::MAX_LINE_OCTETS;

fn read_at(octets: &[u8]) -> Result<LogLine, Refusal> {
    let received = Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap();
    read(octets, (received, "10.0.0.2".parse().unwrap()))
}

#[test]
fn what_is_no_message_is_refused() {
    for (octets, expected) in [
        (&b""[..], Refusal::Empty),
        (b"  \r\n\0", Refusal::Empty),
        (b"\x30\x82\x01\x02\x02\x01\x01\x04\x06\x01\x02", Refusal::Binary),
    ] {
        assert_eq!(read_at(octets).unwrap_err(), expected);
    }
}

#[test]
fn a_line_over_the_bound_is_cut_and_says_so() {
    let mut long = b"<13>Nov 22 12:00:00 core-1 app: ".to_vec();
    long.resize(65_507, b'x');
    let line = read_at(&long).unwrap();
    assert_eq!((line.raw.len(), line.cut_octets), (MAX_LINE_OCTETS, 65_507 - 8192));
    assert_eq!((line.host.as_deref(), line.app.as_deref()), (Some("core-1"), Some("app")));
    // Octets that are no UTF-8 take two in memory.
    let line = read_at(&vec![0xff; 65_507]).unwrap();
    assert!(line.text.len() <= 2 * MAX_LINE_OCTETS && line.octets() < 5 * MAX_LINE_OCTETS);
}

#[test]
fn a_line_of_december_that_comes_in_january_is_of_last_year() {
    let received = Timestamp::parse_absolute("2027-01-01T00:00:10Z").unwrap();
    let line = read(b"<13>Dec 31 23:59:58 core-1 app: x", (received, "10.0.0.2".parse().unwrap())).unwrap();
    let own = line.own.unwrap();
    assert_eq!((own.at.rfc3339().as_str(), own.zoned), ("2026-12-31T23:59:58Z", false));
}

#[test]
fn masked_secrets_are_in_neither_text_nor_raw_octets() {
    let line = read_at(b"<189>5: Nov 22 12:00:00: %PARSER-5-CFGLOG_LOGGEDCMD: snmp-server community s3cret RO").unwrap();
    assert_eq!(line.masked, 1);
    assert!(!line.text.contains("s3cret") && !String::from_utf8_lossy(&line.raw).contains("s3cret"), "{line:?}");
}
