//! What the host gives: open files, a clock, a time zone.

use super::super::facts::{Clock, Facts, Limits, Zone};
use super::super::{Check, Group, Verdict};
use crate::model::Timestamp;
use crate::model::unit::age;

const FILES: (Group, &str) = (Group::Host, "open files");
const CLOCK: (Group, &str) = (Group::Host, "clock");
const ZONE: (Group, &str) = (Group::Host, "time zone");

/// Open files that a daemon with all its listeners, its store's periods and some consoles comes near to.
const FILES_WANTED: u64 = 4096;

/// What a unit gives (docs/systemd/noctop.service).
const FILES_GIVEN: u64 = 65_536;

/// Samples of two devices can't be held against each other any more beyond this.
const CLOCK_BOUND_MS: u128 = 1000;

/// The release's year: a clock before it was never set. Units: ms since 1970.
const FIRST_TIME: Timestamp = Timestamp(1_767_225_600_000);

/// How far the newest sample may be ahead: a poll is stamped when it began.
const AHEAD_SECS: i64 = 5;

pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    vec![files(&facts.limits), clock(&facts.clock), zone(&facts.zone)]
}

fn files(limits: &Limits) -> Check {
    match (limits.files, limits.files_hard) {
        (None, _) => Check::new(FILES, Verdict::Unknown, "the limit of open files can't be read").run("ulimit -n"),
        (Some(files), _) if files >= FILES_WANTED => Check::new(FILES, Verdict::Ok, format!("at most {files}")),
        (Some(files), hard) => {
            let says = format!("at most {files}: a large store with many listeners needs {FILES_WANTED}");
            let check = Check::new(FILES, Verdict::Warning, says);
            let check = if hard.is_some_and(|hard| hard >= FILES_WANTED) {
                check.run(format!("ulimit -n {}", hard.unwrap_or(FILES_WANTED).min(FILES_GIVEN)))
            } else {
                check
            };
            check.and_do(format!("in a unit: LimitNOFILE={FILES_GIVEN}"))
        }
    }
}

fn clock(clock: &Clock) -> Check {
    const SYNCHRONISE: &str = "sudo timedatectl set-ntp true";
    let ahead = clock.newest.map_or(0, |newest| newest.secs() - clock.now.secs());
    if clock.now < FIRST_TIME {
        return Check::new(CLOCK, Verdict::Warning, format!("it shows {}: it was never set", clock.now.rfc3339()))
            .run(SYNCHRONISE);
    }
    if ahead > AHEAD_SECS {
        let behind = age(ahead.unsigned_abs());
        let says = format!("it was set back: the newest that the store remembers is {behind} ahead of it");
        return Check::new(CLOCK, Verdict::Warning, says)
            .run("timedatectl")
            .and_do("what comes meanwhile is filed after it, in order");
    }
    match (clock.synchronised, clock.error) {
        (Some(true), Some(error)) if error.as_millis() > CLOCK_BOUND_MS => {
            let says = format!("synchronised, but it may be off by {} ms", error.as_millis());
            Check::new(CLOCK, Verdict::Warning, says).run("timedatectl timesync-status").run("chronyc tracking")
        }
        (Some(true), Some(error)) => {
            Check::new(CLOCK, Verdict::Ok, format!("synchronised, off by {} ms at most", error.as_millis()))
        }
        (Some(true), None) => Check::new(CLOCK, Verdict::Ok, "synchronised"),
        (Some(false), _) => {
            let says = "not synchronised: what devices and this host say of one moment drifts apart";
            Check::new(CLOCK, Verdict::Warning, says).run(SYNCHRONISE)
        }
        (None, _) => Check::new(CLOCK, Verdict::Unknown, "the kernel does not say whether it is synchronised").run("timedatectl"),
    }
}

fn zone(zone: &Zone) -> Check {
    match (&zone.found, &zone.asked) {
        (Some((name, offset)), _) => Check::new(ZONE, Verdict::Ok, format!("{name} (UTC{offset})")),
        (None, Some(asked)) => {
            let says = format!("TZ={asked} is not known here: times are shown in UTC");
            Check::new(ZONE, Verdict::Warning, says).run("timedatectl list-timezones").run("sudo apt install tzdata")
        }
        (None, None) => Check::new(ZONE, Verdict::Warning, "the host has no time zone: times are shown in UTC")
            .run("sudo timedatectl set-timezone Asia/Seoul"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::testing::{self, Case};
    use super::*;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn limited(files: Option<u64>, files_hard: Option<u64>) -> Facts {
        Facts { limits: Limits { files, files_hard }, ..Facts::default() }
    }

    fn timed(synchronised: Option<bool>, error_ms: Option<u64>) -> Clock {
        Clock {
            synchronised,
            error: error_ms.map(Duration::from_millis),
            now: NOW,
            newest: Some(NOW.minus(Duration::from_secs(9))),
        }
    }

    fn of_clock(clock: Clock) -> Facts {
        Facts { clock, ..Facts::default() }
    }

    fn of_zone(asked: Option<&str>, found: Option<(&str, &str)>) -> Facts {
        let found = found.map(|(name, offset)| (name.to_owned(), offset.to_owned()));
        Facts { zone: Zone { asked: asked.map(str::to_owned), found }, ..Facts::default() }
    }

    pub(in super::super) fn cases() -> Vec<Case> {
        use Verdict::{Ok, Unknown, Warning};
        let back = Clock { newest: Some(NOW.plus(Duration::from_secs(7200))), ..timed(Some(true), Some(1)) };
        let never = Clock { now: Timestamp(86_400_000), newest: None, ..timed(Some(false), None) };
        vec![
            (limited(Some(65_536), None), ("open files", Ok, "at most 65536", "")),
            (limited(Some(1024), Some(524_288)), ("open files", Warning, "at most 1024", "ulimit -n 65536")),
            (limited(Some(1024), Some(1024)), ("open files", Warning, "needs 4096", "LimitNOFILE=65536")),
            (limited(None, None), ("open files", Unknown, "can't be read", "ulimit -n")),
            (of_clock(timed(Some(true), Some(12))), ("clock", Ok, "synchronised, off by 12 ms at most", "")),
            (of_clock(timed(Some(true), None)), ("clock", Ok, "synchronised", "")),
            (of_clock(timed(Some(true), Some(4000))), ("clock", Warning, "off by 4000 ms", "timesync-status")),
            (of_clock(timed(Some(false), Some(16_000))), ("clock", Warning, "not synchronised", "timedatectl set-ntp true")),
            (of_clock(timed(None, None)), ("clock", Unknown, "does not say", "timedatectl")),
            (of_clock(back), ("clock", Warning, "it was set back: the newest that the store remembers is 2h", "timedatectl")),
            (of_clock(never), ("clock", Warning, "it shows 1970-01-02T00:00:00Z: it was never set", "set-ntp true")),
            (of_zone(None, Some(("Asia/Seoul", "+09:00"))), ("time zone", Ok, "Asia/Seoul (UTC+09:00)", "")),
            (of_zone(Some("Mars/Olympus"), None), ("time zone", Warning, "TZ=Mars/Olympus is not known here", "tzdata")),
            (of_zone(None, None), ("time zone", Warning, "the host has no time zone", "set-timezone")),
        ]
    }

    #[test]
    fn every_outcome_is_judged() {
        testing::check(checks, cases());
    }
}
