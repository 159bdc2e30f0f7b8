//! Notifications: every way to a receiver against servers of the test's own, the commands, and a daemon that is killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test says what it expects")]

mod cli;
mod command;
mod kill;
mod mail;
mod servers;
mod webhook;

use noctop::config::{self, notify::Receiver};
use noctop::model::{Alarm, AlarmFacts, DeviceId, NoticeKind, Severity, Timestamp};
use noctop::notify::{Failure, Item, Letter, Sender};
use std::sync::Arc;

/// What a device may say: an escape sequence, a bidi control, marks of JSON, a mention, a header.
pub const HOSTILE: &str = "x\x1b[2J\u{202e}\u{9b}\"},{\\ <!channel> [a](http://evil)\r\nBcc: all@example.net\r\n\r\nbody";

/// A receiver out of the rest of its table.
pub fn receiver(rest: &str) -> Receiver {
    let text = format!("[[receiver]]\nname = \"noc\"\n{rest}");
    let config = config::parse("test", &text).unwrap_or_else(|faults| panic!("{faults:?}"));
    config.notifications.receivers.into_iter().next().unwrap()
}

pub fn item(kind: NoticeKind, object: &str) -> Item {
    let since = Timestamp::parse_absolute("2026-11-26T10:00:00Z").unwrap();
    let alarm = Alarm {
        id: format!("device-down@{object}"),
        rule: "device-down".to_owned(),
        severity: Severity::Critical,
        object: object.to_owned(),
        device: Some(DeviceId::new("chassis:1")),
        text: format!("2 polls not answered: {HOSTILE}"),
        raised_at: since,
        cleared_at: (kind == NoticeKind::Cleared).then(|| Timestamp(since.0 + 60_000)),
        count: 1,
        if_index: None,
        runbook: Some("https://wiki.example.net/core".to_owned()),
        flap: None,
    };
    let facts = AlarmFacts {
        alarm,
        device_name: Some(object.to_owned()),
        site: Some("HQ/B1".to_owned()),
        addresses: Vec::new(),
        role: None,
        vendor: None,
        acknowledged_by: None,
        note: None,
        children: 98,
    };
    Item { kind, step: 0, turn: 0, episode: 1, since, facts: Arc::new(facts) }
}

pub fn letter(items: Vec<Item>) -> Letter {
    let at = Timestamp::parse_absolute("2026-11-26T10:00:30Z").unwrap();
    Letter { receiver: "noc".to_owned(), site: "HQ".to_owned(), at, items }
}

pub fn raised() -> Letter {
    letter(vec![item(NoticeKind::Raised, &format!("core-1 {HOSTILE}"))])
}

/// Sends once.
pub async fn send(receiver: Receiver, letter: &Letter) -> Result<(), Failure> {
    Sender::new(receiver).unwrap().send(letter).await
}

/// No character that acts on a terminal or reorders text.
pub fn assert_plain(text: &str) {
    let odd = text.chars().find(|c| noctop::model::text::is_control(*c) && !matches!(c, '\n' | '\r' | '\t'));
    assert_eq!(odd, None, "{text:?}");
}
