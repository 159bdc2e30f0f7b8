//! Comparing text as people do: without case, and with numbers in names by their value.

use std::cmp::Ordering;

/// A text that is looked for in others, without case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    lower: String,
    ascii: bool,
}

impl Needle {
    /// From the text looked for.
    pub fn new(text: &str) -> Self {
        Self { lower: text.to_lowercase(), ascii: text.is_ascii() }
    }

    /// It, in lower case.
    pub fn as_str(&self) -> &str {
        &self.lower
    }

    /// Whether `text` contains it.
    pub fn is_in(&self, text: &str) -> bool {
        let needle = self.lower.as_bytes();
        if self.ascii && text.is_ascii() {
            let Some(first) = needle.first() else { return true };
            let last = text.len().saturating_sub(needle.len() - 1);
            let bytes = text.as_bytes();
            return (0..last).any(|at| {
                bytes.get(at).is_some_and(|byte| byte.to_ascii_lowercase() == *first)
                    && bytes.get(at..at + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle))
            });
        }
        text.to_lowercase().contains(&self.lower)
    }

    /// Whether `text` is it.
    pub fn equals(&self, text: &str) -> bool {
        if self.ascii { text.eq_ignore_ascii_case(&self.lower) } else { text.to_lowercase() == self.lower }
    }
}

/// Orders names as people do: `acc-2` before `acc-10`, `Gi1/0/9` before `Gi1/0/10`; without case, then by bytes.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        match (left.first(), right.first()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, rest_x) = digits(left);
                let (y, rest_y) = digits(right);
                match x.len().cmp(&y.len()).then_with(|| x.cmp(y)) {
                    Ordering::Equal => (left, right) = (rest_x, rest_y),
                    unequal => return unequal,
                }
            }
            (Some(x), Some(y)) => match x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase()) {
                Ordering::Equal => {
                    left = left.get(1..).unwrap_or_default();
                    right = right.get(1..).unwrap_or_default();
                }
                unequal => return unequal,
            },
        }
    }
}

/// The leading digits without leading zeros, and what follows.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let zeros = number.iter().take_while(|byte| **byte == b'0').count();
    (number.get(zeros..).unwrap_or_default(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_the_value_of_their_numbers() {
        let mut names = ["Gi1/0/10", "gi1/0/9", "acc-10", "acc-2", "acc-02"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["acc-02", "acc-2", "acc-10", "gi1/0/9", "Gi1/0/10"]);
    }

    #[test]
    fn case_does_not_matter_in_any_script() {
        assert!(Needle::new("ZÜR").is_in("zürich"));
        assert!(Needle::new("CORE").is_in("dist-core-1"));
        assert!(!Needle::new("core-11").is_in("core-1"));
        assert!(Needle::new("").is_in(""));
    }
}
