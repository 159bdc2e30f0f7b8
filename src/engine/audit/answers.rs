//! What is asked of the audit journal, and the answers.

use super::report;
use crate::config::notify::Hours;
use crate::engine::handle::AskError;
use crate::history::audit::{self as journal, AuditError, Moment, Wanted};
use crate::model::audit::{AuditReport, Receipt, Record, Verdict};
use crate::model::{TimeRange, Timestamp};
use crate::query::{AUDIT_COLUMNS, filter};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::path::Path;

/// Records of one answer at most: what a person or a script goes through; a month can be asked for by itself.
const MOST: usize = 50_000;

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AuditQuestion {
    /// Records.
    List(AuditRequest),
    /// Whether it is as it was written. The heads that were noted elsewhere must be in it.
    Verify(Vec<String>),
    /// Who did what in a time.
    Report(TimeRange),
    /// Where the chains stand.
    Heads,
}

/// Which records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditRequest {
    /// In the filter language.
    pub filter: String,
    /// When; `None` is all that there is.
    pub range: Option<TimeRange>,
    /// The latest so many.
    pub limit: Option<usize>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AuditAnswer {
    /// The latest first.
    Records(Vec<Record>),
    /// To `Verify`.
    Verdict(Verdict),
    /// To `Report`.
    Report(Box<AuditReport>),
    /// To `Heads`.
    Heads(Vec<Receipt>),
}

fn failed(error: AuditError) -> AskError {
    AskError::Failed(error.to_string())
}

/// Answers from the journal of the store in a folder. Errors: a filter that is none; no journal, or it can't be read.
pub fn answer(
    store: &Path,
    question: &AuditQuestion,
    (now, hours): (Timestamp, Option<&Hours>),
) -> Result<AuditAnswer, AskError> {
    match question {
        AuditQuestion::List(request) => list(store, request, now).map(AuditAnswer::Records),
        AuditQuestion::Verify(heads) => journal::verify(store, heads).map(AuditAnswer::Verdict).map_err(failed),
        AuditQuestion::Report(range) => {
            let verdict = journal::verify(store, &[]).map_err(failed)?;
            let mut made = report::Making::new(*range, hours);
            journal::read(store, wanted(Some(*range)), &mut |record| made.take(&record)).map_err(failed)?;
            Ok(AuditAnswer::Report(Box::new(made.done(verdict))))
        }
        AuditQuestion::Heads => {
            let verdict = journal::verify(store, &[]).map_err(failed)?;
            Ok(AuditAnswer::Heads(verdict.chains.into_iter().filter_map(|chain| chain.head).collect()))
        }
    }
}

fn wanted(range: Option<TimeRange>) -> Wanted {
    let nanos = |at: Timestamp| Moment(at.millis().saturating_mul(1_000_000));
    range.map_or(Wanted { from: Moment(0), to: Moment(i64::MAX) }, |range| Wanted {
        from: nanos(range.from),
        // The millisecond itself belongs to it.
        to: Moment(nanos(range.to).0.saturating_add(999_999)),
    })
}

fn list(store: &Path, request: &AuditRequest, now: Timestamp) -> Result<Vec<Record>, AskError> {
    let matcher = filter::matcher(&request.filter, AUDIT_COLUMNS, now).map_err(|error| AskError::Refused(error.to_string()))?;
    let limit = request.limit.unwrap_or(MOST).min(MOST);
    // Each chain is in order, so the latest of each are enough.
    let (mut all, mut latest, mut class) = (Vec::new(), VecDeque::new(), None);
    let mut take = |record: Record| {
        if class != Some(record.act.class) {
            all.extend(std::mem::take(&mut latest));
            class = Some(record.act.class);
        }
        if matcher.matches(&record) {
            latest.push_back(record);
            if latest.len() > limit {
                latest.pop_front();
            }
        }
    };
    journal::read(store, wanted(request.range), &mut take).map_err(failed)?;
    all.extend(latest);
    all.sort_by(|a, b| (&b.at, b.number).cmp(&(&a.at, a.number)));
    all.truncate(limit);
    Ok(all)
}
