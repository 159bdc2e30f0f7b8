//! Flow octets of a port held against its interface counters over the same minutes, and what explains the difference.
//!
//! Only stretches count of which both are known: where a poll is missing, or the exporter was not heard yet, nothing is compared.

use crate::model::bands::Band;
use crate::model::{TimeRange, Timestamp};
use crate::state::view::flows::{Reason, Reconciled};
use std::time::Duration;

/// Loads are kept by minute.
const MINUTE_MS: i64 = 60_000;
/// Minutes at the end that are left out: flows of them are still on, or on their way.
const NOT_TOLD: Duration = Duration::from_secs(120);
/// Octets of an Ethernet frame that ifInOctets and ifOutOctets count and flows, from layer 3 on, do not: header and check sequence.
/// Source: IF-MIB ifInOctets ("including framing characters"), IEEE 802.3 §3.1.1.
const FRAMING: u64 = 18;

/// One direction of a port.
#[derive(Clone, Copy)]
pub(super) struct Compared<'a> {
    /// Start, octets and packets of each minute that flows tell.
    pub(super) minutes: &'a [(Timestamp, u64, u64)],
    /// Bit/s of the counters; each band ends its step.
    pub(super) bands: &'a [Band],
    /// Where the bands begin and end.
    pub(super) range: TimeRange,
    /// Until when flows may have been told.
    pub(super) told: Timestamp,
}

/// Compares; `None` where there is nothing of which both are known.
pub(super) fn reconcile(compared: Compared<'_>, mut reasons: Vec<Reason>) -> Option<Reconciled> {
    let Compared { minutes, bands, range, told } = compared;
    let (first, ..) = minutes.first()?;
    let span = i64::try_from(range.to.since(range.from).as_millis()).ok()?;
    let step = span / i64::try_from(bands.len()).ok().filter(|count| *count > 0)?;
    let width = step.max(MINUTE_MS);
    let end = told.minus(NOT_TOLD).millis().min(range.to.millis());
    let (mut flow_octets, mut packets, mut counted) = (0u64, 0u64, 0.0);
    let mut covered: Option<TimeRange> = None;
    let mut from = range.from.max(*first).millis().div_euclid(width).saturating_mul(width);
    if from < range.from.max(*first).millis() {
        from += width;
    }
    while from + width <= end {
        let stretch = TimeRange { from: Timestamp(from), to: Timestamp(from + width) };
        from += width;
        let Some(octets) = octets_of(bands, stretch) else { continue };
        counted += octets;
        for (_, octets, of_it) in minutes.iter().filter(|(at, ..)| *at >= stretch.from && *at < stretch.to) {
            (flow_octets, packets) = (flow_octets.saturating_add(*octets), packets.saturating_add(*of_it));
        }
        covered = Some(TimeRange { from: covered.map_or(stretch.from, |range| range.from), to: stretch.to });
    }
    covered.filter(|_| counted > 0.0)?;
    #[allow(clippy::cast_precision_loss, reason = "a share needs no more")]
    let difference = flow_octets as f64 / counted - 1.0;
    for reason in &mut reasons {
        if let Reason::Headers(share) = reason {
            #[allow(clippy::cast_precision_loss, reason = "a share needs no more")]
            let framing = packets.saturating_mul(FRAMING) as f64;
            *share = framing / counted;
        }
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "octets of a day stay far below 2^53")]
    let counter_octets = counted as u64;
    Some(Reconciled { range: covered, flow_octets, counter_octets, difference, reasons })
}

/// Octets that the counters say of a stretch; `None` where a step of it is not known. A band describes what ends at it.
fn octets_of(bands: &[Band], stretch: TimeRange) -> Option<f64> {
    let first = bands.partition_point(|band| band.at <= stretch.from);
    let last = bands.partition_point(|band| band.at <= stretch.to);
    let within = bands.get(first..last).filter(|within| !within.is_empty())?;
    let values: Option<Vec<f64>> = within.iter().map(|band| band.value).collect();
    let values = values?;
    #[allow(clippy::cast_precision_loss, reason = "at most some hundred steps")]
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(mean * stretch.to.since(stretch.from).as_secs_f64() / 8.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Point;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1_700_000_040 + secs)
    }

    /// Ten minutes of 8 kbit/s in steps of 15 s; what is not known of some.
    fn bands(unknown: &[i64]) -> Vec<Band> {
        let value = |step: i64| (!unknown.contains(&step)).then_some(8000.0);
        (1..=40).map(|step| Band::from(Point { at: at(step * 15), value: value(step) })).collect()
    }

    fn check(minutes: &[(i64, u64)], unknown: &[i64], expected: Option<(u64, u64, i64)>) {
        let minutes: Vec<_> = minutes.iter().map(|(minute, octets)| (at(minute * 60), *octets, 10)).collect();
        let range = TimeRange { from: at(0), to: at(600) };
        let compared = Compared { minutes: &minutes, bands: &bands(unknown), range, told: at(600) };
        let found = reconcile(compared, vec![Reason::Headers(0.0)]);
        let percent = |found: &Reconciled| {
            #[allow(clippy::cast_possible_truncation)]
            let percent = (found.difference * 100.0).round() as i64;
            (found.flow_octets, found.counter_octets, percent)
        };
        assert_eq!(found.as_ref().map(percent), expected, "{found:?}");
    }

    #[test]
    fn only_minutes_count_of_which_both_are_known() {
        // 1000 octets a second are 60 kB a minute; the last two minutes are not told yet.
        let all: Vec<(i64, u64)> = (0..10).map(|minute| (minute, 60_000)).collect();
        check(&all, &[], Some((480_000, 480_000, 0)));
        check(&all, &[6], Some((420_000, 420_000, 0)));
        check(&all[3..], &[], Some((300_000, 300_000, 0)));
        let half: Vec<(i64, u64)> = (0..10).map(|minute| (minute, 30_000)).collect();
        check(&half, &[], Some((240_000, 480_000, -50)));
        check(&[(0, 60_000)], &[], Some((60_000, 480_000, -88)));
        check(&[], &[], None);
        check(&all, &(1..=40).collect::<Vec<_>>(), None);
        check(&[(9, 1)], &[], None);
    }

    #[test]
    fn headers_explain_as_much_as_the_packets_carry() {
        let minutes: Vec<_> = (0..10).map(|minute| (at(minute * 60), 58_000, 100)).collect();
        let range = TimeRange { from: at(0), to: at(600) };
        let compared = Compared { minutes: &minutes, bands: &bands(&[]), range, told: at(600) };
        let found = reconcile(compared, vec![Reason::Headers(0.0)]).unwrap();
        let [Reason::Headers(share)] = found.reasons.as_slice() else { panic!("{found:?}") };
        assert!((share - 0.03).abs() < 1e-9, "100 frames of 18 octets in 60 kB");
    }
}
