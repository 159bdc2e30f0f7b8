//! Who is down itself and who only can't be reached: from the links that were discovered and from who answers. Pure.
//!
//! It must know no state, no clock and no names: nodes are places in a list. Nothing is configured. The rule is short: a device that is
//! silent although a living way leads to it is down itself; one all of whose ways go through what is silent too is behind that. What is in
//! doubt is told, never hidden: a device is behind another only if it has not answered since that one fell, and what was seen to have a fault
//! of its own keeps it. Start at [`Net`] (what is given), then [`judge()`] (the verdicts), `spread` (who is behind whom), `world` (whether
//! anything answers at all); `cover` says what hangs on something alone.

mod cover;
mod judge;
mod look;
mod net;
mod spread;
#[cfg(test)]
mod tests;
mod world;

pub use cover::cut_off;
pub use judge::{Judged, Verdict, Why, judge};
pub use net::{Net, Node, Pass, Place, Sign, Silence, Way};
pub use spread::{Label, Via};
