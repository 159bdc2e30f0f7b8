//! Both stores answer the same; what was written is there again, whatever happened to the process or the files.

use super::super::{LogOrder, MemoryLogs, Patience, RateSteps};
use super::*;
use crate::model::log::{JoinedBy, LogDevice, OwnTime, TrapDetail};
use crate::model::{DeviceId, Facility, LogKind, LogSeverity};
use crate::query::{Window, filter};
use proptest::prelude::*;

mod keeping;

const START: i64 = 1_795_348_800_000;
const EVERYTHING: TimeRange = TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) };

fn open(folder: &Path, access: Access) -> DiskLogs {
    DiskLogs::open(&folder.join(FOLDER), access, Box::new(|_| Ok(()))).unwrap()
}

/// What lines say, of every kind: vendors' forms, Korean, escapes, words that are longer than an index takes, nothing.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "%LINK-3-UPDOWN: Interface Te1/1/4, changed state to down",
        "%LINK-3-UPDOWN: Interface Te1/1/14, changed state to up",
        "Process 1, Nbr 10.0.7.9 on Te1/1/7 from FULL to DOWN, Neighbor Down: BFD node down",
        "Failed password for root from 10.66.1.13 port 40022 ssh2",
        "Event|10502|LOG_INFO|AMM|1/1|Client 3c22.fb00 authenticated on port 1/1/7",
        "링크가 끊어졌습니다: Te1/1/4 다운",
        "STRASSE straße ΟΔΟΣ ΣΊΣΥΦΟΣ İstanbul",
        "\u{1b}[31mred\u{1b}[0m \u{202e}evil\u{7}",
        "two  blanks\tand a tab\u{a0}and none",
        "",
        " ",
        "down",
        "link down link",
        "a\"quoted text\"b 'x'",
        "ff:ff:ff:ff:ff:ff fe80::1 2001:db8::7/64",
    ]
    .map(str::to_owned)
    .into();
    texts.push(format!("head {} tail-of-it", "x1".repeat(4000)));
    texts.push(format!("{}Needle{}", "y".repeat(900), "z".repeat(900)));
    texts.push("w ".repeat(300));
    texts
}

fn line(seed: u64, at: i64) -> LogLine {
    static TEXTS: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(texts);
    let texts = &*TEXTS;
    let mut line = LogLine::new(Timestamp(at), [10, 0, (seed % 3) as u8, (seed % 7) as u8].into(), LogKind::Syslog);
    line.text = texts[seed as usize % texts.len()].clone();
    line.severity = LogSeverity::from_number((seed % 9) as u8);
    line.facility = Facility::from_number((seed % 25) as u8);
    line.host = (!seed.is_multiple_of(4)).then(|| format!("Core-{}", seed % 5));
    line.app = (!seed.is_multiple_of(3)).then(|| ["sshd", "LINK", "bgp\u{1b}[0m"][seed as usize % 3].to_owned());
    line.process = (seed.is_multiple_of(5)).then(|| (seed * 37 % 1000).to_string());
    line.message_id = (seed.is_multiple_of(6)).then(|| "UPDOWN".to_owned());
    line.own = (seed.is_multiple_of(2)).then_some(OwnTime { at: Timestamp(at - 5000), zoned: seed.is_multiple_of(4) });
    line.raw = if seed.is_multiple_of(3) { format!("<13>Nov 22 x: {}\n", line.text).into_bytes() } else { vec![0xff, 0, 0x1b] };
    if seed % 3 == 1 {
        let port = (seed % 2 == 1).then(|| "Te1/1/4".to_owned());
        let name: Arc<str> = format!("core-{}", seed % 5).into();
        line.device = Some(LogDevice { id: DeviceId::new(&format!("chassis:0{}", seed % 5)), name, by: JoinedBy::Address, port });
    }
    if seed.is_multiple_of(11) {
        line.kind = LogKind::Trap;
        line.severity = None;
        line.trap = Some(Box::new(TrapDetail {
            oid: "1.3.6.1.6.3.1.1.5.3".parse().ok(),
            name: "linkDown".to_owned(),
            version: "v2c".to_owned(),
            inform: false,
            uptime_ticks: Some(7),
            if_index: None,
            binds: Vec::new(),
            left_out: 0,
        }));
    }
    line.masked = (seed % 2) as u32;
    line
}

const FILTERS: &[&str] = &[
    "",
    "down",
    "DOWN",
    "te1/1/4",
    "1/1",
    "\"state to down\"",
    "\"o do\"",
    "\" \"",
    "\"  blanks\"",
    "\"blanks\tand\"",
    "\"tab\u{a0}and\"",
    "/link.down/",
    "/(?i)LINK.*Down/",
    "/^link down link$/",
    "/[0-9]{5}/",
    "/BFD|ssh2/",
    "/nbr|Nbr 10\\.0\\.[0-9]+\\.9/",
    "/(x1){3}/",
    "/\\x1b/",
    "/^$/",
    "링크",
    "다운",
    "straße",
    "οδος",
    "σίσυφος",
    "/ΟΔΟΣ/",
    "i̇stanbul",
    "needle",
    "yyyneedlezzz",
    "text=down",
    "text=\"link down link\"",
    "text!=down",
    "text<e",
    "text~^$",
    "device:core-1",
    "device=core-1",
    "device:chassis:03",
    "device~^core-[12]$",
    "host:CORE-2",
    "host=core-2",
    "host!=core-2",
    "app:ssh",
    "app=LINK",
    "app:\"\u{1b}[0m\"",
    "if:te1/1/4",
    "ip:10.0.1.0/24",
    "ip=10.0.0.3",
    "ip:0.3",
    "10.0.2.4",
    "10.0.0.0/8",
    "sev>=warning",
    "sev<=4",
    "sev=err",
    "sev!=err",
    "sev<info",
    "fac:local",
    "facility=kern",
    "kind=trap",
    "kind!=trap",
    "id=updown",
    "trap:linkdown",
    "oid:1.3.6.1.6.3",
    "pid=370",
    "pid>500",
    "receivedAt>2026-11-22T12:00:30Z",
    "at<2026-11-22T12:00:30Z",
    "at>-10s",
    "pattern:\"interface *\"",
    "pattern=\"down\"",
    "not down",
    "not (down or sev>=warning)",
    "/link.down/ device:core-1 sev>=notice",
    "down or host:core-3 and not kind=trap",
    "not needle not \"x1x1\"",
    "host core-1",
    "nothing-says-this",
    "nonsense=1",
    "sev>=loud",
];

fn question(text: &str) -> LogQuestion {
    LogQuestion {
        filter: filter::parse(text).unwrap(),
        range: EVERYTHING,
        now: Timestamp(START + 60_000),
        window: Window::ALL,
        seek: None,
        order: LogOrder::OldestFirst,
        fold: false,
        faults_only: false,
        rates: None,
        patience: Patience::default(),
    }
}

/// An answer without the numbers, which each store gives as it likes.
fn shape(answer: LogAnswer) -> (LogAnswer, Vec<(Arc<LogLine>, u32, Timestamp)>) {
    let rows = answer.rows.iter().map(|row| (Arc::clone(&row.line), row.count, row.first)).collect();
    (LogAnswer { rows: Vec::new(), ..answer }, rows)
}

fn check(memory: &MemoryLogs, disk: &DiskLogs, question: &LogQuestion) {
    let expected = shape(memory.logs_ask(question).unwrap());
    // The second time out of what is remembered.
    for _ in 0..2 {
        let answer = disk.logs_ask(question).unwrap();
        assert!(answer.rows.iter().take(2).all(|row| disk.logs_line(row.number).unwrap().as_ref() == Some(&row.line)));
        let answer = shape(answer);
        assert_eq!(answer.0, expected.0, "{question:?}");
        assert!(answer.1 == expected.1, "{question:?}");
    }
}

/// Asks both stores the same in every way.
fn ask_everything(memory: &MemoryLogs, disk: &DiskLogs, filters: &[&str]) {
    let at = |secs: i64| Timestamp(START + secs * 1000);
    for text in filters {
        let plain = question(text);
        let range = TimeRange { from: at(10), to: at(40) };
        let rates = Some(RateSteps { from: at(-5), step: Duration::from_secs(7), count: 9 });
        let some = |offset| Window { offset, rows: 5 };
        for order in [LogOrder::OldestFirst, LogOrder::NewestFirst] {
            for fold in [false, true] {
                let plain = LogQuestion { order, fold, ..plain.clone() };
                check(memory, disk, &plain);
                check(memory, disk, &LogQuestion { range, rates, window: some(3), ..plain.clone() });
                check(memory, disk, &LogQuestion { window: some(usize::MAX), faults_only: true, rates, ..plain.clone() });
                for seek in [-1, 17, 99] {
                    check(memory, disk, &LogQuestion { seek: Some(at(seek)), window: some(0), ..plain.clone() });
                }
            }
        }
        let patterns = PatternQuestion {
            filter: plain.filter.clone(),
            range: TimeRange { from: at(20), to: at(59) },
            now: plain.now,
            faults_only: false,
            window: Window { offset: 0, rows: 9 },
            patience: Patience::default(),
        };
        let counted = |answer: PatternAnswer| PatternAnswer {
            rows: answer.rows.into_iter().map(|row| crate::model::log::LogPattern { example: 0, ..row }).collect(),
            ..answer
        };
        assert_eq!(counted(disk.logs_patterns(&patterns).unwrap()), counted(memory.logs_patterns(&patterns).unwrap()), "{text}");
    }
    let kept = (disk.logs_kept().unwrap(), memory.logs_kept().unwrap());
    assert_eq!((kept.0.lines, kept.0.span), (kept.1.lines, kept.1.span));
}

fn lines(from: u64, to: u64) -> Vec<LogLine> {
    (from..to).map(|seed| line(seed, START + seed as i64 * 250)).collect()
}

#[test]
fn lines_in_memory_in_indexes_and_in_both_are_found_alike() {
    let folder = tempfile::tempdir().unwrap();
    let (memory, disk) = (MemoryLogs::default(), open(folder.path(), Access::Write));
    for (from, to) in [(0, 90), (90, 170), (170, 240)] {
        memory.logs_append(lines(from, to)).unwrap();
        disk.logs_append(lines(from, to)).unwrap();
        if to < 240 {
            disk.index_all();
        }
    }
    ask_everything(&memory, &disk, FILTERS);
}

#[test]
fn lines_that_come_late_and_at_the_same_time_keep_their_order_when_indexes_are_joined() {
    let folder = tempfile::tempdir().unwrap();
    let (memory, disk) = (MemoryLogs::default(), open(folder.path(), Access::Write));
    for part in 0..9u64 {
        // Every third part lies before the one ahead of it, and all have lines of the same moments.
        let shift = if part % 3 == 2 { -9000 } else { 0 };
        let some: Vec<LogLine> =
            (part * 20..part * 20 + 20).map(|seed| line(seed, START + shift + (seed as i64 / 4) * 1000)).collect();
        memory.logs_append(some.clone()).unwrap();
        disk.logs_append(some).unwrap();
        disk.index_all();
    }
    ask_everything(&memory, &disk, &FILTERS[..20]);
    assert_eq!(disk.periods()[0].read().chunks.len(), 9);
    while disk.logs_tend().unwrap() {}
    assert_eq!(disk.periods()[0].read().chunks.len(), 1);
    ask_everything(&memory, &disk, FILTERS);
    drop(disk);
    ask_everything(&memory, &open(folder.path(), Access::Read), &FILTERS[..20]);
}

#[test]
fn indexes_that_follow_on_each_other_are_joined_and_a_day_that_is_over_becomes_one() {
    let folder = tempfile::tempdir().unwrap();
    let (memory, disk) = (MemoryLogs::default(), open(folder.path(), Access::Write));
    for part in 0..10 {
        memory.logs_append(lines(part * 20, part * 20 + 20)).unwrap();
        disk.logs_append(lines(part * 20, part * 20 + 20)).unwrap();
        disk.index_all();
    }
    while disk.logs_tend().unwrap() {}
    ask_everything(&memory, &disk, FILTERS);
    let next = line(1, START + 90_000_000);
    memory.logs_append(vec![next.clone()]).unwrap();
    disk.logs_append(vec![next]).unwrap();
    while disk.logs_tend().unwrap() {}
    let periods = disk.periods();
    assert_eq!((periods.len(), periods[0].read().chunks.len()), (2, 1));
    ask_everything(&memory, &disk, FILTERS);
}

#[test]
fn a_question_that_takes_too_long_is_answered_of_the_newest_lines_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let disk = open(folder.path(), Access::Write);
    for part in 0..3i64 {
        disk.logs_append((0..30).map(|at| line(11, START + part * 60_000 + at * 1000)).collect()).unwrap();
        if part < 2 {
            disk.index_all();
        }
    }
    let asks = AtomicU64::new(0);
    let patience = Patience::until(move || asks.fetch_add(1, Ordering::Relaxed) > 0);
    let answer = disk.logs_ask(&LogQuestion { patience, ..question("/d[o]wn/") }).unwrap();
    assert_eq!((answer.total, answer.lines), (90, 60));
    assert_eq!(answer.looked_from.map(|at| at.0 / 1000), Some((START + 29_000) / 1000));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_found_by_any_part_of_it(
        texts in prop::collection::vec("(?s)[a-zA-Z0-9 ./:%\\-\t가-힣ßΣİ\u{1b}]{0,40}", 1..20),
        from in 0usize..40,
        len in 1usize..12,
        pick in 0usize..20,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (memory, disk) = (MemoryLogs::default(), open(folder.path(), Access::Write));
        let lines: Vec<LogLine> = (0..).zip(&texts).map(|(at, text)| LogLine { text: text.clone(), ..line(3, START + at) }).collect();
        memory.logs_append(lines.clone()).unwrap();
        disk.logs_append(lines).unwrap();
        disk.index_all();
        let part: String = texts[pick % texts.len()].chars().skip(from).take(len).collect();
        let escaped = part.replace('\\', "\\\\").replace('"', "\\\"");
        for text in [format!("\"{escaped}\""), format!("not \"{escaped}\""), format!("/{}/", regex::escape(&part).replace('/', "\\/"))] {
            if let Ok(filter) = filter::parse(&text) {
                check(&memory, &disk, &LogQuestion { filter, ..question("") });
            }
        }
    }
}
