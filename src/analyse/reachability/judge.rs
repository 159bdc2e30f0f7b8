//! The verdict on every silent device.

use super::look::{Look, look};
use super::net::{Net, Pass, Place, Sign, Silence};
use super::spread::{Label, Part, Reach, Spread, key};
use super::world::{First, Says, World};
use crate::model::Timestamp;

/// What is the matter with a silent device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is down itself.
    Down(Why),
    /// Every way to it goes through what is down: [`Judged::labels`] says what.
    Behind,
    /// Who stands between it and us has to be asked first: these.
    Wait(Vec<Place>),
}

/// Why a device counts as down itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// This way to it lives.
    Way(usize),
    /// The living end of this way says that its port went down.
    Port(usize),
    /// Nothing is known to be on the way to it.
    Alone,
    /// It was seen to be before.
    Known,
    /// What would speak for it lived when it was last looked at, and nothing newer was to be had.
    Doubt,
    /// It is the first silent one behind what answers, or behind what fell long before it.
    Edge,
    /// Nothing around it answers, or nothing at all; of all that is silent there it is the nearest to the world.
    Nearest,
}

impl Why {
    /// Whether it is certain that the fault is its own.
    pub const fn is_certain(self) -> bool {
        matches!(self, Self::Way(_) | Self::Port(_) | Self::Alone | Self::Known)
    }
}

/// The verdicts on a network.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// By place; `None` where there is nothing to judge.
    pub verdicts: Vec<Option<Verdict>>,
    /// What each is behind, the nearest root first; also of those that are down themselves and could not be reached if they were not.
    pub labels: Vec<Vec<Label>>,
    /// When it is to be judged anew even if nothing happens.
    pub recheck: Option<Timestamp>,
}

impl Judged {
    /// What a node is behind.
    pub fn labels_of(&self, place: Place) -> &[Label] {
        self.labels.get(place).map_or(&[], Vec::as_slice)
    }

    /// The nodes from a root to a node that is behind it, without the root.
    pub fn chain(&self, place: Place, root: Place) -> Vec<(Place, Label)> {
        let mut chain = Vec::new();
        let mut at = place;
        while let Some(label) = self.labels_of(at).iter().find(|label| label.root == root) {
            chain.push((at, *label));
            at = label.from;
            if at == root || chain.len() > self.labels.len() {
                break;
            }
        }
        chain.reverse();
        chain
    }
}

/// Judges every silent node.
pub fn judge(net: &Net, now: Timestamp) -> Judged {
    let silent: Vec<(Place, Silence)> = net.places().filter_map(|place| Some((place, net.silence(place)?))).collect();
    if silent.is_empty() {
        return Judged::default();
    }
    let mut court =
        Court { net, now, world: World::of(net), verdicts: vec![None; net.len()], recheck: None, unrouted: Vec::new() };
    let mut parts: Vec<Part> = net.places().map(|place| part(net.sign(place))).collect();
    for (place, silence) in &silent {
        let verdict = court.first((*place, *silence));
        let part = match (&verdict, silence.own) {
            (Some(_), _) => Part::Fixed,
            (None, true) => Part::Own,
            (None, false) => Part::Open,
        };
        parts.get_mut(*place).into_iter().for_each(|known| *known = part);
        court.set(*place, verdict);
    }
    let spread = Spread::new(net, parts, &court.unrouted);
    court.settle(spread, &silent)
}

const fn part(sign: Sign) -> Part {
    match sign {
        Sign::Unheard => Part::Unheard,
        Sign::Here | Sign::Answers { .. } | Sign::Silent(_) => Part::Fixed,
    }
}

struct Court<'n> {
    net: &'n Net,
    now: Timestamp,
    world: World,
    verdicts: Vec<Option<Verdict>>,
    recheck: Option<Timestamp>,
    unrouted: Vec<Place>,
}

impl Court<'_> {
    fn set(&mut self, place: Place, verdict: Option<Verdict>) {
        self.verdicts.get_mut(place).into_iter().for_each(|known| known.clone_from(&verdict));
    }

    /// What the device's own ways say; `None` where it may be behind something.
    fn first(&mut self, (place, silence): (Place, Silence)) -> Option<Verdict> {
        let found = look(self.net, self.now, (place, silence));
        self.recheck = earlier(self.recheck, found.recheck);
        let Look { living, perhaps, ask, shut, others, unrouted, .. } = found;
        if let Some(way) = shut {
            return Some(Verdict::Down(Why::Port(way)));
        }
        if silence.own && !unrouted {
            return living.or(perhaps).map(|_| Verdict::Down(Why::Known));
        }
        if unrouted {
            self.unrouted.push(place);
            return None;
        }
        match (living, perhaps) {
            (Some(way), _) => Some(Verdict::Down(Why::Way(way))),
            (None, Some(_)) if self.now >= silence.until => Some(Verdict::Down(Why::Doubt)),
            (None, Some(_)) => Some(self.wait(silence, ask)),
            (None, None) if !others => self.shut_off((place, silence)),
            (None, None) => None,
        }
    }

    fn wait(&mut self, silence: Silence, ask: Vec<Place>) -> Verdict {
        self.recheck = earlier(self.recheck, Some(silence.until));
        Verdict::Wait(ask)
    }

    /// Nobody is known to be beside a device: what the rest of the network says. `None` where nothing answers at all.
    fn alone(&mut self, silence: Silence, why: Why) -> Option<Verdict> {
        match self.world.says(self.now, silence) {
            Says::Answers => Some(Verdict::Down(why)),
            Says::Late => Some(Verdict::Down(if why == Why::Alone { Why::Doubt } else { why })),
            Says::Perhaps => {
                let ask = self.world.ask.clone();
                Some(self.wait(silence, ask))
            }
            Says::Nothing => None,
        }
    }

    /// Nobody silent is on its way: all its links are cut, or it has none.
    fn shut_off(&mut self, (place, silence): (Place, Silence)) -> Option<Verdict> {
        let answers = |far: Place| matches!(self.net.sign(far), Sign::Answers { .. } | Sign::Here);
        let cut = self.net.counting(place).find(|(_, way, far)| matches!(way.pass, Pass::Shut(_)) && answers(*far));
        match cut {
            Some((way, ..)) => Some(Verdict::Down(Why::Port(way))),
            None if self.net.ways(place).next().is_none() => self.alone(silence, Why::Alone),
            None => None,
        }
    }

    fn settle(mut self, mut spread: Spread<'_>, silent: &[(Place, Silence)]) -> Judged {
        let down = self.with(|verdict| matches!(verdict, Verdict::Down(_)));
        let waiting = self.with(|verdict| matches!(verdict, Verdict::Wait(_)));
        spread.from(&down, Reach::All);
        spread.from(&waiting, Reach::New);
        let own: Vec<Place> =
            silent.iter().filter(|(place, silence)| silence.own && !spread.is_settled(*place)).map(|(place, _)| *place).collect();
        self.root(&mut spread, &own, Why::Known);
        loop {
            let rest: Vec<Place> = silent.iter().map(|(place, _)| *place).filter(|place| !spread.is_settled(*place)).collect();
            if rest.is_empty() {
                break;
            }
            let edge: Vec<Place> = rest.iter().copied().filter(|place| self.is_edge(&rest, *place)).collect();
            if edge.is_empty() {
                self.apart(&mut spread, rest);
            } else {
                self.root(&mut spread, &edge, Why::Edge);
            }
        }
        self.finish(spread, silent)
    }

    /// Nothing beside the rest answers. Where something does elsewhere, this part of the network has a fault of its own, and the nearest to the
    /// world stands for it; where nothing answers anywhere, one stands for all that fell with it.
    fn apart(&mut self, spread: &mut Spread<'_>, mut rest: Vec<Place>) {
        rest.sort_by_key(|place| key(self.net, *place));
        let mut first = First::of(self.net, &self.with(|verdict| matches!(verdict, Verdict::Down(_))), &rest);
        for place in rest {
            let Some(silence) = self.net.silence(place).filter(|_| !spread.is_settled(place)) else { continue };
            match (self.alone(silence, Why::Nearest), first.stands_for(self.net, place)) {
                (Some(Verdict::Wait(ask)), _) => {
                    self.set(place, Some(Verdict::Wait(ask)));
                    spread.from(&[place], Reach::New);
                }
                (None, Some(root)) => spread.apart(place, root),
                (Some(_), _) | (None, None) => {
                    self.root(spread, &[place], Why::Nearest);
                    first.push(place);
                }
            }
        }
    }

    fn with(&self, wanted: fn(&Verdict) -> bool) -> Vec<Place> {
        let judged = self.verdicts.iter().enumerate().filter_map(|(place, verdict)| Some((place, verdict.as_ref()?)));
        judged.filter(|(_, verdict)| wanted(verdict)).map(|(place, _)| place).collect()
    }

    fn root(&mut self, spread: &mut Spread<'_>, roots: &[Place], why: Why) {
        for root in roots {
            self.set(*root, Some(Verdict::Down(why)));
        }
        spread.from(roots, Reach::New);
    }

    /// Whether something else than the rest is beside it.
    fn is_edge(&self, rest: &[Place], place: Place) -> bool {
        let is_rest = |far: &Place| rest.binary_search(far).is_ok();
        self.net.counting(place).any(|(_, _, far)| self.net.sign(far) != Sign::Unheard && !is_rest(&far))
    }

    fn finish(mut self, spread: Spread<'_>, silent: &[(Place, Silence)]) -> Judged {
        let waiting = self.with(|verdict| matches!(verdict, Verdict::Wait(_)));
        for (place, silence) in silent {
            let labels = spread.labels.get(*place).map_or(&[][..], Vec::as_slice);
            if self.verdicts.get(*place).is_some_and(Option::is_some) || labels.is_empty() {
                continue;
            }
            let waits = labels.iter().all(|label| waiting.binary_search(&label.root).is_ok());
            let verdict = match (silence.own, waits) {
                (true, _) => Verdict::Down(Why::Known),
                (false, true) => Verdict::Wait(Vec::new()),
                (false, false) => Verdict::Behind,
            };
            self.set(*place, Some(verdict));
        }
        let mut labels = spread.labels;
        for own in &mut labels {
            own.retain(|label| waiting.binary_search(&label.root).is_err());
        }
        Judged { verdicts: self.verdicts, labels, recheck: self.recheck }
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
