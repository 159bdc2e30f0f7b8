//! Rows of `events` and `alarms`.

use super::at;
use crate::model::{self, Cause, CauseStep, Notice, NoticeOutcome, Timestamp};
use crate::report::tabular::{Column, Row, Show, column, field};
use crate::state::view::rows as view;
use schemars::JsonSchema;
use serde::Serialize;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct EventRow {
    pub at: String,
    pub kind: String,
    pub object: String,
    pub device: Option<String>,
    pub text: String,
    pub source: String,
    pub severity: Option<&'static str>,
}

impl From<&view::EventRow> for EventRow {
    fn from(row: &view::EventRow) -> Self {
        Self {
            at: row.at.rfc3339(),
            kind: row.kind.clone(),
            object: row.object.clone(),
            device: row.device.as_ref().map(ToString::to_string),
            text: row.text.clone(),
            source: row.source.clone(),
            severity: row.severity.map(model::Severity::word),
        }
    }
}

impl Row for EventRow {
    const COLUMNS: &'static [Column] = &[
        column("at", "AT", Show::Text),
        column("kind", "KIND", Show::Text),
        column("object", "OBJECT", Show::Text),
        field("device"),
        column("text", "TEXT", Show::Text),
        column("source", "SOURCE", Show::Text),
        field("severity"),
    ];
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct AlarmRow {
    pub id: String,
    pub rule: String,
    /// critical, major, minor, warning, indeterminate, cleared
    pub severity: &'static str,
    pub object: String,
    pub device: Option<String>,
    pub device_name: Option<String>,
    pub raised_at: String,
    pub cleared_at: Option<String>,
    pub acknowledged_by: Option<String>,
    pub note: Option<String>,
    /// Id of the alarm that explains it.
    pub root: Option<String>,
    /// How many alarms it explains.
    pub children: Option<usize>,
    pub count: u32,
    pub text: String,
    /// active, explained, maintenance, silenced, cleared
    pub state: &'static str,
    pub silenced_until: Option<String>,
    pub silenced_by: Option<String>,
    /// Name of the maintenance that goes on at its object.
    pub maintenance: Option<String>,
    pub runbook: Option<String>,
    /// Where its device is.
    pub site: Option<String>,
    /// How it is known what explains it, and the chain from there to it.
    pub cause: Option<CauseRow>,
    /// Penalty of its flapping (RFC 2439), and whether it is held for it.
    pub flap: Option<FlapRow>,
    /// For which times it stood before, the oldest first.
    pub episodes: Vec<EpisodeRow>,
    /// Who was told, the oldest first.
    pub notices: Vec<NoticeRow>,
}

/// Why an alarm is explained by another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct CauseRow {
    pub rule: &'static str,
    /// Whether it would stand without its root as well.
    pub remains: bool,
    pub chain: Vec<StepRow>,
}

/// A step of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct StepRow {
    pub object: String,
    pub device: Option<String>,
    pub since: Option<String>,
    pub evidence: String,
}

/// How an alarm flaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct FlapRow {
    pub penalty: u32,
    pub at: String,
    pub held: bool,
}

/// A time for which an alarm stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct EpisodeRow {
    pub raised_at: String,
    pub cleared_at: String,
    pub severity: &'static str,
    pub count: u32,
}

/// What became of telling somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct NoticeRow {
    pub at: String,
    pub receiver: String,
    pub step: u32,
    /// raised, escalated, repeated, cleared, test
    pub kind: &'static str,
    pub attempt: u32,
    /// sent, failed, held, uncertain
    pub outcome: &'static str,
    /// Why it failed.
    pub reason: Option<String>,
    /// When it is tried again, or told.
    pub again: Option<String>,
}

impl From<&(Timestamp, Notice)> for NoticeRow {
    fn from((at, notice): &(Timestamp, Notice)) -> Self {
        let (outcome, reason, again) = match &notice.outcome {
            NoticeOutcome::Sent => ("sent", None, None),
            NoticeOutcome::Failed(why, again) => ("failed", Some(why.clone()), *again),
            NoticeOutcome::Held(until) => ("held", None, Some(*until)),
            NoticeOutcome::Uncertain => ("uncertain", None, None),
        };
        Self {
            at: at.rfc3339(),
            receiver: notice.receiver.clone(),
            step: notice.step,
            kind: notice.kind.word(),
            attempt: notice.attempt,
            outcome,
            reason,
            again: again.map(Timestamp::rfc3339),
        }
    }
}

impl From<&Cause> for CauseRow {
    fn from(cause: &Cause) -> Self {
        let step = |step: &CauseStep| StepRow {
            object: step.object.clone(),
            device: step.device.as_ref().map(ToString::to_string),
            since: step.since.map(Timestamp::rfc3339),
            evidence: step.evidence.clone(),
        };
        Self { rule: cause.rule.word(), remains: cause.remains, chain: cause.chain.iter().map(step).collect() }
    }
}

impl From<&view::AlarmRow> for AlarmRow {
    fn from(row: &view::AlarmRow) -> Self {
        let (alarm, acknowledged) = (&row.alarm, row.acknowledged.as_ref());
        Self {
            id: alarm.id.clone(),
            rule: alarm.rule.clone(),
            severity: alarm.severity.word(),
            object: alarm.object.clone(),
            device: alarm.device.as_ref().map(ToString::to_string),
            device_name: row.device_name.clone(),
            raised_at: alarm.raised_at.rfc3339(),
            cleared_at: at(alarm.cleared_at),
            acknowledged_by: acknowledged.map(|ack| ack.by.clone()),
            note: acknowledged.and_then(|ack| ack.note.clone()),
            root: row.root.clone(),
            children: Some(row.children),
            count: alarm.count,
            text: alarm.text.clone(),
            state: state_of(row),
            silenced_until: at(row.silenced.as_ref().map(|silence| silence.until)),
            silenced_by: row.silenced.as_ref().map(|silence| silence.by.clone()),
            maintenance: row.work.as_ref().map(|(name, _)| name.clone()),
            runbook: alarm.runbook.clone(),
            site: row.site.clone(),
            cause: row.cause.as_deref().map(CauseRow::from),
            flap: alarm.flap.map(|flap| FlapRow { penalty: flap.penalty, at: flap.at.rfc3339(), held: flap.held }),
            episodes: row.episodes.iter().map(episode).collect(),
            notices: row.notices.iter().map(NoticeRow::from).collect(),
        }
    }
}

fn episode(episode: &model::Episode) -> EpisodeRow {
    EpisodeRow {
        raised_at: episode.raised_at.rfc3339(),
        cleared_at: episode.cleared_at.rfc3339(),
        severity: episode.severity.word(),
        count: episode.count,
    }
}

/// As the filter's `state` has it.
const fn state_of(row: &view::AlarmRow) -> &'static str {
    match (row.alarm.cleared_at, &row.silenced, &row.work, &row.root) {
        (Some(_), ..) => "cleared",
        (None, Some(_), ..) => "silenced",
        (None, None, Some(_), _) => "maintenance",
        (None, None, None, Some(_)) => "explained",
        (None, None, None, None) => "active",
    }
}

impl Row for AlarmRow {
    const COLUMNS: &'static [Column] = &[
        field("id"),
        field("rule"),
        column("severity", "SEVERITY", Show::Text),
        column("object", "OBJECT", Show::Text),
        field("device"),
        field("deviceName"),
        column("raisedAt", "RAISED", Show::Text),
        column("clearedAt", "CLEARED", Show::Text),
        field("acknowledgedBy"),
        field("note"),
        field("root"),
        field("children"),
        column("count", "COUNT", Show::Number),
        column("text", "TEXT", Show::Text),
        column("state", "STATE", Show::Text),
        field("silencedUntil"),
        field("silencedBy"),
        field("maintenance"),
        field("runbook"),
        field("site"),
        field("cause"),
        field("flap"),
        field("episodes"),
        field("notices"),
    ];
}
