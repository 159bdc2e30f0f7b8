//! What a template carried beside the fields that every record has. Nothing is read before it is asked for.

use crate::model::flow::{FieldValue, FlowOrigin};
use std::borrow::Cow;

/// The rest of a record.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// Where the record stood.
    pub origin: FlowOrigin,
    source: Source<'a>,
}

/// Where the rest is.
#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    /// By name already.
    Listed(&'a [(&'static str, FieldValue)]),
}

impl<'a> Fields<'a> {
    /// None.
    pub fn none(origin: FlowOrigin) -> Self {
        Self { origin, source: Source::Listed(&[]) }
    }

    /// Of a format that has no templates.
    pub fn listed(origin: FlowOrigin, fields: &'a [(&'static str, FieldValue)]) -> Self {
        Self { origin, source: Source::Listed(fields) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        match self.source {
            Source::Listed(fields) => fields.is_empty(),
        }
    }

    /// Name and value of each, in the order of the template. An element that is not known is called `enterprise.number`.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, FieldValue)> + use<'a> {
        match self.source {
            Source::Listed(fields) => fields.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())),
        }
    }
}
