//! The columns of the audit journal.

use super::filter::{Column, Kind, Row, Value};
use crate::model::audit::{Record, Role};
use std::borrow::Cow;

const fn column(names: &'static [&'static str], kind: Kind) -> Column {
    Column { names, kind }
}

/// The columns of the audit journal, as `noctop audit list --filter` knows them.
pub const AUDIT_COLUMNS: &[Column] = &[
    column(&["at"], Kind::Time),
    column(&["class"], Kind::Word),
    column(&["number"], Kind::Number),
    column(&["user", "by"], Kind::Text),
    column(&["uid"], Kind::Number),
    column(&["role"], Kind::Word),
    column(&["kind"], Kind::Text),
    column(&["object", "name"], Kind::Text),
    column(&["text", "words"], Kind::Text),
    column(&["old"], Kind::Text),
    column(&["new"], Kind::Text),
    column(&["outcome"], Kind::Word),
    column(&["why"], Kind::Text),
    column(&["from"], Kind::Text),
    column(&["tty"], Kind::Text),
    column(&["command"], Kind::Text),
    column(&["way"], Kind::Word),
    column(&["pid"], Kind::Number),
    column(&["program"], Kind::Text),
];

impl Row for Record {
    fn value(&self, column: usize) -> Value<'_> {
        let text = |text: &'_ str| Value::Text(Cow::Owned(text.to_owned()));
        let (act, actor) = (&self.act, &self.actor);
        match column {
            0 => Value::Number(self.moment().millis() as f64 / 1000.0),
            1 => Value::word(act.class.word()),
            2 => Value::Number(self.number as f64),
            3 => text(&actor.user),
            4 => Value::number(actor.uid.map(f64::from)),
            5 => actor.role.map_or(Value::Unknown, |role: Role| Value::word(role.word())),
            6 => text(&act.kind),
            7 => text(&act.object),
            8 => text(&act.words),
            9 => Value::text(act.old.as_deref()),
            10 => Value::text(act.new.as_deref()),
            11 => Value::word(self.outcome.word()),
            12 => Value::text(self.outcome.why()),
            13 => Value::text(actor.said.from.as_deref()),
            14 => Value::text(actor.said.tty.as_deref()),
            15 => Value::text(actor.said.command.as_deref()),
            16 => Value::word(actor.way.word()),
            17 => Value::number(actor.pid.map(f64::from)),
            18 => Value::text(actor.program.as_deref()),
            _ => Value::Unknown,
        }
    }
}
