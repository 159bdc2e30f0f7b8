//! Where it is looked at: the socket by which consoles attach, and the terminal.

use super::super::facts::{Facts, SocketFacts, Terminal};
use super::super::{Check, Group, Verdict};
use crate::model::text::visible;

const SOCKET: (Group, &str) = (Group::Console, "socket");
const SIZE: (Group, &str) = (Group::Console, "terminal");
const COLOURS: (Group, &str) = (Group::Console, "colours");
const TEXT: (Group, &str) = (Group::Console, "characters");

/// The smallest terminal on which every screen shows all that it is made for.
const COMFORTABLE: (u16, u16) = (80, 24);

/// The smallest on which a screen shows its list.
const SMALLEST: (u16, u16) = (40, 12);

pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![socket(facts)];
    if facts.terminal.is_terminal {
        checks.extend([size(&facts.terminal), colours(&facts.terminal), text(&facts.terminal)]);
    } else {
        checks.push(Check::new(SIZE, Verdict::Ok, "none here: commands print, and the console draws by --plain"));
    }
    checks
}

fn socket(facts: &Facts) -> Check {
    let SocketFacts { path, mode, refused, denied } = &facts.socket;
    let path = path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    match (&facts.engine, refused, mode) {
        (_, Some(why), Some((bits, group))) if *denied => {
            let says = format!("{path} is for its owner and the group {group} (mode {bits:04o}): {}", visible(why));
            Check::new(SOCKET, Verdict::Warning, says)
                .run(format!("sudo usermod -aG {group} \"$USER\""))
                .and_do("then log in anew, or: newgrp in this shell")
        }
        (_, Some(why), _) => {
            Check::new(SOCKET, Verdict::Warning, visible(why)).and_do("end the other noctop, or name its socket with --connect")
        }
        (Some(_), None, Some((bits, _))) if bits & 0o007 != 0 => {
            let says = format!("{path} is open to every user of this host (mode {bits:04o})");
            Check::new(SOCKET, Verdict::Warning, says).run(format!("sudo chmod o-rwx {path}"))
        }
        (Some(_), None, Some((bits, _))) if bits & 0o070 == 0 => {
            Check::new(SOCKET, Verdict::Ok, format!("{path}, for its owner alone (mode {bits:04o})"))
        }
        (Some(_), None, Some((bits, group))) => {
            Check::new(SOCKET, Verdict::Ok, format!("{path}, for its owner and the group {group} (mode {bits:04o})"))
        }
        (Some(engine), None, None) => Check::new(SOCKET, Verdict::Ok, format!("pid {} serves", engine.pid)),
        (None, None, _) if path.is_empty() => Check::new(SOCKET, Verdict::Ok, "nobody serves"),
        (None, None, _) => Check::new(SOCKET, Verdict::Ok, format!("nobody serves; an engine would at {path}")),
    }
}

fn size(terminal: &Terminal) -> Check {
    let term = visible(&terminal.term);
    match terminal.size {
        None => Check::new(SIZE, Verdict::Warning, format!("{term} does not say its size: 80x24 is taken")).run("stty size"),
        Some((columns, rows)) if columns < SMALLEST.0 || rows < SMALLEST.1 => {
            let (least_columns, least_rows) = SMALLEST;
            let says = format!("{term}, {columns}x{rows}: lists alone begin at {least_columns}x{least_rows}");
            Check::new(SIZE, Verdict::Warning, says).and_do("enlarge it, or use noctop --plain")
        }
        Some((columns, rows)) if columns < COMFORTABLE.0 || rows < COMFORTABLE.1 => {
            let (least_columns, least_rows) = COMFORTABLE;
            Check::new(
                SIZE,
                Verdict::Ok,
                format!("{term}, {columns}x{rows}: lists; details from {least_columns}x{least_rows} on"),
            )
        }
        Some((columns, rows)) => Check::new(SIZE, Verdict::Ok, format!("{term}, {columns}x{rows}")),
    }
}

fn colours(terminal: &Terminal) -> Check {
    match terminal.colours {
        _ if terminal.no_color => Check::new(COLOURS, Verdict::Ok, "none, as NO_COLOR asks: states have words and glyphs"),
        0 => Check::new(COLOURS, Verdict::Warning, format!("none: TERM={}", visible(&terminal.term)))
            .run("export TERM=xterm-256color"),
        16 => Check::new(COLOURS, Verdict::Ok, "16; COLORTERM=truecolor says that there are more"),
        256 => Check::new(COLOURS, Verdict::Ok, "256"),
        _ => Check::new(COLOURS, Verdict::Ok, "all of them (truecolor)"),
    }
}

fn text(terminal: &Terminal) -> Check {
    let locale = terminal.locale.as_deref().map(visible).unwrap_or_default();
    match (terminal.is_ascii, terminal.ambiguous) {
        (true, _) => {
            let says = if locale.is_empty() {
                "seven bits: no locale is set".to_owned()
            } else {
                format!("seven bits: the locale is {locale}")
            };
            Check::new(TEXT, Verdict::Warning, says)
                .run("export LC_ALL=C.UTF-8")
                .and_do("on the Linux console seven bits are right")
        }
        (false, Some(2)) => Check::new(TEXT, Verdict::Ok, "UTF-8, ambiguous glyphs two columns wide: the set cjk is drawn"),
        (false, Some(3..)) => Check::new(TEXT, Verdict::Warning, "the terminal shows octets, not UTF-8: the set ascii is drawn")
            .and_do("set the terminal to UTF-8, or use --glyphs ascii"),
        (false, Some(_)) => Check::new(TEXT, Verdict::Ok, "UTF-8, ambiguous glyphs one column wide"),
        (false, None) => Check::new(
            TEXT,
            Verdict::Ok,
            "UTF-8; the terminal does not say how wide it draws ambiguous glyphs: --glyphs cjk where frames break",
        ),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::facts::Engine;
    use super::super::testing::{self, Case};
    use super::*;
    use std::path::PathBuf;

    fn attached(mode: Option<u32>, refused: Option<&str>, denied: bool) -> Facts {
        let socket = SocketFacts {
            path: Some(PathBuf::from("/run/noctop/noctop.sock")),
            mode: mode.map(|mode| (mode, "noctop".to_owned())),
            refused: refused.map(str::to_owned),
            denied,
        };
        let engine = refused.is_none().then(|| Engine { pid: 812, ..Engine::default() });
        Facts { engine, socket, ..Facts::default() }
    }

    fn terminal() -> Terminal {
        Terminal {
            is_terminal: true,
            size: Some((120, 36)),
            term: "xterm-256color".to_owned(),
            colours: 256,
            locale: Some("ko_KR.UTF-8".to_owned()),
            ambiguous: Some(1),
            ..Terminal::default()
        }
    }

    fn shown(terminal: Terminal) -> Facts {
        Facts { terminal, ..Facts::default() }
    }

    pub(in super::super) fn cases() -> Vec<Case> {
        use Verdict::{Ok, Warning};
        let nobody = Facts { engine: None, ..attached(None, None, false) };
        vec![
            (nobody, ("socket", Ok, "nobody serves; an engine would at /run/noctop", "")),
            (attached(Some(0o660), None, false), ("socket", Ok, "for its owner and the group noctop (mode 0660)", "")),
            (attached(Some(0o600), None, false), ("socket", Ok, "for its owner alone (mode 0600)", "")),
            (attached(None, None, false), ("socket", Ok, "pid 812 serves", "")),
            (attached(Some(0o666), None, false), ("socket", Warning, "open to every user", "sudo chmod o-rwx")),
            (
                attached(Some(0o660), Some("permission denied"), true),
                ("socket", Warning, "permission denied", "usermod -aG noctop"),
            ),
            (attached(Some(0o660), Some("it is version 0.2"), false), ("socket", Warning, "it is version 0.2", "--connect")),
            (shown(Terminal::default()), ("terminal", Ok, "none here", "")),
            (shown(terminal()), ("terminal", Ok, "xterm-256color, 120x36", "")),
            (shown(Terminal { size: Some((60, 20)), ..terminal() }), ("terminal", Ok, "60x20: lists; details from 80x24", "")),
            (
                shown(Terminal { size: Some((30, 10)), ..terminal() }),
                ("terminal", Warning, "30x10: lists alone begin at 40x12", "--plain"),
            ),
            (shown(Terminal { size: None, ..terminal() }), ("terminal", Warning, "does not say its size", "stty size")),
            (shown(terminal()), ("colours", Ok, "256", "")),
            (shown(Terminal { colours: 1 << 24, ..terminal() }), ("colours", Ok, "truecolor", "")),
            (shown(Terminal { colours: 16, ..terminal() }), ("colours", Ok, "16; COLORTERM", "")),
            (
                shown(Terminal { colours: 0, term: "vt100".to_owned(), ..terminal() }),
                ("colours", Warning, "TERM=vt100", "export TERM"),
            ),
            (shown(Terminal { no_color: true, ..terminal() }), ("colours", Ok, "as NO_COLOR asks", "")),
            (shown(terminal()), ("characters", Ok, "UTF-8, ambiguous glyphs one column wide", "")),
            (shown(Terminal { ambiguous: Some(2), ..terminal() }), ("characters", Ok, "two columns wide: the set cjk", "")),
            (shown(Terminal { ambiguous: Some(3), ..terminal() }), ("characters", Warning, "shows octets", "--glyphs ascii")),
            (shown(Terminal { ambiguous: None, ..terminal() }), ("characters", Ok, "does not say how wide", "")),
            (
                shown(Terminal { is_ascii: true, locale: Some("C".to_owned()), ..terminal() }),
                ("characters", Warning, "the locale is C", "C.UTF-8"),
            ),
            (
                shown(Terminal { is_ascii: true, locale: None, ..terminal() }),
                ("characters", Warning, "no locale is set", "C.UTF-8"),
            ),
        ]
    }

    #[test]
    fn every_outcome_is_judged() {
        testing::check(checks, cases());
    }
}
