//! Who talked most: out of the running minute and the store.

use super::flow_filter::{self, Book};
use super::flow_names::Names;
use super::reader::Reader;
use crate::analyse::talkers::{self, Chunk, FLOW_COLUMNS, Looked, Question, Refusal, Source, plan};
use crate::engine::handle::AskError;
use crate::history::Store;
use crate::model::flow::{FlowLevel, FlowTime, TopAnswer, TopKey, TopRequest};
use crate::model::{TimeRange, Timestamp};
use crate::state::State;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

/// Records that are gone through where only they can tell: some ten seconds. Beyond that stretches tell what they can.
const MOST_RECORDS: u64 = 100_000_000;

/// Records that are gone through where stretches tell almost the same: some tenths of a second.
const FEW_RECORDS: u64 = 3_000_000;

/// A range that begins so little before the first record that is kept is still told by records.
const SLACK: Duration = Duration::from_secs(60);

/// Keys that need the user's database.
const COUNTRIES: [TopKey; 3] = [TopKey::Country, TopKey::SrcCountry, TopKey::DstCountry];

/// What the store and the running minute have.
struct Kept<'a> {
    store: &'a dyn Store,
    running: Option<&'a FlowTime>,
    now: Timestamp,
    question: &'a Question,
    steps: usize,
}

impl Reader {
    /// Answers who talked most to somebody who asks by names: of devices and ports in the filter, and in the answer.
    pub(super) fn top_by_names(&self, state: &State, request: &TopRequest) -> Result<TopAnswer, AskError> {
        let ledger = self.ledger_for(request.range.to);
        let book = Book { state, ledger: &ledger };
        let filter = flow_filter::resolve(&request.filter, book, FLOW_COLUMNS).map_err(|error| refused(error.into()))?;
        let mut answer = self.top(state, &TopRequest { filter, ..request.clone() })?;
        let mut rows = std::mem::take(&mut answer.rows);
        let names = Names::for_rows(state, &ledger, rows.iter());
        rows.iter_mut().for_each(|row| names.fill(&request.by, row));
        drop(names);
        answer.rows = rows;
        Ok(answer)
    }

    /// Answers who talked most. The filter names nothing but what flows know.
    pub(super) fn top(&self, state: &State, request: &TopRequest) -> Result<TopAnswer, AskError> {
        let now = state.now().max(request.range.to.min(Timestamp(i64::MAX / 2)));
        let question = talkers::question(request, now).map_err(refused)?;
        let countries = self.countries();
        if countries.is_none() && request.by.iter().any(|key| COUNTRIES.contains(key)) {
            let why = "no country is known: name a MaxMind database as country_file in [flows] of the configuration";
            return Err(AskError::Refused(why.to_owned()));
        }
        let running = self.running().now();
        let kept = Kept { store: &**self.store(), running: running.as_deref(), now, question: &question, steps: request.steps };
        let country = |address| countries.and_then(|countries| countries.of(address));
        talkers::top(request, (&question, &kept), &country).map_err(refused)
    }
}

fn refused(refusal: Refusal) -> AskError {
    match refusal {
        Refusal::Filter(_) | Refusal::Request(_) => AskError::Refused(refusal.to_string()),
        Refusal::Source(why) => AskError::Failed(why),
    }
}

impl Source for Kept<'_> {
    fn scan(&self, range: TimeRange, visit: &mut dyn FnMut(Chunk<'_>)) -> Result<Option<Looked>, String> {
        let scanned = if self.by_records(range)? { self.records(range, visit) } else { self.stretches(range, visit) };
        scanned.map_err(|error| error.to_string())
    }
}

impl Kept<'_> {
    /// Whether records answer better: only they can, or what was cut off stretches can't and there are few of them.
    fn by_records(&self, range: TimeRange) -> Result<bool, String> {
        if self.question.is_told_by_rest() {
            return Ok(false);
        }
        let kept = self.store.flow_records_kept(range).map_err(|error| error.to_string())?;
        let begins = kept.span.is_some_and(|span| span.from <= range.from.plus(SLACK));
        let most = if self.question.needs_records() { MOST_RECORDS } else { FEW_RECORDS };
        Ok(begins && (1..=most).contains(&kept.rows))
    }

    fn records(&self, range: TimeRange, visit: &mut dyn FnMut(Chunk<'_>)) -> Result<Option<Looked>, crate::history::StoreError> {
        self.store.flow_records_scan(range, self.question.fields(), &mut |columns| {
            visit(Chunk::Records(columns));
            ControlFlow::Continue(())
        })?;
        let to = range.to.min(self.now).max(range.from);
        Ok(Some(Looked { range: TimeRange { from: range.from, to }, resolution: "records" }))
    }

    fn stretches(
        &self,
        range: TimeRange,
        visit: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Option<Looked>, crate::history::StoreError> {
        let pieces = self.plan(range)?;
        for (level, starts) in &pieces {
            self.store.flow_talks_scan(*level, *starts, &mut |time| {
                visit(Chunk::Time(time));
                ControlFlow::Continue(())
            })?;
        }
        let running = self.running.filter(|running| running.start < range.to && range.from < running.end());
        let running = running.filter(|running| !running.talks.is_empty());
        if let Some(running) = running {
            visit(Chunk::Time(running));
        }
        let begins = pieces.first().map(|(_, starts)| starts.from).into_iter().chain(running.map(|running| running.start));
        let ends = pieces.last().map(|(level, starts)| Timestamp(starts.to.0 + level.millis()));
        let ends = ends.into_iter().chain(running.map(|running| running.end().min(self.now)));
        let level = pieces.iter().map(|(level, _)| *level).max().unwrap_or_default();
        let (Some(first), Some(last)) = (begins.min(), ends.max()) else { return Ok(None) };
        // What is missing at either end is silence, not a shorter range.
        let (from, to) = (FlowLevel::Minute.start_of(range.from).min(first), range.to.min(self.now).max(last));
        Ok(Some(Looked { range: TimeRange { from, to }, resolution: level.word() }))
    }

    fn plan(&self, range: TimeRange) -> Result<Vec<plan::Piece>, crate::history::StoreError> {
        let coarsest = plan::coarsest(range, self.steps);
        let mut kept = plan::Kept::new();
        for level in FlowLevel::ALL {
            // The longer stretch that a time lies in begins before it.
            let within = TimeRange { from: FlowLevel::Day.start_of(range.from), to: range.to };
            let starts: BTreeSet<Timestamp> = self.store.flow_talks_starts(level, within)?.into_iter().collect();
            kept.insert(level, starts);
        }
        Ok(plan::cover(range, (&kept, coarsest)))
    }
}
