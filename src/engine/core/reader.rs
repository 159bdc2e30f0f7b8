//! Answers, live and past. Many threads may ask at once; the owner of the state is never waited for.

use super::fill::Filler;
use super::flow_answers::FlowCache;
use super::flow_ledger::Ledger;
use super::graphs::{GraphCache, Graphs};
use super::moments::OlderCache;
use super::over;
use super::past::{self, Past, Restored};
use crate::engine::country::Countries;
use crate::engine::flows::RunningFlows;
use crate::history::{Store, StoreError};
use crate::model::Timestamp;
use crate::query::{Screen, ViewRequest};
use crate::state::view::logs::LogListener;
use crate::state::view::{self, Chrome, View, ViewBody};
use crate::state::{Settings, State};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// The state at one moment and what is wrong then.
pub(in crate::engine) struct Live {
    pub(in crate::engine) state: State,
    pub(in crate::engine) notices: Vec<String>,
    pub(in crate::engine) polling: Option<PollFigures>,
    /// How the listeners for log lines do.
    pub(in crate::engine) listeners: Vec<LogListener>,
}

/// How polling goes, as the Overview shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::engine) struct PollFigures {
    pub(in crate::engine) missed_percent: f64,
    pub(in crate::engine) lag_p95_ms: Option<f64>,
    pub(in crate::engine) polls_per_second: Option<f64>,
}

/// See the module.
pub(in crate::engine) struct Reader {
    store: Arc<dyn Store>,
    site: String,
    settings: Settings,
    past: Past,
    graphs: GraphCache,
    running: Arc<RunningFlows>,
    /// What exporters tell beside flows; the engine writes, every reader reads.
    pub(super) ledger: Arc<RwLock<Arc<Ledger>>>,
    pub(super) flow_answers: FlowCache,
    pub(super) older: OlderCache,
    countries: Option<Countries>,
    /// Since when there is history, as it was looked up last; `None` before that was.
    history_from: Mutex<Option<Option<Timestamp>>>,
}

impl Reader {
    /// What the configuration says.
    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn new(store: Arc<dyn Store>, site: &str, settings: Settings) -> Self {
        Self {
            store,
            site: site.to_owned(),
            past: Past::new(settings.clone()),
            settings,
            graphs: GraphCache::default(),
            running: Arc::default(),
            ledger: Arc::default(),
            flow_answers: FlowCache::default(),
            older: OlderCache::default(),
            countries: None,
            history_from: Mutex::default(),
        }
    }

    pub(super) fn another(&self) -> Self {
        let (running, ledger) = (Arc::clone(&self.running), Arc::clone(&self.ledger));
        let countries = self.countries.clone();
        Self { running, ledger, countries, ..Self::new(Arc::clone(&self.store), &self.site, self.settings.clone()) }
    }

    /// In which country addresses are, from now on.
    pub(super) fn know_countries(&mut self, countries: Countries) {
        self.countries = Some(countries);
    }

    pub(super) const fn countries(&self) -> Option<&Countries> {
        self.countries.as_ref()
    }

    /// What is talked now.
    pub(in crate::engine) fn running(&self) -> &RunningFlows {
        &self.running
    }

    pub(in crate::engine) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The state at the end of the journal.
    pub(super) fn restore(&self) -> Result<Restored, StoreError> {
        past::restore(&*self.store, (Timestamp(i64::MAX), &self.settings), None)
    }

    /// The state at a time.
    pub(super) fn state_at(&self, at: Timestamp) -> Result<State, StoreError> {
        self.past.at(&*self.store, at).map(|restored| restored.state)
    }

    /// The answer to a request. Errors: the store can't be read.
    pub(in crate::engine) fn ask(&self, live: &Live, request: &ViewRequest) -> Result<View, StoreError> {
        match request.at {
            None => self.view(&live.state, (live, request)),
            Some(at) => {
                let (state, unread) = self.past.state(&*self.store, (at, request))?;
                let mut view = self.view(&state, (live, request))?;
                view.chrome.notices.extend(unread.sentence().filter(|what| !live.notices.contains(what)));
                Ok(view)
            }
        }
    }

    /// The same for a screen: a store that can't be read is told in the view's fault.
    pub(in crate::engine) fn answer(&self, live: &Live, request: &ViewRequest) -> View {
        self.ask(live, request).unwrap_or_else(|error| {
            let at = request.at.unwrap_or_else(|| live.state.now());
            let chrome = Chrome { fault: Some(error.to_string()), ..Chrome::default() };
            let mut view = View { chrome, body: ViewBody::Empty };
            self.chrome(&mut view.chrome, (at, live, request));
            view
        })
    }

    fn view(&self, state: &State, (live, request): (&Live, &ViewRequest)) -> Result<View, StoreError> {
        let to = request.at.unwrap_or_else(|| state.now());
        if let Some(range) = request.range.filter(|_| over::applies(request.screen)) {
            let mut view = over::answer(&*self.store, state, request, range)?;
            self.chrome(&mut view.chrome, (to, live, request));
            return Ok(view);
        }
        let mut view = match request.screen {
            Screen::Events => view::answer_with(state, request, &self.older_events(state, request)?),
            _ => view::answer(state, request),
        };
        self.chrome(&mut view.chrome, (to, live, request));
        let span = Duration::from_secs(u64::from(request.span_secs.max(1)));
        let wan = if matches!(view.body, ViewBody::Overview(_)) { view::wan_ports(state) } else { Vec::new() };
        if let (ViewBody::Overview(overview), Some(polling), None) = (&mut view.body, live.polling, request.at) {
            overview.missed_percent = Some(polling.missed_percent);
            overview.lag_p95_ms = polling.lag_p95_ms;
            overview.polls_per_second = polling.polls_per_second;
        }
        let graphs = Graphs { store: &*self.store, cache: &self.graphs, now: live.state.now() };
        Filler { graphs, to, span, compare: request.compare_secs }.fill(&mut view, &wan);
        self.fill_flows(&mut view, (state, live, request));
        self.fill_logs(&mut view, (state, live, request))?;
        self.fill_moments(&mut view, (state, live, request))?;
        Ok(view)
    }

    fn chrome(&self, chrome: &mut Chrome, (at, live, request): (Timestamp, &Live, &ViewRequest)) {
        chrome.site.clone_from(&self.site);
        chrome.at = at;
        chrome.past = request.at.is_some();
        chrome.notices.extend(live.notices.iter().cloned());
        let looked_up = *self.history_from.lock().unwrap_or_else(PoisonError::into_inner);
        chrome.history_from = looked_up.unwrap_or_else(|| self.oldest());
    }

    fn oldest(&self) -> Option<Timestamp> {
        self.store.span().ok().flatten().map(|span| span.from)
    }

    /// Looks up since when there is history, for all views that follow: it may have to wait for the disk, and they must not.
    pub(in crate::engine) fn look_up_history(&self) {
        let oldest = self.oldest();
        *self.history_from.lock().unwrap_or_else(PoisonError::into_inner) = Some(oldest);
    }
}
