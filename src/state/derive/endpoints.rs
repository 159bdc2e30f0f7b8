//! Endpoints are placed anew where tables, links or devices changed; only differences are events, many in one.

use super::Deriver;
use crate::analyse::endpoints::{self, Found, Placed, Seen, is_only_routed};
use crate::event::{Body, EndpointChanges, MAX_ENDPOINT_CHANGES};
use crate::model::{DeviceStatus, Endpoint, MacAddr, Sightings, Timestamp, limit};
use crate::state::State;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long an endpoint that no table has any more is remembered: bridges forget in minutes who is quiet (IEEE 802.1Q §8.8.3),
/// a computer that is switched off for the night is still the same one in the morning.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// While a discovery runs, and to forget, endpoints are looked at this often: half of the tables place everything wrongly.
const PACE: Duration = Duration::from_secs(600);

/// And no more often where single devices are read anew: a look costs a tenth of a second in a network of 5,000 devices.
const LEAST: Duration = Duration::from_secs(10);

/// What a look at all tables brought.
#[derive(Default)]
struct News {
    seen: Vec<Endpoint>,
    gone: Vec<MacAddr>,
    unseen: BTreeMap<MacAddr, Timestamp>,
}

impl Deriver<'_> {
    /// Places all endpoints and derives what differs.
    pub(super) fn endpoints(&mut self) {
        if !self.state.are_endpoints_due(self.at) {
            return;
        }
        self.state.endpoints_dirty = false;
        if self.state.sightings.is_empty() && self.state.endpoints.is_empty() {
            return;
        }
        self.state.endpoints_at = self.at;
        let found = self.state.place_endpoints();
        if found.beyond > 0 {
            limit::ENDPOINTS.beyond(usize::try_from(found.beyond).unwrap_or(usize::MAX));
        }
        let News { seen, gone, unseen } = self.state.compare_endpoints(&found, self.at);
        if *self.state.unseen != unseen {
            self.state.unseen = Arc::new(unseen);
        }
        self.emit_endpoints(seen, gone);
    }

    fn emit_endpoints(&mut self, seen: Vec<Endpoint>, gone: Vec<MacAddr>) {
        let (mut seen, mut gone) = (seen.into_iter(), gone.into_iter());
        while seen.len() + gone.len() > 0 {
            let seen: Vec<Endpoint> = seen.by_ref().take(MAX_ENDPOINT_CHANGES).collect();
            let gone: Vec<MacAddr> = gone.by_ref().take(MAX_ENDPOINT_CHANGES).collect();
            self.emit(Body::Endpoints(Box::new(EndpointChanges { seen, gone })));
        }
    }
}

impl State {
    fn are_endpoints_due(&self, at: Timestamp) -> bool {
        let run = self.progress.as_ref().filter(|progress| progress.running).map(|progress| progress.started_at);
        let since = run.unwrap_or_default().max(self.endpoints_at);
        let passed = at.since(since);
        let news = self.endpoints_dirty && run.is_none() && passed >= LEAST;
        news || passed >= PACE && (self.endpoints_dirty || !self.endpoints.is_empty())
    }

    fn place_endpoints(&self) -> Found {
        let nothing = Sightings::default();
        let seen: Vec<Seen<'_>> = self
            .devices
            .values()
            .map(|device| {
                let sightings = self.sightings.get(&device.id).map(AsRef::as_ref);
                let read = self.reads.get(&device.id);
                // A table that could never be read is as good as none; one that was not read yet may place what hangs there.
                let none = sightings.is_some() && read.is_none_or(|read| read.fdb.last.is_none());
                let sightings = sightings.unwrap_or(&nothing);
                Seen {
                    device: device.as_ref(),
                    fdb: sightings.fdb.as_deref().or(none.then_some(&[])),
                    arp: sightings.arp.as_deref().unwrap_or_default(),
                    arp_at: read.and_then(|read| read.arp.last).unwrap_or_default(),
                }
            })
            .collect();
        endpoints::resolve(&seen, self.links.values().map(AsRef::as_ref), self.neighbours.values().map(AsRef::as_ref))
    }

    /// Both are sorted by address: one walk over both.
    fn compare_endpoints(&self, found: &Found, at: Timestamp) -> News {
        let mut news = News::default();
        let mut known = self.endpoints.values().map(AsRef::as_ref).peekable();
        for placed in &found.endpoints {
            while let Some(missing) = known.next_if(|known| known.mac < placed.mac) {
                self.missing_endpoint(missing, (found, at), &mut news);
            }
            let known = known.next_if(|known| known.mac == placed.mac);
            let kept = known.filter(|known| self.is_kept_at(known, placed, (found, at)));
            if let Some(kept) = kept {
                self.note_unseen(kept, &mut news);
            }
            if kept.is_some() || !known.is_some_and(|known| is_as_known(known, placed)) {
                news.seen.extend(self.changed_endpoint(known, (placed, kept.is_some()), (found, at)));
            }
        }
        for missing in known {
            self.missing_endpoint(missing, (found, at), &mut news);
        }
        news
    }

    fn missing_endpoint(&self, known: &Endpoint, (found, at): (&Found, Timestamp), news: &mut News) {
        if self.is_forgotten(known, found, at) {
            news.gone.push(known.mac);
        } else {
            self.note_unseen(known, news);
        }
    }

    /// Whether an endpoint stays where a forwarding table had it, although only address tables, which forget later, know it now.
    fn is_kept_at(&self, known: &Endpoint, placed: &Placed, (found, at): (&Found, Timestamp)) -> bool {
        let weaker = is_only_routed(placed.confidence) && !is_only_routed(known.confidence);
        weaker && self.can_be_there(known, found) && at.since(self.endpoint_last_seen(known)) <= KEPT
    }

    /// Whether the place of an endpoint is still one.
    fn can_be_there(&self, known: &Endpoint, found: &Found) -> bool {
        let leads_on = known.if_index.is_some_and(|if_index| found.is_uplink(&known.device, if_index));
        self.devices.contains_key(&known.device) && !leads_on
    }

    /// Notes since when an endpoint is in no table, where the table that had it was read since the start.
    fn note_unseen(&self, known: &Endpoint, news: &mut News) {
        let noted = self.unseen.get(&known.mac).copied();
        let missed = || {
            let sightings = self.sightings.get(&known.device);
            let read = sightings.is_some_and(|tables| match is_only_routed(known.confidence) {
                true => tables.arp.is_some(),
                false => tables.fdb.is_some(),
            });
            let before = self.table_of(known).and_then(|table| table.before);
            read.then(|| before.map_or(known.last_seen, |before| before.max(known.last_seen)))
        };
        news.unseen.extend(noted.or_else(missed).map(|since| (known.mac, since)));
    }

    fn is_forgotten(&self, known: &Endpoint, found: &Found, at: Timestamp) -> bool {
        let lost = found.is_no_endpoint(known.mac) || !self.can_be_there(known, found);
        let up = self.conditions.get(&known.device).is_some_and(|condition| condition.status == DeviceStatus::Up);
        let waits = up && !self.unseen.contains_key(&known.mac);
        lost || !waits && at.since(self.endpoint_last_seen(known)) > KEPT
    }

    /// The endpoint as it is now, where that is news.
    fn changed_endpoint(
        &self,
        known: Option<&Endpoint>,
        (placed, kept): (&Placed, bool),
        (found, at): (&Found, Timestamp),
    ) -> Option<Endpoint> {
        let mut now = Endpoint {
            mac: placed.mac,
            addresses: placed.addresses.clone(),
            device: placed.device.clone(),
            if_index: placed.if_index,
            vlan: placed.vlan,
            confidence: placed.confidence,
            first_seen: at,
            last_seen: at,
        };
        let read = self.table_of(&now).and_then(|table| table.last).unwrap_or(at);
        (now.first_seen, now.last_seen) = (read, read);
        let Some(known) = known else { return Some(now) };
        if kept {
            now = Endpoint { addresses: now.addresses, ..known.clone() };
        } else if (&known.device, known.if_index) == (&now.device, now.if_index) {
            now.first_seen = known.first_seen;
        }
        if now.addresses.is_empty() {
            // Routers forget as well; an address that nobody else has is still its own.
            let is_its = |address: &&std::net::IpAddr| found.owners.get(address).is_none_or(|owner| *owner == known.mac);
            now.addresses = known.addresses.iter().filter(is_its).copied().collect();
        }
        let same = Endpoint { last_seen: known.last_seen, ..now.clone() } == *known;
        (!same).then_some(now)
    }
}

/// Whether nothing about an endpoint is news; most are so most of the time.
fn is_as_known(known: &Endpoint, placed: &Placed) -> bool {
    (&known.device, known.if_index, known.vlan) == (&placed.device, placed.if_index, placed.vlan)
        && known.confidence.to_bits() == placed.confidence.to_bits()
        && known.addresses == placed.addresses
}
