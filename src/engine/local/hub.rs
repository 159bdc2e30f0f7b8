//! What the engine shares with everyone who asks it: the last published state, the board, the store's readers, the counters.

use super::notify::Receivers;
use super::ordered::Ordered;
use super::planned;
use super::refused::Refusals;
use crate::clock;
use crate::config::notify::Hours;
use crate::config::{Access, Planned};
use crate::engine::audit::{self, ATTACHED, AuditError, AuditQuestion, Auditor, LEFT, Roles, Steps};
use crate::engine::board::{Board, Kind};
use crate::engine::command::{Answer, CollectorStatus, Command, Status};
use crate::engine::core::{Live, Reader};
use crate::engine::forget;
use crate::engine::handle::AskError;
use crate::engine::limits::Limits;
use crate::engine::notice::{About, Notices};
use crate::engine::permissions::Permissions;
use crate::engine::port::Ports;
use crate::engine::socket::server::{Counters, Desk};
use crate::engine::supervise::Wards;
use crate::engine::writer::Losses;
use crate::event::{Body, Trap};
use crate::model::audit::{Act, Actor, Class, Outcome, Receipt, Said};
use crate::model::port::{PortOrder, PortSet};
use crate::model::{AlarmOrder, ForgetOrder, Forgetting, Function, MaintenanceAct, Timestamp, Window};
use crate::net::peer::Peer;
use crate::net::privilege;
use crate::query::ViewRequest;
use crate::state::view::{Chrome, View, ViewBody};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
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

/// Who leaves sooner asked one question, as commands do: that it attached says all.
const WORTH_TELLING: Duration = Duration::from_secs(10);

/// See the module.
pub(in crate::engine) struct Hub {
    pub(super) board: Board,
    pub(super) reader: Reader,
    pub(super) notices: Notices,
    /// Bounds that were reached.
    pub(super) limits: Limits,
    pub(super) permissions: Permissions,
    pub(super) losses: Arc<Losses>,
    pub(super) socket: Arc<Counters>,
    pub(super) control: UnboundedSender<Control>,
    /// What operators do about alarms and maintenance, for the engine.
    orders: Sender<Ordered>,
    pub(super) counts: Counts,
    /// Who keeps the collectors running.
    pub(super) wards: Arc<Wards>,
    /// Who may do what.
    pub(super) roles: Roles,
    /// When people are expected to work.
    pub(super) office_hours: Option<Hours>,
    /// How those do who are told about alarms.
    pub(super) receivers: Receivers,
    pub(super) started_at: Timestamp,
    /// Writes down who did what.
    pub(in crate::engine) audit: Auditor,
    /// Whether its journal refused what was to be written last.
    audit_fails: AtomicBool,
    /// Who runs this process.
    pub(super) own: Actor,
    /// Switches ports.
    pub(super) ports: Ports,
    /// Who asked for pages that are not his.
    pub(super) refusals: Refusals,
    /// The maintenance that the configuration plans.
    planned: Vec<Planned>,
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
    pub(super) orders: Sender<Ordered>,
    pub(super) counts: Counts,
    pub(super) wards: Arc<Wards>,
    pub(super) access: Access,
    pub(super) own: Actor,
    pub(super) audit: Auditor,
    pub(super) ports: Ports,
    pub(super) planned: Vec<Planned>,
}

impl Hub {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { reader, live, losses, control, orders, counts, wards, access, own, audit, ports, planned } = parts;
        Self {
            board: Board::default(),
            reader,
            notices: Notices::default(),
            limits: Limits::default(),
            permissions: Permissions::default(),
            losses,
            socket: Arc::new(Counters::default()),
            control,
            orders,
            counts,
            wards,
            roles: Roles::of(&access),
            office_hours: access.office_hours,
            receivers: Receivers::default(),
            started_at: clock::now(),
            audit,
            audit_fails: AtomicBool::new(false),
            own,
            ports,
            refusals: Refusals::default(),
            planned,
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
            limits: self.limits.readings(),
            notices: self.notices.sentences(),
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

    /// Says that the audit journal can't be written, until something was written.
    fn audit_goes(&self, written: Result<Option<Receipt>, AuditError>) {
        match written {
            Err(error) => {
                self.audit_fails.store(true, Ordering::Relaxed);
                self.notices.set(About::Audit, error.to_string());
            }
            Ok(Some(_)) if self.audit_fails.swap(false, Ordering::Relaxed) => drop(self.notices.clear(About::Audit)),
            Ok(_) => {}
        }
    }

    /// The socket's counters in the shape of a collector's.
    fn socket_status(&self) -> CollectorStatus {
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let received = count(&self.socket.received);
        let reasons = [
            ("stranger", &self.socket.strangers),
            ("malformed", &self.socket.malformed),
            ("denied", &self.socket.denied),
            ("crowded", &self.socket.crowded),
        ];
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
        self.have_applied(Body::AlarmOrder(Box::new(order)))
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
            MaintenanceAct::Begin(window) if self.planned.iter().any(|planned| planned.name == window.name) => {
                return Err(AskError::Refused(format!("{:?} is planned in the configuration: choose another name", window.name)));
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
        self.have_applied(Body::Maintenance(Box::new(act)))
    }

    /// Devices that are gone for good are known no more.
    fn forget(&self, order: ForgetOrder) -> Result<Answer, AskError> {
        let found = forget::meant(&self.live().state, &order).map_err(AskError::Refused)?;
        if !order.dry_run && !found.is_empty() {
            let devices = found.iter().map(|device| device.id.clone()).collect();
            self.have_applied(Body::Forget(Box::new(Forgetting { devices, by: order.by })))?;
        }
        Ok(Answer::Forgotten(found))
    }

    /// Hands an order to the engine and waits until it is in what is published: the next question of whoever gave it sees it.
    fn have_applied(&self, body: Body) -> Result<Answer, AskError> {
        let (order, waiting) = Ordered::new(body);
        let busy = |_| AskError::Failed("the engine is busy: once more, please".to_owned());
        self.orders.try_send(order).map_err(busy)?;
        waiting.published().map(|()| Answer::Accepted)
    }

    /// Maintenance that goes on or is to come: what the state knows, and what is planned further off.
    fn windows(&self) -> Vec<Window> {
        let live = self.live();
        let known = live.state.maintenance().map(|window| Window::clone(window));
        let mut all: Vec<Window> = known.chain(planned::to_come(&self.planned, (clock::now(), &live.state))).collect();
        all.sort_by(|x, y| (x.from, &x.name).cmp(&(y.from, &y.name)));
        all
    }

    /// What switching a port would do.
    fn port_plan(&self, order: &PortOrder) -> Result<Answer, AskError> {
        let live = self.live();
        self.ports.plan(&live.state, order).map(Box::new).map(Answer::PortPlan)
    }

    /// Switches a port; its device is polled at once afterwards.
    fn port_set(&self, actor: &Actor, order: &PortSet) -> Result<Answer, AskError> {
        let live = self.live();
        let result = self.ports.set(&live.state, order, (&self.audit, actor))?;
        if let Some(source) = result.plan.address.parse::<SocketAddr>().ok().map(|address| address.ip()) {
            let if_index = Some(result.plan.if_index);
            let look = Trap { source, agent: None, name: None, if_index, poll: true, reread: false, told: None };
            // Without it the next poll tells.
            let (order, _nobody_waits) = Ordered::new(Body::Trap(Box::new(look)));
            let _busy = self.orders.try_send(order);
        }
        Ok(Answer::PortDone(Box::new(result)))
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

    fn admit(&self, peer: &Peer, said: Said) -> Result<Actor, String> {
        let actor = self.roles.actor(peer, said);
        let Some(role) = actor.role else {
            let why = self.roles.stranger(&actor.user);
            let act = Act::new(Class::Security, ATTACHED, "console").words("attach");
            // Turned away all the same.
            let _told_by_a_notice = self.audit.record_damped(&actor, act, Outcome::Refused(why.clone()));
            return Err(why);
        };
        let act = Act::new(Class::Access, ATTACHED, "console").words(&format!("attach as {role}"));
        // Whoever may look may also where nothing can be written: to see why.
        self.audit_goes(self.audit.record_damped(&actor, act, Outcome::Done));
        Ok(actor)
    }

    fn left(&self, actor: &Actor, stayed: Duration) {
        if stayed < WORTH_TELLING {
            return;
        }
        let act = Act::new(Class::Access, LEFT, "console").words(&format!("left after {} s", stayed.as_secs()));
        let act = act.with("seconds", &stayed.as_secs().to_string());
        self.audit_goes(self.audit.record_damped(actor, act, Outcome::Done));
    }

    fn command(&self, actor: &Actor, command: Command) -> Result<Answer, AskError> {
        let act = audit::act_of(&command, &self.live().state);
        if !actor.may(command.needs()) {
            return Err(self.denied(actor, (&command, act.map(|(act, _)| act))));
        }
        let command = audit::owned(actor, command);
        match act {
            None => self.carry_out(actor, command),
            Some((act, steps)) => self.audited(actor, (act, steps), || self.carry_out(actor, command)),
        }
    }
}

impl Hub {
    /// What is not done is written down as well.
    fn denied(&self, actor: &Actor, (command, act): (&Command, Option<Act>)) -> AskError {
        let why = self.roles.denied(actor, command.needs());
        let mut act = act.unwrap_or_else(|| Act::new(Class::Security, "command", command.name()));
        act.class = Class::Security;
        self.audit_goes(self.audit.record_damped(actor, act, Outcome::Refused(why.clone())));
        AskError::Refused(why)
    }

    /// Written down first, then done. Where it can't be written it is not done.
    fn audited(
        &self,
        actor: &Actor,
        (act, steps): (Act, Steps),
        carry_out: impl FnOnce() -> Result<Answer, AskError>,
    ) -> Result<Answer, AskError> {
        let written = |act: Act, outcome| {
            self.audit.record(actor, act, outcome).map_err(|error| {
                self.notices.set(About::Audit, error.to_string());
                AskError::Failed(error.to_string())
            })
        };
        written(act.clone(), Outcome::Accepted)?;
        self.notices.clear(About::Audit);
        let done = carry_out();
        let outcome = match (&done, steps) {
            (Err(AskError::Refused(why)), _) => Some(Outcome::Refused(why.clone())),
            (Err(error), _) => Some(Outcome::Failed(error.to_string())),
            (Ok(_), Steps::Twice) => Some(Outcome::Done),
            (Ok(_), Steps::Once) => None,
        };
        if let Some(outcome) = outcome {
            written(act, outcome)?;
        }
        done
    }

    fn carry_out(&self, actor: &Actor, command: Command) -> Result<Answer, AskError> {
        match command {
            Command::Record(act, outcome) => {
                let written = self.audit.record(actor, *act, outcome);
                written.map(|_| Answer::Accepted).map_err(|error| AskError::Failed(error.to_string()))
            }
            Command::Audit(question) => self.ask_audit(&question),
            Command::Discover(targets) => self.tell(Control::Discover(targets)),
            Command::PauseDiscovery => self.tell(Control::Pause),
            Command::CancelDiscovery => self.tell(Control::Cancel),
            Command::Alarms(order) => self.order(order),
            Command::PortPlan(order) => self.port_plan(&order),
            Command::PortSet(order) => self.port_set(actor, &order),
            Command::Maintenance(act) => self.maintain(act),
            Command::Forget(order) => self.forget(order),
            Command::MaintenanceList(None) => Ok(Answer::Maintenance(self.windows())),
            Command::Status => self.status().map(Box::new).map(Answer::Status),
            question => self.reader.command(&self.live(), question),
        }
    }

    fn ask_audit(&self, question: &AuditQuestion) -> Result<Answer, AskError> {
        let now = (self.live().state.now(), self.office_hours.as_ref());
        let answered = self.audit.still(|store| audit::answer(store, question, now));
        let none = || Err(AskError::Failed("a store in memory has no audit journal".to_owned()));
        answered.unwrap_or_else(none).map(Box::new).map(Answer::Audit)
    }
}
