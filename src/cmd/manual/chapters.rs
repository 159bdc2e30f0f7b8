//! The table of chapters, in the order of reading.

use super::reference;
use crate::ui::Lang;
use crate::ui::lang::speaking;
use std::borrow::Cow;

/// Where a chapter's text comes from.
#[derive(Clone, Copy, Debug)]
pub enum Text {
    /// It is written: English, Korean.
    Written(&'static str, &'static str),
    /// It is made of the program's tables, in the language that is spoken.
    Made(fn() -> String),
}

/// One chapter.
#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    /// Its path below `docs/manual/LANGUAGE`, without `.md`.
    pub name: &'static str,
    /// Its text.
    pub source: Text,
}

macro_rules! written {
    ($name:literal) => {
        Chapter {
            name: $name,
            source: Text::Written(
                include_str!(concat!("../../../docs/manual/en/", $name, ".md")),
                include_str!(concat!("../../../docs/manual/ko/", $name, ".md")),
            ),
        }
    };
}

const fn made(name: &'static str, make: fn() -> String) -> Chapter {
    Chapter { name, source: Text::Made(make) }
}

/// All chapters.
pub const CHAPTERS: &[Chapter] = &[
    written!("README"),
    written!("install"),
    written!("first-day"),
    written!("console"),
    written!("screens"),
    written!("recipes"),
    written!("troubleshooting"),
    written!("security"),
    written!("upgrade"),
    written!("glossary"),
    made("reference/commands", reference::commands),
    made("reference/keys", reference::keys),
    made("reference/configuration", reference::configuration),
    made("reference/alarm-rules", reference::alarm_rules),
    made("reference/filters", reference::filters),
    made("reference/rows", reference::rows),
    made("reference/metrics", reference::metrics),
    made("reference/devices", reference::devices),
];

impl Chapter {
    /// Its text in a language.
    pub fn text(&self, lang: Lang) -> Cow<'static, str> {
        match (self.source, lang) {
            (Text::Written(english, _), Lang::En) => Cow::Borrowed(english),
            (Text::Written(_, korean), Lang::Ko) => Cow::Borrowed(korean),
            (Text::Made(make), lang) => Cow::Owned(speaking(lang, make)),
        }
    }

    /// Its first heading.
    pub fn title(&self, lang: Lang) -> String {
        let text = self.text(lang);
        text.lines().next().unwrap_or_default().trim_start_matches('#').trim().to_owned()
    }
}
