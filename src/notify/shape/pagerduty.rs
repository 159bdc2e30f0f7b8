//! PagerDuty's Events API v2: an alarm is an incident, from raising to clearing by one `dedup_key`.

use super::json;
use crate::model::secret::Secret;
use crate::model::text::visible;
use crate::model::{NoticeKind, Severity};
use crate::notify::letter::{Item, Letter};
use serde_json::{Value, json};

/// The longest summary that it takes.
const LONGEST_SUMMARY: usize = 1024;

/// The body; it holds one alarm, for a digest would be an incident that nobody resolves.
pub fn write(letter: &Letter, key: &Secret) -> String {
    let Some(item) = letter.first() else { return String::new() };
    let thread = item.thread(&letter.site);
    let action = match item.kind {
        NoticeKind::Cleared => "resolve",
        NoticeKind::Raised | NoticeKind::Escalated | NoticeKind::Repeated | NoticeKind::Test => "trigger",
    };
    let mut event = json!({ "routing_key": key.expose(), "event_action": action, "dedup_key": format!("noctop-{thread}") });
    if let (Some(event), "trigger") = (event.as_object_mut(), action) {
        event.insert("payload".to_owned(), payload(letter, item));
        event.insert("client".to_owned(), Value::from("noctop"));
    }
    json::line(&event)
}

fn payload(letter: &Letter, item: &Item) -> Value {
    let (facts, alarm) = (&item.facts, &item.facts.alarm);
    let severity = match (item.kind, alarm.severity) {
        (NoticeKind::Test, _) | (_, Severity::Cleared) => "info",
        (_, Severity::Critical) => "critical",
        (_, Severity::Major) => "error",
        (_, Severity::Minor | Severity::Warning | Severity::Indeterminate) => "warning",
    };
    let summary: String = item.line().chars().take(LONGEST_SUMMARY).collect();
    json!({
        "summary": summary,
        "source": visible(facts.device_name.as_deref().unwrap_or(&alarm.object)),
        "severity": severity,
        "timestamp": item.since.rfc3339(),
        "component": visible(&alarm.object),
        "group": facts.site.as_deref().map_or_else(|| visible(&letter.site), visible),
        "class": visible(&alarm.rule),
        "custom_details": {
            "text": visible(&alarm.text),
            "alarm": visible(&alarm.id),
            "count": alarm.count,
            "children": facts.children,
            "runbook": alarm.runbook.as_deref().map(visible),
            "network": visible(&letter.site),
        },
    })
}
