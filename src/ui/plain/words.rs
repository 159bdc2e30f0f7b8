//! What a view holds, in sentences: what a thing is, which one, then its figures with their units in words. Nothing is said of what
//! is not known but that it is unknown.

use crate::model::flow::TopKey;
use crate::model::{Alarm, DeviceStatus, OperStatus, Severity, Timestamp, unit};
use crate::state::view::{Chrome, DeviceRow, EventRow, FlowRow, GraphNode, InterfaceRow, LinkRow, OverviewView, View, ViewBody};
use crate::ui::UiState;
use crate::ui::effect::Form;
use crate::ui::export;
use crate::ui::lang::{sentence, tr, trf};
use crate::ui::pane::{self, flows::words as flow_words};
use crate::ui::text;
use serde_json::Value;

/// A screen in words.
#[derive(Default)]
pub(super) struct Said {
    /// Before the list.
    pub before: Vec<String>,
    /// The list, as far as it is at hand.
    pub rows: Vec<String>,
    /// Index of the first of them among all matching rows.
    pub offset: usize,
    /// Matching rows in all.
    pub matched: usize,
    /// Whether there is a list at all.
    pub listed: bool,
    /// After the list.
    pub after: Vec<String>,
}

impl Said {
    fn list(rows: Vec<String>, offset: usize, matched: usize) -> Self {
        Self { rows, offset, matched, listed: true, ..Self::default() }
    }
}

/// What a view says.
pub(super) fn of(view: &View, state: &UiState) -> Said {
    let (now, zone) = (state.shown_at(), &state.zone);
    match &view.body {
        ViewBody::Devices(table) => Said::list(table.rows.iter().map(device).collect(), table.offset, table.matched),
        ViewBody::Interfaces(table) => Said::list(table.rows.iter().map(interface).collect(), table.offset, table.matched),
        ViewBody::Alarms(table) => {
            Said::list(table.rows.iter().map(|row| alarm(row, now)).collect(), table.offset, table.matched)
        }
        ViewBody::Events(table) => {
            let rows = table.rows.iter().map(|row| event(row, zone)).collect();
            Said::list(rows, table.offset, table.matched)
        }
        ViewBody::Timeline(view) => {
            let rows = view.table.rows.iter().map(|row| event(row, zone)).collect();
            Said::list(rows, view.table.offset, view.table.matched)
        }
        ViewBody::Links(table) => Said::list(table.rows.iter().map(link).collect(), table.offset, table.matched),
        ViewBody::Overview(view) => overview(view, (state, now)),
        ViewBody::Flows(view) => {
            let rows = view.table.rows.iter().map(|row| talker(&view.by, row)).collect();
            Said::list(rows, view.table.offset, view.table.matched)
        }
        ViewBody::Device(view) => {
            let mut said =
                Said::list(view.interfaces.rows.iter().map(interface).collect(), view.interfaces.offset, view.interfaces.matched);
            said.before.extend(view.device.as_ref().map(device));
            said.before.extend(view.alarms.iter().map(|row| alarm(row, now)));
            said
        }
        ViewBody::Interface(view) => {
            let mut said = Said::default();
            said.before.extend(view.row.as_ref().map(interface));
            said.before.push(trf!(
                "95th percentile: in {}, out {}. Largest: in {}, out {}.",
                rate(view.in_p95_bps),
                rate(view.out_p95_bps),
                rate(view.in_max_bps),
                rate(view.out_max_bps)
            ));
            said.before.extend(view.link.as_ref().map(link));
            said
        }
        ViewBody::Topology(view) => {
            let mut said = Said { before: view.nodes.iter().map(node).collect(), ..Said::default() };
            said.after = view.selected_links.iter().map(link).collect();
            said
        }
        _ => exported(view, state),
    }
}

/// A screen without sentences of its own: the fields of its rows by their names.
fn exported(view: &View, state: &UiState) -> Said {
    let Ok(Some(bytes)) = export::rows(view, Form::Ndjson) else { return Said::default() };
    let lines = String::from_utf8_lossy(&bytes).lines().filter_map(fields).collect::<Vec<_>>();
    let listing = pane::of(state.place.screen).listing(&view.body, state).filter(|listing| listing.keys.len() == lines.len());
    let (offset, matched) = listing.map_or((0, lines.len()), |listing| (listing.offset, listing.matched));
    Said::list(lines, offset, matched)
}

/// `inBps: 12, name: core-1`
fn fields(line: &str) -> Option<String> {
    let Value::Object(object) = serde_json::from_str(line).ok()? else { return None };
    let known = object.iter().filter_map(|(name, value)| {
        let words = match value {
            Value::Null => return None,
            Value::String(text) if text.is_empty() => return None,
            Value::String(text) => text.clone(),
            Value::Array(items) if items.is_empty() => return None,
            Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
            other => plain(other),
        };
        Some(format!("{} {words}", spaced(name)))
    });
    Some(known.collect::<Vec<_>>().join(", "))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `deviceName` → `device name`
fn spaced(name: &str) -> String {
    name.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_uppercase() {
            out.push(' ');
        }
        out.push(c.to_ascii_lowercase());
        out
    })
}

/// Counts of everything that an operator asks for first.
pub(super) fn counts(chrome: &Chrome, view: &OverviewView) -> Vec<String> {
    let mut lines = vec![
        trf!(
            "Devices: {} up, {} down, {} unreachable, {} unknown, {} in maintenance.",
            view.devices_up,
            view.devices_down,
            view.devices_unreachable,
            view.devices_unknown,
            view.devices_maintenance
        ),
        trf!("Alarms: {} critical, {} major, {} minor.", chrome.critical, chrome.major, chrome.minor),
        trf!("Traffic to the world: in {}, out {}.", rate(view.wan_in_bps), rate(view.wan_out_bps)),
    ];
    lines.extend(chrome.notices.iter().map(|notice| sentence(notice).into_owned()));
    lines
}

fn overview(view: &OverviewView, (state, now): (&UiState, Timestamp)) -> Said {
    let lists: [(&str, Vec<String>); 4] = [
        (tr("Alarms."), view.alarms.rows.iter().map(|row| alarm(row, now)).collect()),
        (tr("Busiest links."), view.busiest.iter().map(link).collect()),
        (tr("What changed."), view.recent.iter().map(|row| event(row, &state.zone)).collect()),
        (tr("Top talkers."), view.talkers.iter().map(|row| talker(&[TopKey::Src, TopKey::Dst], row)).collect()),
    ];
    let focus = state.here().focus;
    let [first, second, third, fourth] = lists;
    let mut all = vec![first, second, third, fourth];
    let (title, rows) = all.remove(focus.min(3));
    let matched = rows.len();
    let mut said = Said::list(rows, 0, matched);
    said.before.push(title.to_owned());
    said.after.push(trf!("tab: the next of {} lists.", 4));
    said
}

fn device(row: &DeviceRow) -> String {
    let mut parts = vec![trf!("Device {}: {}", row.name, status(row.status))];
    let made = [row.vendor.as_deref(), row.model.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if !made.is_empty() {
        parts.push(made);
    }
    parts.extend(row.addresses.first().map(|address| trf!("address {}", address)));
    parts.push(trf!("{} of {} interfaces up", row.interfaces_up, row.interfaces));
    parts.extend(row.cpu_percent.map(|percent| trf!("processor {} percent", format!("{percent:.0}"))));
    parts.extend(
        row.loss_percent.filter(|percent| *percent > 0.0).map(|percent| trf!("loss {} percent", format!("{percent:.0}"))),
    );
    if row.alarms == 1 {
        parts.push(trf!("one {} alarm", severity(row.worst_alarm)));
    } else if row.alarms > 1 {
        parts.push(trf!("{} alarms, the worst {}", row.alarms, severity(row.worst_alarm)));
    }
    finish(parts, row.stale)
}

fn interface(row: &InterfaceRow) -> String {
    let mut parts = vec![trf!("Interface {} of {}: {}", row.name, row.device_name, oper(row.oper_status))];
    parts.extend(row.if_alias.clone().filter(|alias| !alias.is_empty() && *alias != row.name));
    parts.push(trf!("in {}, {}", rate(row.in_bps), percent(row.in_utilisation)));
    parts.push(trf!("out {}, {}", rate(row.out_bps), percent(row.out_utilisation)));
    if let Some(peer) = &row.peer {
        parts.push(trf!("to {} {}", peer, row.peer_port.as_deref().unwrap_or_default()).trim_end().to_owned());
    }
    let errors = row.in_errors_per_second.unwrap_or(0.0) + row.out_errors_per_second.unwrap_or(0.0);
    if errors > 0.0 {
        parts.push(trf!("{} errors per second", unit::si(errors)));
    }
    finish(parts, row.stale)
}

fn alarm(row: &Alarm, now: Timestamp) -> String {
    let age = unit::age(now.since(row.raised_at).as_secs());
    trf!("{} alarm: {}, {}, for {}", severity(Some(row.severity)), row.object, sentence(&row.text), age)
}

fn event(row: &EventRow, zone: &jiff::tz::TimeZone) -> String {
    format!("{}: {}, {}", text::date_clock(row.at, zone), row.object, sentence(&row.text))
}

fn link(row: &LinkRow) -> String {
    let end = |name: &str, port: &Option<String>| port.as_ref().map_or_else(|| name.to_owned(), |port| format!("{name} {port}"));
    let load = if row.up == Some(false) { tr("is down").to_owned() } else { percent(row.utilisation) };
    trf!(
        "Link {} to {}: {}, forth {}, back {}",
        end(&row.a_name, &row.a_port),
        end(&row.b_name, &row.b_port),
        load,
        rate(row.forward_bps),
        rate(row.backward_bps)
    )
}

fn talker(by: &[TopKey], row: &FlowRow) -> String {
    let label = flow_words::label(by, (&row.top.keys, &row.top.names), "to");
    trf!("{}: {}, {}", label, rate(Some(row.top.bps)), percent(Some(row.top.share)))
}

fn node(row: &GraphNode) -> String {
    if row.count > 1 {
        return trf!("{}: {} devices, {} of them up", row.label, row.count, row.count_up);
    }
    trf!("Device {}: {}", row.label, status(row.status))
}

fn finish(mut parts: Vec<String>, stale: bool) -> String {
    if stale {
        parts.push(tr("these figures are old").to_owned());
    }
    parts.join(", ")
}

fn status(status: DeviceStatus) -> &'static str {
    match status {
        DeviceStatus::Up => tr("is up"),
        DeviceStatus::Down => tr("is down"),
        DeviceStatus::Unreachable => tr("is unreachable"),
        DeviceStatus::Unknown => tr("state unknown"),
        DeviceStatus::Maintenance => tr("is in maintenance"),
    }
}

fn oper(status: Option<OperStatus>) -> &'static str {
    match status {
        Some(OperStatus::Up) => tr("is up"),
        Some(OperStatus::Down) => tr("is down"),
        Some(OperStatus::Testing) => tr("is being tested"),
        Some(OperStatus::Dormant) => tr("is dormant"),
        Some(OperStatus::NotPresent) => tr("is not present"),
        Some(OperStatus::LowerLayerDown) => tr("is down, the layer below is down"),
        Some(OperStatus::Unknown) | None => tr("state unknown"),
    }
}

/// A severity as it begins or stands in a sentence.
pub(super) fn severity(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => tr("critical"),
        Some(Severity::Major) => tr("major"),
        Some(Severity::Minor) => tr("minor"),
        Some(Severity::Warning) => tr("warning"),
        Some(Severity::Cleared) => tr("cleared"),
        Some(Severity::Indeterminate) | None => tr("indeterminate"),
    }
}

/// `6.1 gigabit per second`
fn rate(bps: Option<f64>) -> String {
    let Some(bps) = bps.filter(|bps| bps.is_finite()) else { return tr("unknown rate").to_owned() };
    let scaled = |by: f64| {
        let value = bps / by;
        if value < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") }
    };
    match bps {
        bps if bps >= 1e12 => trf!("{} terabit per second", scaled(1e12)),
        bps if bps >= 1e9 => trf!("{} gigabit per second", scaled(1e9)),
        bps if bps >= 1e6 => trf!("{} megabit per second", scaled(1e6)),
        bps if bps >= 1e3 => trf!("{} kilobit per second", scaled(1e3)),
        bps => trf!("{} bit per second", format!("{bps:.0}")),
    }
}

fn percent(fraction: Option<f64>) -> String {
    fraction.map_or_else(|| tr("unknown share").to_owned(), |fraction| trf!("{} percent", format!("{:.0}", fraction * 100.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_said_with_their_units() {
        for (bps, words) in [
            (Some(6.1e9), "6.1 gigabit per second"),
            (Some(92.4e6), "92 megabit per second"),
            (Some(1500.0), "1.5 kilobit per second"),
            (Some(0.0), "0 bit per second"),
            (None, "unknown rate"),
        ] {
            assert_eq!(rate(bps), words);
        }
        assert_eq!((percent(Some(0.61)).as_str(), percent(None).as_str()), ("61 percent", "unknown share"));
    }

    #[test]
    fn rows_without_sentences_are_told_by_their_fields() {
        let line = r#"{"deviceName":"core-1","inBps":12.5,"vlans":[1,20],"alias":"","speed":null}"#;
        assert_eq!(fields(line).as_deref(), Some("device name core-1, in bps 12.5, vlans 1 20"));
        assert_eq!(fields("not json"), None);
    }
}
