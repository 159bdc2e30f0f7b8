//! Whether anything answers at all, wherever it is: the evidence on whatever no way is known to.
//!
//! A device without a known link, or a part of the network in which nobody answers any more, has nobody beside it to speak for it. It is
//! down itself where something elsewhere was heard of since; where nothing answers anywhere, one fault near us explains it all.

use super::net::{Net, Place, Sign, Silence};
use super::spread::key;
use crate::model::Timestamp;

/// Who is asked at once to see whether anything answers: the nearest to the world; one may be about to fall itself.
const ASKED: usize = 2;
/// Devices that may stand for everything that is silent: beyond so many at once each is told by itself.
const MAX_FIRST: usize = 8;

/// What answers, taken together.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    /// When anything last answered.
    heard: Option<Timestamp>,
    /// The nearest of those that do not count as silent.
    pub(super) ask: Vec<Place>,
}

/// What the world says of a silent device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Something else was heard of since it fell silent: it is not everything.
    Answers,
    /// It is not known yet.
    Perhaps,
    /// It was not known in time.
    Late,
    /// Nothing answers any more.
    Nothing,
}

impl World {
    pub(super) fn of(net: &Net) -> Self {
        let mut heard: Option<Timestamp> = None;
        let mut ask: Vec<Place> = Vec::new();
        for place in net.places() {
            let Sign::Answers { heard: last, doubted } = net.sign(place) else { continue };
            heard = heard.max(last.filter(|_| !doubted));
            ask.push(place);
            if ask.len() > ASKED {
                ask.sort_by_key(|place| key(net, *place));
                ask.truncate(ASKED);
            }
        }
        Self { heard, ask }
    }

    pub(super) fn says(&self, now: Timestamp, silence: Silence) -> Says {
        let is_newer = |heard: Timestamp| silence.missed.is_none_or(|missed| heard > missed);
        match (self.heard.is_some_and(is_newer), self.ask.is_empty()) {
            (true, _) => Says::Answers,
            (false, true) => Says::Nothing,
            (false, false) if now >= silence.until => Says::Late,
            (false, false) => Says::Perhaps,
        }
    }
}

/// Devices that stand for all that fell silent with them, the nearest to the world first.
#[derive(Clone, Debug, Default)]
pub(super) struct First(Vec<Place>);

impl First {
    /// Of those that are down anyway, those that fell when the rest had answered last, or later.
    pub(super) fn of(net: &Net, down: &[Place], rest: &[Place]) -> Self {
        let heard = |place: &Place| net.silence(*place).and_then(|silence| silence.heard);
        let oldest = rest.iter().map(heard).min().flatten();
        let is_of_it = |place: &&Place| net.silence(**place).is_some_and(|silence| Some(silence.fell) >= oldest);
        let mut first: Vec<Place> = down.iter().filter(is_of_it).copied().collect();
        first.sort_by_key(|place| key(net, *place));
        first.truncate(MAX_FIRST);
        Self(first)
    }

    pub(super) fn push(&mut self, place: Place) {
        if self.0.len() < MAX_FIRST {
            self.0.push(place);
        }
    }

    /// The one that a device fell with: it has not answered since that one fell.
    pub(super) fn stands_for(&self, net: &Net, place: Place) -> Option<Place> {
        let heard = net.silence(place)?.heard;
        let is_before =
            |first: &&Place| net.silence(**first).is_some_and(|silence| heard.is_none_or(|heard| heard <= silence.fell));
        self.0.iter().find(is_before).copied()
    }
}
