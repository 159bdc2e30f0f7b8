//! The text exposition format 0.0.4 (prometheus.io, "Exposition formats"), which every scraper reads.

use crate::model::text::visible;
use std::io::{self, Write};

/// A label value: backslash, quote and line feed escaped, control and bidi characters shown as everywhere.
pub(super) fn escaped(value: &str) -> String {
    let value = visible(value);
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

/// The head of a family.
pub(super) fn family(out: &mut dyn Write, (name, kind, help): (&str, &str, &str)) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

/// What prometheus-client encodes (OpenMetrics) as format 0.0.4: there a counter's family has the name of its samples, and
/// there are no units and no end mark.
pub(super) fn from_open_metrics(encoded: &str) -> String {
    let is_counter = |name: &str| encoded.lines().any(|line| line == format!("# TYPE {name} counter"));
    let mut out = String::with_capacity(encoded.len());
    for line in encoded.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("UNIT" | "EOF"), _, _) => continue,
            (Some("#"), Some(what @ ("HELP" | "TYPE")), Some(name), Some(rest)) if is_counter(name) => {
                out.push_str(&format!("# {what} {name}_total {rest}"));
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_says_stays_inside_its_label() {
        assert_eq!(escaped("a\"} 1\nx \\ \u{1b}[2J"), "a\\\"} 1\\\\x0ax \\\\ \\\\x1b[2J");
        assert_eq!(escaped("회의실-3"), "회의실-3");
    }

    #[test]
    fn counters_are_called_as_their_samples_are() {
        let encoded = "# HELP a_b What.\n# TYPE a_b counter\na_b_total{x=\"y\"} 1\n# HELP c Gauge.\n# TYPE c gauge\n# UNIT c s\nc 2\n# EOF\n";
        assert_eq!(
            from_open_metrics(encoded),
            "# HELP a_b_total What.\n# TYPE a_b_total counter\na_b_total{x=\"y\"} 1\n# HELP c Gauge.\n# TYPE c gauge\nc 2\n"
        );
    }
}
