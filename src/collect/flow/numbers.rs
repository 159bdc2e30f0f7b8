//! Small numbers for the exporters that are met in a stretch of time.

use crate::model::flow::ExporterKey;
use crate::model::limit;

/// Not met yet.
const NONE: u16 = u16::MAX;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// By the decoder's number.
    by_stream: Vec<u16>,
    /// Which of them are set.
    met: Vec<usize>,
    keys: Vec<ExporterKey>,
}

impl Numbers {
    /// The number that an exporter has, or gets. `None` where there are too many.
    #[inline]
    pub(super) fn of(&mut self, stream: usize, key: impl FnOnce() -> Option<ExporterKey>) -> Option<u16> {
        match self.by_stream.get(stream) {
            Some(number) if *number != NONE => Some(*number),
            _ => self.give(stream, key()?),
        }
    }

    #[cold]
    fn give(&mut self, stream: usize, key: ExporterKey) -> Option<u16> {
        let number = u16::try_from(self.keys.len()).ok().filter(|_| limit::FLOW_NUMBERS.has_room(self.keys.len()))?;
        if self.by_stream.len() <= stream {
            self.by_stream.resize(stream + 1, NONE);
        }
        *self.by_stream.get_mut(stream)? = number;
        self.met.push(stream);
        self.keys.push(key);
        Some(number)
    }

    /// The decoder's number stands for another exporter from now on.
    pub(super) fn forget(&mut self, stream: usize) {
        if let Some(number) = self.by_stream.get_mut(stream) {
            *number = NONE;
        }
    }

    /// The number that an exporter has, where it was met.
    pub(super) fn known(&self, stream: usize) -> Option<u16> {
        self.by_stream.get(stream).copied().filter(|number| *number != NONE)
    }

    /// Who was met, by number; the next ones begin anew.
    pub(super) fn take(&mut self) -> Vec<ExporterKey> {
        for stream in self.met.drain(..) {
            if let Some(number) = self.by_stream.get_mut(stream) {
                *number = NONE;
            }
        }
        std::mem::take(&mut self.keys)
    }
}
