//! One question to an agent: sent, awaited, sent again, until it is answered or given up.

use super::counts::count;
use super::error::{Failure, SnmpError};
use super::inbox::{Answer, Place};
use super::session::{Manners, Session};
use crate::clock::Stopwatch;
use crate::model::access::Proof;
use crate::model::{SnmpVersion, Timestamp};
use crate::net::datagram::{self, Undelivered};
use crate::wire::snmp::pdu::PduHead;
use crate::wire::snmp::{Fault, List, PduKind, Question, message};
use std::future::Future;
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, sleep, timeout_at};

/// SNMPv3 reports that one question may be met with before it is given up: one for the engine, one for its clock, and one more
/// of each because an agent may restart in between.
const MAX_REPORTS: u32 = 4;

/// What an answer leads to.
pub(super) enum Step {
    /// It is the answer.
    Done(PduHead, List),
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
    pub(super) head: PduHead,
    pub(super) list: List,
    pub(super) attempt: u32,
    /// Octets of the whole message.
    pub(super) octets: usize,
    pub(super) round_trip: Duration,
    /// When it was received.
    pub(super) at: Timestamp,
    /// The same moment, for measuring.
    pub(super) clock: Stopwatch,
}

/// What one wait came to.
enum Outcome {
    Failed(Failure),
    Answered(Answered),
    Again,
}

impl Session {
    /// Asks what `shape` makes for each try, at most `attempts` times. Tries may differ: a smaller question after silence.
    pub(super) async fn ask<'q>(
        &self,
        operation: &'static str,
        attempts: u32,
        mut shape: impl FnMut(u32) -> Question<'q> + Send,
    ) -> Result<Answered, SnmpError> {
        let tries = self.tries(attempts, &mut shape);
        let result = match &self.stop {
            Some(stop) => stop.run_until_cancelled(tries).await.unwrap_or(Err(Failure::Stopped)),
            None => tries.await,
        };
        result.map_err(|failure| self.error(operation, failure))
    }

    async fn tries<'q>(&self, attempts: u32, shape: &mut (impl FnMut(u32) -> Question<'q> + Send)) -> Result<Answered, Failure> {
        let _permit = self.permit().await?;
        let mut place = Place::new(&self.shared.inbox, &self.shared.counters, self.peer(), &self.desk);
        let (mut waited, mut trouble, mut reports, mut attempt) = (Duration::ZERO, None, 0, 0);
        while attempt < attempts {
            self.send(&mut place, attempt, shape(attempt)).await?;
            let wait = self.learned.wait(self.limits.timeout, attempt);
            let until = self.until(wait)?;
            match timeout_at(until, self.answer(&place, &mut trouble)).await {
                Ok(Outcome::Answered(answered)) => return Ok(answered),
                Ok(Outcome::Again) if reports < MAX_REPORTS => reports += 1,
                Ok(Outcome::Again) => return Err(Failure::Auth("the agent keeps reporting another engine or time".to_owned())),
                Ok(Outcome::Failed(failure)) => return Err(failure),
                Err(_) => {
                    self.until(Duration::ZERO)?;
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

    /// The end of a wait, at the latest the session's own end; the session's end where that is past.
    fn until(&self, wait: Duration) -> Result<Instant, Failure> {
        // tokio's own clock, so that waits end under a paused one too; reading it is left to the one door of now().
        let until = sleep(wait).deadline();
        match (self.expires, self.limits.deadline) {
            (Some(expires), Some(deadline)) if expires + wait <= until => Err(Failure::Deadline(deadline)),
            (Some(expires), _) => Ok(until.min(expires)),
            (None, _) => Ok(until),
        }
    }

    /// Waits for something, but not beyond the session's end.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        match (self.expires, self.limits.deadline) {
            (Some(at), Some(deadline)) => timeout_at(at, work).await.map_err(|_| Failure::Deadline(deadline)),
            _ => Ok(work.await),
        }
    }

    /// The right to have one more request in flight to the agent; none is needed where somebody else counts them.
    async fn permit(&self) -> Result<Option<SemaphorePermit<'_>>, Failure> {
        if self.manners == Manners::Counted {
            return Ok(None);
        }
        let in_flight = &self.learned.in_flight;
        match in_flight.try_acquire() {
            Ok(permit) => Ok(Some(permit)),
            // The semaphore is never closed; without a permit there would merely be one more in flight.
            Err(_) => self.in_time(in_flight.acquire()).await.map(Result::ok),
        }
    }

    async fn send(&self, place: &mut Place<'_>, attempt: u32, question: Question<'_>) -> Result<(), Failure> {
        self.in_time(self.shared.pacer.turn()).await?;
        if let Some(turn) = self.learned.turn(self.shared.gap_per_agent) {
            self.in_time(tokio::time::sleep_until(turn)).await?;
        }
        let sent = Stopwatch::at(self.until(Duration::ZERO)?.into_std());
        let mut bytes = self.shared.inbox.buffer();
        self.seal(&question, place.number(attempt, sent), attempt, &mut bytes)?;
        let sending = datagram::send(&*self.shared.transport, &bytes, self.peer());
        self.in_time(sending).await?.map_err(|error| undeliverable(&error))?;
        self.shared.inbox.give_back(bytes);
        count(&self.shared.counters.sent);
        self.tally_mut().sent += 1;
        Ok(())
    }

    /// Waits until something comes that is worth acting upon. Cancel safety: nothing is lost.
    async fn answer(&self, place: &Place<'_>, trouble: &mut Option<Fault>) -> Outcome {
        loop {
            match place.answer().await {
                Answer::Datagram { attempt, round_trip, at, clock, bytes } => {
                    let octets = bytes.len();
                    match self.unseal(bytes, attempt) {
                        Step::Done(head, list) => {
                            self.note(round_trip, at);
                            return Outcome::Answered(Answered { head, list, attempt, octets, round_trip, at, clock });
                        }
                        Step::Again => return Outcome::Again,
                        Step::Fail(failure) => return Outcome::Failed(failure),
                        Step::Ignore(fault) => {
                            self.shared.counters.refuse(fault.word());
                            *trouble = Some(fault);
                        }
                    }
                }
                Answer::Unreadable(fault) => *trouble = Some(fault),
                Answer::Undelivered(Undelivered::Refused) => return Outcome::Failed(Failure::Refused),
                Answer::Undelivered(Undelivered::Unreachable) => {
                    return Outcome::Failed(Failure::Unreachable("the network says that it can't be reached".to_owned()));
                }
            }
        }
    }

    fn note(&self, round_trip: Duration, at: Timestamp) {
        self.learned.saw_round_trip(round_trip);
        count(&self.shared.counters.decoded);
        let mut tally = self.tally_mut();
        tally.answered += 1;
        tally.quickest = Some(tally.quickest.map_or(round_trip, |best| best.min(round_trip)));
        tally.last_answer_at = Some(at);
    }

    fn seal(&self, question: &Question<'_>, request_id: i32, attempt: u32, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        match (&self.agent.credential.proof, self.agent.credential.version) {
            (Proof::Community(community), version @ (SnmpVersion::V1 | SnmpVersion::V2c)) => {
                let suffix = self.context.as_ref().map_or("", |context| &context.community_suffix);
                let community = [community.expose().as_bytes(), suffix.as_bytes()];
                message::encode_question(&message::Envelope { version, community, request_id }, question, bytes);
            }
            (Proof::Usm { .. }, SnmpVersion::V3) => *bytes = self.seal_v3(&question.pdu(request_id), attempt)?,
            _ => return Err(Failure::Auth("the credential does not fit its SNMP version".to_owned())),
        }
        Ok(())
    }

    fn unseal(&self, mut bytes: Vec<u8>, attempt: u32) -> Step {
        let version = self.agent.credential.version;
        if version == SnmpVersion::V3 {
            let step = self.unseal_v3(&mut bytes, attempt);
            self.shared.inbox.give_back(bytes);
            return step;
        }
        let (fault, memory) = match message::read_lazily(bytes) {
            Ok((told, head, list)) if told == version && head.kind == PduKind::Response => return Step::Done(head, list),
            Ok((told, _, list)) if told == version => (Fault::Kind, list.into_memory()),
            Ok((_, _, list)) => (Fault::Version, list.into_memory()),
            Err(failed) => failed,
        };
        self.shared.inbox.give_back(memory);
        Step::Ignore(fault)
    }

    /// Varbinds whose name or value could not be read.
    pub(super) fn count_unreadable(&self, some: usize) {
        if some > 0 {
            self.shared.counters.unreadable.fetch_add(u64::try_from(some).unwrap_or(0), Relaxed);
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
