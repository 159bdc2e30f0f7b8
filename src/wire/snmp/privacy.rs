//! Privacy keys and the two families of ciphers (RFC 3414 §8, RFC 3826 §3), for what others send on their own: snmp2 shows of a message that it deciphered
//! the PDU alone, and the receipt of an inform has to name its context.

use super::digest::MasterKey;
use super::usm::KeyExtension;
use crate::model::access::PrivProtocol;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{AsyncStreamCipher, BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use des::Des;
use zeroize::Zeroizing;

/// Octets of a block of DES.
const DES_BLOCK: usize = 8;

/// msgPrivacyParameters: the salt.
pub(super) type Salt = [u8; 8];

/// A localised privacy key.
pub(super) struct PrivKey {
    protocol: PrivProtocol,
    key: Zeroizing<Vec<u8>>,
}

const fn key_length(protocol: PrivProtocol) -> usize {
    match protocol {
        // Half of it is the key, half the initial vector before the salt (RFC 3414 §8.2.1).
        PrivProtocol::Des | PrivProtocol::Aes128 => 16,
        PrivProtocol::Aes192 => 24,
        PrivProtocol::Aes256 => 32,
    }
}

impl PrivKey {
    /// Of a password's master key at an engine: a microsecond, or a millisecond where it is lengthened by Reeder's way.
    pub(super) fn localise(protocol: PrivProtocol, master: &MasterKey, (engine_id, extension): (&[u8], KeyExtension)) -> Self {
        let mut key = master.at(engine_id).into_key();
        while key.len() < key_length(protocol) {
            let more = match extension {
                KeyExtension::Blumenthal => Zeroizing::new(master.hash(&key)),
                KeyExtension::Reeder => master.again(&key).at(engine_id).into_key(),
            };
            key.extend_from_slice(&more);
        }
        key.truncate(key_length(protocol));
        Self { protocol, key }
    }

    /// Whether the key was made longer than the digest: it could have been in another way.
    pub(super) fn is_extended(protocol: PrivProtocol, master: &MasterKey) -> bool {
        key_length(protocol) > master.length()
    }

    fn vector(&self, (boots, time): (u32, u32), salt: Salt) -> Vec<u8> {
        match self.protocol {
            PrivProtocol::Des => self.key.iter().skip(DES_BLOCK).zip(salt).map(|(octet, salt)| octet ^ salt).collect(),
            _ => [boots.to_be_bytes().as_slice(), &time.to_be_bytes(), &salt].concat(),
        }
    }

    /// The plain octets, with whatever fills the last block behind them; `None` where they can't be.
    pub(super) fn decipher(&self, at: (u32, u32), salt: Salt, octets: &[u8]) -> Option<Vec<u8>> {
        let (vector, mut plain) = (self.vector(at, salt), octets.to_vec());
        match self.protocol {
            PrivProtocol::Des => {
                let cipher = cbc::Decryptor::<Des>::new_from_slices(self.key.get(..DES_BLOCK)?, &vector).ok()?;
                cipher.decrypt_padded_mut::<NoPadding>(&mut plain).ok()?;
            }
            PrivProtocol::Aes128 => cfb_mode::Decryptor::<Aes128>::new_from_slices(&self.key, &vector).ok()?.decrypt(&mut plain),
            PrivProtocol::Aes192 => cfb_mode::Decryptor::<Aes192>::new_from_slices(&self.key, &vector).ok()?.decrypt(&mut plain),
            PrivProtocol::Aes256 => cfb_mode::Decryptor::<Aes256>::new_from_slices(&self.key, &vector).ok()?.decrypt(&mut plain),
        }
        Some(plain)
    }

    /// The same the other way round.
    pub(super) fn encipher(&self, at: (u32, u32), salt: Salt, octets: &[u8]) -> Option<Vec<u8>> {
        let (vector, mut hidden) = (self.vector(at, salt), octets.to_vec());
        match self.protocol {
            PrivProtocol::Des => {
                let length = hidden.len().next_multiple_of(DES_BLOCK);
                hidden.resize(length, 0);
                let cipher = cbc::Encryptor::<Des>::new_from_slices(self.key.get(..DES_BLOCK)?, &vector).ok()?;
                cipher.encrypt_padded_mut::<NoPadding>(&mut hidden, length).ok()?;
            }
            PrivProtocol::Aes128 => cfb_mode::Encryptor::<Aes128>::new_from_slices(&self.key, &vector).ok()?.encrypt(&mut hidden),
            PrivProtocol::Aes192 => cfb_mode::Encryptor::<Aes192>::new_from_slices(&self.key, &vector).ok()?.encrypt(&mut hidden),
            PrivProtocol::Aes256 => cfb_mode::Encryptor::<Aes256>::new_from_slices(&self.key, &vector).ok()?.encrypt(&mut hidden),
        }
        Some(hidden)
    }
}
