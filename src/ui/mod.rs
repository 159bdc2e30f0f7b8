//! The console: keys in, cells out.
//!
//! `key → Action → update → Effect`, and drawing is a pure function of the engine's view, the console's own state, the theme and
//! the glyphs. Nothing here knows a socket, a clock, the event journal or the state of the network: it asks [`crate::engine::Handle`]
//! for views and is told when they changed. Synchronous: one thread waits on one channel.
//!
//! Start at [`console`] (the whole console without a terminal), then [`pane`] (a file for each screen), then `run` (the loop
//! around it). A new screen is a file in `pane/` and a line in [`pane::of`]; a new action is a line in [`action::ACTIONS`] and
//! one in `keymaps/default.toml`.

pub mod action;
pub mod ask;
pub mod chrome;
pub mod command;
pub mod console;
pub mod effect;
pub mod export;
pub mod glyph;
pub mod keymap;
pub mod lang;
pub mod layer;
pub mod layout;
pub mod lines;
pub mod mouse;
pub mod notice;
pub mod overlay;
pub mod pane;
pub mod plain;
pub mod run;
pub mod saved;
pub mod shot;
pub mod state;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod update;
pub mod wallboard;
pub mod widget;

pub use glyph::{GlyphSet, Glyphs};
pub use lang::Lang;
pub use run::{Face, Signal, Signals, Source, UiError, UiOptions, run};
pub use state::{Access, UiState};
pub use theme::{Depth, OwnTheme, Theme, ThemeName, Tone};
