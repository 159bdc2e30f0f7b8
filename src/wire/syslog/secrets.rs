//! Secrets in messages: communities, passwords and keys are masked before a line is kept or shown.
//!
//! A table of patterns, of the forms in which devices echo their configuration and programs their options. What is masked is the
//! secret alone; that it was there is counted.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What stands where a secret was.
pub const MASK: &str = "***";

/// Words without which no pattern holds: nearly every line is passed over by one look.
const HINT: &str = r"(?i)pass|secret|communit|\bkey\b|key-|-key|_key|apikey|psk|token|bearer|://|\bauth\b|\bpriv\b|snmp-server";

/// The patterns. The first group is what stays before the secret, the second is the secret.
const PATTERNS: [&str; 9] = [
    // snmp-server community SECRET RO; snmp-server host ADDRESS version 2c SECRET
    r"(?i)(\bsnmp-server\s+community\s+)(\S+)",
    r"(?i)(\bsnmp-server\s+host\s+\S+\s+(?:(?:traps|informs)\s+)?version\s+(?:1|2c)\s+)(\S+)",
    // set snmp community SECRET authorization read-only (Junos); community-name "SECRET"; community: SECRET; community=SECRET
    r#"(?i)(\bset\s+snmp\s+community\s+|\bcommunity(?:[ _-]?(?:name|string))?(?:\s*[=:]\s*["']?|\s*["']))([^\s"',;)]+)"#,
    // password=SECRET, passwd: SECRET, "secret" : "SECRET", api_key=SECRET; not: Failed password for root
    r#"(?i)(\b(?:pass(?:word|wd|phrase)?|secret|psk|pre-?shared-?key|shared-?secret|auth-?key|priv-?key|api[_-]?key|access[_-]?key|token)["']?\s*[=:]\s*["']?)([^\s"',;&)]+)"#,
    // username X password 7 SECRET; enable secret 5 SECRET; key-string 7 SECRET; key 7 SECRET; wpa-psk ascii 0 SECRET
    r"(?i)(\b(?:password|secret|key|key-string|wpa-psk\s+(?:ascii|hex))\s+(?:0|4|5|6|7|8|9|10|cipher|encrypted|ciphertext|plaintext|sha256|sha512|irreversible-cipher)\s+)(\S+)",
    // tacacs-server key SECRET; pre-shared-key SECRET; encrypted-password SECRET; plain-text-password-value SECRET
    r#"(?i)(\b(?:(?:tacacs-server|radius-server)(?:\s+host\s+\S+)?\s+key|pre-shared-key(?:\s+(?:ascii-text|hexadecimal))?|encrypted-password|plain-text-password-value|authentication-key|authentication-password|privacy-password)\s+["']?)([^\s"';]+)"#,
    // snmp-server user X G v3 auth sha SECRET priv aes 128 SECRET
    r"(?i)(\bauth\s+(?:md5|sha\d*(?:-\d+)?)\s+)(\S+)",
    r"(?i)(\bpriv\s+(?:des|3des|aes(?:\s*-?\d+)?)\s+)(\S+)",
    // Authorization: Bearer SECRET; https://user:SECRET@host
    r"(?i)(\bbearer\s+|://[^\s/:@]+:)([^\s@]+)",
];

static LOOK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(HINT).ok());
static TABLE: LazyLock<Vec<Regex>> = LazyLock::new(|| PATTERNS.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());

/// The text with every secret masked, and how many there were.
pub fn mask(text: &str) -> (Cow<'_, str>, u32) {
    if !LOOK.as_ref().is_some_and(|look| look.is_match(text)) {
        return (Cow::Borrowed(text), 0);
    }
    let (mut out, mut masked) = (Cow::Borrowed(text), 0);
    for pattern in TABLE.iter() {
        let replaced = pattern.replace_all(&out, |found: &regex::Captures<'_>| {
            let group = |number| found.get(number).map_or("", |group| group.as_str());
            // Masked by an earlier pattern.
            if group(2) == MASK {
                return found.get(0).map_or_else(String::new, |whole| whole.as_str().to_owned());
            }
            masked += 1;
            format!("{}{MASK}", group(1))
        });
        if let Cow::Owned(replaced) = replaced {
            out = Cow::Owned(replaced);
        }
    }
    (out, masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_can_be_compiled() {
        assert_eq!((TABLE.len(), LOOK.is_some()), (PATTERNS.len(), true));
    }

    #[test]
    fn secrets_are_masked_and_nothing_else() {
        let check = |text: &str, expected: &str| assert_eq!(mask(text).0, expected, "{text}");
        for (text, expected) in [
            ("snmp-server community s3cret RO 10", "snmp-server community *** RO 10"),
            ("snmp-server host 10.0.0.9 version 2c s3cret", "snmp-server host 10.0.0.9 version 2c ***"),
            ("set snmp community s3cret authorization read-only", "set snmp community *** authorization read-only"),
            ("username kim privilege 15 password 7 094F471A1A0A", "username kim privilege 15 password 7 ***"),
            ("enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0", "enable secret 5 ***"),
            ("tacacs-server host 10.0.0.9 key s3cret", "tacacs-server host 10.0.0.9 key ***"),
            (
                "snmp-server user noc g v3 auth sha s3cret priv aes 128 t0psecret",
                "snmp-server user noc g v3 auth sha *** priv aes 128 ***",
            ),
            ("login password=hunter2, user=kim", "login password=***, user=kim"),
            ("{\"token\": \"abc.def\"}", "{\"token\": \"***\"}"),
            ("GET https://kim:s3cret@example.net/x", "GET https://kim:***@example.net/x"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ] {
            check(text, expected);
        }
        for text in [
            "Failed password for root from 10.0.0.1 port 22 ssh2",
            "%BGP-5-ADJCHANGE: community 65000:100 seen",
            "Password authentication accepted",
            "key exchange failed",
            "session auth failed",
        ] {
            assert_eq!(mask(text), (Cow::Borrowed(text), 0));
        }
    }

    #[test]
    fn masking_twice_changes_nothing() {
        let once = mask("password=hunter2 snmp-server community x RO").0.into_owned();
        assert_eq!(mask(&once), (Cow::Borrowed(once.as_str()), 0));
    }
}
