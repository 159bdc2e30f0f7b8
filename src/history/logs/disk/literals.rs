//! What a text must have in it for a regular expression to match: found in the index before anything is looked at.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Alternatives and parts that are looked into: more are taken for anything.
const MOST_PARTS: usize = 64;

/// Shorter needles are in nearly every line.
const SHORTEST: usize = 2;

/// What must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing that is known.
    Nothing,
    /// This, in lower case.
    Part(String),
    /// All of these.
    All(Vec<Needs>),
    /// One of these.
    One(Vec<Needs>),
}

/// Of a pattern that was compiled before.
pub fn needs(pattern: &str) -> Needs {
    regex_syntax::parse(pattern).map_or(Needs::Nothing, |hir| {
        let mut walk = Walk { parts: Vec::new(), run: String::new() };
        walk.visit(&hir);
        walk.end()
    })
}

/// Goes through what stands one behind the other.
struct Walk {
    parts: Vec<Needs>,
    /// Letters that follow on each other.
    run: String,
}

impl Walk {
    fn cut(&mut self) {
        let run = std::mem::take(&mut self.run);
        if run.chars().count() >= SHORTEST {
            self.push(Needs::Part(run));
        }
    }

    fn push(&mut self, needs: Needs) {
        if needs != Needs::Nothing && self.parts.len() < MOST_PARTS {
            self.parts.push(needs);
        }
    }

    fn end(mut self) -> Needs {
        self.cut();
        match self.parts.len() {
            0 => Needs::Nothing,
            1 => self.parts.pop().unwrap_or(Needs::Nothing),
            _ => Needs::All(self.parts),
        }
    }

    fn letters(&mut self, text: &str) {
        for c in text.chars() {
            // Its lower case depends on what stands beside it.
            if c == 'Σ' {
                self.cut();
            } else {
                self.run.extend(c.to_lowercase());
            }
        }
    }

    fn visit(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => self.letters(text),
                Err(_) => self.cut(),
            },
            HirKind::Class(class) => match only_letter(class) {
                Some(letter) => self.letters(letter.encode_utf8(&mut [0; 4])),
                None => self.cut(),
            },
            // They take no room, but what stands on either side is together only where they hold: a cut costs nothing.
            HirKind::Look(_) => self.cut(),
            HirKind::Capture(capture) => self.visit(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.visit(part)),
            HirKind::Repetition(repetition) => {
                self.cut();
                if repetition.min > 0 {
                    self.push(of(&repetition.sub));
                }
            }
            HirKind::Alternation(parts) => {
                self.cut();
                let all: Vec<Needs> = parts.iter().take(MOST_PARTS + 1).map(of).collect();
                if all.len() <= MOST_PARTS && !all.contains(&Needs::Nothing) {
                    self.push(Needs::One(all));
                }
            }
        }
    }
}

fn of(hir: &Hir) -> Needs {
    let mut walk = Walk { parts: Vec::new(), run: String::new() };
    walk.visit(hir);
    walk.end()
}

/// The letter that all of a class are, case aside.
fn only_letter(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let mut letters = class.iter().take(4).flat_map(|range| (range.start()..=range.end()).take(4));
    let lower = |c: char| {
        let mut lower = c.to_lowercase();
        lower.next().filter(|_| lower.next().is_none())
    };
    let first = lower(letters.next()?)?;
    let few: usize = class.iter().map(|range| range.end() as usize - range.start() as usize + 1).sum();
    (few <= 4 && letters.all(|c| lower(c) == Some(first))).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pattern_needs_is_found() {
        let part = |text: &str| Needs::Part(text.to_owned());
        for (pattern, expected) in [
            ("link.down", Needs::All(vec![part("link"), part("down")])),
            ("(?i)Down", part("down")),
            ("BFD|OSPF", Needs::One(vec![part("bfd"), part("ospf")])),
            ("(BFD|.)", Needs::Nothing),
            ("a(bc)+d?", part("bc")),
            ("[0-9]{5}", Needs::Nothing),
            ("nbr 10\\.0\\.[0-9]+", part("nbr 10.0.")),
            ("^%LINK-3", part("%link-3")),
            ("ΟΔΟΣ", part("οδο")),
            ("(?i)k", Needs::Nothing),
            ("x*", Needs::Nothing),
        ] {
            assert_eq!(needs(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn a_text_that_matches_has_what_is_needed() {
        fn holds(needs: &Needs, text: &str) -> bool {
            match needs {
                Needs::Nothing => true,
                Needs::Part(part) => text.contains(part.as_str()),
                Needs::All(all) => all.iter().all(|needs| holds(needs, text)),
                Needs::One(one) => one.iter().any(|needs| holds(needs, text)),
            }
        }
        let texts = ["Link is DOWN", "link-down", "K\u{212a}k", "straße ΟΔΟΣ οδός", "10.0.0.1:22 İx", "ſhort"];
        for pattern in ["(?i)link.*down", "k+", "(?i)kk", "ΟΔΟΣ", "(?i)straSSe|stra.e", "(?i)İx", "(?i)short", "1(0|1)\\.0"]
        {
            let (regex, needs) = (regex::Regex::new(pattern).unwrap(), needs(pattern));
            for text in texts.iter().filter(|text| regex.is_match(text)) {
                assert!(holds(&needs, &text.to_lowercase()), "{pattern} {text} {needs:?}");
            }
        }
    }
}
