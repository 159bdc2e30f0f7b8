//! The chapters of reference, a file each, made of the tables that the program itself goes by.

mod commands;
mod configuration;
mod devices;
mod fields;
mod keys;
mod metrics;
mod rows;
mod rules;

pub(super) use commands::page as commands;
pub(super) use configuration::page as configuration;
pub(super) use devices::page as devices;
pub(super) use fields::page as filters;
pub(super) use keys::page as keys;
pub(super) use metrics::page as metrics;
pub(super) use rows::page as rows;
pub(super) use rules::page as alarm_rules;
