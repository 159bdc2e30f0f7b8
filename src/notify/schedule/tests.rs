//! The schedule by tables: what happens at which second, and what is sent then.

use super::*;
use crate::config;
use crate::model::{Alarm, Severity};

const RECEIVERS: &str = r#"
[[receiver]]
name = "noc"
kind = "command"
command = ["/bin/true"]
rate = "3/60s"
[[receiver]]
name = "lead"
kind = "mail"
server = "localhost"
from = "a@b"
to = ["c@d"]
[[receiver]]
name = "pd"
kind = "webhook"
body = "pagerduty"
key = "k"
"#;

fn plan(rules: &str) -> Notifications {
    config::parse("test", &format!("{RECEIVERS}{rules}")).unwrap_or_else(|faults| panic!("{faults:?}")).notifications
}

fn at(second: i64) -> Timestamp {
    // A Thursday, 12:00 UTC.
    Timestamp::from_secs(1_764_158_400 + second)
}

fn facts(name: &str, (raised, severity): (i64, Severity)) -> AlarmFacts {
    let alarm = Alarm {
        id: format!("down@{name}"),
        rule: "down".to_owned(),
        severity,
        object: name.to_owned(),
        device: None,
        text: "no answer".to_owned(),
        raised_at: at(raised),
        cleared_at: None,
        count: 1,
        if_index: None,
        runbook: None,
        flap: None,
    };
    AlarmFacts {
        alarm,
        device_name: None,
        site: None,
        addresses: Vec::new(),
        role: None,
        vendor: None,
        acknowledged_by: None,
        note: None,
        children: 0,
    }
}

/// What happens.
#[derive(Clone, Copy)]
enum Do {
    /// The alarm of this name is raised, or still stands, and counts.
    Up(&'static str),
    /// A warning, likewise.
    Warn(&'static str),
    /// It stands, and is explained, silenced or in maintenance.
    Hidden(&'static str),
    /// Somebody cares for it.
    Ack(&'static str),
    /// It clears.
    Clear(&'static str),
    /// Everything that stands was told after a restart.
    Caught,
    /// The receiver fails from now on, until it works again.
    Break(&'static str),
    Mend(&'static str),
    /// The process is killed and started again: letters that are on their way are neither taken nor refused.
    Kill,
    /// Letters that go out from now on stay on their way.
    Hang,
    /// They are taken at once again.
    Flow,
    /// A second passes without anything.
    Wait,
}
use Do::{Ack, Break, Caught, Clear, Flow, Hang, Hidden, Kill, Mend, Up, Wait, Warn};

struct Play {
    plan: Notifications,
    scheduler: Scheduler,
    ledger: Vec<Record>,
    raised: BTreeMap<String, i64>,
    broken: Vec<String>,
    hangs: bool,
    sent: Vec<String>,
    notices: Vec<Notice>,
}

impl Play {
    fn new(rules: &str) -> Self {
        let plan = plan(rules);
        Self {
            scheduler: Scheduler::new(plan.clone(), "HQ".to_owned(), at(0)),
            plan,
            ledger: Vec::new(),
            raised: BTreeMap::new(),
            broken: Vec::new(),
            hangs: false,
            sent: Vec::new(),
            notices: Vec::new(),
        }
    }

    fn act(&mut self, second: i64, act: Do) {
        let now = at(second);
        let mut stands = |name: &str, (severity, counts, ack): (Severity, bool, bool)| {
            let raised = *self.raised.entry(name.to_owned()).or_insert(second);
            let mut facts = facts(name, (raised, severity));
            facts.acknowledged_by = ack.then(|| "kim".to_owned());
            self.scheduler.change(now, Change::Stands(Box::new(Standing { facts, counts })));
        };
        match act {
            Up(name) => stands(name, (Severity::Critical, true, false)),
            Warn(name) => stands(name, (Severity::Warning, true, false)),
            Hidden(name) => stands(name, (Severity::Critical, false, false)),
            Ack(name) => stands(name, (Severity::Critical, true, true)),
            Clear(name) => {
                self.raised.remove(name);
                self.scheduler.change(now, Change::Over(format!("down@{name}"), now));
            }
            Caught => self.scheduler.change(now, Change::Caught),
            Break(name) => self.broken.push(name.to_owned()),
            Mend(name) => self.broken.retain(|broken| broken != name),
            Hang => self.hangs = true,
            Flow => self.hangs = false,
            Kill => {
                let records: Vec<Record> = self.ledger.iter().map(|record| Record::decode(&record.encode()).unwrap()).collect();
                let (scheduler, output) = Scheduler::restore(self.plan.clone(), "HQ".to_owned(), (records, now));
                self.scheduler = scheduler;
                self.take(second, output);
            }
            Wait => {}
        }
    }

    fn take(&mut self, second: i64, output: Output) {
        self.ledger.extend(output.records);
        self.notices.extend(output.notices);
        for (number, letter) in output.letters {
            let what = letter.items.iter().map(|item| format!("{} {}", item.kind.word(), item.facts.alarm.object));
            let what: Vec<String> = what.collect();
            let broken = self.broken.contains(&letter.receiver);
            let mark = if broken { " FAILED" } else { "" };
            self.sent.push(format!("{second} {}: {}{mark}", letter.receiver, what.join(", ")));
            if self.hangs {
                continue;
            }
            let failure = Failure { why: "refused".to_owned(), again: Again::Later(None) };
            let output = self.scheduler.done(at(second), number, if broken { Err(failure) } else { Ok(()) });
            self.take(second, output);
            let output = self.scheduler.step(at(second));
            self.take(second, output);
        }
    }

    /// Runs second by second to the end, with what happens in each.
    fn run(&mut self, (from, until): (i64, i64), acts: &[(i64, Do)]) {
        for second in from..=until {
            for (_, act) in acts.iter().filter(|(when, _)| *when == second) {
                self.act(second, *act);
            }
            let output = self.scheduler.step(at(second));
            self.take(second, output);
        }
    }
}

fn check(what: &str, (rules, until): (&str, i64), acts: &[(i64, Do)], expected: &[&str]) {
    let mut play = Play::new(rules);
    play.run((0, until), acts);
    assert_eq!(play.sent, expected, "{what}");
    // The ledger in short says the same as the whole.
    let short = play.scheduler.snapshot();
    let restored = |records: Vec<Record>| {
        let restored = Scheduler::restore(play.plan.clone(), "HQ".to_owned(), (records, at(until))).0.snapshot();
        // What is known of an alarm besides is as of when it was written down.
        let bare = |record| match record {
            Record::Opened(number, anchor, kept) => {
                Record::Opened(number, anchor, Box::new(facts(&kept.alarm.object, (0, Severity::Major))))
            }
            other => other,
        };
        restored.into_iter().map(bare).collect::<Vec<_>>()
    };
    assert_eq!(restored(short), restored(play.ledger.clone()), "{what}");
}

const ONE: &str = "[[notify]]\nto = [\"noc\"]\ndelay = \"10s\"\n";

#[test]
fn an_alarm_is_told_once_after_its_delay_and_its_end_at_once() {
    check("raised and cleared", (ONE, 100), &[(5, Up("a")), (50, Clear("a"))], &["15 noc: raised a", "50 noc: cleared a"]);
    check("over before it was told", (ONE, 100), &[(5, Up("a")), (14, Clear("a"))], &[]);
    check("told again of what is the same", (ONE, 100), &[(5, Up("a")), (20, Up("a")), (30, Up("a"))], &["15 noc: raised a"]);
    check(
        "the end is not wanted",
        (&format!("{ONE}cleared = false\n"), 99),
        &[(5, Up("a")), (50, Clear("a"))],
        &["15 noc: raised a"],
    );
    check(
        "it comes again",
        (ONE, 100),
        &[(5, Up("a")), (30, Clear("a")), (40, Up("a"))],
        &["15 noc: raised a", "30 noc: cleared a", "50 noc: raised a"],
    );
    check("nobody is meant", ("[[notify]]\nto = [\"noc\"]\nfilter = \"sev>=major\"\n", 99), &[(5, Warn("a"))], &[]);
}

#[test]
fn what_does_not_count_is_not_told_and_what_remains_is() {
    check("explained in time", (ONE, 99), &[(5, Up("a")), (14, Hidden("a"))], &[]);
    check("explained from the start, then not", (ONE, 99), &[(5, Hidden("a")), (40, Up("a"))], &["50 noc: raised a"]);
    check(
        "explained too late",
        (ONE, 99),
        &[(5, Up("a")), (20, Hidden("a")), (30, Clear("a"))],
        &["15 noc: raised a", "30 noc: cleared a"],
    );
    check("never counted", (ONE, 99), &[(5, Hidden("a")), (40, Clear("a"))], &[]);
}

const STEPS: &str = r#"[[notify]]
delay = "0s"
steps = [{ to = ["noc"] }, { to = ["lead", "noc"], after = "60s" }]
repeat = "100s"
"#;

#[test]
fn an_alarm_for_which_nobody_cares_goes_up_and_is_repeated() {
    check(
        "nobody cares",
        (STEPS, 260),
        &[(0, Up("a"))],
        &[
            "0 noc: raised a",
            "60 noc: escalated a",
            "60 lead: escalated a",
            "100 noc: repeated a",
            "160 lead: repeated a",
            "200 noc: repeated a",
            "260 lead: repeated a",
        ],
    );
    check("somebody cares", (STEPS, 300), &[(0, Up("a")), (30, Ack("a"))], &["0 noc: raised a"]);
    check(
        "somebody cared, and no more",
        (STEPS, 100),
        &[(0, Up("a")), (30, Ack("a")), (80, Up("a"))],
        &["0 noc: raised a", "80 noc: escalated a", "80 lead: escalated a", "100 noc: repeated a"],
    );
    check(
        "it ends for those who heard of it",
        (STEPS, 300),
        &[(0, Up("a")), (50, Clear("a"))],
        &["0 noc: raised a", "50 noc: cleared a"],
    );
}

#[test]
fn two_rules_that_say_the_same_say_it_once() {
    let rules = format!("{ONE}[[notify]]\nto = [\"noc\", \"pd\"]\ndelay = \"20s\"\n");
    check("both", (&rules, 99), &[(0, Up("a"))], &["10 noc: raised a", "20 pd: raised a"]);
}

#[test]
fn a_storm_is_a_few_letters_and_a_digest() {
    let acts = [(0, Up("a")), (0, Up("b")), (0, Up("c")), (0, Warn("d")), (0, Up("e"))];
    // Three in a minute: two single ones, and the third tells of all the others.
    check("five at once", (ONE, 99), &acts, &["10 noc: raised a", "10 noc: raised b", "10 noc: raised c, raised e, raised d"]);
    let later: Vec<(i64, Do)> = acts.into_iter().chain([(15, Up("f")), (16, Up("g"))]).collect();
    check(
        "and more later",
        (ONE, 99),
        &later,
        &["10 noc: raised a", "10 noc: raised b", "10 noc: raised c, raised e, raised d", "30 noc: raised f, raised g"],
    );
}

#[test]
fn a_receiver_that_fails_is_tried_ever_more_slowly_and_then_told_what_still_stands() {
    check(
        "broken for a while",
        (ONE, 99),
        &[(0, Up("a")), (0, Break("noc")), (12, Up("b")), (30, Clear("a")), (40, Mend("noc"))],
        &["10 noc: raised a FAILED", "15 noc: raised a FAILED", "25 noc: raised a FAILED", "45 noc: raised b"],
    );
    let mut play = Play::new(&format!("{ONE}[[notify]]\nto = [\"pd\"]\ndelay = \"10s\"\n"));
    play.run((0, 200), &[(0, Up("a")), (0, Break("noc")), (100, Mend("noc"))]);
    let others: Vec<&String> = play.sent.iter().filter(|sent| sent.contains("pd")).collect();
    assert_eq!(others, ["10 pd: raised a"], "one that fails holds up no other");
    let outcomes: Vec<(u32, bool)> = play
        .notices
        .iter()
        .filter(|notice| notice.receiver == "noc")
        .map(|notice| (notice.attempt, notice.outcome == NoticeOutcome::Sent))
        .collect();
    assert_eq!(outcomes, [(1, false), (6, true)], "the first and the last try are shown");
}

#[test]
fn what_is_refused_for_good_is_given_up_and_a_digest_that_is_too_large_is_parted() {
    let mut play = Play::new("[[notify]]\nto = [\"lead\"]\ndelay = \"0s\"\n[[notify]]\nto = [\"noc\"]\ndelay = \"0s\"\n");
    play.hangs = true;
    play.run((0, 0), &[(0, Up("a"))]);
    let never = || Err(Failure { why: "no such address".to_owned(), again: Again::Never });
    let output = play.scheduler.done(at(1), 1, never());
    assert_eq!(
        output.notices.first().map(|notice| notice.outcome.clone()),
        Some(NoticeOutcome::Failed("no such address".to_owned(), None))
    );
    play.take(1, output);
    play.run((1, 50), &[]);
    assert_eq!(play.sent.len(), 2, "{:?}", play.sent);
}

const NIGHT: &str = r#"[[notify]]
delay = "10s"
steps = [{ to = ["noc"] }, { to = ["lead"], after = "60s" }]
quiet = { between = "12:00-12:05", zone = "UTC", unless = "rule:fire or sev<major" }
"#;

#[test]
fn quiet_hours_hold_what_can_wait_until_their_end() {
    check("held", (NIGHT, 400), &[(0, Up("a"))], &["300 noc: raised a", "350 lead: escalated a"]);
    check("over by then", (NIGHT, 400), &[(0, Up("a")), (200, Clear("a"))], &[]);
    check("told all the same", (NIGHT, 50), &[(0, Warn("a"))], &["10 noc: raised a"]);
    check(
        "the end of what began before",
        (&NIGHT.replace("12:00-", "12:01-"), 400),
        &[(0, Up("a")), (55, Ack("a")), (100, Clear("a"))],
        &["10 noc: raised a", "300 noc: cleared a"],
    );
    let mut play = Play::new(NIGHT);
    play.run((0, 299), &[(0, Up("a")), (100, Kill), (101, Up("a")), (101, Caught)]);
    let held: Vec<&NoticeOutcome> = play.notices.iter().map(|notice| &notice.outcome).collect();
    assert_eq!(held, [&NoticeOutcome::Held(at(300)), &NoticeOutcome::Held(at(350))], "it is said once that it waits");
}

#[test]
fn after_a_kill_nobody_is_told_twice_and_the_steps_go_on() {
    check(
        "killed after it was told",
        (STEPS, 120),
        &[(0, Up("a")), (30, Kill), (40, Up("a")), (40, Caught)],
        &["0 noc: raised a", "60 noc: escalated a", "60 lead: escalated a", "100 noc: repeated a"],
    );
    check("killed before", (ONE, 99), &[(0, Up("a")), (5, Kill), (20, Up("a")), (20, Caught)], &["20 noc: raised a"]);
    check(
        "killed while it was told: it may have arrived, and is repeated in its turn",
        (STEPS, 120),
        &[(0, Hang), (0, Up("a")), (30, Flow), (30, Kill), (40, Up("a")), (40, Caught)],
        &["0 noc: raised a", "60 noc: escalated a", "60 lead: escalated a", "100 noc: repeated a"],
    );
    check(
        "the same to one who takes the same twice for once",
        ("[[notify]]\nto = [\"pd\"]\ndelay = \"0s\"\n", 120),
        &[(0, Hang), (0, Up("a")), (30, Flow), (30, Kill), (40, Up("a")), (40, Caught)],
        &["0 pd: raised a", "40 pd: raised a"],
    );
    check(
        "it cleared meanwhile",
        (ONE, 120),
        &[(0, Up("a")), (30, Kill), (40, Clear("a")), (40, Caught)],
        &["10 noc: raised a", "40 noc: cleared a"],
    );
    check(
        "killed while its end was told: it may have arrived",
        (ONE, 120),
        &[(0, Up("a")), (30, Hang), (30, Clear("a")), (40, Kill), (40, Flow), (41, Clear("a")), (41, Caught)],
        &["10 noc: raised a", "30 noc: cleared a"],
    );
    check(
        "it failed before, and is tried again",
        (ONE, 120),
        &[(0, Up("a")), (0, Break("noc")), (12, Kill), (20, Up("a")), (20, Caught), (20, Mend("noc"))],
        &["10 noc: raised a FAILED", "20 noc: raised a"],
    );
}

#[test]
fn an_alarm_whose_raising_was_lost_is_the_same_when_it_is_raised_again_soon_and_over_when_it_is_not() {
    let mut play = Play::new(ONE);
    play.run((0, 700), &[(0, Up("a")), (30, Kill), (31, Caught)]);
    assert_eq!(play.sent, ["10 noc: raised a", "631 noc: cleared a"]);
    let mut play = Play::new(ONE);
    play.raised.insert("a".to_owned(), 0);
    play.run((0, 60), &[(0, Up("a")), (30, Kill), (31, Caught)]);
    play.raised.insert("a".to_owned(), 60);
    play.run((61, 900), &[(61, Up("a")), (800, Clear("a"))]);
    assert_eq!(play.sent, ["10 noc: raised a", "800 noc: cleared a"]);
}

#[test]
fn an_alarm_that_is_raised_again_while_its_end_is_told_is_a_new_one() {
    let mut play = Play::new(ONE);
    play.run((0, 29), &[(0, Up("a"))]);
    play.hangs = true;
    play.run((30, 34), &[(30, Clear("a")), (32, Up("a"))]);
    play.hangs = false;
    let output = play.scheduler.done(at(35), 2, Ok(()));
    play.take(35, output);
    play.run((35, 90), &[]);
    assert_eq!(play.sent, ["10 noc: raised a", "30 noc: cleared a", "45 noc: raised a"]);
}

#[test]
fn the_schedule_knows_when_it_has_something_to_do() {
    let mut play = Play::new(STEPS);
    play.run((0, 0), &[(0, Up("a"))]);
    assert_eq!(play.scheduler.wake(), Some(at(60)));
    play.run((60, 60), &[(60, Wait)]);
    assert_eq!(play.scheduler.wake(), Some(at(100)));
    play.run((61, 61), &[(61, Clear("a"))]);
    assert_eq!(play.scheduler.wake(), None);
}
