//! Who talks most: sums of flows by any keys, filtered, with curves and what was the same time earlier.
//!
//! Pure. Flows come as records or as talks of a stretch, whichever a [`Source`] has of the range; both are looked at through [`flow::Flow`].
//! It knows no store and no names. Start at [`top`], then `keys` (what a flow counts for), `walk` (how flows are gone
//! through), `groups` (sums), `fields` (what a filter may name), `plan` (which stretches make up a range).

pub mod fields;
mod flow;
mod groups;
mod keys;
pub mod plan;
#[cfg(test)]
mod tests;
mod walk;

pub use fields::{FLOW_COLUMNS, Question};

use crate::model::flow::{FlowColumns, FlowTime, TalkSum, TopAnswer, TopRequest, TopRow};
use crate::model::{TimeRange, Timestamp};
use crate::query::filter::FilterError;
use groups::{Curves, Earlier, Groups, less};
use keys::Coder;
use std::net::IpAddr;
use std::time::Duration;
use walk::Walk;

/// Keys of one request at most.
pub const MOST_KEYS: usize = 12;

/// Rows of one answer at most.
pub const MOST_ROWS: usize = 10_000;

/// Points of a curve at most: more than a screen is wide.
pub const MOST_STEPS: usize = 2_000;

/// Curves of one answer at most: rows times points, 40 MB.
const MOST_POINTS: usize = 10_000_000;

/// Flows, as a source has them.
#[derive(Clone, Copy)]
pub enum Chunk<'a> {
    /// A stretch of time, summed up.
    Time(&'a FlowTime),
    /// Records, received in one minute.
    Records(&'a FlowColumns),
}

/// What a source looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// By whole stretches.
    pub range: TimeRange,
    /// `records`, `1m`, `1h` or `1d`
    pub resolution: &'static str,
}

/// Where flows come from.
pub trait Source {
    /// Goes through the flows of a range. `None` where nothing of it is kept.
    ///
    /// Errors: a sentence.
    fn scan(&self, range: TimeRange, visit: &mut dyn FnMut(Chunk<'_>)) -> Result<Option<Looked>, String>;
}

/// In which country an address is, by its ISO code.
pub type Country<'a> = &'a dyn Fn(IpAddr) -> Option<String>;

/// What a request can't be answered for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The filter is faulty.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// Something else about the request is.
    #[error("{0}")]
    Request(String),
    /// What is kept can't be read.
    #[error("{0}")]
    Source(String),
}

/// Checks a request; what it needs of flows.
pub fn question(request: &TopRequest, now: Timestamp) -> Result<Question, Refusal> {
    let refuse = |what: String| Err(Refusal::Request(what));
    if request.by.is_empty() || request.by.len() > MOST_KEYS {
        return refuse(format!("flows are summed up by one to {MOST_KEYS} keys, not by {}", request.by.len()));
    }
    if request.range.from > request.range.to {
        return refuse("the range ends before it begins".to_owned());
    }
    Question::new(request, now).map_err(Refusal::from)
}

/// Answers a request out of what a source has.
///
/// Errors: the request is faulty, or the source can't be read.
pub fn top(
    request: &TopRequest,
    (question, source): (&Question, &dyn Source),
    country: Country<'_>,
) -> Result<TopAnswer, Refusal> {
    let scan = |range: TimeRange, visit: &mut dyn FnMut(Chunk<'_>)| source.scan(range, visit).map_err(Refusal::Source);
    let mut coder = Coder::new(&request.by, country);
    let mut groups = Groups::default();
    let mut walk = Walk::new(question, &mut coder);
    let looked = scan(request.range, &mut |chunk| walk.chunk(chunk, &mut groups))?;
    let unmatched = walk.unmatched();
    let (range, resolution) = looked.map_or((request.range, ""), |looked| (looked.range, looked.resolution));
    let limit = request.limit.min(MOST_ROWS);
    let sums = groups.largest(limit);
    let secs = seconds(range);
    let mut answer = TopAnswer {
        groups: groups.len() as u64,
        total: groups.total,
        not_kept: groups.not_kept,
        range: Some(range),
        resolution: resolution.to_owned(),
        ..TopAnswer::default()
    };
    let sides = if coder.is_two_sided() { 2 } else { 1 };
    answer.other = groups.other(&sums, sides);
    answer.fault = fault(question, &unmatched);
    answer.rows = sums.iter().map(|(code, sum)| row(&coder, *code, (sum, &groups.total, secs))).collect();
    let steps = request.steps.min(MOST_STEPS).min(MOST_POINTS / sums.len().max(1));
    if steps > 0 && !request.by.is_empty() {
        let mut curves = Curves::new(&sums, (range, steps));
        let mut walk = Walk::new(question, &mut coder);
        scan(request.range, &mut |chunk| walk.chunk(chunk, &mut curves))?;
        answer.steps = curves.steps();
        answer.total_curve = curves.total();
        answer.rows.iter_mut().enumerate().for_each(|(place, row)| row.curve = curves.of(place));
    }
    if let Some(ago) = request.compare_secs {
        let ago = Duration::from_secs(u64::from(ago));
        let then = TimeRange { from: request.range.from.minus(ago), to: request.range.to.minus(ago) };
        let mut earlier = Earlier::new(&sums);
        let mut walk = Walk::new(question, &mut coder);
        let kept = scan(then, &mut |chunk| walk.chunk(chunk, &mut earlier))?.is_some();
        let octets = |place: usize| kept.then(|| earlier.of(place));
        answer.rows.iter_mut().enumerate().for_each(|(place, row)| row.earlier_octets = octets(place));
    }
    Ok(answer)
}

fn row(coder: &Coder<'_>, code: keys::Code, (sum, total, secs): (&TalkSum, &TalkSum, f64)) -> TopRow {
    let keys = coder.values(code);
    TopRow {
        names: vec![None; keys.len()],
        keys,
        device: None,
        sum: *sum,
        bps: figure(sum.octets) * 8.0 / secs,
        share: if total.octets == 0 { 0.0 } else { figure(sum.octets) / figure(total.octets) },
        curve: Vec::new(),
        earlier_octets: None,
    }
}

/// What the answer can't tell.
fn fault(question: &Question, unmatched: &TalkSum) -> Option<String> {
    if unmatched.octets == 0 && unmatched.flows == 0 {
        return None;
    }
    let fields = question.beyond_rest().join(", ");
    Some(format!(
        "whether {} octets of conversations that were too small to be kept match ({fields}) can't be told any more: they are left out",
        unmatched.octets
    ))
}

/// Seconds of a range; a second at least.
fn seconds(range: TimeRange) -> f64 {
    range.to.since(range.from).as_secs_f64().max(1.0)
}

#[allow(clippy::cast_precision_loss, reason = "a rate or a share for people")]
fn figure(octets: u64) -> f64 {
    octets as f64
}

/// A sum without another.
pub fn without(sum: &TalkSum, other: &TalkSum) -> TalkSum {
    less(sum, other)
}
