//! What the terminal at the other end can do, from the environment: nothing here asks it.

/// What a terminal understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Class {
    /// xterm and everything that follows it.
    #[default]
    Modern,
    /// The Linux console: colours, no operating system commands, one screen.
    Linux,
    /// A VT100 or VT220: cursor and plain attributes, one screen.
    Vt100,
}

/// What stands between us and the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Between {
    /// Nothing.
    #[default]
    Nothing,
    /// tmux: keeps a clipboard of its own and passes on what is wrapped.
    Tmux,
    /// GNU screen: passes on what is wrapped, in short pieces.
    Screen,
}

/// How a desktop notification is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Desktop {
    /// OSC 9 (iTerm2, `WezTerm`, kitty, Ghostty, Windows Terminal, `ConEmu`).
    #[default]
    Osc9,
    /// OSC 777 (rxvt-unicode, foot).
    Osc777,
}

/// The terminal, as far as the environment tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// What it understands.
    pub class: Class,
    /// What stands between.
    pub between: Between,
    /// How it takes notifications.
    pub desktop: Desktop,
}

impl Kind {
    /// From `TERM`, `TMUX` and `STY`.
    pub fn detect(term: Option<&str>, tmux: Option<&str>, sty: Option<&str>) -> Self {
        let term = term.unwrap_or_default();
        let is_set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        let class = if term == "linux" || term.starts_with("linux-") {
            Class::Linux
        } else if term.starts_with("vt1") || term.starts_with("vt2") || term == "dumb" {
            Class::Vt100
        } else {
            Class::Modern
        };
        let between = if is_set(tmux) || term.starts_with("tmux") {
            Between::Tmux
        } else if is_set(sty) || term.starts_with("screen") {
            Between::Screen
        } else {
            Between::Nothing
        };
        let desktop = if term.starts_with("rxvt") || term.starts_with("foot") { Desktop::Osc777 } else { Desktop::Osc9 };
        Self { class, between, desktop }
    }

    /// From the environment of this process.
    pub fn from_environment() -> Self {
        let env = |name: &str| std::env::var(name).ok();
        Self::detect(env("TERM").as_deref(), env("TMUX").as_deref(), env("STY").as_deref())
    }

    /// Whether frames are wrapped in synchronised updates (DEC private mode 2026).
    pub const fn synchronises(self) -> bool {
        matches!(self.class, Class::Modern)
    }

    /// Whether it takes operating system commands: title, clipboard, notification. What does not would print them.
    pub const fn takes_osc(self) -> bool {
        matches!(self.class, Class::Modern)
    }

    /// Whether it has a second screen to leave the first one as it was.
    pub const fn has_alternate_screen(self) -> bool {
        matches!(self.class, Class::Modern)
    }

    /// Whether single attributes can be ended and characters erased (ECMA-48 SGR 22 to 27, ECH; VT100 knows neither).
    pub const fn is_ecma48(self) -> bool {
        !matches!(self.class, Class::Vt100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_tells_what_stands_between() {
        let kind = |term, tmux, sty| Kind::detect(Some(term), tmux, sty);
        assert_eq!(kind("xterm-256color", None, None), Kind::default());
        assert_eq!(kind("tmux-256color", None, None).between, Between::Tmux);
        assert_eq!(kind("screen-256color", Some("/tmp/tmux-1/default,1,0"), None).between, Between::Tmux, "tmux says screen too");
        assert_eq!(kind("screen.xterm-256color", None, Some("1.pts-0")).between, Between::Screen);
        assert_eq!(kind("rxvt-unicode-256color", None, None).desktop, Desktop::Osc777);
    }

    #[test]
    fn old_terminals_are_told_nothing_that_they_would_print() {
        for term in ["linux", "vt100", "vt220", "dumb"] {
            let kind = Kind::detect(Some(term), None, None);
            assert!(!kind.takes_osc() && !kind.synchronises() && !kind.has_alternate_screen(), "{term}");
        }
        assert!(Kind::detect(Some("linux"), None, None).is_ecma48());
        assert!(!Kind::detect(Some("vt100"), None, None).is_ecma48());
    }
}
