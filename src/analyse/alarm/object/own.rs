//! noctop's own: its collectors, its store, who sends it flows, and its bounds.

use super::{columns, whole, yes};
use crate::model::upkeep::{CollectorReading, ExporterReading};
use crate::model::{LimitReading, Timestamp};
use crate::query::filter::Value;
use std::borrow::Cow;

/// A collector with what it counted since the reading before.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are those of the columns")]
pub struct CollectorObject<'a> {
    pub now: &'a CollectorReading,
    pub before: Option<&'a CollectorReading>,
    /// Seconds between the two.
    pub seconds: f64,
}

/// What a counter that only grows did, a second. One that is less than before began anew.
#[allow(clippy::cast_precision_loss, reason = "for comparison")]
fn rate(before: Option<u64>, now: u64, seconds: f64) -> Option<f64> {
    let grown = now.checked_sub(before?).unwrap_or(now);
    (seconds > 0.0).then(|| grown as f64 / seconds)
}

impl CollectorObject<'_> {
    fn rate(&self, field: fn(&CollectorReading) -> u64) -> Option<f64> {
        rate(self.before.map(field), field(self.now), self.seconds)
    }

    /// Of what came, how much was lost.
    fn share(&self, field: fn(&CollectorReading) -> u64) -> Option<f64> {
        let bad = self.rate(field)?;
        let came = self.rate(|reading| reading.received)?;
        Some(if bad > 0.0 { bad / (came + bad) } else { 0.0 })
    }
}

columns! {
    COLLECTOR_COLUMNS, row: CollectorObject<'_> {
        ["name"] Text => Value::Text(Cow::Borrowed(&row.now.name));
        ["receivedPerSecond", "received"] Number => Value::number(row.rate(|reading| reading.received));
        ["refusedPerSecond", "refused"] Number => Value::number(row.rate(|reading| reading.refused));
        ["refusedShare"] Fraction => Value::number(row.share(|reading| reading.refused));
        ["droppedPerSecond", "dropped"] Number => Value::number(row.rate(|reading| reading.dropped));
        ["droppedShare"] Fraction => Value::number(row.share(|reading| reading.dropped));
        ["lagSeconds", "lag"] Duration => Value::number(row.now.lag_seconds);
        ["failing"] Text => yes(row.now.failure.is_some());
        ["failure"] Text => Value::text(row.now.failure.as_deref());
    }
}

/// Who sends flows, with what it counted since the reading before.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are those of the columns")]
pub struct ExporterObject<'a> {
    pub now: &'a ExporterReading,
    pub before: Option<&'a ExporterReading>,
    pub seconds: f64,
    /// The device's name.
    pub device: Option<&'a str>,
    pub at: Timestamp,
}

impl ExporterObject<'_> {
    fn lost(&self) -> Option<f64> {
        rate(self.before.and_then(|before| before.lost), self.now.lost?, self.seconds)
    }

    fn share(&self) -> Option<f64> {
        let (lost, came) = (self.lost()?, rate(self.before.map(|before| before.datagrams), self.now.datagrams, self.seconds)?);
        Some(if lost > 0.0 { lost / (came + lost) } else { 0.0 })
    }
}

columns! {
    EXPORTER_COLUMNS, row: ExporterObject<'_> {
        ["exporter", "ip", "address"] Address => Value::Addresses(std::slice::from_ref(&row.now.address));
        ["deviceName", "device"] Text => Value::text(row.device);
        ["silentSeconds", "silent"] Duration => Value::Number(row.at.since(row.now.heard).as_secs_f64());
        ["datagrams"] Number => whole(Some(row.now.datagrams));
        ["lostPerSecond", "lost"] Number => Value::number(row.lost());
        ["lostShare"] Fraction => Value::number(row.share());
    }
}

/// A bound, with what it left out since the reading before.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are those of the columns")]
pub struct LimitObject<'a> {
    pub now: &'a LimitReading,
    pub before: Option<&'a LimitReading>,
}

impl LimitObject<'_> {
    /// What was left out lately.
    fn left_out(&self) -> u64 {
        self.now.beyond.saturating_sub(self.before.map_or(0, |before| before.beyond))
    }
}

columns! {
    LIMIT_COLUMNS, row: LimitObject<'_> {
        ["name"] Text => Value::Text(Cow::Borrowed(&row.now.name));
        ["most"] Number => whole(Some(row.now.most));
        ["held"] Number => whole(row.now.held);
        ["leftOut"] Number => whole(Some(row.left_out()));
        ["leftOutAll"] Number => whole(Some(row.now.beyond));
        ["whenFull"] Text => Value::word(row.now.at.word());
    }
}
