//! The varbinds of an answer, read only as far as whoever asked needs them: a walk knows the names of its columns, and needs of each row the
//! index and the value.

use super::Fault;
use super::asked::Asked;
use super::ber::{OBJECT_IDENTIFIER, SEQUENCE, Writer};
use super::reader::{Reader, oid_from, sub_identifier, value_from};
use super::value::{Value, VarBind};
use crate::model::Oid;
use crate::model::oid::MAX_OID_ARCS;
use std::ops::Range;

/// A VarBindList whose pairs are known to be whole; names and values are not looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    /// In its message.
    Raw {
        /// The message.
        message: Vec<u8>,
        /// Where in it the pairs stand.
        pairs: Range<usize>,
        /// How many there are.
        length: usize,
    },
    /// Out of a message that snmp2 has deciphered.
    Read {
        /// Those with a readable name.
        binds: Vec<VarBind>,
        /// How many had none; their places are not known.
        unnamed: usize,
    },
}

/// One varbind.
#[derive(Clone, Copy, Debug)]
pub enum Bind<'a> {
    /// As it stands in the message: the pair.
    Raw(&'a [u8]),
    /// Read already.
    Read(&'a VarBind),
}

/// What is walked: an object identifier, and the octets that everything under it begins with.
#[derive(Clone, Debug)]
pub struct Root {
    oid: Oid,
    octets: Vec<u8>,
}

/// An index: the arcs behind a root. Its memory serves for row after row.
#[derive(Clone, Debug)]
pub struct Index {
    arcs: [u32; MAX_OID_ARCS],
    length: usize,
}

/// Where a name stands to a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Under it, or the root itself.
    Under,
    /// Elsewhere.
    Outside,
    /// It is no name.
    Unnamed,
}

impl List {
    /// Of a message whose pairs stand at `pairs`.
    ///
    /// Errors: [`Fault::Malformed`] where they are not pairs.
    pub(super) fn raw(message: Vec<u8>, pairs: Range<usize>) -> Result<Self, Fault> {
        let mut list = Reader::new(message.get(pairs.clone()).ok_or(Fault::Malformed)?);
        let mut length = 0;
        while list.left() > 0 {
            list.expect(SEQUENCE)?;
            length += 1;
        }
        Ok(Self::Raw { message, pairs, length })
    }

    /// How many varbinds there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Raw { length, .. } => *length,
            Self::Read { binds, .. } => binds.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Varbinds that are missing, so that the place of the others in the list is not known.
    pub const fn displaced(&self) -> usize {
        match self {
            Self::Raw { .. } => 0,
            Self::Read { unnamed, .. } => *unnamed,
        }
    }

    /// The varbinds in their order.
    pub fn iter(&self) -> impl Iterator<Item = Bind<'_>> {
        let (raw, read): (&[u8], &[VarBind]) = match self {
            Self::Raw { message, pairs, .. } => (message.get(pairs.clone()).unwrap_or_default(), &[]),
            Self::Read { binds, .. } => (&[], binds),
        };
        let mut reader = Reader::new(raw);
        let raw = std::iter::from_fn(move || reader.expect(SEQUENCE).ok().map(Bind::Raw));
        raw.chain(read.iter().map(Bind::Read))
    }

    /// The message's memory, to be used again.
    pub fn into_memory(self) -> Vec<u8> {
        match self {
            Self::Raw { message, .. } => message,
            Self::Read { .. } => Vec::new(),
        }
    }
}

impl Bind<'_> {
    /// Its name; `None` where that can't be read.
    pub fn oid(self) -> Option<Oid> {
        match self {
            Self::Raw(pair) => Reader::new(pair).expect(OBJECT_IDENTIFIER).and_then(oid_from).ok(),
            Self::Read(bind) => Some(bind.oid.clone()),
        }
    }

    /// Whether its name is the one that was asked at this place.
    #[inline]
    pub fn is_named(self, asked: &Asked, at: usize) -> bool {
        let name = asked.name(at);
        match self {
            // Tag and length stand in both: what begins alike is alike.
            Self::Raw(pair) if pair.starts_with(name) && !name.is_empty() => true,
            _ => self.oid().is_some_and(|oid| asked.oid(at) == Some(oid)),
        }
    }

    /// Its value.
    #[inline]
    pub fn value(self) -> Value {
        match self {
            Self::Raw(pair) => {
                let mut pair = Reader::new(pair);
                match pair.any().and_then(|_| pair.any()) {
                    Ok((tag, content)) => value_from(tag, content),
                    Err(_) => Value::Unreadable(pair.peek().unwrap_or(0)),
                }
            }
            Self::Read(bind) => bind.value.clone(),
        }
    }

    /// Where it stands to `root`, and its index if under it.
    #[inline]
    pub fn place(self, root: &Root, index: &mut Index) -> Place {
        match self {
            Self::Raw(pair) => match Reader::new(pair).expect(OBJECT_IDENTIFIER) {
                Ok(name) => root.place(name, index),
                Err(_) => Place::Unnamed,
            },
            Self::Read(bind) => root.place_of(&bind.oid, index),
        }
    }
}

impl Root {
    /// Of this object.
    pub fn new(oid: &Oid) -> Self {
        let mut writer = Writer::new();
        writer.oid_content(oid);
        Self { oid: oid.clone(), octets: writer.into_bytes() }
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The object.
    pub const fn oid(&self) -> &Oid {
        &self.oid
    }

    #[inline]
    fn place(&self, name: &[u8], index: &mut Index) -> Place {
        match name.strip_prefix(self.octets.as_slice()) {
            Some(behind) => index.read(behind, MAX_OID_ARCS.saturating_sub(self.oid.arcs().len())),
            // Outside, or written with needless octets.
            None => oid_from(name).map_or(Place::Unnamed, |oid| self.place_of(&oid, index)),
        }
    }

    fn place_of(&self, oid: &Oid, index: &mut Index) -> Place {
        let Some(behind) = oid.suffix_of(&self.oid) else { return Place::Outside };
        index.length = 0;
        for arc in behind {
            index.push(*arc);
        }
        Place::Under
    }
}

impl Index {
    /// An empty one.
    pub const fn new() -> Self {
        Self { arcs: [0; MAX_OID_ARCS], length: 0 }
    }

    /// The arcs.
    #[inline]
    pub fn arcs(&self) -> &[u32] {
        self.arcs.get(..self.length).unwrap_or_default()
    }

    fn push(&mut self, arc: u32) -> bool {
        let slot = self.arcs.get_mut(self.length);
        self.length += 1;
        slot.map(|slot| *slot = arc).is_some()
    }

    #[inline]
    fn read(&mut self, octets: &[u8], most: usize) -> Place {
        self.length = 0;
        let mut octets = octets.iter();
        while !octets.as_slice().is_empty() {
            let arc = sub_identifier(&mut octets).ok().and_then(|number| u32::try_from(number).ok());
            if !arc.is_some_and(|arc| self.length < most && self.push(arc)) {
                return Place::Unnamed;
            }
        }
        Place::Under
    }
}

impl Default for Index {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(root: &[u32], name: &[u8]) -> (Place, Vec<u32>) {
        let pair = [&[0x06, u8::try_from(name.len()).unwrap()], name, &[5, 0]].concat();
        let mut index = Index::new();
        let place = Bind::Raw(&pair).place(&Root::new(&Oid::new(root)), &mut index);
        (place, if place == Place::Under { index.arcs().to_vec() } else { Vec::new() })
    }

    #[test]
    fn a_name_is_under_its_root_arc_by_arc() {
        for (root, name, expect) in [
            ([1, 3, 6, 1].as_slice(), [0x2b, 6, 1, 9].as_slice(), (Place::Under, vec![9])),
            (&[1, 3, 6, 1], &[0x2b, 6, 1], (Place::Under, vec![])),
            (&[1, 3, 6, 1], &[0x2b, 6, 2, 9], (Place::Outside, vec![])),
            (&[1, 3, 6, 1], &[0x2b, 6], (Place::Outside, vec![])),
            (&[1, 3, 6, 129], &[0x2b, 6, 0x81, 1, 0x83, 0xff, 0x7f], (Place::Under, vec![65_535])),
            // The octets begin alike, the arcs do not: 0x81 continues.
            (&[1, 3, 6, 1], &[0x2b, 6, 0x80, 1, 7], (Place::Under, vec![7])),
            (&[1, 3, 6, 1], &[0x2b, 6, 1, 0x90, 0x80, 0x80, 0x80, 0], (Place::Unnamed, vec![])),
            (&[1, 3, 6, 1], &[0x2b, 6, 1, 0x81], (Place::Unnamed, vec![])),
        ] {
            assert_eq!(place(root, name), expect, "{name:x?} under {root:?}");
        }
        assert_eq!(place(&[1, 3, 6, 1], &[[0x2b, 6, 1].as_slice(), &[1; 124]].concat()).1.len(), 124);
        assert_eq!(place(&[1, 3, 6, 1], &[[0x2b, 6, 1].as_slice(), &[1; 125]].concat()).0, Place::Unnamed);
    }
}
