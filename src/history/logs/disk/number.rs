//! Numbers of lines: the time of receipt in front, the order of arrival within its millisecond behind. So the order of numbers is that of
//! the lines, the day that holds a line follows from its number, and a number stays what it is.

use crate::model::Timestamp;

/// Bits of the order within a millisecond: more lines than that in one are of the same order.
const SEQ_BITS: u32 = 20;

/// The largest order.
pub const LAST_SEQ: u32 = (1 << SEQ_BITS) - 1;

/// Half of the milliseconds that fit: from the year 1691 to 2248.
const HALF: i64 = 1 << 43;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A line's number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u64);

impl Number {
    /// Of a time and an order.
    pub fn new(at: Timestamp, seq: u32) -> Self {
        let millis = at.0.clamp(-HALF, HALF - 1) + HALF;
        Self((millis.unsigned_abs() << SEQ_BITS) | u64::from(seq.min(LAST_SEQ)))
    }

    /// Of its parts as an index holds them.
    pub const fn of_parts(biased: u64, seq: u64) -> Self {
        Self((biased << SEQ_BITS) | seq)
    }

    /// Milliseconds since the first time that fits.
    pub const fn biased(self) -> u64 {
        self.0 >> SEQ_BITS
    }

    /// The order within the millisecond.
    pub const fn seq(self) -> u32 {
        (self.0 & LAST_SEQ as u64) as u32
    }

    /// When the line came.
    pub const fn at(self) -> Timestamp {
        Timestamp(self.biased() as i64 - HALF)
    }

    /// The first number behind all of a time.
    pub fn behind(at: Timestamp) -> Self {
        if at.0 >= HALF - 1 { Self(u64::MAX) } else { Self::new(Timestamp(at.0 + 1), 0) }
    }

    /// The day of a time, from 1970-01-01.
    pub fn day(self) -> i64 {
        self.at().0.div_euclid(DAY_MS)
    }
}

/// The first moment of a day.
pub const fn day_start(day: i64) -> Timestamp {
    Timestamp(day.saturating_mul(DAY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_with_time_and_order_and_tell_both() {
        let times = [i64::MIN, -HALF, -1, 0, 1, 1_795_348_800_123, HALF - 1, i64::MAX];
        let mut before = None;
        for at in times {
            for seq in [0, 1, LAST_SEQ] {
                let number = Number::new(Timestamp(at), seq);
                assert_eq!((number.at().0, number.seq()), (at.clamp(-HALF, HALF - 1), seq));
                assert_eq!(Number::of_parts(number.biased(), u64::from(number.seq())), number);
                assert!(before.is_none_or(|before| before <= number) && number <= Number::behind(Timestamp(at)));
                before = Some(number);
            }
        }
        assert_eq!((Number::new(Timestamp(-1), 0).day(), Number::new(Timestamp(0), 0).day()), (-1, 0));
    }
}
