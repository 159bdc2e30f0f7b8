//! Flows: what exporters and this host's own capture say of who sent how much to whom.
//!
//! A [`FlowRecord`] is one flow as exported; [`FlowColumns`] are many of them, as they are kept whole for some time; [`Talks`] are
//! what was talked in a stretch of time, summed up and bounded; a [`TopRequest`] asks who talked most. Start at [`record`].

pub mod columns;
pub mod elements;
pub mod exporter;
pub mod record;
pub mod services;
pub mod stretch;
pub mod sums;
pub mod table;
pub mod talk;
pub mod time;
pub mod top;
pub mod value;

pub use columns::FlowColumns;
pub use elements::{Element, ElementKind, Elements};
pub use exporter::{ExporterCounts, ExporterKey, FlowBatch, FlowName, PortLoad};
pub use record::{Direction, FlowAddr, FlowRecord, FlowVersion, Known};
pub use stretch::FlowStretch;
pub use table::TalkTable;
pub use talk::{TalkKey, TalkSum, Talks};
pub use time::{FlowFields, FlowLevel, FlowTime};
pub use top::{KeyValue, TopAnswer, TopKey, TopRequest, TopRow};
pub use value::{FieldValue, FlowOrigin};
