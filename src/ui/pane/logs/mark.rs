//! What a filter matched within a text, so that it can be seen.

use crate::query::filter::{self, Expr, Op, Term};
use ratatui::style::Style;
use ratatui::text::Span;
use regex::{Regex, RegexBuilder};

/// Patterns of one filter that are marked.
const MOST_PATTERNS: usize = 16;

/// Largest compiled pattern, octets.
const MOST_OCTETS: usize = 1 << 20;

/// Marks within one text.
const MOST_MARKS: usize = 64;

/// Finds what a filter looks for in texts.
pub struct Marker(Option<Regex>);

impl Marker {
    /// Of a filter expression; one that can't be read marks nothing.
    pub fn of(filter: &str) -> Self {
        let mut patterns = Vec::new();
        if let Ok(expr) = filter::parse(filter) {
            collect(&expr, &mut patterns);
        }
        patterns.truncate(MOST_PATTERNS);
        let built = (!patterns.is_empty())
            .then(|| RegexBuilder::new(&patterns.join("|")).size_limit(MOST_OCTETS).dfa_size_limit(MOST_OCTETS).build().ok());
        Self(built.flatten())
    }

    /// A text in pieces: what is marked and what is not.
    pub fn spans(&self, text: &str, (plain, marked): (Style, Style)) -> Vec<Span<'static>> {
        let Some(regex) = &self.0 else { return vec![Span::styled(text.to_owned(), plain)] };
        let (mut spans, mut at) = (Vec::new(), 0);
        for found in regex.find_iter(text).filter(|found| !found.is_empty()).take(MOST_MARKS) {
            let before = text.get(at..found.start()).unwrap_or_default();
            if !before.is_empty() {
                spans.push(Span::styled(before.to_owned(), plain));
            }
            spans.push(Span::styled(found.as_str().to_owned(), marked));
            at = found.end();
        }
        let rest = text.get(at..).unwrap_or_default();
        if !rest.is_empty() {
            spans.push(Span::styled(rest.to_owned(), plain));
        }
        spans
    }
}

/// Words and patterns that a text may be wanted for; what is not wanted marks nothing.
fn collect(expr: &Expr, patterns: &mut Vec<String>) {
    match expr {
        Expr::Or(parts) | Expr::And(parts) => parts.iter().for_each(|part| collect(part, patterns)),
        Expr::Not(_) | Expr::Term(Term::Habit(..), _) => {}
        Expr::Term(Term::Word(word), _) => patterns.push(literal(word)),
        Expr::Term(Term::Regex(pattern), _) => patterns.push(format!("(?:{pattern})")),
        Expr::Term(Term::Compare(field, op, value, _), _) => {
            let of_text = ["text", "msg", "if", "port", "ifName"].iter().any(|name| name.eq_ignore_ascii_case(field));
            match op {
                Op::Has | Op::Equal if of_text => patterns.push(literal(value)),
                Op::Matches if of_text => patterns.push(format!("(?:{value})")),
                _ => {}
            }
        }
    }
}

fn literal(word: &str) -> String {
    format!("(?i:{})", regex::escape(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Modifier;

    fn check(filter: &str, text: &str, expected: &[&str]) {
        let marked = Style::new().add_modifier(Modifier::BOLD);
        let spans = Marker::of(filter).spans(text, (Style::new(), marked));
        let found: Vec<&str> = spans.iter().filter(|span| span.style == marked).map(|span| &*span.content).collect();
        assert_eq!(found, expected, "{filter}");
        assert_eq!(spans.iter().map(|span| &*span.content).collect::<String>(), text);
    }

    #[test]
    fn what_is_looked_for_is_marked_and_what_is_not_wanted_is_not() {
        let text = "%OSPF-5-ADJCHG: Nbr 10.0.0.9 on Te1/1/4 from FULL to DOWN";
        check("ospf", text, &["OSPF"]);
        check("/BFD|OSPF/ down", text, &["OSPF", "DOWN"]);
        check("not full sev>=err host:core", text, &[]);
        check("if:te1/1/4 or text~\"D[A-Z]+N\"", text, &["Te1/1/4", "DOWN"]);
        check("(", text, &[]);
        check("/[/", text, &[]);
        check("/x*/", text, &[]);
    }
}
