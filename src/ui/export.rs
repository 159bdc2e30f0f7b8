//! The rows of a screen as csv, json or ndjson: the same fields as the headless command of the same name prints (contract §5).

pub mod file;

use super::effect::Form;
use super::pane;
use super::pane::flows::words;
use super::state::Mark;
use crate::model::flow::TopKey;
use crate::query::WirelessPart;
use crate::report::{self, tabular::Format, write_rows};
use crate::state::view::flows::{FlowRow, FlowsView};
use crate::state::view::{View, ViewBody, WirelessView};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::io;

impl Form {
    /// How its files end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
        }
    }

    const fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::Json => Format::Json,
            Self::Ndjson => Format::Ndjson,
        }
    }
}

/// The view with those of its rows alone that are marked; all of them where none is.
pub fn marked<'v>(view: &'v View, marks: &[Mark]) -> Cow<'v, View> {
    if marks.is_empty() {
        return Cow::Borrowed(view);
    }
    let has = |key: &str| marks.iter().any(|mark| mark.key == key);
    let mut view = view.clone();
    match &mut view.body {
        ViewBody::Devices(table) => table.rows.retain(|row| has(row.id.as_str())),
        ViewBody::Interfaces(table) => table.rows.retain(|row| has(&pane::interfaces::key(row))),
        ViewBody::Events(table) => table.rows.retain(|row| has(&pane::events::key(row))),
        ViewBody::Timeline(view) => view.table.rows.retain(|row| has(&pane::events::key(row))),
        ViewBody::Alarms(table) => table.rows.retain(|row| has(&row.id)),
        _ => {}
    }
    Cow::Owned(view)
}

/// The rows at hand; `None` where the screen has none.
///
/// Errors: a row can't be written.
pub fn rows(view: &View, form: Form) -> io::Result<Option<Vec<u8>>> {
    let mut out = Vec::new();
    let format = form.format();
    match &view.body {
        ViewBody::Devices(table) => write_rows(format, table.rows.iter().map(report::DeviceRow::from), &mut out)?,
        ViewBody::Interfaces(table) => write_rows(format, table.rows.iter().map(report::InterfaceRow::from), &mut out)?,
        ViewBody::Device(view) => write_rows(format, view.interfaces.rows.iter().map(report::InterfaceRow::from), &mut out)?,
        ViewBody::Interface(view) => write_rows(format, view.row.iter().map(report::InterfaceRow::from), &mut out)?,
        ViewBody::Topology(view) => write_rows(format, view.selected_links.iter().map(report::LinkRow::from), &mut out)?,
        ViewBody::Overview(view) => write_rows(format, view.busiest.iter().map(report::LinkRow::from), &mut out)?,
        ViewBody::Links(table) => write_rows(format, table.rows.iter().map(report::LinkRow::from), &mut out)?,
        ViewBody::Sensors(table) => write_rows(format, table.rows.iter().map(report::SensorRow::from), &mut out)?,
        ViewBody::Events(table) => write_rows(format, table.rows.iter().map(report::EventRow::from), &mut out)?,
        ViewBody::Timeline(view) => {
            write_rows(format, view.table.rows.iter().map(|row| report::EventRow::from(&row.event)), &mut out)?;
        }
        ViewBody::Alarms(table) => {
            let rows = table.rows.iter().filter(|row| row.head.is_none());
            write_rows(format, rows.map(report::AlarmRow::from), &mut out)?;
        }
        ViewBody::Discovery(view) => write_rows(format, view.changes.rows.iter().map(report::EventRow::from), &mut out)?,
        ViewBody::Logs(view) => write_rows(format, view.table.rows.iter().map(report::LogRow::from), &mut out)?,
        ViewBody::Flows(view) => out = talkers(view, form)?,
        ViewBody::Capture(view) => out = talkers(&view.flows, form)?,
        ViewBody::Wireless(view) => wireless(view, format, &mut out)?,
        ViewBody::Vlans(_) | ViewBody::Alarm(_) | ViewBody::Near(_) | ViewBody::Empty => return Ok(None),
    }
    Ok(Some(out))
}

/// The rows of the part that is shown.
fn wireless(view: &WirelessView, format: Format, out: &mut Vec<u8>) -> io::Result<()> {
    match view.part {
        WirelessPart::Radios => write_rows(format, view.radios.rows.iter().map(report::RadioRow::from), out),
        WirelessPart::Clients | WirelessPart::Detail => {
            write_rows(format, view.clients.rows.iter().map(report::ClientRow::from), out)
        }
        WirelessPart::Ssids => write_rows(format, view.ssids.rows.iter().map(report::SsidRow::from), out),
        WirelessPart::Channels => write_rows(format, view.channels.rows.iter().map(report::ChannelRow::from), out),
    }
}

/// Rows of flows: a field for each key and one for its name, then the figures.
fn talkers(view: &FlowsView, form: Form) -> io::Result<Vec<u8>> {
    let objects: Vec<Map<String, Value>> = view.table.rows.iter().map(|row| object(&view.by, row)).collect();
    Ok(match form {
        Form::Json => {
            let mut out = serde_json::to_vec(&objects)?;
            out.push(b'\n');
            out
        }
        Form::Ndjson => {
            let lines: Result<Vec<String>, _> = objects.iter().map(serde_json::to_string).collect();
            lines?.into_iter().map(|line| line + "\n").collect::<String>().into_bytes()
        }
        Form::Csv => csv(&objects).into_bytes(),
    })
}

fn object(by: &[TopKey], row: &FlowRow) -> Map<String, Value> {
    let mut object = Map::new();
    for (at, (key, value)) in by.iter().zip(&row.top.keys).enumerate() {
        let words = words::value(*key, value);
        let known = |words: String| if words == "-" { Value::Null } else { words.into() };
        object.insert(key.name().to_owned(), known(words));
        object.insert(format!("{}Name", key.name()), row.top.names.get(at).cloned().flatten().into());
    }
    let sum = &row.top.sum;
    for (name, count) in
        [("octets", sum.octets), ("packets", sum.packets), ("flows", sum.flows), ("unscaledFlows", sum.unscaled_flows)]
    {
        object.insert(name.to_owned(), count.into());
    }
    object.insert("inBps".to_owned(), row.top.bps.into());
    object.insert("share".to_owned(), row.top.share.into());
    object.insert("earlierOctets".to_owned(), row.top.earlier_octets.into());
    object
}

/// RFC 4180; controls are shown visibly, as in every format but JSON.
fn csv(objects: &[Map<String, Value>]) -> String {
    let quoted = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => {
            let text = crate::model::text::visible(text);
            if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() }
        }
        other => other.to_string(),
    };
    let mut out = String::new();
    if let Some(first) = objects.first() {
        out.push_str(&first.keys().cloned().collect::<Vec<_>>().join(","));
        out.push_str("\r\n");
    }
    for object in objects {
        out.push_str(&object.values().map(quoted).collect::<Vec<_>>().join(","));
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::{KeyValue, TalkSum, TopRow};
    use crate::state::view::flows::FlowMain;
    use crate::state::view::{Chrome, Table};

    fn view() -> View {
        let top = TopRow {
            keys: vec![KeyValue::Address([10, 0, 0, 1].into()), KeyValue::Unknown],
            names: vec![Some("pc, \"kim\"\u{1b}".to_owned()), None],
            device: None,
            sum: TalkSum { octets: 1500, packets: 2, flows: 1, ..TalkSum::default() },
            bps: 12.5,
            share: 0.25,
            curve: Vec::new(),
            earlier_octets: None,
        };
        let table = Table { matched: 1, total: 1, offset: 0, rows: vec![FlowRow { top, main: FlowMain::default() }] };
        let body = FlowsView { by: vec![TopKey::Src, TopKey::Vlan], table, ..FlowsView::default() };
        View { chrome: Chrome::default(), body: ViewBody::Flows(Box::new(body)) }
    }

    #[test]
    fn csv_quotes_and_json_keeps_what_is_unknown() {
        let text = |form| String::from_utf8(rows(&view(), form).unwrap().unwrap()).unwrap();
        let csv = text(Form::Csv);
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines.len(), 3, "{csv}");
        assert_eq!(lines[0].split(',').count(), 11);
        assert!(lines[1].contains("\"pc, \"\"kim\"\"\\x1b\""), "{csv}");
        let json: Value = serde_json::from_str(&text(Form::Json)).unwrap();
        assert_eq!((&json[0]["src"], &json[0]["vlan"], &json[0]["octets"]), (&"10.0.0.1".into(), &Value::Null, &1500.into()));
        assert_eq!(text(Form::Ndjson).lines().count(), 1);
    }

    #[test]
    fn a_screen_without_rows_exports_nothing() {
        let view = View { chrome: Chrome::default(), body: ViewBody::Empty };
        assert_eq!(rows(&view, Form::Json).unwrap(), None);
    }
}
