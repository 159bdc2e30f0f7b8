//! What the audit journal costs: `cargo bench --bench audit [-- RECORDS]`. Appends records as the engine does, each of them on the disk before
//! the next; verifies the whole; and attaches to an engine as commands do. Prints medians and the slowest of a hundred.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]

use noctop::clock::{self, Stopwatch};
use noctop::config::Config;
use noctop::engine::{self, Hosting, OpenOptions};
use noctop::history::audit::{Journal, Moment, verify};
use noctop::model::audit::{Act, Actor, Class, Outcome, Role, Said, Way};

/// Engines that are attached to.
const ATTACHES: usize = 200;

fn actor() -> Actor {
    let said =
        Said { tty: Some("/dev/pts/3".to_owned()), from: Some("192.0.2.7".to_owned()), command: Some("console".to_owned()) };
    let (user, program) = ("kim".to_owned(), Some("noctop".to_owned()));
    Actor { uid: Some(1001), user, pid: Some(4711), program, role: Some(Role::Operator), way: Way::Socket, said }
}

/// Median and 99th percentile, microseconds.
fn told(name: &str, mut micros: Vec<u128>) {
    micros.sort_unstable();
    let at = |part: usize| micros.get((micros.len() * part / 100).min(micros.len() - 1)).copied().unwrap_or(0);
    println!("{name}: median {} us, 99 % under {} us, {} times", at(50), at(99), micros.len());
}

fn timed(count: usize, mut work: impl FnMut(usize)) -> Vec<u128> {
    let one = |number| {
        let started = Stopwatch::start();
        work(number);
        started.elapsed().as_micros()
    };
    (0..count).map(one).collect()
}

fn main() {
    let records = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000);
    let folder = tempfile::tempdir_in(std::env::current_dir().unwrap()).unwrap();
    let now = || Moment(clock::nanos());
    let (mut journal, _) = Journal::open(folder.path(), (now(), &actor())).unwrap();
    let act = |number: usize| {
        Act::change("alarm.acknowledge", &format!("interface-down@core-1/Te1/1/{number}"))
            .words("acknowledge with the note \"ticket 4711\"")
            .old(Some("-"))
            .new_value(Some("acknowledged: ticket 4711"))
    };
    told(
        "a record, on the disk",
        timed(records, |number| drop(journal.append(now(), &actor(), (act(number), Outcome::Accepted)).unwrap())),
    );
    let chain = folder.path().join("audit").join(Class::Change.word());
    let octets: u64 = std::fs::read_dir(chain).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    println!("octets of a record: {}", octets / (records as u64 + 1));
    told("the whole verified", timed(5, |_| assert!(verify(folder.path(), &[]).unwrap().faults.is_empty())));
    drop(journal);

    let (data, socket) = (folder.path().join("store"), folder.path().join("s"));
    let options = |hosting| {
        let mut config = Config::default();
        config.discovery.own_host = false;
        OpenOptions::new(config, hosting).data(Some(data.clone())).connect(Some(socket.clone()))
    };
    let host = engine::open(options(Hosting::Always)).unwrap();
    told("attach, with its record", timed(ATTACHES, |_| engine::open(options(Hosting::Never)).unwrap().close()));
    host.close();
}
