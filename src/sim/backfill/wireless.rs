//! What wireless controllers told in the past: the last hour every five minutes, the last day every hour, before that every six.

use super::{Known, Past};
use crate::event::{Body, Event};
use crate::model::series::Cell;
use crate::model::{Metric, SampleRow, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long after an access point was lost its controller is read.
const SEEN_AFTER: f64 = 40.0;

/// Age up to which readings come, and how far they are apart; the newest first.
const STEPS: [(Duration, Duration); 3] = [
    (Duration::from_secs(3600), Duration::from_secs(300)),
    (Duration::from_secs(86_400), Duration::from_secs(3600)),
    (super::LENGTH, Duration::from_secs(6 * 3600)),
];

/// The last two readings are as far apart as live ones, so that rates can be reckoned.
const LAST: Duration = Duration::from_secs(60);

/// How far back the samples of radios reach, and how far they are apart.
const SAMPLED: (Duration, Duration) = (Duration::from_secs(86_400), Duration::from_secs(300));

impl Past {
    /// Readings of all controllers, in no order.
    pub(super) fn wireless(&self) -> Vec<Event> {
        self.devices.iter().flat_map(|known| self.readings(known)).collect()
    }

    fn readings(&self, known: &Known) -> Vec<Event> {
        let now = self.campus.view(known.address, self.until);
        let Some(view) = now.filter(|view| view.kind.wlan.is_some()) else { return Vec::new() };
        let mut times: BTreeSet<Timestamp> = [self.until.minus(LAST), self.until].into();
        let mut age = Duration::ZERO;
        for (up_to, step) in STEPS {
            while age + step <= up_to {
                age += step;
                times.insert(self.until.minus(age));
            }
        }
        let (from, to) = self.seconds();
        let seen = view.losses().into_iter().map(|lost| lost + SEEN_AFTER).filter(|&at| from < at && at < to);
        times.extend(seen.map(|at| Timestamp(super::events::millis(at))));
        let reading = |at: Timestamp| {
            let reading = self.campus.view(known.address, at)?.wireless(known.id.clone(), at)?;
            Some(Event { at, body: Body::Wireless(Box::new(reading)) })
        };
        // The controller itself is read at the very beginning.
        times.into_iter().filter(|at| *at > self.start()).filter_map(reading).collect()
    }

    /// The samples of a controller's radios at a time.
    pub(super) fn radio_rows(&self, known: &Known, at: Timestamp) -> Vec<SampleRow> {
        let (reach, step) = SAMPLED;
        let age = self.until.since(at);
        if age > reach || !age.as_secs().is_multiple_of(step.as_secs()) {
            return Vec::new();
        }
        let view = self.campus.view(known.address, at);
        let cell = |metric: Metric, value: u32| Cell { metric, value: metric.encode_gauge(f64::from(value)), broken: false };
        let row = |(part, clients, busy): (String, u32, Option<u32>)| SampleRow {
            part: Some(part),
            cells: std::iter::once(cell(Metric::Clients, clients))
                .chain(busy.map(|busy| cell(Metric::ChannelUtilisationPercent, busy)))
                .collect(),
        };
        view.into_iter().flat_map(|view| view.radio_figures()).map(row).collect()
    }
}
