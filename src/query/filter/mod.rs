//! The filter language of contract §6: parsed, printed back, and matched against the rows of any table.
//!
//! It knows no table: a table gives its [`Column`]s and its rows answer by column number. Start at [`matcher`](fn@matcher), then
//! `parse` (text to [`Expr`]), `print` (and back) and `matcher` (an [`Expr`] bound to columns, cheap on each row).

mod column;
mod expr;
mod matcher;
mod operand;
mod parse;
mod plan;
mod print;
mod text;

pub use column::{Column, Kind, Row, Value};
pub use expr::{Expr, Habit, Op, Side, Term};
pub use matcher::Matcher;
pub use parse::{MAX_CHARS, MAX_DEPTH, parse};
pub use plan::{Leaf, Plan, Want};
pub use text::{Needle, natural};

use crate::model::Timestamp;

/// What is wrong with a filter expression, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("filter, column {column}: {message}")]
pub struct FilterError {
    /// Column of the first faulty character, from 1.
    pub column: usize,
    /// A sentence for people.
    pub message: String,
}

impl FilterError {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { column: at + 1, message: message.into() }
    }
}

/// An expression bound to the columns of a table.
///
/// Errors: a fault of the expression with its column, as `parse` and [`Matcher::bind`] say it.
pub fn matcher(text: &str, columns: &[Column], now: Timestamp) -> Result<Matcher, FilterError> {
    Matcher::bind(&parse(text)?, columns, now)
}

#[cfg(test)]
mod tests;
