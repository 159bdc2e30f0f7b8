//! What rows of every table of neighbours come to: standard ones, the vendors' own, those of routing protocols, hostile ones.

use super::super::bridge::BasePorts;
use super::super::columns::fixture::columns;
use super::*;
use crate::model::{ChassisId, Evidence, IfIndex, Interface, PortId};

fn interfaces() -> Vec<Interface> {
    let named = |number: u32, name: &str, net: &str| {
        let mut interface = Interface::new(IfIndex(number));
        interface.if_name = Some(name.to_owned());
        interface.addresses = net.parse().into_iter().collect();
        interface
    };
    vec![named(7, "ether7", ""), named(10_101, "Gi1/0/1", "10.1.0.1/30"), named(10_103, "Gi1/0/3", "10.2.0.1/24")]
}

/// What is heard by a device of this enterprise.
fn heard_by(enterprise: u32, lines: &str) -> Heard {
    let interfaces = interfaces();
    let (ports, subnets) = (Ports::new(&interfaces, BasePorts::from([(3, IfIndex(10_103))])), Subnets::new(&interfaces));
    let lines = format!("sysObjectID.0 = @1.3.6.1.4.1.{enterprise}.1\n{lines}");
    let names = [all_columns(), vec!["sysObjectID"]].concat();
    neighbours(&columns(&names, &lines), Places { ports: &ports, subnets: &subnets })
}

fn heard(lines: &str) -> Heard {
    heard_by(99_999, lines)
}

fn texts(addresses: &[IpAddr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

#[test]
fn an_lldp_row_is_decoded_and_placed() {
    let found = heard(
        "lldpLocPortIdSubtype.1 = #5\nlldpLocPortId.1 = Gi1/0/1\nlldpRemChassisIdSubtype.0.1.7 = #4
         lldpRemChassisId.0.1.7 = 0x001b54aabbcc\nlldpRemPortIdSubtype.0.1.7 = #5\nlldpRemPortId.0.1.7 = Te1/1/1
         lldpRemSysName.0.1.7 = core-1\nlldpRemSysCapEnabled.0.1.7 = 0x2800\nlldpRemManAddrIfSubtype.0.1.7.1.4.10.0.0.1 = #2
         lldpRemManAddrIfSubtype.0.1.7.1.4.0.0.0.0 = #2",
    );
    let row = &found.rows[0];
    assert_eq!(row.protocol, Evidence::Lldp);
    assert_eq!((row.local_if_index, row.local_port.as_deref()), (Some(IfIndex(10_101)), Some("Gi1/0/1")));
    assert_eq!(row.chassis_id.as_ref().unwrap().to_string(), "00:1b:54:aa:bb:cc");
    assert_eq!(row.port_id, Some(PortId::Name("Te1/1/1".to_owned())));
    assert_eq!(texts(&row.addresses), ["10.0.0.1"]);
    assert_eq!(row.capabilities, ["bridge", "router"]);
}

#[test]
fn a_nameless_neighbour_inherits_nothing() {
    let found = heard(
        "lldpRemChassisIdSubtype.0.1.1 = #7\nlldpRemChassisId.0.1.1 = a\nlldpRemSysName.0.1.1 = first
         lldpRemChassisIdSubtype.0.1.2 = #7\nlldpRemChassisId.0.1.2 = b",
    );
    assert_eq!((&found.rows[1].sys_name, &found.rows[1].sys_descr), (&None, &None));
}

#[test]
fn blank_rows_are_counted_and_malformed_indexes_tolerated() {
    let found = heard(
        "lldpRemChassisIdSubtype.0.1.1 = #0\nlldpRemChassisId.0.1.1 = x\nlldpRemChassisId.0.1.2 = \u{0}
         lldpRemChassisIdSubtype.11 = #4\nlldpRemChassisId.11 = B8:69:F4:7F:41:70\nlldpRemManAddrIfSubtype.11.1.4.10.0.0.9 = #2
         lldpRemSysName.11 = odd\nlldpRemChassisId = none\nlldpRemChassisIdSubtype.0.1.3 = text for a number",
    );
    assert_eq!(found.skipped, 3);
    let odd: Vec<&NeighbourRow> = found.rows.iter().filter(|row| row.sys_name.as_deref() == Some("odd")).collect();
    assert_eq!((odd.len(), odd[0].local_if_index, texts(&odd[0].addresses)), (1, None, vec!["10.0.0.9".to_owned()]));
}

#[test]
fn a_neighbour_that_is_listed_twice_is_one_row_with_all_its_addresses() {
    let found = heard(
        "lldpRemChassisId.5.1.1 = a\nlldpRemManAddrIfSubtype.5.1.1.1.4.10.0.0.1 = #2
         lldpRemChassisId.9.1.2 = a\nlldpRemManAddrIfSubtype.9.1.2.1.4.10.0.0.2 = #2\nlldpRemChassisId.9.1.3 = b",
    );
    assert_eq!(found.rows.iter().map(|row| row.addresses.len()).collect::<Vec<_>>(), [2, 0]);
}

#[test]
fn the_second_edition_is_read_where_the_first_is_empty() {
    let lines = "lldpV2RemChassisIdSubtype.0.10101.1.3 = #7\nlldpV2RemChassisId.0.10101.1.3 = fw-1";
    let found = heard(lines);
    assert_eq!(found.rows.len(), 1);
    assert_eq!((found.rows[0].local_if_index, found.rows[0].local_port.as_deref()), (Some(IfIndex(10_101)), Some("Gi1/0/1")));
    let both = heard(&format!("{lines}\nlldpRemChassisId.0.1.1 = a"));
    assert_eq!(both.rows.iter().map(|row| row.chassis_id.clone()).collect::<Vec<_>>(), [Some(ChassisId::Text("a".to_owned()))]);
}

#[test]
fn a_cdp_row_is_decoded() {
    let found = heard(
        "cdpCacheDeviceId.10103.1 = core-1(FOC1234)\ncdpCacheDevicePort.10103.1 = GigabitEthernet0\ncdpCachePlatform.10103.1 = N9K
         cdpCacheVersion.10103.1 = NX-OS 9\ncdpCacheAddress.10103.1 = 0xac1b3154\ncdpCacheCapabilities.10103.1 = 0x00000029
         cdpCacheDeviceId.4026531840.7 = lost\ncdpCacheAddress.4026531840.7 = 0x00000000\ncdpCachePlatform.9.9 = says nothing else",
    );
    assert_eq!((found.rows.len(), found.skipped), (2, 1));
    let row = &found.rows[0];
    assert_eq!(row.chassis_id, Some(ChassisId::Text("core-1(FOC1234)".to_owned())));
    assert_eq!((row.sys_name.as_deref(), row.sys_descr.as_deref()), (Some("core-1"), Some("N9K\nNX-OS 9")));
    assert_eq!(
        (texts(&row.addresses), row.capabilities.join(" ")),
        (vec!["172.27.49.84".to_owned()], "router bridge".to_owned())
    );
    assert_eq!(row.local_port.as_deref(), Some("Gi1/0/3"));
    assert_eq!(found.rows[1].local_if_index, Some(IfIndex(4_026_531_840)), "a port outside the interface table keeps its number");
    assert_eq!(found.rows[1].addresses, Vec::<IpAddr>::new());
}

/// One row of a vendor's table: enterprise, lines, and what it must come to.
type Vendors = (u32, &'static str, (Evidence, u32, &'static str, &'static str, &'static str));

#[test]
fn vendors_tables_are_read_as_their_files_say() {
    let cases: [Vendors; 9] = [
        (
            1991,
            "snFdpCacheDeviceId.7.1 = icx-2\nsnFdpCacheDevicePort.7.1 = ethernet1/1/2\nsnFdpCacheCapabilities.7.1 = Router, Switch
             snFdpCacheAddress.7.1 = 0x0a090909",
            (Evidence::Fdp, 7, "icx-2", "ethernet1/1/2", "icx-2"),
        ),
        (
            1916,
            "extremeEdpNeighborName.7.0.0.0.4.150.16.32.48 = x450\nextremeEdpNeighborSlot.7.0.0.0.4.150.16.32.48 = #1
             extremeEdpNeighborPort.7.0.0.0.4.150.16.32.48 = #24
             extremeEdpNeighborVlanIpAddress.7.0.0.0.4.150.16.32.48.3.102.111.111 = !10.9.9.9",
            (Evidence::Edp, 7, "00:04:96:10:20:30", "1:24", "x450"),
        ),
        (
            6527,
            "tmnxLldpRemChassisIdSubtype.77.7.1.1 = #4\ntmnxLldpRemChassisId.77.7.1.1 = 0x58306ebb97e8\ntmnxLldpRemPortIdSubtype.77.7.1.1 = #7
             tmnxLldpRemPortId.77.7.1.1 = 35684352\ntmnxLldpRemSysName.77.7.1.1 = ixr\ntmnxLldpRemManAddrIfSubtype.77.7.1.1.1.4.10.9.9.9 = #2",
            (Evidence::Lldp, 7, "58:30:6e:bb:97:e8", "35684352", "ixr"),
        ),
        (
            11863,
            "lldpNeighborChassisIdType.7.1 = MAC address\nlldpNeighborChassisId.7.1 = C0:06:C3:A1:3F:46\nlldpNeighborPortIdType.7.1 = Interface name
             lldpNeighborPortIdDescr.7.1 = gigabitEthernet 1/0/1\nlldpNeighborDeviceName.7.1 = sg\nlldpNeighborManageIpAddr.7.1 = !10.9.9.9",
            (Evidence::Lldp, 7, "c0:06:c3:a1:3f:46", "gigabitEthernet 1/0/1", "sg"),
        ),
        (
            3320,
            "nmsLldpLocPortIdSubtype.1 = #5\nnmsLldpLocPortId.1 = ether7\nnmsLldpRemChassisIdSubtype.0.1.1 = #4
             nmsLldpRemChassisId.0.1.1 = 0xfcfaf7000001\nnmsLldpRemPortIdSubtype.0.1.1 = #5\nnmsLldpRemPortId.0.1.1 = g0/1
             nmsLldpRemSysName.0.1.1 = bd\nnmsLldpRemManAddrIfSubtype.0.1.1.1.4.10.9.9.9 = #2",
            (Evidence::Lldp, 7, "fc:fa:f7:00:00:01", "g0/1", "bd"),
        ),
        (
            14988,
            "lldpRemChassisIdSubtype.0.0.4 = #4\nlldpRemChassisId.0.0.4 = 2C:C8:1B:97:04:1C\nlldpRemPortIdSubtype.0.0.4 = #5
             lldpRemPortId.0.0.4 = ether2\nlldpRemSysName.0.0.4 = mt\nlldpRemManAddrIfSubtype.0.0.4.1.4.10.9.9.9 = #2\nmtxrNeighborInterfaceID.4 = #7",
            (Evidence::Lldp, 7, "2c:c8:1b:97:04:1c", "ether2", "mt"),
        ),
        (
            14988,
            "lldpRemChassisIdSubtype.4 = #4\nlldpRemChassisId.4 = 2C:C8:1B:97:04:1C\nlldpRemPortIdSubtype.4 = #5\nlldpRemPortId.4 = ether2
             lldpRemSysName.4 = mt\nlldpRemManAddrIfSubtype.4.1.4.10.9.9.9 = #2\nmtxrNeighborInterfaceID.4 = #7",
            (Evidence::Lldp, 7, "2c:c8:1b:97:04:1c", "ether2", "mt"),
        ),
        (
            674,
            "agentIsdpCacheDeviceId.7.1 = n4032(SN1)\nagentIsdpCacheDevicePort.7.1 = Fo2/1/2\nagentIsdpCacheAddress.7.1 = 10.9.9.9",
            (Evidence::Cdp, 7, "n4032(SN1)", "Fo2/1/2", "n4032"),
        ),
        (
            8744,
            "coCdpCacheLocalInterface.1 = ether7\ncoCdpCacheDeviceId.1 = sw\ncoCdpCachePortId.1 = Gi0/1\ncoCdpCacheAddress.1 = !10.9.9.9",
            (Evidence::Cdp, 7, "sw", "Gi0/1", "sw"),
        ),
    ];
    for (enterprise, lines, (protocol, if_index, chassis, port, name)) in cases {
        let found = heard_by(enterprise, lines);
        assert_eq!((found.rows.len(), found.skipped), (1, 0), "{enterprise}");
        let row = &found.rows[0];
        let said = |id: Option<String>| id.unwrap_or_default();
        assert_eq!(row.protocol, protocol, "{enterprise}");
        assert_eq!(row.local_if_index, Some(IfIndex(if_index)), "{enterprise}");
        assert_eq!(said(row.chassis_id.as_ref().map(ToString::to_string)), chassis, "{enterprise}");
        assert_eq!(said(row.port_id.as_ref().map(ToString::to_string)), port, "{enterprise}");
        assert_eq!((row.sys_name.as_deref(), texts(&row.addresses)), (Some(name), vec!["10.9.9.9".to_owned()]), "{enterprise}");
        assert_eq!(row.local_port.as_deref(), Some("ether7"), "{enterprise}");
    }
}

#[test]
fn a_vendors_table_is_read_of_its_devices_only() {
    let lines = "snFdpCacheDeviceId.7.1 = icx-2\nsnFdpCacheDevicePort.7.1 = ethernet1/1/2";
    assert_eq!(heard_by(9, lines).rows, []);
    assert_eq!(heard_by(1991, lines).rows.len(), 1);
}

/// A row of a routing protocol: lines, and (protocol, local port, chassis, addresses) of each neighbour.
type Routing = (u32, &'static str, &'static [(Evidence, Option<u32>, &'static str, &'static str)]);

#[test]
fn neighbours_of_routing_protocols_lie_behind_their_subnets() {
    let cases: [Routing; 6] = [
        (
            1,
            "ospfNbrRtrId.10.1.0.2.0 = !192.0.2.2\nospfNbrState.10.1.0.2.0 = #8\nospfNbrRtrId.10.2.0.9.0 = !192.0.2.9\nospfNbrState.10.2.0.9.0 = #4
             ospfNbrRtrId.10.2.0.8.0 = !192.0.2.8\nospfNbrState.10.2.0.8.0 = #3\nospfNbrRtrId.10.7.7.7.7 = !192.0.2.7\nospfNbrState.10.7.7.7.7 = #8
             ospfNbrRtrId.10.1 = !192.0.2.1\nospfNbrState.10.1 = #1",
            &[
                (Evidence::Ospf, Some(10_101), "192.0.2.2", "10.1.0.2"),
                (Evidence::Ospf, Some(10_103), "192.0.2.9", "10.2.0.9"),
                (Evidence::Ospf, Some(7), "192.0.2.7", "10.7.7.7"),
            ],
        ),
        (
            1,
            "ospfv3NbrAddress.7.0.3221225985 = 0xfe800000000000000000000000000001\nospfv3NbrState.7.0.3221225985 = #8",
            &[(Evidence::Ospf, Some(7), "192.0.2.1", "fe80::1")],
        ),
        (
            1,
            "bgpPeerIdentifier.10.1.0.2 = !192.0.2.2\nbgpPeerState.10.1.0.2 = #6\nbgpPeerIdentifier.198.51.100.1 = !192.0.2.3
             bgpPeerState.198.51.100.1 = #6\nbgpPeerIdentifier.10.2.0.2 = !0.0.0.0\nbgpPeerState.10.2.0.2 = #3",
            &[(Evidence::Bgp, Some(10_101), "192.0.2.2", "10.1.0.2"), (Evidence::Bgp, None, "192.0.2.3", "198.51.100.1")],
        ),
        (
            9,
            "cbgpPeer2RemoteIdentifier.1.4.10.2.0.2 = !192.0.2.2\ncbgpPeer2State.1.4.10.2.0.2 = #6\ncbgpPeer2State.1.9.1 = #6
             bgpPeerIdentifier.10.2.0.2 = !192.0.2.2\nbgpPeerState.10.2.0.2 = #6",
            &[(Evidence::Bgp, Some(10_103), "192.0.2.2", "10.2.0.2")],
        ),
        (
            2636,
            "jnxBgpM2PeerIdentifier.0.1.4.10.1.0.1.1.4.10.1.0.2 = 0xc0000202\njnxBgpM2PeerState.0.1.4.10.1.0.1.1.4.10.1.0.2 = #6",
            &[(Evidence::Bgp, Some(10_101), "192.0.2.2", "10.1.0.2")],
        ),
        (
            1,
            "isisCircIfIndex.5 = #7\nisisISAdjNeighSysID.5.1 = 0x192168001001\nisisISAdjState.5.1 = #3\nisisISAdjNeighSysID.5.2 = 0x192168001002
             isisISAdjState.5.2 = #1\nisisISAdjIPAddrAddress.5.1.1 = 0x0a010002",
            &[(Evidence::Isis, Some(7), "1921.6800.1001", "10.1.0.2")],
        ),
    ];
    for (enterprise, lines, want) in cases {
        let found = heard_by(enterprise, lines);
        let rows = found.rows.iter().map(|row| {
            let chassis = row.chassis_id.as_ref().map(ToString::to_string).unwrap_or_default();
            (row.protocol, row.local_if_index.map(|number| number.0), chassis, texts(&row.addresses).join(" "))
        });
        let rows: Vec<_> = rows.collect();
        let want: Vec<_> = want.iter().map(|(p, i, c, a)| (*p, *i, (*c).to_owned(), (*a).to_owned())).collect();
        assert_eq!(rows, want, "{lines}");
        for row in &found.rows {
            assert_eq!(row.port_id, row.addresses.first().copied().map(PortId::Address));
        }
    }
}

#[test]
fn a_neighbour_with_endless_addresses_keeps_some() {
    let mut row = NeighbourRow::new(Evidence::Lldp);
    let most = limit::NEIGHBOUR_ADDRESSES.most();
    let many = (0..most + 9).map(|number| IpAddr::from([10, 0, u8::try_from(number / 200).unwrap(), (number % 200) as u8 + 1]));
    let ((), beyond) = limit::NEIGHBOUR_ADDRESSES.during(|| many.for_each(|address| add_address(&mut row, address)));
    assert!(row.addresses.len() == most && beyond >= 9);
}

#[test]
fn an_endless_table_is_cut() {
    let lines: String = (0..5000).map(|at| format!("lldpRemChassisId.0.1.{at} = c{at}\n")).collect();
    let (heard, beyond) = limit::TABLE_NEIGHBOURS.during(|| heard(&lines));
    assert_eq!(heard.rows.len(), limit::TABLE_NEIGHBOURS.most());
    assert!(beyond > 0);
}
