//! One named object of a MIB.

use crate::model::Oid;
use schemars::JsonSchema;
use serde::Deserialize;

/// What an object is in the tree (RFC 2578 §7, §7.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A node that only holds others.
    Group,
    /// A table.
    Table,
    /// The row of a table.
    Row,
    /// A column of a table: its instances end in the row's index.
    Column,
    /// A scalar: its one instance ends in `.0`.
    Scalar,
    /// A notification (RFC 2578 §8), or a trap of version 1 by the number that RFC 3584 gives it.
    Notification,
}

/// How a value is meant, as far as showing and decoding it needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the SMI's")]
pub enum Syntax {
    Integer,
    Unsigned,
    Counter32,
    Counter64,
    Gauge32,
    #[serde(rename = "timeticks")]
    TimeTicks,
    /// Octets that are no text.
    Octets,
    /// Octets that are text.
    Text,
    /// Six octets of a MAC address, most often.
    Mac,
    IpAddress,
    /// Octets of an address whose length says its kind (RFC 4001 InetAddress).
    InetAddress,
    Oid,
    Bits,
    /// 1 is true, 2 is false (RFC 2579 TruthValue).
    Truth,
}

/// A named object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its name: `ifHCInOctets`
    pub name: String,
    /// The module that defines it: `IF-MIB`
    pub module: String,
    /// Its OID, without an instance.
    pub oid: Oid,
    /// What it is.
    pub kind: Kind,
    /// How its values are meant; `None` where it has none.
    pub syntax: Option<Syntax>,
    /// Words of its numbers, or of its bits.
    pub enums: Vec<(i64, String)>,
    /// Unit of its values.
    pub units: Option<String>,
    /// Of a table: the objects of which a row's index is made.
    pub index: Vec<String>,
    /// DISPLAY-HINT (RFC 2579 §3.1), where a module of the user's gives one.
    pub hint: Option<String>,
}

impl Object {
    /// The word of a number, or of a bit.
    pub fn word(&self, number: i64) -> Option<&str> {
        self.enums.iter().find(|(known, _)| *known == number).map(|(_, word)| word.as_str())
    }

    /// The words of all bits that are set (RFC 2578 §7.1.4: bit 0 is the highest of the first octet).
    pub fn words_of_bits(&self, octets: &[u8]) -> Vec<String> {
        let is_set = |bit: i64| {
            let octet = usize::try_from(bit / 8).ok().and_then(|at| octets.get(at)).copied().unwrap_or(0);
            bit >= 0 && octet & (0x80 >> (bit % 8)) != 0
        };
        self.enums.iter().filter(|(bit, _)| is_set(*bit)).map(|(_, word)| word.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::mib::Registry;

    #[test]
    fn numbers_and_bits_have_words() {
        let mib = Registry::builtin();
        assert_eq!(mib.object("ifOperStatus").unwrap().word(7), Some("lowerLayerDown"));
        assert_eq!(mib.object("ifOperStatus").unwrap().word(9), None);
        let capabilities = mib.object("lldpRemSysCapEnabled").unwrap();
        assert_eq!(capabilities.words_of_bits(&[0b0010_1000]), ["bridge", "router"]);
        assert!(capabilities.words_of_bits(&[]).is_empty());
    }
}
