//! Templates: what fields a data record has, read out of a datagram and compiled into a plan.

use super::limits::Limits;
use super::octets::{u16_at, u32_at};
use super::plan::Plan;
use super::refusal::Refusal;
use crate::model::Timestamp;
use crate::model::flow::Elements;
use serde::{Deserialize, Serialize};

/// A field whose length stands in front of it (RFC 7011 §7).
pub(super) const VARIABLE: u16 = u16::MAX;

/// Stands in place of an enterprise number for what a v9 options template calls a scope (RFC 3954 §6.1): those numbers are their own.
pub(super) const V9_SCOPE: u32 = u32::MAX;

/// A field as the template has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TemplateField {
    /// 0 is IANA.
    pub(super) enterprise: u32,
    pub(super) number: u16,
    pub(super) length: u16,
}

/// What was read of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    pub(super) fields: Vec<TemplateField>,
    /// Of options: how many of the fields are scope; `None` for flows.
    pub(super) scope: Option<u16>,
}

/// A template in force.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) shape: Shape,
    pub(super) plan: Plan,
    /// Octets of a record, or the fewest it can have.
    pub(super) length: usize,
    /// Whether records differ in length.
    pub(super) is_variable: bool,
}

impl Template {
    pub(super) fn new(shape: Shape, elements: &Elements, limits: &Limits) -> Self {
        let least = |field: &TemplateField| if field.length == VARIABLE { 1 } else { usize::from(field.length) };
        Self {
            plan: Plan::new(&shape, elements, limits.biflows),
            length: shape.fields.iter().map(least).sum(),
            is_variable: shape.fields.iter().any(|field| field.length == VARIABLE),
            shape,
        }
    }
}

/// When it was last sent, beside it: a repetition changes nothing else.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) template: std::sync::Arc<Template>,
    pub(super) seen: Timestamp,
}

/// A record of a template set.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    Define(u16, Shape),
    /// More fields than the limit; its id.
    TooLarge(u16),
    Withdraw(u16),
    /// All templates of a kind: options templates or the others.
    WithdrawAll(Kind),
}

/// The two kinds of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Flows,
    Options,
}

/// The ids of data sets, and so of templates, begin here (RFC 7011 §3.3.2).
pub(super) const FIRST_ID: u16 = 256;

/// Reads the records of a template set one after the other.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    kind: Kind,
    is_ipfix: bool,
    most_fields: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn v9(body: &'a [u8], kind: Kind, limits: &Limits) -> Self {
        Self { rest: body, kind, is_ipfix: false, most_fields: limits.template_fields }
    }

    pub(super) fn ipfix(body: &'a [u8], kind: Kind, limits: &Limits) -> Self {
        Self { rest: body, kind, is_ipfix: true, most_fields: limits.template_fields }
    }

    /// The next record; `None` at the end or at padding.
    ///
    /// Errors: the record is longer than the set.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Refusal> {
        let head = if self.kind == Kind::Options && !self.is_ipfix { 6 } else { 4 };
        if self.rest.len() < head {
            return Ok(None);
        }
        let (id, count) = (u16_at(self.rest, 0), u16_at(self.rest, 2));
        if id < FIRST_ID {
            return Ok(self.end(id, count));
        }
        match (self.kind, self.is_ipfix) {
            (Kind::Flows, false) => self.fields_v9(4, (usize::from(count), None)).map(|shape| self.defined(id, shape)),
            (Kind::Options, false) => {
                // Lengths of both parts in octets. Some have no scope at all (JunOS): it is an options template all the same.
                let (scope, options) = (count / 4, u16_at(self.rest, 4));
                let fields = (usize::from(count) + usize::from(options)) / 4;
                self.fields_v9(6, (fields, Some(scope))).map(|shape| self.defined(id, shape))
            }
            (_, true) if count == 0 => {
                self.rest = self.rest.get(4..).unwrap_or_default();
                Ok(Some(Record::Withdraw(id)))
            }
            (kind, true) => self.fields_ipfix(kind, usize::from(count)).map(|shape| self.defined(id, shape)),
        }
    }

    /// Padding, or the withdrawal of all templates of a kind (RFC 7011 §8.1).
    fn end(&mut self, id: u16, count: u16) -> Option<Record> {
        self.rest = &[];
        let all = match (id, self.kind) {
            (2, Kind::Flows) | (3, Kind::Options) => self.is_ipfix && count == 0,
            _ => false,
        };
        all.then_some(Record::WithdrawAll(self.kind))
    }

    fn defined(&self, id: u16, shape: Option<Shape>) -> Option<Record> {
        Some(shape.map_or(Record::TooLarge(id), |shape| Record::Define(id, shape)))
    }

    fn fields_v9(&mut self, at: usize, (count, scope): (usize, Option<u16>)) -> Result<Option<Shape>, Refusal> {
        let end = at + 4 * count;
        let octets = self.rest.get(at..end).ok_or(Refusal::BadTemplate)?;
        self.rest = self.rest.get(end..).unwrap_or_default();
        if count > self.most_fields {
            return Ok(None);
        }
        let fields = octets.chunks_exact(4).enumerate().map(|(at, octets)| TemplateField {
            enterprise: if at < usize::from(scope.unwrap_or(0)) { V9_SCOPE } else { 0 },
            number: u16_at(octets, 0),
            length: u16_at(octets, 2),
        });
        Ok(Some(Shape { fields: fields.collect(), scope }))
    }

    fn fields_ipfix(&mut self, kind: Kind, count: usize) -> Result<Option<Shape>, Refusal> {
        let mut at = 4;
        let scope = (kind == Kind::Options).then(|| u16_at(self.rest, 4));
        at += if scope.is_some() { 2 } else { 0 };
        let mut fields = Vec::with_capacity(count.min(self.most_fields));
        for _ in 0..count {
            let octets = self.rest.get(at..at + 4).ok_or(Refusal::BadTemplate)?;
            let (number, length) = (u16_at(octets, 0), u16_at(octets, 2));
            at += 4;
            let mut enterprise = 0;
            if number & 0x8000 != 0 {
                enterprise = self.rest.get(at..at + 4).map(|octets| u32_at(octets, 0)).ok_or(Refusal::BadTemplate)?;
                at += 4;
            }
            if fields.len() < self.most_fields {
                // The one number that stands for v9's scopes is nobody's enterprise.
                fields.push(TemplateField { enterprise: enterprise.min(V9_SCOPE - 1), number: number & 0x7fff, length });
            }
        }
        self.rest = self.rest.get(at..).unwrap_or_default();
        Ok((count <= self.most_fields).then_some(Shape { fields, scope }))
    }
}
