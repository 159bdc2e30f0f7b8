//! By how much a counter grew between two readings, where that can be said.
//!
//! RFC 2578 §7.1.6 and §7.1.10: a counter has no defined start and only differences mean something; RFC 2863 §3.1.8 and
//! ifCounterDiscontinuityTime say when even they don't. Where it is doubtful whether a counter wrapped or was reset, the
//! answer is a gap: a missing point is honest, a spike is not.

use crate::model::Interface;
use crate::model::poll::Counter;

/// How much above line speed a difference may seem to be: agents refresh their counters at moments of their own, so the
/// counted span and the span between two replies differ.
pub const SPEED_TOLERANCE: f64 = 1.1;

/// Least octets of a frame on an Ethernet wire with preamble and gap (IEEE 802.3: 64 + 8 + 12): the most packets that a
/// speed can carry.
const LEAST_WIRE_OCTETS: f64 = 84.0;

/// Largest difference that is taken for a wrap of 32 bits where the speed is not known: a quarter of the range.
const WRAP_WITHOUT_SPEED: u64 = 1 << 30;

/// Where a 32-bit counter wraps.
const RANGE_32: u64 = 1 << 32;

/// ifTypes (IANAifType-MIB) whose ifSpeed says nothing of what they carry: loopback, propVirtual, tunnel, l2vlan, l3ipvlan, bridge, and
/// `other`, which agents give to what they have no word for.
const NOMINAL_ONLY: [u32; 7] = [1, 24, 53, 131, 135, 136, 209];

/// The most that octets and packets can grow in a second at a speed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ceiling {
    /// Octets a second.
    pub octets: Option<f64>,
    /// Packets, errors or discards a second.
    pub packets: Option<f64>,
}

impl Ceiling {
    /// Of a nominal speed in bit/s; unknown or zero speed has none.
    #[allow(clippy::cast_precision_loss, reason = "speeds stay far below 2^53")]
    pub fn of(speed_bps: Option<u64>) -> Self {
        let octets = speed_bps.filter(|speed| *speed > 0).map(|speed| speed as f64 / 8.0);
        Self { octets, packets: octets.map(|octets| octets / LEAST_WIRE_OCTETS) }
    }

    /// Of an interface: none where its speed is in name only.
    pub fn of_port(port: &Interface) -> Self {
        let is_nominal = port.if_type.is_some_and(|kind| NOMINAL_ONLY.contains(&kind));
        Self::of(port.speed_bps.filter(|_| !is_nominal))
    }
}

/// What is known of the span between the reading before and this one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Seconds between the two readings.
    pub seconds: f64,
    /// Seconds of what the interface can carry that were not used before: agents that refresh slowly tell less for a while, and then
    /// the growth of all that time.
    pub credit: f64,
    /// The most that the counter can grow in a second.
    pub per_second: Option<f64>,
}

/// By how much a counter grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// By this, within the span.
    By(u64),
    /// By this, which the span alone can't hold but what was not used before can: the agent refreshes slowly.
    Late(u64),
    /// By this, which the interface can't have carried. The counter or the speed is wrong.
    Impossible(u64),
    /// Nobody can say: it went back, may have wrapped more than once, or changed its width.
    Unknown,
}

/// By how much a counter grew from one reading to the next.
#[allow(clippy::cast_precision_loss, reason = "compared with a tolerance")]
pub fn growth(before: Counter, now: Counter, span: Span) -> Growth {
    let most = |seconds: f64| span.per_second.map(|per_second| per_second * seconds * SPEED_TOLERANCE);
    let grown = match (before, now) {
        // RFC 2578 §7.1.10: a Counter64 does not wrap in practice. One that goes back was reset.
        (Counter::Bits64(before), Counter::Bits64(now)) => now.checked_sub(before),
        (Counter::Bits32(before), Counter::Bits32(now)) => growth_32(before, now, most(span.seconds)),
        // The agent changed its mind about the width: the two count from different starts.
        _ => None,
    };
    let is_within = |grown: u64, seconds: f64| most(seconds).is_none_or(|most| grown as f64 <= most);
    match grown {
        None => Growth::Unknown,
        Some(grown) if is_within(grown, span.seconds) => Growth::By(grown),
        Some(grown) if is_within(grown, span.seconds + span.credit) => Growth::Late(grown),
        // What looks like a wrap and is too much is a reset, which is nothing to report.
        Some(_) if matches!((before, now), (Counter::Bits32(before), Counter::Bits32(now)) if now < before) => Growth::Unknown,
        Some(grown) => Growth::Impossible(grown),
    }
}

#[allow(clippy::cast_precision_loss, reason = "2^32 is exact")]
fn growth_32(before: u32, now: u32, most: Option<f64>) -> Option<u64> {
    // At this speed it may have wrapped more than once: RFC 2863 §3.1.6 asks for 64 bits there.
    if most.is_some_and(|most| most / SPEED_TOLERANCE >= RANGE_32 as f64) {
        return None;
    }
    if now >= before {
        return Some(u64::from(now - before));
    }
    let wrapped = u64::from(now.wrapping_sub(before));
    (most.is_some() || wrapped < WRAP_WITHOUT_SPEED).then_some(wrapped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IfIndex;
    use Counter::{Bits32, Bits64};

    const GIGABIT: Option<u64> = Some(1_000_000_000);

    fn check(readings: (Counter, Counter), seconds: f64, speed: Option<u64>, expected: Growth) {
        let span = Span { seconds, credit: 0.0, per_second: Ceiling::of(speed).octets };
        assert_eq!(growth(readings.0, readings.1, span), expected, "{readings:?} in {seconds} s");
    }

    #[test]
    fn counter32_wrap_goes_on_counting() {
        for speed in [GIGABIT, None] {
            check((Bits32(u32::MAX - 99), Bits32(900)), 30.0, speed, Growth::By(1000));
        }
    }

    #[test]
    fn counter64_wrap_is_not_a_spike() {
        for before in [1 << 40, u64::MAX] {
            check((Bits64(before), Bits64(5)), 30.0, None, Growth::Unknown);
        }
    }

    #[test]
    fn a_32_bit_wrap_above_line_speed_is_a_reset() {
        check((Bits32(3_000_000_000), Bits32(2_000_000_000)), 10.0, GIGABIT, Growth::Unknown);
    }

    #[test]
    fn a_32_bit_counter_too_slow_for_its_link_gives_no_rate() {
        check((Bits32(5), Bits32(500)), 30.0, Some(10_000_000_000), Growth::Unknown);
        check((Bits32(5), Bits32(500)), 60.0, GIGABIT, Growth::Unknown);
    }

    #[test]
    fn a_change_of_width_says_nothing() {
        check((Bits32(7), Bits64(1 << 33)), 30.0, None, Growth::Unknown);
    }

    #[test]
    fn what_a_line_can_t_carry_is_impossible_and_what_waited_is_late() {
        let second = 125_000_000;
        check((Bits64(0), Bits64(40 * second)), 30.0, GIGABIT, Growth::Impossible(40 * second));
        check((Bits64(0), Bits64(32 * second)), 30.0, GIGABIT, Growth::By(32 * second));
        let span = Span { seconds: 30.0, credit: 30.0, per_second: Ceiling::of(GIGABIT).octets };
        assert_eq!(growth(Bits64(0), Bits64(55 * second), span), Growth::Late(55 * second));
    }

    #[test]
    fn an_unknown_or_nominal_speed_forbids_nothing() {
        let mut port = Interface::new(IfIndex(1));
        assert_eq!(Ceiling::of_port(&port), Ceiling::default());
        port.speed_bps = Some(0);
        assert_eq!(Ceiling::of_port(&port), Ceiling::default(), "0 is no speed");
        port.speed_bps = Some(10_000_000);
        assert!(Ceiling::of_port(&port).octets.is_some());
        port.if_type = Some(24);
        assert_eq!(Ceiling::of_port(&port), Ceiling::default(), "a loopback carries what it likes");
    }
}
