//! The terminal: entered, drawn on frame by frame, and left as it was found, whatever ends the console.
//!
//! A frame is one write, wrapped in a synchronised update (DEC private mode 2026), and holds only what changed; a frame that
//! changes nothing is not sent. A slow line drops frames, never keys: a frame is only built when the last one is through.

pub mod encode;
pub mod kind;
pub mod measure;
pub mod osc;
mod sgr;

pub use encode::{Encoder, Step};
pub use kind::Kind;
pub use sgr::parameters;

use crossterm::terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    kind: Kind,
    encoder: Encoder,
    shown: Buffer,
    caret: Option<Position>,
    clear: bool,
    title: String,
    frames: mpsc::Sender<Vec<u8>>,
    /// Writes that are not through.
    pending: Arc<AtomicUsize>,
    through: mpsc::Receiver<()>,
}

impl Terminal {
    /// Takes the terminal. `written` is called from the writer's thread whenever a frame is through.
    ///
    /// Errors: the terminal refuses raw mode or can't be written to.
    pub fn enter(written: impl Fn() + Send + 'static) -> io::Result<Self> {
        install_hook();
        let out = output()?;
        let kind = Kind::from_environment();
        take(kind)?;
        let (frames, receiver) = mpsc::channel::<Vec<u8>>();
        let (done, through) = mpsc::channel();
        let pending = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&pending);
        std::thread::Builder::new().name("ui-writer".to_owned()).spawn(move || {
            write_frames(out, &receiver, &count, &|| {
                let _gone_at_the_end = done.send(());
                written();
            });
        })?;
        let encoder = Encoder::new(kind);
        let shown = Buffer::empty(Rect::ZERO);
        Ok(Self { kind, encoder, shown, caret: None, clear: true, title: String::new(), frames, pending, through })
    }

    /// The terminal's size now; 80x24 where it can't say.
    pub fn size() -> Size {
        terminal::size().map_or(Size::new(80, 24), |(width, height)| Size::new(width.max(1), height.max(1)))
    }

    /// Whether the last frame is through.
    pub fn is_ready(&self) -> bool {
        self.pending.load(Ordering::Acquire) == 0
    }

    /// The next frame clears the screen first: after a resize and on Ctrl-L.
    pub fn clear_next(&mut self) {
        self.clear = true;
    }

    /// What it can do.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What cell the terminal shows is no longer known (the width probe wrote there).
    pub fn forget_first_cell(&mut self) {
        self.encoder.forget();
        if let Some(cell) = self.shown.cell_mut((0, 0)) {
            // No screen begins with this glyph: the breadcrumb's blank always differs.
            cell.set_symbol("\u{fffd}");
        }
    }

    /// Sends what differs from the screen as one write, the title before it where it is another; nothing where nothing differs.
    pub fn draw(&mut self, next: Buffer, caret: Option<Position>, title: &str) {
        if self.shown.area != next.area {
            self.clear = true;
        }
        if self.clear {
            self.shown = Buffer::empty(next.area);
        }
        let step = Step { from: &self.shown, to: &next, carets: (self.caret, caret), clear: self.clear };
        let frame = self.encoder.frame(step);
        self.clear = false;
        self.shown = next;
        self.caret = caret;
        let mut bytes = Vec::new();
        if self.title != title {
            bytes.extend(osc::title(title, self.kind).into_bytes());
            title.clone_into(&mut self.title);
        }
        bytes.extend(frame);
        if !bytes.is_empty() {
            self.send(bytes);
        }
    }

    /// Writes bytes that are no frame: a clipboard text, the width probe.
    pub fn send(&self, bytes: Vec<u8>) {
        self.pending.fetch_add(1, Ordering::AcqRel);
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
        take(self.kind)?;
        self.clear = true;
        self.title.clear();
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

fn write_frames(mut out: File, frames: &mpsc::Receiver<Vec<u8>>, pending: &AtomicUsize, written: &dyn Fn()) {
    while let Ok(bytes) = frames.recv() {
        // A terminal that is gone says so by SIGHUP or by the end of its input; there is nobody to tell here.
        let _lost = out.write_all(&bytes);
        pending.fetch_sub(1, Ordering::AcqRel);
        written();
    }
}

/// What is said when the terminal is taken.
fn opening(kind: Kind) -> String {
    if !kind.has_alternate_screen() {
        return "\x1b[?25l".to_owned();
    }
    format!("{}\x1b[?1049h\x1b[?25l\x1b[?2004h", if kind.takes_osc() { osc::KEEP_TITLE } else { "" })
}

/// What is said when it is given back: a frame that was cut is ended, the mouse is the terminal's again, the title is the old one.
fn closing(kind: Kind) -> String {
    // One screen only: the prompt comes on an empty one.
    if !kind.has_alternate_screen() {
        return "\x1b[m\x1b[H\x1b[J\x1b[?25h".to_owned();
    }
    let title = if kind.takes_osc() { osc::RESTORE_TITLE } else { "" };
    format!("\x1b[?2026l{}\x1b[?2004l\x1b[m\x1b[?25h\x1b[?1049l{title}", osc::MOUSE_OFF)
}

fn take(kind: Kind) -> io::Result<()> {
    terminal::enable_raw_mode()?;
    ENTERED.store(true, Ordering::Release);
    output()?.write_all(opening(kind).as_bytes())
}

/// Gives the terminal back once, and says what had to wait. Called on every way out, the panic's too: it must not fail.
fn give_back() {
    if !ENTERED.swap(false, Ordering::AcqRel) {
        return;
    }
    if let Ok(mut out) = output() {
        let _the_terminal_may_be_gone = out.write_all(closing(Kind::from_environment()).as_bytes());
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
                SAID.lock().unwrap_or_else(PoisonError::into_inner).push(crate::model::panic::words(info));
            } else {
                usual(info);
            }
        }));
    });
}

/// An ambiguous glyph at the first cell: where the cursor stands after it says how wide the terminal draws it.
pub const WIDTH_PROBE: &[u8] = "\x1b[1;1H─".as_bytes();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_without_a_second_screen_is_left_empty() {
        let linux = Kind::detect(Some("linux"), None, None);
        assert!(!opening(linux).contains("1049") && closing(linux).contains("\x1b[H\x1b[J"));
        assert!(closing(Kind::default()).contains("\x1b[?1049l") && closing(Kind::default()).contains("\x1b[23;2t"));
    }
}
