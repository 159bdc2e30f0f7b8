//! The checks laid out for people: groups, a line for each check, under it what is off and what to do.

use crate::engine::doctor::{Check, Group, Step, Verdict, count};
use crate::model::text::visible;
use crate::trf;
use crate::ui::lang::{sentence, tr, trn};
use crate::ui::text::width;
use crate::ui::{GlyphSet, Glyphs, lines};
use std::io::{self, Write};

/// Narrower than this, a check's name has a line of its own.
const NARROW: usize = 60;

/// Blanks before a check's mark, and between what stands in one line.
const MARGIN: usize = 2;

/// How it is to look.
pub struct Look {
    /// Columns of a line.
    pub columns: usize,
    /// What to draw with.
    pub glyphs: Glyphs,
    /// Whether with colours.
    pub coloured: bool,
}

/// A colour or weight, as ECMA-48 has it (SGR).
#[derive(Clone, Copy)]
enum Ink {
    Plain,
    Bold,
    Dim,
    Green,
    Yellow,
    Red,
    Cyan,
}

impl Ink {
    const fn parameters(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Red => "1;31",
            Self::Cyan => "36",
        }
    }

    const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ok => Self::Green,
            Verdict::Warning => Self::Yellow,
            Verdict::Unknown => Self::Cyan,
            Verdict::Missing => Self::Red,
        }
    }
}

impl Look {
    fn ink(&self, ink: Ink, text: &str) -> String {
        if self.coloured && !matches!(ink, Ink::Plain) {
            format!("\x1b[{}m{text}\x1b[0m", ink.parameters())
        } else {
            text.to_owned()
        }
    }

    /// One cell that says a verdict without colour.
    const fn mark(&self, verdict: Verdict) -> &'static str {
        match (verdict, self.glyphs.set) {
            (Verdict::Ok, GlyphSet::Unicode | GlyphSet::Cjk) => "✓",
            (Verdict::Ok, GlyphSet::Ascii) => "+",
            (Verdict::Warning, _) => "!",
            (Verdict::Unknown, _) => "?",
            (Verdict::Missing, GlyphSet::Unicode | GlyphSet::Cjk) => "✗",
            (Verdict::Missing, GlyphSet::Ascii) => "X",
        }
    }

    fn is_narrow(&self) -> bool {
        self.columns < NARROW
    }
}

/// Prints all of it.
pub fn write(checks: &[Check], look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let names = checks.iter().map(|check| width(tr(check.name))).max().unwrap_or(0);
    for group in Group::ALL {
        let of: Vec<&Check> = checks.iter().filter(|check| check.group == group).collect();
        if !of.is_empty() {
            writeln!(out, "{}", look.ink(Ink::Bold, tr(group.title())))?;
            of.into_iter().try_for_each(|check| one(check, (look, names), out))?;
            writeln!(out)?;
        }
    }
    writeln!(out, "{}", summary(checks, look))
}

/// A check: mark, name, what was found; under it what is off and what to do.
fn one(check: &Check, (look, names): (&Look, usize), out: &mut dyn Write) -> io::Result<()> {
    let name = tr(check.name);
    let mark = look.ink(Ink::of(check.verdict), look.mark(check.verdict));
    let says = sentence(&check.says).into_owned();
    let ink = if check.verdict == Verdict::Ok { Ink::Plain } else { Ink::Bold };
    let margin = " ".repeat(MARGIN);
    let indent = if look.is_narrow() { MARGIN + 2 } else { MARGIN + 2 + names + MARGIN };
    let room = look.columns.saturating_sub(indent);
    let found = lines::sentence(&visible(&says), room);
    if look.is_narrow() {
        writeln!(out, "{margin}{mark} {}", look.ink(ink, name))?;
        found.iter().try_for_each(|line| writeln!(out, "{}{line}", " ".repeat(indent)))?;
    } else {
        let gap = " ".repeat(names + MARGIN - width(name));
        let first = found.first().map(String::as_str).unwrap_or_default();
        writeln!(out, "{margin}{mark} {}{gap}{first}", look.ink(ink, name))?;
        found.iter().skip(1).try_for_each(|line| writeln!(out, "{}{line}", " ".repeat(indent)))?;
    }
    under(check, (look, indent), out)
}

/// What is off, and what to do: words in front, all as wide as the widest of them.
fn under(check: &Check, (look, indent): (&Look, usize), out: &mut dyn Write) -> io::Result<()> {
    let words = [tr("off:"), tr("do:"), tr("or:")];
    let wide = words.iter().map(|word| width(word)).max().unwrap_or(0) + 1;
    let room = look.columns.saturating_sub(indent + wide);
    let [off, first, other] = words;
    if let Some(function) = &check.disables {
        item((off, lines::sentence(&sentence(function), room)), (look, Ink::Plain), (indent, wide), out)?;
    }
    for step in &check.steps {
        let word = if matches!(step, Step::Or(_)) { other } else { first };
        match step {
            Step::Do(what) => item((word, lines::sentence(&sentence(what), room)), (look, Ink::Plain), (indent, wide), out)?,
            // A command has all of a narrow line, so that it is seldom broken within a word.
            Step::Run(command) | Step::Or(command) if look.is_narrow() => {
                writeln!(out, "{}{}", " ".repeat(indent), look.ink(Ink::Dim, word))?;
                let text = lines::command(&visible(command), look.columns);
                text.iter().try_for_each(|line| writeln!(out, "{}", look.ink(Ink::Cyan, line)))?;
            }
            Step::Run(command) | Step::Or(command) => {
                item((word, lines::command(&visible(command), room)), (look, Ink::Cyan), (indent, wide), out)?;
            }
        }
    }
    Ok(())
}

fn item(
    (word, text): (&str, Vec<String>),
    (look, ink): (&Look, Ink),
    (indent, wide): (usize, usize),
    out: &mut dyn Write,
) -> io::Result<()> {
    let margin = " ".repeat(indent);
    for (at, line) in text.iter().enumerate() {
        let before = if at == 0 { word } else { "" };
        let gap = " ".repeat(wide.saturating_sub(width(before)));
        writeln!(out, "{margin}{}{gap}{}", look.ink(Ink::Dim, before), look.ink(ink, line))?;
    }
    Ok(())
}

/// `2 missing · 1 warning · 17 in order`, the worst first; what there is none of is left out. On a narrow line each has its own.
fn summary(checks: &[Check], look: &Look) -> String {
    let numbers = [Verdict::Missing, Verdict::Unknown, Verdict::Warning, Verdict::Ok];
    let numbers = numbers.map(|verdict| (verdict, count(checks, verdict))).into_iter();
    let said: Vec<(Verdict, usize, String)> = numbers
        .filter(|(verdict, number)| *number > 0 || *verdict == Verdict::Missing)
        .map(|(verdict, number)| (verdict, number, counted(verdict, number)))
        .collect();
    let dot = format!(" {} ", look.glyphs.dot);
    let wide: usize = said.iter().map(|(_, _, words)| width(words) + width(&dot)).sum();
    let between = if wide > look.columns + width(&dot) { "\n" } else { &dot };
    let inked =
        said.iter().map(|(verdict, number, words)| look.ink(if *number == 0 { Ink::Dim } else { Ink::of(*verdict) }, words));
    inked.collect::<Vec<_>>().join(between)
}

fn counted(verdict: Verdict, number: usize) -> String {
    match verdict {
        Verdict::Missing => trf!("{} missing", number),
        Verdict::Unknown => trf!("{} not found out", number),
        Verdict::Warning => trn!(number, "1 warning", "{} warnings"),
        Verdict::Ok => trf!("{} in order", number),
    }
}
