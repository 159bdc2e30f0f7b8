//! What a matcher is made of, for stores that have an index: which parts of it can be answered without looking at the rows.

use super::column::Value;
use super::matcher::{Matcher, Node, Test};

/// The parts of a matcher.
#[derive(Clone, Debug)]
pub enum Plan<'a> {
    /// Any of them.
    Or(Vec<Plan<'a>>),
    /// All of them.
    And(Vec<Plan<'a>>),
    /// Not this.
    Not(Box<Plan<'a>>),
    /// A test of some columns: it holds where it holds for any of them.
    Leaf(Leaf<'a>),
}

/// A test of some columns.
#[derive(Clone, Copy, Debug)]
pub struct Leaf<'a> {
    test: &'a Test,
    columns: &'a [usize],
}

/// What a test looks for in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want<'a> {
    /// This, in lower case, somewhere in it in lower case.
    Has(&'a str),
    /// It in lower case is this.
    Is(&'a str),
    /// A match of this regular expression.
    Pattern(&'a str),
    /// Something else.
    Other,
}

impl<'a> Leaf<'a> {
    /// The numbers of the columns.
    pub const fn columns(&self) -> &'a [usize] {
        self.columns
    }

    /// Whether it holds for a value.
    pub fn holds(&self, value: &Value<'_>) -> bool {
        self.test.holds(value)
    }

    /// What it looks for.
    pub fn wants(&self) -> Want<'a> {
        match self.test {
            Test::Has(needle, _) => Want::Has(needle.as_str()),
            Test::Is(needle) => Want::Is(needle.as_str()),
            Test::Pattern(regex) => Want::Pattern(regex.as_str()),
            Test::Order(..) | Test::Figure(..) | Test::Within(_) | Test::Hex(..) => Want::Other,
        }
    }
}

impl Matcher {
    /// Its parts.
    pub fn plan(&self) -> Plan<'_> {
        plan(self.node())
    }
}

fn plan(node: &Node) -> Plan<'_> {
    match node {
        Node::Or(parts) => Plan::Or(parts.iter().map(plan).collect()),
        Node::And(parts) => Plan::And(parts.iter().map(plan).collect()),
        Node::Not(inner) => Plan::Not(Box::new(plan(inner))),
        Node::Any(test, columns) => Plan::Leaf(Leaf { test, columns }),
        Node::One(test, column) => Plan::Leaf(Leaf { test, columns: std::slice::from_ref(column) }),
    }
}
