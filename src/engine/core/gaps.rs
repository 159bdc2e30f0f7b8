//! Why a series has gaps: what the journal says of the device at that time.

use crate::engine::command::Gap;
use crate::engine::record;
use crate::event::{Body, Event};
use crate::history::{Store, StoreError};
use crate::model::bands::Band;
use crate::model::{DeviceId, DeviceStatus, TimeRange, Timestamp};
use std::time::Duration;

/// Gaps that an answer names; a series that has more is hardly one.
const MOST_GAPS: usize = 200;

/// Journal records that are looked through, the latest ones of the range: some megabytes.
const MOST_RECORDS: usize = 50_000;

/// Steps without a point after which nothing comes any more: one or two may be late.
const MISSING_STEPS: u32 = 3;

/// A reason is told when it is noticed: a device counts as silent after several polls that were not answered.
const NOTICED_WITHIN: Duration = Duration::from_secs(120);

/// The gaps of a series, with their reasons as far as they are known.
pub(super) fn gaps(
    store: &dyn Store,
    devices: &[DeviceId],
    (points, until): (&[Band], Timestamp),
) -> Result<Vec<Gap>, StoreError> {
    let spans = spans(points, until);
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(Vec::new()) };
    let range = TimeRange { from: first.from, to: last.to.plus(NOTICED_WITHIN) };
    let records = store.journal_range(range, MOST_RECORDS)?;
    let told: Vec<(Timestamp, String)> =
        records.iter().filter_map(|record| reason(&record::decode(&record.bytes).ok()?, devices)).collect();
    let explained = spans.into_iter().map(|span| {
        let until = span.to.plus(NOTICED_WITHIN);
        let within = told.iter().filter(|(at, _)| *at > span.from && *at <= until);
        let nearest = within.min_by_key(|(at, _)| *at > span.to).map(|(_, reason)| reason.clone());
        Gap { from: span.from, to: span.to, reason: nearest }
    });
    Ok(explained.collect())
}

/// Stretches without a value, each from the last point that has one; the latest ones. Where nothing has come for several usual
/// steps, the last one goes on to the end of the range.
fn spans(points: &[Band], until: Timestamp) -> Vec<TimeRange> {
    let mut found: Vec<TimeRange> = Vec::new();
    let mut open: Option<TimeRange> = None;
    let mut known: Option<Timestamp> = None;
    for point in points {
        match (point.value, &mut open) {
            (None, Some(span)) => span.to = point.at,
            (None, None) => open = Some(TimeRange { from: known.unwrap_or(point.at), to: point.at }),
            (Some(_), _) => {
                found.extend(open.take());
                known = Some(point.at);
            }
        }
    }
    let usual = usual_step(points);
    if let Some(last) = points.last()
        && usual > Duration::ZERO
        && until.since(last.at) > usual * MISSING_STEPS
    {
        let from = open.map_or(last.at, |span| span.from);
        open = Some(TimeRange { from, to: until });
    }
    found.extend(open);
    found.split_off(found.len().saturating_sub(MOST_GAPS))
}

/// The median distance of points; zero of fewer than two.
fn usual_step(points: &[Band]) -> Duration {
    let mut steps: Vec<Duration> = points.iter().zip(points.iter().skip(1)).map(|(a, b)| b.at.since(a.at)).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or_default()
}

/// What an event says about why nothing was measured.
fn reason(event: &Event, devices: &[DeviceId]) -> Option<(Timestamp, String)> {
    let (device, words) = match &event.body {
        Body::Restarted(device) => (device, "the agent restarted".to_owned()),
        Body::DeviceStatus(change) if change.to != DeviceStatus::Up || change.from == change.to => {
            (&change.device, change.reason.clone())
        }
        Body::DeviceSeen(device) => (&device.id, "the device was described anew".to_owned()),
        _ => return None,
    };
    devices.contains(device).then_some((event.at, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::DeviceStatusChange;
    use crate::history::MemoryStore;

    fn point(secs: i64, value: Option<f64>) -> Band {
        Band { at: Timestamp::from_secs(secs), value, min: None, max: None }
    }

    #[test]
    fn a_gap_has_the_reason_that_the_journal_tells_of_its_device() {
        let store = MemoryStore::new();
        let (mine, other) = (DeviceId::new("mac:1"), DeviceId::new("mac:2"));
        let status = |device: &DeviceId, reason: &str, to| {
            let reason = reason.to_owned();
            Body::DeviceStatus(DeviceStatusChange { device: device.clone(), from: DeviceStatus::Up, to, reason })
        };
        for (secs, body) in [
            (20, Body::Restarted(other.clone())),
            (35, Body::Restarted(mine.clone())),
            (130, status(&mine, "2 polls not answered", DeviceStatus::Down)),
            (160, status(&mine, "answers polls", DeviceStatus::Up)),
        ] {
            let record = record::encode(&Event { at: Timestamp::from_secs(secs), body }).unwrap();
            store.journal_append(&[(Timestamp::from_secs(secs), record)]).unwrap();
        }
        let points = [
            (10, None),
            (20, Some(1.0)),
            (35, None),
            (50, Some(2.0)),
            (80, Some(2.0)),
            (100, None),
            (160, None),
            (190, Some(3.0)),
        ];
        let points = points.map(|(secs, value)| point(secs, value));
        let found = gaps(&store, std::slice::from_ref(&mine), (&points, Timestamp::from_secs(200))).unwrap();
        let shown: Vec<_> = found.iter().map(|gap| (gap.from.secs(), gap.to.secs(), gap.reason.as_deref())).collect();
        assert_eq!(
            shown,
            [
                (10, 10, Some("the agent restarted")),
                (20, 35, Some("the agent restarted")),
                (80, 160, Some("2 polls not answered"))
            ]
        );
        assert_eq!(gaps(&store, &[other], (&[point(10, Some(1.0))], Timestamp::from_secs(900))).unwrap(), []);
        let found = gaps(&store, &[mine], (&points[3..5], Timestamp::from_secs(190))).unwrap();
        assert_eq!(
            found.iter().map(|gap| (gap.from.secs(), gap.to.secs())).collect::<Vec<_>>(),
            [(80, 190)],
            "nothing comes any more"
        );
    }
}
