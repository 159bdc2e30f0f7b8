//! Operands of comparisons: what a person types, as the figure that a row holds.

use super::FilterError;
use super::column::Kind;
use crate::model::{LogSeverity, Severity, Timestamp};
use crate::query::{logs, time};

/// SI suffixes of figures: bit/s, packets and counts are decimal.
const SI: [(char, f64); 6] = [('k', 1e3), ('K', 1e3), ('M', 1e6), ('G', 1e9), ('T', 1e12), ('P', 1e15)];

/// Severities by their names and the short forms that operators type.
const SEVERITIES: [(&str, Severity); 10] = [
    ("cleared", Severity::Cleared),
    ("indeterminate", Severity::Indeterminate),
    ("warning", Severity::Warning),
    ("warn", Severity::Warning),
    ("minor", Severity::Minor),
    ("mi", Severity::Minor),
    ("major", Severity::Major),
    ("ma", Severity::Major),
    ("critical", Severity::Critical),
    ("cr", Severity::Critical),
];

/// Largest fraction that is taken without a percent sign: more is a percentage whose sign was forgotten.
const MAX_BARE_FRACTION: f64 = 2.0;

/// A severity's rank as rows hold it.
pub fn rank(severity: Severity) -> f64 {
    f64::from(severity as u8)
}

/// The figure that `text` means for a column of `kind`.
///
/// Errors: what is expected instead, at `at`.
pub fn number(kind: Kind, text: &str, at: usize, now: Timestamp) -> Result<f64, FilterError> {
    let bad = |expected: &str| FilterError::new(at, format!("`{text}` is not {expected}"));
    match kind {
        Kind::Fraction => fraction(text).ok_or_else(|| bad("a share: write it as 90% or 0.9")),
        Kind::Percent => plain(text.strip_suffix('%').unwrap_or(text)).ok_or_else(|| bad("a percentage, such as 5%")),
        Kind::Duration => time::duration(text)
            .map(|d| d.as_secs_f64())
            .or_else(|| plain(text))
            .ok_or_else(|| bad("a duration, such as 15m, 2h or 7d")),
        #[allow(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit 53 bits for 285,000 years")]
        Kind::Time => time::parse(text, now)
            .map(|at| at.millis() as f64 / 1000.0)
            .ok_or_else(|| bad("a time: RFC 3339, -15m or @UNIX seconds")),
        Kind::Severity => SEVERITIES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map(|(_, severity)| rank(*severity))
            .ok_or_else(|| bad("a severity: critical, major, minor, warning, indeterminate or cleared")),
        Kind::LogSeverity => log_severity(text)
            .map(logs::rank)
            .ok_or_else(|| bad("a severity: emerg, alert, crit, err, warning, notice, info, debug, or their numbers 0 to 7")),
        Kind::Number | Kind::Text | Kind::Word | Kind::Address | Kind::Mac => {
            scaled(text).ok_or_else(|| bad("a number, such as 10 or 1.5G"))
        }
    }
}

fn log_severity(text: &str) -> Option<LogSeverity> {
    text.parse().ok().and_then(LogSeverity::from_number).or_else(|| LogSeverity::from_word(text))
}

fn plain(text: &str) -> Option<f64> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    text.parse::<f64>().ok().filter(|value| is_number && value.is_finite())
}

fn scaled(text: &str) -> Option<f64> {
    match SI.iter().find(|(suffix, _)| text.ends_with(*suffix)) {
        Some((suffix, factor)) => plain(text.strip_suffix(*suffix)?).map(|value| value * factor),
        None => plain(text),
    }
}

fn fraction(text: &str) -> Option<f64> {
    match text.strip_suffix('%') {
        Some(percent) => plain(percent).map(|value| value / 100.0),
        None => plain(text).filter(|value| *value <= MAX_BARE_FRACTION),
    }
}
