//! What is known to be odd about the agents of a system: data of its profile, obeyed by whoever asks the agent.
//!
//! A quirk narrows what the engine would do by itself; it never widens it. What is not said is `None`, and the engine finds out.

use schemars::JsonSchema;
use serde::Deserialize;

/// `[system.quirks]`: limits of an agent that are known beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quirks {
    /// `false`: the agent answers GETBULK wrongly or not at all, so GETNEXT is used from the first request on.
    #[serde(default)]
    pub bulk: Option<bool>,
    /// At most this many OIDs in one request. At least 1.
    #[serde(default)]
    pub max_oids: Option<u16>,
    /// At most this many repetitions in one GETBULK. At least 1.
    #[serde(default)]
    pub max_repetitions: Option<u16>,
    /// How the bridge tables of one VLAN are asked for, where the agent keeps a table for each.
    #[serde(default)]
    pub per_vlan: Option<PerVlan>,
    /// Tables that the agent answers with rubbish, or without end: names of [`super::Registry`]'s tables. Their columns are not asked.
    #[serde(default)]
    pub ignore_tables: Vec<String>,
}

/// How an agent that keeps its bridge tables per VLAN is asked for those of one VLAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PerVlan {
    /// By the community `NAME@VLAN`; with SNMPv3 by the context `vlan-VLAN`.
    CommunityIndex,
    /// By the context `vlan-VLAN`, SNMPv3 only.
    Context,
}

impl Quirks {
    /// Nothing known: what devices without a profile have.
    pub const NONE: Self = Self { bulk: None, max_oids: None, max_repetitions: None, per_vlan: None, ignore_tables: Vec::new() };

    /// Whether GETBULK may be tried.
    pub const fn permits_bulk(&self) -> bool {
        !matches!(self.bulk, Some(false))
    }

    /// Whether the objects of this table are left alone.
    pub fn ignores(&self, table: &str) -> bool {
        self.ignore_tables.iter().any(|ignored| ignored == table)
    }
}
