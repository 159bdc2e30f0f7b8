//! Flows gone through: what the filter lets through is added to a sink, with all that it counts for.

use super::Chunk;
use super::fields::Question;
use super::flow::{Flow, RecordRow, TalkRow};
use super::groups::{Sink, less};
use super::keys::{Coder, Side, two_sided};
use crate::model::TimeRange;
use crate::model::flow::{FlowColumns, FlowTime, TalkSum};

/// See the module.
pub struct Walk<'w, 'c> {
    question: &'w Question,
    coder: &'w mut Coder<'c>,
    unmatched: TalkSum,
}

impl<'w, 'c> Walk<'w, 'c> {
    /// For a question.
    pub fn new(question: &'w Question, coder: &'w mut Coder<'c>) -> Self {
        Self { question, coder, unmatched: TalkSum::default() }
    }

    /// What was cut from stretches, of which it can't be told whether the filter lets it through.
    pub const fn unmatched(&self) -> TalkSum {
        self.unmatched
    }

    /// Goes through what a source has.
    pub fn chunk<S: Sink>(&mut self, chunk: Chunk<'_>, sink: &mut S) {
        match chunk {
            Chunk::Time(time) => self.time(time, sink),
            Chunk::Records(columns) => self.records(columns, sink),
        }
    }

    #[inline]
    fn flow<S: Sink>(&mut self, flow: &impl Flow, (sink, stretch): (&mut S, TimeRange)) {
        if self.question.matches(flow) {
            let sum = flow.sum();
            sink.total(&sum, stretch);
            self.coder.codes(flow, |code| sink.add(code, &sum, stretch));
        }
    }

    fn records<S: Sink>(&mut self, columns: &FlowColumns, sink: &mut S) {
        let stretch = TimeRange { from: columns.received, to: columns.received };
        if self.coder.needs_ports() {
            (0..columns.len()).for_each(|row| self.coder.look_at(&RecordRow { columns, row }));
        }
        for row in 0..columns.len() {
            self.flow(&RecordRow { columns, row }, (sink, stretch));
        }
    }

    fn time<S: Sink>(&mut self, time: &FlowTime, sink: &mut S) {
        let stretch = TimeRange { from: time.start, to: time.end() };
        let talks = &time.talks;
        if self.coder.needs_ports() {
            for (key, sum) in talks.rows.iter().chain(&talks.rest) {
                self.coder.look_at(&TalkRow { key, sum, exporters: &time.exporters });
            }
        }
        for (key, sum) in &talks.rows {
            self.flow(&TalkRow { key, sum, exporters: &time.exporters }, (sink, stretch));
        }
        if !self.question.is_told_by_rest() {
            talks.rest.iter().for_each(|(_, sum)| self.unmatched.merge(sum));
        } else if self.coder.is_told_by_rest() {
            for (key, sum) in &talks.rest {
                self.flow(&TalkRow { key, sum, exporters: &time.exporters }, (sink, stretch));
            }
        } else {
            self.rest(time, (sink, stretch));
        }
    }

    /// What was cut, where it tells nothing of the keys: what the lists of single sides tell counts, the others are not kept.
    fn rest<S: Sink>(&mut self, time: &FlowTime, (sink, stretch): (&mut S, TimeRange)) {
        let mut rest = TalkSum::default();
        for (key, sum) in &time.talks.rest {
            if self.question.matches(&TalkRow { key, sum, exporters: &time.exporters }) {
                sink.total(sum, stretch);
                rest.merge(sum);
            }
        }
        // The lists know nothing of what a filter asks.
        let mut told = if self.question.takes_all() { self.single_sides(time, (sink, stretch)) } else { TalkSum::default() };
        if self.coder.only().is_some_and(two_sided) {
            for figure in [&mut told.octets, &mut told.packets, &mut told.seen_packets, &mut told.flows, &mut told.unscaled_flows]
            {
                *figure /= 2;
            }
        }
        sink.not_kept(&less(&rest, &told));
    }

    /// Adds what the lists of single sides tell; returns how much that is.
    fn single_sides<S: Sink>(&mut self, time: &FlowTime, (sink, stretch): (&mut S, TimeRange)) -> TalkSum {
        let mut told = TalkSum::default();
        let talks = &time.talks;
        let mut add = |code, sum: &TalkSum| {
            if let Some(code) = code {
                sink.add(code, sum, stretch);
                told.merge(sum);
            }
        };
        for (list, side) in [(&talks.cut_src, Side::Src), (&talks.cut_dst, Side::Dst)] {
            list.iter().for_each(|(address, sum)| add(self.coder.of_address(*address, side), sum));
        }
        for (list, side) in [(&talks.cut_src_as, Side::Src), (&talks.cut_dst_as, Side::Dst)] {
            list.iter().for_each(|(number, sum)| add(self.coder.of_as(*number, side), sum));
        }
        talks.cut_port.iter().for_each(|(service, sum)| add(self.coder.of_service(*service), sum));
        told
    }
}
