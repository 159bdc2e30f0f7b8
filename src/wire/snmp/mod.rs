//! SNMP messages (RFC 3416, RFC 3412, RFC 3414): snmp2's codec behind our own types. The one door of the crate snmp2.

pub mod value;

pub use value::{Value, VarBind};
