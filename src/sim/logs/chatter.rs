//! What devices say all day: people log in, configure and save, phones get power, somebody types a wrong password, clients roam.

use super::{Dialect, Saying, Script, Speaker, notify};
use crate::model::log::{LogDatagram, LogKind};
use crate::sim::hash::{between, mix, pick, unit};

/// A sentence with holes: its weight, severity, program, id and text.
type Sentence = (u32, u8, &'static str, &'static str, &'static str);

/// Lines a second at night and at noon, all devices together.
const QUIET: f64 = 0.04;
const BUSY: f64 = 0.22;

/// A host that tries passwords and communities, and how often it begins, seconds.
const SCANNER: &str = "10.66.6.13";
const SCAN_EVERY: i64 = 1020;
/// How long it tries, and since when before the scenario's moment.
const SCAN_LASTS: i64 = 25;
const SCANS_SINCE: f64 = 5.0 * 3600.0;

const CISCO: &[Sentence] = &[
    (4, 5, "SYS", "CONFIG_I", "Configured from console by {user} on vty0 ({ip})"),
    (4, 5, "SEC_LOGIN", "LOGIN_SUCCESS", "Login Success [user: {user}] [Source: {ip}] [localport: 22]"),
    (
        2,
        4,
        "SEC_LOGIN",
        "LOGIN_FAILED",
        "Login failed [user: {user}] [Source: {ip}] [localport: 22] [Reason: Login Authentication Failed]",
    ),
    (5, 5, "ILPOWER", "POWER_GRANTED", "Interface {port}: Power granted"),
    (5, 6, "DOT1X", "SUCCESS", "Authentication successful for client ({mac}) on Interface {port} AuditSessionID 0A{n}F3"),
    (2, 5, "DOT1X", "FAIL", "Authentication failed for client ({mac}) on Interface {port} AuditSessionID 0A{n}F3"),
    (2, 4, "SW_MATM", "MACFLAP_NOTIF", "Host {mac} in vlan {vlan} is flapping between port {port} and port {port2}"),
    (
        2,
        5,
        "DHCP_SNOOPING",
        "DHCP_SNOOPING_UNTRUSTED_PORT",
        "DHCP_SNOOPING drop message on untrusted port, message type: DHCPOFFER, MAC sa: {mac}",
    ),
    (1, 5, "PARSER", "CFGLOG_LOGGEDCMD", "User:{user}  logged command:username backup privilege 1 password 7 094F471A1A0A{n}"),
    (1, 4, "HA_EM", "LOG", "temp-watch: inlet temperature 46 C is near its threshold"),
    (3, 6, "SYS", "LOGGINGHOST_STARTSTOP", "Logging to host 10.0.0.9 port 514 started - reconnection"),
];

const JUNOS: &[Sentence] = &[
    (4, 5, "mgd", "UI_COMMIT", "User '{user}' requested 'commit' operation (comment: none)"),
    (3, 6, "sshd", "SSHD_LOGIN_OK", "Accepted publickey for {user} from {ip} port 51{n}"),
    (2, 4, "sshd", "SSHD_LOGIN_FAILED", "Login failed for user '{user}' from host '{ip}'"),
    (3, 6, "eswd", "ESWD_DAI_OK", "ARP inspection passed on {port} vlan {vlan}"),
    (1, 4, "chassisd", "CHASSISD_FAN_SPEED", "Fan Tray 0 speed raised to full"),
    (2, 5, "l2ald", "L2ALD_MAC_MOVE", "MAC {mac} moved from {port} to {port2} on vlan {vlan}"),
];

const ARUBA_CX: &[Sentence] = &[
    (3, 6, "hpe-config", "6801", "Configuration saved by {user} from {ip}"),
    (3, 6, "port-accessd", "10502", "Client {mac} authenticated on port {port}, vlan {vlan}"),
    (2, 4, "port-accessd", "10503", "Client {mac} failed authentication on port {port}"),
    (1, 4, "powerd", "302", "PoE budget of 370 W is used to 81%"),
];

const ARUBA_OS: &[Sentence] = &[
    (6, 6, "stm", "501100", "Assoc success @ {clock}: {mac}: AP {ap}-{n}"),
    (3, 5, "stm", "501106", "Deauth to sta: {mac}: Ageout AP {ap}-{n} handle_sapcp"),
    (2, 4, "authmgr", "522275", "User Authentication failed. username={user} userip={ip} usermac={mac} servername=radius-1"),
    (1, 4, "sapd", "404401", "AM: radar detected on channel 100, AP {ap}-{n} changes channel"),
];

const FORTINET: &[Sentence] = &[
    (
        6,
        5,
        "traffic",
        "0000000013",
        "subtype=\"forward\" srcip={ip} srcport=51{n} dstip=203.0.113.{b} dstport=445 proto=6 action=\"deny\" policyid=0 service=\"SMB\" msg=\"Denied by forward policy check\"",
    ),
    (
        2,
        4,
        "utm",
        "0419016384",
        "subtype=\"ips\" srcip=198.51.100.{b} dstip={ip} attack=\"Web.Server.Password.File.Access\" severity=\"high\" action=\"dropped\" msg=\"web_misc: Web.Server.Password.File.Access\"",
    ),
    (
        1,
        5,
        "event",
        "0100032001",
        "subtype=\"system\" logdesc=\"Admin login successful\" user=\"{user}\" ui=\"https({ip})\" msg=\"Administrator {user} logged in successfully\"",
    ),
];

const LINUX: &[Sentence] = &[
    (3, 6, "sshd", "", "Accepted publickey for {user} from {ip} port 51{n} ssh2"),
    (2, 5, "sudo", "", "{user} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND=/usr/bin/systemctl status"),
    (3, 6, "systemd", "", "Started logrotate.service - Rotate log files."),
    (1, 3, "smartd", "", "Device: /dev/sdb, 8 Currently unreadable (pending) sectors"),
    (2, 6, "chronyd", "", "Selected source 10.0.0.1"),
];

const ESXI: &[Sentence] = &[
    (3, 6, "Hostd", "", "info hostd[2099{n}] [Originator@6876 sub=Vimsvc.ha-eventmgr] Event 18{n} : User {user}@{ip} logged in"),
    (1, 4, "vmkernel", "", "cpu12:2097{n})ScsiDeviceIO: 4176: Cmd 0x2a to dev \"naa.6000\" failed H:0x0 D:0x2 P:0x0"),
];

const APC: &[Sentence] = &[
    (1, 6, "UPS", "0x0105", "Passed a self-test."),
    (1, 4, "System", "0x0004", "Detected an unauthorized user attempting to access the Web interface from {ip}."),
];

/// People.
const USERS: [&str; 8] = ["kim", "lee", "park", "noc", "ansible", "choi", "backup", "netops"];

const fn sentences(dialect: Dialect) -> &'static [Sentence] {
    match dialect {
        Dialect::Cisco => CISCO,
        Dialect::Junos => JUNOS,
        Dialect::ArubaCx => ARUBA_CX,
        Dialect::ArubaOs => ARUBA_OS,
        Dialect::Fortinet => FORTINET,
        Dialect::Linux => LINUX,
        Dialect::Esxi => ESXI,
        Dialect::Apc => APC,
    }
}

impl Script {
    pub(super) fn chatter(&self, second: i64, out: &mut Vec<LogDatagram>) {
        let Some(last) = self.speakers.len().checked_sub(1) else { return };
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "seconds of this age fit into 53 bits and are positive"
        )]
        let (start, salt) = (second as f64, mix(self.scenario.seed, second as u64));
        let rate = rate_of_day(second);
        // Seldom more than one: the draws are apart.
        for draw in 0..3u64 {
            let chance = mix(salt, 100 + draw);
            if unit(chance) >= rate / 3.0 {
                continue;
            }
            let Some(speaker) = self.speakers.get(pick(mix(chance, 1), last + 1)) else { continue };
            if let Some(saying) = self.everyday(speaker, chance) {
                self.say(speaker, (start + between(mix(chance, 2), 0.0, 1.0), &saying), out);
            }
        }
        self.scan((second, start), salt, out);
    }

    fn everyday(&self, speaker: &Speaker, chance: u64) -> Option<Saying> {
        let known = sentences(speaker.dialect);
        let weights: u32 = known.iter().map(|sentence| sentence.0).sum();
        let mut left = u32::try_from(mix(chance, 3) % u64::from(weights.max(1))).unwrap_or(0);
        let found = known.iter().find(|sentence| {
            let is_it = left < sentence.0;
            left = left.saturating_sub(sentence.0);
            is_it
        });
        let (_, severity, app, id, text) = found?;
        let text = self.filled(speaker, text, mix(chance, 4))?;
        Some(Saying { severity: *severity, app: (*app).into(), id: (*id).into(), text })
    }

    /// A text with its holes filled; `None` where it wants ports that the device has not.
    fn filled(&self, speaker: &Speaker, text: &str, chance: u64) -> Option<String> {
        let node = self.scenario.node(speaker.device)?;
        let port = |salt: u64| {
            let port = speaker.desks.get(pick(mix(chance, salt), speaker.desks.len()))?;
            Some(self.scenario.port_name(node, *port))
        };
        let octet = |salt: u64| mix(chance, salt) % 250 + 1;
        let mut out = text.to_owned();
        if out.contains("{port") {
            out = out.replace("{port2}", &port(8)?).replace("{port}", &port(9)?);
        }
        let mac = mix(chance, 10).to_be_bytes();
        let mac = format!("3c22.fb{:02x}.{:02x}{:02x}", mac[0], mac[1], mac[2]);
        let user = USERS.get(pick(mix(chance, 11), USERS.len())).copied().unwrap_or("noc");
        let vlan = self.scenario.vlans.get(pick(mix(chance, 12), self.scenario.vlans.len())).map_or(1, |vlan| vlan.id);
        for (hole, value) in [
            ("{user}", user.to_owned()),
            ("{ip}", format!("10.20.{}.{}", octet(13) % 16, octet(14))),
            ("{mac}", mac),
            ("{vlan}", vlan.to_string()),
            ("{n}", format!("{:02}", octet(15) % 100)),
            ("{b}", octet(16).to_string()),
            ("{ap}", format!("ap-b{}-f{}", octet(17) % 4 + 1, octet(18) % 4 + 1)),
            ("{clock}", format!("{:02}:{:02}", octet(19) % 24, octet(20) % 60)),
        ] {
            out = out.replace(hole, &value);
        }
        Some(out)
    }

    /// Somebody tries passwords at one device and communities at another, now and then, in bursts.
    fn scan(&self, (second, start): (i64, f64), salt: u64, out: &mut Vec<LogDatagram>) {
        let into = second.rem_euclid(SCAN_EVERY);
        if into >= SCAN_LASTS || self.since_moment(second) > SCANS_SINCE {
            return;
        }
        #[allow(clippy::cast_sign_loss, reason = "positive")]
        let victim = mix(self.scenario.seed, second.div_euclid(SCAN_EVERY) as u64);
        let is = |speaker: &&Speaker, dialect: Dialect| speaker.dialect == dialect;
        let servers: Vec<&Speaker> = self.speakers.iter().filter(|speaker| is(speaker, Dialect::Linux)).collect();
        let switches: Vec<&Speaker> = self.speakers.iter().filter(|speaker| is(speaker, Dialect::Cisco)).collect();
        if let Some(server) = servers.get(pick(victim, servers.len())) {
            let user = ["root", "admin", "oracle", "test"].get(pick(salt, 4)).copied().unwrap_or("root");
            let text = format!("Failed password for {user} from {SCANNER} port {} ssh2", 40_000 + salt % 20_000);
            let saying = Saying { severity: 4, app: "sshd".into(), id: "".into(), text };
            self.say(server, (start + between(mix(salt, 30), 0.0, 1.0), &saying), out);
        }
        if let Some(switch) = switches.get(pick(mix(victim, 1), switches.len()))
            && into % 4 == 0
        {
            let at = start + between(mix(salt, 31), 0.0, 1.0);
            if self.scenario.answers(switch.device, at) {
                let octets = notify::authentication_failure(&self.scenario, switch.device, at);
                out.push(self.datagram(switch, (super::moment(at), LogKind::Trap), octets));
            }
        }
    }
}

/// Lines a second at a time of day (the campus keeps Korean hours).
fn rate_of_day(second: i64) -> f64 {
    const HOUR: f64 = 3600.0;
    #[allow(clippy::cast_precision_loss, reason = "a day has 86,400 seconds")]
    let hour = (second + 9 * 3600).rem_euclid(86_400) as f64 / HOUR;
    // Highest at two in the afternoon.
    let day = f64::midpoint(((hour - 14.0) / 24.0 * std::f64::consts::TAU).cos(), 1.0);
    QUIET + (BUSY - QUIET) * day
}
