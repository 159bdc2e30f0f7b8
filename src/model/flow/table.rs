//! Adding flows up to [`Talks`], bounded: when there are too many conversations the smaller ones are cut, and stay in the totals.

use super::record::{FlowAddr, FlowRecord};
use super::sums::{MOST_ENTRIES, SumTable, TOGETHER};
use super::talk::{TalkKey, TalkSum, Talks};

/// So many times the limit of rows are held before the smaller are cut: the more, the seldomer that is.
const SLACK: usize = 4;

/// So many times fewer entries than rows has each list of what was cut.
const ROWS_PER_CUT: usize = 4;

/// Each list of what was cut has room for so many in any case.
const LEAST_CUT: usize = 64;

/// What was cut from the rows.
#[derive(Clone, Debug, Default)]
struct Cut {
    most: usize,
    rest: SumTable<TalkKey>,
    src: SumTable<FlowAddr>,
    dst: SumTable<FlowAddr>,
    port: SumTable<(u8, u16)>,
    src_as: SumTable<u32>,
    dst_as: SumTable<u32>,
}

impl Cut {
    /// Adds to what has no ends. Of more combinations than there is room for the exporter alone stays: none is lost from the totals.
    fn rest(&mut self, key: &TalkKey, sum: &TalkSum) {
        if !self.rest.add_within(&key.without_ends(), (sum, self.most)) {
            self.rest.add(&key.exporter_only(), sum);
        }
    }

    /// Adds a row.
    fn row(&mut self, key: &TalkKey, sum: &TalkSum) {
        self.rest(key, sum);
        one_side(&mut self.src, &key.src, (sum, self.most));
        one_side(&mut self.dst, &key.dst, (sum, self.most));
        one_side(&mut self.port, &(key.protocol, key.port), (sum, self.most));
        one_side(&mut self.src_as, &sum.src_as, (sum, self.most));
        one_side(&mut self.dst_as, &sum.dst_as, (sum, self.most));
    }

    /// Keeps the lists to their limit.
    fn bound(&mut self) {
        self.src.keep_largest(self.most, |_| {});
        self.dst.keep_largest(self.most, |_| {});
        self.port.keep_largest(self.most, |_| {});
        self.src_as.keep_largest(self.most, |_| {});
        self.dst_as.keep_largest(self.most, |_| {});
    }

    fn clear(&mut self) {
        self.rest.clear();
        self.src.clear();
        self.dst.clear();
        self.port.clear();
        self.src_as.clear();
        self.dst_as.clear();
    }
}

/// Adds to a list; where it is twice as long as it may be its smaller half goes.
fn one_side<K: super::sums::SumKey>(list: &mut SumTable<K>, key: &K, (sum, most): (&TalkSum, usize)) {
    list.add(key, sum);
    if list.len() >= 2 * most {
        list.keep_largest(most, |_| {});
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct TalkTable {
    limit: usize,
    rows: SumTable<TalkKey>,
    cut: Cut,
}

impl TalkTable {
    /// For talks of at most `limit` rows, and a quarter as many in each list of what was cut.
    pub fn new(limit: usize) -> Self {
        let limit = limit.min(MOST_ENTRIES / SLACK);
        Self { limit, rows: SumTable::default(), cut: Cut { most: (limit / ROWS_PER_CUT).max(LEAST_CUT), ..Cut::default() } }
    }

    /// Whether nothing was added since the last [`Self::take`].
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.cut.rest.is_empty()
    }

    /// Conversations that are told apart now.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a record of the exporter with this index.
    pub fn add(&mut self, exporter: u16, record: &FlowRecord) {
        self.add_sum(&TalkKey::of(exporter, record), &TalkSum::of(record));
    }

    /// Adds many: as [`Self::add`], and faster.
    pub fn add_all(&mut self, flows: &[(u16, FlowRecord)]) {
        for flows in flows.chunks(TOGETHER) {
            self.rows.add_all(flows, |(exporter, record)| (TalkKey::of(*exporter, record), TalkSum::of(record)));
            if self.rows.len() > self.limit.saturating_mul(SLACK) {
                self.cut_rows();
            }
        }
    }

    /// Adds to the sum of a conversation.
    pub fn add_sum(&mut self, key: &TalkKey, sum: &TalkSum) {
        self.rows.add(key, sum);
        if self.rows.len() > self.limit.saturating_mul(SLACK) {
            self.cut_rows();
        }
    }

    fn cut_rows(&mut self) {
        let cut = &mut self.cut;
        self.rows.keep_largest(self.limit, |(key, sum)| cut.row(key, sum));
    }

    /// Adds talks whose exporter `n` is `exporters[n]` here; without an entry it keeps its number.
    pub fn merge(&mut self, talks: &Talks, exporters: &[u16]) {
        let here = |key: &TalkKey| {
            let exporter = exporters.get(usize::from(key.exporter)).copied().unwrap_or(key.exporter);
            TalkKey { exporter, ..*key }
        };
        talks.rows.iter().for_each(|(key, sum)| self.add_sum(&here(key), sum));
        let cut = &mut self.cut;
        talks.rest.iter().for_each(|(key, sum)| cut.rest(&here(key), sum));
        talks.cut_src.iter().for_each(|(key, sum)| one_side(&mut cut.src, key, (sum, cut.most)));
        talks.cut_dst.iter().for_each(|(key, sum)| one_side(&mut cut.dst, key, (sum, cut.most)));
        talks.cut_port.iter().for_each(|(key, sum)| one_side(&mut cut.port, key, (sum, cut.most)));
        talks.cut_src_as.iter().for_each(|(key, sum)| one_side(&mut cut.src_as, key, (sum, cut.most)));
        talks.cut_dst_as.iter().for_each(|(key, sum)| one_side(&mut cut.dst_as, key, (sum, cut.most)));
    }

    /// What was added, cut to the limit; it stays in the table.
    pub fn talks(&mut self) -> Talks {
        self.cut_rows();
        self.cut.bound();
        Talks {
            rows: self.rows.entries().to_vec(),
            rest: self.cut.rest.entries().to_vec(),
            cut_src: self.cut.src.entries().to_vec(),
            cut_dst: self.cut.dst.entries().to_vec(),
            cut_port: self.cut.port.entries().to_vec(),
            cut_src_as: self.cut.src_as.entries().to_vec(),
            cut_dst_as: self.cut.dst_as.entries().to_vec(),
        }
    }

    /// As [`Self::talks`]; the table is empty then.
    pub fn take(&mut self) -> Talks {
        let talks = self.talks();
        self.rows.clear();
        self.cut.clear();
        talks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::Known;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn flow(src: u32, dst: u32, octets: u64) -> FlowRecord {
        FlowRecord {
            known: Known::PROTOCOL,
            protocol: 6,
            src: FlowAddr::v4(src),
            dst: FlowAddr::v4(dst),
            octets,
            packets: octets / 100 + 1,
            sampling_interval: src % 3,
            in_if: src % 5,
            src_port: 40_000,
            dst_port: 443,
            src_as: src % 7,
            ..FlowRecord::default()
        }
    }

    fn figures(sum: &TalkSum) -> [u64; 5] {
        [sum.octets, sum.packets, sum.seen_packets, sum.flows, sum.unscaled_flows]
    }

    fn sum_of<'a>(sums: impl IntoIterator<Item = &'a TalkSum>) -> [u64; 5] {
        let mut total = TalkSum::default();
        sums.into_iter().for_each(|sum| total.merge(sum));
        figures(&total)
    }

    /// What must hold of any talks that were made of `flows`.
    fn check(talks: &Talks, flows: &[FlowRecord], limit: usize) -> Result<(), TestCaseError> {
        let whole: Vec<TalkSum> = flows.iter().map(TalkSum::of).collect();
        let (total, rows) = (sum_of(&whole), sum_of(talks.rows.iter().map(|(_, sum)| sum)));
        prop_assert_eq!(figures(&talks.total()), total);
        prop_assert!(talks.rows.len() <= limit);
        let most = (limit / ROWS_PER_CUT).max(LEAST_CUT);
        let sides: [(usize, [u64; 5]); 5] = [
            (talks.cut_src.len(), sum_of(talks.cut_src.iter().map(|(_, sum)| sum))),
            (talks.cut_dst.len(), sum_of(talks.cut_dst.iter().map(|(_, sum)| sum))),
            (talks.cut_port.len(), sum_of(talks.cut_port.iter().map(|(_, sum)| sum))),
            (talks.cut_src_as.len(), sum_of(talks.cut_src_as.iter().map(|(_, sum)| sum))),
            (talks.cut_dst_as.len(), sum_of(talks.cut_dst_as.iter().map(|(_, sum)| sum))),
        ];
        for (length, side) in sides {
            prop_assert!(length <= most);
            for ((side, rows), total) in side.iter().zip(&rows).zip(&total) {
                prop_assert!(side + rows <= *total);
            }
        }
        // No source is told to have sent more than it did.
        let (mut sent, mut told) = (BTreeMap::<FlowAddr, u64>::new(), BTreeMap::<FlowAddr, u64>::new());
        flows.iter().for_each(|flow| *sent.entry(flow.src).or_default() += flow.scaled_octets());
        talks.rows.iter().for_each(|(key, sum)| *told.entry(key.src).or_default() += sum.octets);
        talks.cut_src.iter().for_each(|(src, sum)| *told.entry(*src).or_default() += sum.octets);
        for (src, octets) in told {
            prop_assert!(octets <= sent.get(&src).copied().unwrap_or(0));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn cutting_and_merging_never_changes_a_total(
            ends in prop::collection::vec((0u32..200, 0u32..300, 0u64..1_000_000), 0..1500),
            limit in 0usize..80,
            parts in 1usize..4,
        ) {
            let flows: Vec<FlowRecord> = ends.into_iter().map(|(src, dst, octets)| flow(src, dst, octets)).collect();
            let mut whole = Talks::default();
            let mut minute = TalkTable::new(limit);
            for part in flows.chunks(flows.len() / parts + 1) {
                let mut second = TalkTable::new(limit * 2);
                second.add_all(&part.iter().map(|flow| (0, *flow)).collect::<Vec<_>>());
                let talks = second.take();
                check(&talks, part, limit * 2)?;
                whole.merge(&talks, (&[0], limit));
                minute.merge(&talks, &[0]);
            }
            check(&whole, &flows, limit)?;
            check(&minute.talks(), &flows, limit)?;
            check(&minute.take(), &flows, limit)?;
            whole.cut(limit / 2);
            check(&whole, &flows, limit / 2)?;
            prop_assert!(minute.is_empty());
        }
    }

    #[test]
    fn the_largest_conversations_are_kept_and_of_the_others_each_side() {
        let mut table = TalkTable::new(64);
        for number in 0..1000 {
            table.add(9, &flow(number % 50, number, if number < 30 { 1_000_000 } else { 10 }));
        }
        let talks = table.take();
        assert_eq!(talks.rows.len(), 64);
        let large = talks.rows.iter().filter(|(_, sum)| sum.octets >= 1_000_000).count();
        assert_eq!(large, 30);
        assert_eq!(talks.cut_src.len(), 50);
        assert!(talks.rest.iter().all(|(key, _)| key.exporter == 9 && key.src == FlowAddr::NONE && key.port == 0));
        assert_eq!(talks.rest.len(), 5, "one for each interface");
    }

    #[test]
    fn exporters_get_the_numbers_that_they_have_here() {
        let (mut here, mut there) = (TalkTable::new(8), TalkTable::new(8));
        here.add(0, &flow(1, 2, 100));
        there.add(0, &flow(1, 2, 10));
        there.add(1, &flow(1, 2, 1));
        here.merge(&there.take(), &[5, 0]);
        let rows: Vec<_> = here.take().rows.iter().map(|(key, sum)| (key.exporter, sum.octets)).collect();
        assert_eq!(rows, [(0, 101), (5, 10)]);
    }

    #[test]
    fn more_combinations_than_there_is_room_for_leave_the_exporter() {
        let mut table = TalkTable::new(0);
        for port in 0..1000 {
            table.add(2, &FlowRecord { in_if: port, ..flow(1, 2, 3) });
        }
        let talks = table.take();
        assert_eq!((talks.rows.len(), talks.rest.len(), talks.total().flows), (0, LEAST_CUT + 1, 1000));
        assert!(talks.rest.iter().any(|(key, sum)| *key == TalkKey { exporter: 2, ..*key }.exporter_only() && sum.flows > 900));
    }
}
