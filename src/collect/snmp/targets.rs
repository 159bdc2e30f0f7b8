//! What was asked for: addresses, `ADDR:PORT`, names, CIDRs, ranges.

use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Addresses in one sweep at most: an IPv4 /8, or an IPv6 /104. More would not end within a day.
pub const MAX_SWEEP: u128 = 1 << 24;

/// One target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An address and the port to ask it at.
    Address(SocketAddr),
    /// A name to be resolved, and a port.
    Name(String, u16),
    /// All addresses from the first to the last.
    Sweep(Span),
}

/// Addresses from `first` to `last`, both of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First address.
    pub first: IpAddr,
    /// Last address.
    pub last: IpAddr,
}

impl Span {
    /// A network with its first and last address.
    pub fn of(net: IpNet) -> Self {
        Self { first: net.network(), last: net.broadcast() }
    }

    /// The addresses of a network that hosts can have (RFC 1122 §3.2.1.3; RFC 3021 for /31).
    fn hosts(net: IpNet) -> Self {
        let whole = Self::of(net);
        match (whole.first, whole.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) if net.prefix_len() < 31 => Self {
                first: Ipv4Addr::from(u32::from(first).saturating_add(1)).into(),
                last: Ipv4Addr::from(u32::from(last).saturating_sub(1)).into(),
            },
            _ => whole,
        }
    }

    /// Whether `address` lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && self.first <= address && address <= self.last
    }

    /// How many addresses it has.
    pub fn len(&self) -> u128 {
        match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                u128::from(u32::from(last).saturating_sub(u32::from(first))).saturating_add(1)
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => u128::from(last).saturating_sub(u128::from(first)).saturating_add(1),
            _ => 0,
        }
    }

    /// Whether it has none; it never is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The address `at` places after the first.
    pub fn nth(&self, at: u128) -> Option<IpAddr> {
        if at >= self.len() {
            return None;
        }
        match self.first {
            IpAddr::V4(first) => Some(Ipv4Addr::from(u32::from(first).checked_add(u32::try_from(at).ok()?)?).into()),
            IpAddr::V6(first) => Some(Ipv6Addr::from(u128::from(first).checked_add(at)?).into()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// A target that can't be used: exit code 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Nothing that is a target.
    #[error("{0:?} is no target: give an address, ADDR:PORT, a name, a CIDR (10.0.0.0/24) or a range (10.0.0.1-10.0.0.20)")]
    Unreadable(String),
    /// The range ends before it begins, or mixes IPv4 and IPv6.
    #[error("{0:?} is no range: it has to go up within one IP version")]
    Backwards(String),
    /// Too many addresses.
    #[error(
        "{0:?} has {1} addresses; at most {MAX_SWEEP} (an IPv4 /8, an IPv6 /104) are swept: give a smaller network, or single addresses and --scope"
    )]
    TooMany(String, u128),
}

/// Reads one target; `port` is where it is asked unless it says otherwise.
///
/// # Errors
/// When it is none, or too large.
pub fn parse(text: &str, port: u16) -> Result<Target, TargetError> {
    let text = text.trim();
    if let Some(address) = address(text, port) {
        return Ok(Target::Address(address));
    }
    if text.contains('/') {
        let net: IpNet = text.parse().map_err(|_| TargetError::Unreadable(text.to_owned()))?;
        return sweep(text, Span::hosts(net));
    }
    if let Some((first, last)) = range(text) {
        let last = last.ok_or_else(|| TargetError::Unreadable(text.to_owned()))?;
        if first.is_ipv4() != last.is_ipv4() || first > last {
            return Err(TargetError::Backwards(text.to_owned()));
        }
        return sweep(text, Span { first, last });
    }
    name(text, port).ok_or_else(|| TargetError::Unreadable(text.to_owned()))
}

fn sweep(text: &str, span: Span) -> Result<Target, TargetError> {
    if span.len() > MAX_SWEEP {
        return Err(TargetError::TooMany(text.to_owned(), span.len()));
    }
    Ok(Target::Sweep(span))
}

fn address(text: &str, port: u16) -> Option<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().map(|ip| SocketAddr::new(ip, port)).or_else(|_| text.parse()).ok()
}

/// `A-B`, where A is an address: `core-1` is a name. B may be the last number of an IPv4 address alone.
fn range(text: &str) -> Option<(IpAddr, Option<IpAddr>)> {
    let (first, last) = text.split_once('-')?;
    let first: IpAddr = first.trim().parse().ok()?;
    let short = || match first {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            last.trim().parse::<u8>().ok().map(|d| IpAddr::from([a, b, c, d]))
        }
        IpAddr::V6(_) => None,
    };
    Some((first, last.trim().parse().ok().or_else(short)))
}

/// A host name (RFC 1123 §2.1, underscores tolerated), with or without a port.
fn name(text: &str, port: u16) -> Option<Target> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, own)) => (host, own.parse().ok()?),
        None => (text, port),
    };
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    let numeric = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    (!host.is_empty() && host.len() <= 253 && !host.starts_with('-') && !numeric && host.chars().all(is_name))
        .then(|| Target::Name(host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match parse(text, 161) {
            Ok(Target::Address(address)) => format!("address {address}"),
            Ok(Target::Name(name, port)) => format!("name {name} {port}"),
            Ok(Target::Sweep(span)) => format!("sweep {span} {}", span.len()),
            Err(error) => format!("{error:?}").split('(').next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn every_form_of_target_is_read() {
        for (text, want) in [
            ("10.0.0.1", "address 10.0.0.1:161"),
            ("10.0.0.1:1161", "address 10.0.0.1:1161"),
            ("2001:db8::1", "address [2001:db8::1]:161"),
            ("[2001:db8::1]", "address [2001:db8::1]:161"),
            ("[2001:db8::1]:1161", "address [2001:db8::1]:1161"),
            ("core-1", "name core-1 161"),
            ("core-1.example.org:1161", "name core-1.example.org 1161"),
            ("10.0.0.0/24", "sweep 10.0.0.1-10.0.0.254 254"),
            ("10.0.0.77/24", "sweep 10.0.0.1-10.0.0.254 254"),
            ("10.0.0.0/31", "sweep 10.0.0.0-10.0.0.1 2"),
            ("10.0.0.5/32", "sweep 10.0.0.5-10.0.0.5 1"),
            ("10.0.0.9-10.0.1.2", "sweep 10.0.0.9-10.0.1.2 250"),
            ("10.0.0.9-12", "sweep 10.0.0.9-10.0.0.12 4"),
            ("2001:db8::1-2001:db8::ff", "sweep 2001:db8::1-2001:db8::ff 255"),
            ("10.0.0.9-10.0.0.2", "Backwards"),
            ("10.0.0.9-2001:db8::1", "Backwards"),
            ("2001:db8::/64", "TooMany"),
            ("0.0.0.0/0", "TooMany"),
            ("10.0.0.0/99", "Unreadable"),
            ("10.0.0", "Unreadable"),
            ("10.0.0.1-x", "Unreadable"),
            ("two words", "Unreadable"),
            ("host:port", "Unreadable"),
            ("", "Unreadable"),
            ("-c", "Unreadable"),
        ] {
            assert_eq!(said(text), want, "{text:?}");
        }
    }

    #[test]
    fn a_span_counts_its_addresses() {
        let span = Span { first: "10.0.0.254".parse().unwrap(), last: "10.0.1.1".parse().unwrap() };
        let all: Vec<String> = (0..span.len()).filter_map(|at| span.nth(at)).map(|address| address.to_string()).collect();
        assert_eq!(all, ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]);
        assert_eq!(span.nth(4), None);
        assert!(span.contains("10.0.1.0".parse().unwrap()) && !span.contains("10.0.1.2".parse().unwrap()));
        assert!(!span.contains("::1".parse().unwrap()));
    }
}
