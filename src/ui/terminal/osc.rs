//! Operating system commands and what else is no cell: clipboard, title, bell, notification, mouse.
//!
//! A multiplexer swallows what it does not know, so that what is meant for the outer terminal goes wrapped too.

use super::kind::{Between, Desktop, Kind};
use crate::model::text::visible;

/// Asks the terminal to keep its title (xterm, `XTWINOPS` 22) and to bring it back (23).
pub const KEEP_TITLE: &str = "\x1b[22;2t";
/// See [`KEEP_TITLE`].
pub const RESTORE_TITLE: &str = "\x1b[23;2t";
/// Buttons, moves with a button held, in the form without limits (xterm 1000, 1002, 1006).
pub const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// See [`MOUSE_ON`].
pub const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// BEL.
pub const BELL: &str = "\x07";

/// Octets of a piece that GNU screen passes on: its buffer of 256 holds one with its frame.
const SCREEN_PIECE: usize = 240;
/// Characters of a title and of a notification: longer ones are cut by whoever shows them.
const MAX_WORDS: usize = 120;

/// Text for the terminal's clipboard (OSC 52, xterm's control sequences).
///
/// Under tmux plain for its own clipboard (`set-clipboard on`) and passed through for the outer one (`allow-passthrough on`).
pub fn clipboard(text: &str, kind: Kind) -> Vec<u8> {
    if !kind.takes_osc() {
        return Vec::new();
    }
    let plain = format!("\x1b]52;c;{}\x07", base64(text.as_bytes()));
    match kind.between {
        Between::Nothing => plain.into_bytes(),
        Between::Tmux => (plain.clone() + &through_tmux(&plain)).into_bytes(),
        Between::Screen => through_screen(&plain).into_bytes(),
    }
}

/// The title of the window (OSC 2).
pub fn title(words: &str, kind: Kind) -> String {
    if kind.takes_osc() { format!("\x1b]2;{}\x07", one_line(words)) } else { String::new() }
}

/// The bell, and a notification of the desktop where words are given.
pub fn ring(words: Option<&str>, kind: Kind) -> Vec<u8> {
    let mut out = BELL.to_owned();
    if let Some(words) = words.filter(|_| kind.takes_osc()) {
        let words = one_line(words);
        let plain = match kind.desktop {
            Desktop::Osc9 => format!("\x1b]9;{words}\x07"),
            Desktop::Osc777 => format!("\x1b]777;notify;noctop;{words}\x07"),
        };
        out += &match kind.between {
            Between::Nothing => plain,
            Between::Tmux => through_tmux(&plain),
            Between::Screen => through_screen(&plain),
        };
    }
    out.into_bytes()
}

/// Device text on its way into a command: no control character, no parameter of its own.
fn one_line(words: &str) -> String {
    visible(words).chars().filter(|c| *c != ';').take(MAX_WORDS).collect()
}

/// tmux(1), `allow-passthrough`: every ESC of the wrapped command is doubled.
fn through_tmux(command: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", command.replace('\x1b', "\x1b\x1b"))
}

/// screen(1): a device control string is passed on as it is, in pieces that its buffer holds.
fn through_screen(command: &str) -> String {
    command.as_bytes().chunks(SCREEN_PIECE).map(|piece| format!("\x1bP{}\x1b\\", String::from_utf8_lossy(piece))).collect()
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let part = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = (part(0) << 16) | (part(1) << 8) | part(2);
        for place in 0..4usize {
            let index = (group >> (18 - 6 * place)) & 63;
            let letter = usize::try_from(index).ok().and_then(|index| LETTERS.get(index)).copied().unwrap_or(b'=');
            out.push(if place > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(term: &str) -> Kind {
        Kind::detect(Some(term), None, None)
    }

    #[test]
    fn clipboard_text_is_base64() {
        assert_eq!(clipboard("core-1", kind("xterm")), b"\x1b]52;c;Y29yZS0x\x07");
        assert_eq!([base64(b""), base64(b"f"), base64(b"fo"), base64(b"foo")], ["", "Zg==", "Zm8=", "Zm9v"]);
        assert_eq!(clipboard("core-1", kind("linux")), b"", "it would be printed");
    }

    #[test]
    fn a_multiplexer_is_told_plainly_and_passes_on_what_is_wrapped() {
        let tmux = clipboard("core-1", kind("tmux"));
        assert_eq!(tmux, b"\x1b]52;c;Y29yZS0x\x07\x1bPtmux;\x1b\x1b]52;c;Y29yZS0x\x07\x1b\\");
        let long = String::from_utf8(clipboard(&"x".repeat(600), kind("screen"))).unwrap();
        let pieces: Vec<&str> = long.split("\x1b\\").filter(|piece| !piece.is_empty()).collect();
        assert_eq!(pieces.len(), 4);
        assert!(pieces.iter().all(|piece| piece.starts_with("\x1bP") && piece.len() <= SCREEN_PIECE + 2));
        let joined: String = pieces.iter().map(|piece| &piece[2..]).collect();
        assert_eq!(joined.as_bytes(), clipboard(&"x".repeat(600), kind("xterm")));
    }

    #[test]
    fn words_of_devices_end_no_command() {
        assert_eq!(title("evil\x07\x1b]52;c;x", kind("xterm")), "\x1b]2;evil\\x07\\x1b]52cx\x07");
        let rung = String::from_utf8(ring(Some("a;b\x1b\\"), kind("foot"))).unwrap();
        assert_eq!(rung, "\x07\x1b]777;notify;noctop;ab\\x1b\\\x07");
        assert_eq!((title("x", kind("vt100")), ring(Some("x"), kind("linux"))), (String::new(), b"\x07".to_vec()));
    }
}
