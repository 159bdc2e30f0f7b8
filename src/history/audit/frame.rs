//! One record as octets: four of length, the content, and the hash that chains it to the record before.

use sha2::{Digest, Sha256};

/// What every file begins with.
pub const MAGIC: &[u8; 16] = b"noctop audit 1\r\n";

/// Octets of the length.
pub const HEAD: usize = 4;

/// Octets of a hash.
pub const HASH: usize = 32;

/// Octets of content at most: an order that names a thousand alarms fits, and a damaged length can't ask for much memory.
pub const LARGEST: usize = 1 << 20;

/// A link of the chain.
pub type Hash = [u8; HASH];

/// What stands before the first record of a chain.
pub const NOTHING: Hash = [0; HASH];

/// The hash of a record: of the hash before it and its content.
pub fn chained(before: &Hash, content: &[u8]) -> Hash {
    Sha256::new().chain_update(before).chain_update(content).finalize().into()
}

/// A digest of a file's octets.
pub fn digest(octets: &[u8]) -> Hash {
    Sha256::digest(octets).into()
}

/// Lower-case hex.
pub fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        for digit in [octet >> 4, octet & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('?'));
        }
        text
    })
}

/// Hex back to a hash; `None` where it is none.
pub fn unhex(text: &str) -> Option<Hash> {
    let digits: Vec<u8> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let octets: Vec<u8> = digits.chunks_exact(2).filter_map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect();
    (digits.len() == HASH * 2).then(|| octets.try_into().ok()).flatten()
}

/// The frame of a content, and its hash. `None` where it is too long.
pub fn frame(before: &Hash, content: &[u8]) -> Option<(Vec<u8>, Hash)> {
    if content.len() > LARGEST {
        return None;
    }
    let hash = chained(before, content);
    let mut octets = u32::try_from(content.len()).ok()?.to_be_bytes().to_vec();
    octets.extend_from_slice(content);
    octets.extend_from_slice(&hash);
    Some((octets, hash))
}

/// What stands at the beginning of some octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// Nothing: they are over.
    End,
    /// A whole frame: its content, the hash that it claims, and how long it is.
    Frame(&'a [u8], Hash, usize),
    /// The beginning of one that is not there as a whole.
    Torn,
    /// A length that no record has.
    Impossible(u32),
}

/// Reads the first frame.
pub fn next(octets: &[u8]) -> Next<'_> {
    if octets.is_empty() {
        return Next::End;
    }
    let Some((head, rest)) = octets.split_first_chunk::<HEAD>() else { return Next::Torn };
    let told = u32::from_be_bytes(*head);
    let Some(length) = usize::try_from(told).ok().filter(|length| (1..=LARGEST).contains(length)) else {
        return Next::Impossible(told);
    };
    let (Some(content), Some(hash)) = (rest.get(..length), rest.get(length..length + HASH)) else { return Next::Torn };
    let Ok(hash) = Hash::try_from(hash) else { return Next::Torn };
    Next::Frame(content, hash, HEAD + length + HASH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_as_it_was_made_and_each_part_of_one_is_torn() {
        let (octets, hash) = frame(&NOTHING, b"{}").unwrap();
        assert_eq!(next(&octets), Next::Frame(b"{}", hash, octets.len()));
        for cut in 1..octets.len() {
            assert_eq!(next(&octets[..cut]), Next::Torn, "{cut}");
        }
        assert_eq!(next(&[]), Next::End);
        assert_eq!(next(&[0xff; 40]), Next::Impossible(u32::MAX));
        assert_eq!(next(&[0; 40]), Next::Impossible(0));
        assert!(frame(&NOTHING, &vec![b'x'; LARGEST + 1]).is_none());
    }

    #[test]
    fn the_hash_is_sha_256_of_what_was_before_and_the_content() {
        // sha256sum of 32 zero octets and "abc", by coreutils.
        let known = "365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370";
        let hash = chained(&NOTHING, b"abc");
        assert_eq!(hex(&hash), known);
        assert_eq!(unhex(known), Some(hash));
        assert_eq!(unhex("zz"), None);
    }
}
