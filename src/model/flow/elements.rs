//! Information elements: what a number in a template means. The facts are data (`mibs/flow/`); this is their shape.

use rustc_hash::FxHashMap;

/// How an element's octets are read (RFC 7011 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are RFC 7012's")]
pub enum ElementKind {
    Unsigned,
    Signed,
    Float,
    Boolean,
    MacAddress,
    OctetArray,
    String,
    DateTimeSeconds,
    DateTimeMilliseconds,
    DateTimeMicroseconds,
    DateTimeNanoseconds,
    Ipv4Address,
    Ipv6Address,
    BasicList,
    SubTemplateList,
    SubTemplateMultiList,
}

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its IANA or enterprise name.
    pub name: String,
    /// How its octets are read.
    pub kind: ElementKind,
    /// The field of a record that it fills, by the contract's name (`src`, `octets`, …), or what it steers (`samplingInterval`).
    pub field: Option<String>,
}

/// All elements by enterprise number (0: IANA) and number.
#[derive(Clone, Debug, Default)]
pub struct Elements(pub FxHashMap<(u32, u16), Element>);

impl Elements {
    /// An element; `None` where the number means nothing to us.
    pub fn get(&self, enterprise: u32, number: u16) -> Option<&Element> {
        self.0.get(&(enterprise, number))
    }
}
