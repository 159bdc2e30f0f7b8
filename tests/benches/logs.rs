//! What log lines cost: reading them, keeping them, and searching 200,000: `cargo bench --bench logs [-- LINES]`. The bar is 50 ms for any
//! question, the first time that it is asked.
#![allow(clippy::unwrap_used, reason = "a measurement that can't go on has to stop")]

use noctop::clock::Stopwatch;
use noctop::history::logs::{Bounds, LogOrder, LogQuestion, LogStore, MemoryLogs, Patience, RateSteps};
use noctop::model::{LogLine, TimeRange, Timestamp};
use noctop::query::{Window, filter};
use noctop::wire::syslog;
use std::time::Duration;

const START: i64 = 1_795_348_800_000;

/// Milliseconds between two lines: 200,000 of them are a day.
const APART: i64 = 432;

/// Filters from the cheapest to the dearest.
const FILTERS: [&str; 8] = [
    "",
    "sev>=err",
    "host=core-7",
    "ospf",
    "/BFD|OSPF/",
    "/nbr 10\\.0\\.[0-9]+\\.9 .* down/",
    "not ospf not login sev<=5",
    "nothing-says-this",
];

fn message(number: usize) -> String {
    let (device, port) = (number % 40, number % 48);
    match number % 4 {
        0 => format!(
            "<189>{number}: core-{device}: Nov 22 11:45:33.102: %OSPF-5-ADJCHG: Process 1, Nbr 10.0.{port}.9 on Te1/1/{port} from FULL to DOWN, Neighbor Down: BFD node down"
        ),
        1 => format!(
            "<187>{number}: core-{device}: Nov 22 11:45:33.102: %LINK-3-UPDOWN: Interface TenGigabitEthernet1/1/{port}, changed state to down"
        ),
        2 => format!(
            "<38>Nov 22 11:45:33 srv-{device} sshd[{number}]: Failed password for root from 10.66.{port}.13 port 40022 ssh2"
        ),
        _ => format!(
            "<190>1 2026-11-22T11:45:33.102Z acc-{device} port-accessd 77 - - Event|10502|LOG_INFO|AMM|1/1|Client 3c22.fb{number:06x} authenticated on port 1/1/{port}"
        ),
    }
}

fn main() {
    let count: usize = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(200_000);
    let messages: Vec<String> = (0..count).map(message).collect();
    let at = |number: usize| Timestamp(START + i64::try_from(number).unwrap() * APART);
    let stopwatch = Stopwatch::start();
    let source = [10, 0, 0, 1].into();
    let lines: Vec<LogLine> = messages
        .iter()
        .enumerate()
        .filter_map(|(number, text)| syslog::read(text.as_bytes(), (at(number), source)).ok())
        .collect();
    println!("reading      {:>8.2} us a line", stopwatch.elapsed().as_secs_f64() * 1e6 / count as f64);
    let logs = MemoryLogs::bounded(Bounds { lines: count, octets: usize::MAX });
    let stopwatch = Stopwatch::start();
    logs.logs_append(lines).unwrap();
    println!("keeping      {:>8.2} us a line", stopwatch.elapsed().as_secs_f64() * 1e6 / count as f64);
    let kept = logs.logs_kept().unwrap();
    println!("in memory    {:>8.0} octets a line", kept.octets as f64 / kept.lines as f64);
    let range = TimeRange { from: at(0), to: at(count) };
    let step = Duration::from_secs(600);
    for text in FILTERS {
        for fold in [false, true] {
            let question = LogQuestion {
                filter: filter::parse(text).unwrap(),
                range,
                now: range.to,
                window: Window { offset: usize::MAX, rows: 100 },
                seek: None,
                order: LogOrder::OldestFirst,
                fold,
                faults_only: false,
                rates: Some(RateSteps { from: range.from, step, count: 144 }),
                patience: Patience::default(),
            };
            let timed = || {
                let stopwatch = Stopwatch::start();
                let answer = logs.logs_ask(&question).unwrap();
                (stopwatch.elapsed().as_secs_f64() * 1000.0, answer.lines)
            };
            let ((first, lines), (again, _)) = (timed(), timed());
            let fold = if fold { "folded" } else { "" };
            println!("{text:<32} {fold:<7} first {first:>7.2} ms  again {again:>7.2} ms  {lines} lines");
        }
    }
}
