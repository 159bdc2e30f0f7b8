//! The console on a real terminal (a pty with a VT100 behind it): started, resized, suspended by nothing, quit, killed, panicked.
//!
//! The console under test is this very test binary, started again with [`CONSOLE`] and the fixture as its engine.

use super::fixture::{self, Network};
use super::terminal::{self, Master, Terminal, cells};
use noctop::net::signal::{self, Asked};
use noctop::ui::{Face, Signal, Signals, UiOptions, run};
use portable_pty::{CommandBuilder, PtySize};
use std::io::Write;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// The test that is the console.
const CONSOLE: &str = "pty::console_for_the_pty";
/// What says how the console shows itself.
const FACE: &str = "NOCTOP_TEST_FACE";
/// Octets that a slow reader takes at once.
const SIP: usize = 64;
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
    let face = match std::env::var(FACE).as_deref() {
        Ok("plain") => Face::Plain,
        Ok("wallboard") => Face::Wallboard,
        _ => Face::Screens,
    };
    let options = UiOptions { face, zone: jiff::tz::TimeZone::UTC, keys: None, ..UiOptions::from_environment() };
    run(fixture::live(Network::Campus), &options, signals).unwrap();
}

struct Pty {
    terminal: Terminal,
    master: Master,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    raw: Vec<u8>,
    started: Instant,
    /// A slow reader takes a sip for each token, and all that comes once this is gone.
    sips: Option<Sender<()>>,
}

impl Pty {
    fn start(columns: u16, rows: u16) -> Self {
        let mut pty = Self::with(columns, rows, &[]);
        pty.sips = None;
        pty
    }

    /// With more environment, and read slowly.
    fn with(columns: u16, rows: u16, more: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", CONSOLE, "--nocapture", "--test-threads=1"]);
        for (name, value) in
            [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LC_ALL", "C.UTF-8"), ("RUST_BACKTRACE", "0")]
        {
            command.env(name, value);
        }
        for name in ["NO_COLOR", "TMUX", "STY", "COLORFGBG"] {
            command.env_remove(name);
        }
        for (name, value) in more {
            command.env(name, value);
        }
        let started = Instant::now();
        let (sender, output) = channel();
        let (sips, tokens) = channel();
        let room = move || if tokens.recv().is_ok() { SIP } else { usize::MAX };
        let give = move |octets: &[u8]| sender.send(octets.to_vec()).is_ok();
        let (terminal, master) = terminal::start(command, (columns, rows), room, give);
        Self {
            terminal,
            master,
            output,
            screen: vt100::Parser::new(cells(rows), cells(columns), 0),
            raw: Vec::new(),
            started,
            sips: Some(sips),
        }
    }

    /// On a terminal of another kind.
    fn on(term: &str, more: &[(&str, &str)]) -> Self {
        let mut all = vec![("TERM", term), ("COLORTERM", "")];
        all.extend_from_slice(more);
        let mut pty = Self::with(80, 24, &all);
        pty.sips = None;
        pty
    }

    fn count(&self, what: &str) -> usize {
        self.raw.windows(what.len()).filter(|part| *part == what.as_bytes()).count()
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
        self.terminal.keys.write_all(keys.as_bytes()).unwrap();
        self.terminal.keys.flush().unwrap();
    }

    /// Reads to the end; the exit code.
    fn end(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        self.terminal.child.wait().unwrap().exit_code()
    }

    fn check_clean(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is the terminal's");
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
        let pid = pty.terminal.child.process_id().unwrap().to_string();
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

#[test]
fn the_title_is_said_once_and_the_old_one_comes_back() {
    let mut pty = Pty::start(80, 24);
    pty.until_shows("Busiest links");
    for (key, shows) in [("3", "› Devices"), ("4", "› Interfaces"), ("7", "› Alarms")] {
        pty.press(key);
        pty.until_shows(shows);
    }
    pty.press("q");
    pty.end();
    assert_eq!(pty.count("\x1b]2;noctop seoul-hq: 2 critical\x07"), 1);
    assert_eq!((pty.count("\x1b[22;2t"), pty.count("\x1b[23;2t")), (1, 1));
}

#[test]
fn the_mouse_is_taken_when_asked_for_and_given_back() {
    let mut pty = Pty::start(80, 24);
    pty.until_shows("Busiest links");
    assert_eq!(pty.screen.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    pty.press("M");
    pty.until_shows("mouse on");
    let tabs = pty.screen.screen().contents().lines().nth(1).unwrap().to_owned();
    let column = tabs.find("3Dev").unwrap() + 1;
    pty.press(&format!("\x1b[<0;{column};2M\x1b[<0;{column};2m"));
    pty.until_shows("› Devices");
    pty.press("q");
    assert_eq!(pty.end(), 0);
    pty.check_clean();
}

#[test]
fn a_slow_reader_gets_fewer_frames_and_no_key_is_lost() {
    // ASCII: nothing is asked of the terminal, which would answer late.
    let mut pty = Pty::with(120, 36, &[("LC_ALL", "C")]);
    for _ in 0..200 {
        pty.press("\u{c}");
        pty.sips.as_ref().unwrap().send(()).unwrap();
    }
    pty.press("3");
    pty.sips = None;
    pty.until_shows("> Devices");
    let sent = pty.raw.len();
    assert!(sent < 100_000, "{sent} octets for 200 frames of some 5,000");
    pty.press("q");
    assert_eq!(pty.end(), 0);
    pty.check_clean();
}

#[test]
fn a_late_answer_of_the_terminal_is_no_key() {
    let mut pty = Pty::start(80, 24);
    let deadline = Instant::now() + PATIENCE;
    let mut asked = false;
    while !asked {
        let bytes = pty.output.recv_timeout(deadline.saturating_duration_since(Instant::now())).unwrap();
        pty.screen.process(&bytes);
        asked = bytes.windows(4).any(|part| part == b"\x1b[6n");
    }
    // The console gives up waiting and draws; the answer comes between two keys.
    pty.until_shows("Busiest links");
    pty.press("3");
    pty.press("\u{1b}[1;3R");
    pty.press("J");
    pty.until("both keys and the answer", |screen| {
        screen.contents().contains("jump to") && screen.contents().contains("> Devices")
    });
    pty.press("\u{3}\u{3}");
    assert_eq!(pty.end(), 0);
}

#[test]
fn a_storm_of_sizes_ends_in_the_last_one() {
    let mut pty = Pty::start(80, 24);
    pty.until_shows("Busiest links");
    for (columns, rows) in [(1, 1), (200, 60), (40, 12), (500, 200), (3, 90), (79, 23), (120, 36)] {
        pty.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }
    pty.screen.screen_mut().set_size(cells(36), cells(120));
    pty.until_shows("CRIT 2");
    pty.press("3");
    pty.until_shows("› Devices");
    pty.press("q");
    assert_eq!(pty.end(), 0);
    pty.check_clean();
}

#[test]
fn it_suspends_and_comes_back() {
    let mut pty = Pty::start(80, 24);
    pty.until_shows("Busiest links");
    let pid = pty.terminal.child.process_id().unwrap();
    pty.press("M");
    pty.until_shows("mouse on");
    pty.press("\u{1a}");
    pty.until("the shell's screen", |screen| !screen.alternate_screen());
    let deadline = Instant::now() + PATIENCE;
    let is_stopped = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().contains(") T ");
    while !is_stopped() {
        assert!(Instant::now() < deadline, "it never stopped");
        std::thread::yield_now();
    }
    pty.check_clean();
    assert!(std::process::Command::new("kill").args(["-CONT", &pid.to_string()]).status().unwrap().success());
    pty.until("the screen again", |screen| screen.alternate_screen() && screen.contents().contains("Busiest links"));
    assert_ne!(pty.screen.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None, "and the mouse");
    pty.press("q");
    assert_eq!(pty.end(), 0);
    pty.check_clean();
}

#[test]
fn old_terminals_get_what_they_understand() {
    for (term, colours) in [("linux", true), ("vt100", false), ("vt220", false)] {
        let mut pty = Pty::on(term, &[]);
        pty.until_shows("Busiest links");
        pty.press("3");
        pty.until_shows("> Devices");
        assert!(pty.screen.screen().contents().chars().all(|c| c.is_ascii() || ('가'..='힣').contains(&c)), "{term}");
        pty.press("q");
        assert_eq!(pty.end(), 0, "{term}");
        for unknown in ["\x1b]", "\x1b[?2026", "\x1b[?1049", "\x1b[6n", "\x1b[22;2t", "\x1bP", "38;2", "38;5"] {
            assert_eq!(pty.count(unknown), 0, "{term}: {unknown:?}");
        }
        let text = String::from_utf8_lossy(&pty.raw).into_owned();
        let coloured = text.split("\x1b[").filter_map(|part| part.split_once('m')).any(|(parameters, _)| {
            parameters.split(';').filter_map(|code| code.parse::<u8>().ok()).any(|code| (30..38).contains(&code))
                && parameters.chars().all(|c| c.is_ascii_digit() || c == ';')
        });
        assert_eq!(coloured, colours, "{term}");
        assert!(!pty.screen.screen().contents().contains("acc-b2-07"), "{term}: the screen is cleared");
        assert!(!pty.screen.screen().hide_cursor(), "{term}");
    }
}

#[test]
fn multiplexers_pass_the_clipboard_on() {
    for (term, more, wrapped) in [
        ("tmux-256color", ("TMUX", "/tmp/tmux-0/default,1,0"), "\x1bPtmux;\x1b\x1b]52;c;"),
        ("screen-256color", ("STY", "1.pts-0.host"), "\x1bP\x1b]52;c;"),
    ] {
        let mut pty = Pty::on(term, &[more]);
        pty.until_shows("Busiest links");
        pty.press("3");
        pty.until_shows("› Devices");
        pty.press("y");
        pty.until_shows("copied");
        pty.press("q");
        assert_eq!(pty.end(), 0);
        assert_eq!(pty.count(wrapped), 1, "{term}");
        pty.check_clean();
    }
}

#[test]
fn the_wallboard_runs_and_quits() {
    let mut pty = Pty::with(120, 36, &[(FACE, "wallboard")]);
    pty.sips = None;
    pty.until_shows("devices up");
    pty.press("l");
    pty.until_shows("p95");
    pty.press("q");
    assert_eq!(pty.end(), 0);
    pty.check_clean();
}

#[test]
fn lines_need_no_terminal() {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", CONSOLE, "--nocapture", "--test-threads=1"])
        .envs([(FACE, "plain"), ("LC_ALL", "C.UTF-8"), ("TERM", "dumb")])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"3\nrow 4\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("1. Device ") && text.contains("Interface Te1/1/1 of core-1: is up"), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
}
