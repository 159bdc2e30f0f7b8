//! How single values are written: durations, sizes, networks, addresses, targets.

use super::read::kind;
use crate::model::Role;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

/// Units of durations, in milliseconds; a year is 365 days.
const DURATION_UNITS: [(&str, u64); 7] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000), ("y", 31_536_000_000)];

/// Units of sizes, in octets.
const SIZE_UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// A string that is not empty.
pub(super) fn text(value: &DeValue<'_>) -> Result<String, String> {
    match value.as_str() {
        Some("") => Err("it is empty".to_owned()),
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("this is {}, and a string is wanted", kind(value))),
    }
}

/// `true` or `false`.
pub(super) fn yes_or_no(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("this is {}, and true or false is wanted", kind(value)))
}

/// A string that may be empty.
pub(super) fn any_text(value: &DeValue<'_>) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("this is {}, and a string is wanted", kind(value)))
}

/// A path.
pub(super) fn path(value: &DeValue<'_>) -> Result<PathBuf, String> {
    text(value).map(PathBuf::from)
}

/// A file, with or without `file:` in front, as secrets are named.
pub(super) fn file(value: &DeValue<'_>) -> Result<PathBuf, String> {
    text(value).map(|text| PathBuf::from(text.strip_prefix("file:").unwrap_or(&text)))
}

/// A UDP or TCP port, not 0.
pub(super) fn port(value: &DeValue<'_>) -> Result<u16, String> {
    let number = number(value)?;
    u16::try_from(number).ok().filter(|port| *port != 0).ok_or_else(|| format!("{number} is not a port (1 to 65535)"))
}

/// Repetitions: 0 to 10, for a silent address costs each of them.
pub(super) fn retries(value: &DeValue<'_>) -> Result<u32, String> {
    const MOST: u64 = 10;
    let number = number(value)?;
    if number > MOST {
        return Err(format!("{number} repetitions are too many (0 to {MOST})"));
    }
    u32::try_from(number).map_err(|_| format!("{number} is not a count"))
}

/// Datagrams a second: at least 1.
pub(super) fn rate(value: &DeValue<'_>) -> Result<u32, String> {
    match u32::try_from(number(value)?) {
        Ok(rate @ 1..) => Ok(rate),
        _ => Err("a rate is 1 or more a second".to_owned()),
    }
}

/// Requests in flight to one agent: 1 to 16, for more would only fill its buffer.
pub(super) fn requests(value: &DeValue<'_>) -> Result<u32, String> {
    match u32::try_from(number(value)?) {
        Ok(requests @ 1..=16) => Ok(requests),
        _ => Err("1 to 16 requests may be in flight to a device".to_owned()),
    }
}

fn number(value: &DeValue<'_>) -> Result<u64, String> {
    let integer = value.as_integer().ok_or_else(|| format!("this is {}, and a number is wanted", kind(value)))?;
    u64::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| format!("{integer} is out of range"))
}

/// A duration as text: `500ms`, `30s`, `5m`, `1h`, `14d`, `2w`, `5y`. Not zero.
pub(super) fn duration(value: &DeValue<'_>) -> Result<Duration, String> {
    let text = any_text(value).map_err(|what| format!("{what}, such as \"30s\""))?;
    parse_duration(&text)
}

/// A duration as people write it. Errors: a sentence that says what is wrong.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split_unit(text);
    let known = DURATION_UNITS.iter().find(|(name, _)| *name == unit).map(|(_, millis)| *millis);
    let scaled = number.parse::<u64>().ok().zip(known).and_then(|(number, millis)| number.checked_mul(millis));
    match scaled {
        Some(0) => Err(format!("the duration {text:?} must not be zero")),
        Some(millis) => Ok(Duration::from_millis(millis)),
        None => Err(format!("{text:?} is not a duration: a whole number and one of ms, s, m, h, d, w, y, such as \"30s\"")),
    }
}

/// A duration of a second or more.
pub(super) fn interval(value: &DeValue<'_>) -> Result<Duration, String> {
    let interval = duration(value)?;
    if interval < Duration::from_secs(1) { Err("an interval is at least 1s".to_owned()) } else { Ok(interval) }
}

/// How often in a burst: a second or more, or `0s` for never.
pub(super) fn burst(value: &DeValue<'_>) -> Result<Option<Duration>, String> {
    match any_text(value) {
        Ok(text) if text == "0s" => Ok(None),
        _ => interval(value).map(Some),
    }
}

/// A duration, or `0s` for nothing at all.
pub(super) fn duration_or_none(value: &DeValue<'_>) -> Result<Duration, String> {
    match any_text(value) {
        Ok(text) if text == "0s" => Ok(Duration::ZERO),
        _ => duration(value),
    }
}

/// A size as text: `20GiB`, `500MB`. Not zero.
pub(super) fn size(value: &DeValue<'_>) -> Result<u64, String> {
    let text = any_text(value).map_err(|what| format!("{what}, such as \"20GiB\""))?;
    let (number, unit) = split_unit(&text);
    let known = SIZE_UNITS.iter().find(|(name, _)| *name == unit).map(|(_, octets)| *octets);
    number
        .parse::<u64>()
        .ok()
        .zip(known)
        .and_then(|(number, octets)| number.checked_mul(octets))
        .filter(|octets| *octets > 0)
        .ok_or_else(|| {
            format!("{text:?} is not a size: a whole number and one of KiB, MiB, GiB, TiB, kB, MB, GB, TB, B, such as \"20GiB\"")
        })
}

fn split_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    (number, unit.trim_start())
}

/// A network as a CIDR; a bare address is the network of that one address.
pub(super) fn network(value: &DeValue<'_>) -> Result<IpNet, String> {
    parse_network(&text(value)?)
}

/// A network as people write it. Errors: a sentence that says what is wrong.
pub fn parse_network(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let net =
        text.parse::<IpNet>().map_err(|_| format!("{text:?} is not a network such as \"10.0.0.0/8\" or \"2001:db8::/32\""))?;
    Ok(net.trunc())
}

/// A role by the contract's word.
pub(super) fn role(value: &DeValue<'_>) -> Result<Role, String> {
    let word = text(value)?;
    Role::from_word(&word).ok_or_else(|| format!("{word:?} is no role; known are {}", Role::ALL.map(Role::word).join(", ")))
}

/// An address and a port to listen on.
pub(super) fn listen(value: &DeValue<'_>) -> Result<SocketAddr, String> {
    parse_listen(&text(value)?)
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("{text:?} is not an address and port such as \"0.0.0.0:162\" or \"[::]:162\""))
}

/// `udp:`, `tcp:` or `tls:`, and an address and a port.
pub(super) fn syslog_listen(value: &DeValue<'_>) -> Result<String, String> {
    let text = text(value)?;
    let address = ["udp:", "tcp:", "tls:"].iter().find_map(|transport| text.strip_prefix(transport));
    let address =
        address.ok_or_else(|| format!("{text:?} begins with none of udp:, tcp: and tls:, such as \"udp:0.0.0.0:514\""))?;
    parse_listen(address)?;
    Ok(text)
}

/// What discovery may be pointed at: address, `ADDR:PORT`, name, CIDR, or `A-B`.
pub(super) fn target(value: &DeValue<'_>) -> Result<String, String> {
    let text = text(value)?;
    check_target(&text)?;
    Ok(text)
}

fn check_target(text: &str) -> Result<(), String> {
    if text.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok() {
        return Ok(());
    }
    if text.contains('/') {
        return text.parse::<IpNet>().map(|_| ()).map_err(|_| format!("{text:?} is not a network such as \"10.20.0.0/16\""));
    }
    if let Some((from, to)) = text.split_once('-').and_then(|(a, b)| a.parse::<IpAddr>().ok().zip(b.parse::<IpAddr>().ok())) {
        let ordered = from.is_ipv4() == to.is_ipv4() && from <= to;
        return if ordered { Ok(()) } else { Err(format!("the range {text:?} does not go upwards within one family")) };
    }
    check_name(text)
}

/// A host name, with or without a port. Digits and dots alone are an address written wrongly, not a name.
fn check_name(text: &str) -> Result<(), String> {
    let name = match text.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => text,
    };
    let letters = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let looks_right = !name.is_empty() && name.chars().all(letters) && !name.chars().all(|c| c.is_ascii_digit() || c == '.');
    if looks_right {
        return Ok(());
    }
    Err(format!("{text:?} is not an address, ADDRESS:PORT, name, network (10.0.0.0/8) or range (10.0.0.1-10.0.0.9)"))
}

/// `DEVICE/INTERFACE`, each part percent-encoded.
pub(super) fn port_name(value: &DeValue<'_>) -> Result<String, String> {
    let text = text(value)?;
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        [device, port] if !device.is_empty() && !port.is_empty() => Ok(text),
        _ => Err(format!("{text:?} is not DEVICE/INTERFACE, with %2F for a slash in either")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_are_not_zero() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("5y"), Ok(Duration::from_secs(5 * 365 * 86_400)));
        assert!(["30", "0s", "s", "-5s", "1.5h", "99999999999999999999y"].iter().all(|text| parse_duration(text).is_err()));
    }

    #[test]
    fn targets_of_every_kind_pass_and_mistyped_addresses_do_not() {
        for good in
            ["10.0.0.1", "10.0.0.1:1161", "core-1.example.net", "10.0.0.0/8", "10.0.0.1-10.0.0.9", "::1", "[::1]:161", "sw:1161"]
        {
            assert_eq!(check_target(good), Ok(()), "{good}");
        }
        for bad in ["10.0.0.256", "10.0.0.0/33", "10.0.0.9-10.0.0.1", "a b", "10.0.0"] {
            assert!(check_target(bad).is_err(), "{bad}");
        }
    }
}
