//! What stands behind every handle: remembers what is watched, connects to whoever serves, and connects anew when that ends.
//!
//! Watches are taken before anything is connected, so that the console draws its first frame at once. Questions wait until
//! there is an engine. When the engine that was attached ends, all attached consoles race for the store: the winner hosts the
//! engine from then on and the others attach to it; nobody has to ask again.

use super::board::{Ear, Told};
use super::command::{Answer, Command};
use super::handle::{AskError, Backend, Sink, Update, WatchId};
use super::session::Session;
use crate::query::ViewRequest;
use crate::state::view::View;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

/// Makes a session that tells things at the ear. Errors: a sentence for the operator. Called again after the engine ended,
/// where [`Opener::again`] says so.
pub(super) trait Opener: Send + Sync {
    /// Connects, or hosts.
    fn open(&self, ear: Ear) -> Result<Arc<dyn Session>, String>;
    /// After the engine ended: tries until there is one or the caller has enough; `None` where nothing is tried.
    fn again(&self, ear: Ear, caller: &dyn Caller) -> Option<Arc<dyn Session>>;
}

/// For whom an engine is looked for again.
pub(super) trait Caller {
    /// Whether one is still wanted.
    fn wants(&self) -> bool;
    /// Is told what stands in the way.
    fn hears(&self, why: String);
}

impl Caller for Switch {
    fn wants(&self) -> bool {
        !matches!(self.inner().line, Line::Closed)
    }

    fn hears(&self, why: String) {
        self.tell(Update::Lost(why));
    }
}

enum Line {
    Opening,
    Open(Arc<dyn Session>),
    Failed(String),
    Closed,
}

struct Inner {
    line: Line,
    watches: BTreeMap<WatchId, (u64, ViewRequest)>,
    generation: u64,
    sink: Option<Arc<Sink>>,
    /// Raised with each session, so that the ear of an old one is not listened to.
    session: u64,
}

/// See the module.
pub(super) struct Switch {
    inner: Mutex<Inner>,
    opened: Condvar,
    opener: Box<dyn Opener>,
    me: Weak<Self>,
}

impl Switch {
    /// Not connected yet.
    pub(super) fn new(opener: Box<dyn Opener>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            inner: Mutex::new(Inner { line: Line::Opening, watches: BTreeMap::new(), generation: 0, sink: None, session: 0 }),
            opened: Condvar::new(),
            opener,
            me: Weak::clone(me),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects, or hosts. Errors: the opener's sentence; questions are answered with it from then on.
    pub(super) fn open(&self) -> Result<(), String> {
        let (number, ear) = self.ear();
        match self.opener.open(ear) {
            Ok(session) => {
                self.connected(number, session);
                Ok(())
            }
            Err(why) => {
                self.inner().line = Line::Failed(why.clone());
                self.opened.notify_all();
                self.tell(Update::Lost(why.clone()));
                Err(why)
            }
        }
    }

    /// The ear of a new session, which hears only while it is the last one.
    fn ear(&self) -> (u64, Ear) {
        let mut inner = self.inner();
        inner.session += 1;
        let (number, me) = (inner.session, Weak::clone(&self.me));
        let ear = move |told| {
            if let Some(switch) = me.upgrade() {
                switch.heard(number, told);
            }
        };
        (number, Arc::new(ear))
    }

    fn connected(&self, number: u64, session: Arc<dyn Session>) {
        let mut inner = self.inner();
        if matches!(inner.line, Line::Closed) {
            drop(inner);
            return session.close();
        }
        // It may have ended before we came here; then its successor is already being looked for.
        if inner.session != number {
            return;
        }
        inner.line = Line::Open(Arc::clone(&session));
        let watches = inner.watches.clone();
        drop(inner);
        self.opened.notify_all();
        self.tell(Update::Role(session.role()));
        self.tell(Update::Serving(session.pid()));
        for (watch, (generation, request)) in watches {
            session.watch(watch, generation, request);
        }
    }

    fn heard(&self, number: u64, told: Told) {
        let mut inner = self.inner();
        if inner.session != number || matches!(inner.line, Line::Closed) {
            return;
        }
        let update = match told {
            Told::View(watch, generation, view) => {
                let wanted = inner.watches.get(&watch).is_some_and(|(current, _)| *current == generation);
                wanted.then_some(Update::View(watch, view))
            }
            Told::Clock(at) => Some(Update::Clock(at)),
            Told::Ending(why) => {
                inner.line = Line::Opening;
                inner.session += 1;
                drop(inner);
                return self.lost(why);
            }
        };
        drop(inner);
        if let Some(update) = update {
            self.tell(update);
        }
    }

    fn lost(&self, why: String) {
        self.tell(Update::Lost(why.clone()));
        let Some(me) = self.me.upgrade() else { return };
        let looking = std::thread::Builder::new().name("noctop-reconnect".to_owned()).spawn(move || me.look_again(why));
        if let Err(error) = looking {
            self.inner().line = Line::Failed(format!("no thread to connect anew: {error}"));
            self.opened.notify_all();
        }
    }

    fn look_again(&self, why: String) {
        let (number, ear) = self.ear();
        match self.opener.again(ear, self) {
            Some(session) => self.connected(number, session),
            None => {
                let mut inner = self.inner();
                if !matches!(inner.line, Line::Closed) {
                    inner.line = Line::Failed(why);
                }
                drop(inner);
                self.opened.notify_all();
            }
        }
    }

    fn tell(&self, update: Update) {
        let sink = self.inner().sink.clone();
        if let Some(sink) = sink {
            sink(update);
        }
    }

    /// The session, as soon as there is one.
    fn session(&self) -> Result<Arc<dyn Session>, AskError> {
        let mut inner = self.inner();
        loop {
            match &inner.line {
                Line::Open(session) => return Ok(Arc::clone(session)),
                Line::Failed(why) => return Err(AskError::Failed(why.clone())),
                Line::Closed => return Err(AskError::Gone),
                Line::Opening => inner = self.opened.wait(inner).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// The session, where there is one now.
    fn session_now(&self) -> Option<Arc<dyn Session>> {
        match &self.inner().line {
            Line::Open(session) => Some(Arc::clone(session)),
            Line::Opening | Line::Failed(_) | Line::Closed => None,
        }
    }
}

impl Backend for Switch {
    fn watch(&self, watch: WatchId, request: ViewRequest) {
        let mut inner = self.inner();
        inner.generation += 1;
        let generation = inner.generation;
        inner.watches.insert(watch, (generation, request.clone()));
        drop(inner);
        if let Some(session) = self.session_now() {
            session.watch(watch, generation, request);
        }
    }

    fn unwatch(&self, watch: WatchId) {
        self.inner().watches.remove(&watch);
        if let Some(session) = self.session_now() {
            session.unwatch(watch);
        }
    }

    fn ask(&self, request: ViewRequest) -> Result<View, AskError> {
        self.session()?.ask(request)
    }

    fn command(&self, command: Command) -> Result<Answer, AskError> {
        self.session()?.command(command)
    }

    fn subscribe(&self, sink: Sink) {
        self.inner().sink = Some(Arc::new(sink));
        let known = match &self.inner().line {
            Line::Failed(why) => Some(Update::Lost(why.clone())),
            Line::Open(session) => Some(Update::Role(session.role())),
            Line::Opening | Line::Closed => None,
        };
        if let Some(known) = known {
            self.tell(known);
        }
    }

    fn close(&self) {
        let before = std::mem::replace(&mut self.inner().line, Line::Closed);
        self.opened.notify_all();
        if let Line::Open(session) = before {
            session.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::audit::Role;
    use crate::query::Screen;
    use crate::state::view::{Chrome, ViewBody};
    use std::sync::mpsc;
    use std::time::Duration;

    /// Longer than anything here takes; reached only by a failure.
    const PATIENCE: Duration = Duration::from_secs(20);

    struct Stub {
        ear: Ear,
        pid: Option<u32>,
    }

    impl Session for Stub {
        fn watch(&self, watch: WatchId, generation: u64, request: ViewRequest) {
            (self.ear)(Told::View(watch, generation, Arc::new(view(&request.filter))));
        }

        fn unwatch(&self, _: WatchId) {}

        fn ask(&self, request: ViewRequest) -> Result<View, AskError> {
            Ok(view(&request.filter))
        }

        fn command(&self, _: Command) -> Result<Answer, AskError> {
            (self.ear)(Told::Ending("it ended".to_owned()));
            Ok(Answer::Accepted)
        }

        fn close(&self) {}

        fn pid(&self) -> Option<u32> {
            self.pid
        }

        fn role(&self) -> Role {
            Role::Viewer
        }
    }

    fn view(site: &str) -> View {
        View { chrome: Chrome { site: site.to_owned(), ..Chrome::default() }, body: ViewBody::Empty }
    }

    struct Stubs;

    impl Opener for Stubs {
        fn open(&self, ear: Ear) -> Result<Arc<dyn Session>, String> {
            Ok(Arc::new(Stub { ear, pid: Some(1) }))
        }

        fn again(&self, ear: Ear, _: &dyn Caller) -> Option<Arc<dyn Session>> {
            Some(Arc::new(Stub { ear, pid: None }))
        }
    }

    fn request(text: &str) -> ViewRequest {
        ViewRequest { filter: text.to_owned(), ..ViewRequest::new(Screen::Devices, 5) }
    }

    fn switch() -> (Arc<Switch>, mpsc::Receiver<Update>) {
        let switch = Switch::new(Box::new(Stubs));
        let (send, receive) = mpsc::channel();
        let send = Mutex::new(send);
        switch.subscribe(Box::new(move |update| send.lock().unwrap().send(update).unwrap()));
        (switch, receive)
    }

    #[test]
    fn what_was_watched_before_there_was_an_engine_is_answered_when_there_is_one() {
        let (switch, updates) = switch();
        switch.watch(WatchId(1), request("early"));
        assert!(updates.try_recv().is_err());
        switch.open().unwrap();
        assert_eq!(updates.recv_timeout(PATIENCE), Ok(Update::Role(Role::Viewer)));
        assert_eq!(updates.recv_timeout(PATIENCE), Ok(Update::Serving(Some(1))));
        assert_eq!(updates.recv_timeout(PATIENCE), Ok(Update::View(WatchId(1), Arc::new(view("early")))));
    }

    #[test]
    fn after_the_engine_ended_the_watches_go_on_with_the_next() {
        let (switch, updates) = switch();
        switch.open().unwrap();
        switch.watch(WatchId(2), request("x"));
        assert_eq!(switch.command(Command::Status), Ok(Answer::Accepted));
        let seen: Vec<Update> = std::iter::from_fn(|| updates.recv_timeout(PATIENCE).ok()).take(7).collect();
        let shown = Update::View(WatchId(2), Arc::new(view("x")));
        let role = Update::Role(Role::Viewer);
        let ended = Update::Lost("it ended".to_owned());
        let want = [role.clone(), Update::Serving(Some(1)), shown.clone(), ended, role, Update::Serving(None), shown];
        assert_eq!(seen, want);
    }

    #[test]
    fn views_of_a_replaced_request_are_not_told() {
        let (switch, updates) = switch();
        switch.open().unwrap();
        switch.watch(WatchId(1), request("new"));
        let session = switch.inner().session;
        switch.heard(session, Told::View(WatchId(1), 0, Arc::new(view("old"))));
        let sites = updates.try_iter().filter_map(|update| match update {
            Update::View(_, view) => Some(view.chrome.site.clone()),
            _ => None,
        });
        assert_eq!(sites.collect::<Vec<_>>(), ["new"]);
    }

    #[test]
    fn a_closed_switch_answers_that_the_engine_is_gone() {
        let (switch, _updates) = switch();
        switch.open().unwrap();
        switch.close();
        assert_eq!(switch.ask(request("x")), Err(AskError::Gone));
    }
}
