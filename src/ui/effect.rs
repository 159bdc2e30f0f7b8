//! What an update asks of the world around the console. The console itself does no I/O.

use crate::engine::Command;
use crate::query::Screen;

/// Why a command was sent, so that its answer finds its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Names for the jump list or for completion; only the latest answer counts.
    Names,
    /// Names out of which the best is opened on this screen.
    Open(Screen),
    /// What differs between two times.
    Diff,
    /// A command that is only acknowledged; the sentence is shown when it was accepted.
    Acknowledge(&'static str),
}

/// In which form rows are written into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Form {
    Csv,
    Json,
    Ndjson,
}

/// In which form a screen is written into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Picture {
    Text,
    /// With SGR colours.
    Ansi,
    Svg,
}

/// One thing to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The request of the current place changed: watch it.
    Watch,
    /// The request about the thing under the cursor changed: watch it, or nothing.
    WatchDetail,
    /// The requests about marked rows changed: watch them.
    WatchBeside,
    /// A command to the engine, off the console's thread.
    Ask(Purpose, Command),
    /// Text for the terminal's clipboard (OSC 52).
    Copy(String),
    /// The screen into a file.
    SaveScreen(Picture),
    /// The mouse is ours, or the terminal's again.
    Mouse(bool),
    /// The alarms that are told of are watched, or not any more.
    WatchAlarms,
    /// The bell, and a notification of the desktop where there are words.
    Ring(Option<String>),
    /// The rows of the screen into a file.
    Export(Form),
    /// Draw everything anew.
    Redraw,
    /// Stop until the shell brings us back.
    Suspend,
    /// End.
    Quit,
}
