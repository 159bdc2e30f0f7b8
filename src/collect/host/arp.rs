//! The host's own neighbour table: /proc/net/arp (proc(5)).

use crate::model::{ArpRow, IfIndex, MacAddr, limit};
use std::collections::BTreeMap;

/// ATF_COM of <linux/if_arp.h>: the hardware address is known.
const COMPLETE: u32 = 0x2;

/// The rows that are complete, sorted.
pub(super) fn rows(text: &str, ports: &BTreeMap<&str, IfIndex>) -> Vec<ArpRow> {
    let mut rows: Vec<ArpRow> = text.lines().skip(1).filter_map(|line| row(line, ports)).collect();
    limit::OWN_ARP.cut(&mut rows);
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Address, hardware type, flags, hardware address, mask, port.
fn row(line: &str, ports: &BTreeMap<&str, IfIndex>) -> Option<ArpRow> {
    let mut words = line.split_whitespace();
    let address = words.next()?.parse().ok()?;
    let flags = words.nth(1)?.strip_prefix("0x").and_then(|flags| u32::from_str_radix(flags, 16).ok())?;
    let mac: MacAddr = words.next()?.parse().ok()?;
    let if_index = words.nth(1).and_then(|name| ports.get(name)).copied();
    (flags & COMPLETE != 0 && mac.is_identity()).then_some(ArpRow { address, mac, if_index })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_without_end_is_cut_and_counted() {
        let most = limit::OWN_ARP.most();
        let row = |number: usize| {
            let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + number as u32);
            format!("{address} 0x1 0x2 02:00:00:00:00:01 * eth0\n")
        };
        let text: String = std::iter::once("head\n".to_owned()).chain((0..most + 9).map(row)).collect();
        let (rows, beyond) = limit::OWN_ARP.during(|| rows(&text, &BTreeMap::new()));
        assert!(rows.len() == most && beyond >= 9);
    }

    #[test]
    fn only_complete_rows_are_taken() {
        let text = "IP address       HW type     Flags       HW address            Mask     Device\n\
                    10.0.0.1         0x1         0x2         00:1b:54:aa:bb:cc     *        eth0\n\
                    10.0.0.9         0x1         0x0         00:00:00:00:00:00     *        eth0\n\
                    10.0.0.7         0x1         0x6         00:1b:54:aa:bb:dd     *        gone\n\
                    nonsense\n";
        let found = rows(text, &BTreeMap::from([("eth0", IfIndex(2))]));
        let shown: Vec<String> = found.iter().map(|row| format!("{} {} {:?}", row.address, row.mac, row.if_index)).collect();
        assert_eq!(shown, ["10.0.0.1 00:1b:54:aa:bb:cc Some(IfIndex(2))", "10.0.0.7 00:1b:54:aa:bb:dd None"]);
    }
}
