//! All bounds, each with its reason. Sizes are so that 10,000 devices with 250,000 ports and 100,000 stations fit twice over; with all of them
//! full at once the process takes some gigabytes, which no network does that means well.

use super::{AtLimit, Limit};

/// Declares bounds: word, number, what happens there.
macro_rules! limits {
    ($( $(#[$reason:meta])* $name:ident = ($word:literal, $most:expr, $at:ident); )+) => {
        $( $(#[$reason])* pub static $name: Limit = Limit::new($word, $most, AtLimit::$at); )+

        /// All of them, in the order of docs/LIMITS.md.
        pub static ALL: &[&Limit] = &[$( &$name ),+];
    };
}

limits! {
    // The network as it is known.

    /// Devices: two and a half times the largest network that this is made for. Some 20 KB each with 50 ports: 500 MB.
    DEVICES = ("devices", 25_000, Refuses);
    /// Interfaces of one device: more than that have no series either. A BNG with a subscriber to an interface has as many.
    DEVICE_INTERFACES = ("interfaces-of-device", 16_384, Refuses);
    /// Interfaces in all: four times 250,000; some 400 octets each: 400 MB.
    INTERFACES = ("interfaces", 1_000_000, Refuses);
    /// Addresses of one device: load balancers have thousands.
    DEVICE_ADDRESSES = ("addresses-of-device", 8192, Refuses);
    /// Rows of one table of neighbours (LLDP, CDP, OSPF …): more would be an agent that makes them up.
    TABLE_NEIGHBOURS = ("neighbours-of-table", 4096, Refuses);
    /// Neighbours of one device by all protocols together.
    DEVICE_NEIGHBOURS = ("neighbours-of-device", 8192, Refuses);
    /// Addresses of one neighbour.
    NEIGHBOUR_ADDRESSES = ("addresses-of-neighbour", 64, Shortens);
    /// Rows of neighbours in all: a telephone on each of 250,000 ports, twice; some 500 octets each with the link that follows: 250 MB.
    NEIGHBOURS = ("neighbours", 500_000, Refuses);
    /// Memberships of the ports of one device in VLANs: 4,094 VLANs on a hundred trunks.
    DEVICE_VLANS = ("vlan-memberships-of-device", 500_000, Refuses);
    /// The same in all: every port of 10,000 devices in a hundred VLANs; two octets each: 64 MB.
    VLAN_MEMBERSHIPS = ("vlan-memberships", 32_000_000, Refuses);
    /// VLANs of one device whose forwarding tables are read one by one.
    DEVICE_VLAN_TABLES = ("vlan-tables-of-device", 256, Refuses);
    /// Things measured of one device: sensors, processors, memory, storage.
    DEVICE_GAUGES = ("gauges-of-device", crate::model::health::MAX_GAUGES, Refuses);
    /// Parts of one device (ENTITY-MIB).
    DEVICE_PARTS = ("parts-of-device", crate::model::switching::MAX_PARTS, Refuses);
    /// Rows of one forwarding table: the largest chassis hold as many.
    DEVICE_MACS = ("macs-of-device", 262_144, Refuses);
    /// Rows of all forwarding tables: 100,000 stations that each of 160 switches knows; 20 octets each: 320 MB.
    MACS = ("macs", 16_000_000, Refuses);
    /// Rows of one ARP and ND table.
    DEVICE_ARP = ("arp-of-device", 262_144, Refuses);
    /// Rows of all of them: 36 octets each: 144 MB.
    ARP = ("arp", 4_000_000, Refuses);
    /// Stations that are placed: five times 100,000; some 200 octets each: 100 MB.
    ENDPOINTS = ("endpoints", 500_000, Refuses);
    /// Addresses of one station: a host has a handful, one that answers for a whole network has thousands.
    ENDPOINT_ADDRESSES = ("addresses-of-endpoint", 32, Shortens);
    /// Access points that one wireless controller tells.
    CONTROLLER_APS = ("access-points-of-controller", crate::model::wireless::MAX_ACCESS_POINTS, Refuses);
    /// Wireless stations that one controller tells.
    CONTROLLER_CLIENTS = ("stations-of-controller", crate::model::wireless::MAX_CLIENTS, Refuses);
    /// Wireless networks that one controller tells.
    CONTROLLER_SSIDS = ("ssids-of-controller", crate::model::wireless::MAX_SSIDS, Refuses);
    /// Radios of one access point.
    AP_RADIOS = ("radios-of-access-point", crate::model::wireless::MAX_RADIOS, Refuses);
    /// Access points of all controllers; some 500 octets each with their radios: 50 MB.
    ACCESS_POINTS = ("access-points", 100_000, Refuses);
    /// Wireless stations of all controllers: five times 100,000; some 250 octets each: 125 MB.
    STATIONS = ("stations", 500_000, Refuses);
    /// Devices that stood in others' places before, by which history is joined; some 100 octets each.
    PREDECESSORS = ("predecessors", 50_000, Forgets);
    /// Targets whose problems are kept.
    PROBLEMS = ("problems", 4096, Refuses);

    // Alarms.

    /// Alarms that stand or cleared lately: one on each of 250,000 ports, twice; some 500 octets each: 250 MB. Those that cleared go first.
    ALARMS = ("alarms", 500_000, Refuses);
    /// Different things in events, log lines and traps that rules wait for or hold alarms on; some 300 octets each: 15 MB.
    ALARM_WATCHES = ("alarm-watches", 50_000, Refuses);
    /// Different alarms in one batch of log lines.
    ALARM_LINES = ("alarms-of-batch", 1024, Refuses);
    /// Alarms of which it is kept when they stood before.
    ALARM_EPISODES = ("alarm-episodes", 10_000, Forgets);
    /// Windows of maintenance: more are a mistake of whoever writes them.
    MAINTENANCE = ("maintenance", 1000, Refuses);

    // SNMP: discovery and polls.

    /// Rows that one reading of tables keeps: the largest forwarding tables met have some ten thousand; about 30 MB.
    WALK_ROWS = ("rows-of-reading", 200_000, Refuses);
    /// Agents of which it is remembered how they like to be asked; some 400 octets each: 26 MB.
    SNMP_AGENTS = ("snmp-agents", 65_536, Forgets);
    /// Agents of which it is remembered which credential they take.
    SNMP_CREDENTIALS = ("snmp-credentials", 65_536, Forgets);
    /// Engines of version 3 whose keys are kept: deriving them takes milliseconds.
    SNMP_ENGINES = ("snmp-engines", 16_384, Forgets);
    /// Agents that were lately asked with a credential that they may not take: a sweep of a /16 at once.
    SNMP_TRIES = ("snmp-tries", 65_536, Refuses);
    /// Devices of one discovery: as many as are kept.
    CRAWL_DEVICES = ("devices-of-discovery", 25_000, Refuses);
    /// Addresses that one discovery was told of by neighbours, to be asked; some 100 octets each while they wait: 26 MB.
    CRAWL_ADDRESSES = ("addresses-of-discovery", 262_144, Refuses);
    /// Addresses outside the scope that it was told of.
    CRAWL_OUTSIDE = ("addresses-outside-scope", 65_536, Refuses);
    /// Addresses of ARP tables by which neighbours without an address are found: a large campus has some 100,000.
    CRAWL_ARP = ("arp-of-discovery", 1 << 20, Refuses);
    /// Neighbours without an address that are looked for.
    CRAWL_NAMELESS = ("neighbours-without-address", 262_144, Refuses);

    // Traps.

    /// Senders, and different things said, that are told apart within a minute: beyond, traps are told by number. All of them are log lines.
    TRAP_SENDERS = ("trap-senders", 8192, Sums);
    /// Engines and users whose keys are at hand: deriving them takes milliseconds.
    TRAP_KEYS = ("trap-keys", 16_384, Forgets);
    /// Engines of version 3 whose clock is known (RFC 3414 §3.2).
    TRAP_ENGINES = ("trap-engines", 16_384, Forgets);
    /// Messages of the last minutes that would be known again: beyond, what is older than the oldest kept is refused.
    TRAP_REPLAYS = ("trap-replays", 65_536, Forgets);
    /// Informs that would be known again when they are repeated.
    TRAP_INFORMS = ("trap-informs", 4096, Forgets);

    // Syslog and log lines.

    /// Connections of syslog in all: each takes a descriptor and up to 64 KiB. The one that was silent for the longest time goes.
    SYSLOG_CONNECTIONS = ("syslog-connections", 1024, Forgets);
    /// Connections of syslog from one address.
    SYSLOG_CONNECTIONS_OF_ONE = ("syslog-connections-of-sender", 64, Refuses);
    /// Senders of syslog whose clocks are compared: 5,000 devices and three times as many servers.
    SYSLOG_CLOCKS = ("syslog-clocks", 20_000, Refuses);
    /// Patterns that are counted for one screen of them; some 200 octets each: 10 MB.
    LOG_PATTERNS = ("log-patterns", 50_000, Refuses);

    // Own ports.

    /// Neighbours that one port of this host hears: a hub with so many speakers is one that somebody makes up.
    LLDP_OF_PORT = ("own-neighbours-of-port", 64, Refuses);
    /// Neighbours that all ports of this host hear.
    LLDP_HEARD = ("own-neighbours", 1024, Refuses);

    /// Interfaces of this host: one with more runs containers by the thousand, and those ports are nobody's.
    OWN_INTERFACES = ("own-interfaces", 4096, Refuses);
    /// Rows of this host's ARP table: the kernel's own limit is 1,024 unless somebody raised it.
    OWN_ARP = ("own-arp", 65_536, Refuses);

    // Flows.

    /// Exporters with their domains that a decoder remembers: 5,000 devices with three each. Those that fell silent make room.
    FLOW_EXPORTERS = ("flow-exporters", 16_384, Refuses);
    /// Templates of one exporter: Cisco routers with BGP and MPLS send some hundreds.
    FLOW_TEMPLATES = ("flow-templates-of-exporter", 2048, Refuses);
    /// Fields of all templates of a decoder: 50,000 templates of twenty; some 32 octets each: 32 MB.
    FLOW_FIELDS = ("flow-template-fields", 1 << 20, Refuses);
    /// Data sets of one exporter that wait for their template.
    FLOW_WAITING = ("flow-sets-waiting", 64, Forgets);
    /// Samplers, and interfaces with a rate of their own, of one exporter.
    FLOW_SAMPLERS = ("flow-samplers-of-exporter", 4096, Refuses);
    /// Conversations of one second that are told apart; the smaller are summed up.
    FLOW_TALKS = ("flow-conversations", 16_384, Sums);
    /// Ports of one second whose loads are told: a large site's; 8 MB.
    FLOW_SECOND_PORTS = ("flow-ports-of-second", 8192, Refuses);
    /// Names that options data tell in one second.
    FLOW_SECOND_NAMES = ("flow-names-of-second", 16_384, Refuses);
    /// Exporters of one second, minute, hour or day that are told apart: what a number of 16 bits can.
    FLOW_NUMBERS = ("flow-exporters-of-stretch", u16::MAX as usize, Refuses);
    /// Ports of a minute, hour or day whose loads are kept: 8 MB.
    FLOW_LOADS = ("flow-ports-of-stretch", 100_000, Refuses);
    /// Names of a minute, hour or day.
    FLOW_NAMES = ("flow-names-of-stretch", 50_000, Refuses);
    /// Exporters with their domains that are shown: as many as a decoder remembers. Those that were silent for an hour make room.
    FLOW_STREAMS = ("flow-exporters-shown", 16_384, Refuses);
    /// Names of ports that exporters tell: one for each of 250,000.
    FLOW_PORT_NAMES = ("flow-port-names", 262_144, Refuses);
    /// Directions of ports whose last two hours are at hand, 3 KB each: 50 MB. Those that are idle make room.
    FLOW_PORTS = ("flow-ports", 16_384, Refuses);

    // Capture.

    /// Flows of one captured port: as many as a campus uplink has at once; 14 MB. Beyond, frames are counted in the totals alone.
    CAPTURE_FLOWS = ("capture-flows", 65_536, Sums);

    // The store.

    /// Series of devices in one store, over all its life.
    STORE_DEVICES = ("store-devices", 1 << 20, Refuses);
    /// Named parts of one device in the store, over all its life: a device that invents names costs itself its new ones alone.
    STORE_PARTS = ("store-parts-of-device", 16_384, Refuses);
    /// Series in the memory of a demonstration or a one-shot command: 5,000 devices of 24 ports are 125,000.
    MEMORY_SERIES = ("memory-series", 200_000, Refuses);

    // Consoles.

    /// Consoles and commands that are attached at a time.
    CONSOLES = ("consoles", 64, Refuses);
    /// Of one user.
    CONSOLES_OF_USER = ("consoles-of-user", 48, Refuses);
}
