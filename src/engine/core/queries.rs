//! Questions that are no views: series, differences, names, the store's figures.

use super::gaps;
use super::reader::{Live, Reader};
use super::series::{Resolution, Series};
use crate::engine::command::{Answer, Command, History, HistoryRequest, StoreSummary, Verified, Whereabouts};
use crate::engine::handle::AskError;
use crate::history::{SledStore, Store, StoreError};
use crate::model::series::split_named_part;
use crate::model::{DeviceId, EntityKey, Metric, TimeRange, Timestamp, Window};
use crate::query::series_name;
use crate::state::whereabouts::whereabouts;
use crate::state::{State, diff, names, port_names};
use std::path::Path;

/// Reads everything.
fn verify(store: &dyn Store) -> Result<Answer, AskError> {
    let damaged = store.verify().map_err(failed)?;
    let stats = store.stats().map_err(failed)?;
    let damaged = damaged.into_iter().map(|(path, what)| format!("{}: {what}", path.display())).collect();
    Ok(Answer::StoreVerified(Verified { records: stats.events, samples: stats.samples, damaged }))
}

/// Names that one answer holds at most.
const MOST_NAMES: usize = 1000;

/// Longest text that is looked for: more is neither an address nor a name.
const LONGEST_TEXT: usize = 256;

/// Points that one answer holds at most: a year of minutes.
const MOST_POINTS: u64 = 530_000;

/// Refuses what would be more points than anyone looks at.
fn check_size(range: TimeRange, step_secs: Option<u32>) -> Result<(), AskError> {
    let Some(step) = step_secs else { return Ok(()) };
    let points = range.to.since(range.from).as_secs() / u64::from(step.max(1));
    if points <= MOST_POINTS {
        return Ok(());
    }
    Err(AskError::Refused(format!(
        "{points} points of {step} s are more than {MOST_POINTS}: ask for a wider step or a shorter range"
    )))
}

fn failed(error: StoreError) -> AskError {
    AskError::Failed(error.to_string())
}

/// The series of an access point, which stand under its controller, where one is named: `AP/clients`, `AP/5G/clients`, `AP/1/clients`.
fn on_air(state: &State, (entity, metric): (&EntityKey, Metric)) -> Result<Option<EntityKey>, AskError> {
    let is_of_air = matches!(metric, Metric::Clients | Metric::ChannelUtilisationPercent);
    let named = |radio| if is_of_air { state.air_series(entity.device.as_str(), radio) } else { Vec::new() };
    match (named(entity.part.as_deref()).as_slice(), &entity.part) {
        ([one], _) => Ok(Some(one.clone())),
        ([], Some(radio)) if !named(None).is_empty() => {
            Err(AskError::Refused(format!("{} has no radio `{radio}`: name a band, such as 5G, or its number", entity.device)))
        }
        ([], _) => Ok(None),
        (several, _) => {
            let names: Vec<String> = several.iter().map(|entity| series_name::print(entity, metric)).collect();
            Err(AskError::Refused(format!("{} is the name of several access points: {}", entity.device, names.join(", "))))
        }
    }
}

impl Reader {
    /// Answers a command that only reads.
    pub(in crate::engine) fn command(&self, live: &Live, command: Command) -> Result<Answer, AskError> {
        match command {
            Command::History(request) => self.history(&live.state, request).map(Answer::History),
            Command::Diff(from, to) => self.diff(from, to).map(Answer::Diff),
            Command::Names(text, limit) => Ok(Answer::Names(names(&live.state, &text, limit.min(MOST_NAMES)))),
            Command::Where(text, at) => self.whereabouts(&live.state, &text, at).map(Box::new).map(Answer::Where),
            Command::Top(request) => self.top_by_names(&live.state, &request).map(Box::new).map(Answer::Top),
            Command::StoreStats => self.store_summary().map(Box::new).map(Answer::StoreStats),
            Command::StoreVerify => verify(&**self.store()),
            Command::StoreBackup(to) => self.backup(&to),
            Command::AlarmTest(test) => self.rehearse(&test).map(Box::new).map(Answer::AlarmTested),
            Command::MaintenanceList(at) => self.maintenance(&live.state, at).map(Answer::Maintenance),
            Command::Discover(_)
            | Command::PauseDiscovery
            | Command::CancelDiscovery
            | Command::Status
            | Command::Alarms(_)
            | Command::Maintenance(_)
            | Command::Record(..)
            | Command::Audit(_)
            | Command::PortPlan(_)
            | Command::PortSet(_)
            | Command::Forget(_) => {
                Err(AskError::Failed("nothing serves this store: start noctop or noctop daemon first".to_owned()))
            }
        }
    }

    fn maintenance(&self, state: &State, at: Option<Timestamp>) -> Result<Vec<Window>, AskError> {
        let listed = |state: &State| state.maintenance().map(|window| Window::clone(window)).collect();
        match at {
            None => Ok(listed(state)),
            Some(at) => self.state_at(at).map(|state| listed(&state)).map_err(failed),
        }
    }

    fn whereabouts(&self, state: &State, text: &str, at: Option<Timestamp>) -> Result<Whereabouts, AskError> {
        let text: String = text.chars().take(LONGEST_TEXT).collect();
        match at {
            None => Ok(whereabouts(state, &text)),
            Some(at) => self.state_at(at).map(|state| whereabouts(&state, &text)).map_err(failed),
        }
    }

    fn history(&self, state: &State, request: HistoryRequest) -> Result<History, AskError> {
        let HistoryRequest { entity, metric, range, step_secs } = request;
        check_size(range, step_secs)?;
        let entity = on_air(state, (&entity, metric))?.unwrap_or(entity);
        let by_name = state.device(&entity.device).is_none();
        let name = entity.device.as_str().to_owned();
        let entity = EntityKey { device: self.device_id(state, &entity)?, ..entity };
        // Whoever asks by name means the place: what stood there before is its history.
        let predecessors = if by_name { state.predecessors(&entity.device) } else { Vec::new() };
        // A past may have been imported under the name, before the device was known by anything better.
        let label = by_name.then(|| DeviceId::new(&name)).filter(|name| *name != entity.device);
        let before = |device: &DeviceId| EntityKey { device: device.clone(), part: entity.part.clone() };
        let entities: Vec<EntityKey> =
            std::iter::once(entity.clone()).chain(predecessors.into_iter().chain(&label).map(before)).collect();
        let named = Metric::NAMED.contains(&metric);
        let metrics = if named { Metric::NAMED.as_slice() } else { std::slice::from_ref(&metric) };
        let series = Series { store: &**self.store(), entities: &entities, metrics };
        let found = series.read(range, (Resolution::of(range, step_secs), step_secs)).map_err(failed)?;
        if found.bands.iter().all(|band| band.value.is_none()) {
            if named { self.check_named(&entities)? } else { self.check_part(state, &entities)? }
        }
        let devices: Vec<DeviceId> = entities.iter().map(|entity| entity.device.clone()).collect();
        let gaps = gaps::gaps(&**self.store(), &devices, (&found.bands, range.to.min(state.now()))).map_err(failed)?;
        let summary = series.summary(&found, range).map_err(failed)?;
        let (series, resolution) = (series_name::print(&entity, metric), found.resolution.word().to_owned());
        Ok(History { series, metric, resolution, points: found.bands, summary, gaps })
    }

    /// Refuses an interface that the device has not and of which nothing was ever kept.
    fn check_part(&self, state: &State, entities: &[EntityKey]) -> Result<(), AskError> {
        let Some((entity, part)) = entities.first().and_then(|entity| Some((entity, entity.part.as_ref()?))) else {
            return Ok(());
        };
        if state.device(&entity.device).is_some_and(|device| port_names(device).contains(part))
            || self.store().entities().map_err(failed)?.iter().any(|known| entities.contains(known))
        {
            return Ok(());
        }
        Err(AskError::Refused(format!("{} has no interface `{part}`", state.name_of(&entity.device))))
    }

    /// Refuses a name under which nothing was ever kept: it is a metric misspelt.
    fn check_named(&self, entities: &[EntityKey]) -> Result<(), AskError> {
        let known = self.store().entities().map_err(failed)?;
        if known.iter().any(|known| entities.contains(known)) {
            return Ok(());
        }
        let name =
            entities.first().and_then(|entity| entity.part.as_deref()).and_then(split_named_part).map_or("", |(_, name)| name);
        let metrics: Vec<&str> =
            Metric::ALL.into_iter().filter(|metric| !Metric::NAMED.contains(metric)).map(Metric::name).collect();
        let metrics = metrics.join(" ");
        Err(AskError::Refused(format!("there is no series `{name}` there; metrics are {metrics} and sensor:NAME")))
    }

    /// The device that was named by id or by a name; one that the state forgot may still have a past.
    fn device_id(&self, state: &State, entity: &EntityKey) -> Result<DeviceId, AskError> {
        let name = entity.device.as_str();
        match state.find(name) {
            Ok(device) => Ok(device.id.clone()),
            Err(several) if !several.is_empty() => {
                let ids: Vec<&str> = several.iter().map(DeviceId::as_str).collect();
                Err(AskError::Refused(format!("{name} is the name of several devices; use an id: {}", ids.join(", "))))
            }
            Err(_) => {
                let known = self.store().entities().map_err(failed)?;
                let remembered = known.iter().any(|known| known.device == entity.device);
                let unknown = || AskError::Refused(format!("there is no device {name}, neither by id nor by name"));
                remembered.then(|| entity.device.clone()).ok_or_else(unknown)
            }
        }
    }

    fn diff(&self, from: Timestamp, to: Timestamp) -> Result<Vec<crate::engine::command::DiffRow>, AskError> {
        let before = self.state_at(from).map_err(failed)?;
        let after = self.state_at(to).map_err(failed)?;
        Ok(diff::diff(&before, &after))
    }

    fn backup(&self, to: &Path) -> Result<Answer, AskError> {
        self.store().backup(to).map_err(failed)?;
        verify(&SledStore::open_read_only(to).map_err(failed)?)
    }

    /// What the store holds.
    pub(in crate::engine) fn store_summary(&self) -> Result<StoreSummary, AskError> {
        let stats = self.store().stats().map_err(failed)?;
        Ok(StoreSummary {
            bytes: stats.bytes,
            series: stats.series,
            samples: stats.samples,
            bytes_per_sample: stats.bytes_per_sample,
            events: stats.events,
            periods: stats.periods.into_iter().map(|period| (period.name, period.bytes, period.samples)).collect(),
            journal_bytes: stats.journal_bytes,
            checkpoints: stats.checkpoints,
            flows: stats.flows,
            flow_bytes: stats.flow_bytes,
            logs: stats.logs,
            log_bytes: stats.log_bytes,
            lost: stats.lost,
            set_aside: stats.set_aside.iter().map(|path| path.display().to_string()).collect(),
            newest: stats.newest,
        })
    }
}
