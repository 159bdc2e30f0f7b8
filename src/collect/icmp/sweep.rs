//! Whole networks asked for their echo: at an even pace, in batches, in bounded memory.
//!
//! The pace is never faster than what the kernel can hold of replies while this process does not run ([`LONGEST_PAUSE`]): so many replies
//! wait in the socket's buffer, and none is lost however busy the host is. Unless told otherwise it is [`PACE`], which is what the
//! network bears rather than what the host can do.

use super::counts::Counters;
use super::flight::Flight;
use crate::clock::Stopwatch;
use crate::collect::pacing::Pacer;
use crate::net::icmp::batch::{Refusal, Sent};
use crate::net::icmp::{Echo, Echoes, PingError, Reply};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Echoes a second unless told otherwise: about 3 Mbit/s on the wire and a /16 in 13 s. Slower than what switches and routers answer
/// for others, faster than SNMP then asks who answered.
pub const PACE: u32 = 5000;

/// A busy host lets this process wait at most so long: what can come in meanwhile must fit into the receive buffer.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Addresses waited for at one time, 40 octets each: 65,536 silent ones a second's wait long are more than any pace here sends.
const IN_FLIGHT: usize = 65_536;

/// Addresses of one portion that is handed in.
const PORTION: usize = 256;

/// Portions that may wait at each end.
const PORTIONS: usize = 4;

/// Settled addresses that may wait to be taken before no more are asked.
const SETTLED: usize = 4096;

/// The first wait when the host has no room for an echo. The kernel's neighbour table takes seconds to forget the silent.
const FIRST_HOLD: Duration = Duration::from_millis(5);
/// And the longest.
const LONGEST_HOLD: Duration = Duration::from_millis(200);
/// A host that had no room for so long won't have any: the address is given up.
const HOLD_ENDS: Duration = Duration::from_secs(10);

/// An address that was asked, and its round trip; `None` where it is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Who was asked.
    pub address: IpAddr,
    /// Floor: a batch's worth of user-space time, about 50 µs.
    pub round_trip: Option<Duration>,
}

/// A sweep that runs. Dropping it ends it.
pub struct Sweep {
    feed: Option<mpsc::Sender<Vec<IpAddr>>>,
    settled: mpsc::Receiver<Vec<Swept>>,
}

impl Sweep {
    /// Opens the sockets; each address is waited for `wait` long, `rate` is echoes a second at most. Must be called inside a tokio
    /// runtime.
    ///
    /// # Errors
    /// When ICMP is not permitted.
    pub fn open(wait: Duration, rate: Option<u32>, counters: Arc<Counters>) -> Result<Self, PingError> {
        let echoes = Echoes::open()?;
        let rate = pace(rate, echoes.room());
        let (feed, input) = mpsc::channel(PORTIONS);
        let (output, settled) = mpsc::channel(PORTIONS);
        let sweeper = Sweeper {
            told: Told { strangers: 0, complaints: 0 },
            echoes,
            pace: Pacer::new(Some(rate)),
            counters,
            clock: Stopwatch::start(),
            input,
            is_fed: false,
            waiting: VecDeque::new(),
            flight: Flight::new(wait),
            hold: Hold::default(),
            outbox: Vec::new(),
            output,
        };
        tokio::spawn(sweeper.run());
        Ok(Self { feed: Some(feed), settled })
    }

    /// Hands in as many addresses as there is room for; how many. Where `next` has no more, there won't be any.
    pub fn feed(&mut self, mut next: impl FnMut() -> Option<IpAddr>) -> usize {
        let mut fed = 0;
        let Some(feed) = &self.feed else { return 0 };
        let mut is_last = false;
        while !is_last && let Ok(place) = feed.try_reserve() {
            let portion: Vec<IpAddr> = std::iter::from_fn(&mut next).take(PORTION).collect();
            is_last = portion.len() < PORTION;
            fed += portion.len();
            place.send(portion);
        }
        if is_last {
            self.feed = None;
        }
        fed
    }

    /// Whether addresses may still be handed in.
    pub const fn is_fed(&self) -> bool {
        self.feed.is_none()
    }

    /// The addresses that are settled next; `None` when all are. Each address that was handed in comes once.
    ///
    /// Cancel safety: nothing is lost when the future is dropped.
    pub async fn settled(&mut self) -> Option<Vec<Swept>> {
        self.settled.recv().await
    }

    /// The same, and nothing as soon as there is room for more addresses: who waits for the silent before handing in more sweeps
    /// no faster than they are given up.
    ///
    /// Cancel safety: nothing is lost when the future is dropped.
    pub async fn settled_or_room(&mut self) -> Option<Vec<Swept>> {
        let Some(feed) = &self.feed else { return self.settled.recv().await };
        tokio::select! {
            biased;
            settled = self.settled.recv() => settled,
            _place = feed.reserve() => Some(Vec::new()),
        }
    }
}

/// Echoes a second: what is asked for, and what loses no reply.
fn pace(asked: Option<u32>, room: usize) -> u32 {
    let pauses = Duration::from_secs(1).as_millis() / LONGEST_PAUSE.as_millis();
    let bearable = u128::try_from(room).unwrap_or(u128::MAX).saturating_mul(pauses);
    asked.unwrap_or(PACE).min(u32::try_from(bearable).unwrap_or(u32::MAX)).max(1)
}

/// How long the host has had no room.
#[derive(Debug, Default)]
struct Hold {
    /// No echo is sent before.
    until: Option<Duration>,
    next: Duration,
    since: Option<Duration>,
}

impl Hold {
    fn begin(&mut self, now: Duration) {
        self.since.get_or_insert(now);
        self.next = (self.next * 2).clamp(FIRST_HOLD, LONGEST_HOLD);
        self.until = Some(now + self.next);
    }

    fn is_hopeless(&self, now: Duration) -> bool {
        self.since.is_some_and(|since| now >= since + HOLD_ENDS)
    }
}

/// What the sockets had counted when it was last taken over.
struct Told {
    strangers: u64,
    complaints: u64,
}

/// Why the sweep goes on.
enum Next {
    /// So many echoes may be sent.
    Send(u32),
    /// Addresses came, or there won't be any.
    TakeIn(Option<Vec<IpAddr>>),
    /// Replies came, the outbox has room, or something is due.
    Look,
}

struct Sweeper {
    echoes: Echoes,
    told: Told,
    pace: Pacer,
    counters: Arc<Counters>,
    clock: Stopwatch,
    input: mpsc::Receiver<Vec<IpAddr>>,
    /// Whether no more addresses will come.
    is_fed: bool,
    /// Handed in and not asked.
    waiting: VecDeque<IpAddr>,
    flight: Flight,
    hold: Hold,
    outbox: Vec<Swept>,
    output: mpsc::Sender<Vec<Swept>>,
}

impl Sweeper {
    async fn run(mut self) {
        let batch = u32::try_from(Echoes::BATCH).unwrap_or(1);
        let mut replies = Vec::with_capacity(2 * Echoes::BATCH);
        loop {
            self.echoes.try_receive(&mut replies);
            self.settle(&mut replies);
            self.fill();
            if !self.deliver() || self.is_done() {
                return;
            }
            let (may_send, wakes) = (self.may_send(), self.wakes_after());
            let wanted = tokio::select! {
                // What has come was taken above: as long as there is something to send, sending goes first.
                biased;
                quota = self.pace.turns(batch), if may_send => Next::Send(quota),
                () = self.echoes.receive(&mut replies), if !self.flight.is_empty() => Next::Look,
                more = self.input.recv(), if !self.is_fed && self.waiting.len() < PORTION => Next::TakeIn(more),
                _place = self.output.reserve(), if !self.outbox.is_empty() => Next::Look,
                () = sleep(wakes.unwrap_or_default()), if wakes.is_some() => Next::Look,
            };
            match wanted {
                Next::Send(quota) => self.send(usize::try_from(quota).unwrap_or(1)),
                Next::TakeIn(Some(portion)) => self.waiting.extend(portion),
                Next::TakeIn(None) => self.is_fed = true,
                Next::Look => {}
            }
        }
    }

    fn is_done(&self) -> bool {
        self.is_fed && self.waiting.is_empty() && self.flight.is_empty() && self.outbox.is_empty()
    }

    fn fill(&mut self) {
        while self.waiting.len() < PORTION && !self.is_fed {
            match self.input.try_recv() {
                Ok(portion) => self.waiting.extend(portion),
                Err(mpsc::error::TryRecvError::Empty) => return,
                Err(mpsc::error::TryRecvError::Disconnected) => self.is_fed = true,
            }
        }
    }

    /// Hands over what is settled, where there is room. Whether anybody waits for it.
    fn deliver(&mut self) -> bool {
        if self.outbox.is_empty() {
            return !self.output.is_closed();
        }
        match self.output.try_reserve() {
            Ok(place) => place.send(std::mem::take(&mut self.outbox)),
            Err(mpsc::error::TrySendError::Full(())) => {}
            Err(mpsc::error::TrySendError::Closed(())) => return false,
        }
        true
    }

    fn settle(&mut self, replies: &mut Vec<Reply>) {
        let now = self.clock.elapsed();
        let (mut answered, mut late) = (0, 0);
        for reply in replies.drain(..) {
            match self.flight.answered(&reply, now) {
                Some(round_trip) => {
                    answered += 1;
                    self.outbox.push(Swept { address: reply.address, round_trip: Some(round_trip) });
                }
                None => late += 1,
            }
        }
        let mut silent = Vec::new();
        self.flight.expire(now, &mut silent);
        self.outbox.extend(silent.into_iter().map(|(address, round_trip)| Swept { address, round_trip }));
        add(&self.counters.answered, answered);
        add(&self.counters.late, late);
        let (strangers, complaints) = (self.echoes.strangers(), self.echoes.complaints());
        add(&self.counters.strangers, strangers - self.told.strangers);
        add(&self.counters.complaints, complaints - self.told.complaints);
        self.told = Told { strangers, complaints };
    }

    fn has_room(&self) -> bool {
        self.flight.len() < IN_FLIGHT && self.outbox.len() < SETTLED
    }

    fn may_send(&mut self) -> bool {
        let now = self.clock.elapsed();
        if self.hold.until.is_some_and(|until| now < until) {
            return false;
        }
        self.hold.until = None;
        (!self.waiting.is_empty() && self.has_room()) || self.flight.second_echoes(now, 1).next().is_some()
    }

    /// When something is due without a reply.
    fn wakes_after(&self) -> Option<Duration> {
        let due = self.hold.until.into_iter().chain(self.flight.next_due()).min();
        due.map(|due| due.saturating_sub(self.clock.elapsed()))
    }

    fn send(&mut self, quota: usize) {
        let now = self.clock.elapsed();
        let mut echoes: Vec<Echo> = self.flight.second_echoes(now, quota).collect();
        if self.has_room() {
            echoes.extend(self.flight.first_echoes(self.waiting.iter().take(quota - echoes.len())));
        }
        let mut left = echoes.as_slice();
        while let Some(next) = left.first().copied() {
            let Sent { count, refused } = self.echoes.send(left);
            let (sent, rest) = left.split_at(count.min(left.len()));
            sent.iter().for_each(|echo| self.sent(echo, now));
            left = rest;
            match refused {
                None if count > 0 => self.hold = Hold::default(),
                Some(Refusal::NoRoom) if !self.hold.is_hopeless(now) => {
                    add(&self.counters.held, 1);
                    return self.hold.begin(now);
                }
                None | Some(Refusal::NoRoom | Refusal::NoWay) => {
                    self.no_way(&next, now);
                    // A number in the ring belongs to one address: those behind one that was not asked are numbered anew.
                    if next.attempt == 0 {
                        return;
                    }
                    left = left.get(1..).unwrap_or_default();
                }
            }
        }
    }

    fn sent(&mut self, echo: &Echo, now: Duration) {
        self.flight.sent(echo, now);
        add(&self.counters.sent, 1);
        match echo.attempt {
            0 => drop(self.waiting.pop_front()),
            _ => add(&self.counters.again, 1),
        }
    }

    fn no_way(&mut self, echo: &Echo, now: Duration) {
        if echo.attempt > 0 {
            return self.flight.sent(echo, now);
        }
        add(&self.counters.no_way, 1);
        self.waiting.pop_front();
        self.outbox.push(Swept { address: echo.address, round_trip: None });
    }
}

fn add(counter: &AtomicU64, more: u64) {
    if more > 0 {
        counter.fetch_add(more, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    async fn swept(addresses: Vec<IpAddr>, wait: Duration, rate: u32) -> Option<(BTreeMap<IpAddr, Vec<bool>>, Arc<Counters>)> {
        let counters = Arc::<Counters>::default();
        let mut sweep = Sweep::open(wait, Some(rate), Arc::clone(&counters)).ok()?;
        let mut addresses = addresses.into_iter();
        let mut settled: BTreeMap<IpAddr, Vec<bool>> = BTreeMap::new();
        loop {
            sweep.feed(|| addresses.next());
            let Some(portion) = sweep.settled_or_room().await else { return Some((settled, counters)) };
            for Swept { address, round_trip } in portion {
                settled.entry(address).or_default().push(round_trip.is_some());
            }
        }
    }

    fn loopback(count: u16) -> Vec<IpAddr> {
        (0..count).map(|at| IpAddr::from([127, 9, at.to_be_bytes()[0], at.to_be_bytes()[1]])).collect()
    }

    #[tokio::test]
    async fn a_sweep_of_loopback_settles_each_address_once_and_loses_none() {
        let asked = loopback(5000);
        let Some((settled, counters)) = swept(asked.clone(), Duration::from_secs(10), 100_000).await else { return };
        assert_eq!(settled.len(), asked.len());
        assert!(settled.values().all(|answers| answers == &[true]));
        assert_eq!((counters.counts().answered, counters.counts().no_way), (5000, 0));
    }

    #[tokio::test]
    async fn an_address_without_a_way_is_silent_and_holds_up_nobody() {
        let asked: Vec<IpAddr> =
            ["127.0.0.1", "255.255.255.255", "127.0.0.2", "::1"].iter().map(|text| text.parse().unwrap()).collect();
        let Some((settled, counters)) = swept(asked.clone(), Duration::from_secs(10), 1000).await else { return };
        let answers: Vec<bool> = asked[..3].iter().map(|address| settled[address] == [true]).collect();
        assert_eq!(answers, [true, false, true]);
        assert_eq!((settled.len(), counters.counts().no_way), (4, 1));
    }

    #[tokio::test]
    async fn the_silent_hold_up_nobody() {
        // A sweeper that takes addresses and settles none.
        let (feed, mut input) = mpsc::channel::<Vec<IpAddr>>(PORTIONS);
        let (_settles_nothing, settled) = mpsc::channel(PORTIONS);
        let mut sweep = Sweep { feed: Some(feed), settled };
        let mut addresses = loopback(5000).into_iter();
        assert_eq!(sweep.feed(|| addresses.next()), PORTIONS * PORTION);
        let taken = input.recv().await.map(|portion| portion.len());
        assert_eq!((taken, sweep.settled_or_room().await), (Some(PORTION), Some(Vec::new())));
        assert_eq!(sweep.feed(|| addresses.next()), PORTION);
    }

    #[test]
    fn the_pace_fits_what_the_receive_buffer_holds() {
        assert_eq!(pace(None, 26_000), PACE);
        assert_eq!(pace(Some(100_000), 26_000), 100_000);
        assert_eq!(pace(Some(1_000_000), 26_000), 260_000);
        assert_eq!(pace(None, 166), 1660, "net.core.rmem_max as Debian has it");
        assert_eq!(pace(Some(0), 0), 1);
    }

    #[test]
    fn a_host_without_room_is_asked_ever_more_rarely_and_given_up_in_the_end() {
        let mut hold = Hold::default();
        let mut now = Duration::ZERO;
        let mut waits = Vec::new();
        while !hold.is_hopeless(now) {
            hold.begin(now);
            waits.push((hold.until.unwrap() - now).as_millis());
            now = hold.until.unwrap();
        }
        assert_eq!(waits[..8], [5, 10, 20, 40, 80, 160, 200, 200]);
        assert!(waits.len() < 60);
    }
}
