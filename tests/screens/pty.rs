//! The console on a real terminal (a pty with a VT100 behind it): started, resized, suspended by nothing, quit, killed, panicked.
//!
//! The console under test is this very test binary, started again with [`CONSOLE`] and the fixture as its engine.

use super::fixture::{self, Network};
use noctop::net::signal::{self, Asked};
use noctop::ui::{Depth, Signal, Signals, UiOptions, run};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The test that is the console.
const CONSOLE: &str = "pty::console_for_the_pty";
/// Nothing here takes long; a machine under load may.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
#[ignore = "the console that the other tests start on a pty"]
fn console_for_the_pty() {
    let signals = Signals {
        listen: Box::new(|told| {
            signal::listen(Box::new(move |asked| {
                told(match asked {
                    Asked::End => Signal::End,
                    Asked::Hangup => Signal::Hangup,
                    Asked::Stop => Signal::Stop,
                });
            }))
            .unwrap();
        }),
        suspend: Box::new(signal::stop),
    };
    let options = UiOptions { depth: Depth::True, zone: jiff::tz::TimeZone::UTC, keys: None, ..UiOptions::from_environment() };
    run(fixture::live(Network::Campus), &options, signals).unwrap();
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

struct Pty {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    raw: Vec<u8>,
    started: Instant,
}

impl Pty {
    fn start(columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", CONSOLE, "--nocapture", "--test-threads=1"]);
        for (name, value) in [("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8"), ("RUST_BACKTRACE", "0")] {
            command.env(name, value);
        }
        command.env_remove("NO_COLOR");
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0u8; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            master: pair.master,
            child,
            keys,
            output,
            screen: vt100::Parser::new(cells(rows), cells(columns), 0),
            raw: Vec::new(),
            started,
        }
    }

    /// Reads on until the screen is as wanted.
    fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self.screen.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("{what} never came; the screen is:\n{}", self.screen.screen().contents()),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.raw.extend_from_slice(bytes);
        // As a terminal does, it says where its cursor is when asked (ECMA-48 CPR).
        if bytes.windows(4).any(|part| part == b"\x1b[6n") {
            let (row, column) = self.screen.screen().cursor_position();
            self.press(&format!("\x1b[{};{}R", row + 1, column + 1));
        }
    }

    fn until_shows(&mut self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Reads to the end; the exit code.
    fn end(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        self.child.wait().unwrap().exit_code()
    }

    fn check_clean(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
    }

    fn clears(&self) -> usize {
        self.raw.windows(4).filter(|part| part == b"\x1b[2J").count()
    }
}

#[test]
fn it_starts_moves_resizes_and_quits_and_leaves_the_terminal_clean() {
    let mut pty = Pty::start(80, 24);
    pty.until_shows("1Ovw");
    let first_frame = pty.started.elapsed();
    pty.until_shows("Busiest links");
    assert!(first_frame < Duration::from_secs(5), "{first_frame:?}");
    assert_eq!(pty.clears(), 1, "cleared once at the start");
    pty.press("3");
    pty.until_shows("acc-b2-07");
    pty.until_shows("› Devices");
    assert_eq!(pty.clears(), 1, "and never for a screen");
    pty.screen.screen_mut().set_size(cells(36), cells(120));
    pty.master.resize(PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 }).unwrap();
    pty.until_shows("CRIT 2");
    pty.press("q");
    assert_eq!(pty.end(), 0);
    pty.check_clean();
}

#[test]
fn every_frame_is_synchronised() {
    let mut pty = Pty::start(80, 24);
    pty.until_shows("Busiest links");
    pty.press("4");
    pty.until_shows("› Interfaces");
    pty.press("q");
    pty.end();
    let count = |what: &[u8]| pty.raw.windows(what.len()).filter(|part| *part == what).count();
    // The way out ends an update once more, in case a frame was cut.
    assert_eq!(count(b"\x1b[?2026h") + 1, count(b"\x1b[?2026l"));
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let mut pty = Pty::start(80, 24);
    pty.until_shows("Busiest links");
    pty.press("8");
    assert_ne!(pty.end(), 0);
    pty.check_clean();
    let text = String::from_utf8_lossy(&pty.raw).into_owned();
    let left = text.rfind("\x1b[?1049l").unwrap();
    let spoke = text.find("the fixture panics on Logs").unwrap();
    assert!(left < spoke, "the message stands on the ordinary screen");
}

#[test]
fn sigterm_and_sighup_give_the_terminal_back() {
    for name in ["TERM", "HUP"] {
        let mut pty = Pty::start(80, 24);
        pty.until_shows("Busiest links");
        let pid = pty.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
        assert_eq!(pty.end(), 0, "{name}");
        pty.check_clean();
    }
}

#[test]
fn ctrl_c_quits() {
    let mut pty = Pty::start(40, 12);
    pty.until_shows("Overview");
    pty.press("\u{3}");
    assert_eq!(pty.end(), 0);
    pty.check_clean();
}

#[test]
fn a_terminal_that_draws_ambiguous_glyphs_wide_gets_the_cjk_set() {
    let mut pty = Pty::start(80, 24);
    let deadline = Instant::now() + PATIENCE;
    let mut asked = false;
    while !asked {
        let bytes = pty.output.recv_timeout(deadline.saturating_duration_since(Instant::now())).unwrap();
        pty.screen.process(&bytes);
        asked = bytes.windows(4).any(|part| part == b"\x1b[6n");
    }
    pty.press("\u{1b}[1;3R");
    pty.until("plain borders", |screen| screen.contents().contains("+ Alarms") && !screen.contents().contains('─'));
    pty.press("q");
    assert_eq!(pty.end(), 0);
}
