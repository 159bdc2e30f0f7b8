//! The only socket openers: UDP, streams with and without TLS, ICMP, capture, HTTP, Unix sockets, privilege; and an in-memory transport for tests.
//!
//! Nothing here knows what the octets mean. Start at [`datagram`].

pub mod accounts;
pub mod capture;
pub mod client;
pub mod datagram;
pub mod dns;
pub mod http;
pub mod http_guard;
pub mod icmp;
pub mod intake;
pub mod local_log;
pub mod memory;
pub mod peer;
pub mod pktinfo;
pub mod priority;
pub mod privilege;
pub mod probe;
pub mod process;
pub mod route;
pub mod signal;
mod sockaddr;
pub mod stream;
pub mod supervisor;
pub mod timekeeping;
pub mod tls_server;
pub mod udp;

pub mod unix;
