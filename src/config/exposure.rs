//! Where a community goes in the clear over networks that nobody said could be trusted. Pure.
//!
//! A community of version 1 or 2c is read by whoever is on the way. A way is trusted where its end is directly connected to this host, or in
//! `[discovery] trusted`.

use super::Config;
use crate::model::{Credential, SnmpVersion};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Targets that are told one by one.
const MOST: usize = 20;

/// What of a configuration sends a community in the clear over networks that are not trusted: a sentence for each target, at most [`MOST`] and
/// one for the rest. `near` are the networks that this host is connected to. Targets by name are not looked up, and not told.
pub fn exposures(config: &Config, near: &[IpNet]) -> Vec<String> {
    let trusted: Vec<IpNet> = near.iter().chain(&config.discovery.trusted).copied().collect();
    let clear = config.credentials.iter().chain(&config.set.credentials);
    let clear: Vec<&Credential> = clear.filter(|credential| credential.version != SnmpVersion::V3).collect();
    let mut told: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for target in &config.discovery.targets {
        let Some(span) = spans(target) else { continue };
        let named = clear.iter().filter(|credential| goes_there(credential, span, &trusted));
        let names: Vec<&str> = named.map(|credential| credential.name.as_str()).collect();
        // With no credential at all `public` is tried.
        let unnamed = config.credentials.is_empty() && names.is_empty() && !is_trusted(span, &trusted);
        if !names.is_empty() || unnamed {
            told.insert(target.clone(), if unnamed { vec!["public"] } else { names });
        }
    }
    let mut sentences: Vec<String> = told.iter().take(MOST).map(|(target, names)| sentence(target, names)).collect();
    match told.len().saturating_sub(MOST) {
        0 => {}
        1 => sentences.push("and so is 1 further target".to_owned()),
        more => sentences.push(format!("and so are {more} further targets")),
    }
    sentences
}

fn sentence(target: &str, names: &[&str]) -> String {
    format!(
        "{target} is asked with a community in the clear ({}): whoever is on the way can read it; use SNMPv3 there, or name the network \
         in trusted of [discovery]",
        names.join(", ")
    )
}

/// First and last address.
type Span = (IpAddr, IpAddr);

/// The addresses of a target; none of a name.
fn spans(target: &str) -> Option<Span> {
    let single = target.parse::<IpAddr>().ok().or_else(|| target.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    if let Some(address) = single {
        return Some((address, address));
    }
    if let Ok(net) = target.parse::<IpNet>() {
        return Some(whole(net));
    }
    let (from, to) = target.split_once('-')?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

fn whole(net: IpNet) -> Span {
    (net.network(), net.broadcast())
}

fn is_trusted((from, to): Span, trusted: &[IpNet]) -> bool {
    from.is_loopback() && to.is_loopback() || trusted.iter().any(|net| net.contains(&from) && net.contains(&to))
}

/// Whether a credential is shown somewhere in a span that is not trusted.
fn goes_there(credential: &Credential, span: Span, trusted: &[IpNet]) -> bool {
    if credential.networks.is_empty() {
        return !is_trusted(span, trusted);
    }
    let mut parts = credential.networks.iter().filter_map(|net| common(whole(*net), span));
    parts.any(|part| !is_trusted(part, trusted))
}

fn common(one: Span, other: Span) -> Option<Span> {
    let same_family = one.0.is_ipv4() == other.0.is_ipv4();
    let (from, to) = (one.0.max(other.0), one.1.min(other.1));
    (same_family && from <= to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    fn told(text: &str) -> Vec<String> {
        let near = ["192.168.1.0/24".parse().unwrap()];
        let sentences = exposures(&parse("x", text).unwrap(), &near);
        sentences.into_iter().map(|sentence| sentence.split_once(':').map_or("", |(head, _)| head).to_owned()).collect()
    }

    const CLEAR: &str = "[[credential]]\nname = \"campus\"\nversion = \"2c\"\ncommunity = \"sesame\"\n";

    #[test]
    fn what_is_beyond_the_own_networks_is_told_once_for_each_target() {
        let targets =
            "[discovery]\ntargets = [\"192.168.1.7\", \"10.0.0.0/16\", \"10.9.0.1-10.9.0.9\", \"127.0.0.1:1161\", \"core-1\"]\n";
        let told_now = told(&format!("{targets}{CLEAR}"));
        assert_eq!(
            told_now,
            ["10.0.0.0/16", "10.9.0.1-10.9.0.9"].map(|t| format!("{t} is asked with a community in the clear (campus)"))
        );
        assert_eq!(told(&format!("{targets}trusted = [\"10.0.0.0/8\"]\n{CLEAR}")), Vec::<String>::new());
        assert_eq!(told(targets).len(), 2, "without a credential public is tried");
    }

    #[test]
    fn a_credential_is_told_only_where_it_is_shown_and_version_3_never() {
        let targets = "[discovery]\ntargets = [\"10.0.0.0/8\"]\ntrusted = [\"10.1.0.0/16\"]\n";
        assert_eq!(told(&format!("{targets}{CLEAR}networks = [\"10.1.2.0/24\"]\n")), Vec::<String>::new());
        assert_eq!(told(&format!("{targets}{CLEAR}networks = [\"10.2.0.0/16\"]\n")).len(), 1);
        let v3 = "[[credential]]\nversion = \"3\"\nusername = \"noc\"\n";
        assert_eq!(told(&format!("{targets}{v3}")), Vec::<String>::new());
    }
}
