//! The mouse, the wallboard, lines for screen readers, files; and that few bytes make the same screen.

use super::fixture::{self, Network, handle};
use super::golden::{drawn, state};
use noctop::query::Screen;
use noctop::ui::console::Console;
use noctop::ui::effect::{Effect, Picture};
use noctop::ui::mouse::Did;
use noctop::ui::plain::Session;
use noctop::ui::terminal::{Encoder, Kind, Step};
use noctop::ui::wallboard::Wallboard;
use noctop::ui::{Depth, GlyphSet, Lang, ThemeName, UiOptions, UiState, shot};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};
use std::num::NonZero;

/// A console at a screen with the mouse on, drawn once.
struct Desk {
    console: Console,
    buf: Buffer,
}

impl Desk {
    fn at(screen: Screen, size: (u16, u16), set: GlyphSet) -> Self {
        let mut console = Console::new(state(screen, size, set));
        shot::settle(&mut console, &handle(Network::Campus), vec![Effect::Watch]).unwrap();
        let mut desk = Self { console, buf: Buffer::empty(Rect::new(0, 0, size.0, size.1)) };
        desk.keys("M");
        desk
    }

    fn keys(&mut self, keys: &str) {
        for key in shot::keys(keys) {
            let effects = self.console.key(key);
            shot::settle(&mut self.console, &handle(Network::Campus), effects).unwrap();
        }
        self.draw();
    }

    fn draw(&mut self) {
        self.buf = Buffer::empty(self.buf.area);
        self.console.draw(&mut self.buf);
    }

    fn text(&self) -> String {
        shot::text(&self.buf)
    }

    /// Where a text stands first, from a row on.
    fn find(&self, text: &str, from: usize) -> Position {
        for (y, line) in self.text().lines().enumerate().skip(from) {
            if let Some(at) = line.find(text) {
                let x = noctop::ui::text::width(&line[..at]);
                return Position::new(x as u16, y as u16);
            }
        }
        panic!("{text:?} is not on the screen:\n{}", self.text());
    }

    fn did(&mut self, did: Did, at: Position) -> Vec<Effect> {
        let effects = self.console.mouse(did, at);
        shot::settle(&mut self.console, &handle(Network::Campus), effects.clone()).unwrap();
        self.draw();
        effects
    }

    fn click(&mut self, text: &str) -> Vec<Effect> {
        let at = self.find(text, 0);
        self.did(Did::Click, at)
    }
}

#[test]
fn the_mouse_is_off_until_asked_for() {
    let mut desk = Desk::at(Screen::Overview, (120, 36), GlyphSet::Unicode);
    desk.keys("M");
    desk.click("Devices");
    assert_eq!(desk.console.state.place.screen, Screen::Overview);
    desk.keys("M");
    desk.click("Devices");
    assert_eq!(desk.console.state.place.screen, Screen::Devices);
}

#[test]
fn a_click_selects_a_row_and_another_opens_it() {
    for (size, set) in [((120, 36), GlyphSet::Unicode), ((80, 24), GlyphSet::Ascii), ((40, 12), GlyphSet::Ascii)] {
        let mut desk = Desk::at(Screen::Devices, size, set);
        let at = desk.find("core-2", 2);
        desk.did(Did::Click, at);
        assert_eq!(desk.console.state.place.screen, Screen::Devices, "{size:?}");
        assert!(desk.text().lines().nth(at.y.into()).unwrap().contains(if set == GlyphSet::Unicode { '▌' } else { '>' }));
        desk.did(Did::Click, at);
        assert_eq!((desk.console.state.place.screen, desk.console.state.place.title.as_str()), (Screen::Device, "core-2"));
    }
}

#[test]
fn a_click_on_a_heading_sorts_and_another_turns_it_round() {
    let mut desk = Desk::at(Screen::Interfaces, (120, 36), GlyphSet::Unicode);
    let heading = desk.find("IN%", 2);
    desk.did(Did::Click, heading);
    let sort = desk.console.state.here().sort.unwrap();
    assert!(sort.descending, "{sort:?}: figures largest first");
    desk.did(Did::Click, heading);
    assert!(!desk.console.state.here().sort.unwrap().descending);
}

#[test]
fn a_click_gives_the_keys_to_the_part_and_the_wheel_scrolls_the_part_under_it() {
    let mut desk = Desk::at(Screen::Overview, (120, 36), GlyphSet::Unicode);
    desk.click("What changed");
    let changed = desk.console.state.here().focus;
    assert_ne!(changed, 0);
    let alarms = desk.find("Alarms", 3);
    desk.did(Did::WheelDown, Position::new(alarms.x, alarms.y + 2));
    assert_eq!((desk.console.state.here().focus, desk.console.state.here().list().cursor), (0, 3));
    desk.did(Did::WheelUp, Position::new(alarms.x, alarms.y + 2));
    assert_eq!(desk.console.state.here().list().cursor, 0);
}

#[test]
fn a_click_on_a_hint_does_what_its_key_does() {
    let mut desk = Desk::at(Screen::Devices, (120, 36), GlyphSet::Unicode);
    desk.console.state.toast = None;
    desk.draw();
    desk.click("? help");
    assert_eq!(desk.console.state.place.screen, Screen::Help);
}

#[test]
fn a_menu_takes_its_clicks_and_a_click_beside_it_closes_it() {
    let mut desk = Desk::at(Screen::Devices, (120, 36), GlyphSet::Unicode);
    desk.keys("X");
    let effects = desk.click("picture (SVG)");
    assert_eq!(effects, [Effect::SaveScreen(Picture::Svg)]);
    desk.keys("X");
    let tab = desk.find("Alarms", 1);
    desk.did(Did::Click, tab);
    assert!(desk.console.state.layers.is_empty());
    assert_eq!(desk.console.state.place.screen, Screen::Devices, "what lies under a menu is not met");
    desk.keys("J core");
    let choice = desk.find(" core-2 ", 4);
    desk.did(Did::Click, Position::new(choice.x + 1, choice.y));
    assert!(desk.console.state.place.title.starts_with("core-2"), "{}", desk.text());
}

#[test]
fn a_node_of_the_map_is_selected_and_opened() {
    let mut desk = Desk::at(Screen::Topology, (120, 36), GlyphSet::Unicode);
    let at = desk.find("[dist-3", 2);
    let at = Position::new(at.x + 3, at.y);
    desk.did(Did::Click, at);
    let id = desk.console.state.map.selected.clone().unwrap();
    assert_eq!(id, fixture::id("dist-3").as_str());
    desk.did(Did::Click, at);
    assert_eq!(desk.console.state.place.screen, Screen::Device);
}

#[test]
fn clicks_anywhere_at_any_size_do_no_harm() {
    for (screen, size) in
        [(Screen::Overview, (1, 1)), (Screen::Topology, (33, 9)), (Screen::Alarms, (61, 17)), (Screen::Flows, (200, 60))]
    {
        let mut desk = Desk::at(screen, size, GlyphSet::Unicode);
        for y in (0..size.1).step_by(3) {
            for x in (0..size.0).step_by(7) {
                // Logs is where the fixture panics; a tab leads there.
                if y != 1 {
                    desk.did(Did::Click, Position::new(x, y));
                }
                desk.did(Did::WheelDown, Position::new(x, y));
            }
        }
        desk.did(Did::Click, Position::new(u16::MAX, u16::MAX));
    }
}

/// What vt100 says of a cell, as a buffer's cell says it.
fn seen(cell: &vt100::Cell) -> (String, Color, Color, Modifier) {
    let colour = |colour: vt100::Color| match colour {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
    };
    let mut modifier = Modifier::empty();
    modifier.set(Modifier::BOLD, cell.bold());
    modifier.set(Modifier::DIM, cell.dim());
    modifier.set(Modifier::REVERSED, cell.inverse());
    let text = if cell.contents().is_empty() { " " } else { cell.contents() };
    (text.to_owned(), colour(cell.fgcolor()), colour(cell.bgcolor()), modifier)
}

fn check_screen(screen: &vt100::Screen, wanted: &Buffer, what: &str) {
    for y in wanted.area.top()..wanted.area.bottom() {
        let mut x = wanted.area.left();
        while x < wanted.area.right() {
            let cell = &wanted[(x, y)];
            let (text, fg, bg, modifier) = seen(screen.cell(y, x).unwrap());
            assert_eq!(text, cell.symbol(), "{what}: {x},{y}\n{}", screen.contents());
            assert_eq!(bg, cell.bg, "{what}: background at {x},{y} of {:?}", cell.symbol());
            if cell.symbol() != " " {
                // The emulator knows one intensity at a time; terminals know both.
                let intensity = Modifier::BOLD | Modifier::DIM;
                let apart = if cell.modifier.contains(intensity) { intensity } else { Modifier::empty() };
                assert_eq!((fg, modifier - apart), (cell.fg, cell.modifier - apart), "{what}: at {x},{y} of {:?}", cell.symbol());
            }
            x += noctop::ui::text::width(cell.symbol()).max(1) as u16;
        }
    }
}

#[test]
fn few_bytes_make_the_same_screen() {
    let size = (120, 36);
    let at = |screen, keys: &str, theme| {
        let mut state = state(screen, size, GlyphSet::Unicode);
        (state.depth, state.theme) = (Depth::True, theme);
        drawn(state, keys)
    };
    let dark = ThemeName::Dark;
    let korean = |screen, keys: &str| {
        let mut state = state(screen, size, GlyphSet::Unicode);
        (state.depth, state.lang) = (Depth::True, Lang::Ko);
        drawn(state, keys)
    };
    let screens = [
        korean(Screen::Overview, ""),
        korean(Screen::Topology, ""),
        korean(Screen::Devices, "j"),
        korean(Screen::Flows, ""),
        korean(Screen::Overview, "J"),
        at(Screen::Overview, "", dark),
        at(Screen::Devices, "", dark),
        at(Screen::Devices, "G", dark),
        at(Screen::Interfaces, "o", dark),
        at(Screen::Interfaces, "", dark),
        at(Screen::Topology, "", dark),
        at(Screen::Topology, "j", dark),
        at(Screen::Events, "{", dark),
        at(Screen::Overview, "J core", ThemeName::Mono),
        at(Screen::Alarms, "", ThemeName::Light),
        at(Screen::Overview, "", dark),
    ];
    for term in ["xterm-256color", "vt100"] {
        let mut terminal = vt100::Parser::new(NonZero::new(size.1).unwrap(), NonZero::new(size.0).unwrap(), 0);
        let mut encoder = Encoder::new(Kind::detect(Some(term), None, None));
        let mut shown = Buffer::empty(Rect::new(0, 0, size.0, size.1));
        for (at, next) in screens.iter().enumerate() {
            let step = Step { from: &shown, to: next, carets: (None, None), clear: at == 0 };
            let bytes = encoder.frame(step);
            terminal.process(&bytes);
            check_screen(terminal.screen(), next, &format!("{term}, screen {at}"));
            shown = next.clone();
            assert_eq!(encoder.frame(Step { from: &shown, to: next, carets: (None, None), clear: false }), b"");
        }
    }
}

/// What crossterm's backend writes for the same change: an SGR sequence for each attribute, a move for each gap.
fn plainly(from: &Buffer, to: &Buffer) -> usize {
    use ratatui::backend::Backend;
    let mut bytes = Vec::new();
    ratatui::backend::CrosstermBackend::new(&mut bytes).draw(from.diff(to).into_iter()).unwrap();
    bytes.len() + "\x1b[?2026h\x1b[?2026l".len()
}

fn encoded(encoder: &mut Encoder, from: &Buffer, to: &Buffer) -> usize {
    encoder.frame(Step { from, to, carets: (None, None), clear: false }).len()
}

#[test]
fn screens_cost_a_fifth_less_than_written_plainly() {
    let blank = Buffer::empty(Rect::new(0, 0, 120, 36));
    let of = |screen, depth, keys: &str| {
        let mut state = state(screen, (120, 36), GlyphSet::Unicode);
        state.depth = depth;
        drawn(state, keys)
    };
    for depth in [Depth::True, Depth::TwoFiftySix, Depth::Sixteen] {
        let (overview, devices) = (of(Screen::Overview, depth, ""), of(Screen::Devices, depth, ""));
        // A whole screen of counters: every figure of the list is another one.
        let before = of(Screen::Interfaces, depth, "");
        let mut after = before.clone();
        for y in 4..34 {
            for x in 30..110 {
                if let Some(cell) = after.cell_mut((x, y)).filter(|cell| cell.symbol().starts_with(|c: char| c.is_ascii_digit()))
                {
                    let next = (cell.symbol().as_bytes()[0] - b'0' + 1) % 10;
                    cell.set_symbol(&next.to_string());
                }
            }
        }
        for (what, from, to) in [
            ("first Overview", &blank, &overview),
            ("Overview to Devices", &overview, &devices),
            ("Devices to Overview", &devices, &overview),
            ("all rates of Interfaces", &before, &after),
        ] {
            let mut encoder = Encoder::new(Kind::default());
            encoded(&mut encoder, &blank, from);
            let (ours, theirs) = (encoded(&mut encoder, from, to), plainly(from, to));
            println!("{depth:?} {what}: {theirs} octets plainly, {ours} here");
            assert!(ours * 5 <= theirs * 4, "{depth:?} {what}: {ours} of {theirs} octets");
        }
    }
}

fn board(size: (u16, u16), set: GlyphSet) -> UiState {
    let mut state = state(Screen::Overview, size, set);
    state.wallboard = Some(Wallboard::default());
    state
}

#[test]
fn wallboards() {
    for size in [(200, 60), (120, 36), (80, 24), (40, 12)] {
        for (set, glyphs) in [("unicode", GlyphSet::Unicode), ("ascii", GlyphSet::Ascii)] {
            for (name, keys) in [("state", ""), ("traffic", "right"), ("links", "right right"), ("talkers", "right right right")]
            {
                let text = shot::text(&drawn(board(size, glyphs), keys));
                let own = text.replace(|c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c), "");
                assert!(set != "ascii" || own.is_ascii(), "{text}");
                if size != (200, 60) || set == "unicode" {
                    insta::assert_snapshot!(format!("wallboard-{name}-{}x{}-{set}", size.0, size.1), text);
                }
            }
        }
    }
}

#[test]
fn a_wallboard_says_when_it_is_lost_and_which_keys_there_are() {
    for size in [(200, 60), (120, 36), (80, 24), (40, 12), (20, 5)] {
        let mut state = board(size, GlyphSet::Unicode);
        state.lost = Some("connection reset".to_owned());
        let text = shot::text(&drawn(state, ""));
        assert!(text.contains("OFFLINE: conn"), "{text}");
    }
    let text = shot::text(&drawn(board((80, 24), GlyphSet::Unicode), "x"));
    assert!(text.lines().last().unwrap().contains("q quit"), "{text}");
    let mut console = Console::new(board((80, 24), GlyphSet::Unicode));
    for key in shot::keys(": / 1 J a e X ctrl-z") {
        assert_eq!(console.key(key), [], "{key}: a wallboard does nothing");
    }
}

#[test]
fn a_wallboard_harms_no_size() {
    for size in [(1, 1), (2, 9), (9, 2), (19, 7), (61, 16), (500, 200)] {
        for set in [GlyphSet::Unicode, GlyphSet::Cjk, GlyphSet::Ascii] {
            for keys in ["", "right", "right right", "left", "x"] {
                drawn(board(size, set), keys);
            }
        }
    }
}

fn lines(script: &[&str], lang: Lang) -> String {
    let options =
        UiOptions { lang, zone: jiff::tz::TimeZone::UTC, keys: None, theme: ThemeName::Dark, ..UiOptions::from_environment() };
    let mut session = Session::new(handle(Network::Campus), &options);
    let mut out: Vec<String> = session.greet().unwrap();
    for line in script {
        out.push(format!("< {line}"));
        out.extend(session.line(line).unwrap());
    }
    out.join("\n")
}

#[test]
fn lines_for_screen_readers() {
    let text = lines(
        &[
            "1", "tab", "3", "n", "/core", "row 1", "b", "/", "4", "7", "9", "5", "2", "row 99", "row x", "nonsense", ":theme",
            "@",
        ],
        Lang::En,
    );
    insta::assert_snapshot!("plain", text);
    assert!(!text.contains(|c: char| matches!(c, '\u{2500}'..='\u{28ff}' | '\u{1b}')), "no boxes, no braille, no escapes");
    let korean = lines(&["3", "4", "7"], Lang::Ko);
    insta::assert_snapshot!("plain-ko", korean);
}

#[test]
fn what_happens_is_one_line_each() {
    use noctop::engine::{Update, WatchId};
    use noctop::query::ViewRequest;
    use noctop::state::view::ViewBody;
    let options = UiOptions { zone: jiff::tz::TimeZone::UTC, keys: None, lang: Lang::En, ..UiOptions::from_environment() };
    let mut session = Session::new(handle(Network::Campus), &options);
    let mut view = handle(Network::Campus).ask(ViewRequest::new(Screen::Events, 100)).unwrap();
    let say = |session: &mut Session, view: &noctop::state::view::View| {
        session.update(Update::View(WatchId(1), std::sync::Arc::new(view.clone())))
    };
    assert_eq!(say(&mut session, &view), Vec::<String>::new(), "what was before is no news");
    let ViewBody::Events(table) = &mut view.body else { panic!("events") };
    let mut row = table.rows[0].clone();
    (row.kind, row.object, row.text) = ("alarm-raised".to_owned(), "core-1".to_owned(), "down".to_owned());
    (row.at, row.severity) = (fixture::now(), Some(noctop::model::Severity::Critical));
    table.rows.insert(0, row);
    assert_eq!(say(&mut session, &view), ["12:00:05: new critical alarm, core-1, down."]);
    assert_eq!(say(&mut session, &view), Vec::<String>::new());
}

#[test]
fn the_bell_rings_for_what_is_new_and_the_first_line_says_that_it_is_on() {
    use noctop::engine::Update;
    use noctop::query::ViewRequest;
    use noctop::state::view::ViewBody;
    use noctop::ui::notice::{ALARMS, Notices};
    let mut desk = Desk::at(Screen::Overview, (120, 36), GlyphSet::Unicode);
    assert!(!desk.text().lines().next().unwrap().contains("bell"));
    desk.keys("B");
    assert!(desk.text().lines().next().unwrap().contains("♪ bell"));
    desk.keys("B");
    assert!(desk.text().lines().next().unwrap().contains("bell+desktop"));
    let request = Notices::request();
    assert!(noctop::query::filter::parse(&request.filter).is_ok());
    let mut view = handle(Network::Campus).ask(ViewRequest::new(Screen::Alarms, 50)).unwrap();
    let mut hear =
        |view: &noctop::state::view::View| desk.console.update(Update::View(ALARMS, std::sync::Arc::new(view.clone())));
    assert_eq!(hear(&view), [], "what stands is no news");
    let ViewBody::Alarms(table) = &mut view.body else { panic!("alarms") };
    let mut new = table.rows[0].clone();
    (new.alarm.id, new.alarm.object, new.alarm.severity) =
        ("new@core-1".to_owned(), "core-1".to_owned(), noctop::model::Severity::Critical);
    table.rows.insert(0, new);
    assert!(matches!(hear(&view).as_slice(), [Effect::Ring(Some(words))] if words.starts_with("critical: core-1")));
    assert_eq!(hear(&view), []);
}
