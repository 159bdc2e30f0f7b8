//! noctop's own document: for commands and for webhooks with `body = "json"`.

use crate::model::text::is_control;
use crate::model::{AlarmFacts, DeviceId, Timestamp};
use crate::notify::letter::{Item, Letter};
use serde::Serialize;
use std::fmt::Write as _;

/// Version of the document: fields are added, never renamed or dropped.
const SCHEMA: &str = "noctop.notice/1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema: &'static str,
    id: String,
    receiver: &'a str,
    site: &'a str,
    at: String,
    kind: &'static str,
    text: String,
    /// One, or of a digest all.
    alarms: Vec<Told<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    kind: &'static str,
    thread: String,
    step: u32,
    turn: u32,
    alarm: Subject<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subject<'a> {
    id: &'a str,
    rule: &'a str,
    severity: &'static str,
    object: &'a str,
    device: Option<&'a str>,
    device_name: Option<&'a str>,
    if_index: Option<u32>,
    site: Option<&'a str>,
    text: &'a str,
    raised_at: String,
    cleared_at: Option<String>,
    count: u32,
    children: u32,
    acknowledged_by: Option<&'a str>,
    note: Option<&'a str>,
    runbook: Option<&'a str>,
}

/// The document, in one line.
pub fn write(letter: &Letter) -> String {
    let several = letter.items.len() > 1;
    let told = |item| told(item, &letter.site);
    let document = Document {
        schema: SCHEMA,
        id: letter.id(),
        receiver: &letter.receiver,
        site: &letter.site,
        at: letter.at.rfc3339(),
        kind: if several { "digest" } else { letter.first().map_or("digest", |item| item.kind.word()) },
        text: letter.line(),
        alarms: letter.items.iter().map(told).collect(),
    };
    line(&document)
}

fn told<'a>(item: &'a Item, site: &str) -> Told<'a> {
    let AlarmFacts { alarm, device_name, site: place, acknowledged_by, note, children, .. } = &*item.facts;
    let alarm = Subject {
        id: &alarm.id,
        rule: &alarm.rule,
        severity: alarm.severity.word(),
        object: &alarm.object,
        device: alarm.device.as_ref().map(DeviceId::as_str),
        device_name: device_name.as_deref(),
        if_index: alarm.if_index.map(|index| index.0),
        site: place.as_deref(),
        text: &alarm.text,
        raised_at: item.since.rfc3339(),
        cleared_at: alarm.cleared_at.map(Timestamp::rfc3339),
        count: alarm.count,
        children: *children,
        acknowledged_by: acknowledged_by.as_deref(),
        note: note.as_deref(),
        runbook: alarm.runbook.as_deref(),
    };
    Told { kind: item.kind.word(), thread: item.thread(site), step: item.step, turn: item.turn, alarm }
}

/// A value in one line; controls that a JSON writer leaves as they are are escaped as well.
pub(super) fn line(value: &impl Serialize) -> String {
    // Strings and numbers: nothing that can't be written.
    let text = serde_json::to_string(value).unwrap_or_default();
    escape(&text)
}

/// C1 and bidi controls of a JSON text, which stand in its strings alone, as `\uXXXX`.
pub(in crate::notify) fn escape(text: &str) -> String {
    if !text.chars().any(is_control) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_control(c) {
            let written = write!(out, "\\u{:04x}", u32::from(c));
            debug_assert!(written.is_ok(), "writing to a String does not fail");
        } else {
            out.push(c);
        }
    }
    out
}
