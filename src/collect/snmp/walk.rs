//! Reading tables: several columns side by side, each to its own end, in steps that the agent bears.

use super::error::{Failure, SnmpError};
use super::exchange::Answered;
use super::learned::Bulk;
use super::session::Session;
use crate::model::{Oid, SnmpVersion};
use crate::wire::snmp::{ErrorStatus, Fault, Pdu, PduKind, Value, VarBind};

/// Repetitions in one GETBULK at most: some agents spend seconds on more.
const MAX_REPETITIONS: usize = 60;

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
struct Cursor {
    walk: Walk,
    /// The object after which reading goes on.
    last: Oid,
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
struct Walking {
    cursors: Vec<Cursor>,
    /// Most columns in one request.
    width: usize,
    /// Varbinds wanted in the next answer.
    budget: usize,
    bulk: bool,
    /// Rows that may still be kept.
    rows_left: usize,
}

impl Session {
    /// Everything under `root`, or what could be read of it.
    pub async fn walk(&self, root: &Oid) -> Walk {
        let walked = self.walk_columns(std::slice::from_ref(root)).await.pop();
        walked.unwrap_or_else(|| Walk { root: root.clone(), rows: Vec::new(), fault: None })
    }

    /// Everything under each of `columns`, in their order, read side by side; each column ends on its own. What could not be
    /// read is missing and the column has its fault. Memory is bounded by [`Limits::rows`](super::Limits::rows).
    pub async fn walk_columns(&self, columns: &[Oid]) -> Vec<Walk> {
        let mut walking = Walking {
            cursors: columns.iter().map(Cursor::new).collect(),
            width: usize::MAX,
            budget: self.learned.first_bulk(),
            bulk: self.agent.credential.version != SnmpVersion::V1,
            rows_left: self.limits.rows,
        };
        loop {
            let open = walking.open();
            if open.is_empty() {
                return walking.cursors.into_iter().map(|cursor| cursor.walk).collect();
            }
            self.step(&mut walking, &open).await;
        }
    }

    async fn step(&self, walking: &mut Walking, open: &[usize]) {
        let bulk = walking.bulk && self.learned.bulk() != Bulk::Fails;
        let columns = open.len().min(walking.width).min(self.learned.batch()).max(1);
        let columns = if bulk { columns.min(walking.budget.max(1)) } else { columns };
        let repetitions = bulk.then(|| (walking.budget / columns).clamp(1, MAX_REPETITIONS));
        let full = Shape { columns, repetitions };
        let names: Vec<Oid> =
            open.iter().take(columns).filter_map(|at| walking.cursors.get(*at)).map(|c| c.last.clone()).collect();
        let known = self.learned.answered();
        // An agent that ignores GETBULK gets one try more, so that GETNEXT has its chance even without retries.
        let attempts = 1 + self.limits.retries + u32::from(bulk && known && self.learned.bulk() == Bulk::Untried);
        let shape = |attempt| full.after_silence(attempt, attempts);
        match self.ask("walk", attempts, |attempt| shape(attempt).request(&names)).await {
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
            (Some(_), _) if full != answered => walking.budget = answered.varbinds(),
            _ => {}
        }
    }

    fn take(&self, walking: &mut Walking, open: &[usize], shape: Shape, answered: Answered) {
        let asked = open.get(..shape.columns).unwrap_or(open);
        let pdu = answered.pdu;
        match pdu.error_status {
            ErrorStatus::NO_ERROR => {
                if shape.repetitions.is_some() {
                    self.learned.set_bulk(Bulk::Works);
                }
                self.take_rows(walking, asked, shape, &pdu);
            }
            ErrorStatus::TOO_BIG => self.take_too_big(walking, asked, shape),
            ErrorStatus::NO_SUCH_NAME => walking.take_no_such_name(asked, pdu.error_index),
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

    fn take_rows(&self, walking: &mut Walking, asked: &[usize], shape: Shape, pdu: &Pdu) {
        // Without every name it can't be told which column a value belongs to, unless there is only one.
        if pdu.unnamed > 0 && shape.columns > 1 {
            walking.width = 1;
            return;
        }
        let mut moved = false;
        for (bind, at) in pdu.varbinds.iter().take(shape.varbinds()).zip(asked.iter().cycle()) {
            moved |= walking.take_row(*at, bind, self);
        }
        if !moved {
            let failure = if pdu.unnamed > 0 { Failure::Malformed(Fault::Malformed) } else { Failure::Unrelated };
            walking.fail(asked.iter(), &self.error("walk", failure));
        } else if pdu.varbinds.len() < shape.varbinds() {
            walking.budget = pdu.varbinds.len().max(1);
        } else if shape.repetitions.is_some() {
            walking.budget = self.learned.next_bulk(shape.varbinds());
        }
        if walking.rows_left == 0 {
            let still_open = walking.open();
            walking.fail(
                still_open.iter(),
                &self.error("walk", Failure::Endless { rows: self.limits.rows - walking.rows_left, octets: 0 }),
            );
        }
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

    fn request(self, names: &[Oid]) -> Pdu {
        let names = names.get(..self.columns).unwrap_or(names);
        match self.repetitions {
            Some(repetitions) => Pdu::bulk(0, u32::try_from(repetitions).unwrap_or(1), names),
            None => Pdu::request(PduKind::GetNext, 0, names),
        }
    }
}

impl Walking {
    fn open(&self) -> Vec<usize> {
        (0..self.cursors.len()).filter(|at| self.cursors.get(*at).is_some_and(|cursor| cursor.reading)).collect()
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

    /// Takes one row. Whether the column moved on, or ended.
    fn take_row(&mut self, at: usize, bind: &VarBind, session: &Session) -> bool {
        let Some(cursor) = self.cursors.get_mut(at) else { return false };
        if !cursor.reading {
            // The column ended earlier in this answer; what follows lies outside it.
            return false;
        }
        let ends = matches!(bind.value, Value::EndOfMibView | Value::NoSuchObject | Value::NoSuchInstance);
        if ends || !bind.oid.starts_with(&cursor.walk.root) {
            cursor.reading = false;
        } else if bind.oid <= cursor.last {
            cursor.reading = false;
            cursor.walk.fault = Some(session.error("walk", Failure::NonIncreasing(bind.oid.clone())));
        } else if let Some(left) = self.rows_left.checked_sub(1) {
            self.rows_left = left;
            cursor.last = bind.oid.clone();
            cursor.walk.rows.push(bind.clone());
        }
        true
    }
}

impl Cursor {
    fn new(root: &Oid) -> Self {
        Self { walk: Walk { root: root.clone(), rows: Vec::new(), fault: None }, last: root.clone(), reading: true }
    }
}
