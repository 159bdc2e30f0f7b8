//! Since when a link is known. When it was last seen is not derived: see `state::reads`.

use super::Deriver;
use crate::model::{DeviceId, Link, LinkEnd, LinkKey};
use std::collections::BTreeMap;

/// Links that are gone, by the devices at their ends.
pub(super) type Gone<'a> = BTreeMap<(&'a DeviceId, &'a DeviceId), Vec<&'a LinkKey>>;

/// See [`Gone`].
pub(super) fn by_devices(gone: &[LinkKey]) -> Gone<'_> {
    let mut by_devices = Gone::new();
    for key in gone {
        by_devices.entry((&key.0.device, &key.1.device)).or_default().push(key);
    }
    by_devices
}

impl Deriver<'_> {
    /// The link with its dates, where something else than these differs from what is known.
    pub(super) fn dated(&self, mut link: Link, gone: &Gone<'_>) -> Option<Link> {
        let known = self.state.links.get(&link.key());
        (link.first_seen, link.last_seen) = match known {
            Some(known) => (known.first_seen, known.last_seen),
            None => (Some(self.refined(&link, gone).unwrap_or(self.at)), None),
        };
        if known.is_some_and(|known| **known == link) {
            return None;
        }
        link.last_seen = Some(self.at);
        Some(link)
    }

    /// Since when a link is known of which one port was not: the cable is the same.
    fn refined(&self, link: &Link, gone: &Gone<'_>) -> Option<crate::model::Timestamp> {
        let same = |old: &LinkEnd, new: &LinkEnd| old == new || old.device == new.device && old.if_index.is_none();
        let before = gone.get(&(&link.a.device, &link.b.device))?.iter();
        let mut before = before.filter(|key| same(&key.0, &link.a) && same(&key.1, &link.b));
        self.state.links.get(*before.next()?)?.first_seen
    }
}
