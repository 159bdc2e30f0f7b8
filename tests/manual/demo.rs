//! A running demo, as lines, at a socket of its own.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// Ended with the test.
pub struct Demo {
    child: Child,
    folder: tempfile::TempDir,
}

impl Demo {
    /// Starts it and waits until its first figures are there. `None`, and said aloud, where it may not listen on loopback.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_noctop"))
            .args(["--plain", "--lang", "en", "demo", "--connect"])
            .arg(folder.path().join("noctop.sock"))
            .env("TMPDIR", folder.path())
            .env("XDG_STATE_HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut demo = Self { child, folder };
        let mut lines = BufReader::new(demo.child.stdout.take().unwrap()).lines();
        let shown = lines.any(|line| line.is_ok_and(|line| line.starts_with("Alarms: ")));
        // What it says later is read by nobody, and must not stop it.
        std::thread::spawn(move || lines.for_each(drop));
        if !shown {
            eprintln!("SKIPPED: the demo could not start here, so the manual's commands were only read, not run");
            return None;
        }
        while UnixStream::connect(demo.socket()).is_err() {
            assert!(demo.child.try_wait().unwrap().is_none(), "the demo ended");
            std::thread::yield_now();
        }
        Some(demo)
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("noctop.sock")
    }

    /// What a command of the manual says of it.
    pub fn noctop(&self, words: &[String]) -> Output {
        self.found(&[&["--config".to_owned(), "/dev/null".to_owned()], &words[1..]].concat())
    }

    /// The same with the configuration of this text, where noctop looks for one by itself.
    pub fn noctop_by(&self, config: &str, words: &[&str]) -> Output {
        let folder = self.folder.path().join("noctop");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("noctop.toml"), config).unwrap();
        self.found(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    fn found(&self, arguments: &[String]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_noctop"))
            .arg("--connect")
            .arg(self.socket())
            .args(arguments)
            .env_remove("NOCTOP_CONFIG")
            .env("XDG_CONFIG_HOME", self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // The end of its input ends it, and it clears its folder away; if not, it is ended.
        drop(self.child.stdin.take());
        let _already_ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
