//! Text to expression. Input is hostile: its length, its depth and the number of its terms are bounded.

use super::FilterError;
use super::expr::{At, Expr, Habit, Op, Side, Term};
use crate::model::MacAddr;
use ipnet::IpNet;
use std::net::IpAddr;

/// Longest expression, characters: far more than a person types, and short enough to be matched on 250,000 rows.
pub const MAX_CHARS: usize = 4096;
/// Deepest nesting of parentheses and `not`: bounds the recursion.
pub const MAX_DEPTH: usize = 64;

/// Reads an expression. Empty text matches everything.
///
/// Errors: the first fault with its column.
pub fn parse(text: &str) -> Result<Expr, FilterError> {
    let chars: Vec<char> = text.chars().take(MAX_CHARS + 1).collect();
    if chars.len() > MAX_CHARS {
        return Err(FilterError::new(MAX_CHARS, format!("longer than {MAX_CHARS} characters")));
    }
    let mut parser = Parser { chars, at: 0, depth: 0 };
    parser.blanks();
    if parser.peek().is_none() {
        return Ok(Expr::And(Vec::new()));
    }
    let expr = parser.or()?;
    match parser.peek() {
        None => Ok(expr),
        Some(')') => Err(FilterError::new(parser.at, "`)` without its `(`")),
        Some(c) => Err(FilterError::new(parser.at, format!("`{c}` is not expected here"))),
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

/// Characters that end a bare word.
const fn ends_bare(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '"')
}

const fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// The bare characters from `from`.
    fn bare_from(&self, from: usize) -> String {
        self.chars.iter().skip(from).take_while(|c| !ends_bare(**c)).collect()
    }

    /// Takes the keyword if it stands here as a whole word.
    fn keyword(&mut self, word: &str) -> bool {
        if self.bare_from(self.at) != word {
            return false;
        }
        self.at += word.chars().count();
        self.blanks();
        true
    }

    fn deeper(&mut self) -> Result<(), FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(FilterError::new(self.at, format!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(())
    }

    fn or(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.and()?];
        while self.keyword("or") {
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Expr::Or))
    }

    fn and(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.not()?];
        loop {
            let explicit = self.keyword("and");
            let over = matches!(self.peek(), None | Some(')')) || self.bare_from(self.at) == "or";
            if over && !explicit {
                return Ok(one_or(parts, Expr::And));
            }
            parts.push(self.not()?);
        }
    }

    fn not(&mut self) -> Result<Expr, FilterError> {
        let sign = self.peek() == Some('!');
        if sign {
            self.at += 1;
            self.blanks();
        }
        if sign || self.keyword("not") {
            self.deeper()?;
            let inner = self.not()?;
            self.depth -= 1;
            return Ok(Expr::Not(Box::new(inner)));
        }
        self.term()
    }

    fn term(&mut self) -> Result<Expr, FilterError> {
        let start = self.at;
        let expr = match self.peek() {
            None => return Err(FilterError::new(start, "a word, a comparison or `(` is missing")),
            Some(')') => return Err(FilterError::new(start, "a word or a comparison is missing before `)`")),
            Some('(') => self.group()?,
            Some('"') => Expr::Term(Term::Word(self.quoted()?), At(start)),
            Some('/') => Expr::Term(Term::Regex(self.regex()?), At(start)),
            Some(_) => Expr::Term(self.bare_term()?, At(start)),
        };
        self.blanks();
        Ok(expr)
    }

    fn group(&mut self) -> Result<Expr, FilterError> {
        let open = self.at;
        self.deeper()?;
        self.at += 1;
        self.blanks();
        let inner = self.or()?;
        if self.peek() != Some(')') {
            return Err(FilterError::new(open, "`(` without its `)`"));
        }
        self.at += 1;
        self.depth -= 1;
        Ok(inner)
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '"' => return Ok(text),
                '\\' if matches!(self.peek(), Some('"' | '\\')) => {
                    text.extend(self.peek());
                    self.at += 1;
                }
                c => text.push(c),
            }
        }
        Err(FilterError::new(open, "the `\"` is not closed"))
    }

    fn regex(&mut self) -> Result<String, FilterError> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '/' => return Ok(text),
                '\\' if self.peek() == Some('/') => {
                    text.push('/');
                    self.at += 1;
                }
                '\\' => {
                    text.push(c);
                    text.extend(self.peek());
                    self.at += 1;
                }
                c => text.push(c),
            }
        }
        Err(FilterError::new(open, "the regular expression is not closed with `/`"))
    }

    /// A comparison, a habit of tcpdump, or a word.
    fn bare_term(&mut self) -> Result<Term, FilterError> {
        let word = self.bare_from(self.at);
        if is_address(&word) {
            self.at += word.chars().count();
            return Ok(Term::Word(word));
        }
        if let Some(term) = self.comparison()? {
            return Ok(term);
        }
        if let Some(term) = self.habit(&word)? {
            return Ok(term);
        }
        self.at += word.chars().count();
        Ok(Term::Word(word))
    }

    fn comparison(&mut self) -> Result<Option<Term>, FilterError> {
        let start = self.at;
        let field: String = self.chars.iter().skip(start).take_while(|c| is_name(**c)).collect();
        if !field.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return Ok(None);
        }
        self.at += field.len();
        self.blanks();
        let Some(op) = self.op() else {
            self.at = start;
            return Ok(None);
        };
        self.blanks();
        let value_at = self.at;
        let value = self.value(&format!("the value after `{field}{}` is missing", op.sign()))?;
        Ok(Some(Term::Compare(field, op, value, At(value_at))))
    }

    fn op(&mut self) -> Option<Op> {
        let (sign, op) = Op::SIGNS
            .into_iter()
            .find(|(sign, _)| sign.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c)))?;
        self.at += sign.len();
        Some(op)
    }

    fn value(&mut self, missing: &str) -> Result<String, FilterError> {
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let value = self.bare_from(self.at);
        if value.is_empty() {
            return Err(FilterError::new(self.at, missing));
        }
        self.at += value.chars().count();
        Ok(value)
    }

    /// `[src|dst] host|net|port|as VALUE`, `proto VALUE`; anything else stays a word.
    fn habit(&mut self, word: &str) -> Result<Option<Term>, FilterError> {
        let start = self.at;
        let side = Side::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, side)| side);
        let mut habit = word.to_owned();
        if side.is_some() {
            self.at += word.len();
            self.blanks();
            habit = self.bare_from(self.at);
        }
        let found = Habit::WORDS.into_iter().find(|(known, _)| *known == habit).map(|(_, habit)| habit);
        let found = found.filter(|found| side.is_none() || *found != Habit::Proto);
        if let Some(found) = found {
            self.at += habit.len();
            self.blanks();
            let next = self.bare_from(self.at);
            let quoted = self.peek() == Some('"');
            let is_value = !next.starts_with(['!', '/']) && !["", "or", "and", "not"].contains(&next.as_str());
            if quoted || is_value {
                let value_at = self.at;
                let value = self.value("the value is missing")?;
                return Ok(Some(Term::Habit(side, found, value, At(value_at))));
            }
        }
        self.at = start;
        Ok(None)
    }
}

/// Whether a bare word with colons is an address and not a comparison.
fn is_address(word: &str) -> bool {
    word.contains(':') && (word.parse::<IpAddr>().is_ok() || word.parse::<IpNet>().is_ok() || word.parse::<MacAddr>().is_ok())
}

fn one_or(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}
