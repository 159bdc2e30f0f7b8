//! The last resort of a walk: rows that neither GETBULK nor GETNEXT can tell are asked by name, because a neighbouring column of the
//! same table has told which rows there are.

use super::error::Failure;
use super::session::Session;
use super::walk::{Cursor, Walking};
use crate::model::Oid;
use crate::wire::snmp::Value;

/// Rows of one column asked so at most: what needs more is broken beyond repair.
const MAX_ROWS: usize = 512;

impl Session {
    /// Completes the columns that broke off although the agent still answers. A column whose rows all came loses its fault, unless it
    /// went in circles: then its neighbour may have done so too.
    pub(super) async fn fill(&self, walking: &mut Walking) {
        for at in 0..walking.cursors.len() {
            let Some(names) = walking.cursors.get(at).filter(|cursor| is_mendable(cursor)).map(|cursor| missing(walking, cursor))
            else {
                continue;
            };
            if names.is_empty() {
                continue;
            }
            let Ok(read) = self.get(&names).await else { continue };
            let whole = read.iter().all(|bind| bind.value != Value::Null);
            let Some(cursor) = walking.cursors.get_mut(at) else { continue };
            for bind in read.into_iter().filter(|bind| !bind.value.is_absent()) {
                if walking.room.take(bind.octets()) {
                    cursor.walk.rows.push(bind);
                }
            }
            cursor.walk.rows.sort_by(|a, b| a.oid.cmp(&b.oid));
            let circled = matches!(cursor.walk.fault.as_ref().map(|fault| &fault.failure), Some(Failure::NonIncreasing(_)));
            if whole && !circled && names.len() < MAX_ROWS {
                cursor.walk.fault = None;
            }
        }
    }
}

fn is_mendable(cursor: &Cursor) -> bool {
    let failure = cursor.walk.fault.as_ref().map(|fault| &fault.failure);
    matches!(
        failure,
        Some(Failure::Status(_) | Failure::TooBig | Failure::NonIncreasing(_) | Failure::Malformed(_) | Failure::Unrelated)
    )
}

/// The rows of a whole column of the same table that this column does not have, by the name that they have in it.
fn missing(walking: &Walking, cursor: &Cursor) -> Vec<Oid> {
    let table = |oid: &Oid| oid.arcs().split_last().map(|(_, table)| table.to_vec());
    let whole = |other: &&Cursor| other.walk.fault.is_none() && table(&other.walk.root) == table(&cursor.walk.root);
    let Some(neighbour) = walking.cursors.iter().find(whole) else { return Vec::new() };
    let indexes = neighbour.walk.rows.iter().filter_map(|row| row.oid.suffix_of(&neighbour.walk.root));
    let names = indexes.map(|index| cursor.walk.root.child(index));
    names.filter(|name| cursor.walk.rows.binary_search_by(|row| row.oid.cmp(name)).is_err()).take(MAX_ROWS).collect()
}
