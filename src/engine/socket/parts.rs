//! A view as a header and rows, each as its own bytes, so that only what changed is sent.
//!
//! Both ends keep the parts of the last view of each watch. A [`Patch`] says for every row whether it is a row that the
//! other end already has, at whatever place, or a new one.

use crate::state::view::screens::DeviceView;
use crate::state::view::{FlowsView, View, ViewBody};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The most rows that a patch may make, all lists together: a guard against a peer that counts wrongly.
const MOST_ROWS: usize = 4_000_000;

/// One view in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    header: Vec<u8>,
    lists: Vec<Vec<Vec<u8>>>,
}

/// What turns the parts that the other end has into the new ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Patch {
    /// Forget what was there: the first view of a watch.
    fresh: bool,
    header: Option<Vec<u8>>,
    lists: Vec<Vec<Piece>>,
}

/// Some rows of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Piece {
    /// `count` rows that stood from `from` on in the same list.
    Same { from: u32, count: u32 },
    /// A row that was not there.
    New(Vec<u8>),
}

/// A patch that does not fit what it is applied to, or bytes that are no view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine sent a view that can't be read")]
pub(super) struct Unfit;

/// Something that is done to each list of a body, whatever its rows are.
trait EachList {
    fn list<R: Serialize + DeserializeOwned>(&mut self, rows: &mut Vec<R>) -> Result<(), Unfit>;
}

/// The one place that knows which lists a body has. The order is the order on the wire.
fn each_list(body: &mut ViewBody, each: &mut impl EachList) -> Result<(), Unfit> {
    match body {
        ViewBody::Overview(view) => {
            each.list(&mut view.wan_in)?;
            each.list(&mut view.wan_out)?;
            each.list(&mut view.alarms.rows)?;
            each.list(&mut view.busiest)?;
            each.list(&mut view.talkers)?;
            each.list(&mut view.recent)
        }
        ViewBody::Topology(view) => {
            each.list(&mut view.nodes)?;
            each.list(&mut view.edges)?;
            each.list(&mut view.selected_links)
        }
        ViewBody::Devices(table) => each.list(&mut table.rows),
        ViewBody::Device(view) => device(view, each),
        ViewBody::Interfaces(table) => each.list(&mut table.rows),
        ViewBody::Interface(view) => {
            each.list(&mut view.in_bps)?;
            each.list(&mut view.out_bps)?;
            each.list(&mut view.earlier_in_bps)?;
            each.list(&mut view.earlier_out_bps)?;
            each.list(&mut view.errors)?;
            each.list(&mut view.discards)?;
            each.list(&mut view.recent)
        }
        ViewBody::Links(table) => each.list(&mut table.rows),
        ViewBody::Events(table) => each.list(&mut table.rows),
        ViewBody::Alarms(table) => each.list(&mut table.rows),
        ViewBody::Sensors(table) => each.list(&mut table.rows),
        ViewBody::Discovery(view) => each.list(&mut view.changes.rows),
        ViewBody::Flows(view) => flows(view, each),
        ViewBody::Capture(view) => {
            each.list(&mut view.ports)?;
            flows(&mut view.flows, each)
        }
        ViewBody::Vlans(view) => {
            each.list(&mut view.table.rows)?;
            each.list(&mut view.devices)
        }
        ViewBody::Wireless(view) => {
            each.list(&mut view.radios.rows)?;
            each.list(&mut view.clients.rows)?;
            each.list(&mut view.channels.rows)?;
            each.list(&mut view.ssids.rows)?;
            each.list(&mut view.plan)
        }
        ViewBody::Logs(view) => {
            each.list(&mut view.table.rows)?;
            each.list(&mut view.patterns.rows)?;
            each.list(&mut view.rates)
        }
        ViewBody::Alarm(view) => {
            each.list(&mut view.events)?;
            each.list(&mut view.lines)
        }
        ViewBody::Timeline(view) => {
            each.list(&mut view.table.rows)?;
            each.list(&mut view.rates)
        }
        ViewBody::Near(view) => {
            each.list(&mut view.events)?;
            each.list(&mut view.lines)
        }
        ViewBody::Empty => Ok(()),
    }
}

fn device(view: &mut DeviceView, each: &mut impl EachList) -> Result<(), Unfit> {
    each.list(&mut view.interfaces.rows)?;
    each.list(&mut view.links)?;
    each.list(&mut view.alarms)?;
    each.list(&mut view.health.rows)?;
    each.list(&mut view.switch.face)?;
    each.list(&mut view.switch.matrix.rows.rows)?;
    each.list(&mut view.switch.inventory.rows)?;
    if let Some(spanning) = &mut view.switch.spanning {
        each.list(&mut spanning.ports)?;
        each.list(&mut spanning.tree)?;
        each.list(&mut spanning.blocked)?;
    }
    each.list(&mut view.recent)
}

fn flows(view: &mut FlowsView, each: &mut impl EachList) -> Result<(), Unfit> {
    each.list(&mut view.table.rows)?;
    each.list(&mut view.history)?;
    each.list(&mut view.steps)?;
    each.list(&mut view.exporters)
}

struct Take(Vec<Vec<Vec<u8>>>);

impl EachList for Take {
    fn list<R: Serialize + DeserializeOwned>(&mut self, rows: &mut Vec<R>) -> Result<(), Unfit> {
        let taken = std::mem::take(rows);
        self.0.push(taken.iter().map(postcard::to_stdvec).collect::<Result<_, _>>().map_err(|_| Unfit)?);
        Ok(())
    }
}

struct Put<'a>(std::slice::Iter<'a, Vec<Vec<u8>>>);

impl EachList for Put<'_> {
    fn list<R: Serialize + DeserializeOwned>(&mut self, rows: &mut Vec<R>) -> Result<(), Unfit> {
        let list = self.0.next().ok_or(Unfit)?;
        *rows = list.iter().map(|row| postcard::from_bytes(row)).collect::<Result<_, _>>().map_err(|_| Unfit)?;
        Ok(())
    }
}

impl Parts {
    /// Takes a view apart.
    pub(super) fn of(view: &View) -> Result<Self, Unfit> {
        let mut skeleton = view.clone();
        let mut take = Take(Vec::new());
        each_list(&mut skeleton.body, &mut take)?;
        let header = postcard::to_stdvec(&skeleton).map_err(|_| Unfit)?;
        Ok(Self { header, lists: take.0 })
    }

    /// The view again.
    pub(super) fn view(&self) -> Result<View, Unfit> {
        let mut view: View = postcard::from_bytes(&self.header).map_err(|_| Unfit)?;
        each_list(&mut view.body, &mut Put(self.lists.iter()))?;
        Ok(view)
    }

    /// What makes `self` of `before`; all of it where there is no before.
    pub(super) fn since(&self, before: Option<&Self>) -> Patch {
        let Some(before) = before else {
            let all = |list: &Vec<Vec<u8>>| list.iter().cloned().map(Piece::New).collect();
            return Patch { fresh: true, header: Some(self.header.clone()), lists: self.lists.iter().map(all).collect() };
        };
        let header = (self.header != before.header).then(|| self.header.clone());
        let nothing = Vec::new();
        let lists = self.lists.iter().enumerate();
        let lists = lists.map(|(at, list)| pieces(list, before.lists.get(at).unwrap_or(&nothing))).collect();
        Patch { fresh: false, header, lists }
    }

    /// Applies a patch of the other end.
    pub(super) fn apply(&mut self, patch: Patch) -> Result<(), Unfit> {
        if patch.fresh {
            *self = Self::default();
        }
        if let Some(header) = patch.header {
            self.header = header;
        }
        let mut rows = 0;
        let mut lists = Vec::new();
        for (at, pieces) in patch.lists.into_iter().enumerate() {
            let before = self.lists.get(at).map_or(&[][..], Vec::as_slice);
            lists.push(rebuild(pieces, before, &mut rows)?);
        }
        self.lists = lists;
        Ok(())
    }
}

fn pieces(list: &[Vec<u8>], before: &[Vec<u8>]) -> Vec<Piece> {
    let places: HashMap<&[u8], usize> = before.iter().enumerate().map(|(at, row)| (row.as_slice(), at)).collect();
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, row) in list.iter().enumerate() {
        let same_place = before.get(at).filter(|known| *known == row).map(|_| at);
        let place = same_place.or_else(|| places.get(row.as_slice()).copied()).and_then(|place| u32::try_from(place).ok());
        match (place, pieces.last_mut()) {
            (Some(place), Some(Piece::Same { from, count })) if *from + *count == place => *count += 1,
            (Some(from), _) => pieces.push(Piece::Same { from, count: 1 }),
            (None, _) => pieces.push(Piece::New(row.clone())),
        }
    }
    pieces
}

fn rebuild(pieces: Vec<Piece>, before: &[Vec<u8>], rows: &mut usize) -> Result<Vec<Vec<u8>>, Unfit> {
    let mut list = Vec::new();
    for piece in pieces {
        match piece {
            Piece::New(row) => list.push(row),
            Piece::Same { from, count } => {
                let from = usize::try_from(from).map_err(|_| Unfit)?;
                let count = usize::try_from(count).map_err(|_| Unfit)?;
                let to = from.checked_add(count).ok_or(Unfit)?;
                *rows = rows.saturating_add(count);
                if *rows > MOST_ROWS {
                    return Err(Unfit);
                }
                list.extend_from_slice(before.get(from..to).ok_or(Unfit)?);
            }
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::state::view::{Chrome, EventRow, Table};

    fn view(texts: &[&str]) -> View {
        let row = |text: &&str| EventRow {
            at: Timestamp(1),
            kind: "device-seen".to_owned(),
            object: (*text).to_owned(),
            device: None,
            text: (*text).to_owned(),
            source: "snmp".to_owned(),
            severity: None,
        };
        let rows: Vec<EventRow> = texts.iter().map(row).collect();
        let table = Table { matched: rows.len(), total: 9, offset: 0, rows };
        View { chrome: Chrome { site: "HQ".to_owned(), ..Chrome::default() }, body: ViewBody::Events(table) }
    }

    /// Sends each view as a patch to the one before it; returns what the last patch weighs.
    fn check(views: &[View]) -> usize {
        let (mut theirs, mut ours, mut weight) = (None::<Parts>, Parts::default(), 0);
        for view in views {
            let parts = Parts::of(view).unwrap();
            let patch = postcard::to_stdvec(&parts.since(theirs.as_ref())).unwrap();
            weight = patch.len();
            ours.apply(postcard::from_bytes(&patch).unwrap()).unwrap();
            assert_eq!(&ours.view().unwrap(), view);
            theirs = Some(parts);
        }
        weight
    }

    #[test]
    fn an_unchanged_view_costs_next_to_nothing() {
        let view = view(&["a", "b", "c", "d"]);
        assert!(check(&[view.clone(), view]) < 12);
    }

    #[test]
    fn a_scrolled_table_sends_only_the_row_that_came_into_sight() {
        let first = check(&[view(&["one row", "two row", "three row"])]);
        let scrolled = check(&[view(&["one row", "two row", "three row"]), view(&["two row", "three row", "four row"])]);
        assert!(scrolled < first / 2, "{scrolled} of {first}");
    }

    #[test]
    fn rows_that_change_places_appear_or_go_are_rebuilt() {
        check(&[view(&[]), view(&["a", "a", "b"]), view(&["b", "a"]), view(&["c"]), view(&["c", "c", "c"]), view(&[])]);
    }

    #[test]
    fn a_patch_that_points_outside_is_refused() {
        let patch = Patch { fresh: false, header: None, lists: vec![vec![Piece::Same { from: 1, count: u32::MAX }]] };
        assert_eq!(Parts::default().apply(patch), Err(Unfit));
    }
}
