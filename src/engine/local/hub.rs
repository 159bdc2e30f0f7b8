//! What the engine shares with everyone who asks it: the last published state, the board, the store's readers, the counters.

use super::notify::Receivers;
use crate::clock;
use crate::engine::board::{Board, Kind};
use crate::engine::command::{Answer, CollectorStatus, Command, Status};
use crate::engine::core::{Live, Reader};
use crate::engine::handle::AskError;
use crate::engine::notice::{About, Notices};
use crate::engine::permissions::Permissions;
use crate::engine::socket::server::{Counters, Desk};
use crate::engine::writer::Losses;
use crate::event::Body;
use crate::model::{AlarmOrder, Function, MaintenanceAct, Timestamp};
use crate::net::privilege;
use crate::query::ViewRequest;
use crate::state::view::{Chrome, View, ViewBody};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::{Sender, UnboundedSender};

/// What operators tell the schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// Discover these, or what is configured.
    Discover(Vec<String>),
    /// Pause or go on.
    Pause,
    /// End the run.
    Cancel,
}

/// Gives the counters of every collector when asked.
pub(super) type Counts = Box<dyn Fn() -> Vec<CollectorStatus> + Send + Sync>;

/// Alarms that one order names at most: what is marked on a screen.
const MOST_ALARMS: usize = 1000;

/// See the module.
pub(in crate::engine) struct Hub {
    pub(super) board: Board,
    pub(super) reader: Reader,
    pub(super) notices: Notices,
    pub(super) permissions: Permissions,
    pub(super) losses: Arc<Losses>,
    pub(super) socket: Arc<Counters>,
    pub(super) control: UnboundedSender<Control>,
    /// What operators do about alarms, for the engine.
    pub(super) orders: Sender<Body>,
    pub(super) counts: Counts,
    /// How those do who are told about alarms.
    pub(super) receivers: Receivers,
    pub(super) started_at: Timestamp,
    /// Events that waited for the engine at its last tick.
    pub(super) queue: AtomicUsize,
    live: Mutex<Arc<Live>>,
}

/// What a hub is made of.
pub(super) struct Parts {
    pub(super) reader: Reader,
    pub(super) live: Live,
    pub(super) losses: Arc<Losses>,
    pub(super) control: UnboundedSender<Control>,
    pub(super) orders: Sender<Body>,
    pub(super) counts: Counts,
}

impl Hub {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { reader, live, losses, control, orders, counts } = parts;
        Self {
            board: Board::default(),
            reader,
            notices: Notices::default(),
            permissions: Permissions::default(),
            losses,
            socket: Arc::new(Counters::default()),
            control,
            orders,
            counts,
            receivers: Receivers::default(),
            started_at: clock::now(),
            queue: AtomicUsize::new(0),
            live: Mutex::new(Arc::new(live)),
        }
    }

    /// The last published state.
    pub(super) fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Publishes a state; watches are answered from it.
    pub(super) fn publish(&self, live: Live) {
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
        self.board.changed();
    }

    /// Answers watches of a kind until the board is stopped.
    pub(super) fn work(&self, kind: Kind) {
        while let Some(job) = self.board.take(kind) {
            let answered = catch_unwind(AssertUnwindSafe(|| self.reader.answer(&self.live(), &job.request)));
            let view = answered.unwrap_or_else(|_| failed_view());
            self.board.put(&job, view);
        }
    }

    /// Counters of everything.
    pub(super) fn status(&self) -> Result<Status, AskError> {
        let mut collectors = (self.counts)();
        collectors.push(self.socket_status());
        let mut store = self.reader.store_summary()?;
        store.lost += self.losses.queue.load(Ordering::Relaxed);
        Ok(Status {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            collectors,
            store,
            receivers: self.receivers.all(),
            disabled: self.permissions.disabled(),
            rights: privilege::rights(None).unwrap_or_default(),
        })
    }

    /// A function can't be had: at these places, or altogether, for want of its capability; for what else stands in `others`.
    pub(super) fn refuse(&self, function: Function, (denied, others): (Vec<SocketAddr>, &[String])) {
        let sentence = if denied.is_empty() && !others.is_empty() {
            self.permissions.off(function, others.join("; "))
        } else {
            self.permissions.lacks(function, denied, others)
        };
        self.notices.set(About::of(function), sentence);
    }

    /// A function works.
    pub(super) fn works(&self, function: Function) {
        self.permissions.works(function);
        self.notices.clear(About::of(function));
    }

    /// The socket's counters in the shape of a collector's.
    fn socket_status(&self) -> CollectorStatus {
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let received = count(&self.socket.received);
        let reasons =
            [("stranger", &self.socket.strangers), ("malformed", &self.socket.malformed), ("crowded", &self.socket.crowded)];
        let refused = reasons.into_iter().map(|(reason, counter)| (reason.to_owned(), count(counter)));
        let refused: BTreeMap<String, u64> = refused.filter(|(_, count)| *count > 0).collect();
        CollectorStatus { name: "console".to_owned(), received, decoded: received, refused, ..CollectorStatus::default() }
    }

    /// Hands over what an operator does about alarms, where one of them stands.
    fn order(&self, order: AlarmOrder) -> Result<Answer, AskError> {
        let live = self.live();
        let stands = |id: &String| live.state.alarms().any(|alarm| alarm.id == *id && alarm.cleared_at.is_none());
        if order.alarms.len() > MOST_ALARMS {
            return Err(AskError::Refused(format!("{} alarms at once are more than {MOST_ALARMS}", order.alarms.len())));
        }
        if !order.alarms.iter().any(stands) {
            return Err(AskError::Refused("the alarm stands no more".to_owned()));
        }
        let busy = |_| AskError::Failed("the engine is busy: once more, please".to_owned());
        self.orders.try_send(Body::AlarmOrder(Box::new(order))).map(|()| Answer::Accepted).map_err(busy)
    }

    /// Maintenance begins or ends.
    fn maintain(&self, act: MaintenanceAct) -> Result<Answer, AskError> {
        let now = self.live().state.now();
        match &act {
            MaintenanceAct::Begin(window) if window.until <= now.max(window.from) => {
                return Err(AskError::Refused("maintenance that ends before it begins".to_owned()));
            }
            MaintenanceAct::End(name, _) if !self.live().state.maintenance().any(|window| window.name == *name) => {
                return Err(AskError::Refused(format!("there is no maintenance {name:?}")));
            }
            MaintenanceAct::Begin(window) => {
                let live = self.live();
                let unknown = window.scope.devices().into_iter().find(|id| live.state.find(id.as_str()).is_err());
                if let Some(id) = unknown {
                    return Err(AskError::Refused(format!("there is no device {id}, or several of that name")));
                }
            }
            MaintenanceAct::End(..) => {}
        }
        let busy = |_| AskError::Failed("the engine is busy: once more, please".to_owned());
        self.orders.try_send(Body::Maintenance(Box::new(act))).map(|()| Answer::Accepted).map_err(busy)
    }

    fn tell(&self, control: Control) -> Result<Answer, AskError> {
        self.control.send(control).map(|()| Answer::Accepted).map_err(|_| AskError::Gone)
    }
}

/// What is shown where the answer failed: a fault of noctop's own, which must not take the other screens with it.
fn failed_view() -> View {
    tracing::error!("the answer to a request failed");
    let fault = Some("this screen could not be made: a fault in noctop; another filter or time may work".to_owned());
    View { chrome: Chrome { fault, ..Chrome::default() }, body: ViewBody::Empty }
}

impl Desk for Hub {
    fn board(&self) -> &Board {
        &self.board
    }

    fn ask(&self, request: &ViewRequest) -> Result<View, AskError> {
        self.reader.ask(&self.live(), request).map_err(|error| AskError::Failed(error.to_string()))
    }

    fn command(&self, command: Command) -> Result<Answer, AskError> {
        match command {
            Command::Discover(targets) => self.tell(Control::Discover(targets)),
            Command::PauseDiscovery => self.tell(Control::Pause),
            Command::CancelDiscovery => self.tell(Control::Cancel),
            Command::Alarms(order) => self.order(order),
            Command::Maintenance(act) => self.maintain(act),
            Command::Status => self.status().map(Box::new).map(Answer::Status),
            question => self.reader.command(&self.live(), question),
        }
    }
}
