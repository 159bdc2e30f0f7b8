//! Traps: whose they are, what is to be looked at because of them, and what operators see of them.
//!
//! A trap changes no status: whoever can send a datagram can send one. It is a reason to ask the device itself, and the other end of the link
//! that it is about.

use super::Deriver;
use crate::analyse::identity::Index;
use crate::event::{Body, Trap, TrapSeen};
use crate::model::identity::Mark;
use crate::model::{DeviceId, IfIndex, Interface, Role};
use std::net::IpAddr;
use std::sync::Arc;

/// Characters of a trap among the events; the log line has all of it.
const MOST_CHARS: usize = 400;

impl Deriver<'_> {
    /// A trap came.
    pub(in crate::state) fn trap(&mut self, trap: &Trap) {
        let device = self.whose(trap);
        if let Some(device) = &device {
            if trap.reread {
                self.reread.insert(device.clone());
            }
            if trap.poll {
                self.poll_now.extend(trap.if_index.and_then(|if_index| self.far_end(device, if_index)));
                self.poll_now.insert(device.clone());
            }
        }
        if let Some(seen) = self.seen(trap, device) {
            self.emit(Body::TrapSeen(Box::new(seen)));
        }
    }

    /// The device that it is of: its sender's. Where a host passes on what others say, or nobody that is known, what it says itself counts.
    fn whose(&mut self, trap: &Trap) -> Option<DeviceId> {
        let sender = self.owner(trap.source);
        let passed_on = |state: &crate::state::State, id: &DeviceId| {
            state.devices.get(id).is_none_or(|device| matches!(device.role, Role::Server | Role::Host | Role::Unknown))
        };
        if sender.as_ref().is_some_and(|sender| !passed_on(self.state, sender)) {
            return sender;
        }
        trap.agent.and_then(|agent| self.owner(agent)).or(sender)
    }

    /// An address that several devices have says of none that it was this one.
    fn owner(&mut self, address: IpAddr) -> Option<DeviceId> {
        let devices = &self.state.devices;
        let marks = self.state.marks.get_or_insert_with(|| Arc::new(Index::of(devices.values().map(AsRef::as_ref))));
        match marks.owners(&Mark::Address(address)) {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// The device at the other end of the link on this port.
    fn far_end(&self, device: &DeviceId, if_index: IfIndex) -> Option<DeviceId> {
        self.state.links_of(device).iter().find_map(|link| {
            let ends = [(&link.a, &link.b), (&link.b, &link.a)];
            let near = ends.into_iter().find(|(near, _)| near.device == *device && near.if_index == Some(if_index));
            near.map(|(_, far)| far.device.clone())
        })
    }

    fn seen(&self, trap: &Trap, device: Option<DeviceId>) -> Option<TrapSeen> {
        let told = trap.told.as_ref()?;
        let known = device.as_ref().and_then(|id| self.state.devices.get(id));
        let port = trap.if_index.and_then(|if_index| known?.interface(if_index)).map(Interface::name);
        let mut text: String = told.detail.sentence(port.as_deref()).chars().take(MOST_CHARS).collect();
        if told.count > 1 {
            text.push_str(&format!(" ({} times)", told.count));
        }
        Some(TrapSeen {
            device,
            source: trap.agent.unwrap_or(trap.source),
            name: told.detail.name.clone(),
            if_index: trap.if_index,
            text,
            severity: told.severity,
        })
    }
}
