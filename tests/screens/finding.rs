//! How things are found, marked, compared and handled, under snapshot, and what follows from keys.

use super::fixture::{Network, handle};
use super::golden::{drawn, state};
use noctop::engine::{Answer, Command};
use noctop::model::AlarmAct;
use noctop::query::Screen;
use noctop::ui::console::Console;
use noctop::ui::effect::Effect;
use noctop::ui::{Access, GlyphSet, UiState, shot};

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

fn writing(screen: Screen, size: (u16, u16)) -> UiState {
    let mut state = state(screen, size, GlyphSet::Unicode);
    state.access = Access::ReadWrite;
    state.user = "park".to_owned();
    state
}

/// A screen after keys, at three sizes.
fn check(name: &str, (screen, keys): (Screen, &str)) {
    for size in SIZES {
        let text = shot::text(&drawn(state(screen, size, GlyphSet::Unicode), keys));
        insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), text);
    }
}

#[test]
fn jumping_shows_what_is_chosen() {
    check("jump-device", (Screen::Overview, "J core-1"));
    check("jump-address", (Screen::Overview, "J 10.20"));
    check("jump-port", (Screen::Overview, "J wan-1 space Gi"));
    let ascii = shot::text(&drawn(state(Screen::Overview, (80, 24), GlyphSet::Ascii), "J acc-b2 down down"));
    insta::assert_snapshot!("jump-alarm-80x24-ascii", ascii);
}

#[test]
fn commands_are_completed() {
    check("palette", (Screen::Interfaces, ": s"));
    check("palette-sort", (Screen::Interfaces, ": sort space in"));
    check("palette-field", (Screen::Interfaces, ": filter space ut"));
    check("filter-field", (Screen::Interfaces, "/ in"));
}

#[test]
fn two_times_are_compared() {
    check("diff", (Screen::Overview, ": diff space -1h Enter"));
    check("diff-filtered", (Screen::Overview, ": diff space -1h Enter / kind:device Enter > r"));
    check("diff-first-run", (Screen::Overview, ": diff Enter"));
    check("diff-since-an-event", (Screen::Events, "j d"));
}

#[test]
fn only_what_is_possible_is_related() {
    check("related-port", (Screen::Interfaces, "o"));
    check("related-alarm", (Screen::Alarms, "j o"));
    let diff = shot::text(&drawn(state(Screen::Overview, (80, 24), GlyphSet::Unicode), ": diff space -1h Enter o"));
    assert!(diff.contains("when it happened") && !diff.contains("t  Topology"), "{diff}");
}

#[test]
fn marked_ports_share_a_chart() {
    check("marks", (Screen::Interfaces, "space space space"));
    let ascii = shot::text(&drawn(state(Screen::Interfaces, (120, 36), GlyphSet::Ascii), "space space"));
    assert!(ascii.replace(|c: char| !c.is_ascii(), "").len() > ascii.len() / 2, "{ascii}");
    insta::assert_snapshot!("marks-120x36-ascii", ascii);
}

#[test]
fn alarms_of_a_console_that_may_write() {
    for size in SIZES {
        for (name, keys) in [("ack", "j j"), ("folded", "z"), ("note", "A checking"), ("silence", "S")] {
            let text = shot::text(&drawn(writing(Screen::Alarms, size), keys));
            insta::assert_snapshot!(format!("alarms-{name}-{}x{}", size.0, size.1), text);
        }
    }
}

/// The command that keys bring about.
fn ordered(state: UiState, keys: &str) -> Option<(Vec<String>, String, AlarmAct)> {
    let handle = handle(Network::Campus);
    let mut console = Console::new(state);
    let view = handle.ask(console.request()).unwrap();
    let watch = console.state.watch;
    console.update(noctop::engine::Update::View(watch, std::sync::Arc::new(view)));
    let effects: Vec<Effect> = shot::keys(keys).into_iter().flat_map(|key| console.key(key)).collect();
    effects.into_iter().find_map(|effect| match effect {
        Effect::Ask(_, Command::Alarms(order)) => Some((order.alarms, order.by, order.act)),
        _ => None,
    })
}

#[test]
fn keys_order_what_is_done_about_alarms() {
    let order = |keys: &str| ordered(writing(Screen::Alarms, (120, 36)), keys);
    let root = vec!["device-down@acc-b2-07".to_owned()];
    let by = "park".to_owned();
    assert_eq!(order("a"), Some((root.clone(), by.clone(), AlarmAct::Acknowledge(None))));
    let note = AlarmAct::Acknowledge(Some("seen".to_owned()));
    assert_eq!(order("A seen Enter"), Some((root.clone(), by.clone(), note)));
    assert_eq!(order("S 4"), Some((root, by.clone(), AlarmAct::Silence(14_400))));
    // The second is acknowledged already: the same key takes it back.
    assert_eq!(order("j a"), Some((vec!["link-down@core-2 Te1/1/4".to_owned()], by.clone(), AlarmAct::Release)));
    let marked = order("space space a").unwrap();
    assert_eq!(marked.0, ["device-down@acc-b2-07", "link-down@core-2 Te1/1/4"]);
    // Past the one that is acknowledged.
    assert_eq!(order("j u a").map(|order| order.0), Some(vec!["bundle-degraded@dist-3 Po12".to_owned()]));
}

#[test]
fn a_console_that_only_reads_says_so_and_hides_what_writes() {
    assert_eq!(ordered(state(Screen::Alarms, (120, 36), GlyphSet::Unicode), "a"), None);
    let refused = shot::text(&drawn(state(Screen::Alarms, (120, 36), GlyphSet::Unicode), "a"));
    assert!(refused.lines().last().unwrap().contains("start it with --read-write"), "{refused}");
    let hints = shot::text(&drawn(state(Screen::Alarms, (120, 36), GlyphSet::Unicode), ""));
    assert!(!hints.lines().last().unwrap().contains(" ack"), "{hints}");
    let named = shot::text(&drawn(state(Screen::Alarms, (120, 36), GlyphSet::Unicode), ": alarms.acknowledge Enter"));
    assert!(named.lines().last().unwrap().contains("start it with --read-write"), "{named}");
    let help = shot::text(&drawn(state(Screen::Alarms, (120, 60), GlyphSet::Unicode), "?"));
    assert!(help.contains("Here: Alarms") && !help.contains("acknowledge with a note"), "{help}");
    let writes = shot::text(&drawn(writing(Screen::Alarms, (120, 36)), ""));
    assert!(writes.lines().last().unwrap().contains("a ack") && writes.lines().next().unwrap().contains(" rw"), "{writes}");
}

#[test]
fn the_past_is_not_acted_on() {
    assert_eq!(ordered(writing(Screen::Alarms, (120, 36)), "{ a"), None);
    let past = shot::text(&drawn(writing(Screen::Alarms, (120, 36)), "{ a"));
    assert!(past.lines().last().unwrap().contains("not in the past"), "{past}");
    let hints = shot::text(&drawn(writing(Screen::Alarms, (120, 36)), "{"));
    assert!(!hints.lines().last().unwrap().contains("a ack"), "{hints}");
}

#[test]
fn what_is_found_opens_where_it_is() {
    let crumb = |keys: &str| {
        let text = shot::text(&drawn(state(Screen::Overview, (120, 36), GlyphSet::Unicode), keys));
        text.lines().next().unwrap().to_owned()
    };
    assert!(crumb("J 10.20.4.17 Enter").contains("Interfaces \u{203a} acc-b1-02 Gi1/0/9"));
    assert!(crumb("J members Enter").contains("Alarms"));
    assert!(crumb(": go space interface space wan-1 space Gi0/0 space @-15m Enter").contains("wan-1 Gi0/0"));
    assert!(crumb(": go space interface space wan-1 space Gi0/0 space @-15m Enter").contains("PAST 11:45:05"));
    assert!(crumb(": diff space -1h Enter Enter").contains("Devices \u{203a} acc-b2-07"));
    assert!(crumb(": diff space -1h Enter j j Enter").contains("Interfaces \u{203a} core-1 Te1/1/1"));
    assert!(crumb("9 j o m").contains("PAST"));
    let chosen = shot::text(&drawn(state(Screen::Overview, (120, 36), GlyphSet::Ascii), "J members Enter"));
    assert!(chosen.lines().any(|line| line.contains('>') && line.contains("dist-3 Po12")), "{chosen}");
}

#[test]
fn commands_of_before_come_back() {
    let line = |keys: &str| {
        let text = shot::text(&drawn(state(Screen::Devices, (80, 24), GlyphSet::Unicode), keys));
        text.lines().last().unwrap().to_owned()
    };
    let before = ": span space 24h Enter : theme space light Enter ";
    assert!(line(&format!("{before}: up")).starts_with(":theme light"));
    assert!(line(&format!("{before}: up up")).starts_with(":span 24h"));
    assert!(line(&format!("{before}: up up down")).starts_with(":theme light"));
    assert!(line(&format!("{before}: up down")).trim_end() == ":");
    assert!(line(": sort space nope Enter").contains("there are: "));
    assert!(line(": devces Enter").contains("is :devices meant?"));
}

#[test]
fn every_answer_that_the_console_takes_is_made_by_its_question() {
    let handle = handle(Network::Campus);
    let from = super::fixture::ago(3600);
    let answer = handle.command(Command::Diff(from, super::fixture::now())).unwrap();
    assert!(matches!(answer, Answer::Diff(rows) if rows.iter().any(|row| row.at.is_some())));
}
