//! How a letter is written: noctop's own document, what Slack, Teams and PagerDuty take, and a mail.
//!
//! Device text is hostile: every value goes through a JSON writer or `visible`, and what a chat would take
//! for a command is escaped. Start at [`json`].

pub(super) mod json;
pub(super) mod mail;
pub(super) mod pagerduty;
pub(super) mod slack;
pub(super) mod teams;

use super::letter::Item;
use crate::model::text::visible;
use crate::model::{NoticeKind, Timestamp};

/// Alarms that are listed one by one; the others are counted.
const LISTED: usize = 20;

/// Facts of an alarm that people are shown, in order; unknown ones are left out.
fn shown(item: &Item) -> Vec<(&'static str, String)> {
    let (facts, alarm) = (&item.facts, &item.facts.alarm);
    let text = |text: &Option<String>| text.as_ref().map(|text| visible(text).into_owned());
    let facts = [
        ("Severity", Some(alarm.severity.word().to_owned())),
        ("Device", text(&facts.device_name)),
        ("Site", text(&facts.site)),
        ("Rule", Some(visible(&alarm.rule).into_owned())),
        ("Raised", Some(item.since.rfc3339())),
        ("Cleared", alarm.cleared_at.map(Timestamp::rfc3339)),
        ("Acknowledged by", text(&facts.acknowledged_by)),
        ("Note", text(&facts.note)),
        ("Runbook", text(&alarm.runbook)),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, super::letter::short(&value?)))).collect()
}

/// A colour word of a kind and severity: `good`, `warning`, `attention`.
fn tone(item: &Item) -> &'static str {
    use crate::model::Severity;
    match (item.kind, item.facts.alarm.severity) {
        (NoticeKind::Cleared | NoticeKind::Test, _) => "good",
        (_, Severity::Critical | Severity::Major) => "attention",
        (_, Severity::Minor | Severity::Warning | Severity::Indeterminate | Severity::Cleared) => "warning",
    }
}
