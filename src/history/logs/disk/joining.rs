//! Which indexes are joined: few large ones are searched faster than many small ones, and each line is joined a few times at most.

use super::chunk::Chunk;
use super::period::IsOver;
use std::ops::Range;
use std::sync::Arc;

/// Indexes that are joined at once.
const FAN: usize = 8;

/// Lines of the smallest kind of index.
const SMALL: u64 = 8192;

/// Lines of an index at most: to join one takes some ten seconds of a core.
const MOST: u64 = 2 << 20;

/// Lines that may be read again to join indexes that overlap.
const MOST_AGAIN: u64 = 131_072;

/// How large an index is: each kind is [`FAN`] times as large as the one before.
fn kind(count: u64) -> u32 {
    (count / SMALL).checked_ilog(FAN as u64).map_or(0, |kind| kind + 1)
}

/// Those that are to be joined next.
pub fn pick(chunks: &[Arc<Chunk>], is_over: IsOver) -> Option<Range<usize>> {
    let counts: Vec<u64> = chunks.iter().map(|chunk| chunk.name.count).collect();
    let largest = counts.iter().map(|count| kind(*count)).max()?;
    let (least, kinds) = match is_over {
        IsOver::Yes => (2, largest..=largest),
        IsOver::No => (FAN, 0..=largest),
    };
    for of in kinds {
        let mut from = 0;
        while from < chunks.len() {
            let mut sum = 0;
            let takes = |count: &&u64| {
                sum += **count;
                kind(**count) <= of && sum <= MOST
            };
            let run = counts.iter().skip(from).take_while(takes).take(FAN * 2).count();
            let range = from..from + run;
            if run >= least && can_be(chunks.get(range.clone()).unwrap_or_default()) {
                return Some(range);
            }
            from += run.max(1);
        }
    }
    None
}

/// Whether they follow on each other, or are few enough to be made again.
fn can_be(parts: &[Arc<Chunk>]) -> bool {
    let mut in_time: Vec<&Arc<Chunk>> = parts.iter().collect();
    in_time.sort_by_key(|part| part.name.first);
    follow(&in_time) || parts.iter().map(|part| part.name.count).sum::<u64>() <= MOST_AGAIN
}

/// Whether the numbers of each are behind those of the one before.
pub fn follow(parts: &[&Arc<Chunk>]) -> bool {
    parts.is_sorted_by(|a, b| a.name.last < b.name.first)
}

#[cfg(test)]
mod tests {
    use super::super::chunk::Name;
    use super::super::number::Number;
    use super::*;

    fn chunks(counts: &[u64]) -> Vec<Arc<Chunk>> {
        let mut at = 0;
        let chunk = |count: &u64| {
            let (first, last) = (Number(at), Number(at + count - 1));
            at += count;
            let name = Name { blocks: (first.0, last.0 + 1), end: at, first, last, count: *count };
            Arc::new(Chunk::new(name.folder().into(), name))
        };
        counts.iter().map(chunk).collect()
    }

    #[test]
    fn as_many_of_a_kind_are_joined_as_make_one_of_the_next() {
        let check = |counts: &[u64], is_over, expected| assert_eq!(pick(&chunks(counts), is_over), expected, "{counts:?}");
        check(&[], IsOver::No, None);
        check(&[65_536; 7], IsOver::No, None);
        check(&[65_536; 8], IsOver::No, Some(0..8));
        check(&[600_000, 10, 10, 10, 10, 10, 10, 10, 10, 65_536], IsOver::No, Some(1..9));
        check(&[1_000_000; 9], IsOver::No, None);
        check(&[65_536, 9], IsOver::Yes, Some(0..2));
        check(&[2_000_000, 2_000_000], IsOver::Yes, None);
        check(&[9], IsOver::Yes, None);
    }
}
