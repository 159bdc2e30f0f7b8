//! The terminal: entered, drawn on frame by frame, and left as it was found, whatever ends the console.
//!
//! A frame is one write, wrapped in a synchronised update (DEC private mode 2026), and holds only what changed; a frame that
//! changes nothing is not sent. A slow line drops frames, never keys: a frame is only built when the last one is through.

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{cursor, queue, style};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

/// How long the last frame may take to get through before the terminal is left without it.
const LAST_FRAME: Duration = Duration::from_millis(500);

/// Whether the terminal is ours at the moment; the panic hook asks.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// What other threads said when they panicked while the screen was ours: printed when it is given back.
static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
static HOOK: Once = Once::new();

/// The screen and the thread that writes to it.
pub struct Terminal {
    shown: Buffer,
    caret: Option<Position>,
    clear: bool,
    frames: mpsc::Sender<Vec<u8>>,
    busy: Arc<AtomicBool>,
    through: mpsc::Receiver<()>,
}

impl Terminal {
    /// Takes the terminal. `written` is called from the writer's thread whenever a frame is through.
    ///
    /// Errors: the terminal refuses raw mode or can't be written to.
    pub fn enter(written: impl Fn() + Send + 'static) -> io::Result<Self> {
        install_hook();
        let out = output()?;
        take()?;
        let (frames, receiver) = mpsc::channel::<Vec<u8>>();
        let (done, through) = mpsc::channel();
        let busy = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&busy);
        std::thread::Builder::new().name("ui-writer".to_owned()).spawn(move || {
            write_frames(out, &receiver, &flag, &|| {
                let _gone_at_the_end = done.send(());
                written();
            });
        })?;
        Ok(Self { shown: Buffer::empty(Rect::ZERO), caret: None, clear: true, frames, busy, through })
    }

    /// The terminal's size now; 80x24 where it can't say.
    pub fn size() -> Size {
        terminal::size().map_or(Size::new(80, 24), |(width, height)| Size::new(width.max(1), height.max(1)))
    }

    /// Whether the last frame is through.
    pub fn is_ready(&self) -> bool {
        !self.busy.load(Ordering::Acquire)
    }

    /// The next frame clears the screen first: after a resize and on Ctrl-L.
    pub fn clear_next(&mut self) {
        self.clear = true;
    }

    /// What cell the terminal shows is no longer known (the width probe wrote there).
    pub fn forget_first_cell(&mut self) {
        if let Some(cell) = self.shown.cell_mut((0, 0)) {
            // No screen begins with this glyph: the breadcrumb's blank always differs.
            cell.set_symbol("\u{fffd}");
        }
    }

    /// Sends what differs from the screen as one write; nothing where nothing does.
    ///
    /// Errors: none but of writing into memory.
    pub fn draw(&mut self, next: Buffer, caret: Option<Position>) -> io::Result<()> {
        if self.shown.area != next.area {
            self.clear = true;
        }
        if self.clear {
            self.shown = Buffer::empty(next.area);
        }
        let bytes = frame(&self.shown, &next, (self.caret, caret), self.clear)?;
        self.clear = false;
        self.shown = next;
        self.caret = caret;
        if !bytes.is_empty() {
            self.send(bytes);
        }
        Ok(())
    }

    /// Writes bytes that are no frame: a clipboard text, the width probe.
    pub fn send(&self, bytes: Vec<u8>) {
        self.busy.store(true, Ordering::Release);
        let _the_writer_lives_as_long_as_we = self.frames.send(bytes);
    }

    /// Gives the terminal back, with the last frame through if it gets through soon.
    pub fn leave(&self) {
        while !self.is_ready() {
            match self.through.recv_timeout(LAST_FRAME) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        give_back();
    }

    /// Takes it again after [`Self::leave`]: on the way back from the shell.
    ///
    /// Errors: as [`Self::enter`].
    pub fn enter_again(&mut self) -> io::Result<()> {
        take()?;
        self.clear = true;
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Standard output without a buffer between: one frame, one write.
fn output() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

fn write_frames(mut out: File, frames: &mpsc::Receiver<Vec<u8>>, busy: &AtomicBool, written: &dyn Fn()) {
    while let Ok(bytes) = frames.recv() {
        // A terminal that is gone says so by SIGHUP or by the end of its input; there is nobody to tell here.
        let _lost = out.write_all(&bytes);
        busy.store(false, Ordering::Release);
        written();
    }
}

/// The bytes that turn one screen into another; empty where they are the same.
fn frame(from: &Buffer, to: &Buffer, carets: (Option<Position>, Option<Position>), clear: bool) -> io::Result<Vec<u8>> {
    let changes = from.diff(to);
    let (was, is) = carets;
    if changes.is_empty() && was == is && !clear {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::new();
    queue!(bytes, BeginSynchronizedUpdate)?;
    if was.is_some() {
        queue!(bytes, cursor::Hide)?;
    }
    if clear {
        queue!(bytes, style::ResetColor, Clear(ClearType::All))?;
    }
    if !changes.is_empty() {
        CrosstermBackend::new(&mut bytes).draw(changes.into_iter())?;
    }
    if let Some(at) = is {
        queue!(bytes, cursor::MoveTo(at.x, at.y), cursor::Show)?;
    }
    queue!(bytes, EndSynchronizedUpdate)?;
    Ok(bytes)
}

fn take() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    ENTERED.store(true, Ordering::Release);
    let mut bytes = Vec::new();
    queue!(bytes, EnterAlternateScreen, cursor::Hide, EnableBracketedPaste)?;
    output()?.write_all(&bytes)
}

/// Gives the terminal back once, and says what had to wait. Called on every way out, the panic's too: it must not fail.
fn give_back() {
    if !ENTERED.swap(false, Ordering::AcqRel) {
        return;
    }
    let mut bytes = Vec::new();
    let _into_memory =
        queue!(bytes, EndSynchronizedUpdate, DisableBracketedPaste, style::ResetColor, cursor::Show, LeaveAlternateScreen);
    if let Ok(mut out) = output() {
        let _the_terminal_may_be_gone = out.write_all(&bytes);
    }
    let _the_terminal_may_be_gone = terminal::disable_raw_mode();
    let said = std::mem::take(&mut *SAID.lock().unwrap_or_else(PoisonError::into_inner));
    for words in said {
        let _stderr_may_be_gone = writeln!(io::stderr(), "{words}");
    }
}

/// A panic on the console's thread gives the terminal back before it speaks; one on another thread speaks when the console ends.
fn install_hook() {
    HOOK.call_once(|| {
        let ui = std::thread::current().id();
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == ui {
                give_back();
                usual(info);
            } else if ENTERED.load(Ordering::Acquire) {
                SAID.lock().unwrap_or_else(PoisonError::into_inner).push(info.to_string());
            } else {
                usual(info);
            }
        }));
    });
}

/// Text for the terminal's clipboard (OSC 52, xterm's control sequences).
pub fn clipboard(text: &str) -> Vec<u8> {
    format!("\x1b]52;c;{}\x07", base64(text.as_bytes())).into_bytes()
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

/// An ambiguous glyph at the first cell: where the cursor stands after it says how wide the terminal draws it.
pub const WIDTH_PROBE: &[u8] = "\x1b[1;1H─".as_bytes();

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(lines: [&str; 2]) -> Buffer {
        Buffer::with_lines(lines)
    }

    #[test]
    fn a_frame_that_changes_nothing_is_not_sent() {
        let screen = buffer(["core-1", "up"]);
        assert_eq!(frame(&screen, &screen, (None, None), false).unwrap(), b"");
    }

    #[test]
    fn a_frame_is_synchronised_and_holds_only_what_changed() {
        let bytes = frame(&buffer(["core-1", "up    "]), &buffer(["core-2", "up    "]), (None, None), false).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("\x1b[?2026h") && text.ends_with("\x1b[?2026l"), "{text:?}");
        assert!(text.contains("\x1b[1;6H2") && !text.contains("core") && !text.contains("\x1b[2J"), "{text:?}");
    }

    #[test]
    fn the_caret_is_the_terminals_own() {
        let screen = buffer(["core-1", "up"]);
        let text = String::from_utf8(frame(&screen, &screen, (None, Some(Position::new(2, 1))), false).unwrap()).unwrap();
        assert!(text.contains("\x1b[2;3H\x1b[?25h"), "{text:?}");
    }

    #[test]
    fn clipboard_text_is_base64() {
        assert_eq!(clipboard("core-1"), b"\x1b]52;c;Y29yZS0x\x07");
        assert_eq!([base64(b""), base64(b"f"), base64(b"fo"), base64(b"foo")], ["", "Zg==", "Zm8=", "Zm9v"]);
    }
}
