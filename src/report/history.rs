//! A series as `history` prints it (contract §5).

use super::tabular::{Column, Row, Show, column};
use super::thousandths;
use crate::model::bands::{Band, Summary};
use crate::model::{Metric, TimeRange};
use schemars::JsonSchema;
use serde::Serialize;

/// A series.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct History {
    /// `DEVICE/METRIC` or `DEVICE/INTERFACE/METRIC`, percent-encoded.
    pub series: String,
    /// Symbol of the unit: `bit/s`, `%`, `ms`, …
    pub unit: &'static str,
    /// `sample`, `1m` or `1h`
    pub resolution: String,
    /// The range in a few figures.
    pub summary: HistorySummary,
    /// What a month of a port is billed by, where `--month` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing: Option<Billing>,
    /// Stretches without a value and why, as far as it is known.
    pub gaps: Vec<HistoryGap>,
    pub points: Vec<HistoryPoint>,
}

/// A point; its value is null for a gap.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct HistoryPoint {
    /// End of the interval that it describes.
    pub at: String,
    /// The value, or the mean of what it sums up.
    pub value: Option<f64>,
    /// Smallest of what it sums up; absent of single samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Option<f64>>,
    /// Largest of what it sums up; absent of single samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Option<f64>>,
}

/// A stretch without a value.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names say it")]
pub struct HistoryGap {
    pub from: String,
    pub to: String,
    /// Null is not known.
    pub reason: Option<String>,
}

/// A range in a few figures; null is not known.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistorySummary {
    /// Smallest.
    pub min: Option<f64>,
    /// Mean, each value weighed by the time that it covers.
    pub mean: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
    /// 95th percentile (nearest rank) of the points.
    pub p95: Option<f64>,
    /// 95th percentile (nearest rank) of five-minute averages: of `in_bps` and `out_bps` over a month at most.
    pub billing_p95: Option<f64>,
    /// How many five-minute averages are known, and how many the range has.
    pub billing_intervals: Option<u32>,
    /// See `billingIntervals`.
    pub billing_intervals_of: Option<u32>,
}

/// What a month of a port is billed by: 95th percentiles of five-minute averages, bit/s.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Billing {
    /// `2026-10`
    pub month: String,
    /// The month's first moment, UTC.
    pub from: String,
    /// Its last, or now.
    pub to: String,
    /// Of traffic into the port.
    pub p95_in_bps: Option<f64>,
    /// Of traffic out of the port.
    pub p95_out_bps: Option<f64>,
    /// The larger of both.
    pub p95_larger_bps: Option<f64>,
    /// Five-minute averages that are known of both directions, at least.
    pub intervals: Option<u32>,
    /// Five-minute averages that there would be, were nothing missing.
    pub intervals_of: Option<u32>,
}

impl Billing {
    /// Of a month's name and range, and the summaries of in and out.
    pub fn new(month: &str, range: TimeRange, [inward, outward]: [&Summary; 2]) -> Self {
        let larger = [inward.billing_p95, outward.billing_p95].into_iter().flatten().reduce(f64::max);
        let known = [inward.billing_steps, outward.billing_steps];
        Self {
            month: month.to_owned(),
            from: range.from.rfc3339(),
            to: range.to.rfc3339(),
            p95_in_bps: inward.billing_p95.map(thousandths),
            p95_out_bps: outward.billing_p95.map(thousandths),
            p95_larger_bps: larger.map(thousandths),
            intervals: known.into_iter().flatten().min(),
            intervals_of: inward.billing_of.or(outward.billing_of),
        }
    }
}

impl From<&Summary> for HistorySummary {
    fn from(summary: &Summary) -> Self {
        Self {
            min: summary.min.map(thousandths),
            mean: summary.mean.map(thousandths),
            max: summary.max.map(thousandths),
            p95: summary.p95.map(thousandths),
            billing_p95: summary.billing_p95.map(thousandths),
            billing_intervals: summary.billing_steps,
            billing_intervals_of: summary.billing_of,
        }
    }
}

impl History {
    /// Of a series' name, metric, resolution, and its points with their summary.
    pub fn new(series: &str, metric: Metric, resolution: &str, (points, summary): (&[Band], &Summary)) -> Self {
        let summed_up = resolution != "sample";
        let point = |band: &Band| HistoryPoint {
            at: band.at.rfc3339(),
            value: band.value.map(thousandths),
            min: summed_up.then(|| band.min.map(thousandths)),
            max: summed_up.then(|| band.max.map(thousandths)),
        };
        Self {
            series: series.to_owned(),
            unit: metric.unit().symbol(),
            resolution: resolution.to_owned(),
            summary: summary.into(),
            billing: None,
            gaps: Vec::new(),
            points: points.iter().map(point).collect(),
        }
    }
}

impl Row for HistoryPoint {
    const COLUMNS: &'static [Column] = &[
        column("at", "AT", Show::Text),
        column("value", "VALUE", Show::Number),
        column("min", "MIN", Show::Number),
        column("max", "MAX", Show::Number),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn history(resolution: &str) -> String {
        let band = |secs, value: Option<f64>| Band {
            at: Timestamp::from_secs(secs),
            value,
            min: value.map(|value| value - 1.0),
            max: value.map(|value| value + 1.0),
        };
        let points = [band(60, Some(1.5)), band(120, None)];
        let summary = Summary { mean: Some(1.5), billing_steps: Some(1), ..Summary::default() };
        let history = History::new("dist-1/Gi1%2F0%2F1/in_bps", Metric::InBps, resolution, (&points, &summary));
        serde_json::to_string(&history).unwrap()
    }

    const HEAD: &str = r#"{"series":"dist-1/Gi1%2F0%2F1/in_bps","unit":"bit/s","resolution":"#;
    const SUMMARY: &str = r#""summary":{"min":null,"mean":1.5,"max":null,"p95":null,"billingP95":null,"billingIntervals":1,"billingIntervalsOf":null}"#;

    #[test]
    fn a_gap_is_null_and_a_sample_has_no_band() {
        let points =
            r#""gaps":[],"points":[{"at":"1970-01-01T00:01:00Z","value":1.5},{"at":"1970-01-01T00:02:00Z","value":null}]}"#;
        assert_eq!(history("sample"), format!("{HEAD}\"sample\",{SUMMARY},{points}"));
    }

    #[test]
    fn rollups_have_a_smallest_and_a_largest() {
        let points = r#""gaps":[],"points":[{"at":"1970-01-01T00:01:00Z","value":1.5,"min":0.5,"max":2.5},{"at":"1970-01-01T00:02:00Z","value":null,"min":null,"max":null}]}"#;
        assert_eq!(history("1m"), format!("{HEAD}\"1m\",{SUMMARY},{points}"));
    }

    #[test]
    fn a_month_is_billed_by_the_larger_direction() {
        let range = TimeRange { from: Timestamp(0), to: Timestamp::from_secs(3600) };
        let of = |p95, steps| Summary { billing_p95: p95, billing_steps: steps, billing_of: Some(12), ..Summary::default() };
        let billing = Billing::new("1970-01", range, [&of(Some(5.0), Some(12)), &of(Some(7.0), Some(11))]);
        assert_eq!((billing.p95_larger_bps, billing.intervals, billing.intervals_of), (Some(7.0), Some(11), Some(12)));
        assert_eq!(Billing::new("1970-01", range, [&Summary::default(); 2]).p95_larger_bps, None);
    }
}
