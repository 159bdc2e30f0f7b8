//! How well the kernel keeps the time.
#![allow(unsafe_code, reason = "adjtimex(2) has no safe interface")]

use std::mem::zeroed;
use std::time::Duration;

/// What the kernel says of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timekeeping {
    /// Whether somebody synchronises it.
    pub synchronised: bool,
    /// How far it is off at most, by its own estimate.
    pub error: Duration,
}

/// The kernel's word; none where it gives none.
///
/// Source: adjtimex(2), STA_UNSYNC.
pub fn timekeeping() -> Option<Timekeeping> {
    // SAFETY: all-zero is a valid value of this plain C structure, and asks for nothing to be changed.
    let mut timex = unsafe { zeroed::<libc::timex>() };
    // SAFETY: the kernel writes into a live structure of ours.
    let state = unsafe { libc::adjtimex(&raw mut timex) };
    let synchronised = state != libc::TIME_ERROR && timex.status & libc::STA_UNSYNC == 0;
    let micros = u64::try_from(timex.maxerror).unwrap_or(0);
    (state >= 0).then_some(Timekeeping { synchronised, error: Duration::from_micros(micros) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_nobody_synchronises_has_a_large_error() {
        // The kernel lets maxerror grow to NTP_PHASE_LIMIT, 16 s, and calls the clock unsynchronised then.
        let Some(said) = timekeeping() else { return eprintln!("SKIPPED: the kernel says nothing of its clock") };
        assert!(said.error <= Duration::from_secs(17), "{said:?}");
    }
}
