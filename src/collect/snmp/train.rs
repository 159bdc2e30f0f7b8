//! A train of full GET requests over many objects whose names need not be kept: what a poll asks each time.
//!
//! [`Session::get`] settles whatever an agent may answer; this does the usual answer, all objects in their order, without making a name
//! of any of them, and leaves the unusual one to it.

use super::error::{Failure, SnmpError};
use super::session::Session;
use crate::clock::Stopwatch;
use crate::model::{Oid, Timestamp};
use crate::wire::snmp::{Asked, ErrorStatus, List, Names, PduKind, Question, Value};

/// What a train asks and where its values go.
pub(super) trait Train: Send {
    /// How many objects there are.
    fn len(&self) -> usize;

    /// How many to ask from `at` on, of at most `most`: so that rows are not torn.
    fn load(&self, at: usize, most: usize) -> usize;

    /// Adds the name of one object.
    fn name(&self, at: usize, asked: &mut Asked);

    /// An answer came; the values that follow are its.
    fn answered(&mut self, at: Timestamp, clock: &Stopwatch);

    /// The value of one object; they come in their order, each once.
    fn take(&mut self, at: usize, value: Value);
}

/// What came of one request.
enum Fate {
    /// So many objects have their values.
    Taken(usize),
    /// It is asked anew, smaller.
    Again,
    /// So many objects are to be settled one by one.
    Unusual(usize),
}

impl Session {
    /// Asks for all objects.
    ///
    /// Errors: as those of [`Session::get`]; what was taken before stays taken.
    pub(super) async fn train(&self, train: &mut impl Train) -> Result<(), SnmpError> {
        let (mut at, mut asked) = (0, Asked::default());
        while at < train.len() {
            let room = self.learned.batch();
            let load = train.load(at, room.min(train.len() - at)).max(1);
            asked.clear();
            (at..at + load).for_each(|object| train.name(object, &mut asked));
            match self.wagon(train, (at, room), &asked).await? {
                Fate::Taken(count) => at += count,
                Fate::Again => {}
                Fate::Unusual(count) => {
                    self.settle(train, at, (&asked, count)).await?;
                    at += count;
                }
            }
        }
        Ok(())
    }

    /// One request and its answer.
    async fn wagon(&self, train: &mut impl Train, (at, room): (usize, usize), asked: &Asked) -> Result<Fate, SnmpError> {
        // A smaller question after silence makes sense only to an agent that is known to be there.
        let shrinks = self.learned.answered();
        let size = |attempt: u32| if shrinks { (asked.len() >> attempt.min(8)).max(1) } else { asked.len() };
        let shape = |attempt| {
            let names = Names::Written(asked.first(size(attempt)));
            Question { kind: PduKind::Get, repetitions: 0, names }
        };
        let answered = self.ask("get", 1 + self.limits.retries, shape).await?;
        let size = size(answered.attempt);
        match answered.head.error_status {
            ErrorStatus::NO_ERROR => {}
            ErrorStatus::TOO_BIG if size > 1 => {
                self.learned.shrink_batch(size);
                return Ok(Fate::Again);
            }
            _ => return Ok(Fate::Unusual(size)),
        }
        if !is_as_asked(&answered.list, asked, size) {
            return Ok(Fate::Unusual(size));
        }
        train.answered(answered.at, &answered.clock);
        let mut unreadable = 0;
        for (object, bind) in (at..).zip(answered.list.iter().take(size)) {
            let value = bind.value();
            unreadable += usize::from(matches!(value, Value::Unreadable(_)));
            train.take(object, value);
        }
        self.count_unreadable(unreadable);
        self.shared.inbox.give_back(answered.list.into_memory());
        // What was left out for the sake of whole rows says nothing against the agent; that nothing was left says nothing for it.
        let whole = if at + asked.len() < train.len() { room } else { asked.len() };
        let (wanted, borne) = if size == asked.len() { (whole, whole) } else { (asked.len(), size) };
        self.learned.bears_batch(wanted, borne);
        Ok(Fate::Taken(size))
    }

    /// What was answered in another way than usual, by [`Session::get`].
    async fn settle(&self, train: &mut impl Train, at: usize, (asked, count): (&Asked, usize)) -> Result<(), SnmpError> {
        let names: Vec<Oid> = (0..count).filter_map(|object| asked.oid(object)).collect();
        if names.len() != count {
            return Err(self.error("get", Failure::Unrelated));
        }
        let values = self.get(&names).await?;
        let clock = Stopwatch::start();
        train.answered(self.tally().last_answer_at.unwrap_or_default(), &clock);
        (at..).zip(values).for_each(|(object, bind)| train.take(object, bind.value));
        Ok(())
    }
}

/// Whether an answer has all objects in the order of the question.
fn is_as_asked(list: &List, asked: &Asked, size: usize) -> bool {
    list.displaced() == 0 && list.len() >= size && list.iter().take(size).enumerate().all(|(at, bind)| bind.is_named(asked, at))
}
