//! Authentication keys and digests (RFC 3414 §2.6, §6; RFC 7860 §4), for the messages that snmp2 refuses to look at.

use crate::model::access::AuthProtocol;
use hmac::digest::Digest;
use hmac::digest::core_api::BlockSizeUser;
use hmac::{Mac, SimpleHmac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

/// RFC 3414 appendix A.2: a password is repeated to this many octets before it is hashed.
const EXPANDED: usize = 1_048_576;

/// What a password becomes before it is localised (RFC 3414 §A.2): dear to make, the same for every engine.
pub(super) struct MasterKey {
    protocol: AuthProtocol,
    key: Zeroizing<Vec<u8>>,
}

impl MasterKey {
    /// About a millisecond. An empty password gives a key that authenticates nothing.
    pub(super) fn of(protocol: AuthProtocol, password: &str) -> Self {
        Self::of_octets(protocol, password.as_bytes())
    }

    fn of_octets(protocol: AuthProtocol, password: &[u8]) -> Self {
        let master = match protocol {
            AuthProtocol::Md5 => master::<Md5>,
            AuthProtocol::Sha1 => master::<Sha1>,
            AuthProtocol::Sha224 => master::<Sha224>,
            AuthProtocol::Sha256 => master::<Sha256>,
            AuthProtocol::Sha384 => master::<Sha384>,
            AuthProtocol::Sha512 => master::<Sha512>,
        };
        Self { protocol, key: Zeroizing::new(master(password)) }
    }

    /// Octets of its hash.
    pub(super) fn length(&self) -> usize {
        self.key.len()
    }

    /// The hash of a key, by which Blumenthal's way makes it longer.
    pub(super) fn hash(&self, key: &[u8]) -> Vec<u8> {
        match self.protocol {
            AuthProtocol::Md5 => hash::<Md5>(key),
            AuthProtocol::Sha1 => hash::<Sha1>(key),
            AuthProtocol::Sha224 => hash::<Sha224>(key),
            AuthProtocol::Sha256 => hash::<Sha256>(key),
            AuthProtocol::Sha384 => hash::<Sha384>(key),
            AuthProtocol::Sha512 => hash::<Sha512>(key),
        }
    }

    /// What a key becomes as a password, by which Reeder's way makes it longer.
    pub(super) fn again(&self, key: &[u8]) -> Self {
        Self::of_octets(self.protocol, key)
    }

    /// The key for one engine: about a microsecond.
    pub(super) fn at(&self, engine_id: &[u8]) -> AuthKey {
        let at = match self.protocol {
            AuthProtocol::Md5 => at_engine::<Md5>,
            AuthProtocol::Sha1 => at_engine::<Sha1>,
            AuthProtocol::Sha224 => at_engine::<Sha224>,
            AuthProtocol::Sha256 => at_engine::<Sha256>,
            AuthProtocol::Sha384 => at_engine::<Sha384>,
            AuthProtocol::Sha512 => at_engine::<Sha512>,
        };
        AuthKey { protocol: self.protocol, key: Zeroizing::new(at(&self.key, engine_id)) }
    }
}

/// A localised authentication key.
pub(super) struct AuthKey {
    protocol: AuthProtocol,
    key: Zeroizing<Vec<u8>>,
}

impl AuthKey {
    /// Derives the key for one engine: about a millisecond. An empty password gives a key that authenticates nothing.
    pub(super) fn localise(protocol: AuthProtocol, password: &str, engine_id: &[u8]) -> Self {
        MasterKey::of(protocol, password).at(engine_id)
    }

    /// The key itself.
    pub(super) fn into_key(self) -> Zeroizing<Vec<u8>> {
        self.key
    }

    /// Octets of its digests.
    pub(super) const fn length(&self) -> usize {
        digest_length(self.protocol)
    }

    /// The digest of a message whose msgAuthenticationParameters are zeros, cut to its length on the wire.
    pub(super) fn digest(&self, message: &[u8]) -> Vec<u8> {
        let digest = match self.protocol {
            AuthProtocol::Md5 => digest::<Md5>,
            AuthProtocol::Sha1 => digest::<Sha1>,
            AuthProtocol::Sha224 => digest::<Sha224>,
            AuthProtocol::Sha256 => digest::<Sha256>,
            AuthProtocol::Sha384 => digest::<Sha384>,
            AuthProtocol::Sha512 => digest::<Sha512>,
        };
        let mut digest = digest(&self.key, message);
        digest.truncate(digest_length(self.protocol));
        digest
    }
}

/// Octets of the digest on the wire (RFC 3414 §6.3.1, §7.3.1; RFC 7860 §4.1).
pub(super) const fn digest_length(protocol: AuthProtocol) -> usize {
    match protocol {
        AuthProtocol::Md5 | AuthProtocol::Sha1 => 12,
        AuthProtocol::Sha224 => 16,
        AuthProtocol::Sha256 => 24,
        AuthProtocol::Sha384 => 32,
        AuthProtocol::Sha512 => 48,
    }
}

/// Whether two digests are equal, in a time that tells nothing about where they differ.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

fn master<D: Digest>(password: &[u8]) -> Vec<u8> {
    let mut expanded = D::new();
    let mut left = EXPANDED;
    while left > 0 && !password.is_empty() {
        let part = password.get(..left).unwrap_or(password);
        expanded.update(part);
        left -= part.len();
    }
    expanded.finalize().to_vec()
}

fn hash<D: Digest>(octets: &[u8]) -> Vec<u8> {
    D::digest(octets).to_vec()
}

/// RFC 3414 §2.6.
fn at_engine<D: Digest>(master: &[u8], engine_id: &[u8]) -> Vec<u8> {
    D::new().chain_update(master).chain_update(engine_id).chain_update(master).finalize().to_vec()
}

fn digest<D: Digest + BlockSizeUser>(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so that this never fails; without a digest nothing is authentic.
    SimpleHmac::<D>::new_from_slice(key).map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_rfc_3414_appendix_a3() {
        let engine = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
        let md5 = [0x52, 0x6f, 0x5e, 0xed, 0x9f, 0xcc, 0xe2, 0x6f, 0x89, 0x64, 0xc2, 0x93, 0x07, 0x87, 0xd8, 0x2b];
        let sha = [
            0x66, 0x95, 0xfe, 0xbc, 0x92, 0x88, 0xe3, 0x62, 0x82, 0x23, 0x5f, 0xc7, 0x15, 0x1f, 0x12, 0x84, 0x97, 0xb3, 0x8f,
            0x3f,
        ];
        assert_eq!(AuthKey::localise(AuthProtocol::Md5, "maplesyrup", &engine).key.as_slice(), md5);
        assert_eq!(AuthKey::localise(AuthProtocol::Sha1, "maplesyrup", &engine).key.as_slice(), sha);
    }

    #[test]
    fn digests_of_different_length_differ() {
        assert!(same(b"ab", b"ab") && !same(b"ab", b"ac") && !same(b"", b"a"));
    }
}
