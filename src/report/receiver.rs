//! Those who are told about alarms, as `notify list` and `status` print them.

use super::tabular::{Column, Row, Show, column};
use schemars::JsonSchema;
use serde::Serialize;

/// A receiver of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct ReceiverRow {
    pub name: String,
    /// command, webhook, mail
    pub kind: &'static str,
    /// Of a webhook: json, slack, teams, pagerduty, template
    pub body: Option<&'static str>,
    /// Program, host or addresses; never the whole address of a webhook, which may be a secret
    pub to: String,
    /// Which alarms it wants at all
    pub only: Option<String>,
    /// Rules that name it
    pub rules: String,
}

impl Row for ReceiverRow {
    const COLUMNS: &'static [Column] = &[
        column("name", "RECEIVER", Show::Text),
        column("kind", "KIND", Show::Text),
        column("body", "BODY", Show::Text),
        column("to", "TO", Show::Text),
        column("only", "ONLY", Show::Text),
        column("rules", "RULES", Show::Text),
    ];
}

/// How a receiver of the running engine does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct ReceiverStatus {
    pub name: String,
    /// command, webhook, mail
    pub kind: String,
    /// Notices that it took.
    pub sent: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Notices that were given up.
    pub given_up: u64,
    /// Notices of which it is not known whether they arrived, because noctop ended meanwhile.
    pub uncertain: u64,
    /// Notices that wait.
    pub waiting: u64,
    /// RFC 3339
    pub last_sent_at: Option<String>,
    /// Why it takes none at present; null where it does.
    pub failing: Option<String>,
    /// RFC 3339
    pub failing_since: Option<String>,
    /// RFC 3339
    pub retry_at: Option<String>,
}

impl Row for ReceiverStatus {
    const COLUMNS: &'static [Column] = &[
        column("name", "RECEIVER", Show::Text),
        column("kind", "KIND", Show::Text),
        column("sent", "SENT", Show::Number),
        column("failed", "FAILED", Show::Number),
        column("givenUp", "GIVEN UP", Show::Number),
        column("uncertain", "UNCERTAIN", Show::Number),
        column("waiting", "WAITING", Show::Number),
        column("lastSentAt", "LAST SENT", Show::Text),
        column("failing", "FAILING", Show::Text),
    ];
}
