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
            return contains(text.as_bytes(), needle);
        }
        text.to_lowercase().contains(&self.lower)
    }

    /// Whether an address, written out, could contain it.
    pub fn may_be_address(&self) -> bool {
        self.lower.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'/'))
    }

    /// Whether `text` is it.
    pub fn equals(&self, text: &str) -> bool {
        if self.ascii { text.eq_ignore_ascii_case(&self.lower) } else { text.to_lowercase() == self.lower }
    }
}

/// Octets that are looked at at once.
const LANES: usize = 8;
/// The lowest and the highest bit of every lane.
const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
/// The bit in which ASCII letters of both cases differ, in every lane.
const CASE: u64 = 0x2020_2020_2020_2020;

/// Whether ASCII `text` contains ASCII `needle`, case aside. Hundreds of thousands of log lines are gone through with it: eight octets at a
/// time are looked at for the needle's first.
fn contains(text: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return true };
    let begins = |at: usize| text.get(at..at + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle));
    let wanted = u64::from(*first | 0x20) * LOW;
    let (lanes, rest) = text.as_chunks::<LANES>();
    for (number, lane) in lanes.iter().enumerate() {
        let differs = (u64::from_le_bytes(*lane) | CASE) ^ wanted;
        // An octet is zero where the lane has the needle's first letter, or where its neighbour below has: both are looked at.
        if differs.wrapping_sub(LOW) & !differs & HIGH != 0 && (0..LANES).any(|at| begins(number * LANES + at)) {
            return true;
        }
    }
    let done = text.len() - rest.len();
    (done..text.len()).any(begins)
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

    #[test]
    fn a_word_is_found_wherever_it_stands() {
        let text = "0123[6]89 %OSPF-5-ADJCHG: Nbr 10.0.0.2 FULL to Down";
        for from in 0..text.len() {
            for to in from + 1..=text.len() {
                assert!(Needle::new(&text[from..to].to_uppercase()).is_in(text), "{}", &text[from..to]);
            }
        }
        for other in ["{6]", "fulll", "down ", "\u{1}", "@ospf"] {
            assert!(!Needle::new(other).is_in(text), "{other}");
        }
    }
}
