//! The host's own neighbour table: /proc/net/arp (proc(5)).

use crate::model::{ArpRow, IfIndex, MacAddr};
use std::collections::BTreeMap;

/// Rows kept: the kernel's own limit is 1,024 unless somebody raised it.
const MAX: usize = 65_536;

/// ATF_COM of <linux/if_arp.h>: the hardware address is known.
const COMPLETE: u32 = 0x2;

/// The rows that are complete, sorted.
pub(super) fn rows(text: &str, ports: &BTreeMap<&str, IfIndex>) -> Vec<ArpRow> {
    let mut rows: Vec<ArpRow> = text.lines().skip(1).filter_map(|line| row(line, ports)).take(MAX).collect();
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
