//! What an auditor asks for each month: who attached, who changed what, what was refused.

use super::{Record, Verdict};
use crate::model::TimeRange;
use serde::{Deserialize, Serialize};

/// How often something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// What.
    pub what: String,
    /// How often.
    pub count: u64,
}

/// What one user did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user's name, as it was at the time.
    pub user: String,
    /// The user's number.
    pub uid: Option<u32>,
    /// The highest role that it had.
    pub role: Option<String>,
    /// How often a console or a command of it attached.
    pub attached: u64,
    /// Of those, outside of office hours; `None` where none are configured.
    pub outside: Option<u64>,
    /// When first and last.
    pub first: String,
    /// When last.
    pub last: String,
    /// From where it said to come, the most frequent first; what says nothing is `-`. Not proven.
    pub from: Vec<Tally>,
    /// With what, the most frequent first. Not proven.
    pub commands: Vec<Tally>,
    /// What it changed, by kind.
    pub changes: Vec<Tally>,
    /// What was refused it.
    pub refused: u64,
}

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditReport {
    /// Of which time.
    pub range: TimeRange,
    /// Those who did anything, by name.
    pub people: Vec<Person>,
    /// What was changed, the earliest first.
    pub changes: Vec<Record>,
    /// What was refused, likewise.
    pub refused: Vec<Record>,
    /// Who attached outside of office hours, likewise; `None` where none are configured.
    pub outside: Option<Vec<Record>>,
    /// When the engine started and ended, likewise.
    pub engine: Vec<Record>,
    /// Records that are counted above and not named, because there are too many.
    pub unnamed: u64,
    /// Whether the journal is as it was written.
    pub verdict: Verdict,
}
