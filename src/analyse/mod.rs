//! Pure functions over the model: rates, identity, link resolution. No I/O, no clock, no state of their own.
//!
//! Each is given all that it needs and gives the same answer for the same question. Start at [`port`] (counters to
//! rates and kept totals; by `rate` and `timeline`), [`identity`] (is this the device that we know?), then [`topology`] (neighbour rows to links),
//! [`endpoints`] (forwarding and address tables to the places of everything else), [`reachability`] (who is down, and who only behind it) and
//! [`talkers`] (flows to who talks most).

pub mod alarm;
pub mod endpoints;
pub mod identity;
pub mod port;
pub mod rate;
pub mod reachability;
pub mod succession;
pub mod talkers;
pub mod timeline;
pub mod topology;
