//! The languages of the console.
//!
//! A text in the source is the English text and the key of its translation: `tr("sort")`, or with holes
//! `trf!("{} of {} members", up, all)`, or with a count `trn!(count, "1 port", "{} ports")`. The tables stand in `ko/*.toml`, a file for each part of the console. What the engine
//! says in whole sentences (events, alarms, reasons) is matched against the tables `[sentences]` of those files by [`sentence()`]. Names, addresses, units
//! and the standards' own words (LLDP, ifIndex, SSID) are never translated.
//!
//! Drawing depends on the console's state alone, and the language is part of it: `Console` sets it for its own thread around
//! every drawing ([`speaking`]), so that the small functions that make words need not carry it.
//!
//! A text without a translation is a failing test (`tests`), in the source as well as on the golden screens.

mod catalog;
mod sentence;
#[cfg(test)]
mod tests;

pub use sentence::sentence;

use std::cell::Cell;
use std::fmt::{Display, Write as _};

/// A language of the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// The names that `--lang` takes.
    pub const NAMES: [(&'static str, Self); 2] = [("en", Self::En), ("ko", Self::Ko)];

    /// The language of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, lang)| *lang)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// What the environment asks for (POSIX: `LC_ALL` over `LC_MESSAGES` over `LANG`): Korean for `ko`, `ko_KR.UTF-8`.
    pub fn from_locale(locale: Option<&str>) -> Self {
        let language = locale.and_then(|locale| locale.split(['_', '.', '@']).next());
        language.and_then(Self::from_name).unwrap_or_default()
    }
}

thread_local! {
    static SPOKEN: Cell<Lang> = const { Cell::new(Lang::En) };
}

/// Runs something with a language spoken on this thread.
pub fn speaking<T>(lang: Lang, work: impl FnOnce() -> T) -> T {
    struct Before(Lang);
    impl Drop for Before {
        fn drop(&mut self) {
            SPOKEN.set(self.0);
        }
    }
    let _restored_even_by_a_panic = Before(SPOKEN.replace(lang));
    work()
}

/// The language that is spoken on this thread.
pub fn spoken() -> Lang {
    SPOKEN.get()
}

/// A text in the language that is spoken; itself where it has no translation.
pub fn tr(text: &str) -> &str {
    match spoken() {
        Lang::En => text,
        Lang::Ko => catalog::korean().text(text).unwrap_or(text),
    }
}

/// Fills the holes of a template: `{}` in turn, `{0}` and so on by number.
///
/// Called by [`crate::trf!`], which translates the template first.
pub fn fill(template: &str, values: &[&dyn Display]) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    let mut turn = 0;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((hole, tail)) = after.split_once('}') else {
            rest = after;
            continue;
        };
        let at = hole.parse().unwrap_or(turn);
        turn += 1;
        if let Some(value) = values.get(at) {
            let _into_memory = write!(out, "{value}");
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// A text with values in it, in the language that is spoken: `trf!("{} of {}", 3, 4)`. A translation may take the values in
/// another order by their number: `{1}`, `{0}`. Holes have no format: format the values before.
#[macro_export]
macro_rules! trf {
    ($template:literal $(, $value:expr)* $(,)?) => {
        $crate::ui::lang::fill($crate::ui::lang::tr($template), &[$(&$value as &dyn ::std::fmt::Display),*])
    };
}
pub use crate::trf;

/// A text with a number of things in it: `trn!(count, "1 port blocked", "{} ports blocked")`, and in longer ones what else stands in
/// it behind: `trn!(hops, "1 hop of {}", "{} hops of {}", name)`. Languages that don't tell one from several, as Korean, have the
/// second text only.
#[macro_export]
macro_rules! trn {
    ($count:expr, $one:literal, $several:literal $(, $value:expr)* $(,)?) => {{
        let count = $count;
        match $crate::ui::lang::is_one(&count) {
            true => $crate::ui::lang::fill($one, &[$(&$value as &dyn ::std::fmt::Display),*]),
            false => $crate::trf!($several, count $(, $value)*),
        }
    }};
}
pub use crate::trn;

/// Whether the language that is spoken has words of their own for this count.
pub fn is_one(count: &impl Display) -> bool {
    spoken() == Lang::En && count.to_string() == "1"
}
