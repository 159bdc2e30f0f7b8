//! The only socket openers: UDP, ICMP, capture, Unix sockets, privilege; and an in-memory transport for tests.

pub mod pktinfo;
