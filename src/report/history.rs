//! A series as `history` prints it (contract §5).

use super::tabular::{Column, Row, Show, column};
use super::thousandths;
use crate::model::Metric;
use crate::model::series::Point;
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
    pub points: Vec<HistoryPoint>,
}

/// A point; its value is null for a gap.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct HistoryPoint {
    /// End of the interval that it describes.
    pub at: String,
    pub value: Option<f64>,
}

impl History {
    /// Of a series' name, metric, resolution and points.
    pub fn new(series: &str, metric: Metric, resolution: &str, points: &[Point]) -> Self {
        Self {
            series: series.to_owned(),
            unit: metric.unit().symbol(),
            resolution: resolution.to_owned(),
            points: points
                .iter()
                .map(|point| HistoryPoint { at: point.at.rfc3339(), value: point.value.map(thousandths) })
                .collect(),
        }
    }
}

impl Row for HistoryPoint {
    const COLUMNS: &'static [Column] = &[column("at", "AT", Show::Text), column("value", "VALUE", Show::Number)];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_gap_is_null() {
        let points = [(60, Some(1.5)), (120, None)].map(|(secs, value)| Point { at: Timestamp::from_secs(secs), value });
        let history = History::new("dist-1/Gi1%2F0%2F1/in_bps", Metric::InBps, "1m", &points);
        assert_eq!(
            serde_json::to_string(&history).unwrap(),
            r#"{"series":"dist-1/Gi1%2F0%2F1/in_bps","unit":"bit/s","resolution":"1m","points":[{"at":"1970-01-01T00:01:00Z","value":1.5},{"at":"1970-01-01T00:02:00Z","value":null}]}"#
        );
    }
}
