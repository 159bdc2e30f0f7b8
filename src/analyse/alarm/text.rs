//! What an alarm says: a sentence with the object's values in it.

use crate::model::unit;
use crate::query::filter::{Column, Kind, Row, Value};

/// A text with holes: `{column}`, and `[…]` for what is left out where a value in it is not known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Value(usize, Column),
    Word(&'static str),
    Group(Vec<Piece>),
}

/// What is put into a text beside the object's values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// The value before it changed.
    pub before: Option<&'a str>,
    /// The value after.
    pub after: Option<&'a str>,
    /// How often it happened.
    pub count: Option<u32>,
}

/// Names of [`Said`] in texts.
const WORDS: [&str; 3] = ["before", "after", "count"];

impl Said<'_> {
    fn get(&self, word: &str) -> Option<String> {
        match word {
            "before" => self.before.map(str::to_owned),
            "after" => self.after.map(str::to_owned),
            _ => self.count.map(|count| count.to_string()),
        }
    }
}

impl Template {
    /// Reads a text. Errors: the character where it is wrong, from 0, and what is.
    pub(super) fn read(text: &str, columns: &[Column]) -> Result<Self, (usize, String)> {
        let mut reading = Reading { columns, outer: Vec::new(), group: None };
        let mut rest = text;
        let mut place = 0;
        while let Some(c) = rest.chars().next() {
            let taken = reading.piece(rest, c).map_err(|(offset, what)| (place + offset, what))?;
            let (read, after) = rest.split_at(taken.min(rest.len()));
            place += read.chars().count();
            rest = after;
        }
        match reading.group {
            Some(_) => Err((place, "a [ is not closed".to_owned())),
            None => Ok(Self(reading.outer)),
        }
    }

    /// The text of an object.
    pub(super) fn fill(&self, row: &impl Row, said: Said<'_>) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Group(pieces) => {
                    let known: Option<Vec<String>> = pieces.iter().map(|piece| piece.say(row, said)).collect();
                    text.extend(known.into_iter().flatten());
                }
                other => text.push_str(&other.say(row, said).unwrap_or_else(|| "-".to_owned())),
            }
        }
        text
    }
}

/// A text that is being read.
struct Reading<'a> {
    columns: &'a [Column],
    outer: Vec<Piece>,
    group: Option<Vec<Piece>>,
}

impl Reading<'_> {
    /// Takes what the rest begins with; returns its octets.
    fn piece(&mut self, rest: &str, c: char) -> Result<usize, (usize, String)> {
        match (c, self.group.is_some()) {
            ('{', _) => {
                let closed = rest.get(1..).and_then(|rest| rest.split_once('}'));
                let (name, _) = closed.ok_or_else(|| (0, "the { is not closed".to_owned()))?;
                let hole = hole(name, self.columns).map_err(|what| (1, what))?;
                self.into().push(hole);
                return Ok(name.len() + 2);
            }
            ('[', false) => self.group = Some(Vec::new()),
            (']', true) => self.outer.extend(self.group.take().map(Piece::Group)),
            _ => match self.into().last_mut() {
                Some(Piece::Text(text)) => text.push(c),
                _ => self.into().push(Piece::Text(c.to_string())),
            },
        }
        Ok(c.len_utf8())
    }

    const fn into(&mut self) -> &mut Vec<Piece> {
        match &mut self.group {
            Some(group) => group,
            None => &mut self.outer,
        }
    }
}

fn hole(name: &str, columns: &[Column]) -> Result<Piece, String> {
    if let Some(word) = WORDS.iter().find(|word| **word == name) {
        return Ok(Piece::Word(word));
    }
    let place = Column::find(columns, name);
    let found = place.and_then(|place| columns.get(place).map(|column| Piece::Value(place, *column)));
    found.ok_or_else(|| {
        let names: Vec<&str> = columns.iter().filter_map(|column| column.names.last().copied()).collect();
        format!("there is no field `{name}` here; there are {}", names.join(" "))
    })
}

impl Piece {
    fn say(&self, row: &impl Row, said: Said<'_>) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Value(place, column) => words(&row.value(*place), column),
            Self::Word(word) => said.get(word),
            Self::Group(_) => None,
        }
    }
}

/// A value as people write it; `None` where it is not known.
pub(super) fn words(value: &Value<'_>, column: &Column) -> Option<String> {
    let name = column.names.first().copied().unwrap_or_default();
    Some(match value {
        Value::Unknown => return None,
        Value::Text(text) | Value::Either(text, _) => text.clone().into_owned(),
        Value::Number(number) => figure(*number, column.kind, name),
        Value::Numbers(numbers) => numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        Value::Addresses(addresses) => addresses.first()?.to_string(),
        Value::Nets(nets) => nets.first()?.to_string(),
        Value::Mac(mac) => mac.to_string(),
    })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, for show")]
fn figure(number: f64, kind: Kind, name: &str) -> String {
    match kind {
        Kind::Fraction => format!("{:.0} %", number * 100.0),
        Kind::Percent => format!("{number:.0} %"),
        Kind::Duration => unit::age(number.max(0.0) as u64),
        _ if name.ends_with("Bps") => format!("{}bit/s", unit::si(number)),
        _ if number.fract() == 0.0 && number.abs() < 1e6 => format!("{number:.0}"),
        _ if number.abs() >= 1e4 => unit::si(number),
        _ if number.abs() < 0.1 => format!("{number:.3}"),
        _ => format!("{number:.1}"),
    }
}
