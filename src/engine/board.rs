//! Who watches what: the watches of every console, and which of them are due for an answer.
//!
//! Two workers take jobs off the board, one for live views and one for past ones, so that a heavy past answer never delays
//! the live screens. A watch is answered at once when it is new, else at most ten times a second and only after a change; a
//! new request in the same place replaces the old one, whose late answer is dropped.

use super::handle::WatchId;
use crate::clock::Stopwatch;
use crate::model::Timestamp;
use crate::query::{Screen, Subject, ViewRequest};
use crate::state::view::View;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Least time between two answers to one watch: ten a second is more than anyone reads.
const PACE: Duration = Duration::from_millis(100);

/// What a session is told.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Told {
    /// A watched view is new or changed; with the number that its request was given.
    View(WatchId, u64, Arc<View>),
    /// A second passed.
    Clock(Timestamp),
    /// The engine ends.
    Ending(String),
}

/// Where a session is told. It must not block.
pub(super) type Ear = Arc<dyn Fn(Told) + Send + Sync>;

/// Which worker answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Now.
    Live,
    /// A time that was asked for.
    Past,
}

impl Kind {
    fn of(request: &ViewRequest) -> Self {
        if request.at.is_some() { Self::Past } else { Self::Live }
    }
}

/// A watch that is due.
#[derive(Clone, Debug)]
pub(super) struct Job {
    place: Place,
    generation: u64,
    /// What is to be answered.
    pub(super) request: ViewRequest,
}

type Place = (u64, WatchId);

struct Watched {
    request: ViewRequest,
    generation: u64,
    due: bool,
    /// Since the last answer; `None` before the first.
    last: Option<Stopwatch>,
    shown: Option<Arc<View>>,
}

impl Watched {
    /// How long until it may be answered; `None` where it is not due.
    fn wait(&self) -> Option<Duration> {
        self.due.then(|| self.last.map_or(Duration::ZERO, |last| PACE.saturating_sub(last.elapsed())))
    }
}

#[derive(Default)]
struct Inner {
    ears: BTreeMap<u64, Ear>,
    watches: BTreeMap<Place, Watched>,
    last_session: u64,
    stopped: bool,
}

/// See the module.
#[derive(Default)]
pub(super) struct Board {
    inner: Mutex<Inner>,
    wake: Condvar,
}

impl Board {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new session that is told things at `ear`; its number.
    pub(super) fn join(&self, ear: Ear) -> u64 {
        let mut inner = self.inner();
        inner.last_session += 1;
        let session = inner.last_session;
        inner.ears.insert(session, ear);
        session
    }

    /// Ends a session and all its watches.
    pub(super) fn leave(&self, session: u64) {
        let mut inner = self.inner();
        inner.ears.remove(&session);
        inner.watches.retain(|(of, _), _| *of != session);
    }

    /// Watches; replaces what was watched in that place, unless that was asked for later.
    pub(super) fn watch(&self, session: u64, watch: WatchId, (generation, request): (u64, ViewRequest)) {
        let mut inner = self.inner();
        if inner.watches.get(&(session, watch)).is_some_and(|known| known.generation > generation) {
            return;
        }
        let watched = Watched { request, generation, due: true, last: None, shown: None };
        inner.watches.insert((session, watch), watched);
        drop(inner);
        self.wake.notify_all();
    }

    /// Stops watching.
    pub(super) fn unwatch(&self, session: u64, watch: WatchId) {
        self.inner().watches.remove(&(session, watch));
    }

    /// The state changed: all live watches are due.
    pub(super) fn changed(&self) {
        for watched in self.inner().watches.values_mut().filter(|watched| Kind::of(&watched.request) == Kind::Live) {
            watched.due = true;
        }
        self.wake.notify_all();
    }

    /// Tells every session.
    pub(super) fn tell_all(&self, told: &Told) {
        let ears: Vec<Ear> = self.inner().ears.values().cloned().collect();
        for ear in ears {
            ear(told.clone());
        }
    }

    /// What the screens of one device or interface show live, each once.
    pub(super) fn looked_at(&self) -> BTreeSet<Subject> {
        let inner = self.inner();
        let live = inner.watches.values().map(|watched| &watched.request).filter(|request| request.at.is_none());
        let screens = live.filter(|request| matches!(request.screen, Screen::Device | Screen::Interface));
        screens.filter_map(|request| request.subject.clone()).collect()
    }

    /// No more jobs: workers return.
    pub(super) fn stop(&self) {
        self.inner().stopped = true;
        self.wake.notify_all();
    }

    /// The next job of a kind; waits for one. `None` after [`Board::stop`].
    pub(super) fn take(&self, kind: Kind) -> Option<Job> {
        let mut inner = self.inner();
        loop {
            if inner.stopped {
                return None;
            }
            let ours = inner.watches.iter_mut().filter(|(_, watched)| Kind::of(&watched.request) == kind);
            let next =
                ours.filter_map(|(place, watched)| watched.wait().map(|wait| (wait, *place, watched))).min_by_key(|job| job.0);
            match next {
                Some((Duration::ZERO, place, watched)) => {
                    watched.due = false;
                    return Some(Job { place, generation: watched.generation, request: watched.request.clone() });
                }
                Some((wait, ..)) => {
                    inner = self.wake.wait_timeout(inner, wait).unwrap_or_else(PoisonError::into_inner).0;
                }
                None => inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// The answer to a job: told where it differs from what was told last and is still wanted.
    pub(super) fn put(&self, job: &Job, view: View) {
        let mut inner = self.inner();
        let ear = inner.ears.get(&job.place.0).cloned();
        let Some(watched) = inner.watches.get_mut(&job.place).filter(|watched| watched.generation == job.generation) else {
            return;
        };
        watched.last = Some(Stopwatch::start());
        if watched.shown.as_deref().is_some_and(|shown| looks_same(shown, &view)) {
            return;
        }
        let view = Arc::new(view);
        watched.shown = Some(Arc::clone(&view));
        drop(inner);
        if let Some(ear) = ear {
            ear(Told::View(job.place.1, job.generation, view));
        }
    }
}

/// Whether two views differ in nothing but the time that they show, which the clock tells anyway.
fn looks_same(shown: &View, view: &View) -> bool {
    let mut chrome = shown.chrome.clone();
    chrome.at = view.chrome.at;
    chrome == view.chrome && shown.body == view.body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DeviceId;
    use crate::state::view::{Chrome, ViewBody};
    use std::sync::mpsc;

    fn request(at: Option<Timestamp>) -> ViewRequest {
        ViewRequest { at, ..ViewRequest::new(Screen::Overview, 10) }
    }

    fn view(site: &str, at: i64) -> View {
        let chrome = Chrome { site: site.to_owned(), at: Timestamp(at), ..Chrome::default() };
        View { chrome, body: ViewBody::Empty }
    }

    fn board() -> (Arc<Board>, u64, mpsc::Receiver<Told>) {
        let board = Arc::new(Board::default());
        let (send, receive) = mpsc::channel();
        let send = Mutex::new(send);
        let session = board.join(Arc::new(move |told| send.lock().unwrap().send(told).unwrap()));
        (board, session, receive)
    }

    #[test]
    fn a_view_is_told_when_it_is_new_and_when_it_changed() {
        let (board, session, told) = board();
        board.watch(session, WatchId(1), (7, request(None)));
        for (text, at) in [("a", 1), ("a", 2), ("b", 3)] {
            board.changed();
            let job = board.take(Kind::Live).unwrap();
            board.put(&job, view(text, at));
        }
        let sites: Vec<String> = told.try_iter().filter_map(|told| site(&told)).collect();
        assert_eq!(sites, ["a", "b"]);
    }

    fn site(told: &Told) -> Option<String> {
        match told {
            Told::View(_, _, view) => Some(view.chrome.site.clone()),
            Told::Clock(_) | Told::Ending(_) => None,
        }
    }

    #[test]
    fn the_late_answer_to_a_replaced_request_is_dropped() {
        let (board, session, told) = board();
        board.watch(session, WatchId(1), (1, request(None)));
        let late = board.take(Kind::Live).unwrap();
        board.watch(session, WatchId(1), (2, request(Some(Timestamp(5)))));
        board.put(&late, view("late", 1));
        let job = board.take(Kind::Past).unwrap();
        board.put(&job, view("asked", 1));
        assert_eq!(told.try_iter().filter_map(|told| site(&told)).collect::<Vec<_>>(), ["asked"]);
    }

    #[test]
    fn a_change_makes_live_watches_due_and_not_past_ones() {
        let (board, session, _told) = board();
        board.watch(session, WatchId(1), (1, request(Some(Timestamp(5)))));
        let job = board.take(Kind::Past).unwrap();
        board.put(&job, view("then", 5));
        board.changed();
        assert!(board.inner().watches.values().all(|watched| !watched.due));
    }

    #[test]
    fn what_is_looked_at_live_is_told_once_and_forgotten_with_its_watch() {
        let (board, session, _told) = board();
        let (device, port) = (Subject::Device(DeviceId::new("a")), Subject::Interface(DeviceId::new("a"), "Gi1".to_owned()));
        let watches = [
            (Screen::Device, &device, None),
            (Screen::Interface, &port, None),
            (Screen::Interface, &port, None),
            (Screen::Device, &Subject::Device(DeviceId::new("past")), Some(Timestamp(5))),
            (Screen::Topology, &Subject::Device(DeviceId::new("map")), None),
        ];
        for ((screen, subject, at), number) in watches.into_iter().zip(1..) {
            let request = ViewRequest { subject: Some(subject.clone()), at, ..ViewRequest::new(screen, 10) };
            board.watch(session, WatchId(number), (1, request));
        }
        assert_eq!(board.looked_at(), BTreeSet::from([device.clone(), port]));
        board.unwatch(session, WatchId(2));
        board.unwatch(session, WatchId(3));
        assert_eq!(board.looked_at(), BTreeSet::from([device]));
    }

    #[test]
    fn a_session_that_left_is_told_nothing_and_stopping_frees_the_workers() {
        let (board, session, told) = board();
        board.watch(session, WatchId(1), (1, request(None)));
        let job = board.take(Kind::Live).unwrap();
        board.leave(session);
        board.put(&job, view("x", 1));
        board.tell_all(&Told::Clock(Timestamp(1)));
        assert!(told.try_iter().next().is_none());
        board.stop();
        assert!(board.take(Kind::Live).is_none());
    }
}
