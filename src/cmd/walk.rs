//! `noctop walk`: everything that one agent has under a name or number.

use super::Outcome;
use super::mib_files::{Names, Scalars};
use super::objects;
use crate::cli::{Common, WalkArgs};
use crate::engine::snmp_tools::Reading;

/// Reads and prints the subtree.
pub fn run(args: &WalkArgs, common: &Common) -> Outcome {
    let mut names = Names::new(common)?;
    let root = names.object(&args.object, Scalars::Object)?;
    objects::run(&args.target, (&args.agent, common), &Reading::Walk(root), &names)
}
