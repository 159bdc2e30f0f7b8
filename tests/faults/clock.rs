//! The host's clock is set back and forward under a running daemon.
//!
//! The machine's own clock belongs to everybody: a library before libc's adds to what the daemon is told.

use super::place::{PATIENCE, Place, Sim, answered, campus, collector, run, says, until};
use noctop::clock;
use noctop::engine::{Hosting, Update, WatchId};
use noctop::query::{Screen, ViewRequest};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// Adds the number in a file to every reading of the wall clock. Units: seconds.
const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile long *seconds;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("NOCTOP_TEST_CLOCK");
    int file = path ? open(path, O_RDONLY) : -1;
    void *map = file >= 0 ? mmap(0, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    if (map != MAP_FAILED) seconds = map;
}

int clock_gettime(clockid_t clock, struct timespec *told) {
    int result = syscall(SYS_clock_gettime, clock, told);
    if (result == 0 && seconds && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) told->tv_sec += *seconds;
    return result;
}
"#;

const HOUR: i64 = 3600;

/// How far a view's time may be from the clock. Units: s.
const SLACK: i64 = 60;

struct Clock(fs::File);

impl Clock {
    fn set(&self, seconds: i64) {
        self.0.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
    }
}

/// The library and the clock that it reads; `None` where it can't be built.
fn library(folder: &std::path::Path) -> Option<(PathBuf, PathBuf, Clock)> {
    let [source, library, clock] = ["clock.c", "clock.so", "clock"].map(|name| folder.join(name));
    fs::write(&source, LIBRARY).unwrap();
    let built = run(&["cc", "-shared", "-fPIC", "-o", library.to_str().unwrap(), source.to_str().unwrap()]);
    let file = fs::OpenOptions::new().create(true).truncate(true).write(true).open(&clock).unwrap();
    let set = Clock(file);
    set.set(0);
    built.status.success().then_some((library, clock, set))
}

#[test]
fn a_clock_that_is_set_back_and_forward_is_said_and_polls_screens_and_alarms_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let is_there = run(&["sh", "-c", "command -v cc"]).status.success();
    let Some((library, file, clock)) = is_there.then(|| library(folder.path())).flatten() else {
        return eprintln!("SKIPPED a_clock_that_is_set: there is no C compiler");
    };
    let _sim = Sim::start("127.95.6.0/24:19516", &[]);
    let place = Place::new(&campus("127.95.6.1", 19_516))
        .with_environment("LD_PRELOAD", library.to_str().unwrap())
        .with_environment("NOCTOP_TEST_CLOCK", file.to_str().unwrap());
    let daemon = place.daemon();
    place.until_status("polls", |status| answered(status) > 100);
    let (console, told) = place.attach(Hosting::Never);
    console.watch(WatchId(1), ViewRequest::new(Screen::Interfaces, 20));
    let mut before = 0;
    for (seconds, words) in [
        (-HOUR, "the clock of this host went back by 1h"),
        (HOUR, "the clock of this host went forward by 2h"),
        (0, "the clock of this host went back by 1h"),
    ] {
        clock.set(seconds);
        let set = place.until_status(words, |status| says(status, words));
        // The screens follow the clock: what was just read is not an hour old.
        let is_now = |at: i64| (at - clock::now().secs() - seconds).abs() < SLACK;
        while !matches!(told.recv_timeout(PATIENCE), Ok(Update::View(_, view)) if is_now(view.chrome.at.secs())) {}
        let on = place.until_status("polls", |status| answered(status) > answered(&set) + 100);
        let polling = &collector(&on, "snmp")["polling"];
        assert_eq!(polling["missed"].as_u64(), collector(&set, "snmp")["polling"]["missed"].as_u64(), "nobody fell silent");
        // In a second of polls after a step there are rates again.
        until("rates", || {
            let rows = place.run(&["interfaces", "--filter", "in>0", "--format", "ndjson"]).1;
            (rows.lines().count() > 20).then_some(())
        });
        let alarms = place.run(&["alarms", "--format", "ndjson"]).1;
        assert!(!alarms.contains("\"device-down\"") && !alarms.contains("collector-"), "{seconds}: {alarms}");
        before = answered(&on);
    }
    assert!(before > 300);
    console.close();
    let (ended, _) = daemon.end("-TERM");
    assert!(ended.success(), "{}", daemon.log());
    let (code, out, err) = place.run(&["store", "verify"]);
    assert_eq!(code, Some(0), "{out}{err}");
    // The store has an hour that has not come yet; whoever starts again knows the network and shows it now.
    let daemon = place.daemon();
    let devices = place.run(&["devices", "--format", "ndjson"]).1;
    assert!(devices.lines().count() > 20, "{devices}");
    let (console, told) = place.attach(Hosting::Never);
    console.watch(WatchId(1), ViewRequest::new(Screen::Interfaces, 20));
    let is_now = |at: i64| (at - clock::now().secs()).abs() < SLACK;
    while !matches!(told.recv_timeout(PATIENCE), Ok(Update::View(_, view)) if is_now(view.chrome.at.secs())) {}
    place.until_status("polls", |status| answered(status) > 50);
    console.close();
    assert!(daemon.end("-TERM").0.success(), "{}", daemon.log());
}
