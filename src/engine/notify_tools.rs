//! Notifications by hand, for `notify test` and `config check`: one letter, no store, no state.

use super::local;
use crate::clock;
use crate::config::Config;
use crate::config::notify::Receiver;
use crate::model::{Alarm, AlarmFacts, DeviceId, NoticeKind, Role, Severity, Timestamp};
use crate::notify::{Item, Letter, Sender, send};
use std::sync::Arc;
use std::time::Duration;

/// Sends a test notice. Errors: why it was not taken.
pub fn test(config: &Config, receiver: &Receiver) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime did not start: {error}"))?;
    let sender = Sender::new(receiver.clone())?;
    let letter = letter((&receiver.name, &local::site(config)), (&[NoticeKind::Test], clock::now()));
    runtime.block_on(sender.send(&letter)).map_err(|failure| failure.why)
}

/// What is wrong with templates, addresses and files of certificates, which only shows when they are used: line, column, sentence.
pub fn check(config: &Config) -> Vec<(usize, usize, String)> {
    let letters = |receiver: &Receiver| {
        let kinds: [&[NoticeKind]; 4] =
            [&[NoticeKind::Raised], &[NoticeKind::Cleared], &[NoticeKind::Test], &[NoticeKind::Raised, NoticeKind::Repeated]];
        kinds.map(|kinds| letter((&receiver.name, "network"), (kinds, Timestamp(0))))
    };
    let receivers = config.notifications.receivers.iter();
    receivers.flat_map(|receiver| send::check(receiver, &letters(receiver))).collect()
}

/// A letter about an alarm that nobody has.
fn letter((receiver, site): (&str, &str), (kinds, at): (&[NoticeKind], Timestamp)) -> Letter {
    let item = |kind: &NoticeKind| {
        let is_test = *kind == NoticeKind::Test;
        let cleared_at = (*kind == NoticeKind::Cleared).then(|| at.plus(Duration::from_secs(60)));
        Item {
            kind: *kind,
            step: 0,
            turn: u32::from(*kind == NoticeKind::Repeated),
            since: at,
            facts: Arc::new(facts(is_test, (at, cleared_at))),
        }
    };
    Letter { receiver: receiver.to_owned(), site: site.to_owned(), at, items: kinds.iter().map(item).collect() }
}

/// Where nobody reads it, with everything in it that devices may say.
fn facts(is_test: bool, (raised_at, cleared_at): (Timestamp, Option<Timestamp>)) -> AlarmFacts {
    let (object, text) =
        if is_test { ("noctop", "this is a test: nothing is wrong") } else { ("core-1 \"x\"", "down \\ \n\u{1b}") };
    let alarm = Alarm {
        id: format!("test@{object}"),
        rule: "test".to_owned(),
        severity: Severity::Warning,
        object: object.to_owned(),
        device: (!is_test).then(|| DeviceId::new("core-1")),
        text: text.to_owned(),
        raised_at,
        cleared_at,
        count: 1,
        if_index: None,
        runbook: None,
        flap: None,
    };
    AlarmFacts {
        alarm,
        device_name: (!is_test).then(|| object.to_owned()),
        site: (!is_test).then(|| "HQ \"1\"".to_owned()),
        addresses: Vec::new(),
        role: (!is_test).then_some(Role::Router),
        vendor: None,
        acknowledged_by: None,
        note: None,
        children: 0,
    }
}
