//! The history of log lines: kept within bounds, searched by the one filter grammar, counted by minute.
//!
//! It must not know what a listener or a device is beyond `model::log`, nor who asks. Whatever implements [`LogStore`] can stand in its
//! place: a question carries the filter as an expression, so that a store with an index of its own can translate it.
//! Start at [`LogStore`], then `memory`.

mod disk;
mod fold;
mod memory;
mod patterns;
#[cfg(test)]
mod tests;

pub use disk::{DiskLogs, FOLDER, Figures, REST, is_name as is_class_name};
pub use memory::{Bounds, MemoryLogs};
pub use patterns::{PatternAnswer, PatternQuestion};

use super::StoreError;
use crate::model::{LogLine, TimeRange, Timestamp};
use crate::query::Window;
use crate::query::filter::Expr;
use std::sync::Arc;
use std::time::Duration;

/// What is remembered of log lines. Everything that was appended can be read at once.
pub trait LogStore: Send + Sync {
    /// Takes lines over. They may be a little out of order: two listeners tell for themselves.
    fn logs_append(&self, lines: Vec<LogLine>) -> Result<(), StoreError>;

    /// Answers a question. Errors: a filter that can't be bound is told in [`LogAnswer::fault`], and nothing matches it.
    fn logs_ask(&self, question: &LogQuestion) -> Result<LogAnswer, StoreError>;

    /// Counts lines by their patterns. Errors: a filter that can't be bound is told in [`PatternAnswer::fault`].
    fn logs_patterns(&self, question: &PatternQuestion) -> Result<PatternAnswer, StoreError>;

    /// The line with a number; `None` where it is no longer kept.
    fn logs_line(&self, number: u64) -> Result<Option<Arc<LogLine>>, StoreError>;

    /// What is kept, and what no longer is.
    fn logs_kept(&self) -> Result<LogsKept, StoreError>;

    /// By which classes lines are filed from now on, each with a time of its own for which it is kept. The first that fits counts.
    ///
    /// Errors: a sentence about a class whose filter can't be bound.
    fn logs_classes(&self, _classes: Vec<LogClass>) -> Result<(), String> {
        Ok(())
    }

    /// Makes durable what was appended.
    fn logs_flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Does a piece of what is to be done behind appending (indexing, merging); false where nothing is left. Meant for a thread of its own.
    fn logs_tend(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// Lines that are kept for a time of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct LogClass {
    /// Its name: letters, figures, `-` and `_`.
    pub name: String,
    /// Which lines.
    pub filter: Expr,
    /// For how long.
    pub keep: Duration,
}

/// Says when whoever asks has waited long enough: what was not looked at then is told, not waited for.
#[derive(Clone, Default)]
pub struct Patience(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Patience {
    /// That ends when `is_over` says so.
    pub fn until(is_over: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(is_over)))
    }

    /// Whether it is at an end.
    pub fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(|is_over| is_over())
    }
}

impl std::fmt::Debug for Patience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Patience(bounded)" } else { "Patience(endless)" })
    }
}

/// What is asked of the lines.
#[derive(Clone, Debug)]
pub struct LogQuestion {
    /// Which lines, over the columns of [`crate::query::LOG_COLUMNS`].
    pub filter: Expr,
    /// Received within; both ends count.
    pub range: TimeRange,
    /// What relative times in the filter are relative to.
    pub now: Timestamp,
    /// Which of them are returned, counted from the first of [`Self::order`]. An offset beyond the end is the last window.
    pub window: Window,
    /// The window begins a third of itself before the first line that was not received before this time.
    pub seek: Option<Timestamp>,
    /// In which order.
    pub order: LogOrder,
    /// Lines that say the same stand once, where the last of them stands.
    pub fold: bool,
    /// Only errors and worse.
    pub faults_only: bool,
    /// The steps of the rates: how many lines of which kind were received in each.
    pub rates: Option<RateSteps>,
    /// When to give up. The newest lines are looked at first, and [`LogAnswer::looked_from`] tells how far it came.
    pub patience: Patience,
}

/// Equal steps of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateSteps {
    /// The start of the first.
    pub from: Timestamp,
    /// How long each is.
    pub step: Duration,
    /// How many there are.
    pub count: usize,
}

/// In which order lines are returned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogOrder {
    /// As they came.
    #[default]
    OldestFirst,
    /// The last first.
    NewestFirst,
}

/// A line, or several that say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLine {
    /// Its number. It rises with the time of receipt; a store on disk keeps it.
    pub number: u64,
    /// The line; of several the last.
    pub line: Arc<LogLine>,
    /// How many say the same.
    pub count: u32,
    /// When the first of them came.
    pub first: Timestamp,
}

/// Lines that were received in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogRate {
    /// All.
    pub all: u32,
    /// Errors and worse.
    pub errors: u32,
    /// Warnings.
    pub warnings: u32,
    /// Traps.
    pub traps: u32,
}

/// The answer to a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogAnswer {
    /// Lines in the range that the filter lets through.
    pub lines: u64,
    /// Rows that they are: fewer where lines are folded.
    pub matched: usize,
    /// Lines in the range.
    pub total: u64,
    /// Place of the first returned row among all.
    pub offset: usize,
    /// The rows of the window.
    pub rows: Vec<FoundLine>,
    /// One for each step of the question.
    pub rates: Vec<LogRate>,
    /// What is wrong with the filter.
    pub fault: Option<String>,
    /// Only lines since this time were looked at, because there was no time for more; `None` where all were.
    pub looked_from: Option<Timestamp>,
}

/// See [`LogStore::logs_kept`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogsKept {
    /// Lines.
    pub lines: u64,
    /// Octets that they take.
    pub octets: u64,
    /// When the oldest and the newest of them came.
    pub span: Option<TimeRange>,
    /// Lines that were dropped to make room.
    pub dropped: u64,
}
