//! What operators do about alarms, and what explains them.

use super::*;
use crate::model::{AlarmAct, AlarmOrder};
use crate::query::{Screen, ViewRequest};
use crate::state::view::{AlarmRow, ViewBody, answer};

/// Two access switches are down: device alarms, and of the ports that lead to them.
fn broken() -> State {
    let campus = campus();
    let (mut state, _) = run(&discovered());
    for secs in [30, 60] {
        for device in &campus {
            feed(&mut state, &poll(secs, device, 1_000, &[]));
        }
    }
    for secs in [100, 110, 120] {
        feed(&mut state, &silent(secs, &campus[6]));
    }
    // dist-1 Gi3 leads to acc-1.
    feed(&mut state, &poll(130, &campus[4], 2_000, &[3]));
    state
}

fn order(secs: i64, alarms: &[&str], act: AlarmAct) -> Event {
    let alarms = alarms.iter().map(|id| (*id).to_owned()).collect();
    event(secs, Body::AlarmOrder(Box::new(AlarmOrder { alarms, by: "kim".to_owned(), act })))
}

fn rows(state: &State, change: impl FnOnce(&mut ViewRequest)) -> Vec<AlarmRow> {
    let mut request = ViewRequest::new(Screen::Alarms, 100);
    change(&mut request);
    match answer(state, &request).body {
        ViewBody::Alarms(table) => table.rows,
        other => panic!("{other:?}"),
    }
}

fn counted(state: &State) -> usize {
    let chrome = answer(state, &ViewRequest::new(Screen::Overview, 1)).chrome;
    chrome.critical + chrome.major + chrome.minor
}

fn down(state: &State) -> String {
    state.alarms().find(|alarm| alarm.rule == "device-down").map(|alarm| alarm.id.clone()).unwrap()
}

#[test]
fn an_alarm_is_acknowledged_with_a_note_and_released() {
    let mut state = broken();
    let id = down(&state);
    let derived = feed(&mut state, &order(200, &[&id, "nothing@else"], AlarmAct::Acknowledge(Some("fibre".to_owned())))).derived;
    assert_eq!(derived.len(), 1, "of what stands alone");
    let shown = rows(&state, |_| {}).into_iter().find(|row| row.id == id).unwrap().acknowledged.unwrap();
    assert_eq!((shown.by.as_str(), shown.note.as_deref(), shown.at), ("kim", Some("fibre"), event(200, Body::Tick).at));
    assert!(state.recent().last().is_some_and(|row| row.text == "acknowledged by kim: fibre" && row.source == "operator"));
    assert_eq!(rows(&state, |request| request.filter = "ack:kim".to_owned()).len(), 1);
    feed(&mut state, &order(210, &[&id], AlarmAct::Release));
    assert!(rows(&state, |_| {}).iter().all(|row| row.acknowledged.is_none()));
}

#[test]
fn a_silent_alarm_is_not_counted_until_its_time_is_over() {
    let mut state = broken();
    let (id, before) = (down(&state), counted(&state));
    feed(&mut state, &order(200, &[&id], AlarmAct::Silence(3_600)));
    assert_eq!(counted(&state), before - 1);
    assert_eq!(rows(&state, |request| request.filter = "state:silenced".to_owned()).len(), 1);
    assert!(rows(&state, |request| request.faults_only = true).iter().all(|row| row.id != id));
    feed(&mut state, &event(200 + 3_600, Body::Tick));
    assert_eq!(counted(&state), before);
}

#[test]
fn what_was_done_goes_with_the_alarm() {
    let campus = campus();
    let mut state = broken();
    let id = down(&state);
    feed(&mut state, &order(200, &[&id], AlarmAct::Acknowledge(None)));
    feed(&mut state, &poll(300, &campus[6], 3_000, &[]));
    assert_eq!(state.handling(&id), None);
    let late = feed(&mut state, &order(310, &[&id], AlarmAct::Acknowledge(None)));
    assert_eq!(late.derived, [], "it stands no more");
}

#[test]
fn a_replay_and_a_checkpoint_know_who_cares() {
    let mut state = broken();
    let id = down(&state);
    let derived = feed(&mut state, &order(200, &[&id], AlarmAct::Silence(60))).derived;
    let mut replayed = broken();
    derived.iter().for_each(|event| {
        feed(&mut replayed, event);
    });
    assert_eq!(replayed.handling(&id), state.handling(&id));
    let restored = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    assert_eq!(restored.handling(&id), state.handling(&id));
    assert!(restored.handling(&id).is_some());
}

#[test]
fn notes_and_silences_have_bounds() {
    let mut state = broken();
    let id = down(&state);
    feed(&mut state, &order(200, &[&id], AlarmAct::Acknowledge(Some("x".repeat(10_000)))));
    feed(&mut state, &order(201, &[&id], AlarmAct::Silence(u32::MAX)));
    let handling = state.handling(&id).unwrap();
    assert_eq!(handling.acknowledged.as_ref().and_then(|ack| ack.note.as_ref()).map(String::len), Some(500));
    let until = handling.silenced.as_ref().unwrap().until;
    assert_eq!(until.since(event(201, Body::Tick).at).as_secs(), 31 * 86_400);
}

#[test]
fn a_port_that_leads_to_a_device_that_is_down_is_explained_by_it() {
    let state = broken();
    let id = down(&state);
    let told: Vec<(String, Option<String>, usize)> =
        rows(&state, |_| {}).into_iter().map(|row| (row.object.clone(), row.root.clone(), row.children)).collect();
    assert_eq!(told, [("acc-1".to_owned(), None, 1), ("dist-1 Gi3".to_owned(), Some(id.clone()), 0)]);
    let folded = rows(&state, |request| request.folded = vec![id]);
    assert_eq!(folded.iter().map(|row| (row.object.as_str(), row.folded)).collect::<Vec<_>>(), [("acc-1", true)]);
}
