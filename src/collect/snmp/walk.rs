//! Reading tables: several columns side by side, each to its own end, in steps that the agent bears.
//!
//! GETBULK where the agent does it, else GETNEXT. What neither can read of a column is then asked by name, with the rows that its
//! neighbours have (`fill`).

use super::error::{Failure, SnmpError};
use super::exchange::Answered;
use super::learned::{Bulk, Whole};
use super::session::Session;
use crate::model::{Oid, SnmpVersion, limit};
use crate::wire::snmp::list::{Bind, Index, Place, Root};
use crate::wire::snmp::{ErrorStatus, Fault, PduKind, Question, Value, VarBind};

/// Rows of one column in one GETBULK at most: far beyond, agents that compute each row anew take seconds.
const MAX_REPETITIONS: usize = 240;

/// What was read of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The column, or whatever was walked.
    pub root: Oid,
    /// Its objects in increasing order; nothing from outside it.
    pub rows: Vec<VarBind>,
    /// Why the rows may not be all; `None` when the column was read to its end.
    pub fault: Option<SnmpError>,
}

/// A column while it is read.
pub(super) struct Cursor {
    pub(super) walk: Walk,
    root: Root,
    reading: bool,
}

/// How one step asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    /// Columns side by side.
    columns: usize,
    /// Rows of each; `None` is GETNEXT.
    repetitions: Option<usize>,
}

impl Shape {
    const fn varbinds(self) -> usize {
        match self.repetitions {
            Some(repetitions) => self.columns * repetitions,
            None => self.columns,
        }
    }
}

/// One call of `walk_columns`.
pub(super) struct Walking {
    pub(super) cursors: Vec<Cursor>,
    /// Most columns in one request.
    width: usize,
    /// Varbinds wanted in the next answer.
    budget: usize,
    /// Rows that the table had last time.
    expected: Option<usize>,
    bulk: bool,
    pub(super) room: Room,
    /// Of the row in hand.
    index: Index,
}

/// What may still be kept.
pub(super) struct Room {
    rows: usize,
    octets: usize,
    full: bool,
}

impl Room {
    /// Makes room for a row of so many octets. Whether there was some.
    pub(super) fn take(&mut self, octets: usize) -> bool {
        match (self.rows.checked_sub(1), self.octets.checked_sub(octets)) {
            (Some(rows), Some(octets)) => (self.rows, self.octets) = (rows, octets),
            _ => self.full = true,
        }
        !self.full
    }
}

impl Session {
    /// Everything under `root`, or what could be read of it.
    pub async fn walk(&self, root: &Oid) -> Walk {
        let walked = self.walk_columns(std::slice::from_ref(root)).await.pop();
        walked.unwrap_or_else(|| Walk { root: root.clone(), rows: Vec::new(), fault: None })
    }

    /// Everything under each of `columns`, in their order, read side by side; each column ends on its own. What could not be
    /// read is missing and the column has its fault. Memory is bounded by [`Limits::rows`](super::Limits::rows) and
    /// [`Limits::octets`](super::Limits::octets).
    pub async fn walk_columns(&self, columns: &[Oid]) -> Vec<Walk> {
        let mut walking = Walking {
            cursors: columns.iter().map(Cursor::new).collect(),
            width: usize::MAX,
            budget: 0,
            expected: columns.first().and_then(|first| self.learned.rows_of(first)),
            bulk: self.agent.credential.version != SnmpVersion::V1,
            room: Room { rows: self.limits.rows, octets: self.limits.octets, full: false },
            index: Index::new(),
        };
        walking.budget = match walking.expected() {
            Some(expected) => self.learned.first_bulk_of(expected),
            None => self.learned.first_bulk(),
        };
        let (mut open, mut names) = (Vec::with_capacity(columns.len()), Vec::with_capacity(columns.len()));
        loop {
            walking.list_open(&mut open);
            if open.is_empty() {
                break;
            }
            self.step(&mut walking, &open, &mut names).await;
        }
        if let Some(first) = walking.cursors.first().filter(|first| first.walk.fault.is_none()) {
            self.learned.note_rows(&first.walk.root, walking.longest());
        }
        self.fill(&mut walking).await;
        walking.cursors.into_iter().map(|cursor| cursor.walk).collect()
    }

    async fn step(&self, walking: &mut Walking, open: &[usize], names: &mut Vec<Oid>) {
        let bulk = walking.bulk && self.learned.bulk() != Bulk::Fails;
        let columns = open.len().min(walking.width).min(self.learned.batch()).max(1);
        let columns = if bulk { columns.min(walking.budget.max(1)) } else { columns };
        let repetitions = bulk.then(|| (walking.budget / columns).clamp(1, MAX_REPETITIONS));
        let full = Shape { columns, repetitions };
        names.clear();
        names.extend(open.iter().take(columns).filter_map(|at| walking.cursors.get(*at)).map(|cursor| cursor.last().clone()));
        let known = self.learned.answered();
        // An agent that ignores GETBULK gets one try more, so that GETNEXT has its chance even without retries.
        let attempts = 1 + self.limits.retries + u32::from(bulk && known && self.learned.bulk() == Bulk::Untried);
        let shape = |attempt| full.after_silence(attempt, attempts);
        match self.ask("walk", attempts, |attempt| shape(attempt).question(names)).await {
            Ok(answered) => {
                let shape = shape(answered.attempt);
                self.learn(walking, full, shape);
                self.take(walking, open, shape, answered);
            }
            Err(error) => {
                let hit = if error.is_final() { open.len() } else { columns };
                walking.fail(open.iter().take(hit), &error);
            }
        }
    }

    /// What the shape that was answered says about the one that was not.
    fn learn(&self, walking: &mut Walking, full: Shape, answered: Shape) {
        match (full.repetitions, answered.repetitions) {
            (Some(_), None) if self.learned.bulk() == Bulk::Untried => self.learned.set_bulk(Bulk::Fails),
            (Some(_), _) if full != answered => {
                self.learned.lost_bulk(full.varbinds());
                walking.budget = answered.varbinds();
            }
            _ => {}
        }
    }

    fn take(&self, walking: &mut Walking, open: &[usize], shape: Shape, answered: Answered) {
        let asked = open.get(..shape.columns).unwrap_or(open);
        let (status, index) = (answered.head.error_status, answered.head.error_index);
        match status {
            ErrorStatus::NO_ERROR => {
                if shape.repetitions.is_some() {
                    self.learned.set_bulk(Bulk::Works);
                }
                self.take_rows(walking, asked, shape, answered);
            }
            ErrorStatus::TOO_BIG => self.take_too_big(walking, asked, shape),
            ErrorStatus::NO_SUCH_NAME => walking.take_no_such_name(asked, index),
            status if shape.repetitions.is_some() => {
                tracing::debug!(peer = %self.peer(), status = status.name(), "GETBULK failed; going on with GETNEXT");
                walking.bulk = false;
            }
            _ if shape.columns > 1 => walking.width = 1,
            status => walking.fail(asked.iter(), &self.error("walk", Failure::Status(status))),
        }
    }

    fn take_too_big(&self, walking: &mut Walking, asked: &[usize], shape: Shape) {
        match shape.repetitions {
            Some(repetitions) if repetitions > 1 => {
                self.learned.limit_bulk(shape.varbinds());
                walking.budget = (shape.varbinds() / 2).max(1);
            }
            _ if shape.columns > 1 => walking.width = shape.columns / 2,
            Some(_) => walking.bulk = false,
            None => walking.fail(asked.iter(), &self.error("walk", Failure::TooBig)),
        }
    }

    fn take_rows(&self, walking: &mut Walking, asked: &[usize], shape: Shape, answered: Answered) {
        let Answered { list, octets, round_trip, .. } = answered;
        self.count_unreadable(list.displaced());
        // Without every name it can't be told which column a value belongs to, unless there is only one.
        if list.displaced() > 0 && shape.columns > 1 {
            walking.width = 1;
            return;
        }
        let mut moved = false;
        walking.reserve(asked, shape);
        for (bind, at) in list.iter().take(shape.varbinds()).zip(asked.iter().cycle()) {
            moved |= walking.take_row(*at, bind, self);
        }
        let varbinds = list.len();
        // What an answer holds beyond the question says nothing of how large the next one gets.
        let octets = octets * shape.varbinds().min(varbinds) / varbinds.max(1);
        self.shared.inbox.give_back(list.into_memory());
        if !moved {
            walking.fail(asked.iter(), &self.error("walk", Failure::Unrelated));
        } else if varbinds < shape.varbinds() {
            walking.budget = varbinds.max(1);
        } else if shape.repetitions.is_some() {
            let wait = self.learned.wait(self.limits.timeout, 0);
            walking.budget = self.learned.next_bulk(Whole { varbinds: shape.varbinds(), octets, round_trip }, wait);
            walking.budget = walking.budget.min(walking.expected().unwrap_or(usize::MAX));
        }
        if walking.room.full {
            limit::WALK_ROWS.beyond(1);
            let mut still_open = Vec::new();
            walking.list_open(&mut still_open);
            walking.fail(still_open.iter(), &self.error("walk", self.endless(&walking.room)));
        }
    }

    fn endless(&self, room: &Room) -> Failure {
        Failure::Endless { rows: self.limits.rows - room.rows, octets: self.limits.octets - room.octets }
    }
}

impl Shape {
    /// The shape of a later try: a quarter each time, and GETNEXT of one column as the last.
    fn after_silence(self, attempt: u32, attempts: u32) -> Self {
        match (attempt, self.repetitions) {
            (0, _) => self,
            _ if attempt + 1 == attempts => Self { columns: 1, repetitions: None },
            (_, Some(repetitions)) => Self { repetitions: Some((repetitions >> (2 * attempt).min(16)).max(1)), ..self },
            (_, None) => Self { columns: (self.columns >> attempt.min(16)).max(1), ..self },
        }
    }

    fn question(self, names: &[Oid]) -> Question<'_> {
        let names = names.get(..self.columns).unwrap_or(names);
        match self.repetitions {
            Some(repetitions) => {
                Question { kind: PduKind::GetBulk, repetitions: u32::try_from(repetitions).unwrap_or(1), names: names.into() }
            }
            None => Question { kind: PduKind::GetNext, repetitions: 0, names: names.into() },
        }
    }
}

impl Walking {
    fn longest(&self) -> usize {
        self.cursors.iter().map(|cursor| cursor.walk.rows.len()).max().unwrap_or(0)
    }

    /// Varbinds until all columns have ended, if the table is as long as last time; `None` where it is longer, or new.
    fn expected(&self) -> Option<usize> {
        // One more row than there are shows that there are no more.
        let rows = (self.expected? + 1).checked_sub(self.longest()).filter(|rows| *rows > 0)?;
        Some(rows * self.cursors.iter().filter(|cursor| cursor.reading).count())
    }

    fn list_open(&self, open: &mut Vec<usize>) {
        open.clear();
        open.extend(self.cursors.iter().enumerate().filter(|(_, cursor)| cursor.reading).map(|(at, _)| at));
    }

    fn fail<'a>(&mut self, hit: impl Iterator<Item = &'a usize>, error: &SnmpError) {
        for at in hit {
            if let Some(cursor) = self.cursors.get_mut(*at).filter(|cursor| cursor.reading) {
                cursor.reading = false;
                cursor.walk.fault = Some(error.clone());
            }
        }
    }

    /// RFC 1157 §4.1.3: nothing follows the object that error-index names.
    fn take_no_such_name(&mut self, asked: &[usize], index: u32) {
        let place = usize::try_from(index).ok().and_then(|index| index.checked_sub(1));
        let ended = place.and_then(|place| asked.get(place)).or_else(|| asked.first().filter(|_| asked.len() == 1));
        match ended.and_then(|at| self.cursors.get_mut(*at)) {
            Some(cursor) => cursor.reading = false,
            None => self.width = 1,
        }
    }

    /// Makes room for what the first answer may bring, once for each column.
    fn reserve(&mut self, asked: &[usize], shape: Shape) {
        let expected = self.expected.unwrap_or(0).max(shape.repetitions.unwrap_or(1)).min(MAX_REPETITIONS);
        for at in asked {
            if let Some(cursor) = self.cursors.get_mut(*at).filter(|cursor| cursor.walk.rows.is_empty()) {
                cursor.walk.rows.reserve_exact(expected);
            }
        }
    }

    /// Takes one row. Whether the column moved on, or ended.
    fn take_row(&mut self, at: usize, bind: Bind<'_>, session: &Session) -> bool {
        let Some(cursor) = self.cursors.get_mut(at) else { return false };
        if !cursor.reading {
            // The column ended earlier in this answer; what follows lies outside it.
            return false;
        }
        match bind.place(&cursor.root, &mut self.index) {
            Place::Under => {}
            Place::Outside => {
                cursor.reading = false;
                return true;
            }
            Place::Unnamed => {
                session.count_unreadable(1);
                cursor.break_off(session.error("walk", Failure::Malformed(Fault::Malformed)));
                return true;
            }
        }
        let value = bind.value();
        if matches!(value, Value::EndOfMibView | Value::NoSuchObject | Value::NoSuchInstance) {
            cursor.reading = false;
            return true;
        }
        session.count_unreadable(usize::from(matches!(value, Value::Unreadable(_))));
        let index = self.index.arcs();
        if index <= cursor.last_index() {
            let oid = cursor.root.oid().child(index);
            cursor.break_off(session.error("walk", Failure::NonIncreasing(oid)));
        } else if self.room.take(VarBind::octets_of(cursor.walk.root.arcs().len() + index.len(), &value)) {
            cursor.walk.rows.push(VarBind { oid: cursor.root.oid().clone(), value });
            // Completed where it stands: a name that was just written and is copied stalls the processor.
            if let Some(row) = cursor.walk.rows.last_mut() {
                row.oid.append(index);
            }
        }
        true
    }
}

impl Cursor {
    fn new(root: &Oid) -> Self {
        let walk = Walk { root: root.clone(), rows: Vec::new(), fault: None };
        Self { walk, root: Root::new(root), reading: true }
    }

    fn break_off(&mut self, error: SnmpError) {
        self.reading = false;
        self.walk.fault = Some(error);
    }

    /// The object after which reading goes on.
    fn last(&self) -> &Oid {
        self.walk.rows.last().map_or(&self.walk.root, |row| &row.oid)
    }

    /// Its index: what follows the root. Every row lies under the root, so that only the length counts.
    #[inline]
    fn last_index(&self) -> &[u32] {
        self.last().arcs().get(self.walk.root.arcs().len()..).unwrap_or_default()
    }
}
