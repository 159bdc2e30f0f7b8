//! What the ways of one silent device say, each by itself.

use super::net::{Net, Pass, Place, Sign, Silence};
use crate::model::Timestamp;
use std::time::Duration;

/// How long a spanning tree may take to open a blocked port after another way fell: max age and twice the forward delay of
/// IEEE 802.1D-1998 §8.10.2 are 50 s; polls see it a little later.
const CONVERGENCE: Duration = Duration::from_secs(60);

/// Nodes that are never asked and are walked through at most: behind more of them nothing is certain.
const MAX_UNHEARD: usize = 32;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// A living way, with evidence that is newer than the device's first miss.
    pub(super) living: Option<usize>,
    /// A way that lived when it was last looked at.
    pub(super) perhaps: Option<usize>,
    /// Who has to be asked to be certain.
    pub(super) ask: Vec<Place>,
    /// A living neighbour says that the port to the device went down when the device fell.
    pub(super) shut: Option<usize>,
    /// Somebody silent, or never asked, may be on the way.
    pub(super) others: bool,
    /// No router forwards to it any more.
    pub(super) unrouted: bool,
    /// When a blocked way counts as open.
    pub(super) recheck: Option<Timestamp>,
}

/// Looks at one silent device.
pub(super) fn look(net: &Net, now: Timestamp, (place, silence): (Place, Silence)) -> Look {
    let mut found = Look::default();
    let converged = converged(net, place);
    for (number, way, far) in net.counting(place) {
        match (way.pass, net.sign(far)) {
            (Pass::Shut(since), Sign::Answers { .. } | Sign::Here) => {
                if since.is_some_and(|since| silence.heard.is_some_and(|heard| since > heard)) {
                    found.shut = Some(number);
                }
            }
            (Pass::Blocked, Sign::Answers { .. } | Sign::Here) if converged.is_some_and(|at| at > now) => {
                found.recheck = found.recheck.max(converged);
            }
            (Pass::Shut(_), _) => {}
            (_, Sign::Silent(_)) => found.others = true,
            (_, Sign::Unheard) => {
                found.others = true;
                for answering in beyond(net, (place, far)) {
                    found.note(net, (number, answering), silence);
                }
            }
            (_, Sign::Answers { .. } | Sign::Here) => found.note(net, (number, far), silence),
        }
    }
    found.route(net, (place, silence));
    found
}

impl Look {
    fn note(&mut self, net: &Net, (way, far): (usize, Place), silence: Silence) {
        if is_heard_since(net.sign(far), silence) {
            self.living = self.living.or(Some(way));
        } else {
            self.perhaps = self.perhaps.or(Some(way));
            self.ask.push(far);
        }
    }

    /// A device in another network than ours needs a router that forwards to it.
    fn route(&mut self, net: &Net, (place, silence): (Place, Silence)) {
        let gateways = net.gateways(place);
        let has_fallen =
            |gateway: &Place| net.silence(*gateway).is_some_and(|theirs| silence.heard.is_none_or(|heard| heard <= theirs.fell));
        if gateways.is_empty() || gateways.iter().any(|gateway| is_heard_since(net.sign(*gateway), silence)) {
            return;
        }
        self.unrouted = gateways.iter().all(has_fallen);
        if let (false, Some(way)) = (self.unrouted, self.living) {
            (self.living, self.perhaps) = (None, Some(way));
            self.ask.extend(gateways.iter().filter(|gateway| matches!(net.sign(**gateway), Sign::Answers { .. })));
            if self.ask.is_empty() {
                // They fell long before: it was reached in another way.
                (self.living, self.perhaps) = (Some(way), None);
            }
        }
    }
}

/// Whether a node has answered since the silent one did not.
fn is_heard_since(sign: Sign, silence: Silence) -> bool {
    match sign {
        Sign::Here => true,
        Sign::Answers { heard: Some(heard), doubted: false } => silence.missed.is_none_or(|missed| heard > missed),
        Sign::Answers { .. } | Sign::Silent(_) | Sign::Unheard => false,
    }
}

/// When a tree that changes because of what is silent beside this device has come to rest; `None` where nothing beside it is.
fn converged(net: &Net, place: Place) -> Option<Timestamp> {
    let fell = net.counting(place).filter(|(_, way, _)| !matches!(way.pass, Pass::Shut(_)));
    fell.filter_map(|(_, _, far)| net.silence(far)).map(|silence| silence.fell.plus(CONVERGENCE)).max()
}

/// Those who answer behind nodes that are never asked.
fn beyond(net: &Net, (from, first): (Place, Place)) -> Vec<Place> {
    let (mut seen, mut open, mut found) = (vec![from, first], vec![first], Vec::new());
    while let Some(place) = open.pop() {
        if !net.carries(place) {
            continue;
        }
        for (_, way, far) in net.ways(place) {
            if way.pass != Pass::Open || seen.contains(&far) || seen.len() >= MAX_UNHEARD {
                continue;
            }
            seen.push(far);
            match net.sign(far) {
                Sign::Unheard => open.push(far),
                Sign::Answers { .. } | Sign::Here if net.carries(far) => found.push(far),
                Sign::Answers { .. } | Sign::Here | Sign::Silent(_) => {}
            }
        }
    }
    found
}
