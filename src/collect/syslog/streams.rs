//! Syslog over TCP and TLS: connections in, batches of lines out.
//!
//! One task a connection, all in a thread of their own: neither a flood nor a handshake delays a poll. A slow engine slows the senders, for
//! a stream can wait; nothing of it is dropped. Connections are bounded, each has one message in memory, and none can hold up another.

use super::Counters;
use super::gather::{EVERY, MOST_LINES};
use crate::clock;
use crate::collect::{Emitter, Pulse};
use crate::event::Body;
use crate::model::log::LogBatch;
use crate::model::{LogLine, Timestamp, limit};
use crate::net::stream::{Incoming, Stream, StreamListener};
use crate::wire::syslog::frame::{Frame, Framer};
use rustc_hash::FxHashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// Octets that are read at one time.
const CHUNK: usize = 16 * 1024;

/// How long a handshake of TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How often batches are looked at that wait to be told.
const LOOK: Duration = Duration::from_millis(100);

/// After a failure to accept (no descriptors are left) it is waited so long.
const BREATHER: Duration = Duration::from_millis(100);

/// How many connections there may be, and how slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// In all. Each takes a descriptor and up to 64 KiB.
    pub connections: usize,
    /// From one address.
    pub of_one: usize,
    /// How long one message may take: who is slower is taken to be stuck, or to mean no good.
    pub message: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: limit::SYSLOG_CONNECTIONS.most(),
            of_one: limit::SYSLOG_CONNECTIONS_OF_ONE.most(),
            message: Duration::from_secs(60),
        }
    }
}

/// Takes streams, whoever opens them.
pub struct Streams {
    /// The addresses.
    pub listeners: Vec<StreamListener>,
    /// Where lines go.
    pub emitter: Emitter,
    /// What came.
    pub counters: Arc<Counters>,
    /// How many connections there may be, and how slow.
    pub bounds: Bounds,
    /// Beats while they are read.
    pub pulse: Pulse,
}

/// What all connections share.
struct Desk {
    emitter: Emitter,
    counters: Arc<Counters>,
    bounds: Bounds,
    table: Mutex<Table>,
    /// Lines that are not told yet. Whoever finds it full waits for the engine, and the others for that.
    waiting: tokio::sync::Mutex<Vec<LogLine>>,
}

#[derive(Default)]
struct Table {
    next: u64,
    connections: FxHashMap<u64, Connection>,
}

struct Connection {
    source: IpAddr,
    heard: Instant,
    stop: CancellationToken,
}

impl Streams {
    /// Until `stop`; what was gathered by then is told.
    ///
    /// # Errors
    /// Nobody accepts connections any more: a fault of ours.
    pub async fn run(self, stop: CancellationToken) -> Result<(), String> {
        let Self { listeners, emitter, counters, bounds, pulse } = self;
        let (table, waiting) = (Mutex::default(), tokio::sync::Mutex::default());
        let desk = Arc::new(Desk { emitter, counters, bounds, table, waiting });
        let mut tasks = tokio::task::JoinSet::new();
        for listener in listeners {
            tasks.spawn(accept(listener, Arc::clone(&desk), stop.clone()));
        }
        let ran = loop {
            pulse.beat();
            tokio::select! {
                () = stop.cancelled() => break Ok(()),
                () = sleep(LOOK) => desk.tell_in_time().await,
                Some(Err(_panicked)) = tasks.join_next() => break Err("whoever takes connections panicked".to_owned()),
            }
        };
        if ran.is_err() {
            tasks.abort_all();
        }
        while tasks.join_next().await.is_some() {}
        desk.tell_all().await;
        ran
    }
}

async fn accept(listener: StreamListener, desk: Arc<Desk>, stop: CancellationToken) {
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((incoming, peer)) => {
                    if let Some((number, ending)) = desk.enter(peer, &stop) {
                        tasks.spawn(serve((incoming, peer), number, (Arc::clone(&desk), ending)));
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection for syslog was not accepted");
                    sleep(BREATHER).await;
                }
            },
            Some(_ended) = tasks.join_next() => {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

async fn serve((incoming, peer): (Incoming, SocketAddr), number: u64, (desk, stop): (Arc<Desk>, CancellationToken)) {
    let _leaves = Leaves(&desk, number);
    let opened = tokio::select! {
        () = stop.cancelled() => None,
        opened = timeout(HANDSHAKE, incoming.open()) => Some(opened),
    };
    match opened {
        Some(Ok(Ok(stream))) => read_all(stream, (peer.ip().to_canonical(), number), (&desk, &stop)).await,
        Some(_) => drop(desk.counters.handshakes.fetch_add(1, Relaxed)),
        None => {}
    }
}

/// Gives a connection's place back, however it ends.
struct Leaves<'a>(&'a Desk, u64);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.leave(self.1);
    }
}

async fn read_all(mut stream: Stream, (source, number): (IpAddr, u64), (desk, stop): (&Desk, &CancellationToken)) {
    let (mut framer, mut buffer) = (Framer::default(), vec![0; CHUNK]);
    // When the message that is being read has to be whole.
    let mut due: Option<Instant> = None;
    loop {
        let read = tokio::select! {
            () = stop.cancelled() => break,
            read = in_time(due, stream.read(&mut buffer)) => read,
        };
        let Some(read) = read else {
            desk.counters.slow.fetch_add(1, Relaxed);
            break;
        };
        let Some(octets) = read.ok().filter(|read| *read > 0).and_then(|read| buffer.get(..read)) else { break };
        let now = clock::now();
        let mut lines = Vec::new();
        let mut whole = false;
        framer.feed(octets, &mut |frame| {
            whole = true;
            lines.extend(desk.line(frame, (now, source)));
        });
        let amid = framer.is_amid().then(|| instant() + desk.bounds.message);
        due = if whole { amid } else { due.or(amid) };
        desk.heard(number);
        if !desk.add(lines).await {
            return;
        }
    }
    let mut lines = Vec::new();
    let now = clock::now();
    framer.finish(&mut |frame| lines.extend(desk.line(frame, (now, source))));
    desk.add(lines).await;
}

/// The runtime's own time, which tests can stop.
fn instant() -> Instant {
    sleep(Duration::ZERO).deadline()
}

async fn in_time<T>(due: Option<Instant>, what: impl Future<Output = T>) -> Option<T> {
    match due {
        Some(due) => timeout_at(due, what).await.ok(),
        None => Some(what.await),
    }
}

impl Desk {
    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection. Where all are taken, the one that was silent for the longest time goes.
    fn enter(&self, peer: SocketAddr, stop: &CancellationToken) -> Option<(u64, CancellationToken)> {
        let source = peer.ip().to_canonical();
        let mut table = self.table();
        if table.connections.values().filter(|connection| connection.source == source).count() >= self.bounds.of_one {
            limit::SYSLOG_CONNECTIONS_OF_ONE.beyond(1);
            self.counters.crowded.fetch_add(1, Relaxed);
            return None;
        }
        if table.connections.len() >= self.bounds.connections {
            limit::SYSLOG_CONNECTIONS.beyond(1);
            self.counters.crowded.fetch_add(1, Relaxed);
            let oldest = table.connections.iter().min_by_key(|(_, connection)| connection.heard).map(|(number, _)| *number);
            let oldest = oldest.and_then(|number| table.connections.remove(&number));
            oldest?.stop.cancel();
        }
        table.next += 1;
        let (number, stop) = (table.next, stop.child_token());
        table.connections.insert(number, Connection { source, heard: instant(), stop: stop.clone() });
        limit::SYSLOG_CONNECTIONS.holds(table.connections.len());
        self.counters.connections.store(table.connections.len() as u64, Relaxed);
        Some((number, stop))
    }

    fn heard(&self, number: u64) {
        if let Some(connection) = self.table().connections.get_mut(&number) {
            connection.heard = instant();
        }
    }

    fn leave(&self, number: u64) {
        let mut table = self.table();
        table.connections.remove(&number);
        limit::SYSLOG_CONNECTIONS.holds(table.connections.len());
        self.counters.connections.store(table.connections.len() as u64, Relaxed);
    }

    fn line(&self, frame: Frame<'_>, from: (Timestamp, IpAddr)) -> Option<LogLine> {
        let mut line = self.counters.read(frame.octets, from)?;
        if frame.over > 0 {
            self.counters.cut.fetch_add(u64::from(line.cut_octets == 0), Relaxed);
            line.cut_octets = line.cut_octets.saturating_add(u32::try_from(frame.over).unwrap_or(u32::MAX));
        }
        Some(line)
    }

    /// Takes lines; waits for the engine where there are many. Whether anyone listens.
    async fn add(&self, lines: Vec<LogLine>) -> bool {
        if lines.is_empty() {
            return true;
        }
        let mut waiting = self.waiting.lock().await;
        waiting.extend(lines);
        waiting.len() < MOST_LINES || self.tell(&mut waiting).await
    }

    async fn tell_in_time(&self) {
        let mut waiting = self.waiting.lock().await;
        let now = clock::now();
        if waiting.first().is_some_and(|first| now.since(first.received) >= EVERY || now < first.received) {
            self.tell(&mut waiting).await;
        }
    }

    async fn tell_all(&self) {
        self.tell(&mut *self.waiting.lock().await).await;
    }

    async fn tell(&self, waiting: &mut Vec<LogLine>) -> bool {
        let lines = std::mem::take(waiting);
        let Some(at) = lines.last().map(|line| line.received) else { return true };
        let count = lines.len() as u64;
        let told = self.emitter.send(at, Body::Logs(Box::new(LogBatch { lines }))).await.is_ok();
        self.counters.dropped_queue.fetch_add(if told { 0 } else { count }, Relaxed);
        told
    }
}
