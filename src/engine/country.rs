//! In which country an address is, by the user's own MaxMind database (`[flows] country_file`). The only door to `maxminddb`.
//!
//! The file is the user's and may be anything: what can't be read is told once, and no address has a country then.

use maxminddb::{Reader, geoip2};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

/// Largest database that is read, octets: GeoLite2 City is 60 MiB, and it is held in memory.
const LARGEST_FILE: u64 = 512 * 1024 * 1024;

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct Countries(Arc<Reader<Vec<u8>>>);

impl std::fmt::Debug for Countries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Countries")
    }
}

impl Countries {
    /// Reads a database.
    ///
    /// Errors: a sentence that names the file and says what is wrong with it.
    pub fn open(path: &Path) -> Result<Self, String> {
        let said = |what: &dyn std::fmt::Display| format!("country file {}: {what}", path.display());
        let meta = std::fs::metadata(path).map_err(|error| said(&error))?;
        if meta.len() > LARGEST_FILE {
            return Err(said(&format!("larger than {} MiB", LARGEST_FILE >> 20)));
        }
        let bytes = std::fs::read(path).map_err(|error| said(&error))?;
        Reader::from_source(bytes).map(|reader| Self(Arc::new(reader))).map_err(|error| said(&error))
    }

    /// The ISO 3166-1 code of an address's country; `None` where the database has none or is damaged there.
    pub fn of(&self, address: IpAddr) -> Option<String> {
        let found = self.0.lookup(address).ok()?.decode::<geoip2::Country<'_>>().ok()??;
        let code = found.country.iso_code.or(found.registered_country.iso_code)?;
        is_code(code).then(|| code.to_owned())
    }
}

/// Whether a text is a country's code: a damaged file may hold anything.
fn is_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|octet| octet.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of a map: a text of at most 28 octets under a key of the same (MaxMind DB format 2.0, data types 2 and 7).
    fn text(out: &mut Vec<u8>, words: &str) {
        out.push(0x40 | u8::try_from(words.len()).unwrap());
        out.extend(words.as_bytes());
    }

    fn number(out: &mut Vec<u8>, (kind, octets): (u8, &[u8])) {
        match kind {
            0..=7 => out.push(kind << 5 | u8::try_from(octets.len()).unwrap()),
            _ => out.extend([u8::try_from(octets.len()).unwrap(), kind - 7]),
        }
        out.extend(octets);
    }

    /// A database of one node: addresses below 128.0.0.0 are in Korea, the others nowhere.
    fn database() -> Vec<u8> {
        let nodes = 1u8;
        let mut out = Vec::new();
        // Records of 24 bits: left is the data at offset 0 (nodes + 16), right is "nothing" (nodes).
        out.extend([0, 0, nodes + 16, 0, 0, nodes]);
        out.extend([0; 16]);
        out.push(0xe1);
        text(&mut out, "country");
        out.push(0xe1);
        text(&mut out, "iso_code");
        text(&mut out, "KR");
        out.extend(b"\xab\xcd\xefMaxMind.com");
        out.push(0xe9);
        for (key, value) in [
            ("node_count", (6u8, &[nodes][..])),
            ("record_size", (5, &[24])),
            ("ip_version", (5, &[4])),
            ("binary_format_major_version", (5, &[2])),
            ("binary_format_minor_version", (5, &[0])),
            ("build_epoch", (9, &[1])),
        ] {
            text(&mut out, key);
            number(&mut out, value);
        }
        text(&mut out, "database_type");
        text(&mut out, "Test-Country");
        text(&mut out, "languages");
        // An array (type 11) of nothing, a map of nothing.
        out.extend([0x00, 0x04]);
        text(&mut out, "description");
        out.push(0xe0);
        out
    }

    fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn an_address_is_in_the_country_that_the_file_says() {
        let file = written(&database());
        let countries = Countries::open(file.path()).unwrap();
        let of = |address: &str| countries.of(address.parse().unwrap());
        assert_eq!(of("10.0.0.1"), Some("KR".to_owned()));
        assert_eq!((of("192.0.2.1"), of("2001:db8::1")), (None, None));
    }

    #[test]
    fn a_file_that_is_none_is_told_and_not_believed() {
        let whole = database();
        for bytes in [&b""[..], b"not a database", &whole[..40], &[0xff; 4096]] {
            let file = written(bytes);
            let error = Countries::open(file.path()).unwrap_err();
            assert!(error.starts_with("country file ") && error.contains(&file.path().display().to_string()), "{error}");
        }
        assert!(Countries::open(Path::new("/nonexistent/x.mmdb")).unwrap_err().contains("No such file"));
    }

    #[test]
    fn a_damaged_file_answers_nothing_and_never_panics() {
        let whole = database();
        for at in 0..whole.len() {
            for octet in [0x00, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = octet;
                let file = written(&damaged);
                if let Ok(countries) = Countries::open(file.path()) {
                    assert!(countries.of([10, 0, 0, 1].into()).is_none_or(|code| is_code(&code)));
                }
            }
        }
    }
}
