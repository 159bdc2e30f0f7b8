//! The journal as the engine writes it, commands as it tells them, and the report made of them.

use super::*;
use crate::config::notify::Hours;
use crate::engine::command::Command;
use crate::engine::handle::AskError;
use crate::model::audit::Verdict;
use crate::model::{AlarmAct, AlarmOrder, MaintenanceAct, Scope, TimeRange, Timestamp, Window};
use crate::state::State;

fn actor(user: &str, role: Option<Role>, way: Way) -> Actor {
    let said = Said { tty: None, from: Some("192.0.2.7".to_owned()), command: Some("console".to_owned()) };
    Actor { uid: Some(1001), user: user.to_owned(), pid: Some(7), program: None, role, way, said }
}

fn order(by: &str, act: AlarmAct) -> Command {
    Command::Alarms(AlarmOrder { alarms: vec!["down@x".to_owned()], by: by.to_owned(), act })
}

fn auditor() -> (tempfile::TempDir, Auditor) {
    let folder = tempfile::tempdir().unwrap();
    let (auditor, found) = Auditor::open(folder.path(), (own(Way::Process), Announce::Nothing));
    assert_eq!(found, Vec::<String>::new());
    (folder, auditor)
}

#[test]
fn nobody_acts_in_anothers_name_over_the_socket() {
    let kim = actor("kim", Some(Role::Operator), Way::Socket);
    assert_eq!(owned(&kim, order("boss", AlarmAct::Release)), order("kim", AlarmAct::Release));
    let window = |by: &str| {
        let (from, until) = (Timestamp(0), Timestamp(9));
        let (name, by) = ("swap".to_owned(), by.to_owned());
        Command::Maintenance(MaintenanceAct::Begin(Box::new(Window { name, scope: Scope::All, from, until, by, note: None })))
    };
    assert_eq!(owned(&kim, window("boss")), window("kim"));
    let end = |by: &str| Command::Maintenance(MaintenanceAct::End("swap".to_owned(), by.to_owned()));
    assert_eq!(owned(&kim, end("boss")), end("kim"));
    let own = actor("kim", Some(Role::Operator), Way::Process);
    assert_eq!(owned(&own, order("Kim Lee", AlarmAct::Release)), order("Kim Lee", AlarmAct::Release));
}

#[test]
fn what_changes_something_is_told_with_how_it_was_and_is_to_be_and_what_reads_is_not() {
    let state = State::default();
    let told = |command: &Command| act_of(command, &state).map(|(act, _)| (act.kind, act.old, act.new));
    let some = |kind: &str, old: Option<&str>, new: Option<&str>| {
        Some((kind.to_owned(), old.map(str::to_owned), new.map(str::to_owned)))
    };
    let note = order("kim", AlarmAct::Acknowledge(Some("ticket 7".to_owned())));
    assert_eq!(told(&note), some("alarm.acknowledge", Some("-"), Some("acknowledged: ticket 7")));
    assert_eq!(told(&order("kim", AlarmAct::Release)), some("alarm.release", Some("-"), Some("-")));
    let end = Command::Maintenance(MaintenanceAct::End("swap".to_owned(), "kim".to_owned()));
    assert_eq!(told(&end), some("maintenance.end", None, Some("over")));
    assert_eq!(told(&Command::Discover(Vec::new())), some("discovery.run", None, None));
    assert_eq!(told(&Command::Status), None);
    assert_eq!(Command::Status.needs(), Role::Viewer);
    assert_eq!(note.needs(), Role::Operator);
}

#[test]
fn records_are_listed_by_filter_and_verified_and_reported() {
    let (folder, auditor) = auditor();
    let (kim, lee) = (actor("kim", Some(Role::Operator), Way::Socket), actor("lee", Some(Role::Viewer), Way::Socket));
    let attach = || Act::new(Class::Access, ATTACHED, "console");
    auditor.record(&kim, attach(), Outcome::Done).unwrap();
    auditor.record(&lee, attach(), Outcome::Done).unwrap();
    auditor.record(&kim, Act::change("alarm.acknowledge", "down@x"), Outcome::Accepted).unwrap();
    let refused = Act::new(Class::Security, "alarm.acknowledge", "down@x");
    auditor.record(&lee, refused, Outcome::Refused("a viewer".to_owned())).unwrap();
    let now = clock::now();
    let ask = |question: &AuditQuestion, hours: Option<&Hours>| answer(folder.path(), question, (now, hours));
    let listed = |filter: &str| {
        let request = AuditRequest { filter: filter.to_owned(), ..AuditRequest::default() };
        match ask(&AuditQuestion::List(request), None) {
            Ok(AuditAnswer::Records(records)) => {
                Ok(records.into_iter().map(|record| (record.actor.user, record.act.kind)).collect())
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        }
    };
    let pair = |user: &str, kind: &str| (user.to_owned(), kind.to_owned());
    let both = vec![pair("lee", "alarm.acknowledge"), pair("kim", "alarm.acknowledge")];
    assert_eq!(listed("kind:acknowledge"), Ok(both));
    assert_eq!(listed("outcome:refused"), Ok(vec![pair("lee", "alarm.acknowledge")]));
    assert_eq!(listed("user:kim class:access kind:console"), Ok(vec![pair("kim", ATTACHED)]));
    assert!(matches!(listed("nonsense:1"), Err(AskError::Refused(_))));

    let head = auditor.heads().into_iter().find(|head| head.class == Class::Change).unwrap();
    let verified = ask(&AuditQuestion::Verify(vec![head.to_string()]), None);
    assert!(matches!(&verified, Ok(AuditAnswer::Verdict(Verdict { faults, .. })) if faults.is_empty()), "{verified:?}");

    let range =
        TimeRange { from: now.minus(std::time::Duration::from_secs(60)), to: now.plus(std::time::Duration::from_secs(60)) };
    let always = Hours::parse("00:00-24:00").unwrap();
    let hour: u32 = always.local(now).get(11..13).unwrap().parse().unwrap();
    // Half an hour that is half a day away.
    let away = Hours::parse(&format!("{:02}:00-{:02}:30", (hour + 12) % 24, (hour + 12) % 24)).unwrap();
    for (hours, outside) in [(&always, 0), (&away, 1)] {
        let Ok(AuditAnswer::Report(report)) = ask(&AuditQuestion::Report(range), Some(hours)) else { panic!() };
        let people: Vec<_> =
            report.people.iter().map(|who| (who.user.as_str(), who.attached, who.refused, who.outside)).collect();
        assert_eq!(people, [("kim", 1, 0, Some(outside)), ("lee", 1, 1, Some(outside))]);
        let listed = (report.changes.len(), report.refused.len(), report.outside.map(|list| list.len()));
        assert_eq!(listed, (1, 1, Some(2 * outside as usize)));
    }
    let Ok(AuditAnswer::Report(report)) = ask(&AuditQuestion::Report(range), None) else { panic!() };
    assert_eq!((report.outside, report.people[0].outside), (None, None), "without hours nobody can be outside of them");
}

#[test]
fn where_nothing_can_be_written_nothing_may_be_done_and_it_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    std::fs::create_dir(&store).unwrap();
    std::fs::write(store.join("audit"), "no folder").unwrap();
    let (auditor, found) = Auditor::open(&store, (own(Way::Process), Announce::Nothing));
    assert_eq!(found.len(), 1, "{found:?}");
    let record = || auditor.record(&own(Way::Process), Act::change("x", "y"), Outcome::Accepted);
    assert!(record().unwrap_err().to_string().starts_with("the audit journal can't be written, so nothing is changed"));
    std::fs::remove_file(store.join("audit")).unwrap();
    assert_eq!(record().map(|receipt| receipt.number), Ok(2), "behind the one that opens the file");
}

#[test]
fn a_command_that_nobody_serves_writes_by_itself_and_not_beside_an_engine() {
    let (folder, auditor) = auditor();
    let note = || (Act::change("notify.test", "pager"), Outcome::Done);
    assert!(by_itself(folder.path(), note()).is_err(), "the engine holds it");
    drop(auditor);
    assert_eq!(by_itself(folder.path(), note()).map(|receipt| receipt.number).ok(), Some(2));
}
