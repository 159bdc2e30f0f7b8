//! The console in Korean: pictures, and nothing English left on them but names.

use super::behaviour::ALL;
use super::golden::{drawn, state};
use noctop::query::Screen;
use noctop::ui::{GlyphSet, Lang, shot};
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

fn text_of(screen: Screen, size: (u16, u16)) -> String {
    let mut state = state(screen, size, GlyphSet::Unicode);
    state.lang = Lang::Ko;
    shot::text(&drawn(state, ""))
}

#[test]
fn screens_in_korean() {
    for screen in ALL {
        for size in SIZES {
            insta::assert_snapshot!(format!("{}-{}x{}", screen.name(), size.0, size.1), text_of(screen, size));
        }
    }
}

#[test]
fn korean_never_breaks_a_border() {
    for screen in ALL {
        for width in (60..130).step_by(3) {
            let text = text_of(screen, (width, 30));
            for line in text.lines().filter(|line| line.starts_with(['│', '╭', '╰'])) {
                assert_eq!(line.width(), usize::from(width), "{screen:?} at {width}:\n{line}");
            }
        }
    }
}

/// Words that are the same in every language: protocols, units, the standards' own words, what is typed.
const SAME: &str = "noctop ifindex lldp cdp snmp snmpv icmp udp tcp http https bit gbit mbit kbit dbm vlan mtu mac rtt wan esc tab enter pgdn pgup \
    ctrl shift bksp del home end space src dst app netflow ipfix sflow ipv poe syslog trap cpu asc desc dscp ospf bgp stp fdb arp lacp \
    nbtu btuu tnb tuu tnbt tnbtuu json csv ndjson svg ansi osc ssid rssi snr ghz mhz cron utc rfc max min eth \
    emerg alert crit err warn note info debug sys local rsyslog";

#[test]
fn nothing_english_is_left_but_names() {
    let same: BTreeSet<String> = SAME.split_whitespace().map(str::to_owned).collect();
    // What the fixture calls things, and the names of actions and commands, are names.
    let mut names: BTreeSet<String> = BTreeSet::new();
    for file in ["fixture.rs", "golden.rs", "flows.rs", "vlans.rs", "map.rs", "logs.rs", "wireless.rs", "alarms.rs"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens").join(file);
        let source = std::fs::read_to_string(path).unwrap();
        names.extend(source.split('"').skip(1).step_by(2).flat_map(words));
    }
    let mut left: BTreeSet<String> = BTreeSet::new();
    for screen in ALL.into_iter().filter(|screen| *screen != Screen::Help) {
        for size in SIZES {
            let text = text_of(screen, size);
            let found =
                words(&text).filter(|word| !same.contains(word) && !names.iter().any(|name| name.starts_with(word.as_str())));
            left.extend(found.map(|word| format!("{word} ({})", screen.name())));
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

/// Words of three letters and more, in small letters.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let letters = |c: char| !c.is_ascii_alphabetic();
    text.split(letters).filter(|word| word.len() >= 3).map(str::to_ascii_lowercase)
}
