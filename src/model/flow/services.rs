//! What IP protocols and well-known ports are called: the words of IANA's registries, and a few that operators know better.
//!
//! Source: IANA Assigned Internet Protocol Numbers; IANA Service Name and Transport Protocol Port Number Registry.

/// ICMP, whose ports are type and code.
pub const ICMP: u8 = 1;
/// TCP
pub const TCP: u8 = 6;
/// UDP
pub const UDP: u8 = 17;
/// SCTP
pub const SCTP: u8 = 132;

/// Protocols by number, as people write them.
const PROTOCOLS: [(u8, &str); 40] = [
    (0, "hopopt"),
    (1, "icmp"),
    (2, "igmp"),
    (4, "ipip"),
    (5, "st"),
    (6, "tcp"),
    (8, "egp"),
    (9, "igp"),
    (17, "udp"),
    (27, "rdp"),
    (33, "dccp"),
    (41, "ipv6"),
    (43, "ipv6-route"),
    (44, "ipv6-frag"),
    (46, "rsvp"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (58, "icmp6"),
    (59, "ipv6-nonxt"),
    (60, "ipv6-opts"),
    (88, "eigrp"),
    (89, "ospf"),
    (94, "ipip-old"),
    (97, "etherip"),
    (98, "encap"),
    (103, "pim"),
    (108, "ipcomp"),
    (112, "vrrp"),
    (113, "pgm"),
    (115, "l2tp"),
    (124, "isis"),
    (132, "sctp"),
    (133, "fc"),
    (135, "mobility"),
    (136, "udplite"),
    (137, "mpls-in-ip"),
    (139, "hip"),
    (140, "shim6"),
    (255, "none"),
];

/// Other words that people type.
const PROTOCOL_ALIASES: [(&str, u8); 4] = [("ipv6-icmp", 58), ("icmpv6", 58), ("ip-in-ip", 4), ("ospfigp", 89)];

/// Transports that a service is known on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Tcp,
    Udp,
    Both,
}

use On::{Both, Tcp, Udp};

/// Services by port, sorted by port; of two on one port the one of TCP stands first.
const SERVICES: [(u16, On, &str); 163] = [
    (7, Both, "echo"),
    (9, Both, "discard"),
    (13, Both, "daytime"),
    (17, Tcp, "qotd"),
    (19, Both, "chargen"),
    (20, Tcp, "ftp-data"),
    (21, Tcp, "ftp"),
    (22, Tcp, "ssh"),
    (23, Tcp, "telnet"),
    (25, Tcp, "smtp"),
    (37, Both, "time"),
    (43, Tcp, "whois"),
    (49, Both, "tacacs"),
    (53, Both, "dns"),
    (67, Udp, "dhcp"),
    (68, Udp, "dhcp"),
    (69, Udp, "tftp"),
    (70, Tcp, "gopher"),
    (79, Tcp, "finger"),
    (80, Tcp, "http"),
    (80, Udp, "http"),
    (88, Both, "kerberos"),
    (102, Tcp, "iso-tsap"),
    (110, Tcp, "pop3"),
    (111, Both, "sunrpc"),
    (113, Tcp, "ident"),
    (119, Tcp, "nntp"),
    (123, Udp, "ntp"),
    (135, Tcp, "msrpc"),
    (137, Udp, "netbios-ns"),
    (138, Udp, "netbios-dgm"),
    (139, Tcp, "netbios-ssn"),
    (143, Tcp, "imap"),
    (161, Udp, "snmp"),
    (162, Udp, "snmptrap"),
    (177, Udp, "xdmcp"),
    (179, Tcp, "bgp"),
    (194, Tcp, "irc"),
    (319, Udp, "ptp-event"),
    (320, Udp, "ptp-general"),
    (389, Both, "ldap"),
    (427, Both, "svrloc"),
    (443, Tcp, "https"),
    (443, Udp, "quic"),
    (445, Tcp, "smb"),
    (464, Both, "kpasswd"),
    (465, Tcp, "smtps"),
    (500, Udp, "isakmp"),
    (502, Tcp, "modbus"),
    (512, Tcp, "rexec"),
    (513, Tcp, "rlogin"),
    (514, Tcp, "rsh"),
    (514, Udp, "syslog"),
    (515, Tcp, "lpd"),
    (520, Udp, "rip"),
    (521, Udp, "ripng"),
    (546, Udp, "dhcpv6"),
    (547, Udp, "dhcpv6"),
    (548, Tcp, "afp"),
    (554, Tcp, "rtsp"),
    (587, Tcp, "submission"),
    (623, Udp, "ipmi"),
    (631, Both, "ipp"),
    (636, Tcp, "ldaps"),
    (646, Both, "ldp"),
    (830, Tcp, "netconf"),
    (853, Tcp, "dns-tls"),
    (853, Udp, "dns-quic"),
    (873, Tcp, "rsync"),
    (902, Tcp, "vmware-auth"),
    (989, Tcp, "ftps-data"),
    (990, Tcp, "ftps"),
    (993, Tcp, "imaps"),
    (995, Tcp, "pop3s"),
    (1080, Tcp, "socks"),
    (1099, Tcp, "rmi"),
    (1194, Both, "openvpn"),
    (1352, Tcp, "notes"),
    (1433, Tcp, "mssql"),
    (1434, Udp, "mssql-mon"),
    (1494, Tcp, "citrix-ica"),
    (1521, Tcp, "oracle"),
    (1645, Udp, "radius"),
    (1646, Udp, "radius-acct"),
    (1701, Udp, "l2tp"),
    (1719, Udp, "h323-ras"),
    (1720, Tcp, "h323"),
    (1723, Tcp, "pptp"),
    (1812, Udp, "radius"),
    (1813, Udp, "radius-acct"),
    (1883, Tcp, "mqtt"),
    (1900, Udp, "ssdp"),
    (1985, Udp, "hsrp"),
    (2000, Tcp, "sccp"),
    (2049, Both, "nfs"),
    (2055, Udp, "netflow"),
    (2083, Tcp, "radsec"),
    (2123, Udp, "gtp-c"),
    (2152, Udp, "gtp-u"),
    (2181, Tcp, "zookeeper"),
    (2222, Tcp, "ethernet-ip"),
    (2375, Tcp, "docker"),
    (2376, Tcp, "docker-tls"),
    (2379, Tcp, "etcd"),
    (2380, Tcp, "etcd-peer"),
    (2598, Tcp, "citrix-cgp"),
    (3000, Tcp, "http-dev"),
    (3128, Tcp, "squid"),
    (3260, Tcp, "iscsi"),
    (3268, Tcp, "ldap-gc"),
    (3269, Tcp, "ldaps-gc"),
    (3306, Tcp, "mysql"),
    (3389, Both, "rdp"),
    (3478, Both, "stun"),
    (3784, Udp, "bfd"),
    (3785, Udp, "bfd-echo"),
    (4189, Tcp, "pcep"),
    (4317, Tcp, "otlp"),
    (4369, Tcp, "epmd"),
    (4443, Tcp, "https-alt"),
    (4500, Udp, "ipsec-nat"),
    (4739, Both, "ipfix"),
    (4784, Udp, "bfd-multi"),
    (4786, Tcp, "smart-install"),
    (4789, Udp, "vxlan"),
    (5004, Udp, "rtp"),
    (5005, Udp, "rtcp"),
    (5060, Both, "sip"),
    (5061, Tcp, "sips"),
    (5201, Both, "iperf3"),
    (5222, Tcp, "xmpp"),
    (5246, Udp, "capwap-ctl"),
    (5247, Udp, "capwap-data"),
    (5351, Udp, "nat-pmp"),
    (5353, Udp, "mdns"),
    (5355, Udp, "llmnr"),
    (5432, Tcp, "postgres"),
    (5671, Tcp, "amqps"),
    (5672, Tcp, "amqp"),
    (5900, Tcp, "vnc"),
    (5985, Tcp, "winrm"),
    (5986, Tcp, "winrm-tls"),
    (6081, Udp, "geneve"),
    (6343, Udp, "sflow"),
    (6379, Tcp, "redis"),
    (6443, Tcp, "kube-api"),
    (6653, Tcp, "openflow"),
    (6667, Tcp, "irc"),
    (8008, Tcp, "http-alt"),
    (8080, Tcp, "http-alt"),
    (8123, Tcp, "clickhouse"),
    (8443, Tcp, "https-alt"),
    (8883, Tcp, "mqtts"),
    (9000, Tcp, "http-alt9k"),
    (9042, Tcp, "cassandra"),
    (9090, Tcp, "prometheus"),
    (9092, Tcp, "kafka"),
    (9100, Tcp, "jetdirect"),
    (9200, Tcp, "elastic"),
    (10050, Tcp, "zabbix"),
    (11211, Both, "memcached"),
    (27017, Tcp, "mongodb"),
    (51820, Udp, "wireguard"),
];

/// What a protocol is called.
pub fn protocol_name(protocol: u8) -> Option<&'static str> {
    PROTOCOLS.binary_search_by_key(&protocol, |(number, _)| *number).ok().and_then(|at| PROTOCOLS.get(at)).map(|(_, name)| *name)
}

/// A protocol by its name or number.
pub fn protocol_number(text: &str) -> Option<u8> {
    let named = PROTOCOLS.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(number, _)| *number);
    let alias = || PROTOCOL_ALIASES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, number)| *number);
    named.or_else(alias).or_else(|| text.parse().ok())
}

/// What is spoken on a port of a transport; `None` where nobody agreed on that, or where the protocol has no ports.
pub fn service_name(protocol: u8, port: u16) -> Option<&'static str> {
    let first = SERVICES.partition_point(|(known, ..)| *known < port);
    let on = SERVICES.iter().skip(first).take_while(|(known, ..)| *known == port);
    on.filter(|(_, on, _)| fits(protocol, *on)).map(|(.., name)| *name).next()
}

const fn fits(protocol: u8, on: On) -> bool {
    match on {
        On::Tcp => matches!(protocol, TCP | SCTP),
        On::Udp => protocol == UDP,
        On::Both => matches!(protocol, TCP | UDP | SCTP),
    }
}

/// All ports of a service's name with their transport; empty where nothing is called so.
pub fn services_named(name: &str) -> Vec<(u8, u16)> {
    let named = SERVICES.iter().filter(|(.., known)| known.eq_ignore_ascii_case(name));
    named
        .flat_map(|(port, on, _)| {
            let on = match on {
                On::Tcp => [Some(TCP), None],
                On::Udp => [Some(UDP), None],
                On::Both => [Some(TCP), Some(UDP)],
            };
            on.into_iter().flatten().map(|protocol| (protocol, *port))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_for_the_search() {
        assert!(PROTOCOLS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(SERVICES.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    }

    #[test]
    fn a_port_is_named_by_its_transport() {
        let names = [(TCP, 443), (UDP, 443), (UDP, 22), (TCP, 53), (UDP, 53), (TCP, 514), (UDP, 514), (ICMP, 443), (TCP, 40_000)];
        assert_eq!(
            names.map(|(protocol, port)| service_name(protocol, port)),
            [Some("https"), Some("quic"), None, Some("dns"), Some("dns"), Some("rsh"), Some("syslog"), None, None]
        );
    }

    #[test]
    fn names_lead_back_to_numbers() {
        assert_eq!([protocol_name(6), protocol_name(58), protocol_name(200)], [Some("tcp"), Some("icmp6"), None]);
        assert_eq!(["TCP", "icmpv6", "47", "300", "x"].map(protocol_number), [Some(6), Some(58), Some(47), None, None]);
        assert_eq!(services_named("DNS"), [(TCP, 53), (UDP, 53)]);
        assert_eq!(services_named("https"), [(TCP, 443)]);
        assert_eq!(services_named("nothing"), []);
    }
}
