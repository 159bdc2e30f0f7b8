//! What happened about one thing, the oldest first: what repeats is one line with its number and how long it went on.

use super::rows::EventRow;
use super::timeline::EventLine;
use crate::state::derive::tell;
use rustc_hash::FxHashSet;
use std::time::Duration;

/// Events of one kind that follow one another within this time go together: one failure tells of itself for some seconds.
const GAP: Duration = Duration::from_secs(30);
/// Events on several objects that go together; fewer are read as quickly one by one.
const LEAST: usize = 3;

/// The lines of events that are given the oldest first; each stands where its first event stands.
pub(super) fn gathered(rows: Vec<EventRow>) -> Vec<EventLine> {
    let mut groups: Vec<Vec<EventRow>> = Vec::new();
    for row in rows {
        // What came between them does not part them.
        let of_its = groups.iter_mut().rev().find(|group| group.last().is_some_and(|last| goes_with(last, &row)));
        match of_its {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    let mut lines: Vec<EventLine> = groups.into_iter().flat_map(lines).collect();
    lines.sort_by_key(|line| line.first);
    lines
}

fn goes_with(last: &EventRow, row: &EventRow) -> bool {
    let is_alike = last.kind == row.kind && last.source == row.source;
    let goes =
        if row.kind == tell::EXPLAINED { tell::sum_of_explained(last, row).is_some() } else { row.at.since(last.at) <= GAP };
    is_alike && goes
}

/// A group as one line, or as many as it has events.
fn lines(group: Vec<EventRow>) -> Vec<EventLine> {
    let objects: FxHashSet<&str> = group.iter().map(|row| row.object.as_str()).collect();
    let repeats = |pair: &[EventRow]| matches!(pair, [one, other] if (&one.object, &one.text) == (&other.object, &other.text));
    let is_one_line = group.len() >= LEAST || group.windows(2).all(repeats) || is_count(&group);
    let objects = u32::try_from(objects.len()).unwrap_or(u32::MAX);
    let single = |event: EventRow| EventLine { count: 1, objects: 1, first: event.at, burst: None, event };
    if !is_one_line {
        return group.into_iter().map(single).collect();
    }
    let Some(first) = group.first().map(|row| row.at) else { return Vec::new() };
    let count = if is_count(&group) { 1 } else { u32::try_from(group.len()).unwrap_or(u32::MAX) };
    let severity = group.iter().filter_map(|row| row.severity).max();
    let latest = group.into_iter().reduce(|sum, row| tell::sum_of_explained(&sum, &row).unwrap_or(row));
    latest
        .map(|event| EventLine { event: EventRow { severity, ..event }, count, objects, first, burst: None })
        .into_iter()
        .collect()
}

/// Whether its events are numbers of the same, which are summed up: that it was told in pieces is nobody's matter.
fn is_count(group: &[EventRow]) -> bool {
    group.windows(2).all(|pair| matches!(pair, [one, other] if tell::sum_of_explained(one, other).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    /// Events as `second kind object text`, and the lines as `second+seconds count/objects object text`.
    fn check(events: &[(i64, &str, &str, &str)], wanted: &[&str]) {
        let row = |(at, kind, object, text): &(i64, &str, &str, &str)| EventRow {
            at: Timestamp(at * 1000),
            kind: (*kind).to_owned(),
            object: (*object).to_owned(),
            device: None,
            text: (*text).to_owned(),
            source: "snmp".to_owned(),
            severity: None,
        };
        let said = |line: EventLine| {
            let (first, span) = (line.first.secs(), line.at.since(line.first).as_secs());
            format!("{first}+{span} {}/{} {} {}", line.count, line.objects, line.object, line.text)
        };
        let found: Vec<String> = gathered(events.iter().map(row).collect()).into_iter().map(said).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn alarms_that_are_explained_bit_by_bit_are_one_line() {
        check(
            &[
                (1, "alarm-raised", "core-1", "down"),
                (2, "alarms-explained", "core-1", "6 alarms are explained by it"),
                (3, "alarms-explained", "core-1", "1 alarm is explained by it"),
                (4, "alarm-acknowledged", "core-1", "by kim"),
                (90, "alarms-explained", "core-1", "6 alarms are explained by it"),
                (91, "alarms-explained", "core-2", "1 alarm is explained by it"),
            ],
            &[
                "1+0 1/1 core-1 down",
                "2+88 1/1 core-1 13 alarms are explained by it",
                "4+0 1/1 core-1 by kim",
                "91+0 1/1 core-2 1 alarm is explained by it",
            ],
        );
    }

    #[test]
    fn what_repeats_is_one_line_and_what_is_told_of_two_things_is_two() {
        let up = |at, port| (at, "interface-status", port, "up > down");
        check(&[up(1, "Te1"), up(2, "Te2")], &["1+0 1/1 Te1 up > down", "2+0 1/1 Te2 up > down"]);
        check(&[up(1, "Te1"), up(1, "Te1")], &["1+0 2/1 Te1 up > down"]);
        check(&[up(1, "Te1"), up(2, "Te2"), up(9, "Te3"), up(60, "Te4")], &["1+8 3/3 Te3 up > down", "60+0 1/1 Te4 up > down"]);
    }
}
