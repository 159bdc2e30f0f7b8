//! Rows of varbinds to pieces of the model. Pure: nothing here asks an agent or knows the time.
//!
//! [`columns`] holds what was read, by column name; each other file turns some columns into one kind of thing and names the columns
//! that it wants; `assemble` puts a whole device together. Numbers of objects stand in `mibs/`, never here.

pub mod addresses;
pub mod arp;
pub mod assemble;
pub mod bridge;
pub mod columns;
pub mod entity;
pub mod fdb;
pub mod health;
pub mod interfaces;
pub mod lldp;
pub mod makers;
pub mod neighbours;
pub mod parts;
pub mod plan;
pub mod poe;
pub mod ports;
pub mod role;
pub mod stack;
pub mod stp;
pub mod subnets;
pub mod system;
pub mod vlans;
pub mod wireless;

use crate::wire::lldp::id as lldp_id;

pub use assemble::{Assembly, assemble};
pub use columns::Columns;
