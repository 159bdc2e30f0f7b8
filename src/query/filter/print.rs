//! Expression to text, such that it is read back as the same expression.

use super::expr::{Expr, Habit, Side, Term};
use std::fmt;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(parts) => joined(f, parts, " or "),
            Self::And(parts) => joined(f, parts, " "),
            Self::Not(inner) => {
                f.write_str("not ")?;
                child(f, inner, Rank::Term)
            }
            Self::Term(term, _) => fmt::Display::fmt(term, f),
        }
    }
}

/// How tightly an expression binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Or,
    And,
    Not,
    Term,
}

const fn rank(expr: &Expr) -> Rank {
    match expr {
        Expr::Or(_) => Rank::Or,
        Expr::And(_) => Rank::And,
        Expr::Not(_) => Rank::Not,
        Expr::Term(..) => Rank::Term,
    }
}

/// A part of a larger expression, in parentheses where it binds less tightly than `least`.
fn child(f: &mut fmt::Formatter<'_>, expr: &Expr, least: Rank) -> fmt::Result {
    if rank(expr) < least { write!(f, "({expr})") } else { fmt::Display::fmt(expr, f) }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], between: &str) -> fmt::Result {
    let least = if between == " or " { Rank::And } else { Rank::Not };
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            f.write_str(between)?;
        }
        child(f, part, least)?;
    }
    Ok(())
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) if is_plain(word, "") && !is_reserved(word) => f.write_str(word),
            Self::Word(word) => quoted(f, word),
            Self::Regex(pattern) => write!(f, "/{}/", pattern.replace('/', "\\/")),
            Self::Compare(field, op, text, _) => {
                write!(f, "{field}{}", op.sign())?;
                value(f, text)
            }
            Self::Habit(side, habit, text, _) => {
                if let Some(side) = side {
                    write!(f, "{} ", side.word())?;
                }
                write!(f, "{} ", habit.word())?;
                value(f, text)
            }
        }
    }
}

fn value(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if is_plain(text, ":,") && !["and", "or", "not"].contains(&text) { f.write_str(text) } else { quoted(f, text) }
}

/// Words that mean something else when they stand bare.
fn is_reserved(word: &str) -> bool {
    ["and", "or", "not"].contains(&word)
        || Side::WORDS.iter().any(|(known, _)| *known == word)
        || Habit::WORDS.iter().any(|(known, _)| *known == word)
}

/// Whether the text can stand without quotes.
fn is_plain(text: &str, also: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric())
        && text.chars().all(|c| c.is_alphanumeric() || "._/@%+*#-".contains(c) || also.contains(c))
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
