//! The console's sentences in one place, so that another language is another table; and text measured in cells.

use crate::model::text::visible;
use crate::model::{Timestamp, unit};
use jiff::tz::TimeZone;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The sentences of one language.
#[derive(Debug)]
#[allow(missing_docs, reason = "the sentences say it")]
pub struct Sentences {
    pub waiting: &'static str,
    pub nothing_matches: &'static str,
    pub no_faults: &'static str,
    pub first_run: [&'static str; 4],
    pub no_alarms: &'static str,
    pub no_events: &'static str,
    pub no_links: &'static str,
    pub no_health: &'static str,
    pub no_rates: &'static str,
    pub no_samples: &'static str,
    pub no_discovery: [&'static str; 3],
    pub no_failures: &'static str,
    pub no_changes: &'static str,
    pub unknown_device: &'static str,
    pub unknown_interface: &'static str,
    pub no_flows: [&'static str; 5],
    pub no_exporter: [&'static str; 3],
    pub no_such_flows: [&'static str; 2],
    pub no_exporter_yet: &'static str,
    pub not_polling: &'static str,
    pub no_curve: &'static str,
    pub no_capture: [&'static str; 4],
    pub no_rows: &'static str,
    pub no_port_flows: &'static str,
    pub no_talkers: &'static str,
    pub read_only: &'static str,
    pub live: &'static str,
    pub paused: &'static str,
    pub past: &'static str,
    pub copied: &'static str,
    pub too_long: &'static str,
    pub nothing_here: &'static str,
    pub no_past: &'static str,
}

/// English.
pub const EN: Sentences = Sentences {
    waiting: "waiting for the engine",
    nothing_matches: "nothing matches the filter: Esc clears it",
    no_faults: "nothing has a fault here: ! shows everything",
    first_run: [
        "No device is known yet.",
        "Type  :discover 10.0.0.0/16  (an address, a name, a network or a range) to find some,",
        "or write  [discovery] targets = [\"10.0.0.0/16\"]  into the configuration.",
        "SNMP credentials come from [[credential]]; without one `public` is tried.",
    ],
    no_alarms: "no alarm is active",
    no_events: "nothing happened yet",
    no_links: "no link is known",
    no_health: "this device tells nothing of its health",
    no_rates: "no rates yet: they need two polls",
    no_samples: "no samples in this span: t widens it, { goes back in time",
    no_discovery: [
        "Nothing was discovered since the engine started.",
        "Type  :discover 10.0.0.0/16  to look for devices,",
        "or press R to discover the configured targets.",
    ],
    no_failures: "no failures",
    no_changes: "nothing new or changed",
    unknown_device: "this device is not known at this time",
    unknown_interface: "this interface is not known at this time",
    no_flows: [
        "No flows: nothing is listened for.",
        "Write  [flows] listen = [\"0.0.0.0:2055\", \"0.0.0.0:4739\", \"0.0.0.0:6343\"]  into the configuration,",
        "and point exporters there: NetFlow v1 v5 v7 v9, IPFIX and sFlow v5 are told apart on any port.",
        "What this host sees itself:  [capture] interfaces = [\"eth0\"]  and  :capture",
        "Loads of links and ports are on 4 Interfaces.",
    ],
    no_exporter: [
        "Point exporters there: NetFlow v1 v5 v7 v9, IPFIX and sFlow v5 are told apart on any port.",
        "With templates (v9, IPFIX) nothing can be read before the exporter sends them: mostly within minutes.",
        "`noctop doctor` says whether datagrams come in at all.",
    ],
    no_such_flows: [
        "No flow in this span passes the filter.",
        "t widens the span, { goes back in time, Esc takes the filter back.",
    ],
    no_exporter_yet: "no exporter was heard since the engine started: these flows come out of the store",
    not_polling: "nothing is polled now",
    no_curve: "nothing was heard in this span",
    no_capture: [
        "No port of this host is captured.",
        "Write  [capture] interfaces = [\"eth0\"]  into the configuration; it wants CAP_NET_RAW:",
        "sudo setcap cap_net_raw+ep $(command -v noctop)",
        "Once, without a daemon:  noctop capture --interface eth0",
    ],
    no_port_flows: "no flow is told",
    no_talkers: "no flows were heard: 5 says how to have them",
    no_rows: "this screen has no rows to write",
    read_only: "ro",
    live: "LIVE",
    paused: "PAUSED",
    past: "PAST",
    copied: "copied to the terminal's clipboard",
    too_long: "too long for the terminal's clipboard: X writes the screen to a file",
    nothing_here: "nothing is selected",
    no_past: "nothing older is kept",
};

/// Width in cells of text as it is shown.
pub fn width(text: &str) -> usize {
    visible(text).width()
}

/// A sentence in lines of at most `cells`, broken between words; a longer word stands on a line of its own.
pub fn lines(sentence: &str, cells: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && width(line) + 1 + width(word) > cells {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// `text` filled up with blanks to `cells`; a longer one stays as it is. (`{:<12}` counts letters, and Korean ones are two cells.)
pub fn pad(text: &str, cells: usize) -> String {
    format!("{text}{:1$}", "", cells.saturating_sub(width(text)))
}

/// `text` with blanks before it up to `cells`.
pub fn pad_left(text: &str, cells: usize) -> String {
    format!("{:1$}{text}", "", cells.saturating_sub(width(text)))
}

/// `text` made safe and cut to `cells`, with `ellipsis` where something was cut. Never wider than `cells`.
pub fn fit(text: &str, cells: usize, ellipsis: &str) -> String {
    let text = visible(text);
    if text.width() <= cells {
        return text.into_owned();
    }
    let room = cells.saturating_sub(ellipsis.width());
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if used + wide > room {
            break;
        }
        out.push_str(grapheme);
        used += wide;
    }
    if cells > 0 && cells >= ellipsis.width() {
        out.push_str(ellipsis);
    }
    out
}

/// A figure with prefix, right-aligned in five cells; unknown is `-`.
pub fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "    -".to_owned(), |value| format!("{:>5}", unit::si(value)))
}

/// A fraction of 1 as per cent in four cells: ` 61%`; unknown is `-`.
pub fn percent(fraction: Option<f64>) -> String {
    fraction.map_or_else(|| "   -".to_owned(), |fraction| format!("{:>3.0}%", (fraction * 100.0).min(999.0)))
}

/// A speed as operators say it: `1G`, `100M`, `2.5G`; unknown is `-`.
pub fn speed(bps: Option<u64>) -> String {
    let Some(bps) = bps else { return "-".to_owned() };
    let (scaled, prefix) = match bps {
        b if b >= 1_000_000_000_000 => (b / 100_000_000_000, "T"),
        b if b >= 1_000_000_000 => (b / 100_000_000, "G"),
        b if b >= 1_000_000 => (b / 100_000, "M"),
        b if b >= 1_000 => (b / 100, "k"),
        b => return b.to_string(),
    };
    if scaled % 10 == 0 { format!("{}{prefix}", scaled / 10) } else { format!("{}.{}{prefix}", scaled / 10, scaled % 10) }
}

/// How long before `now` something was; `-` where it is not known.
pub fn age(then: Option<Timestamp>, now: Timestamp) -> String {
    then.map_or_else(|| "-".to_owned(), |then| unit::age(now.since(then).as_secs()))
}

/// The time of day: `12:00:05`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    format_time(at, zone, "%H:%M:%S")
}

/// Date and time of day: `2026-11-22 12:00:05`.
pub fn date_clock(at: Timestamp, zone: &TimeZone) -> String {
    format_time(at, zone, "%Y-%m-%d %H:%M:%S")
}

/// A time in the form of `strftime`.
pub fn format_time(at: Timestamp, zone: &TimeZone, form: &str) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| "-".to_owned(), |time| time.to_zoned(zone.clone()).strftime(form).to_string())
}

/// A year of 365 days.
const YEAR_SECS: u32 = 365 * 86_400;

/// A span as `t` steps through it: `5m`, `1h`, `24h`, `7d`, `1y`.
pub fn span(secs: u32) -> String {
    match secs {
        s if s < 3600 => format!("{}m", s / 60),
        s if s <= 86_400 => format!("{}h", s / 3600),
        s if s % YEAR_SECS == 0 => format!("{}y", s / YEAR_SECS),
        s => format!("{}d", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_cells_not_by_chars() {
        assert_eq!(fit("회의실-3 AP", 6, "…"), "회의…");
        assert_eq!(fit("회의실-3 AP", 5, "…"), "회의…");
        assert_eq!(fit("core-1", 6, "…"), "core-1");
        assert_eq!(fit("core-10", 6, "…"), "core-…");
        assert_eq!(fit("core", 0, "…"), "");
        assert_eq!(fit("a\x1bb", 9, "…"), "a\\x1bb");
    }

    #[test]
    fn blanks_are_counted_in_cells() {
        assert_eq!([pad("단계", 6), pad("PHASE", 6), pad("세그먼트", 6)], ["단계  ", "PHASE ", "세그먼트"]);
        assert_eq!([pad_left("완료", 6), pad_left("9", 3)], ["  완료", "  9"]);
    }

    #[test]
    fn sentences_are_broken_between_words() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("회의실 이름 too-long-for-it x", 8), ["회의실", "이름", "too-long-for-it", "x"]);
        assert_eq!(lines("", 8), [""]);
    }

    #[test]
    fn unknown_is_a_dash_and_never_zero() {
        assert_eq!((figure(None), figure(Some(0.0))), ("    -".to_owned(), "    0".to_owned()));
        assert_eq!((percent(None), percent(Some(0.61))), ("   -".to_owned(), " 61%".to_owned()));
        assert_eq!(speed(None), "-");
    }

    #[test]
    fn speeds_read_as_operators_say_them() {
        assert_eq!(
            [10_000_000_000, 2_500_000_000, 100_000_000, 64_000].map(|bps| speed(Some(bps))),
            ["10G", "2.5G", "100M", "64k"]
        );
    }
}
