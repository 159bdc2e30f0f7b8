//! Frames of LLDP, CDP, FDP and EDP, and what is read out of them: a folder a case under `tests/wire/PROTOCOL/`, with `frame.hex` (from the
//! destination address on, `#` comments) and `expected.json` (the row, or the word of the fault that refuses it).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

use noctop::wire::announcement::{Announcement, decode};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn cases(protocol: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(protocol);
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).expect("cases").map(|entry| entry.expect("a case").path()).collect();
    cases.sort();
    cases
}

fn frame(case: &Path) -> Vec<u8> {
    let text = fs::read_to_string(case.join("frame.hex")).expect("frame.hex");
    let digits: String =
        text.lines().filter(|line| !line.starts_with('#')).flat_map(str::chars).filter(|c| !c.is_whitespace()).collect();
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).expect("hex");
    digits.as_bytes().chunks(2).map(octet).collect()
}

fn said(frame: &[u8]) -> Value {
    match decode(frame).expect("an announcement") {
        Ok(Announcement { row, ttl_seconds, passed_over }) => {
            json!({"ttl_seconds": ttl_seconds, "passed_over": passed_over, "row": row})
        }
        Err(fault) => json!({"refused": fault.word()}),
    }
}

fn check(protocol: &str) {
    let cases = cases(protocol);
    assert!(!cases.is_empty());
    for case in cases {
        let expected = fs::read_to_string(case.join("expected.json")).expect("expected.json");
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        assert_eq!(said(&frame(&case)), expected, "{}", case.display());
    }
}

#[test]
fn lldp_frames_are_read() {
    check("lldp");
}

#[test]
fn cdp_frames_are_read() {
    check("cdp");
}

#[test]
fn fdp_and_edp_frames_are_read() {
    check("fdp");
    check("edp");
}

#[test]
fn other_traffic_is_no_announcement() {
    let mut arp = vec![0xff; 12];
    arp.extend([0x08, 0x06]);
    arp.extend([0; 46]);
    assert_eq!(decode(&arp), None);
    assert_eq!(decode(&arp[..13]), None);
}

/// What an announcement may at most be made of: no more text and addresses than the frame had octets for.
fn bounded(octets: &[u8]) -> bool {
    let Some(Ok(Announcement { row, passed_over, .. })) = decode(octets) else { return true };
    let texts = [&row.port_descr, &row.sys_name, &row.sys_descr].into_iter().flatten();
    // An octet that is no UTF-8 becomes two as Latin-1; a text that is no text is shown as hex.
    let text: usize = texts.map(String::len).sum();
    text <= 2 * octets.len() && row.addresses.len() <= octets.len() / 4 && usize::try_from(passed_over).unwrap() <= octets.len()
}

proptest! {
    #[test]
    fn no_octets_do_any_harm(octets in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(bounded(&octets));
    }

    /// Frames that are nearly right reach far deeper than chance does.
    #[test]
    fn no_damage_to_a_frame_does_any_harm(
        pick in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let all: Vec<PathBuf> = ["lldp", "cdp", "fdp", "edp"].into_iter().flat_map(cases).collect();
        let mut octets = frame(pick.get(all.as_slice()).as_path());
        for (at, octet) in damage {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        octets.truncate(octets.len() - cut.index(octets.len()) / 4);
        prop_assert!(bounded(&octets));
    }
}
