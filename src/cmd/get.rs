//! `noctop get`: objects of one agent by name or number.

use super::mib_files::{Names, Scalars};
use super::objects;
use super::{Failure, Outcome};
use crate::cli::{Common, GetArgs};
use crate::engine::snmp_tools::Reading;

/// Reads and prints the objects.
pub fn run(args: &GetArgs, common: &Common) -> Outcome {
    let mut names = Names::new(common)?;
    let wanted: Result<Vec<_>, Failure> = args.objects.iter().map(|text| names.object(text, Scalars::Instance)).collect();
    objects::run(&args.target, (&args.agent, common), &Reading::Get(wanted?), &names)
}
