//! The thread that reads the sockets.

use super::fold::Fold;
use super::line::{self, Words};
use super::usm::{Came, Distrust, Opened, Receiver};
use super::{Counters, Keep};
use crate::clock;
use crate::collect::snmp::tries::Tries;
use crate::collect::syslog::Gather;
use crate::collect::{Emitter, Pulse};
use crate::event::{Body, Trap};
use crate::mib::Registry;
use crate::model::{SnmpVersion, Timestamp, limit};
use crate::net::intake::{self, Intake, IntakeRoom};
use crate::net::route::source_towards;
use crate::wire::snmp::{Notification, peek};
use rustc_hash::FxHasher;
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the thread waits for datagrams before it looks whether it shall tell or end.
const LOOK: Duration = Duration::from_millis(100);

/// How often what is known of senders' clocks is kept: so much of it may be missing after a crash.
const KEEP_EVERY: Duration = Duration::from_secs(5);

/// Reads the sockets, whatever comes.
pub struct Worker {
    /// The sockets.
    pub intakes: Arc<[Intake]>,
    /// Names of notifications and objects: what is built in, with the user's modules.
    pub mib: Arc<Registry>,
    /// Of version 3.
    pub receiver: Receiver,
    /// Where the senders' clocks are kept.
    pub keep: Keep,
    /// Where this host tried credentials.
    pub tries: Arc<Tries>,
    /// Where lines and traps go.
    pub emitter: Emitter,
    /// What came.
    pub counters: Arc<Counters>,
    /// Beats while they are read.
    pub pulse: Pulse,
}

/// What was read of one datagram.
struct Desk {
    fold: Fold,
    gather: Gather,
    informs: VecDeque<u64>,
}

impl Worker {
    /// Until `stop`; what was gathered by then is told.
    ///
    /// # Errors
    /// The sockets can't be waited for.
    pub fn run(mut self, stop: &CancellationToken) -> Result<(), String> {
        let mut ran = Ok(());
        let (mut room, mut ready) = (IntakeRoom::default(), Vec::new());
        let mut desk = Desk { fold: Fold::default(), gather: Gather::default(), informs: VecDeque::new() };
        let mib = Arc::clone(&self.mib);
        let words = Words::new(&mib);
        let mut kept_at = clock::now();
        let intakes = Arc::clone(&self.intakes);
        while !stop.is_cancelled() {
            self.pulse.beat();
            if let Err(error) = intake::wait(&intakes, LOOK, &mut ready) {
                ran = Err(format!("traps can't be waited for: {error}"));
                break;
            }
            for (intake, _) in intakes.iter().zip(&ready).filter(|(_, ready)| **ready) {
                // An error is about an earlier answer (ICMP unreachable): nothing is lost.
                let _passed_over = intake.take(&mut room, |sender, now, octets| {
                    let answer = self.hear((sender, now), octets, (&words, &mut desk));
                    if let Some(Err(error)) = answer.map(|answer| intake.answer(&answer, sender)) {
                        tracing::debug!(%sender, %error, "a sender of traps could not be answered");
                    }
                });
            }
            let now = clock::now();
            self.tell_in_time(&mut desk, now);
            self.counters.dropped_kernel.store(intakes.iter().map(Intake::dropped).sum(), Relaxed);
            if now.since(kept_at) >= KEEP_EVERY || now < kept_at {
                kept_at = now;
                self.receiver.keep().into_iter().for_each(&self.keep);
            }
        }
        self.counters.dropped.fetch_add(desk.gather.tell(&self.emitter), Relaxed);
        self.receiver.keep().into_iter().for_each(&self.keep);
        ran
    }

    fn tell_in_time(&self, desk: &mut Desk, now: Timestamp) {
        self.counters.dropped.fetch_add(desk.gather.tell_in_time(now, &self.emitter), Relaxed);
        for trap in desk.fold.due(now) {
            self.tell(trap, now);
        }
        self.counters.folded.store(desk.fold.folded, Relaxed);
    }

    fn tell(&self, trap: Trap, now: Timestamp) {
        if !self.emitter.offer(now, Body::Trap(Box::new(trap))) {
            self.counters.dropped.fetch_add(1, Relaxed);
        }
    }

    /// The answer that the sender waits for.
    fn hear(
        &mut self,
        (sender, now): (SocketAddr, Timestamp),
        octets: &[u8],
        (words, desk): (&Words<'_>, &mut Desk),
    ) -> Option<Vec<u8>> {
        let counters = Arc::clone(&self.counters);
        counters.received.fetch_add(1, Relaxed);
        let source = sender.ip().to_canonical();
        let (read, answer) = match peek(octets) {
            Ok(head) if head.version == SnmpVersion::V3 => {
                let Opened { came, answer, user } = self.receiver.open(octets, (source, now));
                match came {
                    Came::Proved(read) => (read, answer),
                    Came::Discovery => {
                        counters.discoveries.fetch_add(1, Relaxed);
                        return answer;
                    }
                    Came::Distrusted(why) => {
                        self.distrust((why, user.as_deref()), (now, source), desk);
                        return answer;
                    }
                }
            }
            _ => match Notification::decode(octets) {
                Ok(mut read) => {
                    let receipt = read.receipt.take();
                    (read, receipt)
                }
                Err(_) => {
                    counters.refuse(Distrust::Malformed);
                    return None;
                }
            },
        };
        counters.decoded.fetch_add(1, Relaxed);
        counters.acknowledged.fetch_add(u64::from(answer.is_some()), Relaxed);
        if read.inform && desk.is_repeated(&read, sender) {
            counters.repeated.fetch_add(1, Relaxed);
            return answer;
        }
        let (mut line, mut trap) = words.line(&read, (now, source));
        let agent = trap.agent.unwrap_or(source);
        if self.tries.is_recent(agent, now) && words.may_mean(&read, &trap, || source_towards(agent)) {
            line::mark_own(&mut line, &mut trap);
        }
        desk.fold.add(trap, now).into_iter().for_each(|trap| self.tell(trap, now));
        counters.dropped.fetch_add(desk.gather.add(line, &self.emitter), Relaxed);
        answer
    }

    /// It is shown, and counted by reason. That somebody wanted to say something is a reason to look where the message may be sound: its user
    /// is only not known here.
    fn distrust(&self, (why, user): (Distrust, Option<&str>), (now, source): (Timestamp, IpAddr), desk: &mut Desk) {
        self.counters.refuse(why);
        if matches!(why, Distrust::Malformed | Distrust::Kind) {
            return;
        }
        let line = line::distrusted(why.says(), user, (now, source));
        self.counters.dropped.fetch_add(desk.gather.add(line, &self.emitter), Relaxed);
        if why == Distrust::UnknownUser {
            let hint = Trap { source, agent: None, name: None, if_index: None, poll: true, reread: true, told: None };
            desk.fold.add(hint, now).into_iter().for_each(|trap| self.tell(trap, now));
        }
    }
}

impl Desk {
    /// Whether this inform was taken before: its receipt was lost, and it is sent again.
    fn is_repeated(&mut self, read: &Notification, sender: SocketAddr) -> bool {
        let mut hasher = FxHasher::default();
        (sender, read.request_id).hash(&mut hasher);
        for bind in &read.varbinds {
            bind.oid.hash(&mut hasher);
            format!("{:?}", bind.value).hash(&mut hasher);
        }
        is_repeated(&mut self.informs, hasher.finish())
    }
}

/// Whether it was heard before; it is remembered, and the oldest make room.
fn is_repeated(informs: &mut VecDeque<u64>, heard: u64) -> bool {
    if informs.contains(&heard) {
        return true;
    }
    if !limit::TRAP_INFORMS.has_room(informs.len()) {
        informs.pop_front();
    }
    informs.push_back(heard);
    false
}

#[cfg(test)]
mod room_tests {
    use super::*;

    #[test]
    fn informs_without_end_are_known_again_as_far_as_there_is_room() {
        let (mut informs, most) = (VecDeque::new(), limit::TRAP_INFORMS.most() as u64);
        let ((), forgotten) =
            limit::TRAP_INFORMS.during(|| assert!(!(0..most + 9).any(|heard| is_repeated(&mut informs, heard))));
        assert!(informs.len() as u64 == most && forgotten >= 9);
        assert!(is_repeated(&mut informs, most) && !is_repeated(&mut informs, 3));
    }
}
