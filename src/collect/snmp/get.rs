//! Reading named objects, in batches that the agent bears.

use super::error::{Failure, SnmpError};
use super::session::Session;
use crate::model::Oid;
use crate::wire::snmp::{ErrorStatus, Pdu, PduKind, Value, VarBind};

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
        let size = |attempt: u32| if shrinks { (batch >> attempt.min(8)).max(1) } else { batch };
        let names: Vec<Oid> = asking.open.iter().take(batch).filter_map(|at| asking.names.get(*at)).cloned().collect();
        let shape = |attempt| Pdu::request(PduKind::Get, 0, names.get(..size(attempt)).unwrap_or(&names));
        let answered = self.ask("get", 1 + self.limits.retries, shape).await?;
        let size = size(answered.attempt);
        match answered.pdu.error_status {
            ErrorStatus::NO_ERROR => {
                if !asking.absorb(size, answered.pdu.varbinds) {
                    return Err(self.error("get", Failure::Unrelated));
                }
                self.learned.bears_batch(batch, size);
            }
            ErrorStatus::TOO_BIG if size > 1 => self.learned.shrink_batch(size),
            status => asking.refused(status, answered.pdu.error_index, size),
        }
        Ok(())
    }
}

impl Asking<'_> {
    /// Takes the values of the first `size` open objects out of an answer. Whether there was any.
    fn absorb(&mut self, size: usize, mut binds: Vec<VarBind>) -> bool {
        let before = self.open.len();
        let asked: Vec<usize> = self.open.iter().copied().take(size).collect();
        for (place, at) in asked.into_iter().enumerate() {
            let Some(name) = self.names.get(at) else { continue };
            let here = binds.get(place).is_some_and(|bind| bind.oid == *name).then_some(place);
            let found = here.or_else(|| binds.iter().position(|bind| bind.oid == *name));
            if let Some(bind) = found.and_then(|found| binds.get_mut(found)) {
                let value = std::mem::replace(&mut bind.value, Value::Null);
                self.settle(at, value);
                self.told += 1;
            }
        }
        self.open.len() < before
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
