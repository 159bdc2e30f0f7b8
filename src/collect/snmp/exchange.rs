//! One question to an agent: sent, awaited, sent again, until it is answered or given up.

use super::counts::count;
use super::error::{Failure, SnmpError};
use super::inbox::{Answer, Place};
use super::session::Session;
use crate::model::access::Proof;
use crate::model::{SnmpVersion, Timestamp};
use crate::net::datagram::Undelivered;
use crate::wire::snmp::{Fault, Message, Pdu, PduKind, message};
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::{timeout, timeout_at};

/// SNMPv3 reports that one question may be met with before it is given up: one for the engine, one for its clock, and one more
/// of each because an agent may restart in between.
const MAX_REPORTS: u32 = 4;

/// What an answer leads to.
pub(super) enum Step {
    /// It is the answer.
    Done(Pdu),
    /// It is none, for this reason; the wait goes on.
    Ignore(Fault),
    /// Something was learned from it (SNMPv3: the engine, its clock); the question is sent anew.
    Again,
    /// The agent refuses.
    Fail(Failure),
}

/// The answer to a question, and to which try of it.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) pdu: Pdu,
    pub(super) attempt: u32,
}

/// What one wait came to.
enum Outcome {
    Failed(Failure),
    Answered(Answered),
    Again,
}

impl Session {
    /// Asks what `shape` makes for each try, at most `attempts` times. Tries may differ: a smaller question after silence.
    pub(super) async fn ask(
        &self,
        operation: &'static str,
        attempts: u32,
        mut shape: impl FnMut(u32) -> Pdu + Send,
    ) -> Result<Answered, SnmpError> {
        let tries = self.tries(attempts, &mut shape);
        let in_time = async {
            match (self.expires, self.limits.deadline) {
                (Some(at), Some(deadline)) => timeout_at(at, tries).await.unwrap_or(Err(Failure::Deadline(deadline))),
                _ => tries.await,
            }
        };
        let result = match &self.stop {
            Some(stop) => stop.run_until_cancelled(in_time).await.unwrap_or(Err(Failure::Stopped)),
            None => in_time.await,
        };
        result.map_err(|failure| self.error(operation, failure))
    }

    async fn tries(&self, attempts: u32, shape: &mut (impl FnMut(u32) -> Pdu + Send)) -> Result<Answered, Failure> {
        // The semaphore is never closed; without a permit there would merely be one more in flight.
        let _permit = self.learned.in_flight.acquire().await.ok();
        let mut place = Place::new(&self.shared.inbox, &self.shared.counters, self.peer());
        let (mut waited, mut trouble, mut reports, mut attempt) = (Duration::ZERO, None, 0, 0);
        while attempt < attempts {
            self.send(&mut place, attempt, shape(attempt)).await?;
            let wait = self.learned.wait(self.limits.timeout, attempt);
            match timeout(wait, self.answer(&mut place, &mut trouble)).await {
                Ok(Outcome::Answered(answered)) => return Ok(answered),
                Ok(Outcome::Again) if reports < MAX_REPORTS => reports += 1,
                Ok(Outcome::Again) => return Err(Failure::Auth("the agent keeps reporting another engine or time".to_owned())),
                Ok(Outcome::Failed(failure)) => return Err(failure),
                Err(_) => {
                    count(&self.shared.counters.timeouts);
                    waited += wait;
                    attempt += 1;
                    if attempt < attempts {
                        count(&self.shared.counters.retried);
                        self.tally_mut().resent += 1;
                    }
                }
            }
        }
        Err(match trouble {
            None => Failure::Timeout { requests: attempts, waited },
            Some(Fault::NotAuthentic | Fault::NotDecipherable) => Failure::Auth("its answers are not authentic".to_owned()),
            Some(fault) => Failure::Malformed(fault),
        })
    }

    async fn send(&self, place: &mut Place<'_>, attempt: u32, mut pdu: Pdu) -> Result<(), Failure> {
        self.shared.pacer.turn().await;
        pdu.request_id = place.number(attempt);
        let bytes = self.seal(&pdu, attempt)?;
        self.shared.transport.send(&bytes, self.peer()).await.map_err(|error| undeliverable(&error))?;
        count(&self.shared.counters.sent);
        self.tally_mut().sent += 1;
        Ok(())
    }

    /// Waits until something comes that is worth acting upon. Cancel safety: nothing is lost.
    async fn answer(&self, place: &mut Place<'_>, trouble: &mut Option<Fault>) -> Outcome {
        loop {
            match place.answers.recv().await {
                Some(Answer::Datagram { attempt, round_trip, at, mut bytes }) => match self.unseal(&mut bytes, attempt) {
                    Step::Done(pdu) => {
                        self.note(round_trip, at, &pdu);
                        return Outcome::Answered(Answered { pdu, attempt });
                    }
                    Step::Again => return Outcome::Again,
                    Step::Fail(failure) => return Outcome::Failed(failure),
                    Step::Ignore(fault) => {
                        self.shared.counters.refuse(fault.word());
                        *trouble = Some(fault);
                    }
                },
                Some(Answer::Undelivered(Undelivered::Refused)) => return Outcome::Failed(Failure::Refused),
                Some(Answer::Undelivered(Undelivered::Unreachable)) => {
                    return Outcome::Failed(Failure::Unreachable("the network says that it can't be reached".to_owned()));
                }
                // The place itself holds a sender, so that the channel never closes.
                None => std::future::pending().await,
            }
        }
    }

    fn note(&self, round_trip: Duration, at: Timestamp, pdu: &Pdu) {
        self.learned.saw_round_trip(round_trip);
        count(&self.shared.counters.decoded);
        self.shared.counters.unreadable.fetch_add(u64::try_from(pdu.unreadable()).unwrap_or(0), Relaxed);
        let mut tally = self.tally_mut();
        tally.answered += 1;
        tally.quickest = Some(tally.quickest.map_or(round_trip, |best| best.min(round_trip)));
        tally.last_answer_at = Some(at);
    }

    fn seal(&self, pdu: &Pdu, attempt: u32) -> Result<Vec<u8>, Failure> {
        match (&self.agent.credential.proof, self.agent.credential.version) {
            (Proof::Community(community), version @ (SnmpVersion::V1 | SnmpVersion::V2c)) => {
                let suffix = self.context.as_ref().map_or("", |context| &context.community_suffix);
                let community = [community.expose().as_bytes(), suffix.as_bytes()].concat();
                Ok(message::encode(version, &community, pdu))
            }
            (Proof::Usm { .. }, SnmpVersion::V3) => self.seal_v3(pdu, attempt),
            _ => Err(Failure::Auth("the credential does not fit its SNMP version".to_owned())),
        }
    }

    fn unseal(&self, bytes: &mut [u8], attempt: u32) -> Step {
        let version = self.agent.credential.version;
        if version == SnmpVersion::V3 {
            return self.unseal_v3(bytes, attempt);
        }
        match Message::decode(bytes) {
            Ok(message) if message.version != version => Step::Ignore(Fault::Version),
            Ok(message) if message.pdu.kind == PduKind::Response => Step::Done(message.pdu),
            Ok(_) => Step::Ignore(Fault::Kind),
            Err(fault) => Step::Ignore(fault),
        }
    }
}

/// Why the local host did not take a datagram.
fn undeliverable(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused,
        _ => Failure::Unreachable(error.to_string()),
    }
}
