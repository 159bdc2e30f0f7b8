//! What of the line under the cursor narrows the list.

use crate::model::LogSeverity;
use crate::query::filter;
use crate::state::view::logs::LogRow;
use crate::ui::lang::{tr, trf};

/// A way to narrow the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    /// What it does, in words.
    pub label: String,
    /// The filter that does it.
    pub filter: String,
    /// Whether it takes the place of the filter that is there.
    pub alone: bool,
}

/// The ways of a row.
pub fn of(row: &LogRow) -> Vec<Narrowing> {
    let line = &row.line;
    let who = line.who();
    // A line that says no host and is of no device is known by who sent it.
    let field = if line.device.is_none() && line.host.is_none() { "ip" } else { "host" };
    let mut ways = both(&who, field);
    if let Some(app) = &line.app {
        ways.extend(both(app, "app"));
    }
    if let Some(id) = line.message_id.as_deref().filter(|id| line.app.as_deref() != Some(*id)) {
        ways.extend(both(id, "id"));
    }
    if let Some(port) = line.device.as_ref().and_then(|device| device.port.as_deref()) {
        ways.extend(both(port, "if").into_iter().take(1));
    }
    if let Some(severity) = line.severity {
        let label = trf!("{} and worse", LogSeverity::word(severity));
        ways.push(Narrowing { label, filter: format!("sev>={}", severity.word()), alone: false });
    }
    ways.push(Narrowing { label: tr("traps only").to_owned(), filter: "kind=trap".to_owned(), alone: false });
    ways.push(Narrowing { label: tr("everything at this time").to_owned(), filter: String::new(), alone: true });
    ways
}

/// Only a value of a field, and all but it.
pub fn both(value: &str, field: &str) -> Vec<Narrowing> {
    let term = format!("{field}={}", quoted(value));
    vec![
        Narrowing { label: trf!("only {}", value), filter: term.clone(), alone: false },
        Narrowing { label: trf!("all but {}", value), filter: format!("!{term}"), alone: false },
    ]
}

/// A value as the grammar takes it.
fn quoted(value: &str) -> String {
    let bare = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if bare { value.to_owned() } else { format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// A filter with a further condition.
pub fn with(filter: &str, narrowing: &Narrowing) -> String {
    let before = filter.trim();
    if narrowing.alone || before.is_empty() || filter::parse(before).is_err() {
        return narrowing.filter.clone();
    }
    let has_or = before.split_whitespace().any(|word| word == "or");
    if has_or { format!("({before}) {}", narrowing.filter) } else { format!("{before} {}", narrowing.filter) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LogKind, LogLine, Timestamp};
    use crate::query::LOG_COLUMNS;

    #[test]
    fn every_way_is_a_filter_that_its_own_line_passes_or_not() {
        let mut line = LogLine::new(Timestamp(0), "10.0.0.1".parse().unwrap(), LogKind::Trap);
        line.app = Some("sshd \"x\\".to_owned());
        line.host = Some("core-1".to_owned());
        line.severity = Some(LogSeverity::Error);
        let row = LogRow { number: 0, line, count: 1, first: Timestamp(0) };
        for way in of(&row) {
            let text = with("a or b", &Narrowing { alone: false, ..way.clone() });
            assert!(way.filter.is_empty() || filter::parse(&text).is_ok(), "{text}");
            let matcher = filter::matcher(&way.filter, LOG_COLUMNS, Timestamp(0)).unwrap();
            assert_eq!(matcher.matches(&row.line), !way.filter.starts_with('!'), "{}", way.filter);
        }
        assert_eq!(with("x", &of(&row)[0]), "x host=core-1");
        assert_eq!(with("x or y", &of(&row)[0]), "(x or y) host=core-1");
    }
}
