//! How the console is started: what the command line says over what the environment says.

use crate::query::Screen;
use crate::trf;
use crate::ui::keymap::{Keymap, KeymapFault};
use crate::ui::saved;
use crate::ui::state::{Access, Place, UiState};
use crate::ui::theme::{OwnTheme, ThemeFault};
use crate::ui::wallboard::Wallboard;
use crate::ui::{Depth, GlyphSet, Lang, ThemeName};
use ratatui::layout::Size;
use std::path::PathBuf;
use std::sync::Arc;

/// How the console shows itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Face {
    /// The screens.
    #[default]
    Screens,
    /// Boards in turn, read from afar.
    Wallboard,
    /// Lines, for screen readers and pipes.
    Plain,
}

/// How the console is started.
#[derive(Clone, Debug)]
pub struct UiOptions {
    /// First screen.
    pub screen: Screen,
    /// Glyphs; `None` asks the environment and the terminal.
    pub glyphs: Option<GlyphSet>,
    /// Language.
    pub lang: Lang,
    /// Theme.
    pub theme: ThemeName,
    /// The operator's own themes.
    pub own_themes: Vec<OwnTheme>,
    /// What is wrong in their files.
    pub theme_faults: Vec<ThemeFault>,
    /// Colours of the terminal.
    pub depth: Depth,
    /// How it is shown.
    pub face: Face,
    /// Slow line: a frame each 5 s, no sparklines, 16 colours.
    pub slow: bool,
    /// Preset of the keymap.
    pub keymap: String,
    /// The operator's own key file: its name and its text.
    pub keys: Option<(String, String)>,
    /// Time zone of what is shown.
    pub zone: jiff::tz::TimeZone,
    /// Whether anything may be changed.
    pub access: Access,
    /// Who is at the console.
    pub user: String,
    /// Looks that the command line says: what was saved does not change them.
    pub pinned: Vec<&'static str>,
    /// What the last console left; `None` begins anew.
    pub restore: Option<String>,
    /// Where this one leaves its own for the next.
    pub keep: Option<PathBuf>,
}

impl UiOptions {
    /// What the environment says: `NO_COLOR`, `COLORTERM`, `TERM`, `LC_ALL`, the time zone.
    pub fn from_environment() -> Self {
        let env = |name: &str| std::env::var(name).ok();
        let depth = Depth::detect(env("NO_COLOR").as_deref(), env("COLORTERM").as_deref(), env("TERM").as_deref());
        let messages = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| env(name).filter(|value| !value.is_empty()));
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env(name).filter(|value| !value.is_empty()));
        Self {
            screen: Screen::Overview,
            lang: Lang::from_locale(messages.as_deref()),
            glyphs: GlyphSet::from_environment(locale.as_deref(), env("TERM").as_deref()),
            theme: ThemeName::from_background(env("COLORFGBG").as_deref()),
            own_themes: Vec::new(),
            theme_faults: Vec::new(),
            face: Face::Screens,
            depth,
            slow: false,
            keymap: "default".to_owned(),
            keys: None,
            zone: jiff::tz::TimeZone::system(),
            access: Access::ReadOnly,
            user: env("USER").or_else(|| env("LOGNAME")).unwrap_or_default(),
            pinned: Vec::new(),
            restore: None,
            keep: None,
        }
    }

    /// The state that the console starts in, and the faults of the operator's key file.
    pub fn state(&self, size: Size) -> (UiState, Vec<KeymapFault>) {
        let mut state = UiState::new(Place::screen(self.screen), size);
        let own = self.keys.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
        let (keymap, faults) = Keymap::load(&self.keymap, own);
        state.keymap = Arc::new(keymap);
        state.glyphs = self.glyphs.unwrap_or_default();
        state.lang = self.lang;
        state.theme = self.theme;
        state.depth = if self.slow { self.depth.min(Depth::Sixteen) } else { self.depth };
        state.slow = self.slow;
        state.own_themes = self.own_themes.as_slice().into();
        state.wallboard = (self.face == Face::Wallboard).then(Wallboard::default);
        state.zone = self.zone.clone();
        state.access = self.access;
        state.user.clone_from(&self.user);
        if let Some(Err(why)) = self.restore.as_ref().map(|text| saved::restore(&mut state, text, &self.pinned)) {
            state.complain(trf!("what the last console left is not read: {}", why));
        }
        (state, faults)
    }
}
