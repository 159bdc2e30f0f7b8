//! Digests of what may hold secrets: keyed, so that nobody who reads the journal elsewhere can try guesses against them.
//!
//! The key is 32 random octets in a file of its own beside the journal. It is no part of the chains, of exports, or of backups of the
//! store, and nothing is verified by it: where it is gone another is made, and what was the same before reads as changed once.

use super::{AuditError, failed, frame};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The key's file in the store's folder.
pub const KEY: &str = "audit.key";

/// Octets of the key: as many as the hash has (RFC 2104 §3).
const KEY_OCTETS: usize = frame::HASH;

/// Its user alone may read it.
const MODE: u32 = 0o600;

/// How digests begin, so that a plain one of before is told from them.
const PREFIX: &str = "hmac-sha256:";

/// The keyed digest of a text by the key of a store, which is made where there is none. Source: RFC 2104. Errors: the key can neither
/// be read nor made.
pub fn sealed(store: &Path, text: &str) -> Result<String, AuditError> {
    let path = store.join(KEY);
    let key = match fs::read(&path) {
        Ok(key) if key.len() == KEY_OCTETS => key,
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed("reading", &path)(error)),
        // Cut off by whatever happened to the disk: no key.
        Ok(_) | Err(_) => made(&path)?,
    };
    // Any length of key is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return Err(AuditError::TooLong(key.len())) };
    mac.update(text.as_bytes());
    Ok(format!("{PREFIX}{}", frame::hex(&mac.finalize().into_bytes())))
}

/// A new key, whole or not at all.
fn made(path: &Path) -> Result<Vec<u8>, AuditError> {
    let mut key = vec![0; KEY_OCTETS];
    let random = Path::new("/dev/urandom");
    File::open(random).and_then(|mut file| file.read_exact(&mut key)).map_err(failed("reading", random))?;
    let new = path.with_extension("key.new");
    // Left by a crash.
    let _none_as_a_rule = fs::remove_file(&new);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&new).map_err(failed("making", &new))?;
    file.write_all(&key).and_then(|()| file.sync_all()).map_err(failed("writing", &new))?;
    fs::rename(&new, path).map_err(failed("renaming", &new))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_same_text_has_one_digest_in_a_store_and_another_in_the_next() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = sealed(one.path(), "community = \"public\"").unwrap();
        assert_eq!(sealed(one.path(), "community = \"public\"").unwrap(), first);
        assert_ne!(sealed(one.path(), "community = \"private\"").unwrap(), first);
        assert_ne!(sealed(other.path(), "community = \"public\"").unwrap(), first);
        assert_eq!(fs::metadata(one.path().join(KEY)).unwrap().permissions().mode() & 0o777, MODE);
    }

    #[test]
    fn a_key_that_was_cut_off_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KEY), b"short").unwrap();
        let first = sealed(folder.path(), "x").unwrap();
        assert_eq!(sealed(folder.path(), "x").unwrap(), first);
        assert_eq!(fs::read(folder.path().join(KEY)).unwrap().len(), KEY_OCTETS);
    }
}
