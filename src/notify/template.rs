//! Templates of one's own, in minijinja's language.
//!
//! In a JSON template a value stands between quotation marks that the template writes, `"{{ text }}"`, and is escaped for that place;
//! `{{ text|json }}` is a whole JSON value. Elsewhere control characters are shown as `\x1b`. A name that there is not is a fault.

use super::letter::{Item, Letter};
use super::shape::json::escape;
use crate::model::Timestamp;
use crate::model::text::visible;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value};
use std::collections::BTreeMap;

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Within the strings of a JSON text.
    Json,
    /// In a text for people.
    Text,
}

/// What a template makes of a letter. Errors: what is wrong with the template, in words.
pub fn render(template: &str, letter: &Letter, place: Place) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.add_filter("json", |value: Value| Value::from_safe_string(json_of(&value)));
    environment.set_formatter(move |out, _, value| {
        let text = match (value.is_safe(), place) {
            _ if value.is_none() => String::new(),
            _ if value.is_undefined() => return Err(Error::from(minijinja::ErrorKind::UndefinedError)),
            (true, _) => value.to_string(),
            (false, Place::Json) => inner(&value.to_string()),
            (false, Place::Text) => visible(&value.to_string()).into_owned(),
        };
        out.write_str(&text).map_err(Error::from)
    });
    let rendered = environment.render_str(template, context(letter)).map_err(|error| said(&error))?;
    if place == Place::Json {
        let checked = serde_json::from_str::<serde::de::IgnoredAny>(&rendered);
        checked.map_err(|error| format!("the template makes no JSON: {error}"))?;
    }
    Ok(rendered)
}

/// The error in one line.
fn said(error: &Error) -> String {
    let place = error.line().map(|line| format!(" (line {line} of the template)")).unwrap_or_default();
    let what = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    format!("{what}{place}")
}

/// A text as it stands within the marks of a JSON string.
fn inner(text: &str) -> String {
    let quoted = escape(&serde_json::to_string(text).unwrap_or_default());
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default().to_owned()
}

fn json_of(value: &Value) -> String {
    if value.is_none() || value.is_undefined() {
        return "null".to_owned();
    }
    if value.is_number() || matches!(value.kind(), minijinja::value::ValueKind::Bool) {
        return value.to_string();
    }
    format!("\"{}\"", inner(&value.to_string()))
}

fn context(letter: &Letter) -> Value {
    let mut names: BTreeMap<&str, Value> = letter.first().map(|item| item_names(item, &letter.site)).unwrap_or_default();
    let alarms: Vec<Value> = letter.items.iter().map(|item| Value::from(item_names(item, &letter.site))).collect();
    let several = letter.items.len() > 1;
    names.insert("id", Value::from(letter.id()));
    names.insert("receiver", Value::from(letter.receiver.as_str()));
    names.insert("network", Value::from(letter.site.as_str()));
    names.insert("at", Value::from(letter.at.rfc3339()));
    names.insert("line", Value::from(letter.line()));
    names.insert("more", Value::from(letter.items.len().saturating_sub(1)));
    names.insert("digest", Value::from(several));
    names.insert("alarms", Value::from(alarms));
    Value::from(names)
}

fn item_names(item: &Item, network: &str) -> BTreeMap<&'static str, Value> {
    let (facts, alarm) = (&item.facts, &item.facts.alarm);
    let text = |text: &Option<String>| text.as_deref().map_or_else(|| Value::from(()), Value::from);
    let time = |at: Option<Timestamp>| at.map_or_else(|| Value::from(()), |at| Value::from(at.rfc3339()));
    BTreeMap::from([
        ("kind", Value::from(item.kind.word())),
        ("step", Value::from(item.step)),
        ("turn", Value::from(item.turn)),
        ("thread", Value::from(item.thread(network))),
        ("summary", Value::from(item.line())),
        ("alarm", Value::from(alarm.id.as_str())),
        ("rule", Value::from(alarm.rule.as_str())),
        ("severity", Value::from(alarm.severity.word())),
        ("object", Value::from(alarm.object.as_str())),
        ("device", text(&facts.device_name)),
        ("site", text(&facts.site)),
        ("text", Value::from(alarm.text.as_str())),
        ("raised_at", time(Some(item.since))),
        ("cleared_at", time(alarm.cleared_at)),
        ("count", Value::from(alarm.count)),
        ("children", Value::from(facts.children)),
        ("acknowledged_by", text(&facts.acknowledged_by)),
        ("note", text(&facts.note)),
        ("runbook", text(&alarm.runbook)),
    ])
}
