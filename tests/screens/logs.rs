//! Log lines of the campus of the fixture: several vendors, traps, what is hostile; and the Logs screen with them.

use super::fixture::{Network, ago, handle, id};
use super::golden::{drawn, layers, state};
use noctop::model::log::{JoinedBy, LogDevice, LogPattern, OwnTime, TrapBind, TrapDetail};
use noctop::model::{Facility, IfIndex, LogKind, LogLine, LogSeverity, TimeRange, Timestamp};
use noctop::query::{LogPart, Screen, ViewRequest};
use noctop::state::view::logs::{LogListener, LogNear, LogStep};
use noctop::state::view::{EventRow, LogRow, LogsView, Table};
use noctop::ui::{Depth, GlyphSet, ThemeName, shot};
use std::time::Duration;

/// Age in milliseconds, host, severity, app, id, text.
type Said = (u64, &'static str, Option<LogSeverity>, &'static str, &'static str, &'static str);

const SAID: [Said; 12] = [
    (
        1_203_000,
        "dist-1",
        Some(LogSeverity::Notice),
        "SYS",
        "SYS-5-CONFIG_I",
        "%SYS-5-CONFIG_I: Configured from console by kim on vty0 (10.20.1.4)",
    ),
    (
        871_898,
        "core-2",
        Some(LogSeverity::Error),
        "BFD",
        "BFD-3-DOWN",
        "%BFD-3-DOWN: session 10.0.1.2 on Te1/1/4 down: echo function failed",
    ),
    (
        871_760,
        "core-2",
        Some(LogSeverity::Warning),
        "OSPF",
        "OSPF-5-ADJCHG",
        "%OSPF-5-ADJCHG: Process 1, Nbr 10.0.0.9 on Te1/1/4 from FULL to DOWN",
    ),
    (871_689, "core-2", None, "", "linkDown", "linkDown ifIndex 14 Te1/1/4 admin up oper down"),
    (
        870_992,
        "core-1",
        Some(LogSeverity::Warning),
        "OSPF",
        "OSPF-5-ADJCHG",
        "%OSPF-5-ADJCHG: Process 1, Nbr 10.0.0.2 on Te1/1/7 from FULL to DOWN",
    ),
    (640_100, "acc-b2-07", Some(LogSeverity::Critical), "chassisd", "CHASSISD_PEM_INPUT_BAD", "Power supply 1 input has failed"),
    (301_400, "srv-1", Some(LogSeverity::Warning), "sshd", "", "Failed password for root from 10.66.6.13 port 40022 ssh2"),
    (299_800, "srv-1", Some(LogSeverity::Warning), "sshd", "", "Failed password for root from 10.66.6.13 port 40031 ssh2"),
    (190_000, "서울-서버실-ups", Some(LogSeverity::Informational), "UPS", "", "자체 시험을 통과했습니다"),
    (
        61_250,
        "evil\u{1b}[2J",
        Some(LogSeverity::Alert),
        "app",
        "",
        "\u{1b}]0;owned\u{7}\u{1b}[31mred and \u{202e}reversed\ttab\nsecond line",
    ),
    (
        31_000,
        "acc-b1-02",
        Some(LogSeverity::Debug),
        "PARSER",
        "PARSER-7-CFGLOG",
        "%PARSER-7-CFGLOG: User:kim  logged command:snmp-server community *** RO",
    ),
    (
        5_000,
        "acc-b1-02",
        Some(LogSeverity::Informational),
        "DOT1X",
        "DOT1X-6-SUCCESS",
        "%DOT1X-6-SUCCESS: Authentication successful for client (3c22.fb01.0203) on Interface Gi1/0/17 AuditSessionID 0A14F3, which is a long way to say that somebody plugged in a telephone",
    ),
];

fn lines() -> Vec<LogLine> {
    SAID.iter()
        .map(|(age, host, severity, app, message_id, text)| {
            let received = ago(0).minus(Duration::from_millis(*age));
            let is_trap = severity.is_none();
            let kind = if is_trap { LogKind::Trap } else { LogKind::Syslog };
            let mut line = LogLine::new(received, "10.0.0.2".parse().unwrap(), kind);
            line.severity = *severity;
            line.facility = (!is_trap).then(|| Facility::from_number(23).unwrap());
            line.own = Some(OwnTime { at: Timestamp(received.0 - 42_000), zoned: host.starts_with("srv") });
            line.host = Some((*host).to_owned());
            let known = !host.starts_with("evil");
            line.device = known.then(|| LogDevice {
                id: id(host),
                name: (*host).into(),
                by: if host.starts_with("srv") { JoinedBy::Host } else { JoinedBy::Address },
                port: text.contains("Te1/1/4").then(|| "Te1/1/4".to_owned()),
            });
            let word = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            (line.app, line.message_id) = (word(app), word(message_id));
            line.process = (*app == "sshd").then(|| "4711".to_owned());
            line.text = (*text).to_owned();
            line.raw = if is_trap { Vec::new() } else { format!("<189>123: {host}: {text}").into_bytes() };
            line.masked = u32::from(text.contains("***"));
            line.trap = is_trap.then(|| Box::new(trap()));
            line
        })
        .collect()
}

fn trap() -> TrapDetail {
    let bind = |name: &str, value: &str| TrapBind { name: name.to_owned(), value: value.to_owned() };
    TrapDetail {
        oid: Some("1.3.6.1.6.3.1.1.5.3".parse().unwrap()),
        name: "linkDown".to_owned(),
        version: "v2c".to_owned(),
        inform: false,
        uptime_ticks: Some(182_304_000),
        if_index: Some(IfIndex(14)),
        binds: vec![bind("ifIndex.14", "14"), bind("ifAdminStatus.14", "up(1)"), bind("ifOperStatus.14", "down(2)")],
        left_out: 0,
    }
}

fn rates() -> Vec<LogStep> {
    (0..60u32)
        .map(|minute| {
            let burst = if (44..47).contains(&minute) { 40 } else { 0 };
            let all = 6 + (minute * 7) % 5 + burst;
            LogStep { all, errors: burst / 8 + u32::from(minute % 13 == 0), warnings: burst / 4 + minute % 2, traps: burst / 10 }
        })
        .collect()
}

/// The answer to a request of the screen.
pub fn view(request: &ViewRequest) -> LogsView {
    if let LogPart::Near(number) = request.logs.part {
        let near = LogNear {
            number,
            events: vec![EventRow {
                at: ago(870),
                kind: "interface-status".to_owned(),
                object: "core-2 Te1/1/4".to_owned(),
                device: Some(id("core-2")),
                text: "up > down".to_owned(),
                source: "snmp".to_owned(),
                severity: None,
            }],
            alarms: Vec::new(),
            lines: 3,
        };
        return LogsView { near: Some(Box::new(near)), ..LogsView::default() };
    }
    if request.logs.part == LogPart::Patterns {
        return patterns();
    }
    let to = request.at.unwrap_or(ago(0));
    let all: Vec<LogLine> = lines().into_iter().filter(|line| line.received <= to).collect();
    let total = all.len();
    let word = request.filter.trim_matches('/').to_lowercase();
    let wanted = |line: &LogLine| line.text.to_lowercase().contains(&word) || request.filter.contains(['=', '>', '(']);
    let mut rows: Vec<LogRow> = (0..)
        .zip(all)
        .filter(|(_, line)| wanted(line))
        .map(|(number, line)| LogRow { number, first: line.received, line, count: 1 })
        .collect();
    let lines = rows.len() as u64;
    if request.logs.fold {
        let second = rows.iter().position(|row| row.line.text.contains("port 40031"));
        if let Some(second) = second {
            let gone = rows.remove(second - 1);
            (rows[second - 1].count, rows[second - 1].first) = (2, gone.first);
        }
    }
    LogsView {
        table: Table { matched: rows.len(), total, offset: 0, rows },
        lines,
        range: Some(TimeRange { from: to.minus(Duration::from_secs(3600)), to }),
        rates: rates(),
        step_secs: 60,
        per_second: Some(96.2),
        kept_from: Some(ago(7200)),
        dropped: 1_204,
        listeners: listeners(12_004),
        looked_from: None,
        near: None,
        patterns: Table::default(),
    }
}

fn patterns() -> LogsView {
    type Told<'a> = (&'a str, u64, u64, bool, u32, Option<LogSeverity>);
    let rows: [Told<'_>; 4] = [
        (
            "%SFF8472-3-THRESHOLD_VIOLATION: *: Rx power low alarm; Operating value: * dBm",
            47,
            0,
            true,
            1,
            Some(LogSeverity::Error),
        ),
        ("%OSPF-5-ADJCHG: Nbr * on * from FULL to DOWN\u{1b}[2J", 12, 1, false, 3, Some(LogSeverity::Warning)),
        ("Failed password for * from * port * ssh2", 96, 90, false, 4, Some(LogSeverity::Warning)),
        ("linkDown ifIndex * admin up oper down", 4, 4, false, 2, None),
    ];
    let row = |(pattern, count, before, new, devices, severity): &Told<'_>| LogPattern {
        pattern: (*pattern).to_owned(),
        count: *count,
        before: *before,
        first: ago(2400),
        last: ago(30),
        new: *new,
        devices: *devices,
        severity: *severity,
        example: 1,
    };
    let rows: Vec<LogPattern> = rows.iter().map(row).collect();
    let range = TimeRange { from: ago(3600), to: ago(0) };
    let patterns = Table { matched: rows.len(), total: rows.len(), offset: 0, rows };
    LogsView { patterns, lines: 159, range: Some(range), step_secs: 60, ..LogsView::default() }
}

fn listeners(received: u64) -> Vec<LogListener> {
    let of = |name: &str, listen: &str| LogListener {
        name: name.to_owned(),
        listen: vec![listen.to_owned()],
        received,
        decoded: received,
        refused: received / 1000,
        dropped: 0,
    };
    vec![of("syslog", "udp:0.0.0.0:514"), of("trap", "0.0.0.0:162")]
}

/// Nothing was heard; something listens, or nothing.
pub fn silent() -> LogsView {
    LogsView { range: Some(TimeRange { from: ago(3600), to: ago(0) }), step_secs: 60, ..LogsView::default() }
}

fn check(name: &str, size: (u16, u16), glyphs: GlyphSet, keys: &str) {
    let buf = drawn(state(Screen::Logs, size, glyphs), keys);
    let text = shot::text(&buf);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    let plain = text.replace(|c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c), "");
    assert!(glyphs != GlyphSet::Ascii || plain.is_ascii(), "{name} is not ASCII:\n{text}");
    insta::assert_snapshot!(name, layers(&buf));
}

#[test]
fn lines_at_every_size() {
    for (width, height) in [(120, 36), (80, 24), (40, 12)] {
        for (set, glyphs) in [("unicode", GlyphSet::Unicode), ("ascii", GlyphSet::Ascii)] {
            check(&format!("logs-{width}x{height}-{set}"), (width, height), glyphs, "");
        }
    }
}

#[test]
fn lines_in_every_way() {
    for (name, size, keys) in [
        ("trap-120x36", (120, 36), "k k k k k k k k"),
        ("trap-80x24", (80, 24), "k k k k k k k k"),
        ("whole-80x24", (80, 24), "Enter"),
        ("whole-hostile-40x12", (40, 12), "k k Enter"),
        ("folded-80x24", (80, 24), "z"),
        ("raw-120x36", (120, 36), "x"),
        ("narrow-80x24", (80, 24), "k k m j j"),
        ("narrowed-120x36", (120, 36), "k k m Enter"),
        ("searched-120x36", (120, 36), "/ ospf Enter"),
        ("stopped-80x24", (80, 24), "k"),
        ("cursor-120x36", (120, 36), "h h h h h h"),
        ("zoomed-120x36", (120, 36), "h h h Tab Enter"),
        ("past-80x24", (80, 24), "{ {"),
    ] {
        check(&format!("logs-{name}"), size, GlyphSet::Unicode, keys);
    }
    check("logs-cjk-120x36", (120, 36), GlyphSet::Cjk, "k k k k k k k k");
}

#[test]
fn patterns_in_place_of_lines() {
    for (name, size, keys) in
        [("patterns-120x36", (120, 36), "b"), ("patterns-80x24", (80, 24), "b j"), ("patterns-40x12", (40, 12), "b")]
    {
        check(&format!("logs-{name}"), size, GlyphSet::Unicode, keys);
    }
    check("logs-patterns-80x24-ascii", (80, 24), GlyphSet::Ascii, "b");
    // Enter shows the lines of one, b the patterns again.
    let text = |keys: &str| shot::text(&drawn(state(Screen::Logs, (120, 36), GlyphSet::Unicode), keys));
    assert!(text("b Enter").contains("/pattern=\"%SFF8472"), "{}", text("b Enter"));
    assert!(text("b b").contains("Messages"));
}

#[test]
fn lines_are_told_apart_without_colour() {
    let mut state = state(Screen::Logs, (120, 36), GlyphSet::Unicode);
    (state.theme, state.depth) = (ThemeName::Mono, Depth::Mono);
    insta::assert_snapshot!("logs-120x36-mono", layers(&drawn(state, "k k")));
}

#[test]
fn silence_says_how_lines_come_here() {
    let state = state(Screen::Logs, (120, 36), GlyphSet::Unicode);
    let text = shot::text(&shot::render(&handle(Network::Empty), state, &[]).unwrap());
    assert!(text.contains("[syslog] listen") && text.contains("rsyslog"), "{text}");
    insta::assert_snapshot!("logs-120x36-silent", text);
}

#[test]
fn moving_up_stops_following_and_f_takes_it_up_again() {
    let title = |keys: &str| {
        let text = shot::text(&drawn(state(Screen::Logs, (120, 36), GlyphSet::Unicode), keys));
        let line = text.lines().find(|line| line.contains("Messages")).unwrap().to_owned();
        (line.contains("following"), line.contains("stopped"))
    };
    assert_eq!(title(""), (true, false));
    assert_eq!(title("k"), (false, true));
    assert_eq!(title("k G"), (true, false));
    assert_eq!(title("g F"), (true, false));
    assert_eq!(title("F"), (false, true));
    assert_eq!(title("j"), (true, false));
}
