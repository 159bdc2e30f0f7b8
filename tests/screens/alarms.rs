//! Alarms and what happened: what the fixture answers, and the golden screens of both, a storm among them.

use super::fixture::{self, ago, id, now, window};
use super::golden::{drawn, layers, state};
use noctop::engine::handle::{Backend, Sink};
use noctop::engine::{Answer, AskError, Command, Handle, WatchId};
use noctop::event::{Body, Event};
use noctop::model::alarm::{Cause, CauseRule, CauseStep, Episode, Explained, Flap};
use noctop::model::notice::{Notice, NoticeKind, NoticeOutcome};
use noctop::model::{Alarm, DeviceId, LogKind, LogLine, LogSeverity, Role, Severity, Timestamp};
use noctop::query::{EventPart, Screen, Subject, ViewRequest};
use noctop::state::view::alarm::Hidden;
use noctop::state::view::timeline::EventStep;
use noctop::state::view::{
    AlarmRow, AlarmView, EventLine, EventRow, LogRow, NearView, Table, TimelineView, View, ViewBody, answer as answer_of,
};
use noctop::state::{Settings, State, apply};
use noctop::ui::effect::{Effect, Purpose};
use noctop::ui::{Depth, GlyphSet, Lang, ThemeName, shot};
use std::sync::Arc;
use std::time::Duration;

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

/// What more is known of some alarms: how one is explained, when others stood before, who was told, how one flaps.
pub fn told(mut row: AlarmRow) -> AlarmRow {
    let step = |object: &str, age: u64, evidence: &str| CauseStep {
        object: object.to_owned(),
        device: object.split(' ').next().map(id),
        since: Some(ago(age)),
        evidence: evidence.to_owned(),
    };
    let stood = |days: u64, minutes: u64| Episode {
        raised_at: ago(days * 86_400),
        cleared_at: ago(days * 86_400 - minutes * 60),
        severity: row.alarm.severity,
        count: 1,
    };
    let notice = |receiver: &str, step: u32, outcome: NoticeOutcome| Notice {
        alarm: row.alarm.id.clone(),
        raised_at: row.alarm.raised_at,
        receiver: receiver.to_owned(),
        step,
        kind: if step == 0 { NoticeKind::Raised } else { NoticeKind::Escalated },
        attempt: 1,
        outcome,
    };
    match row.object.as_str() {
        "dist-2 Te1/0/12" => {
            row.cause = Some(Box::new(Cause {
                root: "device-down@acc-b2-07".to_owned(),
                rule: CauseRule::FarEnd,
                chain: vec![step("acc-b2-07", 131, "2 polls not answered"), step("dist-2 Te1/0/12", 133, "link down")],
                remains: false,
            }));
        }
        "acc-b2-07" => {
            row.episodes = vec![stood(9, 11)];
            row.notices = vec![
                (ago(120), notice("noc-mail", 0, NoticeOutcome::Sent)),
                (ago(60), notice("pager", 1, NoticeOutcome::Failed("timeout\u{1b}[2J".to_owned(), Some(ago(0))))),
            ];
        }
        "wan-1 Gi0/0" => row.alarm.flap = Some(Flap { penalty: 3_200, at: ago(30), held: true }),
        "core-2 Te1/1/4" => row.work = None,
        _ => {}
    }
    row
}

/// The fixture's answer of alarms.
pub fn answer(all: Vec<AlarmRow>, request: &ViewRequest) -> ViewBody {
    if let Some(wanted) = &request.alarms.detail {
        return ViewBody::Alarm(Box::new(one(&all, wanted)));
    }
    let fold = request.alarms.fold;
    let is_folded = |id: &str| fold != request.folded.iter().any(|known| known == id);
    let shown = |row: &AlarmRow| row.root.as_ref().is_none_or(|root| !is_folded(root));
    let folded = |row: AlarmRow| AlarmRow { folded: row.children > 0 && is_folded(&row.id), ..row };
    let rows: Vec<AlarmRow> = all.into_iter().filter(shown).map(folded).collect();
    ViewBody::Alarms(window(rows, request, |row| row.object.clone()))
}

fn one(all: &[AlarmRow], wanted: &str) -> AlarmView {
    let Some(row) = all.iter().find(|row| row.id == wanted).cloned() else { return AlarmView::default() };
    let hides = (row.children > 0).then(|| Hidden {
        rule: "interface-down".to_owned(),
        role: Some(Role::Switch),
        severity: Severity::Major,
        count: row.children,
    });
    AlarmView {
        root: row.root.as_ref().and_then(|root| all.iter().find(|row| row.id == *root)).cloned(),
        hides: hides.into_iter().collect(),
        device: row.device.as_ref().and_then(|id| fixture::devices().into_iter().find(|device| device.id == *id)),
        events: about(&row),
        lines: lines(&row.object, row.raised_at),
        line_count: 3,
        row: Some(row),
        ..AlarmView::default()
    }
}

/// What happened about it: the fixture's events, and where it hides others, what was told bit by bit.
fn about(row: &AlarmRow) -> Vec<EventLine> {
    let single = |event: EventRow| EventLine { count: 1, objects: 1, first: event.at, burst: None, event };
    let mut lines: Vec<EventLine> =
        fixture::events().into_iter().rev().filter(|event| event.device == row.device).map(single).collect();
    if row.children > 0
        && let Some(last) = lines.last().cloned()
    {
        let told = |kind: &str, text: &str| EventRow {
            kind: kind.to_owned(),
            text: text.to_owned(),
            severity: None,
            ..last.event.clone()
        };
        let (down, explained) =
            (told("interface-status", "up > down"), told("alarms-explained", "14 alarms are explained by it"));
        lines.push(EventLine {
            count: 12,
            objects: 9,
            first: down.at,
            event: EventRow { at: down.at.plus(Duration::from_secs(8)), ..down },
            burst: None,
        });
        lines.push(EventLine {
            first: explained.at,
            event: EventRow { at: explained.at.plus(Duration::from_secs(45)), object: row.object.clone(), ..explained },
            ..single(last.event)
        });
    }
    lines
}

fn lines(object: &str, at: Timestamp) -> Vec<LogRow> {
    let line = |number: u64, severity: LogSeverity, text: String| {
        let received = at.plus(Duration::from_secs(number));
        let mut line = LogLine::new(received, "10.0.0.2".parse().unwrap(), LogKind::Syslog);
        (line.severity, line.text) = (Some(severity), text);
        LogRow { number, line, count: 1, first: received }
    };
    vec![
        line(1, LogSeverity::Error, format!("%LINK-3-UPDOWN: Interface of {object}, changed state to down")),
        line(2, LogSeverity::Warning, "%OSPF-5-ADJCHG: Nbr 10.0.0.9 from FULL to DOWN\u{1b}]0;owned\u{7}".to_owned()),
    ]
}

/// The fixture's answer of what happened.
pub fn happened(all: Vec<EventRow>, request: &ViewRequest) -> ViewBody {
    let about = |row: &EventRow| match &request.subject {
        Some(Subject::Device(device) | Subject::Interface(device, _)) => row.device.as_ref() == Some(device),
        None => true,
    };
    match &request.events.part {
        EventPart::Near(device, at) => ViewBody::Near(Box::new(NearView {
            device: Some(device.clone()),
            at: *at,
            alarms: fixture::alarms().into_iter().filter(|row| row.device.as_ref() == Some(device)).collect(),
            lines: lines("core-2", *at),
            line_count: 12,
            ..NearView::default()
        })),
        EventPart::Table => ViewBody::Events(window(all.into_iter().filter(about).collect(), request, |row| row.object.clone())),
        EventPart::Timeline => {
            let to = request.at.unwrap_or(now());
            let line = |event: EventRow| EventLine { count: 1, objects: 1, first: event.at, burst: None, event };
            let mut lines: Vec<EventLine> = all.into_iter().filter(|row| about(row) && row.at <= to).map(line).collect();
            if let Some(burst) = lines.get_mut(1) {
                let open = request.folded.iter().any(|name| name == "interface-status@1");
                (burst.count, burst.objects) = if open { (1, 1) } else { (12, 9) };
                (burst.first, burst.burst) = (ago(131), Some("interface-status@1".to_owned()));
            }
            let events = lines.len() + 11;
            let step = |at: u32| EventStep {
                all: at % 7 / 3,
                faults: u32::from(at.is_multiple_of(31)),
                warnings: u32::from(at.is_multiple_of(17)),
            };
            ViewBody::Timeline(Box::new(TimelineView {
                table: Table { total: events, ..window(lines, request, |line| line.object.clone()) },
                events,
                range: Some(noctop::model::TimeRange { from: to.minus(Duration::from_secs(3600)), to }),
                step_secs: 20,
                rates: (0..180).map(step).collect(),
                devices: vec![("acc-b2-07".to_owned(), 13), ("core-2".to_owned(), 2), ("evil\u{1b}[2J".to_owned(), 1)],
                kept_from: Some(ago(90_000)),
            }))
        }
    }
}

fn check(screen: Screen, (name, size, glyphs, keys): (&str, (u16, u16), GlyphSet, &str)) {
    let buf = drawn(state(screen, size, glyphs), keys);
    let text = shot::text(&buf);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    let plain = text.replace(|c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c), "");
    assert!(glyphs != GlyphSet::Ascii || plain.is_ascii(), "{name} is not ASCII:\n{text}");
    insta::assert_snapshot!(format!("{}-{name}", screen.name()), layers(&buf));
}

#[test]
fn alarms_in_every_way() {
    for (name, size, keys) in [
        ("unfolded-120x36", (120, 36), "z j"),
        ("unfolded-80x24", (80, 24), "z j"),
        ("port-120x36", (120, 36), "j"),
        ("handled-80x24", (80, 24), "j"),
        ("flaps-120x36", (120, 36), "j j j"),
        ("whole-80x24", (80, 24), "v"),
        ("whole-40x12", (40, 12), "j Enter"),
        ("marked-80x24", (80, 24), "space space"),
        ("past-120x36", (120, 36), "{"),
    ] {
        check(Screen::Alarms, (name, size, GlyphSet::Unicode, keys));
    }
    check(Screen::Alarms, ("unfolded-120x36-ascii", (120, 36), GlyphSet::Ascii, "z j"));
    check(Screen::Alarms, ("unfolded-120x36-cjk", (120, 36), GlyphSet::Cjk, "z j"));
}

#[test]
fn events_in_every_way() {
    for (name, size, keys) in [
        ("burst-120x36", (120, 36), "j"),
        ("burst-open-120x36", (120, 36), "j z"),
        ("fault-80x24", (80, 24), "j j"),
        ("cursor-120x36", (120, 36), "h h h h h h h h"),
        ("zoomed-80x24", (80, 24), "h h h Tab Enter"),
        ("devices-120x36", (120, 36), "Tab Tab j"),
        ("narrow-80x24", (80, 24), "j j m j"),
        ("past-80x24", (80, 24), "{ {"),
    ] {
        check(Screen::Events, (name, size, GlyphSet::Unicode, keys));
    }
    check(Screen::Events, ("burst-120x36-ascii", (120, 36), GlyphSet::Ascii, "j"));
}

#[test]
fn alarms_and_events_are_told_apart_without_colour() {
    for screen in [Screen::Alarms, Screen::Events] {
        let mut state = state(screen, (120, 36), GlyphSet::Unicode);
        (state.theme, state.depth) = (ThemeName::Mono, Depth::Mono);
        insta::assert_snapshot!(format!("{}-120x36-mono", screen.name()), layers(&drawn(state, "j")));
    }
}

/// A state as events make it, answered as an engine answers.
struct Answers(State);

impl Backend for Answers {
    fn watch(&self, _: WatchId, _: ViewRequest) {}
    fn unwatch(&self, _: WatchId) {}
    fn ask(&self, request: ViewRequest) -> Result<View, AskError> {
        Ok(answer_of(&self.0, &request))
    }
    fn command(&self, _: Command) -> Result<Answer, AskError> {
        Ok(Answer::Accepted)
    }
    fn subscribe(&self, _: Sink) {}
    fn close(&self) {}
}

fn alarm(rule: &str, object: &str, severity: Severity) -> Alarm {
    Alarm {
        id: format!("{rule}@{object}"),
        rule: rule.to_owned(),
        severity,
        object: object.to_owned(),
        device: Some(DeviceId::new(object)),
        text: "2 polls not answered".to_owned(),
        raised_at: ago(90),
        cleared_at: None,
        count: 1,
        if_index: None,
        runbook: None,
        flap: None,
    }
}

/// So many devices behind one that is down.
fn storm(children: usize) -> Handle {
    let mut state = State::new(Settings::default());
    let mut take = |body: Body| {
        apply(&mut state, &Event { at: ago(90), body });
    };
    let root = alarm("device-down", "core-1", Severity::Critical);
    take(Body::AlarmRaised(Box::new(root.clone())));
    take(Body::AlarmRaised(Box::new(alarm("high-temperature", "ups-1", Severity::Minor))));
    let mut explained = Vec::new();
    for number in 0..children {
        let hostile = if number % 1000 == 7 { "\u{1b}]0;x\u{7}\u{202e}" } else { "" };
        let child = alarm("unreachable", &format!("acc-{number:04}{hostile}"), Severity::Major);
        let step = |object: &str, evidence: &str| CauseStep {
            object: object.to_owned(),
            device: Some(DeviceId::new(object)),
            since: Some(ago(92)),
            evidence: evidence.to_owned(),
        };
        let chain =
            vec![step("core-1", "2 polls not answered"), step("dist-7 Te1/1", "link down"), step(&child.object, "not reached")];
        let cause = Cause { root: root.id.clone(), rule: CauseRule::Behind, chain, remains: number == 3 };
        explained.push(Explained { alarm: child.id.clone(), cause: Some(cause) });
        take(Body::AlarmRaised(Box::new(child)));
    }
    take(Body::Explained(explained));
    // Without a tick: nothing here is a device that a rule or a way could be held against.
    state.set_now(now());
    Handle::new(Arc::new(Answers(state)))
}

fn stormy(handle: &Handle, (size, glyphs, keys): ((u16, u16), GlyphSet, &str)) -> String {
    shot::text(&shot::render(handle, state(Screen::Alarms, size, glyphs), &shot::keys(keys)).unwrap())
}

#[test]
fn a_storm_is_one_row_until_it_is_unfolded_and_then_every_child_can_be_reached() {
    let handle = storm(5_000);
    for size in SIZES {
        let folded = stormy(&handle, (size, GlyphSet::Unicode, ""));
        assert!(folded.contains("+5000") && !folded.contains("acc-0000"), "{folded}");
        insta::assert_snapshot!(format!("storm-{}x{}", size.0, size.1), folded);
    }
    let header = stormy(&handle, ((120, 36), GlyphSet::Unicode, ""));
    let header = header.lines().next().unwrap();
    assert!(header.contains("CRIT 1  MAJ 0  MIN 1"), "what is explained is not counted: {header}");
    let open = stormy(&handle, ((120, 36), GlyphSet::Unicode, "z j"));
    assert!(open.contains("acc-0000") && open.contains("dist-7 Te1/1"), "{open}");
    insta::assert_snapshot!("storm-unfolded-120x36", open);
    insta::assert_snapshot!("storm-unfolded-80x24-ascii", stormy(&handle, ((80, 24), GlyphSet::Ascii, "z j j")));
    let last = stormy(&handle, ((120, 36), GlyphSet::Unicode, "z G k"));
    assert!(last.contains("acc-4999"), "the last of them: {last}");
    let paged = stormy(&handle, ((120, 36), GlyphSet::Unicode, &format!("z{}", " pagedown".repeat(40))));
    assert!(paged.contains("acc-11") || paged.contains("acc-10"), "{paged}");
    let again = stormy(&handle, ((120, 36), GlyphSet::Unicode, "z G k z"));
    assert!(!again.contains("acc-4999") && again.contains("core-1"), "folded from within: {again}");
}

#[test]
fn alarms_stand_under_what_they_share() {
    let handle = storm(3);
    insta::assert_snapshot!("groups-80x24", stormy(&handle, ((80, 24), GlyphSet::Unicode, "b b b")));
    let folded = stormy(&handle, ((80, 24), GlyphSet::Unicode, "b b b z"));
    assert!(!folded.contains("+3 "), "under a folded head stands nothing: {folded}");
    for keys in ["b", "b b", "b b b b", "b b b b b"] {
        assert!(stormy(&handle, ((80, 24), GlyphSet::Unicode, keys)).contains("Alarms"), "{keys}");
    }
}

#[test]
fn filters_know_the_states_of_alarms() {
    let handle = storm(12);
    let shown = |filter: &str| {
        let mut request = ViewRequest::new(Screen::Alarms, 100);
        request.filter = filter.to_owned();
        match handle.ask(request).unwrap() {
            View { body: ViewBody::Alarms(table), chrome } if chrome.fault.is_none() => table.matched,
            other => panic!("{filter}: {:?}", other.chrome.fault),
        }
    };
    for (filter, count) in [
        ("state:active", 2),
        ("state=active", 2),
        ("state:active,unacked", 2),
        ("state:unacked sev>=major", 1),
        ("state:explained", 12),
        ("state:maintenance", 0),
        ("state:silenced", 0),
        ("state:cleared", 0),
        ("state:acknowledged", 0),
        ("children>5", 1),
    ] {
        assert_eq!(shown(filter), count, "{filter}");
    }
}

#[test]
fn storms_harm_no_size() {
    let handle = storm(200);
    for width in (1..200).step_by(13) {
        for height in (1..60).step_by(7) {
            for keys in ["", "z", "z j v", "b b z"] {
                stormy(&handle, ((width, height), GlyphSet::Unicode, keys));
            }
        }
    }
}

#[test]
fn what_is_done_can_be_taken_back() {
    use noctop::ui::console::Console;
    use noctop::ui::state::Access;
    let mut desk = state(Screen::Alarms, (120, 36), GlyphSet::Unicode);
    (desk.access, desk.user) = (Access::ReadWrite, "kim".to_owned());
    let mut console = Console::new(desk);
    let handle = fixture::handle(fixture::Network::Campus);
    let watch = console.state.watch;
    let view = Arc::new(handle.ask(console.request()).unwrap());
    console.update(noctop::engine::Update::View(watch, view));
    let mut press = |keys: &str| {
        let keys = shot::keys(keys);
        keys.into_iter().flat_map(|key| console.key(key)).collect::<Vec<_>>()
    };
    let asked = |effects: &[Effect]| {
        let asks = effects.iter().filter_map(|effect| match effect {
            Effect::Ask(Purpose::Acknowledge(_), command) => Some(format!("{command:?}")),
            _ => None,
        });
        asks.collect::<Vec<_>>()
    };
    assert_eq!(asked(&press("U")), Vec::<String>::new(), "nothing was done yet");
    // core-2's alarm is acknowledged with a note: undoing a release brings the note back.
    let released = asked(&press("j a"));
    assert!(released.len() == 1 && released[0].contains("Release"), "{released:?}");
    let undone = asked(&press("U"));
    assert!(undone.len() == 2 && undone[1].contains("4711"), "{undone:?}");
    let silenced = asked(&press("S t 3 0 m Enter"));
    assert!(silenced.len() == 1 && silenced[0].contains("Silence(1800)"), "{silenced:?}");
    let begun = asked(&press("g m j 4"));
    assert!(begun.len() == 1 && begun[0].contains("Begin") && begun[0].contains("Site"), "{begun:?}");
    let ended = asked(&press("U"));
    assert!(ended.len() == 1 && ended[0].contains("End"), "{ended:?}");
}

#[test]
fn from_what_happened_every_screen_opens_at_that_time_and_back_is_back() {
    use noctop::ui::console::Console;
    let targets = [
        ("t", Screen::Topology),
        ("d", Screen::Device),
        ("i", Screen::Interfaces),
        ("h", Screen::Interface),
        ("f", Screen::Flows),
        ("l", Screen::Logs),
        ("a", Screen::Alarms),
        ("e", Screen::Events),
    ];
    // In each list a row on a port, half an hour old and older.
    for (from, down) in [(Screen::Alarms, "j j"), (Screen::Events, "j j j j"), (Screen::Logs, "k k k k k k k k")] {
        for (key, to) in targets {
            let mut console = Console::new(state(from, (120, 36), GlyphSet::Unicode));
            let handle = fixture::handle(fixture::Network::Campus);
            let answered = |console: &mut Console| {
                let view = Arc::new(handle.ask(console.request()).unwrap());
                console.update(noctop::engine::Update::View(console.state.watch, view));
            };
            answered(&mut console);
            shot::keys(down).into_iter().for_each(|key| {
                console.key(key);
            });
            answered(&mut console);
            if from == Screen::Logs {
                // Lines of the fixture are of the last quarter of an hour.
                console.state.span_secs = 300;
            }
            shot::keys(&format!("o {key}")).into_iter().for_each(|key| {
                console.key(key);
            });
            let wanted =
                if to == Screen::Interface && console.state.place.screen == Screen::Device { Screen::Device } else { to };
            assert_eq!(console.state.place.screen, wanted, "{from:?} o {key}");
            if from != to {
                let at = console.state.time.at.unwrap_or_else(|| panic!("{from:?} o {key} is of now"));
                assert!(at < now(), "{from:?} o {key}: {at}");
                console.command("history-back");
                assert_eq!((console.state.place.screen, console.state.time.at), (from, None), "{from:?} o {key} and back");
            }
        }
    }
}

#[test]
fn alarms_and_events_in_korean() {
    for (screen, name, size, keys) in [
        (Screen::Alarms, "root-120x36", (120, 36), ""),
        (Screen::Alarms, "child-120x36", (120, 36), "z j"),
        (Screen::Alarms, "whole-80x24", (80, 24), "v"),
        (Screen::Events, "burst-120x36", (120, 36), "j"),
    ] {
        let mut state = state(screen, size, GlyphSet::Unicode);
        state.lang = Lang::Ko;
        insta::assert_snapshot!(format!("ko-{}-{name}", screen.name()), shot::text(&drawn(state, keys)));
    }
}
