//! Every key of the configuration, of its schema and of the defaults that the program has.

use super::super::page::{Page, code, codes};
use crate::config::{self, Config};
use crate::ui::lang::tr;
use serde_json::Value;
use std::time::Duration;

/// The default of a key, out of the configuration of an empty file.
type Default = fn(&Config) -> String;

/// Keys that have a value where nothing is written; all others are simply not set.
const DEFAULTS: &[(&str, Default)] = &[
    ("discovery.port", |config| config.discovery.port.to_string()),
    ("discovery.interval", |config| lasting(config.discovery.interval)),
    ("discovery.skip", |config| format!("{:?}", config.discovery.skip.iter().map(|role| role.word()).collect::<Vec<_>>())),
    ("discovery.per_device_requests", |config| config.discovery.per_device_requests.to_string()),
    ("discovery.own_host", |config| config.discovery.own_host.to_string()),
    ("polling.interval", |config| lasting(config.polling.interval)),
    ("polling.timeout", |config| lasting(config.polling.timeout)),
    ("polling.retries", |config| config.polling.retries.to_string()),
    ("polling.burst", |config| config.polling.burst.map(lasting).unwrap_or_default()),
    ("retention.raw", |config| lasting(config.retention.raw)),
    ("retention.minute", |config| lasting(config.retention.minute)),
    ("retention.hour", |config| lasting(config.retention.hour)),
    ("retention.logs", |config| lasting(config.retention.logs)),
    ("retention.audit", |config| lasting(config.retention.audit)),
    ("retention.audit_changes", |config| lasting(config.retention.audit_changes)),
    ("retention.audit_access", |config| lasting(config.retention.audit_access)),
    ("set.enabled", |config| config.set.enabled.to_string()),
    ("set.off_for", |config| lasting(config.set.off_for)),
    ("set.settle", |config| lasting(config.set.settle)),
    ("metrics.polled", |config| config.listeners.metrics_polled.to_string()),
    ("capture.promiscuous", |config| config.listeners.capture_promiscuous.to_string()),
];

/// The chapter.
pub(in super::super) fn page() -> String {
    let mut page = Page::new(
        "Configuration",
        "Every table and key of `noctop.toml`. The file is `--config FILE`, else `$NOCTOP_CONFIG`, `~/.config/noctop/noctop.toml` or \
         `/etc/noctop/noctop.toml`; without one the defaults hold. `noctop config check` names every fault with its line and column, a key \
         that is not known among them; `noctop schema config` prints this as JSON Schema for editors.",
    );
    let schema = config::schema();
    let empty = Config::default();
    let tables = schema.get("properties").and_then(Value::as_object);
    let single: Vec<Vec<String>> = tables
        .into_iter()
        .flatten()
        .filter(|(_, value)| keys(value).is_none())
        .map(|(name, value)| row("", (name, value), &empty))
        .collect();
    page.heading(2, tr("Before all tables"));
    page.table(HEADINGS, &single);
    for (name, value) in tables.into_iter().flatten() {
        let Some(keys) = keys(value) else { continue };
        let is_list = value.get("items").is_some();
        page.heading(2, &if is_list { format!("`[[{name}]]`") } else { format!("`[{name}]`") });
        page.text(&format!("{}.", tr(word(value, "description")).trim_end_matches('.')));
        page.table(HEADINGS, &keys.iter().map(|key| row(name, key, &empty)).collect::<Vec<_>>());
    }
    page.done()
}

const HEADINGS: &[&str] = &["Key", "Takes", "Default", "Meaning"];

/// The keys of a table, or of each of a list of tables.
fn keys(value: &Value) -> Option<&serde_json::Map<String, Value>> {
    value.get("items").unwrap_or(value).get("properties")?.as_object()
}

fn row(table: &str, (name, value): (&String, &Value), empty: &Config) -> Vec<String> {
    let path = format!("{table}.{name}");
    let default = DEFAULTS.iter().find(|(known, _)| *known == path).map(|(_, default)| code(&default(empty)));
    vec![code(name), takes(value), default.unwrap_or_default(), tr(word(value, "description")).to_owned()]
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What a key takes, in words, with an example where its form is not plain.
fn takes(value: &Value) -> String {
    if let Some(words) = value.get("enum").and_then(Value::as_array) {
        return codes(words.iter().filter_map(Value::as_str));
    }
    let pattern = word(value, "pattern");
    match word(value, "type") {
        "boolean" => codes(["true", "false"]),
        "integer" => tr("whole number").to_owned(),
        "array" => {
            let items = value.get("items");
            let words = items.and_then(|items| items.get("enum")).and_then(Value::as_array);
            let of = words.map(|words| codes(words.iter().filter_map(Value::as_str)));
            let inner = items.is_some_and(|items| word(items, "type") == "object");
            match of {
                Some(words) => format!("{}: {words}", tr("list of")),
                None if inner => tr("list of tables").to_owned(),
                None => tr("list of texts").to_owned(),
            }
        }
        "object" => tr("table").to_owned(),
        "string" if pattern.contains("ms|s|m") => format!("{} ({})", tr("duration"), codes(["30s", "5m", "14d"])),
        "string" if pattern.contains("iB") => format!("{} ({})", tr("size"), code("20GiB")),
        "string" => tr("a text").to_owned(),
        _ => tr("text, or `{ is, when }`, or a list of these").to_owned(),
    }
}

/// A duration as the configuration writes it.
fn lasting(time: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let seconds = time.as_secs();
    if time.subsec_nanos() > 0 || seconds == 0 {
        return format!("{}ms", time.as_millis());
    }
    let unit = UNITS.iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    unit.map(|(unit, word)| format!("{}{word}", seconds / unit)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_of_a_key_that_there_is() {
        let schema = config::schema();
        for (path, _) in DEFAULTS {
            let (table, key) = path.split_once('.').unwrap();
            assert!(keys(&schema["properties"][table]).unwrap().contains_key(key), "{path}");
        }
    }

    #[test]
    fn a_default_is_written_as_the_file_takes_it() {
        let all: Vec<String> = DEFAULTS.iter().map(|(path, default)| format!("{path} {}", default(&Config::default()))).collect();
        assert!(all.contains(&"retention.raw 14d".to_owned()), "{all:?}");
        assert_eq!([lasting(Duration::from_millis(500)), lasting(Duration::from_secs(90))], ["500ms", "90s"]);
        for (path, default) in DEFAULTS {
            let (table, key) = path.split_once('.').unwrap();
            let value = default(&Config::default());
            let quoted = if value.ends_with(['s', 'm', 'h', 'd']) { format!("{value:?}") } else { value };
            let mut read = config::parse("x", &format!("[{table}]\n{key} = {quoted}\n")).unwrap();
            // The table alone asks for metrics.
            read.listeners.metrics = None;
            assert_eq!(read, Config::default(), "{path}");
        }
    }
}
