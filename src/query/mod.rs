//! What can be asked: view requests, the filter language (contract §6), times as people write them, series names.
//!
//! Pure: parses, prints and matches; never looks anything up. Start at [`view_request`], then [`filter`].

pub mod alarms;
mod audit;
pub mod filter;
mod log_pattern;
pub mod logs;
pub mod scope;
pub mod series_name;
pub mod time;
pub mod view_request;

pub use alarms::{AlarmGroup, AlarmRequest, EventPart, EventRequest};
pub use audit::AUDIT_COLUMNS;
pub use log_pattern::pattern_of;
pub use logs::{LOG_COLUMNS, LogPart, LogRequest};
pub use view_request::{
    DevicePart, FlowPart, FlowRequest, MapLayer, MapRequest, Screen, Sort, Subject, ViewRequest, Window, WirelessPart,
    WirelessRequest,
};
