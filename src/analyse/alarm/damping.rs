//! Flap damping as routes know it (RFC 2439 §4.2): a penalty for each flap, decaying by half in a fixed time.
//!
//! One flap is nothing unusual. From the third within a few minutes the alarm is held: it stands although its cause comes and goes, and only
//! its count rises, until the cause has been away for so long that the penalty has decayed.

use crate::model::{Alarm, Flap, Timestamp};
use std::time::Duration;

/// What a flap adds (RFC 2439 §4.3 leaves the unit open; 1000 is what routers use).
pub const PENALTY: u32 = 1000;
/// The penalty halves in this time: three flaps within it hold an alarm, one in half an hour never does.
pub const HALF_LIFE: Duration = Duration::from_secs(600);
/// From here an alarm is held.
pub const HOLD: u32 = 2500;
/// Below this it is held no more: 13 to 30 minutes after the last flap.
pub const RELEASE: u32 = 1000;
/// No penalty grows beyond this: three half-lives of quiet are enough, however wild it was.
pub const CEILING: u32 = 8000;
/// While the penalty of an alarm that cleared is above this, the same cause raises the same alarm again and it counts.
pub const SAME: u32 = PENALTY / 2;
/// While an alarm is held its count is told so often at most.
pub const PACE: Duration = Duration::from_secs(60);

/// What is left of a penalty at a time.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most what it was")]
pub fn decayed(flap: Flap, at: Timestamp) -> u32 {
    let halves = at.since(flap.at).as_secs_f64() / HALF_LIFE.as_secs_f64();
    (f64::from(flap.penalty) * (-halves).exp2()).round() as u32
}

/// Whether an alarm stands although its cause is away.
pub fn is_held(alarm: &Alarm, at: Timestamp) -> bool {
    alarm.flap.is_some_and(|flap| flap.held && decayed(flap, at) > RELEASE)
}

/// What an alarm that was raised once carries, as if it had been noted.
fn noted(alarm: &Alarm) -> Flap {
    alarm.flap.unwrap_or(Flap { penalty: PENALTY, at: alarm.raised_at, held: false })
}

/// The same alarm, so many times more; `None` where what is known of it is over.
pub fn again(known: &Alarm, at: Timestamp, times: u32) -> Option<(u32, Flap)> {
    let left = decayed(noted(known), at);
    if known.cleared_at.is_some() && left < SAME {
        return None;
    }
    let penalty = left.saturating_add(PENALTY.saturating_mul(times)).min(CEILING);
    let held = penalty >= HOLD || is_held(known, at);
    Some((known.count.saturating_add(times), Flap { penalty, at, held }))
}
