//! Addresses at which is listened and that this host does not have at present: they are bound all the same, and heard when they come.

use super::hub::Hub;
use crate::config::Listeners;
use crate::engine::notice::About;
use crate::net::capture;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// An address that comes or goes is noticed after so long: looking for it takes a millisecond.
const LOOK: Duration = Duration::from_secs(10);

/// Says which are missing, as long as they are.
pub(super) async fn watch(hub: Arc<Hub>, listeners: Listeners, stop: CancellationToken) {
    let places = places(&listeners);
    while !places.is_empty() {
        let own = capture::ports().into_iter().flat_map(|port| port.addresses).map(|net| net.addr()).collect();
        match missing(&places, &own) {
            Some(sentence) => hub.notices.set(About::Addresses, sentence),
            None => hub.notices.clear(About::Addresses),
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// The addresses that are named and not "all of them".
fn places(listeners: &Listeners) -> BTreeSet<SocketAddr> {
    let datagrams = listeners.flows.iter().chain(&listeners.traps).copied();
    let lines = listeners.syslog.iter().filter_map(|place| place.split_once(':')?.1.parse().ok());
    datagrams.chain(lines).filter(|place| !place.ip().is_unspecified() && !place.ip().is_loopback()).collect()
}

fn missing(places: &BTreeSet<SocketAddr>, own: &BTreeSet<IpAddr>) -> Option<String> {
    let missing: Vec<String> = places.iter().filter(|place| !own.contains(&place.ip())).map(ToString::to_string).collect();
    let missing = missing.join(", ");
    (!missing.is_empty())
        .then(|| format!("this host has no address {missing} at present: what is sent there is heard once it has"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_this_host_does_not_have_is_named_and_those_of_all_hosts_are_not() {
        let listeners = Listeners {
            flows: vec!["192.0.2.1:2055".parse().unwrap(), "0.0.0.0:2055".parse().unwrap()],
            syslog: vec!["udp:192.0.2.2:514".to_owned(), "tcp:127.0.0.1:514".to_owned()],
            ..Listeners::default()
        };
        let places = places(&listeners);
        let own = |last: &[u8]| last.iter().map(|last| IpAddr::from([192, 0, 2, *last])).collect();
        assert_eq!(missing(&places, &own(&[1, 2])), None);
        assert!(missing(&places, &own(&[2])).unwrap().contains("no address 192.0.2.1:2055 at present"));
        assert!(missing(&places, &own(&[])).unwrap().contains("192.0.2.1:2055, 192.0.2.2:514"));
    }
}
