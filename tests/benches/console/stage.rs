//! What our console is attached to: simulated agents and a daemon that polls them, on loopback, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The binary that is measured.
pub fn noctop() -> PathBuf {
    std::env::var_os("NOCTOP").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/noctop"), PathBuf::from)
}

/// A daemon with its agents; both end with it.
pub struct Stage {
    children: Vec<Child>,
    folder: PathBuf,
    devices: usize,
}

impl Stage {
    /// `devices` agents at `port`, found and polled.
    pub fn of(devices: usize, port: u16) -> Self {
        let folder = std::env::temp_dir().join(format!("noctop-console-bench-{}-{devices}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let network = format!("127.101.0.0/16:{port}");
        let count = devices.to_string();
        let last = devices + 1;
        let config = format!(
            "site = \"bench\"\n[[credential]]\nname = \"bench\"\nversion = \"2c\"\ncommunity = \"public\"\n\
             [discovery]\ntargets = [\"127.101.0.1-127.101.{}.{}\"]\nscope = [\"127.101.0.0/16\"]\nport = {port}\nown_host = false\n",
            last / 256,
            last % 256
        );
        std::fs::write(folder.join("noctop.toml"), config).unwrap();
        let mut stage = Self { children: Vec::new(), folder, devices };
        let sim = quietly(Command::new(noctop()).args(["sim", "--devices", &count, "--listen", &network]));
        stage.children.push(sim);
        std::thread::sleep(Duration::from_secs(1));
        stage.daemon();
        stage
    }

    fn daemon(&mut self) {
        let mut command = Command::new(noctop());
        self.places(&mut command).arg("--config").arg(self.folder.join("noctop.toml")).arg("daemon");
        self.children.push(quietly(&mut command));
    }

    fn places<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.arg("--connect").arg(self.socket()).arg("--data").arg(self.store())
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.join("noctop.sock")
    }

    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// Waits until most devices are known and polled, at most some minutes; says how many are.
    pub fn wait(&self) {
        let end = Instant::now() + Duration::from_secs(300);
        let wanted = self.devices * 95 / 100;
        let mut known = 0;
        while Instant::now() < end && known < wanted {
            std::thread::sleep(Duration::from_secs(2));
            let mut command = Command::new(noctop());
            let out = self.places(&mut command).args(["devices", "--format", "csv"]).output();
            known = out.map_or(0, |out| String::from_utf8_lossy(&out.stdout).lines().count().saturating_sub(1));
        }
        println!("{known} of {} devices are known\n", self.devices);
        std::thread::sleep(Duration::from_secs(20));
    }

    /// Ends the daemon and keeps its store.
    pub fn stop_daemon(&mut self) {
        if let Some(mut daemon) = self.children.pop() {
            let _gone = Command::new("kill").arg("-TERM").arg(daemon.id().to_string()).status();
            let _reaped = daemon.wait();
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        while !self.children.is_empty() {
            self.stop_daemon();
        }
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

fn quietly(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Whether a program is in PATH.
pub fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
