//! What no screen may do, and what every screen does.

use super::fixture::{Network, handle};
use super::golden::{drawn, state};
use noctop::query::Screen;
use noctop::ui::{Depth, GlyphSet, ThemeName, shot};
use unicode_width::UnicodeWidthStr;

pub const ALL: [Screen; 15] = [
    Screen::Overview,
    Screen::Topology,
    Screen::Devices,
    Screen::Device,
    Screen::Interfaces,
    Screen::Interface,
    Screen::Flows,
    Screen::Capture,
    Screen::Wireless,
    Screen::Alarms,
    Screen::Events,
    Screen::Logs,
    Screen::Discovery,
    Screen::Vlans,
    Screen::Help,
];

/// A small generator (xorshift, Marsaglia 2003): the same keys each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[test]
fn nothing_panics_at_any_size_with_any_keys() {
    const KEYS: [&str; 61] = [
        "j", "k", "g", "G", "h", "l", "Enter", "Esc", "Tab", "backtab", "<", ">", "r", "c", "!", "o", "t", "d", "i", "a", "e",
        "/", "x", ":", "J", "?", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "[", "]", "`", "p", "{", "}", "=", "y", "Y",
        "P", "R", "C", "ctrl-d", "ctrl-u", "pagedown", "space", "한", "n", "f", "v", "+", "-", "b", "w", "u",
    ];
    let mut dice = Dice(0x5eed_1234_9876_abcd);
    for round in 0..120 {
        let size = (
            1 + dice.roll(if round % 2 == 0 { 500 } else { 60 }) as u16,
            1 + dice.roll(if round % 2 == 0 { 200 } else { 24 }) as u16,
        );
        let screen = ALL[dice.roll(ALL.len() as u64) as usize];
        let set = [GlyphSet::Unicode, GlyphSet::Cjk, GlyphSet::Ascii][dice.roll(3) as usize];
        let keys: Vec<&str> = (0..dice.roll(12)).map(|_| KEYS[dice.roll(KEYS.len() as u64) as usize]).collect();
        let network = if dice.roll(4) == 0 { Network::Empty } else { Network::Campus };
        let buf = shot::render(&handle(network), state(screen, size, set), &shot::keys(&keys.join(" "))).unwrap();
        assert_eq!((buf.area.width, buf.area.height), size);
        let text = shot::text(&buf);
        assert_eq!(text.lines().count(), usize::from(size.1), "{keys:?}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{keys:?}");
    }
}

/// Where a border's corner stands, its lines go on: right and down, left and down, right and up, left and up.
fn broken_border(text: &str) -> Option<String> {
    let rows: Vec<Vec<&str>> = text.lines().map(cells).collect();
    let at = |x: usize, y: usize| rows.get(y).and_then(|row| row.get(x)).copied();
    let down = ["│", "├", "┤", "╰", "╯"];
    for (y, row) in rows.iter().enumerate() {
        for (x, cell) in row.iter().enumerate() {
            let fits = match *cell {
                // A map's boxes have such corners too, with other lines at their edges: only whole panels, from edge to edge.
                "╭" if x == 0 => at(x, y + 1).is_none_or(|below| down.contains(&below)),
                "╰" if x == 0 => y > 0 && at(x, y - 1).is_some_and(|above| ["│", "├", "┤", "╭"].contains(&above)),
                _ => true,
            };
            if !fits {
                return Some(format!("{cell} at column {x} of row {y}:\n{text}"));
            }
        }
    }
    None
}

/// The cells of a line: a wide character is two.
fn cells(line: &str) -> Vec<&str> {
    use unicode_segmentation::UnicodeSegmentation;
    line.graphemes(true).flat_map(|part| std::iter::once(part).chain((part.width() == 2).then_some(""))).collect()
}

#[test]
fn any_resizes_and_keys_leave_no_border_broken() {
    const KEYS: [&str; 24] = [
        "j", "G", "Enter", "Esc", "Tab", ">", "c", "space", "o", "/", ":", "J", "?", "1", "2", "3", "4", "5", "6", "7", "8", "9",
        "0", "{",
    ];
    let mut dice = Dice(0x0b5e_55ed_0b0b_0001);
    for _ in 0..60 {
        let screen = ALL[dice.roll(ALL.len() as u64) as usize];
        let steps: Vec<shot::Step> = (0..dice.roll(14))
            .map(|_| match dice.roll(3) {
                0 => shot::Step::Size(1 + dice.roll(500) as u16, 1 + dice.roll(200) as u16),
                1 => shot::Step::Size(1 + dice.roll(130) as u16, 1 + dice.roll(40) as u16),
                _ => shot::Step::Key(shot::keys(KEYS[dice.roll(KEYS.len() as u64) as usize])[0]),
            })
            .collect();
        let mut state = state(screen, (80, 24), GlyphSet::Unicode);
        state.lang = if dice.roll(2) == 0 { noctop::ui::Lang::Ko } else { noctop::ui::Lang::En };
        let buf = shot::render_steps(&handle(Network::Campus), state, &steps).unwrap();
        let text = shot::text(&buf);
        assert_eq!(text.lines().count(), usize::from(buf.area.height), "{steps:?}");
        let broken = broken_border(&text);
        assert!(broken.is_none(), "{screen:?} {steps:?}: {}", broken.unwrap_or_default());
    }
}

#[test]
fn no_control_or_bidi_character_reaches_a_screen() {
    for screen in ALL {
        for size in [(120, 36), (80, 24), (40, 12)] {
            let text = shot::text(&drawn(state(screen, size, GlyphSet::Unicode), "G"));
            assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{screen:?}");
        }
    }
    let text = shot::text(&drawn(state(Screen::Devices, (120, 36), GlyphSet::Unicode), ""));
    assert!(text.contains("evil\\x1b]0;"), "{text}");
}

#[test]
fn korean_text_never_breaks_a_border() {
    for screen in [Screen::Devices, Screen::Interfaces, Screen::Events, Screen::Device] {
        for width in 60..130 {
            let buf = drawn(state(screen, (width, 30), GlyphSet::Unicode), "");
            for line in shot::text(&buf).lines().filter(|line| line.starts_with('│')) {
                assert_eq!(line.width(), usize::from(width), "{screen:?} at {width}:\n{line}");
            }
        }
    }
}

#[test]
fn screens_are_legible_without_colour() {
    let mut state = state(Screen::Overview, (120, 36), GlyphSet::Unicode);
    (state.theme, state.depth) = (ThemeName::Mono, Depth::Mono);
    let buf = drawn(state, "");
    let ansi = shot::ansi(&buf);
    assert!(!ansi.contains(";3") && !ansi.contains(";4"), "no colour is set");
    for word in ["!!C", "DOWN", "92%", "CRIT 2"] {
        assert!(shot::text(&buf).contains(word), "{word}");
    }
}

#[test]
fn the_past_is_unmistakable() {
    let buf = drawn(state(Screen::Devices, (120, 36), GlyphSet::Unicode), "{");
    let text = shot::text(&buf);
    let first = text.lines().next().unwrap();
    assert!(first.contains("PAST 12:00:00") && !first.contains("LIVE"), "{first}");
    let at = (0..120).find(|x| buf[(*x, 0)].symbol() == "P").unwrap();
    assert!(buf[(at, 0)].modifier.contains(ratatui::style::Modifier::REVERSED));
}

#[test]
fn the_selection_follows_the_object_not_the_row() {
    let mut picked = state(Screen::Devices, (80, 24), GlyphSet::Ascii);
    picked.here_mut().list_mut().cursor = 3;
    // The third row is core-1; sorted the other way round it stands elsewhere, and the cursor with it.
    let buf = drawn(picked, "k j > r r");
    let text = shot::text(&buf);
    let line = text.lines().find(|line| line.starts_with("|>")).unwrap();
    assert!(line.contains("core-1"), "{text}");
}

#[test]
fn enter_opens_and_esc_comes_back() {
    let opened = shot::text(&drawn(state(Screen::Devices, (120, 36), GlyphSet::Unicode), "G k k k Enter"));
    assert!(opened.lines().next().unwrap().contains("Devices › dist-1"), "{opened}");
    let back = shot::text(&drawn(state(Screen::Devices, (120, 36), GlyphSet::Unicode), "G k k k Enter Esc"));
    assert!(back.lines().nth(2).unwrap().contains("Devices"), "{back}");
}

#[test]
fn commands_reach_what_they_name() {
    let crumb = |keys: &str| {
        let text = shot::text(&drawn(state(Screen::Overview, (120, 36), GlyphSet::Unicode), keys));
        text.lines().next().unwrap().to_owned()
    };
    assert!(crumb(": d e v space core-1 Enter").contains("Devices › core-1"));
    assert!(crumb(": i f space c o r e - 1 space T e 1 / 1 / 1 Enter").contains("Interfaces › core-1 Te1/1/1"));
    assert!(crumb(": d i s c o v e r space 10.0.0.0/16 Enter").contains("Discovery"));
    assert!(crumb(": a l a r m s Enter").contains("Alarms"));
    assert!(crumb("J acc-b1 Enter").contains("Devices › acc-b1-02"));
    assert!(crumb("J core-1 space Te1/1/1 Enter").contains("Interfaces › core-1 Te1/1/1"));
    assert!(crumb("4 o d").contains("Devices › wan-1"));
}

#[test]
fn flows_are_two_keys_away_and_lead_on() {
    let flows = |screen: Screen, keys: &str| {
        let text = shot::text(&drawn(state(screen, (160, 40), GlyphSet::Unicode), keys));
        assert!(text.lines().next().unwrap().contains("Flows"), "{screen:?} {keys}:\n{text}");
        text
    };
    assert!(flows(Screen::Interfaces, "o f").contains("/device=\"wan-1\" if=\"Gi0/0\""));
    assert!(flows(Screen::Devices, "G k k k o f").contains("/device=\"dist-1\""));
    assert!(flows(Screen::Interface, "o f").contains("/device=\"wan-1\" if=\"Gi0/0\""));
    // A step along a link of the map, then its flows at both ends.
    let link = flows(Screen::Topology, "l o f");
    assert!(link.contains("if=") && link.contains(") or (device="), "{link}");
    assert!(flows(Screen::Overview, "Tab Tab Tab Enter").contains("src=10.20.4.17 dst=203.0.113.9"));
    let drilled = flows(Screen::Flows, "b j Enter Enter");
    assert!(drilled.contains("By dst,app") && drilled.contains("/src=10.20.4.17"), "{drilled}");
    assert!(flows(Screen::Flows, "b j Enter Enter Esc").contains("By src "));
    assert!(flows(Screen::Flows, "o f").contains("/host=10.20.4.17"));
    assert!(flows(Screen::Overview, ": f l o w s space app:https Enter").contains("/app:https"));
    assert!(flows(Screen::Overview, ": b y space vlan Enter").contains("By vlan"));
    let port = shot::text(&drawn(state(Screen::Flows, (120, 36), GlyphSet::Unicode), "o i"));
    assert!(port.lines().next().unwrap().contains("Interfaces › wan-1 Te0/0/1"), "{port}");
}

#[test]
fn an_unknown_command_says_so() {
    let text = shot::text(&drawn(state(Screen::Overview, (80, 24), GlyphSet::Unicode), ": nope Enter"));
    assert!(text.lines().last().unwrap().contains("no command `nope`"), "{text}");
}

#[test]
fn every_key_of_the_hint_bar_is_bound_here() {
    let text = shot::text(&drawn(state(Screen::Devices, (80, 24), GlyphSet::Unicode), ""));
    let hints = text.lines().last().unwrap();
    for hint in ["Enter open", "> sort", "! faults", "o related", ": command", "? help"] {
        assert!(hints.contains(hint), "{hints}");
    }
}

#[test]
fn a_picture_has_every_row_and_is_well_formed() {
    let buf = drawn(state(Screen::Overview, (120, 36), GlyphSet::Unicode), "");
    let picture = shot::svg(&buf, "noctop");
    assert_eq!(picture.matches("<text ").count(), picture.matches("</text>").count());
    assert!(picture.ends_with("</svg>\n") && picture.len() < 200_000, "{}", picture.len());
}

#[test]
fn a_device_is_stepped_through_by_section_and_opened_with_one() {
    let first = |keys: &str| {
        let text = shot::text(&drawn(state(Screen::Device, (120, 36), GlyphSet::Unicode), keys));
        text.lines().next().unwrap().split("   ").next().unwrap().trim_end().to_owned()
    };
    assert!(first("").ends_with("acc-b1-02 › Ports"), "{}", first(""));
    assert!(first("(").ends_with("acc-b1-02 › Status"), "{}", first("("));
    assert_eq!(first("( )"), first(""));
    assert!(first(": d e v space core-1 space status Enter").ends_with("core-1 › Status"));
    assert!(first(": s e c t i o n space status Enter").ends_with("acc-b1-02 › Status"));
    // Devices of a kind open with what was looked at last of that kind.
    assert!(first("( : d e v space core-1 Enter").ends_with("core-1 › Status"));
}
