//! Lines on their way to the engine: offered together, once a second or when there are many.

use crate::collect::Emitter;
use crate::event::Body;
use crate::model::log::LogBatch;
use crate::model::{LogLine, Timestamp};
use std::time::Duration;

/// Lines of a batch: some 300 KiB, and at 20,000 lines a second 20 batches.
pub const MOST_LINES: usize = 1000;

/// Nobody waits longer for a line.
pub const EVERY: Duration = Duration::from_millis(500);

/// Lines that were heard and not told yet.
#[derive(Debug, Default)]
pub struct Gather {
    lines: Vec<LogLine>,
}

impl Gather {
    /// Takes a line; returns how many were dropped, because a full batch found no room with the engine.
    pub fn add(&mut self, line: LogLine, emitter: &Emitter) -> u64 {
        self.lines.push(line);
        if self.lines.len() >= MOST_LINES { self.tell(emitter) } else { 0 }
    }

    /// Tells what was gathered once its first line is old enough.
    pub fn tell_in_time(&mut self, now: Timestamp, emitter: &Emitter) -> u64 {
        let due = self.lines.first().is_some_and(|first| now.since(first.received) >= EVERY || now < first.received);
        if due { self.tell(emitter) } else { 0 }
    }

    /// Tells everything.
    pub fn tell(&mut self, emitter: &Emitter) -> u64 {
        let lines = std::mem::take(&mut self.lines);
        let Some(at) = lines.last().map(|line| line.received) else { return 0 };
        let count = lines.len() as u64;
        if emitter.offer(at, Body::Logs(Box::new(LogBatch { lines }))) { 0 } else { count }
    }
}
