//! What filters may name, table by table.

use super::super::page::{Page, code, codes};
use crate::query::LOG_COLUMNS;
use crate::query::filter::{Column, Kind};
use crate::state::view;
use crate::ui::lang::tr;

/// Where each table is filtered.
const TABLES: &[(&str, &str, &[Column])] = &[
    ("Devices, and the map", "noctop devices", view::DEVICE_COLUMNS),
    ("Interfaces, and the ports of a device", "noctop interfaces", view::INTERFACE_COLUMNS),
    ("Links", "noctop links", view::LINK_COLUMNS),
    ("Sensors", "noctop sensors", view::SENSOR_COLUMNS),
    ("Inventory of a device", "", view::switch::PART_COLUMNS),
    ("VLANs", "", view::VLAN_COLUMNS),
    ("Access points and radios", "noctop wireless", view::wireless::RADIO_COLUMNS),
    ("Wireless clients", "noctop wireless --rows clients", view::wireless::CLIENT_COLUMNS),
    ("Network names", "noctop wireless --rows ssids", view::wireless::SSID_COLUMNS),
    ("Alarms", "noctop alarms", view::ALARM_COLUMNS),
    ("Events", "noctop events", view::EVENT_COLUMNS),
    ("Logs", "noctop logs", LOG_COLUMNS),
    ("Flows", "noctop top", view::FLOW_COLUMNS),
];

/// The language by example: filter, what it means.
const EXAMPLES: &[(&str, &str)] = &[
    ("core", "the word is in any text of the row"),
    ("device:core role=switch", "one after the other: both have to hold"),
    ("status:down or alarms>0", "either"),
    ("not (role:phone or role:printer)", "neither"),
    ("util>=70%", "per cent; also 1.5G, 15m, 2026-11-22T12:00:00Z"),
    ("sev>=major", "severities by rank: major and worse"),
    ("ip:10.0.0.0/8", "an address within a network"),
    ("name~^acc-b[12]", "a regular expression in one field"),
    ("/link (up|down)/", "a regular expression in any text"),
    ("alias:\"to the core\"", "a value with blanks"),
    ("src host 10.0.0.1 and dst port 443", "flows: as tcpdump and nfdump have it"),
];

/// The chapter.
pub(in super::super) fn page() -> String {
    let mut page = Page::new(
        "Filters",
        "One language for `/` on every screen, `--filter` of every command, alarm rules and notifications. What is not known matches nothing \
         but `!=`. A wrong field or value is an error that points at its column and names what there is.",
    );
    page.heading(2, tr("By example"));
    let row = |(filter, said): &(&str, &str)| vec![code(filter), tr(said).to_owned()];
    page.table(&["Filter", "Meaning"], &EXAMPLES.iter().map(row).collect::<Vec<_>>());
    page.text("Operators: `:` contains (or is within, for addresses), `=`, `!=`, `<`, `<=`, `>`, `>=`, `~` matches a regular expression.");
    for (title, command, columns) in TABLES {
        page.heading(2, tr(title));
        if !command.is_empty() {
            page.block("sh", command);
        }
        let row = |column: &Column| vec![codes(column.names), tr(kind(column.kind)).to_owned()];
        page.table(&["Names", "Compares"], &columns.iter().map(row).collect::<Vec<_>>());
    }
    page.done()
}

/// How a field compares, in words.
pub(super) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text; a word alone looks into it",
        Kind::Word => "text of a short list, or numbers",
        Kind::Address => "address or network; a word alone looks into it",
        Kind::Mac => "MAC address, in any spelling; a word alone looks into it",
        Kind::Number => "figure: 100, 1.5G",
        Kind::Fraction => "share: 90%",
        Kind::Percent => "per cent: 90%",
        Kind::Duration => "duration: 15m, 2d",
        Kind::Time => "time: -15m, 2026-11-22T12:00:00Z",
        Kind::Severity => "severity, by rank: critical > major > minor > warning > indeterminate > cleared",
        Kind::LogSeverity => "severity of RFC 5424, by rank: sev>=warning is a warning or worse",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::filter::parse;

    #[test]
    fn every_example_is_a_filter() {
        for (filter, _) in EXAMPLES {
            assert!(parse(filter).is_ok(), "{filter}");
        }
    }
}
