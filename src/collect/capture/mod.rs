//! What goes through this host's own ports, as flows: the exporter is this host, the domain a port's ifIndex, the version `capture`.
//!
//! A thread for each port reads frames out of a ring ([`reader`]), finds the packet in each (`wire::packet`), and adds it to the
//! port's [`table`]: bounded, whatever is sent. Once a second what moved is offered to the engine as talks, and flows that ended or go on
//! for long as records ([`meter`]). NetFlow, IPFIX and sFlow that pass by are decoded like what is sent to this host ([`tap`]).
//! Nothing here knows the store. A packet counts once: docs/decisions/0061-capture.md says how.

pub mod counters;
pub mod meter;
pub mod reader;
pub mod table;
pub mod tap;

pub use counters::{Counters, Counts};
pub use meter::Meter;
pub use reader::{Reader, ReaderOptions, link_type};
pub use table::{FlowTable, Timeouts};
pub use tap::Tap;
