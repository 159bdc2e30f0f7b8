//! Numbers and times as text.

use super::{BAD_TIMESTAMP, INFINITE, MALFORMED, NO_TIMESTAMP, NOT_A_NUMBER, Refusal};

/// A value, exactly as it was written: whole numbers are not forced into 53 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number from 0 on.
    Whole(u64),
    /// Any other finite one.
    Real(f64),
}

/// A run of digits as a number; `None` when there is anything else, or too much.
pub fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    if text.len() < 20 {
        // Nineteen digits fit.
        return text.iter().try_fold(0u64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')));
    }
    text.iter().try_fold(0u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// A value in plain or exponent notation.
pub fn value(text: &[u8]) -> Result<Number, Refusal> {
    if let Some(whole) = digits(text) {
        return Ok(Number::Whole(whole));
    }
    let text = std::str::from_utf8(text).map_err(|_| MALFORMED)?;
    real(text.parse().map_err(|_| MALFORMED)?)
}

/// A finite floating-point number; a whole one that 64 bits hold counts as whole, but -0 does not.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "checked by casting back"
)]
pub fn real(value: f64) -> Result<Number, Refusal> {
    if value.is_nan() {
        return Err(NOT_A_NUMBER);
    }
    if value.is_infinite() {
        return Err(INFINITE);
    }
    // Below 2^64: above, `as` would saturate.
    let is_whole = value.is_sign_positive() && value < 18_446_744_073_709_551_616.0 && (value as u64) as f64 == value;
    Ok(if is_whole { Number::Whole(value as u64) } else { Number::Real(value) })
}

/// Seconds from here on would lie beyond the year 5000, milliseconds from 1973 on: that tells them apart.
const MILLIS_FROM: u64 = 100_000_000_000;
/// The same for microseconds.
const MICROS_FROM: u64 = 100_000_000_000_000;
/// And nanoseconds.
const NANOS_FROM: u64 = 100_000_000_000_000_000;

/// A time since the epoch in whole seconds, milliseconds, microseconds or nanoseconds, by its size; or in seconds with a fraction. As
/// milliseconds, to the nearest.
pub fn time(text: &[u8]) -> Result<i64, Refusal> {
    if text.is_empty() {
        return Err(NO_TIMESTAMP);
    }
    let Some(number) = digits(text) else { return fraction(text) };
    let millis = match number {
        0..MILLIS_FROM => number * 1000,
        MILLIS_FROM..MICROS_FROM => number,
        MICROS_FROM..NANOS_FROM => (number + 500) / 1000,
        NANOS_FROM.. => number.saturating_add(500_000) / 1_000_000,
    };
    i64::try_from(millis).map_err(|_| BAD_TIMESTAMP)
}

/// Seconds with a fraction, without going through binary fractions: 1795132800.123 is 123 ms exactly.
fn fraction(text: &[u8]) -> Result<i64, Refusal> {
    let point = text.iter().position(|byte| *byte == b'.');
    let plain = point.and_then(|point| {
        let (whole, rest) = text.split_at(point);
        let decimals = rest.get(1..)?;
        let first = decimals.get(..decimals.len().min(3))?;
        let scale = [1000, 100, 10, 1].get(first.len())?;
        let further = decimals.get(3..).unwrap_or_default();
        if !further.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let up = u64::from(further.first().is_some_and(|digit| *digit >= b'5'));
        let part = if first.is_empty() { 0 } else { digits(first)? };
        digits(whole)?.checked_mul(1000)?.checked_add(part * scale + up)
    });
    if let Some(millis) = plain {
        return i64::try_from(millis).map_err(|_| BAD_TIMESTAMP);
    }
    // 1.7951328e+09, or before 1970.
    let seconds: f64 = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(MALFORMED)?;
    let millis = (seconds * 1000.0).round();
    #[allow(clippy::cast_possible_truncation, reason = "its range was checked")]
    if millis.abs() < 1e15 { Ok(millis as i64) } else { Err(BAD_TIMESTAMP) }
}
