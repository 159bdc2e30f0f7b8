//! Screens as they are, under snapshot.

use super::fixture::{self, Network, handle, id};
use noctop::query::{Screen, Subject};
use noctop::ui::keymap::Keymap;
use noctop::ui::state::Place;
use noctop::ui::{GlyphSet, UiState, shot};
use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use std::sync::Arc;

/// A console at a screen, at the moment of the fixture.
pub fn state(screen: Screen, size: (u16, u16), glyphs: GlyphSet) -> UiState {
    let place = match screen {
        Screen::Device => Place { screen, subject: Some(Subject::Device(id("acc-b1-02"))), title: "acc-b1-02".to_owned() },
        Screen::Interface => {
            Place { screen, subject: Some(Subject::Interface(id("wan-1"), "Gi0/0".to_owned())), title: "wan-1 Gi0/0".to_owned() }
        }
        other => Place::screen(other),
    };
    let mut state = UiState::new(place, Size::new(size.0, size.1));
    state.glyphs = glyphs;
    state.time.now = fixture::now();
    state.keymap = Arc::new(Keymap::load("default", None).0);
    state
}

/// A screen after some keys.
pub fn drawn(state: UiState, keys: &str) -> Buffer {
    shot::render(&handle(Network::Campus), state, &shot::keys(keys)).unwrap()
}

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

fn check(screen: Screen) {
    for size in SIZES {
        for (set, glyphs) in [("unicode", GlyphSet::Unicode), ("ascii", GlyphSet::Ascii)] {
            let buf = drawn(state(screen, size, glyphs), "");
            let name = format!("{}-{}x{}-{set}", screen.name(), size.0, size.1);
            let text = shot::text(&buf);
            assert!(set != "ascii" || text.replace(|c: char| is_hangul(c), "").is_ascii(), "{name} is not ASCII:\n{text}");
            insta::assert_snapshot!(name, layers(&buf));
        }
    }
}

/// A screen as text, and under it how it is styled.
pub fn layers(buf: &Buffer) -> String {
    format!("{}\n{}", shot::text(buf), shot::styles(buf))
}

fn is_hangul(c: char) -> bool {
    ('\u{ac00}'..='\u{d7a3}').contains(&c)
}

#[test]
fn overview() {
    check(Screen::Overview);
}

#[test]
fn topology() {
    check(Screen::Topology);
    for (name, size, keys) in [
        ("tree-120x36", (120, 36), "v"),
        ("tree-80x24", (80, 24), "v j j"),
        ("dist-3-120x36", (120, 36), "j l l"),
        ("focus-80x24", (80, 24), "f"),
        ("errors-without-end-120x36", (120, 36), "U R"),
        ("far-120x36", (120, 36), "z"),
        ("far-80x24", (80, 24), "z l"),
        ("layer-vlan-80x24", (80, 24), "L"),
        ("layer-l3-80x24", (80, 24), "L L"),
        ("search-120x36", (120, 36), "/ dist Enter n"),
        ("hops-80x24", (80, 24), "F F F"),
        ("panned-80x24", (80, 24), "ctrl-d"),
    ] {
        let text = shot::text(&drawn(state(Screen::Topology, size, GlyphSet::Unicode), keys));
        insta::assert_snapshot!(format!("topology-{name}"), text);
    }
}

#[test]
fn devices() {
    check(Screen::Devices);
}

#[test]
fn device() {
    check(Screen::Device);
    for (name, size, keys) in
        [("health-80x24", (80, 24), "("), ("health-120x36", (120, 36), "( j"), ("health-40x12", (40, 12), "(")]
    {
        let text = shot::text(&drawn(state(Screen::Device, size, GlyphSet::Unicode), keys));
        insta::assert_snapshot!(format!("device-{name}"), text);
    }
}

#[test]
fn interfaces() {
    check(Screen::Interfaces);
}

#[test]
fn interface() {
    check(Screen::Interface);
    for (name, size, glyphs, keys) in [
        ("day-120x36", (120, 36), GlyphSet::Unicode, "+ - - -"),
        ("day-week-80x24", (80, 24), GlyphSet::Unicode, "t t w"),
        ("day-week-80x24-ascii", (80, 24), GlyphSet::Ascii, "t t w"),
        ("cursor-120x36", (120, 36), GlyphSet::Unicode, "t t w h H H h"),
        ("cursor-80x24", (80, 24), GlyphSet::Unicode, "left H H H"),
        ("cursor-40x12", (40, 12), GlyphSet::Unicode, "left H"),
        ("year-80x24", (80, 24), GlyphSet::Unicode, "t t t t t"),
        ("rewound-80x24", (80, 24), GlyphSet::Unicode, "left H H H Enter"),
    ] {
        let text = shot::text(&drawn(state(Screen::Interface, size, glyphs), keys));
        insta::assert_snapshot!(format!("interface-{name}"), text);
    }
}

#[test]
fn flows() {
    check(Screen::Flows);
    for (name, size, glyphs, keys) in [
        ("exporters-120x36", (120, 36), GlyphSet::Unicode, "Tab"),
        ("exporters-80x24", (80, 24), GlyphSet::Unicode, "Tab j"),
        ("week-120x36", (120, 36), GlyphSet::Unicode, "w"),
        ("by-80x24", (80, 24), GlyphSet::Unicode, "b b"),
        ("by-hosts-120x36", (120, 36), GlyphSet::Unicode, "b Enter"),
        ("drilled-80x24", (80, 24), GlyphSet::Unicode, "b j Enter Enter"),
        ("cjk-120x36", (120, 36), GlyphSet::Cjk, "j"),
        ("filter-80x24", (80, 24), GlyphSet::Unicode, "/ src:10.0.0.0/8"),
        ("export-80x24", (80, 24), GlyphSet::Unicode, "e"),
        ("past-80x24", (80, 24), GlyphSet::Unicode, "{"),
    ] {
        let text = shot::text(&drawn(state(Screen::Flows, size, glyphs), keys));
        insta::assert_snapshot!(format!("flows-{name}"), text);
    }
}

#[test]
fn flows_are_told_apart_without_colour() {
    let mut state = state(Screen::Flows, (120, 36), GlyphSet::Unicode);
    (state.theme, state.depth) = (noctop::ui::ThemeName::Mono, noctop::ui::Depth::Mono);
    insta::assert_snapshot!("flows-120x36-mono", shot::text(&drawn(state, "")));
}

#[test]
fn capture() {
    check(Screen::Capture);
}

#[test]
fn silence_says_what_to_do() {
    for screen in [Screen::Flows, Screen::Capture] {
        let state = state(screen, (80, 24), GlyphSet::Unicode);
        let text = shot::text(&shot::render(&handle(Network::Empty), state, &[]).unwrap());
        insta::assert_snapshot!(format!("{}-80x24-silent", screen.name()), text);
    }
}

#[test]
fn wireless() {
    check(Screen::Wireless);
}

#[test]
fn alarms() {
    check(Screen::Alarms);
}

#[test]
fn events() {
    check(Screen::Events);
}

#[test]
fn vlans() {
    check(Screen::Vlans);
}

#[test]
fn discovery() {
    check(Screen::Discovery);
}

#[test]
fn help() {
    check(Screen::Help);
}

#[test]
fn a_first_run_says_what_to_do() {
    for screen in [Screen::Overview, Screen::Topology, Screen::Devices, Screen::Discovery] {
        let state = state(screen, (80, 24), GlyphSet::Unicode);
        let text = shot::text(&shot::render(&handle(Network::Empty), state, &[]).unwrap());
        assert!(text.contains(":discover 10.0.0.0/16"), "{text}");
        insta::assert_snapshot!(format!("{}-80x24-first-run", screen.name()), text);
    }
}

#[test]
fn layers_lie_over_the_screen() {
    for (name, keys) in [
        ("filter", "/ core"),
        ("palette", ": dis"),
        ("palette-names", ": d e v i c e space core"),
        ("jump", "J core"),
        ("related", "o"),
        ("columns", "c j space"),
        ("past", "{ {"),
        ("paused", "p"),
        ("filtered", "/ core Enter"),
        ("sorted", "> >"),
        ("fault", "/ (core Enter"),
    ] {
        let text = shot::text(&drawn(state(Screen::Devices, (80, 24), GlyphSet::Unicode), keys));
        insta::assert_snapshot!(format!("layer-{name}"), text);
    }
}
