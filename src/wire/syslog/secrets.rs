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
const HINT: &str = r"(?i)pass|secret|communit|\bkey\b|key-|-key|_key|apikey|psk|token|bearer|authorization|cookie|://|\bauth\b|\bpriv\b|snmp|cipher|\bENC |\bmd5\b|\$[0-9a-z]+\$|PRIVATE KEY";

/// The patterns. The first group is what stays before the secret, the second is the secret.
const PATTERNS: [&str; 20] = [
    // snmp-server community SECRET RO; snmp-agent community read cipher SECRET (Huawei, H3C); snmp-server user and host
    r"(?i)(\bsnmp-(?:server|agent)\s+community\s+(?:(?:read|write|complexity-check|simple|cipher)\s+)*)(\S+)",
    r"(?i)(\bsnmp-server\s+host\s+\S+\s+(?:(?:traps|informs)\s+)?version\s+(?:1|2c)\s+)(\S+)",
    r"(?i)(\bsnmp-agent\s+target-host\b.*?\bsecurityname\s+(?:cipher\s+)?)(\S+)",
    // set snmp community SECRET authorization read-only (Junos); community-name "SECRET"; community: SECRET; community=SECRET
    r#"(?i)(\bset\s+snmp\s+community\s+|\bcommunity(?:[ _-]?(?:name|string))?(?:\s*[=:]\s*["']?|\s*["']))([^\s"',;)]+)"#,
    // snmpwalk -v2c -c SECRET; snmpget -A SECRET -X SECRET
    r"(?i)(\bsnmp(?:walk|bulkwalk|get|getnext|bulkget|set|trap|inform|table)\b[^|;]*?\s-(?-i:c|A)\s+)(\S+)",
    r"(?i)(\bsnmp(?:walk|bulkwalk|get|getnext|bulkget|set|trap|inform|table)\b[^|;]*?\s-(?-i:X)\s+)(\S+)",
    // password=SECRET, passwd: SECRET, "secret" : "SECRET", api_key=SECRET; not: Failed password for root
    r#"(?i)(\b[\w-]*(?:pass(?:word|wd|phrase)?|secret|psk|pre-?shared-?key|shared-?secret|auth-?key|priv-?key|api[_-]?key|access[_-]?key|token|x-auth-token|set-cookie|cookie)["']?\s*[=:]\s*["']?)([^\s"',;&)]+)"#,
    // username X password 7 SECRET; enable secret 5 SECRET; key-string 7 SECRET; key 7 SECRET; wpa-psk ascii 0 SECRET; message-digest-key 1 md5 7 SECRET
    r"(?i)(\b(?:password|secret|key|key-string|passphrase|md5|wpa-psk\s+(?:ascii|hex)|set-key)\s+(?:0|4|5|6|7|8|9|10|cipher|encrypted|ciphertext|plaintext|simple|hash|sha256|sha512|irreversible-cipher)\s+)(\S+)",
    // set passwd ENC SECRET (FortiOS)
    r#"(?i)(\bset\s+[\w-]*(?:(?:passwd|psksecret|secret)\s+(?:ENC\s+)?|(?:password|key)\s+ENC\s+)["']?)([^\s"']+)"#,
    // username X [privilege N] password SECRET; local-user X password SECRET; neighbor A password SECRET; ppp chap password SECRET; line password
    r"(?i)(\b(?:username|local-user|neighbor|peer|ppp\s+(?:chap|pap))\s+\S+\s+(?:(?:privilege|role|class)\s+\S+\s+)?password\s+)(\S+)",
    // tacacs-server key SECRET; pre-shared-key SECRET; encrypted-password SECRET; crypto isakmp key SECRET address A
    r#"(?i)(\b(?:(?:tacacs-server|radius-server|tacacs|radius)(?:\s+host\s+\S+)?\s+(?:shared-)?key|crypto\s+isakmp\s+key|pre-shared-key(?:\s+(?:ascii-text|hexadecimal|local|remote))?|encrypted-password|plain-text-password-value|authentication-key|authentication-password|privacy-password|wpa-passphrase|key-string)\s+["']?)([^\s"';]+)"#,
    // ntp authentication-key 1 md5 SECRET; ip ospf message-digest-key 1 md5 SECRET; ip ospf authentication-key SECRET
    r"(?i)(\b(?:message-digest-key|authentication-key|key)\s+\d+\s+(?:md5|sha1|sha256|hmac-\S+|aes\S*)\s+(?:[0-9]\s+)?)(\S+)",
    // snmp-server user X G v3 auth sha SECRET priv aes 128 SECRET; authentication-mode sha cipher SECRET privacy-mode aes128 cipher SECRET
    r"(?i)(\bauth\s+(?:md5|sha\d*(?:-\d+)?)\s+)(\S+)",
    r"(?i)(\bpriv\s+(?:des|3des|aes(?:\s*-?\d+)?)\s+)(\S+)",
    r"(?i)(\b(?:authentication|privacy)-mode\s+\S+\s+(?:cipher\s+|simple\s+)?)(\S+)",
    // Authorization: Basic SECRET; Authorization: Bearer SECRET; https://user:SECRET@host
    r"(?i)(\bauthorization:?\s+(?:basic|digest|bearer|token|negotiate)\s+)(\S+)",
    r"(?i)(\bbearer\s+|://[^\s/:@]+:)([^\s@]+)",
    // What a configuration holds in place of a password: $1$..., $5$..., $6$..., $8$..., $9$... and $14$... (crypt, Junos, IOS), %^%#...%^%# (Huawei)
    r#"(^|[\s"'=])(\$(?:1|5|6|8|9|14|2[abxy]|y)\$[^\s"';,]+)"#,
    r"(^|\s)(%[\^@$]%#?\S{16,}%[\^@$]%#?)",
    r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.+)",
];

static LOOK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(HINT).ok());
static TABLE: LazyLock<Vec<Regex>> = LazyLock::new(|| PATTERNS.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());

/// What stands before a secret and says how it is written, where the same words go on without that.
const FORMS: [&str; 17] = [
    "0",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "10",
    "cipher",
    "encrypted",
    "ciphertext",
    "plaintext",
    "simple",
    "hash",
    "sha256",
    "sha512",
    "irreversible-cipher",
];

/// Kinds of keys that stand between the number of a key and the key.
const KEY_KINDS: [&str; 5] = [" md5", " sha", " hmac", " aes", " cmac"];

/// The text with every secret masked, and how many there were.
pub fn mask(text: &str) -> (Cow<'_, str>, u32) {
    if !LOOK.as_ref().is_some_and(|look| look.is_match(text)) {
        return (Cow::Borrowed(text), 0);
    }
    let (mut out, mut masked) = (Cow::Borrowed(text), 0);
    for pattern in TABLE.iter() {
        let replaced = pattern.replace_all(&out, |found: &regex::Captures<'_>| {
            let group = |number| found.get(number).map_or("", |group| group.as_str());
            let after = found.get(0).and_then(|whole| out.get(whole.end()..)).unwrap_or_default();
            let numbers_a_key =
                group(2).bytes().all(|byte| byte.is_ascii_digit()) && KEY_KINDS.iter().any(|kind| after.starts_with(kind));
            // Masked by an earlier pattern, or no secret.
            if group(2) == MASK || FORMS.contains(&group(2)) || numbers_a_key {
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
            ("Authorization: Basic a2ltOnMzY3JldA==", "Authorization: Basic ***"),
            ("snmp-agent community read cipher s3cret mib-view all", "snmp-agent community read cipher *** mib-view all"),
            ("snmpwalk -v2c -c s3cret 10.0.0.1 system", "snmpwalk -v2c -c *** 10.0.0.1 system"),
            ("snmpget -v3 -a SHA -A s3cret -x AES -X t0psecret 10.0.0.1", "snmpget -v3 -a SHA -A *** -x AES -X *** 10.0.0.1"),
            ("username kim password s3cret", "username kim password ***"),
            ("username kim role network-admin password s3cret", "username kim role network-admin password ***"),
            ("neighbor 10.0.0.9 password s3cret", "neighbor 10.0.0.9 password ***"),
            ("set passwd ENC AK1s3cret=", "set passwd ENC ***"),
            ("crypto isakmp key s3cret address 10.0.0.9", "crypto isakmp key *** address 10.0.0.9"),
            ("ntp authentication-key 1 md5 s3cret", "ntp authentication-key 1 md5 ***"),
            ("ip ospf message-digest-key 1 md5 7 0822455D0A16", "ip ospf message-digest-key 1 md5 7 ***"),
            (
                "set system root-authentication encrypted-password \"$6$abc$def\"",
                "set system root-authentication encrypted-password \"***\"",
            ),
            ("cfgtext set secret \"$9$abcDEF\"", "cfgtext set secret \"***\""),
            ("wpa_passphrase=s3cret", "wpa_passphrase=***"),
            ("local-user kim password irreversible-cipher $1a$abc", "local-user kim password irreversible-cipher ***"),
        ] {
            check(text, expected);
        }
        for text in [
            "Failed password for root from 10.0.0.1 port 22 ssh2",
            "%BGP-5-ADJCHANGE: community 65000:100 seen",
            "Password authentication accepted",
            "key exchange failed",
            "session auth failed",
            "User kim password changed",
            "password for user kim expired",
            "%SNMP-3-AUTHFAIL: Authentication failure for SNMP req from host 10.0.0.9",
            "tacacs server 10.0.0.9 is unreachable",
            "MD5 authentication failed from 10.0.0.9",
            "set password policy",
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
