//! The flows of a port under its graph: who talks into it and out of it, and how far flows and counters agree.

use crate::state::view::FlowRow;
use crate::state::view::flows::{PortFlows, Reason, Reconciled};
use crate::ui::lang::{tr, trf};
use crate::ui::pane::Scene;
use crate::ui::pane::flows::parts::put_pieces;
use crate::ui::pane::flows::words;
use crate::ui::text::{self, EN, figure, fit};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::Panel;
use crate::ui::widget::{notice, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

type Piece = (String, Style);

/// How the rows of a port's flows are summed up.
const BY: &[crate::model::flow::TopKey] = words::GROUPS[0].1;
/// Differences from which on a line stands out.
const NOTABLE: f64 = 0.1;
/// A reason that explains less is not told.
const LEAST_SHARE: f64 = 0.001;

/// Draws them.
pub fn draw(scene: &Scene<'_>, area: Rect, (buf, flows): (&mut Buffer, &PortFlows)) {
    let exporter = flows.exporter.as_ref();
    let told = exporter.map(|place| trf!("told by {}", place.exporter)).unwrap_or_default();
    let also = exporter.and_then(|place| place.also.as_ref()).map(|also| trf!(", which calls it {}", also)).unwrap_or_default();
    let inner = Panel::new(tr("Flows")).subtitle(&format!("{told}{also}")).note(tr("o f all of them")).draw(scene, area, buf);
    if inner.height < 2 {
        return;
    }
    let [in_sign, out_sign] = scene.glyphs.in_out;
    let half = inner.width / 2;
    let rows = inner.height - 1;
    let sides = [(in_sign, Tone::In, &flows.inward, 0, half), (out_sign, Tone::Out, &flows.outward, half, inner.width - half)];
    for (sign, tone, talkers, x, width) in sides {
        let area = Rect::new(inner.x + x, inner.y, width, rows);
        if talkers.is_empty() {
            notice(buf, area, &[&format!("{sign} {}", tr(EN.no_port_flows))], scene.theme.style(Tone::Dim));
        }
        for (row, y) in talkers.iter().zip(area.y..area.bottom()) {
            talker(scene, Rect::new(area.x, y, area.width, 1), (buf, row, (sign, tone)));
        }
    }
    let pieces = reconciliation(scene, flows);
    put_pieces(buf, Position::new(inner.x + 1, inner.bottom() - 1), inner.width.saturating_sub(2), &pieces);
}

/// One talker: direction, rate, who.
fn talker(scene: &Scene<'_>, line: Rect, (buf, row, (sign, tone)): (&mut Buffer, &FlowRow, (&str, Tone))) {
    let rate = format!(" {} ", figure(Some(row.top.bps)));
    let unknown = if row.top.sum.unscaled_flows > 0 { "?" } else { " " };
    let used = u16::try_from(text::width(sign)).unwrap_or(1) + 8;
    let label = words::label(BY, (&row.top.keys, &row.top.names), scene.glyphs.arrow);
    let label = fit(&label, usize::from(line.width.saturating_sub(used + 2)), scene.glyphs.ellipsis);
    let style = scene.theme.style(tone);
    let pieces = [
        (sign, style),
        (rate.as_str(), style),
        (unknown, scene.theme.style(Tone::Unknown)),
        (label.as_str(), scene.theme.style(Tone::Text)),
    ];
    put_all(buf, Position::new(line.x + 1, line.y), line.width.saturating_sub(2), &pieces);
}

/// Flows against counters: the difference of each direction, and what may explain it.
fn reconciliation(scene: &Scene<'_>, flows: &PortFlows) -> Vec<Piece> {
    let dim = scene.theme.style(Tone::Dim);
    let mut pieces = vec![(tr("flows against counters ").to_owned(), dim)];
    let [in_sign, out_sign] = scene.glyphs.in_out;
    for (sign, side) in [in_sign, out_sign].into_iter().zip(&flows.reconciled) {
        pieces.push((format!(" {sign} "), dim));
        pieces.extend(difference(scene, side.as_ref()));
    }
    let largest = flows.reconciled.iter().flatten().max_by(|x, y| x.difference.abs().total_cmp(&y.difference.abs()));
    let reasons = largest.map(reasons).unwrap_or_default();
    if !reasons.is_empty() {
        pieces.push((format!("  {reasons}"), dim));
    }
    pieces
}

fn difference(scene: &Scene<'_>, side: Option<&Reconciled>) -> Vec<Piece> {
    let Some(side) = side else { return vec![("-".to_owned(), scene.theme.style(Tone::Dim))] };
    let tone = if side.difference.abs() >= NOTABLE { Tone::Minor } else { Tone::Ok };
    #[allow(clippy::cast_precision_loss, reason = "a figure of five cells")]
    let octets = |count: u64| figure(Some(count as f64)).trim().to_owned();
    vec![
        (format!("{:+.1}%", side.difference * 100.0), scene.theme.style(tone)),
        (trf!(" ({} of {})", octets(side.flow_octets), octets(side.counter_octets)), scene.theme.style(Tone::Dim)),
    ]
}

/// What may explain the difference, as far as it is known.
fn reasons(side: &Reconciled) -> String {
    let words = side.reasons.iter().filter_map(|reason| match reason {
        Reason::Sampling(rate) => Some(trf!("sampled 1:{}", rate)),
        Reason::RateUnknown => Some(tr("sampling rate unknown").to_owned()),
        Reason::Loss(lost) => Some(trf!("{} lost on the way", lost)),
        Reason::LossUnknown => Some(tr("loss unknown").to_owned()),
        Reason::Headers(share) if *share >= LEAST_SHARE => Some(trf!("layer 2 framing {}%", format!("{:.1}", share * 100.0))),
        Reason::Headers(_) => None,
    });
    words.collect::<Vec<_>>().join(", ")
}
