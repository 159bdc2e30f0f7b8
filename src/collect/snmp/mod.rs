//! SNMP: the shared-socket engine, discovery, polling.

pub mod tables;
