//! A small network of real daemons: network namespaces joined by veth pairs, net-snmp's snmpd with AgentX and lldpd in each.
//!
//! Everything made here has a name with the test's own process id and is taken down when the value drops.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// One host of the network.
pub struct Host {
    pub name: &'static str,
    /// The address by which it is managed and that its LLDP advertises.
    pub address: &'static str,
    /// Lines of its snmpd.conf that give access.
    pub access: &'static [&'static str],
}

/// A veth pair: host, interface, address with prefix at both ends.
pub struct Cable {
    pub a: (&'static str, &'static str, &'static str),
    pub b: (&'static str, &'static str, &'static str),
}

pub struct Network {
    prefix: String,
    folder: tempfile::TempDir,
    namespaces: Vec<String>,
    daemons: Vec<Child>,
}

/// Why the network can't be built here, in words; `None` where it can.
pub fn missing() -> Option<String> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"));
    if !root {
        return Some("network namespaces need root".to_owned());
    }
    for program in ["ip", "unshare", "/usr/sbin/snmpd", "/usr/sbin/lldpd"] {
        let found = if program.starts_with('/') {
            Path::new(program).exists()
        } else {
            Command::new(program).arg("--version").output().is_ok()
        };
        if !found {
            return Some(format!("{program} is not installed (tests/install-peers.sh installs it)"));
        }
    }
    let probe = format!("nt{}probe", std::process::id());
    let made = run(&["ip", "netns", "add", &probe]);
    let _gone = run(&["ip", "netns", "del", &probe]);
    (!made.status.success()).then(|| format!("ip netns add: {}", String::from_utf8_lossy(&made.stderr).trim()))
}

fn run(argv: &[&str]) -> Output {
    let (program, arguments) = argv.split_first().expect("a program");
    Command::new(program).args(arguments).stdin(Stdio::null()).output().expect("the program starts")
}

fn must(argv: &[&str]) {
    let output = run(argv);
    assert!(output.status.success(), "{}: {}", argv.join(" "), String::from_utf8_lossy(&output.stderr));
}

impl Network {
    /// Builds it: `noc`, a namespace without daemons, is always there. Routes: each host's default route is given.
    pub fn up(hosts: &[Host], cables: &[Cable], routes: &[(&str, &str, &str)]) -> Self {
        let prefix = format!("nt{}", std::process::id());
        let folder = tempfile::tempdir().expect("a folder");
        let mut network = Self { prefix, folder, namespaces: Vec::new(), daemons: Vec::new() };
        for name in std::iter::once("noc").chain(hosts.iter().map(|host| host.name)) {
            let namespace = network.namespace(name);
            must(&["ip", "netns", "add", &namespace]);
            network.namespaces.push(namespace.clone());
            must(&["ip", "-n", &namespace, "link", "set", "lo", "up"]);
            network.exec(name, &["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
        }
        for cable in cables {
            network.plug(cable);
        }
        for (host, destination, gateway) in routes {
            must(&["ip", "-n", &network.namespace(host), "route", "add", destination, "via", gateway]);
        }
        for host in hosts {
            network.start_snmpd(host);
        }
        for host in hosts {
            network.start_lldpd(host);
        }
        network
    }

    pub fn namespace(&self, host: &str) -> String {
        format!("{}{host}", self.prefix)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a program inside a host's namespace.
    pub fn exec(&self, host: &str, argv: &[&str]) -> Output {
        let namespace = self.namespace(host);
        let mut whole = vec!["ip", "netns", "exec", namespace.as_str()];
        whole.extend_from_slice(argv);
        run(&whole)
    }

    fn plug(&self, cable: &Cable) {
        let (a, b) = (self.namespace(cable.a.0), self.namespace(cable.b.0));
        must(&["ip", "link", "add", cable.a.1, "netns", &a, "type", "veth", "peer", "name", cable.b.1, "netns", &b]);
        for (namespace, (_, port, address)) in [(&a, cable.a), (&b, cable.b)] {
            must(&["ip", "-n", namespace, "address", "add", address, "dev", port]);
            must(&["ip", "-n", namespace, "link", "set", port, "up"]);
        }
    }

    fn host_folder(&self, host: &str) -> PathBuf {
        let folder = self.folder.path().join(host);
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// Starts a daemon in the host's namespace under the host's own name.
    fn spawn(&mut self, host: &str, argv: &[&str], environment: &[(&str, &str)]) {
        let namespace = self.namespace(host);
        let log = fs::File::create(self.host_folder(host).join("log")).expect("a log");
        let child = Command::new("ip")
            .args(["netns", "exec", &namespace, "unshare", "--uts", "sh", "-c", "hostname \"$0\"; exec \"$@\"", host])
            .args(argv)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("the daemon starts");
        self.daemons.push(child);
    }

    fn start_snmpd(&mut self, host: &Host) {
        let folder = self.host_folder(host.name);
        let agentx = folder.join("agentx");
        let lines = [
            format!("sysName {}", host.name),
            "sysLocation test".to_owned(),
            "sysContact noc@example.invalid".to_owned(),
            "master agentx".to_owned(),
            format!("agentXSocket {}", agentx.display()),
            "view all included .1".to_owned(),
        ];
        let all: Vec<String> = lines.into_iter().chain(host.access.iter().map(|line| (*line).to_owned())).collect();
        let config = folder.join("snmpd.conf");
        fs::write(&config, all.join("\n") + "\n").expect("snmpd.conf");
        let (folder, config) = (folder.display().to_string(), config.display().to_string());
        let argv = ["/usr/sbin/snmpd", "-f", "-C", "-c", &config, "-Lo", "-I", "-smux", "udp:161"];
        self.spawn(host.name, &argv, &[("SNMPCONFPATH", &folder), ("SNMP_PERSISTENT_DIR", &folder), ("MIBS", "")]);
        wait_for("snmpd's AgentX socket", Duration::from_secs(10), || agentx.exists());
    }

    fn start_lldpd(&mut self, host: &Host) {
        fs::create_dir_all("/run/lldpd").expect("lldpd's folder");
        let folder = self.host_folder(host.name);
        let config = folder.join("lldpd.conf");
        let lines = [
            format!("configure system hostname {}", host.name),
            "configure lldp tx-interval 1".to_owned(),
            format!("configure system ip management pattern {}", host.address),
            "configure lldp portidsubtype ifname".to_owned(),
        ];
        fs::write(&config, lines.join("\n") + "\n").expect("lldpd.conf");
        let (agentx, socket) = (folder.join("agentx").display().to_string(), folder.join("lldpd.sock").display().to_string());
        let config = config.display().to_string();
        self.spawn(host.name, &["/usr/sbin/lldpd", "-d", "-x", "-X", &agentx, "-u", &socket, "-O", &config, "-k"], &[]);
    }

    /// How many LLDP neighbours a host's daemon hears.
    pub fn neighbours(&self, host: &str) -> usize {
        let socket = self.host_folder(host).join("lldpd.sock").display().to_string();
        let output = run(&["lldpcli", "-u", &socket, "-f", "keyvalue", "show", "neighbors"]);
        String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.contains(".chassis.name=")).count()
    }
}

/// Looks every 100 ms until it holds; a daemon needs real time to hear its neighbours.
pub fn wait_for(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < limit, "{what} did not come within {limit:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for daemon in &mut self.daemons {
            let _gone = daemon.kill();
            let _reaped = daemon.wait();
        }
        for namespace in &self.namespaces {
            let pids = run(&["ip", "netns", "pids", namespace]);
            for pid in String::from_utf8_lossy(&pids.stdout).split_whitespace() {
                let _gone = run(&["kill", "-9", pid]);
            }
            let _gone = run(&["ip", "netns", "del", namespace]);
        }
    }
}
