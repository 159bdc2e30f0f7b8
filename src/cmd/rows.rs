//! `noctop devices | interfaces | links | sensors | alarms | events | logs`: the rows of a screen, headless.

use super::{Failure, Outcome, attach, written};
use crate::cli::{Common, RowArgs};
use crate::clock;
use crate::model::TimeRange;
use crate::query::{LogRequest, Screen, Sort, ViewRequest, Window};
use crate::report::{self, Format, write_rows};
use crate::state::view::{View, ViewBody};
use std::io::{self, BufWriter, Write};
use std::time::Duration;

/// Columns that are words: they sort from a to z unless told otherwise, all others largest first.
const WORD_COLUMNS: [&str; 30] = [
    "ap",
    "ssid",
    "band",
    "user",
    "controller",
    "name",
    "device",
    "deviceName",
    "device_name",
    "id",
    "role",
    "vendor",
    "model",
    "os",
    "site",
    "ip",
    "mac",
    "if",
    "ifName",
    "ifDescr",
    "ifAlias",
    "object",
    "kind",
    "text",
    "source",
    "status",
    "state",
    "class",
    "sensor",
    "unit",
];

/// Asks for all rows of `screen` that the arguments want, and prints them.
pub fn run(common: &Common, screen: Screen, args: &RowArgs) -> Outcome {
    let request = request(common, screen, args)?;
    let handle = attach::reader(common)?;
    let view = handle.ask(request).map_err(attach::unanswered)?;
    if let Some(fault) = &view.chrome.fault {
        return Err(Failure::usage(fault));
    }
    for notice in &view.chrome.notices {
        tracing::info!("{notice}");
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let result = print(&view, (attach::format(args.format), &mut out)).and_then(|()| out.flush());
    handle.close();
    written(result)
}

pub(super) fn request(common: &Common, screen: Screen, args: &RowArgs) -> Result<ViewRequest, Failure> {
    let range = range(screen, args)?;
    let logs = LogRequest { within: range.filter(|_| screen == Screen::Logs), ..LogRequest::default() };
    Ok(ViewRequest {
        logs,
        filter: args.filter.clone().unwrap_or_default(),
        sort: args.sort.as_deref().map(sort),
        window: Window { offset: 0, rows: args.limit.unwrap_or(usize::MAX) },
        at: range.map(|range| range.to).filter(|to| *to < clock::now().minus(PRESENT)).or(attach::at(common)?),
        range,
        ..ViewRequest::new(screen, usize::MAX)
    })
}

/// A range that ends this near to now is about what is there now.
const PRESENT: Duration = Duration::from_secs(5);

fn range(screen: Screen, args: &RowArgs) -> Result<Option<TimeRange>, Failure> {
    let Some(from) = &args.from else { return Ok(None) };
    if !matches!(screen, Screen::Interfaces | Screen::Devices | Screen::Events | Screen::Logs) {
        return Err(Failure::usage(
            "--from is for interfaces, devices, events and logs: the other rows have no figures to sum up",
        ));
    }
    attach::range(from, args.to.as_deref()).map(Some)
}

pub(super) fn sort(text: &str) -> Sort {
    match text.strip_prefix('-') {
        Some(column) => Sort { column: column.to_owned(), descending: true },
        None => Sort { column: text.to_owned(), descending: !WORD_COLUMNS.contains(&text) },
    }
}

fn print(view: &View, (format, out): (Format, &mut dyn Write)) -> io::Result<()> {
    match &view.body {
        ViewBody::Devices(table) => write_rows(format, table.rows.iter().map(report::DeviceRow::from), out),
        ViewBody::Interfaces(table) => write_rows(format, table.rows.iter().map(report::InterfaceRow::from), out),
        ViewBody::Sensors(table) => write_rows(format, table.rows.iter().map(report::SensorRow::from), out),
        ViewBody::Links(table) => write_rows(format, table.rows.iter().map(report::LinkRow::from), out),
        ViewBody::Events(table) => write_rows(format, table.rows.iter().map(report::EventRow::from), out),
        ViewBody::Alarms(table) => write_rows(format, table.rows.iter().map(report::AlarmRow::from), out),
        ViewBody::Logs(view) => write_rows(format, view.table.rows.iter().map(report::LogRow::from), out),
        ViewBody::Overview(_)
        | ViewBody::Topology(_)
        | ViewBody::Device(_)
        | ViewBody::Interface(_)
        | ViewBody::Discovery(_)
        | ViewBody::Flows(_)
        | ViewBody::Capture(_)
        | ViewBody::Vlans(_)
        | ViewBody::Wireless(_)
        | ViewBody::Alarm(_)
        | ViewBody::Timeline(_)
        | ViewBody::Near(_)
        | ViewBody::Empty => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_sort_largest_first_and_words_from_a_to_z() {
        assert_eq!(sort("in"), Sort { column: "in".to_owned(), descending: true });
        assert_eq!(sort("name"), Sort { column: "name".to_owned(), descending: false });
        assert_eq!(sort("-name"), Sort { column: "name".to_owned(), descending: true });
    }
}
