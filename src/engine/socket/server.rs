//! The serving end: a task for each connection, views latest-wins, everything that comes in bounded.

use super::attached::ADMIT_TIMEOUT;
use super::parts::Parts;
use super::protocol::{self, FromConsole, FromEngine, GREETING_HEAD, Greeting, Hosted, LARGEST_FROM_CONSOLE};
use crate::clock::Stopwatch;
use crate::engine::board::{Board, Ear, Told};
use crate::engine::command::{Answer, Command};
use crate::engine::handle::{AskError, WatchId};
use crate::model::audit::{Actor, Role, Said};
use crate::model::{Timestamp, limit};
use crate::net::peer::{self, Peer};
use crate::net::unix::{Listener, ServerStream};
use crate::query::ViewRequest;
use crate::state::view::View;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A console that has not greeted by then is none.
const GREETING_TIMEOUT: Duration = Duration::from_secs(5);

/// A console that takes nothing for so long is stopped (`^Z`) or gone; it attaches again when it goes on.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Questions of one console that are worked on at once; the next is read when one is done.
const QUESTIONS_IN_FLIGHT: usize = 4;

/// What the server needs of the engine.
pub(in crate::engine) trait Desk: Send + Sync {
    /// Where sessions watch.
    fn board(&self) -> &Board;
    /// One view. Blocks.
    fn ask(&self, request: &ViewRequest) -> Result<View, AskError>;
    /// Lets somebody in, or says in a sentence why not. Blocks.
    fn admit(&self, peer: &Peer, said: Said) -> Result<Actor, String>;
    /// Somebody who was let in is gone. Blocks.
    fn left(&self, actor: &Actor, stayed: Duration);
    /// Carries out what this one asks, where it may. Blocks.
    fn command(&self, actor: &Actor, command: Command) -> Result<Answer, AskError>;
}

/// What the socket saw.
#[derive(Debug, Default)]
pub(in crate::engine) struct Counters {
    /// Messages of consoles.
    pub(in crate::engine) received: AtomicU64,
    /// Connections that did not greet as noctop of this version.
    pub(in crate::engine) strangers: AtomicU64,
    /// Connections ended for a frame that is too long or can't be read.
    pub(in crate::engine) malformed: AtomicU64,
    /// Connections of users who may nothing here.
    pub(in crate::engine) denied: AtomicU64,
    /// Connections turned away because there were too many.
    pub(in crate::engine) crowded: AtomicU64,
}

/// Serves until cancelled; then every console is told that the engine ends.
pub(in crate::engine) async fn serve(listener: Listener, server: Arc<Server>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok(stream) => match server.place(&stream, connections.len()) {
                    Some((peer, place)) => {
                        let connection = Arc::clone(&server).connection((stream, peer), stop.child_token());
                        connections.spawn(async move {
                            connection.await;
                            drop(place);
                        });
                    }
                    None => count(&server.counters.crowded),
                },
                // No descriptor left, most likely: the next attempt must not spin.
                Err(error) => {
                    tracing::warn!(%error, "a console could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    while connections.join_next().await.is_some() {}
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// How many connections each user has.
type Places = Arc<Mutex<BTreeMap<u32, usize>>>;

/// A connection's place among its user's; given back when it is dropped.
struct Place(Places, u32);

impl Place {
    /// One for a user where so many are taken; `None` where there is none.
    fn among(all: &Places, (uid, taken): (u32, usize)) -> Option<Self> {
        if !limit::CONSOLES.has_room(taken) {
            return None;
        }
        let mut places = all.lock().unwrap_or_else(PoisonError::into_inner);
        let count = places.entry(uid).or_default();
        if !limit::CONSOLES_OF_USER.has_room(*count) {
            return None;
        }
        *count += 1;
        Some(Self(Arc::clone(all), uid))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match places.get_mut(&self.1) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                places.remove(&self.1);
            }
        }
    }
}

/// What all connections share.
pub(in crate::engine) struct Server {
    pub(in crate::engine) desk: Arc<dyn Desk>,
    pub(in crate::engine) data: PathBuf,
    pub(in crate::engine) hosted: Hosted,
    pub(in crate::engine) counters: Arc<Counters>,
    pub(in crate::engine) places: Places,
}

impl Server {
    /// Who connected, and a place for it; `None` where there is none.
    fn place(&self, stream: &ServerStream, taken: usize) -> Option<(Peer, Place)> {
        let peer = peer::of(stream).ok()?;
        let place = Place::among(&self.places, (peer.uid, taken))?;
        Some((peer, place))
    }
}

impl Server {
    async fn connection(self: Arc<Self>, (stream, peer): (ServerStream, Peer), stop: CancellationToken) {
        let (mut reader, mut writer) = stream.into_split();
        let greeted = timeout(GREETING_TIMEOUT, greet(&mut reader, &mut writer, &self.data)).await;
        if !matches!(greeted, Ok(Ok(()))) {
            count(&self.counters.strangers);
            return;
        }
        let Ok(Some(actor)) = timeout(ADMIT_TIMEOUT, self.admit((&mut reader, &mut writer), peer)).await else { return };
        let (actor, since) = (Arc::new(actor), Stopwatch::start());
        let outbox = Arc::new(Outbox::default());
        let ear: Ear = {
            let outbox = Arc::clone(&outbox);
            Arc::new(move |told| outbox.put(told))
        };
        let session = self.desk.board().join(ear);
        tokio::select! {
            () = stop.cancelled() => {
                outbox.put(Told::Ending("the engine ended".to_owned()));
                let _gone_already = timeout(WRITE_TIMEOUT, outbox.write_once(&mut writer, &mut BTreeMap::new())).await;
            }
            () = self.read(&mut reader, (session, &outbox, &actor)) => {}
            () = outbox.write(&mut writer) => {}
        }
        self.desk.board().leave(session);
        let desk = Arc::clone(&self.desk);
        // It writes to the disk; nobody waits for it.
        tokio::task::spawn_blocking(move || desk.left(&actor, since.elapsed()));
    }

    /// Hears what the console says of itself, and lets it in or turns it away with a sentence.
    async fn admit(
        &self,
        (reader, writer): (&mut (impl AsyncRead + Unpin), &mut (impl AsyncWrite + Unpin)),
        peer: Peer,
    ) -> Option<Actor> {
        let hello = frame(reader).await.ok().flatten().and_then(|octets| protocol::message::<FromConsole>(&octets));
        let Some(FromConsole::Hello(said)) = hello else {
            count(&self.counters.malformed);
            return None;
        };
        let desk = Arc::clone(&self.desk);
        let admitted = tokio::task::spawn_blocking(move || desk.admit(&peer, said)).await.ok()?;
        let answer = match &admitted {
            Ok(actor) => FromEngine::Welcome(actor.role.unwrap_or(Role::Viewer), self.hosted),
            Err(why) => {
                count(&self.counters.denied);
                FromEngine::Refused(why.clone())
            }
        };
        writer.write_all(&protocol::frame(&answer).ok()?).await.ok()?;
        admitted.ok()
    }

    /// Reads messages until the console goes or sends what is none.
    async fn read(&self, reader: &mut (impl AsyncRead + Unpin), (session, outbox, actor): (u64, &Arc<Outbox>, &Arc<Actor>)) {
        let questions = Arc::new(Semaphore::new(QUESTIONS_IN_FLIGHT));
        loop {
            let octets = match frame(reader).await {
                Ok(Some(octets)) => octets,
                Ok(None) => return count(&self.counters.malformed),
                Err(_gone) => return,
            };
            let Some(message) = protocol::message::<FromConsole>(&octets) else {
                return count(&self.counters.malformed);
            };
            count(&self.counters.received);
            match message {
                FromConsole::Watch(watch, generation, request) => {
                    self.desk.board().watch(session, watch, (generation, *request));
                }
                FromConsole::Unwatch(watch) => {
                    self.desk.board().unwatch(session, watch);
                    outbox.forget(watch);
                }
                // Who it is was said.
                FromConsole::Hello(_) => return count(&self.counters.malformed),
                question @ (FromConsole::Ask(..) | FromConsole::Command(..)) => {
                    let Ok(permit) = Arc::clone(&questions).acquire_owned().await else { return };
                    let (desk, outbox, actor) = (Arc::clone(&self.desk), Arc::clone(outbox), Arc::clone(actor));
                    tokio::task::spawn_blocking(move || {
                        if let Some(reply) = reply(&*desk, (&actor, question)) {
                            outbox.reply(reply);
                        }
                        drop(permit);
                    });
                }
            }
        }
    }
}

fn reply(desk: &dyn Desk, (actor, question): (&Actor, FromConsole)) -> Option<FromEngine> {
    match question {
        FromConsole::Ask(number, request) => Some(FromEngine::Asked(number, Box::new(desk.ask(&request)))),
        FromConsole::Command(number, command) => Some(FromEngine::Done(number, Box::new(desk.command(actor, command)))),
        FromConsole::Watch(..) | FromConsole::Unwatch(_) | FromConsole::Hello(_) => None,
    }
}

async fn greet(
    reader: &mut (impl AsyncRead + Unpin),
    writer: &mut (impl AsyncWrite + Unpin),
    data: &std::path::Path,
) -> io::Result<()> {
    writer.write_all(&Greeting::ours(data.to_owned()).encode()).await?;
    let mut head = [0; GREETING_HEAD];
    reader.read_exact(&mut head).await?;
    let (greeting, length) = Greeting::decode_head(&head).map_err(io::Error::other)?;
    let mut text = vec![0; length];
    reader.read_exact(&mut text).await?;
    greeting.with_text(&text).map(|_| ()).map_err(io::Error::other)
}

/// One frame's message; `Ok(None)` where it announces more than a console may say.
async fn frame(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; 4];
    reader.read_exact(&mut head).await?;
    let Some(length) = protocol::frame_length(head, LARGEST_FROM_CONSOLE) else { return Ok(None) };
    let mut octets = vec![0; length];
    reader.read_exact(&mut octets).await?;
    Ok(Some(octets))
}

/// What waits to be sent to one console: of views only the latest of each watch, so that a slow console costs no memory.
#[derive(Default)]
struct Outbox {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Default)]
struct Waiting {
    views: BTreeMap<WatchId, (u64, Arc<View>)>,
    clock: Option<Timestamp>,
    replies: VecDeque<FromEngine>,
    ending: Option<String>,
}

impl Outbox {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, told: Told) {
        let mut waiting = self.waiting();
        match told {
            Told::View(watch, generation, view) => {
                waiting.views.insert(watch, (generation, view));
            }
            Told::Clock(at) => waiting.clock = Some(at),
            Told::Ending(why) => waiting.ending = Some(why),
        }
        drop(waiting);
        self.wake.notify_one();
    }

    /// At most [`QUESTIONS_IN_FLIGHT`] and the one being read wait here.
    fn reply(&self, reply: FromEngine) {
        self.waiting().replies.push_back(reply);
        self.wake.notify_one();
    }

    fn forget(&self, watch: WatchId) {
        self.waiting().views.remove(&watch);
    }

    async fn write(&self, writer: &mut (impl AsyncWrite + Unpin)) {
        let mut sent = BTreeMap::new();
        loop {
            self.wake.notified().await;
            if !matches!(timeout(WRITE_TIMEOUT, self.write_once(writer, &mut sent)).await, Ok(Ok(()))) {
                return;
            }
        }
    }

    /// Sends all that waits. `sent` holds the parts that the console has.
    async fn write_once(&self, writer: &mut (impl AsyncWrite + Unpin), sent: &mut BTreeMap<WatchId, Parts>) -> io::Result<()> {
        let waiting = std::mem::take(&mut *self.waiting());
        let mut messages: Vec<FromEngine> = waiting.replies.into();
        messages.extend(waiting.clock.map(FromEngine::Clock));
        for (watch, (generation, view)) in waiting.views {
            let parts = Parts::of(&view).map_err(io::Error::other)?;
            messages.push(FromEngine::View(watch, generation, parts.since(sent.get(&watch))));
            sent.insert(watch, parts);
        }
        messages.extend(waiting.ending.map(FromEngine::Ending));
        for message in messages {
            writer.write_all(&protocol::frame(&message).map_err(io::Error::other)?).await?;
        }
        writer.flush().await
    }
}

#[cfg(test)]
mod room_tests {
    use super::*;

    #[test]
    fn places_are_bounded_for_one_and_for_all_and_are_given_back() {
        let places = Places::default();
        let all: Vec<Place> = (0..).map_while(|taken| Place::among(&places, (7, taken))).collect();
        assert_eq!(all.len(), limit::CONSOLES_OF_USER.most());
        assert!(Place::among(&places, (8, all.len())).is_some(), "others have a place still");
        let (more, beyond) = limit::CONSOLES.during(|| Place::among(&places, (8, limit::CONSOLES.most())));
        assert!(more.is_none() && beyond >= 1);
        drop(all);
        assert!(places.lock().unwrap().is_empty());
    }
}
