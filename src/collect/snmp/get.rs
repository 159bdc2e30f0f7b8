//! Reading named objects, in batches that the agent bears.

use super::error::{Failure, SnmpError};
use super::session::Session;
use crate::model::Oid;
use crate::wire::snmp::{ErrorStatus, List, PduKind, Question, Value, VarBind};

/// The objects still to be asked, and what is known of the others.
struct Asking<'a> {
    names: &'a [Oid],
    values: Vec<Option<Value>>,
    /// Positions without a value, in order.
    open: Vec<usize>,
    /// What the agent said last instead of a value.
    status: Option<ErrorStatus>,
    /// Objects that the agent told something about.
    told: usize,
    /// Most objects in one request, lowered by errors that do not say which object they are about.
    most: usize,
}

impl Session {
    /// The values of `names`, one for each and in their order. What the agent does not have is `NoSuchObject` or
    /// `NoSuchInstance`, in version 1 too; what it can't tell (genErr, a value larger than its messages) is `Null`.
    ///
    /// Errors: no answer, no access, or nothing but error-statuses.
    pub async fn get(&self, names: &[Oid]) -> Result<Vec<VarBind>, SnmpError> {
        let open = (0..names.len()).collect();
        let mut asking = Asking { names, values: vec![None; names.len()], open, status: None, told: 0, most: usize::MAX };
        while !asking.open.is_empty() {
            self.get_batch(&mut asking).await?;
        }
        match asking.status {
            Some(status) if asking.told == 0 => Err(self.error("get", Failure::Status(status))),
            _ => Ok(asking.done()),
        }
    }

    async fn get_batch(&self, asking: &mut Asking<'_>) -> Result<(), SnmpError> {
        let batch = self.learned.batch().min(asking.most).min(asking.open.len());
        // A smaller question after silence makes sense only to an agent that is known to be there.
        let shrinks = self.learned.answered();
        // What was answered at this size before is asked once more as it is: the way loses datagrams, whatever their size.
        let again = u32::from(self.learned.has_borne(batch));
        let size = |attempt: u32| if shrinks { (batch >> attempt.saturating_sub(again).min(8)).max(1) } else { batch };
        let names: Vec<Oid> = asking.open.iter().take(batch).filter_map(|at| asking.names.get(*at)).cloned().collect();
        let shape = |attempt| {
            let names = names.get(..size(attempt)).unwrap_or(&names);
            Question { kind: PduKind::Get, repetitions: 0, names: names.into() }
        };
        let answered = self.ask("get", 1 + self.limits.retries, shape).await?;
        let size = size(answered.attempt);
        match answered.head.error_status {
            ErrorStatus::NO_ERROR => {
                let before = asking.told;
                self.count_unreadable(asking.absorb(size, &answered.list));
                self.shared.inbox.give_back(answered.list.into_memory());
                if asking.told == before {
                    return Err(self.error("get", Failure::Unrelated));
                }
                self.learned.bears_batch(batch, size);
            }
            ErrorStatus::TOO_BIG if size > 1 => self.learned.shrink_batch(size),
            status => asking.refused(status, answered.head.error_index, size),
        }
        Ok(())
    }
}

impl Asking<'_> {
    /// Takes the values of the first `size` open objects out of an answer, and says how many of its varbinds can't be read. An answer
    /// has the objects in the order of the question; where it has not, they are looked for.
    fn absorb(&mut self, size: usize, list: &List) -> usize {
        let mut asked = self.open.iter().take(size);
        let mut unreadable = list.displaced();
        let mut displaced = Vec::new();
        // What an answer holds beyond the question is not looked at.
        for bind in list.iter().take(size) {
            let next = asked.next().and_then(|at| Some((*at, self.names.get(*at)?)));
            let Some(name) = bind.oid() else {
                unreadable += 1;
                continue;
            };
            let value = bind.value();
            unreadable += usize::from(matches!(value, Value::Unreadable(_)));
            match next {
                Some((at, asked)) if *asked == name => put(&mut self.values, at, value, &mut self.told),
                _ => displaced.push((name, value)),
            }
        }
        for (name, value) in displaced {
            let mut open = self.open.iter().take(size);
            let at = open.find(|at| self.names.get(**at) == Some(&name) && self.values.get(**at).is_some_and(Option::is_none));
            if let Some(at) = at.copied() {
                put(&mut self.values, at, value, &mut self.told);
            }
        }
        let values = &self.values;
        self.open.retain(|at| values.get(*at).is_some_and(Option::is_none));
        unreadable
    }

    /// The agent refused because of one object: that one is settled. Where it does not say which, objects are asked singly.
    fn refused(&mut self, status: ErrorStatus, index: u32, size: usize) {
        let culprit = match usize::try_from(index) {
            Ok(index) if (1..=size).contains(&index) => index - 1,
            _ if size == 1 => 0,
            _ => {
                self.most = 1;
                return;
            }
        };
        let Some(at) = self.open.get(culprit).copied() else { return };
        if status == ErrorStatus::NO_SUCH_NAME {
            self.told += 1;
            self.settle(at, Value::NoSuchObject);
        } else {
            self.status = Some(status);
            self.settle(at, Value::Null);
        }
    }

    fn settle(&mut self, at: usize, value: Value) {
        if let Some(slot) = self.values.get_mut(at) {
            *slot = Some(value);
        }
        self.open.retain(|open| *open != at);
    }

    fn done(self) -> Vec<VarBind> {
        let values = self.values.into_iter().map(|value| value.unwrap_or(Value::Null));
        self.names.iter().cloned().zip(values).map(|(oid, value)| VarBind { oid, value }).collect()
    }
}

fn put(values: &mut [Option<Value>], at: usize, value: Value, told: &mut usize) {
    if let Some(slot) = values.get_mut(at) {
        *slot = Some(value);
        *told += 1;
    }
}
