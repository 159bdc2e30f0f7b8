//! Access points and clients of wireless networks, by name, address and hardware address.

use super::Search;
use crate::model::{AccessPoint, WirelessClient, WirelessReading};
use crate::state::State;
use crate::state::view::screens::{Name, NameKind};
use std::fmt::Write as _;
use std::net::IpAddr;

impl Search {
    /// Those of all controllers.
    pub(super) fn wireless(&mut self, state: &State) {
        let mut words = String::new();
        for reading in state.wireless.values() {
            for ap in &reading.access_points {
                self.access_point(ap, &mut words);
            }
            for client in &reading.clients {
                self.client((reading, client), &mut words);
            }
        }
    }

    fn access_point(&mut self, ap: &AccessPoint, words: &mut String) {
        words.clear();
        let site = ap.location.as_deref().unwrap_or_default();
        let _into_memory = write!(words, "{} {site}", ap.name);
        let name = || Name { place: site.to_owned(), ..named(NameKind::Ap, (ap.name.clone(), ap.name.clone())) };
        let mac = [ap.mac, Some(ap.key)].into_iter().flatten().find(|mac| self.has_mac(*mac));
        match mac {
            Some(mac) => self.found(ap.address.as_slice(), || Name { place: mac.to_string(), ..name() }),
            None if self.has_address(ap.address) => self.found(ap.address.as_slice(), name),
            None => self.offer(words, &ap.name, name),
        }
    }

    fn client(&mut self, (reading, client): (&WirelessReading, &WirelessClient), words: &mut String) {
        let name = || {
            let who = client.user.as_deref().or(client.name.as_deref()).unwrap_or_default();
            let ap = client.ap.and_then(|key| reading.access_point(key)).map(|ap| ap.name.clone()).unwrap_or_default();
            let text = format!("{} {who}", client.mac).trim_end().to_owned();
            Name { place: ap, ..named(NameKind::Client, (text, client.mac.to_string())) }
        };
        if self.has_mac(client.mac) || self.has_address(client.address) {
            return self.found(client.address.as_slice(), name);
        }
        // Kinds of devices are no names: a thousand are called alike.
        let Some(user) = &client.user else { return };
        words.clear();
        words.push_str(user);
        self.offer(words, user, name);
    }

    fn has_address(&self, address: Option<IpAddr>) -> bool {
        self.address && address.is_some_and(|address| address.to_string().contains(&self.wanted))
    }
}

fn named(kind: NameKind, (text, key): (String, String)) -> Name {
    Name { kind, text, place: String::new(), device: None, device_name: String::new(), port: None, key }
}
