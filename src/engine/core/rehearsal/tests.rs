//! What a rule would have done is what it did.

use super::super::Core;
use super::super::tests::{at, device, inventory};
use super::*;
use crate::analyse::alarm::RuleSpec;
use crate::engine::command::{Answer, Command};
use crate::history::{MemoryStore, Store};
use crate::model::log::{LogKind, LogLine};
use crate::model::poll::{Counter, IfCounter, IfReading, PollReading};
use crate::model::{AdminStatus, OperStatus};

const RULES: [(&str, &str); 4] = [
    ("fell", "on = \"interface\"\nwhen = \"down:yes wasUp:yes\"\nseverity = \"minor\"\ntext = \"{oper}\""),
    ("busy", "on = \"interface\"\nwhen = \"in>=1M\"\nclear = \"in<100k\"\nfor = \"1m\"\nseverity = \"minor\"\ntext = \"{in}\""),
    ("lossy", "on = \"device\"\nwhen = \"loss>=50%\"\nclear_for = \"1m\"\nseverity = \"warning\"\ntext = \"{loss}\""),
    (
        "guessed",
        "on = \"log\"\nwhen = \"/guess/\"\ncount = 3\nwithin = \"1m\"\nclear_for = \"2m\"\nseverity = \"minor\"\ntext = \"x\"",
    ),
];

fn text(name: &str, rule: &str) -> String {
    format!("name = \"{name}\"\n{rule}")
}

/// Half an hour: traffic that rises and falls, a port that falls and flaps, losses, and somebody who guesses.
fn lived() -> Core {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let specs: Vec<RuleSpec> = RULES.iter().map(|(name, rule)| toml::from_str(&text(name, rule)).unwrap()).collect();
    let settings = Settings { rules: Rules::over_shipped(&specs).unwrap(), ..Settings::default() };
    let mut core = Core::restore(store, "HQ", settings).unwrap();
    core.turn(&inventory(1, 0)).unwrap();
    let mut octets = 0;
    for secs in 1..=1_800 {
        if secs % 30 == 0 {
            octets += if (300..700).contains(&secs) || (900..940).contains(&secs) { 30_000_000 } else { 3_000 };
            let is_down = (400..450).contains(&secs) || (1_100..1_400).contains(&secs) && secs % 60 == 0;
            core.turn(&poll(secs, (octets, is_down, if (600..800).contains(&secs) { 3 } else { 0 }))).unwrap();
        }
        if (1_200..1_230).contains(&secs) && secs % 5 == 0 {
            let mut line = LogLine::new(at(secs), [10, 0, 0, 1].into(), LogKind::Syslog);
            line.text = "a guess".to_owned();
            let mut lines = vec![line];
            core.join_logs(at(secs), &mut lines);
            let heard = core.hear(&lines);
            core.reader.store().logs().logs_append(lines).unwrap();
            core.turn(&Event { at: at(secs), body: Body::Heard(heard) }).unwrap();
        }
        core.turn(&Event { at: at(secs), body: Body::Tick }).unwrap();
    }
    core
}

fn poll(secs: i64, (octets, is_down, lost): (u64, bool, u32)) -> Event {
    let mut port = IfReading::new(crate::model::IfIndex(1));
    port.oper_status = Some(if is_down { OperStatus::Down } else { OperStatus::Up });
    port.admin_status = Some(AdminStatus::Up);
    port.set(IfCounter::InOctets, Counter::Bits64(octets));
    let reading = PollReading {
        sys_up_time: Some(u32::try_from(secs).unwrap() * 100 + 5000),
        rtt_ms: Some(1.0),
        sent: 4,
        lost,
        interfaces: vec![port],
        ..PollReading::new(device(1, 0).id, at(secs))
    };
    Event { at: at(secs), body: Body::Poll(Box::new(reading)) }
}

fn test(core: &Core, rule: RuleSource, to: i64) -> Result<AlarmTested, AskError> {
    let range = TimeRange { from: at(1), to: at(to) };
    match core.reader().command(&core.live(Vec::new(), None), Command::AlarmTest(Box::new(AlarmTest { rule, range })))? {
        Answer::AlarmTested(tested) => Ok(*tested),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_replay_tells_what_was_told_then() {
    let core = lived();
    for (name, rule) in RULES {
        let told: Vec<Alarm> = core.state().alarms().filter(|alarm| alarm.rule == name).map(|alarm| (**alarm).clone()).collect();
        assert!(!told.is_empty(), "{name} was never raised");
        for source in
            [RuleSource::Name(name.to_owned()), RuleSource::Text("x.toml".to_owned(), format!("[[alarm]]\n{}", text(name, rule)))]
        {
            let tested = test(&core, source, 1_800).unwrap();
            let last = tested.alarms.last().unwrap();
            let same = |alarm: &Alarm| {
                (alarm.id.clone(), alarm.raised_at, alarm.cleared_at, alarm.severity, alarm.count, alarm.text.clone())
            };
            assert_eq!(same(&last.0), same(&told[0]), "{name}");
            assert_eq!(last.1.as_deref(), Some("sw-1"));
        }
    }
    let flapping = test(&core, RuleSource::Name("fell".to_owned()), 1_800).unwrap();
    assert_eq!(flapping.alarms.len(), 2, "the first fall was long before");
    assert!(flapping.alarms[1].0.count > 3);
}

#[test]
fn a_rule_that_is_unknown_faulty_or_looks_at_what_is_not_kept_says_so() {
    let core = lived();
    let refused = |source| match test(&core, source, 60) {
        Err(AskError::Refused(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(refused(RuleSource::Name("nonsense".to_owned())).contains("there is no rule \"nonsense\""));
    let faulty =
        RuleSource::Text("x.toml".to_owned(), "[[alarm]]\nname = \"x\"\non = \"device\"\nwhen = \"nosuch:1\"\n".to_owned());
    assert!(refused(faulty).starts_with("x.toml:4:9: alarm.when: there is no field `nosuch` here"));
    let tested = test(&core, RuleSource::Name("collector-dropping".to_owned()), 60).unwrap();
    assert!(tested.alarms.is_empty() && !tested.gaps.is_empty());
}
