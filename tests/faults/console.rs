//! A console on a terminal of its own while the daemon that it is attached to ends and comes back.

use super::place::{PATIENCE, Place};
use super::terminal::{self, Master, Terminal, cells};
use super::version::another_engine;
use portable_pty::CommandBuilder;
use std::fs;
use std::os::unix::net::UnixListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// Columns and rows.
const SIZE: (u16, u16) = (200, 40);

struct Console {
    terminal: Terminal,
    _master: Master,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Console {
    fn start(place: &Place) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_noctop"));
        command.arg("--config");
        command.arg(place.path("noctop.toml"));
        command.arg("--data");
        command.arg(place.store());
        command.arg("--connect");
        command.arg(place.socket());
        // What it saves of itself is its own.
        for name in ["HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env(name, place.folder.path());
        }
        // ASCII: nothing is asked of the terminal.
        for (name, value) in [("TERM", "xterm-256color"), ("LC_ALL", "C")] {
            command.env(name, value);
        }
        for name in ["NO_COLOR", "TMUX", "STY", "NOCTOP_LANG"] {
            command.env_remove(name);
        }
        let (sender, output) = channel();
        let give = move |octets: &[u8]| sender.send(octets.to_vec()).is_ok();
        let (terminal, _master) = terminal::start(command, SIZE, || usize::MAX, give);
        let (columns, rows) = SIZE;
        Self { terminal, _master, output, screen: vt100::Parser::new(cells(rows), cells(columns), 0) }
    }

    fn until_shows(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.screen.screen().contents().contains(text) {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(octets) => self.screen.process(&octets),
                Err(_) => panic!("{text:?} never came; the screen is:\n{}", self.screen.screen().contents()),
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.terminal.keys.write_all(keys.as_bytes()).unwrap();
        self.terminal.keys.flush().unwrap();
    }

    /// Reads to the end; the exit code.
    fn end(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(octets) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.screen.process(&octets);
        }
        self.terminal.child.wait().unwrap().exit_code()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _gone_already = self.terminal.child.kill();
        let _reaped = self.terminal.child.wait();
    }
}

#[test]
fn a_console_attaches_to_the_daemon_that_comes_back_and_leaves_it_its_store() {
    let place = Place::new("[discovery]\nown_host = false\n");
    let mut daemon = place.daemon();
    let mut console = Console::start(&place);
    console.until_shows("no credential is configured");
    for signal in ["-TERM", "-KILL"] {
        daemon.end(signal);
        console.until_shows("the daemon ended; it is waited for");
        let next = place.daemon();
        console.until_shows(&format!("attached to process {}", next.pid()));
        assert_eq!(place.status()["pid"], next.pid(), "{signal}: the daemon serves, not the console");
        daemon = next;
    }
    console.press("3");
    console.until_shows("> Devices");
    console.press("q");
    assert_eq!(console.end(), 0);
    assert!(daemon.end("-TERM").0.success(), "{}", daemon.log());
}

#[test]
fn a_console_whose_daemon_comes_back_in_another_version_says_so() {
    let place = Place::new("[discovery]\nown_host = false\n");
    let daemon = place.daemon();
    let mut console = Console::start(&place);
    console.until_shows("no credential is configured");
    assert!(daemon.end("-TERM").0.success(), "{}", daemon.log());
    let _it_may_be_gone_already = fs::remove_file(place.socket());
    another_engine(UnixListener::bind(place.socket()).unwrap());
    console.until_shows("noctop 9.9.9 (pid 4242) serves there");
    console.press("q");
    assert_eq!(console.end(), 0);
}
