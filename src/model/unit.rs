//! Units of what is measured, and figures that keep their width.

use serde::{Deserialize, Serialize};

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// bit/s
    BitsPerSecond,
    /// packets per second
    PacketsPerSecond,
    /// errors, discards or other events per second
    PerSecond,
    /// milliseconds
    Milliseconds,
    /// per cent
    Percent,
    /// degrees Celsius
    Celsius,
    /// watts
    Watts,
    /// a plain count
    Count,
    /// IF-MIB ifOperStatus number
    State,
}

impl Unit {
    /// The symbol as JSON and axis labels carry it.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::BitsPerSecond => "bit/s",
            Self::PacketsPerSecond => "pkt/s",
            Self::PerSecond => "1/s",
            Self::Milliseconds => "ms",
            Self::Percent => "%",
            Self::Celsius => "celsius",
            Self::Watts => "W",
            Self::Count => "count",
            Self::State => "state",
        }
    }
}

/// A figure with a decimal (SI) prefix in at most five cells: `0`, `940`, `1.2k`, `41.2M`, `921M`, `6.10G`, `12.0T`.
pub fn si(value: f64) -> String {
    const PREFIXES: [&str; 6] = ["", "k", "M", "G", "T", "P"];
    if !value.is_finite() {
        return "-".to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let mut scaled = value.abs();
    let mut step = 0;
    while scaled >= 999.5 && step + 1 < PREFIXES.len() {
        scaled /= 1000.0;
        step += 1;
    }
    let prefix = PREFIXES.get(step).copied().unwrap_or("");
    let decimals = match (step, scaled) {
        (0, s) if s == s.trunc() || s >= 99.95 => 0,
        (0, s) if s < 0.0995 => return format!("{sign}{scaled:.0e}"),
        (0, s) if s < 9.995 => 2,
        (0, _) => 1,
        (_, s) if s < 9.995 => 2,
        (_, s) if s < 99.95 => 1,
        _ => 0,
    };
    format!("{sign}{scaled:.decimals$}{prefix}")
}

/// A duration in the two largest units that matter: `45s`, `12m`, `3h10m`, `98d4h`.
pub fn age(seconds: u64) -> String {
    match seconds {
        s if s < 60 => format!("{s}s"),
        s if s < 3600 => format!("{}m", s / 60),
        s if s < 86_400 => format!("{}h{:02}m", s / 3600, s % 3600 / 60),
        s if s < 86_400 * 10 => format!("{}d{}h", s / 86_400, s % 86_400 / 3600),
        s => format!("{}d", s / 86_400),
    }
}

/// A number of things: `1 port`, `12 ports`. What the console itself says goes through `ui::lang` instead.
pub fn counted(count: impl std::fmt::Display, one: &str, several: &str) -> String {
    let count = count.to_string();
    let what = if count == "1" { one } else { several };
    format!("{count} {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_no_several() {
        let said = [0, 1, 2, 11].map(|count| counted(count, "port", "ports"));
        assert_eq!(said, ["0 ports", "1 port", "2 ports", "11 ports"]);
    }

    #[test]
    fn figures_never_take_more_than_five_cells() {
        for (value, text) in [
            (0.0, "0"),
            (7.0, "7"),
            (940.0, "940"),
            (1234.0, "1.23k"),
            (41_200_000.0, "41.2M"),
            (921e6, "921M"),
            (999_999_999.0, "1.00G"),
            (6.1e9, "6.10G"),
            (0.5, "0.50"),
            (0.000_031, "3e-5"),
        ] {
            assert_eq!(si(value), text);
            assert!(si(value).len() <= 5);
        }
    }

    #[test]
    fn ages_show_the_two_units_that_matter() {
        assert_eq!([age(5), age(700), age(11_400), age(8_481_600)], ["5s", "11m", "3h10m", "98d"].map(str::to_owned));
    }
}
