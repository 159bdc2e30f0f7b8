//! A record's content: one JSON object, so that any program can read what a chain says without noctop.

use super::frame::LARGEST;
use crate::model::audit::{Act, Actor, Class, Outcome, Record, Role, Said, Way};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is written. Fields may be added; names stay.
#[derive(Serialize, Deserialize)]
struct Line {
    number: u64,
    at: String,
    class: String,
    kind: String,
    object: String,
    words: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    detail: BTreeMap<String, String>,
    uid: Option<u32>,
    user: String,
    pid: Option<u32>,
    program: Option<String>,
    role: Option<String>,
    way: String,
    /// What the console says of itself, which nothing proves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    unproven: BTreeMap<String, String>,
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

fn word<T: Copy>(text: &str, all: &[(&str, T)]) -> Option<T> {
    all.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
}

const ROLES: [(&str, Role); 2] = [("viewer", Role::Viewer), ("operator", Role::Operator)];
const CLASSES: [(&str, Class); 3] = [("access", Class::Access), ("change", Class::Change), ("security", Class::Security)];
const WAYS: [(&str, Way); 4] =
    [("process", Way::Process), ("socket", Way::Socket), ("command", Way::Command), ("http", Way::Http)];

/// A record as octets; `None` where it is too long.
pub fn write(record: &Record) -> Option<Vec<u8>> {
    let Record { number, at, act, actor, outcome } = record.clone();
    let said = [("tty", actor.said.tty), ("from", actor.said.from), ("command", actor.said.command)];
    let line = Line {
        number,
        at,
        class: act.class.word().to_owned(),
        kind: act.kind,
        object: act.object,
        words: act.words,
        old: act.old,
        new: act.new,
        detail: act.detail,
        uid: actor.uid,
        user: actor.user,
        pid: actor.pid,
        program: actor.program,
        role: actor.role.map(|role| role.word().to_owned()),
        way: actor.way.word().to_owned(),
        unproven: said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
        outcome: outcome.word().to_owned(),
        why: outcome.why().map(str::to_owned),
    };
    serde_json::to_vec(&line).ok().filter(|octets| octets.len() <= LARGEST)
}

/// A record back; `None` where the octets are none, as a later version may write them.
pub fn read(octets: &[u8]) -> Option<Record> {
    let line: Line = serde_json::from_slice(octets).ok()?;
    let mut said = line.unproven;
    let why = line.why.unwrap_or_default();
    let outcome = match line.outcome.as_str() {
        "accepted" => Outcome::Accepted,
        "done" => Outcome::Done,
        "failed" => Outcome::Failed(why),
        "refused" => Outcome::Refused(why),
        _ => return None,
    };
    let act = Act {
        class: word(&line.class, &CLASSES)?,
        kind: line.kind,
        object: line.object,
        words: line.words,
        old: line.old,
        new: line.new,
        detail: line.detail,
    };
    let actor = Actor {
        uid: line.uid,
        user: line.user,
        pid: line.pid,
        program: line.program,
        role: line.role.as_deref().and_then(|role| word(role, &ROLES)),
        way: word(&line.way, &WAYS)?,
        said: Said { tty: said.remove("tty"), from: said.remove("from"), command: said.remove("command") },
    };
    Some(Record { number: line.number, at: line.at, act, actor, outcome })
}
