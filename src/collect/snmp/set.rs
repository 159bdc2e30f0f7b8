//! Setting objects (RFC 3416 §4.2.5): asked once and never again by itself, for whether a SET that was not answered took place is not known.

use super::error::{Failure, SnmpError};
use super::session::Session;
use crate::wire::snmp::{ErrorStatus, Names, PduKind, Question, VarBind};

/// What an agent made of a SET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetAnswer {
    /// It says that it is done.
    Taken,
    /// It refused, and nothing was set (RFC 3416 §4.2.5: all or none).
    Refused(ErrorStatus),
    /// It refused, and says itself that it does not know what was set (commitFailed, undoFailed, genErr).
    Doubtful(ErrorStatus),
    /// It did not answer in time: it may be done, or not.
    Lost,
}

impl Session {
    /// Sets these objects, all or none. It is sent once. Whoever gets [`SetAnswer::Lost`] or [`SetAnswer::Doubtful`] reads them back.
    ///
    /// Errors: it can't have been done: no access, nobody listens, no way.
    pub async fn set(&self, binds: &[VarBind]) -> Result<SetAnswer, SnmpError> {
        let shape = |_| Question { kind: PduKind::Set, repetitions: 0, names: Names::Bound(binds) };
        match self.ask("set", 1, shape).await {
            Ok(answered) => Ok(of(answered.head.error_status)),
            Err(error) => match error.failure {
                Failure::Timeout { .. } | Failure::Malformed(_) | Failure::Deadline(_) | Failure::Stopped => Ok(SetAnswer::Lost),
                _ => Err(error),
            },
        }
    }
}

const fn of(status: ErrorStatus) -> SetAnswer {
    match status {
        ErrorStatus::NO_ERROR => SetAnswer::Taken,
        ErrorStatus::COMMIT_FAILED | ErrorStatus::UNDO_FAILED | ErrorStatus::GEN_ERR => SetAnswer::Doubtful(status),
        _ => SetAnswer::Refused(status),
    }
}

/// What an error-status of a SET means to whoever asked for it. Source: RFC 3416 §4.2.5, RFC 1157 §4.1.5.
pub fn meaning(status: ErrorStatus) -> &'static str {
    MEANINGS.iter().find(|(known, _)| *known == status.0).map_or("the agent does not say why", |(_, meaning)| meaning)
}

const MEANINGS: [(u32, &str); 17] = [
    (1, "the request is too large for the agent"),
    (2, "the agent has no such object, or the credential may not write it"),
    (3, "the agent takes no such value for it"),
    (4, "the object can be read only"),
    (5, "the agent failed, and does not say why"),
    (6, "the credential may not write this object: it is outside its view, or the agent takes no SET"),
    (7, "the agent wants another type"),
    (8, "the agent wants another length"),
    (9, "the agent could not read the value"),
    (10, "the agent never takes this value for it"),
    (11, "the object can't be made"),
    (12, "the agent can't take this value now: something else at the port stands against it"),
    (13, "the agent has no room for it now"),
    (14, "the agent tried, failed, and undid what it had done"),
    (15, "the agent tried, failed, and could not undo what it had done"),
    (16, "the credential is not allowed to write"),
    (17, "the object can never be written on this agent"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::snmp::client::{Agent, Client, Options};
    use crate::collect::snmp::session::Limits;
    use crate::model::{Credential, Oid};
    use crate::net::memory::{Memory, Reply};
    use crate::wire::snmp::{Message, Value};
    use std::sync::Arc;
    use std::time::Duration;

    /// What comes of a SET to an agent that answers so; how many datagrams it got.
    async fn check(status: Option<u32>, want: SetAnswer) {
        let peers = move |bytes: &[u8], from| {
            let message = Message::decode(bytes).unwrap();
            assert_eq!((message.pdu.kind, &message.pdu.varbinds[0].value), (PduKind::Set, &Value::Integer(2)));
            let answer = |status| message.reply(message.pdu.error(ErrorStatus(status), 1)).encode();
            status.map(|status| Reply { after: Duration::from_millis(5), from, bytes: answer(status) }).into_iter().collect()
        };
        let client = Client::over(Arc::new(Memory::new(peers)), Options::default());
        let credential = Arc::new(Credential::community("w", "writing"));
        let session = client.session(&Agent { address: "10.0.0.1:161".parse().unwrap(), credential }, Limits::default());
        let bind = VarBind { oid: Oid::new(&[1, 3, 6, 1, 2, 1, 2, 2, 1, 7, 5]), value: Value::Integer(2) };
        assert_eq!(session.set(&[bind]).await.unwrap(), want);
        assert_eq!(client.counts().sent, 1, "a SET is sent once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_set_is_sent_once_whatever_comes_of_it() {
        check(Some(0), SetAnswer::Taken).await;
        check(Some(17), SetAnswer::Refused(ErrorStatus(17))).await;
        check(Some(14), SetAnswer::Doubtful(ErrorStatus(14))).await;
        check(None, SetAnswer::Lost).await;
        assert!(meaning(ErrorStatus(17)).contains("never be written") && meaning(ErrorStatus(99)).contains("does not say"));
    }
}
