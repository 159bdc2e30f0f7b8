//! Log lines of a store: they outlast a kill -9, go with their time and with the cap, and are in backups and figures.

use super::space::forever;
use super::*;
use crate::history::logs::{LogClass, LogOrder, LogQuestion, Patience};
use crate::model::{LogKind, LogLine, TimeRange};
use crate::query::{Window, filter};

const DAY: i64 = 86_400;
const EPOCH: i64 = 1_795_305_600;

fn line(n: u64) -> LogLine {
    let mut line = LogLine::new(Timestamp(EPOCH * 1000 + n as i64 * 10), [10, 0, 0, 1].into(), LogKind::Syslog);
    line.text = format!("line {n} of Te1/1/{}", n % 48);
    line.raw = line.text.clone().into_bytes();
    line
}

fn found(store: &SledStore, text: &str) -> Vec<String> {
    let question = LogQuestion {
        filter: filter::parse(text).unwrap(),
        range: TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) },
        now: Timestamp(0),
        window: Window::ALL,
        seek: None,
        order: LogOrder::OldestFirst,
        fold: false,
        faults_only: false,
        rates: None,
        patience: Patience::default(),
    };
    store.logs().logs_ask(&question).unwrap().rows.iter().map(|row| row.line.text.clone()).collect()
}

#[test]
#[ignore = "a process that another test starts and kills"]
fn hears_lines_until_it_is_killed() {
    let store = SledStore::open(&PathBuf::from(std::env::var(CHILD).unwrap())).unwrap();
    let before = found(&store, "").len() as u64;
    for n in before.. {
        store.logs().logs_append(vec![line(n)]).unwrap();
        if n % 50 == 49 {
            store.flush().unwrap();
            println!("flushed {n}");
        }
        if n % 60 == 59 {
            store.logs.index_all();
            while store.logs().logs_tend().unwrap() {}
        }
    }
}

#[test]
fn a_killed_listener_loses_no_line_that_was_flushed_and_doubles_none() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..4 {
        let mut writer = child("logs::hears_lines_until_it_is_killed", folder.path(), None).spawn().unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut flushed = 0;
        for (count, line) in lines.map_while(Result::ok).filter(|line| line.starts_with("flushed")).enumerate() {
            flushed = line.trim_start_matches("flushed ").parse::<u64>().unwrap();
            if count == 9 + round * 3 {
                writer.kill().unwrap();
            }
        }
        writer.wait().unwrap();
        assert!(flushed > 0, "the child heard nothing");
        let store = SledStore::open(folder.path()).unwrap();
        let all = found(&store, "");
        let mut once = all.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), all.len(), "a line stands twice");
        assert!((0..).zip(&all).all(|(n, text)| *text == line(n).text), "a line is missing");
        assert!(all.len() as u64 > flushed, "{} lines, {flushed} flushed", all.len());
        assert_eq!(store.verify().unwrap(), []);
    }
}

#[test]
fn lines_go_with_their_time_and_with_the_cap_and_are_in_figures_and_backups() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let store = SledStore::open(&at("own")).unwrap();
    let debug = LogClass {
        name: "debug".to_owned(),
        filter: filter::parse("/line [0-9]*7 /").unwrap(),
        keep: std::time::Duration::from_secs(2 * DAY as u64),
    };
    store.logs().logs_classes(vec![debug]).unwrap();
    for day in 0..6 {
        let of_day = (0..200).map(|n| LogLine { received: Timestamp((EPOCH + day * DAY + n as i64) * 1000), ..line(n) });
        store.logs().logs_append(of_day.collect()).unwrap();
    }
    store.flush().unwrap();
    let stats = store.stats().unwrap();
    assert_eq!((stats.logs, stats.log_bytes > 0, stats.lost), (1200, true, 0));
    assert!(stats.periods.iter().any(|period| (period.name.as_str(), period.samples) == ("logs/debug", 120)));
    store.backup(&at("copy")).unwrap();
    let copy = SledStore::open_read_only(&at("copy")).unwrap();
    assert_eq!((found(&copy, "").len(), copy.verify().unwrap()), (1200, Vec::new()));
    drop(copy);
    let restored = SledStore::restore(&at("copy"), &at("again"), crate::history::sled::Replace::Never).unwrap();
    assert_eq!(restored.damaged, []);
    assert_eq!(found(&SledStore::open_read_only(&at("again")).unwrap(), "\"line 7 of\"").len(), 6);
    let limits = Limits { now: Timestamp::from_secs(EPOCH + 6 * DAY), ..forever() };
    assert_eq!(store.maintain(&limits).unwrap().forgotten, 4, "the class's own time");
    assert_eq!(found(&store, "").len(), 1200 - 80);
    let kept = Limits { logs: std::time::Duration::from_secs(4 * DAY as u64), ..limits };
    assert_eq!(store.maintain(&kept).unwrap().forgotten, 2);
    let capped = store.maintain(&Limits { max_bytes: Some(1), ..limits }).unwrap().capped;
    assert!(capped.iter().any(|name| name == "logs/rest/20261124"), "{capped:?}");
    assert_eq!(found(&store, "").len(), 0);
}
