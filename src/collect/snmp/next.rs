//! What follows named objects: one look at many tables at once.

use super::error::{Failure, SnmpError};
use super::session::Session;
use crate::model::Oid;
use crate::wire::snmp::{ErrorStatus, PduKind, Question, Value, VarBind};

/// The objects still to be asked for what follows them.
struct Looking {
    found: Vec<Option<VarBind>>,
    /// Positions without an answer, in order.
    open: Vec<usize>,
    /// Most objects in one request, lowered by errors that do not say which object they are about.
    most: usize,
}

impl Session {
    /// The object that follows each of `names`, in their order; `None` where none does or the agent can't tell.
    ///
    /// # Errors
    /// No answer, no access, or an answer to another question.
    pub(super) async fn next(&self, names: &[Oid]) -> Result<Vec<Option<VarBind>>, SnmpError> {
        let mut looking = Looking { found: vec![None; names.len()], open: (0..names.len()).collect(), most: usize::MAX };
        while !looking.open.is_empty() {
            self.next_batch(names, &mut looking).await?;
        }
        Ok(looking.found)
    }

    async fn next_batch(&self, names: &[Oid], looking: &mut Looking) -> Result<(), SnmpError> {
        let batch = self.learned.batch().min(looking.most).min(looking.open.len());
        let names: Vec<Oid> = looking.open.iter().take(batch).filter_map(|at| names.get(*at)).cloned().collect();
        // Fewer after silence, as in a GET.
        let size = |attempt: u32| (batch >> attempt.min(8)).max(1);
        let shape = |attempt| {
            let names = names.get(..size(attempt)).unwrap_or(&names);
            Question { kind: PduKind::GetNext, repetitions: 0, names: names.into() }
        };
        let answered = self.ask("next", 1 + self.limits.retries, shape).await?;
        let size = size(answered.attempt);
        match answered.head.error_status {
            ErrorStatus::NO_ERROR => {
                let list = answered.list;
                // Without every name it can't be told which question a value answers.
                let binds: Option<Vec<VarBind>> =
                    list.iter().take(size).map(|bind| Some(VarBind { oid: bind.oid()?, value: bind.value() })).collect();
                self.shared.inbox.give_back(list.into_memory());
                let binds = binds.filter(|binds| !binds.is_empty()).ok_or_else(|| self.error("next", Failure::Unrelated))?;
                self.learned.bears_batch(batch, size);
                looking.take(binds.into_iter());
            }
            ErrorStatus::TOO_BIG if size > 1 => self.learned.shrink_batch(size),
            _ => looking.refused(answered.head.error_index, size),
        }
        Ok(())
    }
}

impl Looking {
    fn take(&mut self, answers: impl Iterator<Item = VarBind>) {
        let mut settled = 0;
        for (bind, at) in answers.zip(&self.open) {
            settled += 1;
            if let Some(slot) = self.found.get_mut(*at) {
                *slot = Some(bind).filter(|bind| !matches!(bind.value, Value::EndOfMibView));
            }
        }
        self.open.drain(..settled);
    }

    /// Nothing follows the object that error-index names (RFC 1157 §4.1.3), or it can't be told. Where it names none, each is asked alone.
    fn refused(&mut self, index: u32, size: usize) {
        match usize::try_from(index).ok().and_then(|index| index.checked_sub(1)).filter(|at| *at < size) {
            Some(at) => drop(self.open.remove(at)),
            None if size == 1 => drop(self.open.remove(0)),
            None => self.most = 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::access::Access;
    use super::super::fixture::{Network, client};
    use super::super::session::Limits;
    use crate::mib::Registry;

    #[tokio::test(start_paused = true)]
    async fn one_look_tells_which_tables_there_are() {
        let client =
            client(Network::default().agent("10.0.0.1:161", "sysName.0 = x\nifDescr.3 = a\nipAdEntIfIndex.10.0.0.1 = #3"));
        let opened = Access::new(&[]).open(&client, "10.0.0.1:161".parse().unwrap(), Limits::default()).await.ok().unwrap();
        let mib = Registry::builtin();
        let names = ["ifTable", "ifXTable", "ipAddrTable", "lldpRemTable"].map(|name| mib.oid(name).unwrap());
        let sent = opened.session.tally().sent;
        let found = opened.session.next(&names).await.unwrap();
        let texts: Vec<Option<String>> = found.iter().map(|bind| bind.as_ref().map(|bind| mib.text(&bind.oid))).collect();
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        assert_eq!(texts, [Some("ifDescr.3"), None, Some("ipAdEntIfIndex.10.0.0.1"), Some("sysName.0")]);
        assert_eq!(opened.session.tally().sent, sent + 1);
    }
}
