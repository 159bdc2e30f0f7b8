//! The shapes of what a switch tells beyond IF-MIB: its bridge, its ports in the spanning tree, Power over Ethernet, its parts.

use super::thousandths;
use crate::model;
use schemars::JsonSchema;
use serde::Serialize;

/// A device as a bridge (RFC 4188).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct Bridge {
    pub address: Option<String>,
    /// stp, rstp, mstp, pvst, or what its agent calls it
    pub protocol: Option<String>,
    pub priority: Option<u16>,
    /// Whom it takes for the root.
    pub root: Option<BridgeId>,
    pub is_root: Option<bool>,
    pub root_cost: Option<u32>,
    /// Its port that leads to the root: ifIndex; null at the root.
    pub root_port: Option<u32>,
    /// That port's name.
    pub root_port_name: Option<String>,
    pub topology_changes: Option<u32>,
    pub changed_at: Option<String>,
}

/// The id of a bridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names say it")]
pub struct BridgeId {
    pub priority: u16,
    pub mac: String,
}

impl BridgeId {
    fn new(id: &model::BridgeId) -> Self {
        Self { priority: id.priority, mac: id.mac.to_string() }
    }
}

impl Bridge {
    /// Of the model's type, with the name of its root port.
    pub fn new(bridge: &model::Bridge, root_port_name: Option<String>) -> Self {
        Self {
            address: bridge.address.map(|mac| mac.to_string()),
            protocol: bridge.protocol.clone(),
            priority: bridge.priority,
            root: bridge.root.as_ref().map(BridgeId::new),
            is_root: bridge.is_root(),
            root_cost: bridge.root_cost,
            root_port: bridge.root_port.map(|index| index.0),
            root_port_name,
            topology_changes: bridge.topology_changes,
            changed_at: bridge.changed_at.map(model::Timestamp::rfc3339),
        }
    }
}

/// A port in the spanning tree; its state stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct Stp {
    /// root, designated, alternate, backup, disabled
    pub role: Option<&'static str>,
    pub priority: Option<u16>,
    pub path_cost: Option<u32>,
    pub designated_bridge: Option<BridgeId>,
    pub designated_cost: Option<u32>,
    pub forward_transitions: Option<u32>,
}

impl Stp {
    /// Of the model's type.
    pub fn new(port: &model::StpPort) -> Self {
        Self {
            role: port.role.map(model::StpRole::word),
            priority: port.priority,
            path_cost: port.path_cost,
            designated_bridge: port.designated_bridge.as_ref().map(BridgeId::new),
            designated_cost: port.designated_cost,
            forward_transitions: port.forward_transitions,
        }
    }
}

/// Power over Ethernet of a port (RFC 3621).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct Poe {
    pub enabled: Option<bool>,
    /// disabled, searching, delivering, fault, test, other fault
    pub status: Option<&'static str>,
    /// 0 to 8
    pub class: Option<u8>,
    pub draw_watts: Option<f64>,
    pub limit_watts: Option<f64>,
}

impl Poe {
    /// Of the model's type.
    pub fn new(poe: &model::PoePort) -> Self {
        let watts = |mw: Option<u32>| mw.map(|mw| thousandths(f64::from(mw) / 1000.0));
        Self {
            enabled: poe.enabled,
            status: poe.status.map(model::PoeStatus::word),
            class: poe.class,
            draw_watts: watts(poe.draw_mw),
            limit_watts: watts(poe.limit_mw),
        }
    }
}

/// A part of a device (RFC 6933).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct Part {
    pub index: u32,
    /// Index of the part that holds it; 0 is none.
    pub within: u32,
    pub position: Option<i32>,
    /// chassis, module, power supply, fan, sensor, port, stack, …
    pub class: &'static str,
    pub name: Option<String>,
    pub descr: Option<String>,
    pub model: Option<String>,
    pub serial: Option<String>,
    pub hardware: Option<String>,
    pub firmware: Option<String>,
    pub software: Option<String>,
    pub maker: Option<String>,
    pub replaceable: Option<bool>,
    pub if_index: Option<u32>,
}

impl Part {
    /// Of the model's type.
    pub fn new(part: &model::Physical) -> Self {
        Self {
            index: part.index,
            within: part.within,
            position: part.position,
            class: part.class.word(),
            name: part.name.clone(),
            descr: part.descr.clone(),
            model: part.model.clone(),
            serial: part.serial.clone(),
            hardware: part.hardware.clone(),
            firmware: part.firmware.clone(),
            software: part.software.clone(),
            maker: part.maker.clone(),
            replaceable: part.replaceable,
            if_index: part.if_index.map(|index| index.0),
        }
    }
}
