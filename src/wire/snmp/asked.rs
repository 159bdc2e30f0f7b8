//! The names of a question as they stand in its message: written once, sent, and held against the names of the answer without reading either.

use super::ber::{NULL, OBJECT_IDENTIFIER, SEQUENCE, Writer};
use super::list::Root;
use super::reader::{Reader, oid_from};
use crate::model::Oid;

/// Octets behind the name in a pair: a null.
const NULL_OCTETS: usize = 2;

/// Pairs of a name and a null. Its memory serves for question after question.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    octets: Vec<u8>,
    ends: Vec<usize>,
}

impl Asked {
    /// How many names there are.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.ends.clear();
    }

    /// Adds the object at `index` under `root`.
    pub fn push(&mut self, root: &Root, index: &[u32]) {
        let mut writer = Writer::over(std::mem::take(&mut self.octets));
        writer.constructed(SEQUENCE, |pair| {
            pair.constructed(OBJECT_IDENTIFIER, |name| {
                name.raw(root.octets());
                name.arcs(index);
            });
            pair.tlv(NULL, &[]);
        });
        self.octets = writer.into_bytes();
        self.ends.push(self.octets.len());
    }

    /// The pairs of the first `count` names.
    pub fn first(&self, count: usize) -> &[u8] {
        let end = count.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0);
        self.octets.get(..end).unwrap_or_default()
    }

    /// A name with its tag and length, as an answer begins its pair.
    pub(super) fn name(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let pair = start.zip(self.ends.get(at)).and_then(|(start, end)| self.octets.get(start..*end));
        let content = pair.and_then(|pair| Reader::new(pair).expect(SEQUENCE).ok()).unwrap_or_default();
        content.get(..content.len().saturating_sub(NULL_OCTETS)).unwrap_or_default()
    }

    /// A name; `None` beyond the last.
    pub fn oid(&self, at: usize) -> Option<Oid> {
        Reader::new(self.name(at)).expect(OBJECT_IDENTIFIER).and_then(oid_from).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::{Envelope, encode_question};
    use super::super::pdu::{Names, PduKind, Question};
    use super::super::{List, Value, VarBind, message};
    use super::*;
    use crate::model::SnmpVersion;

    fn asked(names: &[(&[u32], u32)]) -> Asked {
        let mut asked = Asked::default();
        names.iter().for_each(|(root, index)| asked.push(&Root::new(&Oid::new(root)), &[*index]));
        asked
    }

    const NAMES: [(&[u32], u32); 3] =
        [(&[1, 3, 6, 1, 2, 1, 2, 2, 1, 10], 5), (&[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6], u32::MAX), (&[2, 999], 300)];

    #[test]
    fn a_written_question_is_the_one_that_its_names_make() {
        let asked = asked(&NAMES);
        let oids: Vec<Oid> = (0..asked.len()).filter_map(|at| asked.oid(at)).collect();
        assert_eq!(oids, NAMES.map(|(root, index)| Oid::new(root).child(&[index])));
        let written = |names: Names<'_>| {
            let mut buffer = Vec::new();
            let question = Question { kind: PduKind::Get, repetitions: 0, names };
            let envelope = Envelope { version: SnmpVersion::V2c, community: [b"public", b""], request_id: 7 };
            encode_question(&envelope, &question, &mut buffer);
            (buffer, question.pdu(7))
        };
        for count in 0..=3 {
            assert_eq!(written(Names::Written(asked.first(count))), written(Names::Listed(&oids[..count])));
        }
    }

    #[test]
    fn a_name_is_known_again_in_an_answer_and_no_other_is() {
        let asked = asked(&NAMES);
        let binds = [1, 0].map(|at| VarBind { oid: asked.oid(at).unwrap(), value: Value::Integer(3) });
        let bytes =
            message::encode(SnmpVersion::V2c, b"", &super::super::Pdu::request(PduKind::Get, 1, &[]).response(binds.to_vec()));
        let (_, _, raw) = message::read_lazily(bytes).unwrap();
        for list in [raw, List::Read { binds: binds.to_vec(), unnamed: 0 }] {
            let found: Vec<Vec<bool>> = list.iter().map(|bind| (0..3).map(|at| bind.is_named(&asked, at)).collect()).collect();
            assert_eq!(found, [[false, true, false], [true, false, false]]);
        }
    }
}
