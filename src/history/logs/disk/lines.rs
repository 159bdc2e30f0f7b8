//! The file of a period's lines: blocks that are only ever appended to. Each has its order in its head, so that damage to one moves no other.

use super::codec::{self, Packed, Unpacked};
use super::number::Number;
use crate::history::StoreError;
use crate::history::flows::file::FlowFile;
use crate::history::flows::frame::{HEAD, Head as Frame};
use crate::model::LogLine;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Lines of a block. More pack better and take longer to read one of: 128 are some 30 KB, unpacked in some 30 µs.
pub const ROWS: u64 = 128;

/// The file's name.
pub const FILE: &str = "lines.dat";

/// See the module.
pub struct Lines {
    file: FlowFile,
}

impl Lines {
    /// Opens it, or makes it; `None` where there is none and none may be made.
    pub fn open(folder: &Path, is_read_only: bool) -> Result<Option<Self>, StoreError> {
        Ok(FlowFile::open(&folder.join(FILE), is_read_only)?.map(|file| Self { file }))
    }

    /// The order that the next block gets.
    pub fn next_block(&self) -> u64 {
        self.file.places().last().and_then(|place| place.head.sources).map_or(0, |last| u64::from(last) + 1)
    }

    /// Where the block of an order begins; the end where there is none.
    pub fn end_of(&self, behind: u64) -> u64 {
        let place = self.file.first_not(|place| u64::from(place.head.sources.unwrap_or(0)) < behind);
        place.map_or_else(|| self.file.len(), |place| place.offset.saturating_sub(HEAD as u64))
    }

    /// Appends lines, durably. Returns the order of their first block and that behind their last.
    pub fn append(&self, lines: &[(Number, Arc<LogLine>)]) -> Result<(u64, u64), StoreError> {
        let first = self.next_block();
        let mut block = first;
        for some in lines.chunks(ROWS as usize) {
            let body = codec::pack(some.iter().map(|(number, line)| (*number, &**line)));
            let (rows, sources) = (some.len() as u32, u32::try_from(block).ok());
            self.file.append(Frame { rows, sources, ..Frame::default() }, &body)?;
            block += 1;
        }
        self.file.sync()?;
        Ok((first, block))
    }

    /// A block by its order; `None` where it is damaged.
    pub fn block(&self, order: u64) -> Result<Option<Unpacked>, StoreError> {
        let order_of = |place: &crate::history::flows::file::Place| u64::from(place.head.sources.unwrap_or(0));
        let place = self.file.first_not(|place| order_of(place) < order).filter(|place| order_of(place) == order);
        let Some(place) = place else { return Ok(None) };
        Ok(self.file.body(&place)?.as_deref().and_then(Unpacked::of))
    }

    /// Visits lines by their places, which rise; those that can't be read are passed over. Ends where the visit says so.
    pub fn visit(
        &self,
        places: impl Iterator<Item = (usize, u64)>,
        visit: &mut dyn FnMut(usize, &Packed<'_>) -> bool,
    ) -> Result<(), StoreError> {
        let mut places = places.peekable();
        while let Some((_, place)) = places.peek() {
            let order = place / ROWS;
            let block = self.block(order)?;
            let mut lines = block.iter().flat_map(Unpacked::lines);
            let mut row = 0;
            while let Some((at, place)) = places.next_if(|(_, place)| place / ROWS == order) {
                let wanted = place % ROWS;
                let Some(packed) = lines.nth(usize::try_from(wanted.saturating_sub(row)).unwrap_or(0)) else { continue };
                row = wanted + 1;
                if !visit(at, &packed) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The lines of some blocks, as far as they can be read, each with its place.
    pub fn read(&self, blocks: std::ops::Range<u64>) -> Result<Vec<(Number, Arc<LogLine>, u64)>, StoreError> {
        let mut read = Vec::new();
        for order in blocks {
            let Some(block) = self.block(order)? else { continue };
            let lines = (0..).zip(block.lines());
            read.extend(lines.filter_map(|(row, packed)| Some((packed.number, Arc::new(packed.line()?), order * ROWS + row))));
        }
        Ok(read)
    }

    /// The orders of its blocks, and how many lines each has.
    pub fn blocks(&self) -> Vec<(u64, u32)> {
        self.file.places().iter().filter_map(|place| Some((u64::from(place.head.sources?), place.head.rows))).collect()
    }

    /// What is the matter with it, all of it read.
    pub fn fault(&self) -> Result<Option<String>, StoreError> {
        self.file.fault()
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.file.path().to_owned()
    }
}
