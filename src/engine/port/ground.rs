//! What the state says of the port of an order: which it is, and what hangs on it. Pure.

use crate::model::PoePort;
use crate::model::port::{Hanging, PortAct, PortOrder};
use crate::state::{FoundPort, State};
use std::net::SocketAddr;

/// The port of an order.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    pub(super) found: FoundPort,
    pub(super) act: PortAct,
    /// Where its device is asked.
    pub(super) address: SocketAddr,
    pub(super) hanging: Hanging,
    /// pethPsePortGroupIndex and pethPsePortIndex, where power is to be switched.
    pub(super) power: Option<(u32, u32)>,
}

impl Ground {
    /// Errors: a sentence; there is no such port, its device has no agent, or it gives no power.
    pub(super) fn of(state: &State, order: &PortOrder) -> Result<Self, String> {
        let found = state.find_port(&order.device, &order.port)?;
        let name = found.device.name();
        let access = found.device.snmp.as_ref().ok_or_else(|| format!("{name} was never reached by SNMP"))?;
        let power = match order.act {
            PortAct::Up | PortAct::Down => None,
            PortAct::PoeCycle => Some(place_of(found.port.poe.as_deref(), (&name, &found.name))?),
        };
        let (address, mut hanging) = (access.address, state.hanging_on(&found));
        if order.act == PortAct::Up {
            (hanging.own_way, hanging.cut) = (None, 0);
            hanging.cut_off.clear();
        }
        Ok(Self { found, act: order.act, address, hanging, power })
    }

    /// Why it is not done unless somebody insists.
    pub(super) fn forbids(&self) -> Option<&str> {
        self.hanging.own_way.as_deref()
    }
}

fn place_of(poe: Option<&PoePort>, (device, port): (&str, &str)) -> Result<(u32, u32), String> {
    let poe = poe.ok_or_else(|| format!("{port} of {device} gives no power, as far as its agent says"))?;
    let only_by_maker = || {
        format!(
            "{device} tells of power in its maker's table alone: there is no pethPsePortAdminEnable (RFC 3621) to switch it by"
        )
    };
    poe.place.filter(|_| poe.enabled.is_some()).ok_or_else(only_by_maker)
}
