//! What a template carried beside the fields that every record has. Nothing is read before it is asked for.

use super::naming;
use super::sflow::FlowSample;
use super::template::{Template, VARIABLE};
use crate::model::flow::{Elements, FieldValue, FlowOrigin};
use std::borrow::Cow;

/// Fields that are worth keeping beside a record's own: NAT, firewalls and MPLS are what anybody asks for later.
pub const KEPT: [&str; 10] = [
    "postNATSourceIPv4Address",
    "postNATDestinationIPv4Address",
    "postNATSourceIPv6Address",
    "postNATDestinationIPv6Address",
    "postNAPTSourceTransportPort",
    "postNAPTDestinationTransportPort",
    "natEvent",
    "firewallEvent",
    "mplsTopLabelIPv4Address",
    "mplsTopLabelStackSection",
];

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
    /// Of a sampled packet.
    Sampled(&'a FlowSample<'a>),
    /// In the record's octets.
    Templated(Templated<'a>),
}

/// A record and what describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Templated<'a> {
    pub(super) elements: &'a Elements,
    pub(super) template: &'a Template,
    /// From the record's first octet on.
    pub(super) octets: &'a [u8],
    /// Whether fields that stand in the record are left out.
    pub(super) is_rest: bool,
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

    pub(super) fn sampled(origin: FlowOrigin, sample: &'a FlowSample<'a>) -> Self {
        Self { origin, source: Source::Sampled(sample) }
    }

    pub(super) fn templated(origin: FlowOrigin, record: Templated<'a>) -> Self {
        Self { origin, source: Source::Templated(record) }
    }

    /// Whether there are none. Fast; what is left may still say nothing.
    pub fn is_empty(&self) -> bool {
        match self.source {
            Source::Listed(fields) => fields.is_empty(),
            Source::Sampled(_) => false,
            Source::Templated(record) => record.is_rest && !record.template.plan.has_more,
        }
    }

    /// Whether any of [`KEPT`] may be among them. Fast: most templates have some other field, which nobody has to read.
    pub fn has_kept(&self) -> bool {
        match self.source {
            Source::Listed(fields) => fields.iter().any(|(name, _)| KEPT.contains(name)),
            Source::Sampled(sample) => sample.has_nat(),
            Source::Templated(record) => record.template.plan.has_kept,
        }
    }

    /// Name and value of each, in the order of the template. An element that is not known is called `enterprise.number`.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, FieldValue)> + use<'a> {
        let (listed, sampled, templated) = match self.source {
            Source::Listed(fields) => (fields, Vec::new(), None),
            Source::Sampled(sample) => (&[][..], sample.fields(), None),
            Source::Templated(record) => (&[][..], Vec::new(), Some(Named { record, field: 0, at: 0 })),
        };
        let by_name = listed.iter().cloned().chain(sampled).map(|(name, value)| (Cow::Borrowed(name), value));
        by_name.chain(templated.into_iter().flatten())
    }
}

/// Walks through a record.
struct Named<'a> {
    record: Templated<'a>,
    field: usize,
    at: usize,
}

impl<'a> Iterator for Named<'a> {
    type Item = (Cow<'a, str>, FieldValue);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Templated { elements, template, octets, is_rest } = self.record;
            let field = template.shape.fields.get(self.field)?;
            let (start, length) = match field.length {
                VARIABLE => naming::variable(octets, self.at)?,
                length => (self.at, usize::from(length)),
            };
            let is_filled = is_rest && template.plan.is_filled.get(self.field).copied().unwrap_or(false);
            self.field += 1;
            self.at = start + length;
            if is_filled {
                continue;
            }
            if let Some(named) = naming::read(elements, field, octets.get(start..self.at)?) {
                return Some(named);
            }
        }
    }
}
