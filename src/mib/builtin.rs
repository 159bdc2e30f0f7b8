//! The files of `mibs/`, built into the binary. `build.rs` lists them: a new file needs no line here.

/// Folder and name of each file, and its text; sorted.
pub(super) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/mibs.rs"));

/// The same of the information elements in `mibs/flow`.
pub(super) const FLOW_FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/flow_elements.rs"));
