//! Cells of wireless tables: how a signal is, how busy a channel, each with its figure and told apart without colour.

use crate::model::wireless::Phy;
use crate::model::{ApStatus, DeviceStatus, Timestamp, WifiBand};
use crate::state::view::RadioRow;
use crate::state::view::wireless::{BUSY_PERCENT, NOISY_DBM, RETRY_PERCENT, WEAK_DB};
use crate::ui::lang::tr;
use crate::ui::pane::cells;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widget::table::Ink;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// dB above the noise from which on all rates of 802.11ac work, and below which only the slowest do.
const STRONG_DB: i16 = 25;

/// Cells of the bars of a signal.
pub const BARS: usize = 4;

/// How a distance from the noise is.
pub const fn quality(snr_db: Option<i16>) -> Tone {
    match snr_db {
        None => Tone::Dim,
        Some(snr) if snr >= STRONG_DB => Tone::Ok,
        Some(snr) if snr >= WEAK_DB => Tone::Minor,
        Some(_) => Tone::Critical,
    }
}

/// Rising bars, as telephones have them: of -50 dBm and more all, of -85 and less one.
pub fn bars(rssi_dbm: Option<i16>, snr_db: Option<i16>, ink: &Ink<'_>) -> Vec<Span<'static>> {
    let filled = rssi_dbm.map_or(0, |rssi| match rssi {
        -55.. => 4,
        -66..=-56 => 3,
        -76..=-67 => 2,
        _ => 1,
    });
    let style = ink.theme.style(quality(snr_db));
    (0..BARS)
        .map(|at| {
            let glyph = ink.glyphs.levels.get(at * 2 + 1).copied().unwrap_or(" ");
            if at < filled {
                Span::styled(glyph, style)
            } else {
                Span::styled(ink.glyphs.levels.first().copied().unwrap_or(" "), ink.theme.style(Tone::Faint))
            }
        })
        .collect()
}

/// The strength of a signal: bars and dBm.
pub fn rssi(rssi_dbm: Option<i16>, snr_db: Option<i16>, ink: &Ink<'_>) -> Line<'static> {
    let mut spans = bars(rssi_dbm, snr_db, ink);
    let words = rssi_dbm.map_or_else(|| "  -".to_owned(), |rssi| format!("{rssi:>3}"));
    spans.push(Span::styled(format!(" {words}"), ink.theme.style(if rssi_dbm.is_some() { Tone::Text } else { Tone::Dim })));
    Line::from(spans)
}

/// The distance from the noise.
pub fn snr(snr_db: Option<i16>, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(snr_db.map_or_else(|| "-".to_owned(), |snr| snr.to_string()), quality(snr_db))
}

/// A figure with no digits behind the point; unknown is a dim `-`.
pub fn whole(value: Option<f64>, (suffix, tone): (&str, Tone), ink: &Ink<'_>) -> Line<'static> {
    match value {
        Some(value) => ink.tone(format!("{value:.0}{suffix}"), tone),
        None => ink.tone("-", Tone::Dim),
    }
}

/// A count; unknown is a dim `-`, none is dim.
pub fn count(value: Option<u32>, ink: &Ink<'_>) -> Line<'static> {
    match value {
        Some(0) => ink.tone("0", Tone::Dim),
        Some(count) => ink.text(count.to_string()),
        None => ink.tone("-", Tone::Dim),
    }
}

/// Percent of frames that are sent again.
pub fn retry(value: Option<f64>, ink: &Ink<'_>) -> Line<'static> {
    let tone = match value {
        Some(retry) if retry >= RETRY_PERCENT => Tone::Major,
        Some(retry) if retry >= RETRY_PERCENT / 2.0 => Tone::Minor,
        _ => Tone::Dim,
    };
    whole(value, ("%", tone), ink)
}

/// Noise, dBm.
pub fn noise(value: Option<f64>, ink: &Ink<'_>) -> Line<'static> {
    let tone = if value.is_some_and(|noise| noise >= NOISY_DBM) { Tone::Major } else { Tone::Dim };
    whole(value, ("", tone), ink)
}

/// How busy a channel is: a gauge and per cent.
pub fn busy(percent: Option<f64>, stale: bool, ink: &Ink<'_>) -> Line<'static> {
    if percent.is_none() {
        return ink.tone("-", Tone::Dim);
    }
    cells::load(percent.map(|percent| percent / 100.0), stale, ink)
}

/// A band.
pub fn band(band: Option<WifiBand>, ink: &Ink<'_>) -> Line<'static> {
    let tone = match band {
        None => Tone::Dim,
        Some(WifiBand::Ghz2) => Tone::Minor,
        Some(WifiBand::Ghz5) => Tone::In,
        Some(WifiBand::Ghz6 | WifiBand::Ghz60) => Tone::Out,
    };
    ink.tone(band.map_or("-", WifiBand::word), tone)
}

/// `n`, `ac`, `ax`
pub fn phy(phy: Option<Phy>, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(phy.map_or("-", Phy::word), if phy.is_none_or(|phy| phy < Phy::N) { Tone::Minor } else { Tone::Dim })
}

/// What is the matter with a radio, in a word of at most six cells, and how bad it is.
pub fn trouble(row: &RadioRow) -> Option<(&'static str, Tone)> {
    if row.utilisation_percent.is_some_and(|busy| busy >= BUSY_PERCENT) {
        return Some((tr("busy"), Tone::Critical));
    }
    if row.noise_dbm.is_some_and(|noise| noise >= NOISY_DBM) {
        return Some((tr("noisy"), Tone::Major));
    }
    row.retry_percent.is_some_and(|retry| retry >= RETRY_PERCENT).then_some((tr("retry"), Tone::Minor))
}

/// The largest unit of an age alone: `2h`.
fn short_age(since: Option<Timestamp>, now: Timestamp) -> String {
    let age = since.map(|since| text::age(Some(since), now)).unwrap_or_default();
    let end = age.find(|c: char| c.is_alphabetic()).map_or(age.len(), |at| at + 1);
    age.get(..end).unwrap_or_default().to_owned()
}

/// The state of a radio: down and since when, or what is the matter with it.
pub fn state(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    let styled = |words: String, style: Style| Line::from(Span::styled(words, style));
    if row.stale {
        return styled(format!("~{}", short_age(Some(row.sampled_at), ink.now)), ink.theme.style(Tone::Dim));
    }
    match (row.status, trouble(row)) {
        (ApStatus::Down, _) => {
            let age = short_age(row.since, ink.now);
            styled(format!("{} {age}", ink.glyphs.status(DeviceStatus::Down)), ink.theme.style(Tone::Critical))
        }
        (ApStatus::Unknown, _) => styled("?".to_owned(), ink.theme.style(Tone::Unknown)),
        (ApStatus::Up, Some((word, tone))) => styled(word.to_owned(), ink.theme.style(tone)),
        (ApStatus::Up, None) => styled(tr("up").to_owned(), ink.theme.style(Tone::Ok)),
    }
}
