//! SNMP: the shared-socket engine, discovery, polling.
