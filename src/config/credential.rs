//! `[[credential]]`: which keys each SNMP version needs.

use super::read::Section;
use super::value;
use crate::model::access::{AuthProtocol, PrivProtocol, Proof};
use crate::model::secret::Secret;
use crate::model::{Credential, SnmpVersion};
use toml::de::DeValue;

/// The shortest password of the user-based security model (RFC 3414 §11.2).
const SHORTEST_PASSWORD: usize = 8;

const AUTH: [(&str, AuthProtocol); 6] = [
    ("md5", AuthProtocol::Md5),
    ("sha1", AuthProtocol::Sha1),
    ("sha224", AuthProtocol::Sha224),
    ("sha256", AuthProtocol::Sha256),
    ("sha384", AuthProtocol::Sha384),
    ("sha512", AuthProtocol::Sha512),
];

const PRIVACY: [(&str, PrivProtocol); 4] = [
    ("des", PrivProtocol::Des),
    ("aes128", PrivProtocol::Aes128),
    ("aes192", PrivProtocol::Aes192),
    ("aes256", PrivProtocol::Aes256),
];

/// Reads one `[[credential]]`, and whether it is for changing what agents do, not for reading; `None` where a fault was noted. `number` counts
/// from 1 and names what has no name.
pub(super) fn read(section: Section<'_, '_>, number: usize) -> Option<(Credential, bool)> {
    let name = section.get("name", value::text).unwrap_or_else(|| format!("credential {number}"));
    let version = section.get("version", version);
    let networks = section.list("networks", value::network);
    let write = section.get("write", value::yes_or_no).unwrap_or_default();
    let missing_version = version.is_none() && section.raw("version").is_none();
    if missing_version {
        section.fault(section.start(), "a credential needs version = \"1\", \"2c\" or \"3\"");
    }
    let proof = match version {
        Some(SnmpVersion::V3) => user(&section),
        Some(SnmpVersion::V1 | SnmpVersion::V2c) => community(&section),
        None => {
            let _ = (community_keys(&section), user_keys(&section));
            None
        }
    };
    section.finish();
    Some((Credential { name, version: version?, proof: proof?, networks }, write))
}

/// Marks the keys of a v1 or v2c credential as known; true where one of them stands there.
fn community_keys(section: &Section<'_, '_>) -> Option<usize> {
    section.raw("community").map(|value| value.span().start)
}

/// Marks the keys of a v3 credential as known; the place of the first that stands there.
fn user_keys(section: &Section<'_, '_>) -> Option<usize> {
    let keys = ["username", "context", "auth", "auth_password", "priv", "priv_password"];
    let places = keys.map(|key| section.raw(key).map(|value| value.span().start));
    places.into_iter().flatten().min()
}

fn community(section: &Section<'_, '_>) -> Option<Proof> {
    if let Some(place) = user_keys(section) {
        section.fault(place, "username, context, auth and priv belong to version = \"3\"");
    }
    if section.raw("community").is_none() {
        section.fault(section.start(), "a credential of version 1 or 2c needs community");
    }
    section.secret("community").map(Proof::Community)
}

fn user(section: &Section<'_, '_>) -> Option<Proof> {
    if let Some(place) = community_keys(section) {
        section.fault(place, "community belongs to version = \"1\" or \"2c\"; version 3 has username");
    }
    if section.raw("username").is_none() {
        section.fault(section.start(), "a credential of version 3 needs username");
    }
    let username = section.get("username", value::text);
    let context = section.get("context", value::any_text).unwrap_or_default();
    let auth = protocol(section, ("auth", auth_protocol), "auth_password");
    let privacy = protocol(section, ("priv", priv_protocol), "priv_password");
    if section.raw("auth").is_none()
        && let Some(place) = section.raw("priv")
    {
        section.fault(place.span().start, "priv needs auth: privacy without authentication does not exist (RFC 3414 §1.4)");
    }
    Some(Proof::Usm { username: username?, context, auth, privacy })
}

/// A protocol and its password: either both or neither.
fn protocol<P>(
    section: &Section<'_, '_>,
    (key, reader): (&'static str, super::read::Reader<P>),
    password_key: &'static str,
) -> Option<(P, Secret)> {
    let protocol = section.get(key, reader);
    let password = section.secret(password_key).filter(|password| is_long_enough(section, (password_key, password)));
    match (section.raw(key), section.raw(password_key)) {
        (Some(place), None) => section.fault(place.span().start, format!("{key} needs {password_key}")),
        (None, Some(place)) => section.fault(place.span().start, format!("{password_key} needs {key}")),
        _ => {}
    }
    protocol.zip(password)
}

fn version(value: &DeValue<'_>) -> Result<SnmpVersion, String> {
    match value::text(value).map_err(|what| format!("{what}: \"1\", \"2c\" or \"3\""))?.as_str() {
        "1" => Ok(SnmpVersion::V1),
        "2c" => Ok(SnmpVersion::V2c),
        "3" => Ok(SnmpVersion::V3),
        _ => Err("this is no SNMP version: \"1\", \"2c\" or \"3\"".to_owned()),
    }
}

fn one_of<T: Copy>(value: &DeValue<'_>, known: &[(&str, T)]) -> Result<T, String> {
    let text = value::text(value)?;
    let words = || known.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" ");
    let found = known.iter().find(|(word, _)| *word == text).map(|(_, protocol)| *protocol);
    // What stands here may be a password in the wrong place.
    found.ok_or_else(|| format!("this is none of {}", words()))
}

fn auth_protocol(value: &DeValue<'_>) -> Result<AuthProtocol, String> {
    one_of(value, &AUTH)
}

fn priv_protocol(value: &DeValue<'_>) -> Result<PrivProtocol, String> {
    one_of(value, &PRIVACY)
}

/// Notes where a password is none of SNMPv3.
fn is_long_enough(section: &Section<'_, '_>, (key, password): (&'static str, &Secret)) -> bool {
    let enough = password.expose().len() >= SHORTEST_PASSWORD;
    if let (false, Some(place)) = (enough, section.raw(key)) {
        let what = format!("credential.{key}: a password of SNMPv3 has at least {SHORTEST_PASSWORD} octets (RFC 3414 §11.2)");
        section.fault(place.span().start, what);
    }
    enough
}
