//! An expression bound to the columns of one table: names looked up, operands read, patterns compiled, once.

use super::column::{Column, Kind, Row, Value};
use super::expr::{At, Expr, Op, Term};
use super::text::Needle;
use super::{FilterError, operand};
use crate::model::{MacAddr, Timestamp};
use ipnet::IpNet;
use regex::{Regex, RegexBuilder};
use std::cmp::Ordering;
use std::net::IpAddr;

/// Largest compiled regular expression, octets: a hostile pattern can't take more.
const REGEX_LIMIT: usize = 1 << 20;

/// Says of each row of one table whether it is wanted.
#[derive(Clone, Debug)]
pub struct Matcher(Node);

#[derive(Clone, Debug)]
pub(super) enum Node {
    Or(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    Any(Test, Vec<usize>),
    One(Test, usize),
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    Has(Needle, Option<IpNet>),
    Is(Needle),
    Order(Needle, Op),
    Figure(f64, Op),
    Within(IpNet),
    Hex(String, Op),
    Pattern(Box<Regex>),
}

impl Matcher {
    /// Binds an expression to columns. `now` is what relative times are relative to.
    ///
    /// Errors: an unknown field, a bad value or a bad pattern, with its column.
    pub fn bind(expr: &Expr, columns: &[Column], now: Timestamp) -> Result<Self, FilterError> {
        Binder { columns, now }.expr(expr).map(Self)
    }

    pub(super) const fn node(&self) -> &Node {
        &self.0
    }

    /// Whether nothing is filtered out.
    pub fn is_all(&self) -> bool {
        matches!(&self.0, Node::And(parts) if parts.is_empty())
    }

    /// Whether the row is wanted.
    pub fn matches(&self, row: &impl Row) -> bool {
        self.0.matches(row)
    }

    /// What can be said of the row: `None` where what is not known would decide (Kleene's three values). A filter leaves out what it does
    /// not know; an alarm is neither raised nor cleared by it.
    pub fn tells(&self, row: &impl Row) -> Option<bool> {
        self.0.tells(row)
    }

    /// The columns that it looks at; a word alone looks at all columns of text.
    pub fn columns(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.0.columns(&mut found);
        found.sort_unstable();
        found.dedup();
        found
    }
}

struct Binder<'a> {
    columns: &'a [Column],
    now: Timestamp,
}

impl Binder<'_> {
    fn expr(&self, expr: &Expr) -> Result<Node, FilterError> {
        let all = |parts: &[Expr]| parts.iter().map(|part| self.expr(part)).collect::<Result<Vec<_>, _>>();
        Ok(match expr {
            Expr::Or(parts) => Node::Or(all(parts)?),
            Expr::And(parts) => Node::And(all(parts)?),
            Expr::Not(inner) => Node::Not(Box::new(self.expr(inner)?)),
            Expr::Term(term, at) => self.term(term, *at)?,
        })
    }

    fn term(&self, term: &Term, at: At) -> Result<Node, FilterError> {
        match term {
            Term::Word(word) => Ok(self.word(word)),
            Term::Regex(pattern) => Ok(Node::Any(pattern_test(pattern, at.0)?, self.text_columns())),
            Term::Compare(field, op, value, value_at) => match Column::find(self.columns, field) {
                Some(number) => self.compare(number, *op, value, value_at.0),
                None => Err(self.unknown(field, at.0)),
            },
            Term::Habit(side, habit, value, value_at) => match Column::find(self.columns, habit.field(*side)) {
                Some(number) => self.compare(number, Op::Has, value, value_at.0),
                // Tables without such a field: they are words like any other.
                None if side.is_none() => Ok(Node::And(vec![self.word(habit.word()), self.word(value)])),
                None => Err(self.unknown(habit.field(*side), at.0)),
            },
        }
    }

    fn text_columns(&self) -> Vec<usize> {
        self.columns.iter().enumerate().filter(|(_, column)| column.kind.is_text()).map(|(number, _)| number).collect()
    }

    fn word(&self, word: &str) -> Node {
        let net = word.contains('/').then(|| word.parse::<IpNet>().ok()).flatten();
        Node::Any(Test::Has(Needle::new(word), net), self.text_columns())
    }

    fn unknown(&self, field: &str, at: usize) -> FilterError {
        let names: Vec<&str> = self.columns.iter().filter_map(|column| column.names.last().copied()).collect();
        FilterError::new(at, format!("there is no field `{field}` here; there are {}", names.join(" ")))
    }

    fn compare(&self, column: usize, op: Op, value: &str, at: usize) -> Result<Node, FilterError> {
        let kind = self.columns.get(column).map_or(Kind::Text, |column| column.kind);
        if op == Op::NotEqual {
            return Ok(Node::Not(Box::new(self.compare(column, Op::Equal, value, at)?)));
        }
        if op == Op::Matches {
            return Ok(Node::One(pattern_test(value, at)?, column));
        }
        let test = match kind {
            Kind::Text | Kind::Word => text_test(op, value),
            Kind::Address => address_test(op, value, at)?,
            Kind::Mac => mac_test(op, value, at)?,
            // The standard's numbers run the other way than its words: 3 is worse than 4.
            Kind::LogSeverity if value.parse::<u8>().is_ok() => {
                Test::Figure(operand::number(kind, value, at, self.now)?, op.mirrored())
            }
            _ => Test::Figure(operand::number(kind, value, at, self.now)?, op),
        };
        Ok(Node::One(test, column))
    }
}

fn text_test(op: Op, value: &str) -> Test {
    let needle = Needle::new(value);
    match op {
        Op::Has => Test::Has(needle, None),
        Op::Equal => Test::Is(needle),
        _ => Test::Order(Needle::new(value), op),
    }
}

fn address_test(op: Op, value: &str, at: usize) -> Result<Test, FilterError> {
    let net = value.parse::<IpNet>().ok().or_else(|| value.parse::<IpAddr>().ok().map(IpNet::from));
    match (op, net) {
        (Op::Has | Op::Equal, Some(net)) => Ok(Test::Within(net)),
        (Op::Has, None) if value.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | ':')) => {
            Ok(Test::Has(Needle::new(value), None))
        }
        (Op::Has | Op::Equal, None) => {
            Err(FilterError::new(at, format!("`{value}` is not an address or a network (10.0.0.0/8)")))
        }
        _ => Err(FilterError::new(at, "addresses are compared with `:` or `=`")),
    }
}

fn mac_test(op: Op, value: &str, at: usize) -> Result<Test, FilterError> {
    let hex: String = value.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect::<String>().to_ascii_lowercase();
    if hex.is_empty() || !hex.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(FilterError::new(at, format!("`{value}` is not a MAC address or part of one")));
    }
    Ok(Test::Hex(hex, op))
}

fn pattern_test(pattern: &str, at: usize) -> Result<Test, FilterError> {
    let built = RegexBuilder::new(pattern).size_limit(REGEX_LIMIT).dfa_size_limit(REGEX_LIMIT).build();
    built.map(|regex| Test::Pattern(Box::new(regex))).map_err(|error| {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or("it is not valid").trim_start_matches("error: ").to_owned();
        FilterError::new(at, format!("the regular expression is not valid: {last}"))
    })
}

impl Node {
    fn matches(&self, row: &impl Row) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.matches(row)),
            Self::And(parts) => parts.iter().all(|part| part.matches(row)),
            Self::Not(inner) => !inner.matches(row),
            Self::Any(test, columns) => columns.iter().any(|column| test.holds(&row.value(*column))),
            Self::One(test, column) => test.holds(&row.value(*column)),
        }
    }

    fn tells(&self, row: &impl Row) -> Option<bool> {
        match self {
            Self::Or(parts) => decided(parts, row, true),
            Self::And(parts) => decided(parts, row, false),
            Self::Not(inner) => inner.tells(row).map(|holds| !holds),
            Self::Any(test, columns) => Some(columns.iter().any(|column| test.holds(&row.value(*column)))),
            Self::One(test, column) => match row.value(*column) {
                Value::Unknown => None,
                known => Some(test.holds(&known)),
            },
        }
    }

    fn columns(&self, found: &mut Vec<usize>) {
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().for_each(|part| part.columns(found)),
            Self::Not(inner) => inner.columns(found),
            Self::Any(_, columns) => found.extend(columns),
            Self::One(_, column) => found.push(*column),
        }
    }
}

/// What several parts say together: the first that says `word` decides, else nothing is decided while one is unknown.
fn decided(parts: &[Node], row: &impl Row, word: bool) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match part.tells(row) {
            Some(said) if said == word => return Some(word),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!word)
}

impl Test {
    pub(super) fn holds(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (_, Value::Unknown) => false,
            (_, Value::Either(a, b)) => self.text(a) || self.text(b),
            (_, Value::Text(text)) => self.text(text),
            (Self::Figure(figure, op), Value::Number(number)) => ordered(number.total_cmp(figure), *op),
            (Self::Figure(figure, op), Value::Numbers(numbers)) => {
                numbers.iter().any(|number| ordered(f64::from(*number).total_cmp(figure), *op))
            }
            (Self::Within(net), Value::Addresses(addresses)) => addresses.iter().any(|address| net.contains(address)),
            (Self::Within(net), Value::Nets(nets)) => nets.iter().any(|owned| net.contains(&owned.addr())),
            (Self::Has(_, Some(net)), Value::Addresses(addresses)) => addresses.iter().any(|address| net.contains(address)),
            (Self::Has(_, Some(net)), Value::Nets(nets)) => nets.iter().any(|owned| net.contains(&owned.addr())),
            (Self::Hex(hex, op), Value::Mac(mac)) => hex_holds(hex, *op, *mac),
            // Most words that are looked for can't be in an address: nothing is written out for them.
            (Self::Has(needle, _), Value::Addresses(_) | Value::Nets(_)) if !needle.may_be_address() => false,
            (_, Value::Addresses(addresses)) => addresses.iter().any(|address| self.text(&address.to_string())),
            (_, Value::Nets(nets)) => nets.iter().any(|net| self.text(&net.to_string())),
            (_, Value::Mac(mac)) => self.text(&mac.to_string()),
            (Self::Pattern(_), Value::Number(number)) => self.text(&number.to_string()),
            (_, Value::Number(_) | Value::Numbers(_)) => false,
        }
    }

    fn text(&self, text: &str) -> bool {
        match self {
            Self::Has(needle, _) => needle.is_in(text),
            Self::Is(needle) => needle.equals(text),
            Self::Order(needle, op) => ordered(super::natural(text, needle.as_str()), *op),
            Self::Pattern(regex) => regex.is_match(text),
            Self::Within(net) => text.parse::<IpAddr>().is_ok_and(|address| net.contains(&address)),
            Self::Hex(hex, op) => text.parse::<MacAddr>().is_ok_and(|mac| hex_holds(hex, *op, mac)),
            Self::Figure(..) => false,
        }
    }
}

fn hex_holds(hex: &str, op: Op, mac: MacAddr) -> bool {
    let digits: String = mac.0.iter().map(|octet| format!("{octet:02x}")).collect();
    match op {
        Op::Has => digits.contains(hex),
        _ => ordered(digits.as_str().cmp(hex), op),
    }
}

const fn ordered(ordering: Ordering, op: Op) -> bool {
    match op {
        Op::Has | Op::Equal => ordering.is_eq(),
        Op::NotEqual => ordering.is_ne(),
        Op::Less => ordering.is_lt(),
        Op::LessOrEqual => ordering.is_le(),
        Op::Greater => ordering.is_gt(),
        Op::GreaterOrEqual => ordering.is_ge(),
        Op::Matches => false,
    }
}
