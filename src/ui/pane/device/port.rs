//! One port in full, in lines with a label each: link, VLANs, spanning tree, aggregate, power, light, errors, who is behind it.
//!
//! [`lines`] makes them of a row and of what the engine told beside it; they are drawn at the side, under a table, and on the Interface screen.

use crate::model::PortMode;
use crate::state::view::switch::{Lag, PortDetail, is_blocked};
use crate::state::view::{InterfaceRow, InterfaceView};
use crate::ui::lang::{tr, trf, trn};
use crate::ui::pane::{Scene, cells};
use crate::ui::text::{self, figure, percent, speed};
use crate::ui::theme::Tone;
use crate::ui::widget::{put, spark};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Cells of a label.
const LABEL: u16 = 7;

/// Cells of the last hour beside the load.
const SPARK: u16 = 10;

/// A piece of text with its meaning.
pub(super) type Piece = (String, Tone);

/// A label and what stands after it.
pub struct Told {
    label: &'static str,
    pieces: Vec<Piece>,
}

fn told(label: &'static str, pieces: Vec<Piece>) -> Told {
    Told { label, pieces }
}

fn plain(words: impl Into<String>) -> Piece {
    (words.into(), Tone::Text)
}

fn dim(words: impl Into<String>) -> Piece {
    (words.into(), Tone::Dim)
}

/// All that is known of a port. What its device doesn't tell at all is said once.
pub fn lines(scene: &Scene<'_>, row: &InterfaceRow, view: Option<&InterfaceView>) -> Vec<Told> {
    let detail = view.and_then(|view| view.detail.as_deref());
    let mut out = vec![now(scene, row), rates(scene, row), link(scene, row, view)];
    out.extend(vlans(row, detail));
    out.extend(spanning(row, detail));
    if let Some(lag) = detail.and_then(|detail| detail.lag.as_ref()) {
        out.extend(aggregate(row, lag));
    } else if let Some(name) = &row.switch.aggregate {
        out.push(told("LAG", vec![dim(tr("member of ")), plain(name.clone())]));
    }
    out.extend(power(row));
    out.extend(
        detail
            .into_iter()
            .flat_map(|detail| &detail.gauges)
            .map(|gauge| told("optics", super::gauge::pieces(scene, gauge, &row.name))),
    );
    out.push(faults(row));
    out.extend(behind(row, detail));
    out.extend(silent(detail));
    out
}

fn now(scene: &Scene<'_>, row: &InterfaceRow) -> Told {
    let (word, tone) = cells::state_of(row);
    let mut pieces = vec![(tr(word).to_owned(), tone)];
    if row.switch.flapping {
        pieces.push((format!(" {}", tr("flapping")), Tone::Major));
    }
    if let Some(at) = row.switch.last_change_at {
        pieces.push(dim(trf!(" for {}", text::age(Some(at), scene.state.shown_at()))));
    }
    pieces.push(plain(format!("  {}", speed(row.speed_bps).trim())));
    if let Some(duplex) = row.switch.duplex {
        let tone = if duplex == crate::model::Duplex::Half { Tone::Minor } else { Tone::Dim };
        pieces.push((format!(" {}", tr(duplex.word())), tone));
    }
    if row.stale {
        pieces.push((format!("  ~{}", text::age(row.sampled_at, scene.state.shown_at())), Tone::Minor));
    }
    told("state", pieces)
}

fn rates(scene: &Scene<'_>, row: &InterfaceRow) -> Told {
    let [inward, outward] = scene.glyphs.in_out;
    let side = |sign: &str, bps: Option<f64>, load: Option<f64>, tone: Tone| {
        [(format!("{sign} {}", figure(bps).trim()), tone), dim(format!(" {}  ", percent(load).trim()))]
    };
    let pieces =
        [side(inward, row.in_bps, row.in_utilisation, Tone::In), side(outward, row.out_bps, row.out_utilisation, Tone::Out)];
    let mut pieces = pieces.concat();
    if !scene.state.slow && row.spark.iter().any(Option::is_some) {
        pieces.push((spark::row(&row.spark, SPARK, spark::top(&row.spark) * 1.25, scene.glyphs), Tone::In));
    }
    told("load", pieces)
}

fn link(scene: &Scene<'_>, row: &InterfaceRow, view: Option<&InterfaceView>) -> Told {
    let evidence =
        view.and_then(|view| view.link.as_ref()).map(|link| link.evidence.iter().map(|e| e.word()).collect::<Vec<_>>().join("+"));
    let Some(peer) = &row.peer else { return told("link", vec![dim("-")]) };
    let mut pieces = vec![dim(format!("{} ", scene.glyphs.arrow)), (peer.clone(), Tone::Strong)];
    pieces.extend(row.peer_port.as_ref().map(|port| plain(format!(" {port}"))));
    pieces.extend(evidence.map(|words| dim(format!("  {words}"))));
    told("link", pieces)
}

/// Runs of ids: `10,20-24`.
pub(super) fn ranges(ids: impl Iterator<Item = u16>) -> String {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    let mut sorted: Vec<u16> = ids.collect();
    sorted.sort_unstable();
    sorted.dedup();
    for id in sorted {
        match runs.last_mut() {
            Some((_, to)) if to.checked_add(1) == Some(id) => *to = id,
            _ => runs.push((id, id)),
        }
    }
    let words = runs.into_iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") });
    words.collect::<Vec<_>>().join(",")
}

/// The VLAN without a tag: as the agent says, else the port's own.
pub(super) fn native(row: &InterfaceRow) -> Option<u16> {
    row.switch.untagged_vlans.first().copied().or(row.pvid)
}

/// Whether it takes tagged VLANs; `None` where it is no switch port.
pub(super) fn mode(row: &InterfaceRow) -> Option<PortMode> {
    let seen = || match (row.vlans.len(), row.pvid) {
        (2.., _) => Some(PortMode::Trunk),
        (0, None) => None,
        _ => Some(PortMode::Access),
    };
    row.switch.mode.or_else(seen)
}

fn vlans(row: &InterfaceRow, detail: Option<&PortDetail>) -> Vec<Told> {
    let Some(mode) = mode(row) else { return Vec::new() };
    let name = |id: u16| {
        detail.and_then(|detail| detail.vlan_names.iter().find(|(known, _)| *known == id)).map(|(_, name)| name.clone())
    };
    let native = native(row);
    let own = native.map(|id| format!("{id}{}", name(id).map(|name| format!(" {name}")).unwrap_or_default()));
    let tagged: Vec<u16> =
        row.vlans.iter().copied().filter(|id| Some(*id) != native && !row.switch.untagged_vlans.contains(id)).collect();
    match mode {
        PortMode::Access => {
            let mut pieces = vec![dim(tr("access ")), plain(own.unwrap_or_else(|| "-".to_owned()))];
            if !tagged.is_empty() {
                pieces.push(dim(trf!("  tagged {}", ranges(tagged.into_iter()))));
            }
            vec![told("VLAN", pieces)]
        }
        PortMode::Trunk => {
            let count = trf!("trunk of {}", row.vlans.len());
            let mut out =
                vec![told("VLAN", vec![dim(count), dim(tr("  native ")), plain(own.unwrap_or_else(|| "-".to_owned()))])];
            if !tagged.is_empty() {
                out.push(told("", vec![dim(tr("tagged ")), plain(ranges(tagged.into_iter()))]));
            }
            out
        }
    }
}

fn spanning(row: &InterfaceRow, detail: Option<&PortDetail>) -> Vec<Told> {
    let facts = &row.switch;
    if facts.stp.is_none() && facts.stp_state.is_none() {
        return Vec::new();
    }
    let stp = facts.stp.as_deref();
    let state = facts.stp_state.as_deref().unwrap_or("-");
    let tone = if is_blocked(facts.stp_state.as_deref()) { Tone::Maintenance } else { Tone::Text };
    let mut pieces = Vec::new();
    pieces.extend(stp.and_then(|stp| stp.role).map(|role| plain(format!("{} ", tr(role.word())))));
    pieces.push((tr(state).to_owned(), tone));
    pieces.extend(stp.and_then(|stp| stp.path_cost).map(|cost| dim(trf!("  cost {}", cost))));
    pieces.extend(
        stp.and_then(|stp| stp.forward_transitions).map(|count| dim(trn!(count, "  once forwarding", "  {} times forwarding"))),
    );
    let mut out = vec![told("STP", pieces)];
    if let Some(id) = stp.and_then(|stp| stp.designated_bridge) {
        let name = detail.and_then(|detail| detail.designated_name.clone()).unwrap_or_else(|| id.mac.to_string());
        out.push(told("", vec![dim(tr("designated ")), (name, Tone::Strong), dim(format!(" ({})", id.priority))]));
    }
    out
}

fn aggregate(row: &InterfaceRow, lag: &Lag) -> Vec<Told> {
    let up = lag.members.iter().filter(|member| member.up).count();
    let tone = if up < lag.members.len() { Tone::Major } else { Tone::Text };
    let mut out =
        vec![told("LAG", vec![(lag.name.clone(), Tone::Strong), (trf!("  {} of {} members up", up, lag.members.len()), tone)])];
    for member in &lag.members {
        let is_over = lag.overloaded.as_ref() == Some(&member.name);
        let is_here = member.name == row.name;
        let share = percent(member.share);
        let pieces = vec![
            (format!("{} ", member.name), if is_here { Tone::Strong } else { Tone::Text }),
            if member.up {
                (share, if is_over { Tone::Major } else { Tone::Text })
            } else {
                (tr("down").to_owned(), Tone::Critical)
            },
            dim(format!("  {}", figure(member.bps).trim())),
        ];
        out.push(told("", pieces));
        if is_over {
            out.push(told("", vec![(format!("! {}", tr("far more than its share")), Tone::Major)]));
        }
    }
    out
}

fn power(row: &InterfaceRow) -> Option<Told> {
    let poe = row.switch.poe.as_deref()?;
    let watts = |mw: Option<u32>| mw.map(|mw| format!("{:.1} W", f64::from(mw) / 1000.0));
    let word = poe.status.map_or("-", |status| status.word());
    let is_fault = matches!(poe.status, Some(crate::model::PoeStatus::Fault | crate::model::PoeStatus::OtherFault));
    let mut pieces = vec![(tr(word).to_owned(), if is_fault { Tone::Critical } else { Tone::Text })];
    let unit = if poe.limit_mw.is_some() { "" } else { " W" };
    pieces.extend(poe.draw_mw.map(|draw| (format!("  {:.1}{unit}", f64::from(draw) / 1000.0), Tone::Strong)));
    pieces.extend(watts(poe.limit_mw).map(|limit| dim(trf!(" of {}", limit))));
    pieces.extend(poe.class.map(|class| dim(trf!("  class {}", class))));
    Some(told("PoE", pieces))
}

fn faults(row: &InterfaceRow) -> Told {
    let piece = |rate: Option<f64>| {
        let tone = if rate.is_some_and(|rate| rate > 0.0) { Tone::Minor } else { Tone::Text };
        (figure(rate).trim().to_owned(), tone)
    };
    let errors = cells::sum(row.in_errors_per_second, row.out_errors_per_second);
    let discards = cells::sum(row.in_discards_per_second, row.out_discards_per_second);
    let mut pieces = vec![piece(errors), dim("/s")];
    if discards.is_some() {
        pieces.extend([dim(tr("   discards ")), piece(discards), dim("/s")]);
    }
    told("errors", pieces)
}

fn behind(row: &InterfaceRow, detail: Option<&PortDetail>) -> Vec<Told> {
    let count = detail.map(|detail| detail.stations_total).or(row.switch.macs);
    let Some(count) = count.filter(|count| *count > 0 || detail.is_some_and(|detail| detail.device_tells.fdb)) else {
        return Vec::new();
    };
    let words = match count {
        0 => tr("nobody").to_owned(),
        count => trn!(count, "1 address", "{} addresses"),
    };
    let mut out = vec![told("behind", vec![plain(words)])];
    for station in detail.into_iter().flat_map(|detail| &detail.stations) {
        let mut pieces = Vec::new();
        pieces.extend(station.name.as_ref().map(|name| (format!("{name} "), Tone::Strong)));
        pieces.extend(station.addresses.first().map(|address| plain(format!("{address} "))));
        pieces.push(dim(station.mac.to_string()));
        pieces.extend(station.vlan.map(|vlan| dim(format!(" v{vlan}"))));
        out.push(told("", pieces));
    }
    out
}

/// What the device tells nothing of, in one sentence.
fn silent(detail: Option<&PortDetail>) -> Option<Told> {
    let tells = detail?.device_tells;
    let all = [(tells.vlans, "VLANs"), (tells.stp, "STP"), (tells.poe, "PoE"), (tells.fdb, "MACs")];
    let missing: Vec<&str> = all.iter().filter(|(told, _)| !told).map(|(_, word)| tr(word)).collect();
    (!missing.is_empty()).then(|| told("", vec![dim(trf!("not told: {}", missing.join(", ")))]))
}

/// Draws lines into an area from its top; returns the rows used. What does not fit is counted in the last row.
pub fn draw(scene: &Scene<'_>, area: Rect, (buf, lines): (&mut Buffer, &[Told])) -> u16 {
    let rows = usize::from(area.height);
    let fit = if lines.len() > rows { rows.saturating_sub(1) } else { lines.len() };
    for (line, y) in lines.iter().take(fit).zip(area.y..area.bottom()) {
        put(buf, Position::new(area.x + 1, y), LABEL - 1, (tr(line.label), scene.theme.style(Tone::Dim)));
        super::faceplate::line(
            scene,
            Rect { x: area.x + LABEL, y, width: area.width.saturating_sub(LABEL), height: 1 },
            (buf, &line.pieces),
        );
    }
    if fit < lines.len() && rows > 0 {
        let words = trf!("{} more: Enter", lines.len() - fit);
        put(
            buf,
            Position::new(area.x + 1 + LABEL, area.bottom() - 1),
            area.width.saturating_sub(LABEL + 1),
            (&words, scene.theme.style(Tone::Faint)),
        );
    }
    u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height)
}

/// The same with several on a line, for a few wide rows.
pub(super) fn draw_joined(scene: &Scene<'_>, area: Rect, (buf, lines): (&mut Buffer, &[Told])) {
    let (mut x, mut y) = (area.x, area.y);
    for line in lines {
        let mut pieces: Vec<Piece> = Vec::new();
        if !line.label.is_empty() {
            pieces.push(dim(format!("{} ", tr(line.label))));
        }
        pieces.extend(line.pieces.iter().cloned());
        let cells = u16::try_from(super::faceplate::cells(&pieces)).unwrap_or(u16::MAX);
        if x > area.x && x.saturating_add(cells).saturating_add(2) > area.right() {
            (x, y) = (area.x, y + 1);
        }
        if y >= area.bottom() {
            return;
        }
        super::faceplate::line(scene, Rect { x, y, width: area.right().saturating_sub(x), height: 1 }, (buf, &pieces));
        x = x.saturating_add(cells).saturating_add(3);
    }
}
