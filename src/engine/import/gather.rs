//! Samples gathered by series, until there are enough to be packed well; then the store takes whole series.

use super::Imported;
use super::naming::{Namer, Place};
use crate::history::{Store, StoreError};
use crate::model::Metric;
use crate::model::series::{Kept, SeriesColumn};
use crate::wire::series::{Format, Naming, Number, Refusal, Run};
use std::collections::HashMap;

/// Samples in memory at once: 64 MB. A day of 2,800 series at one a minute fits, so that their days are packed whole.
const MAX_SAMPLES: usize = 4 << 20;
/// Spellings of series that are known apart at once.
const MAX_SERIES: usize = 1 << 20;
/// And their octets.
const MAX_SERIES_BYTES: usize = 256 << 20;

/// [`MAX_SERIES`]
const TOO_MANY_SERIES: Refusal = Refusal("too many series");
/// A counter or a state has only whole numbers.
const NOT_WHOLE: Refusal = Refusal("not a whole number, as the metric wants");
/// A gauge in thousandths ends somewhere.
const TOO_LARGE: Refusal = Refusal("too large for the metric");
/// A time holds one value.
const SAME_TIME: Refusal = Refusal("another value at the same millisecond");
/// The store numbers days from 1970 to 2106.
const OUT_OF_TIME: Refusal = Refusal("time out of what the store keeps");

/// Times that the store keeps.
const KEPT: std::ops::Range<i64> = 0..(u32::MAX as i64 - 86_400) * 1000;

/// One series.
struct Series {
    place: Place,
    times: Vec<i64>,
    /// Whole numbers, or the bits of floating-point ones.
    values: Vec<u64>,
    /// Which are which, once one is no whole number.
    is_real: Vec<bool>,
    taken: bool,
}

/// See the module.
pub struct Gather {
    namer: Namer,
    format: Format,
    numbers: HashMap<Box<[u8]>, Result<u32, Refusal>>,
    spelled_bytes: usize,
    /// The spelling that came last: most exports are in order of series.
    last: (Vec<u8>, Result<u32, Refusal>),
    places: HashMap<(crate::model::EntityKey, Option<Metric>), u32>,
    series: Vec<Series>,
    samples: usize,
    key: Vec<u8>,
}

impl Gather {
    /// An empty one.
    pub fn new(namer: Namer, format: Format) -> Self {
        Self {
            namer,
            format,
            numbers: HashMap::new(),
            spelled_bytes: 0,
            last: (Vec::new(), Err(TOO_MANY_SERIES)),
            places: HashMap::new(),
            series: Vec::new(),
            samples: 0,
            key: Vec::new(),
        }
    }

    /// Takes samples of one series.
    pub fn take(&mut self, run: Run<'_>, imported: &mut Imported) {
        let count = run.times.len() as u64;
        let number = match self.number(run.naming) {
            Ok(number) => number,
            Err(refusal) => return imported.refuse(refusal, count),
        };
        let Some(series) = self.series.get_mut(number as usize) else { return };
        if !series.taken {
            series.taken = true;
            imported.series += 1;
        }
        let before = series.times.len();
        for (at, value) in run.times.iter().zip(run.values) {
            match kept(series.place.metric, *value) {
                _ if !KEPT.contains(at) => imported.refuse(OUT_OF_TIME, 1),
                Ok(value) => series.push(*at, value),
                Err(refusal) => imported.refuse(refusal, 1),
            }
        }
        let taken = series.times.len() - before;
        self.samples += taken;
        imported.samples += taken as u64;
    }

    fn number(&mut self, naming: Naming<'_>) -> Result<u32, Refusal> {
        self.key.clear();
        self.key.extend_from_slice(naming.series);
        if !naming.field.is_empty() {
            self.key.push(0xff);
            self.key.extend_from_slice(naming.field);
        }
        if self.last.0 == self.key {
            return self.last.1;
        }
        let number = match self.numbers.get(self.key.as_slice()) {
            Some(known) => *known,
            None => self.new_number(naming),
        };
        std::mem::swap(&mut self.last.0, &mut self.key);
        self.last.1 = number;
        number
    }

    fn new_number(&mut self, naming: Naming<'_>) -> Result<u32, Refusal> {
        if self.numbers.len() >= MAX_SERIES || self.spelled_bytes + self.key.len() > MAX_SERIES_BYTES {
            return Err(TOO_MANY_SERIES);
        }
        let place = self.format.labels(naming).and_then(|labels| self.namer.place(&labels));
        let number = place.map(|place| {
            // Two spellings may be one series.
            let next = self.series.len() as u32;
            let number = *self.places.entry((place.entity.clone(), place.metric)).or_insert(next);
            if number == next {
                self.series.push(Series::empty(place));
            }
            number
        });
        self.spelled_bytes += self.key.len();
        self.numbers.insert(self.key.as_slice().into(), number);
        number
    }

    /// Hands what was gathered to the store when it is much.
    pub fn make_room(&mut self, store: &dyn Store, imported: &mut Imported) -> Result<(), StoreError> {
        if self.samples >= MAX_SAMPLES { self.hand_over(store, imported) } else { Ok(()) }
    }

    /// Hands everything to the store.
    pub fn finish(&mut self, store: &dyn Store, imported: &mut Imported) -> Result<(), StoreError> {
        self.hand_over(store, imported)?;
        self.namer.note(store)
    }

    fn hand_over(&mut self, store: &dyn Store, imported: &mut Imported) -> Result<(), StoreError> {
        let mut columns = Vec::new();
        for series in self.series.iter_mut().filter(|series| !series.times.is_empty()) {
            let (gone, contradicted) = series.put_in_order();
            imported.samples -= gone;
            if contradicted > 0 {
                imported.refuse(SAME_TIME, contradicted);
            }
            series.columns(&mut columns);
        }
        self.samples = 0;
        store.columns_backfill(&columns)
    }
}

impl Series {
    fn push(&mut self, at: i64, value: Number) {
        let (bits, is_real) = match value {
            Number::Whole(whole) => (whole, false),
            Number::Real(real) => (real.to_bits(), true),
        };
        if is_real && self.is_real.is_empty() {
            self.is_real.resize(self.times.len(), false);
        }
        if is_real || !self.is_real.is_empty() {
            self.is_real.push(is_real);
        }
        self.times.push(at);
        self.values.push(bits);
    }

    fn number(&self, index: usize) -> Option<Number> {
        let bits = *self.values.get(index)?;
        let is_real = self.is_real.get(index).copied().unwrap_or(false);
        Some(if is_real { Number::Real(f64::from_bits(bits)) } else { Number::Whole(bits) })
    }

    /// Sorts by time; of each time the value that came last stays. Returns how many went, and how many of those were others.
    fn put_in_order(&mut self) -> (u64, u64) {
        if self.times.is_sorted_by(|a, b| a < b) {
            return (0, 0);
        }
        let mut order: Vec<usize> = (0..self.times.len()).collect();
        order.sort_by_key(|index| (self.times.get(*index), std::cmp::Reverse(*index)));
        let (mut sorted, mut gone, mut contradicted) = (Self::empty(self.place.clone()), 0, 0);
        for index in order {
            let (Some(at), Some(number)) = (self.times.get(index), self.number(index)) else { continue };
            if sorted.times.last() == Some(at) {
                gone += 1;
                contradicted += u64::from(sorted.number(sorted.times.len() - 1) != Some(number));
            } else {
                sorted.push(*at, number);
            }
        }
        sorted.taken = self.taken;
        *self = sorted;
        (gone, contradicted)
    }

    const fn empty(place: Place) -> Self {
        Self { place, times: Vec::new(), values: Vec::new(), is_real: Vec::new(), taken: false }
    }

    /// Moves what it has out as columns: one of a kind that holds every value exactly, or two.
    fn columns(&mut self, columns: &mut Vec<SeriesColumn>) {
        let entity = self.place.entity.clone();
        let emptied = std::mem::replace(self, Self::empty(self.place.clone()));
        self.taken = emptied.taken;
        let kind = match emptied.place.metric {
            Some(metric) => Some(metric),
            None if emptied.is_real.is_empty() => Some(Metric::NamedWhole),
            None => [Metric::NamedGauge, Metric::NamedFloat].into_iter().find(|kind| emptied.holds(*kind)),
        };
        let Some(metric) = kind else { return emptied.split(columns) };
        let Self { times, mut values, is_real, .. } = emptied;
        if metric != Metric::NamedWhole && self.place.metric.is_none() {
            for (bits, is_real) in values.iter_mut().zip(is_real) {
                *bits = metric.encode_gauge(if is_real { f64::from_bits(*bits) } else { as_real(*bits) });
            }
        }
        columns.push(SeriesColumn { entity, metric, times, values });
    }

    /// Whether a kind holds all values exactly.
    fn holds(&self, kind: Metric) -> bool {
        (0..self.times.len()).filter_map(|index| self.number(index)).all(|number| match number {
            Number::Whole(whole) => whole <= EXACT && holds(kind, as_real(whole)),
            Number::Real(real) => holds(kind, real),
        })
    }

    /// Whole numbers that no floating-point number holds, beside others.
    fn split(self, columns: &mut Vec<SeriesColumn>) {
        for (metric, wanted) in [(Metric::NamedWhole, false), (Metric::NamedFloat, true)] {
            let own = || self.is_real.iter().enumerate().filter(|(_, is_real)| **is_real == wanted).map(|(index, _)| index);
            let times = own().filter_map(|index| self.times.get(index).copied()).collect();
            let values = own().filter_map(|index| self.values.get(index).copied()).collect();
            columns.push(SeriesColumn { entity: self.place.entity.clone(), metric, times, values });
        }
    }
}

/// All whole numbers up to here have a floating-point number of their own.
const EXACT: u64 = 1 << 53;

#[allow(clippy::cast_precision_loss, reason = "asked of numbers up to EXACT")]
const fn as_real(whole: u64) -> f64 {
    whole as f64
}

fn holds(kind: Metric, value: f64) -> bool {
    kind.decode_gauge(kind.encode_gauge(value)).to_bits() == value.to_bits()
}

/// A gauge in thousandths keeps fifteen digits exactly.
const MAX_GAUGE: f64 = 1e12;

/// A value as a metric of ours keeps it, or as it is.
fn kept(metric: Option<Metric>, value: Number) -> Result<Number, Refusal> {
    let Some(metric) = metric else { return Ok(value) };
    match (metric.kept(), value) {
        (Kept::Counter { .. } | Kept::Plain, Number::Whole(_)) => Ok(value),
        (Kept::Counter { .. } | Kept::Plain, Number::Real(_)) => Err(NOT_WHOLE),
        (Kept::Milli | Kept::Float, value) => {
            let value = match value {
                Number::Whole(whole) => as_real(whole),
                Number::Real(real) => real,
            };
            if value.abs() > MAX_GAUGE { Err(TOO_LARGE) } else { Ok(Number::Whole(metric.encode_gauge(value))) }
        }
    }
}
