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

/// What an alarm hides: its object, and how many alarms.
pub(super) type Hides<'a> = (&'a str, usize);

/// The lines of events that are given the oldest first; each stands where its first event stands. What explains others is told bit by
/// bit, and again where they come again: of what the alarm itself explains the number is given that it hides.
pub(super) fn gathered(rows: Vec<EventRow>, hides: Hides<'_>) -> Vec<EventLine> {
    let mut groups: Vec<Vec<EventRow>> = Vec::new();
    for row in rows {
        // What came between them does not part them.
        let of_its = groups.iter_mut().rev().find(|group| group.last().is_some_and(|last| goes_with(last, &row)));
        match of_its {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    let mut lines: Vec<EventLine> = groups.into_iter().flat_map(|group| lines(group, hides)).collect();
    lines.sort_by_key(|line| line.first);
    lines
}

fn goes_with(last: &EventRow, row: &EventRow) -> bool {
    let goes = if row.kind == tell::EXPLAINED { row.object == last.object } else { row.at.since(last.at) <= GAP };
    last.kind == row.kind && last.source == row.source && goes
}

/// A group as one line, or as many as it has events.
fn lines(group: Vec<EventRow>, hides: Hides<'_>) -> Vec<EventLine> {
    let objects: FxHashSet<&str> = group.iter().map(|row| row.object.as_str()).collect();
    let objects = u32::try_from(objects.len()).unwrap_or(u32::MAX);
    let repeats = |pair: &[EventRow]| matches!(pair, [one, other] if (&one.object, &one.text) == (&other.object, &other.text));
    let told = explained(&group, hides);
    let is_one_line = group.len() >= LEAST || told.is_some() || group.windows(2).all(repeats);
    let single = |event: EventRow| EventLine { count: 1, objects: 1, first: event.at, burst: None, event };
    let Some(first) = group.first().map(|row| row.at).filter(|_| is_one_line) else {
        return group.into_iter().map(single).collect();
    };
    let count = if told.is_some() { 1 } else { u32::try_from(group.len()).unwrap_or(u32::MAX) };
    let severity = group.iter().filter_map(|row| row.severity).max();
    let line = group.into_iter().next_back().map(|latest| {
        let text = told.map_or_else(|| latest.text.clone(), tell::explained_words);
        EventLine { event: EventRow { severity, text, ..latest }, count, objects, first, burst: None }
    });
    line.into_iter().collect()
}

/// How many alarms a group of several events says are explained: what is hidden, and no fewer than were told at once.
fn explained(group: &[EventRow], (object, hidden): Hides<'_>) -> Option<usize> {
    let most = group.iter().map(tell::explained_count).collect::<Option<Vec<_>>>()?.into_iter().max()?;
    let is_its = group.iter().all(|row| row.object == object);
    (group.len() > 1).then(|| if is_its { most.max(hidden) } else { most })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    /// Events as `second kind object text`, of an alarm on core-1 that hides so many; the lines as `second+seconds count/objects object
    /// text`.
    fn check(hidden: usize, events: &[(i64, &str, &str, &str)], wanted: &[&str]) {
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
        let found: Vec<String> = gathered(events.iter().map(row).collect(), ("core-1", hidden)).into_iter().map(said).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn alarms_that_are_explained_bit_by_bit_are_one_line() {
        let events = [
            (1, "alarm-raised", "core-1", "down"),
            (2, "alarms-explained", "core-1", "6 alarms are explained by it"),
            (3, "alarms-explained", "core-1", "1 alarm is explained by it"),
            (4, "alarm-acknowledged", "core-1", "by kim"),
            (90, "alarms-explained", "core-1", "6 alarms are explained by it"),
            (91, "alarms-explained", "core-2", "1 alarm is explained by it"),
        ];
        let with = |hidden: usize, explained: &str| {
            let explained = format!("2+88 1/1 core-1 {explained} alarms are explained by it");
            let rest = ["4+0 1/1 core-1 by kim", "91+0 1/1 core-2 1 alarm is explained by it"];
            check(hidden, &events, &["1+0 1/1 core-1 down", &explained, rest[0], rest[1]]);
        };
        with(13, "13");
        // They were the same ones again and are gone now: they are not added up.
        with(0, "6");
    }

    #[test]
    fn what_repeats_is_one_line_and_what_is_told_of_two_things_is_two() {
        let up = |at, port| (at, "interface-status", port, "up > down");
        check(0, &[up(1, "Te1"), up(2, "Te2")], &["1+0 1/1 Te1 up > down", "2+0 1/1 Te2 up > down"]);
        check(0, &[up(1, "Te1"), up(1, "Te1")], &["1+0 2/1 Te1 up > down"]);
        let four = [up(1, "Te1"), up(2, "Te2"), up(9, "Te3"), up(60, "Te4")];
        check(0, &four, &["1+8 3/3 Te3 up > down", "60+0 1/1 Te4 up > down"]);
    }
}
