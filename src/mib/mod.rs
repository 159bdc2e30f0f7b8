//! The MIB knowledge that is data: `mibs/*.toml` loaded, names to OIDs and back, vendor profiles, named transforms.
//!
//! A numeric OID stands once in the repository: in `mibs/`. Rust asks by name. The files are built into the binary.
//! Nothing here opens a socket or knows what a varbind is. Start at `file` (what a file may say), then [`registry`]
//! (names and numbers) and [`profile`] (which vendor, model and system a device is).

mod builtin;
pub mod check;
pub mod elements;
pub mod file;
pub mod gauges;
pub mod modules;
pub mod neighbours;
pub mod notifications;
pub mod object;
mod part;
pub mod profile;
pub mod quirks;
mod read;
pub mod registry;
pub mod smi;
pub mod switching;
pub mod transform;
pub mod wireless;

pub use gauges::GaugeRule;
pub use neighbours::NeighbourTable;
pub use notifications::Meaning;
pub use object::{Kind, Object, Syntax};
pub use profile::{Fact, Facts, Identity, Profile};
pub use quirks::{PerVlan, Quirks};
pub use registry::{MibFault, ParseObjectError, Registry};
pub use switching::SwitchRule;
pub use wireless::WirelessRule;
