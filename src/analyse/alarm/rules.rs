//! All rules together: those that are shipped, with those of the configuration over them.

use super::compile::{RuleFault, compile};
use super::object::On;
use super::rule::Rule;
use super::spec::RuleSpec;
use serde::Deserialize;
use std::sync::{Arc, OnceLock};

/// What is shipped: the same format as the configuration's.
const SHIPPED: &str = include_str!("defaults.toml");

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is shipped.
    Shipped,
    /// The configuration has it, under a name of its own or in place of one that is shipped.
    Configured,
}

impl Origin {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Configured => "configured",
        }
    }
}

/// All rules, by what they look at.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    all: Vec<Arc<Rule>>,
    by_kind: [Vec<Arc<Rule>>; On::ALL.len()],
}

impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.all.len() == other.all.len()
            && self.all.iter().zip(&other.all).all(|(a, b)| a.spec == b.spec && a.origin == b.origin)
    }
}

#[derive(Deserialize)]
struct File {
    alarm: Vec<RuleSpec>,
}

/// What is shipped, as it is written.
pub(super) fn shipped_specs() -> Result<Vec<RuleSpec>, toml::de::Error> {
    toml::from_str::<File>(SHIPPED).map(|file| file.alarm)
}

impl Rules {
    /// These rules alone.
    pub fn of(rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut made = Self::default();
        for rule in rules {
            made.put(rule);
        }
        made
    }

    /// The rules that are shipped; compiled once.
    pub fn shipped() -> Arc<Self> {
        static ALL: OnceLock<Arc<Rules>> = OnceLock::new();
        // The file is part of the program, and a test reads it: what can't be compiled can't be there.
        let read = || {
            let specs = shipped_specs().unwrap_or_default();
            Self::of(specs.iter().filter_map(|spec| compile(spec, Origin::Shipped).ok().flatten()))
        };
        Arc::clone(ALL.get_or_init(|| Arc::new(read())))
    }

    /// What is shipped with others over it: the same name replaces, or takes away where it is not enabled.
    ///
    /// Errors: what can't be compiled, by its place in `over`.
    pub fn over_shipped(over: &[RuleSpec]) -> Result<Arc<Self>, (usize, RuleFault)> {
        if over.is_empty() {
            return Ok(Self::shipped());
        }
        let mut made = Self::of(Self::shipped().all.iter().map(|rule| Rule::clone(rule)));
        for (place, spec) in over.iter().enumerate() {
            made.remove(&spec.name);
            if let Some(rule) = compile(spec, Origin::Configured).map_err(|fault| (place, fault))? {
                made.put(rule);
            }
        }
        Ok(Arc::new(made))
    }

    fn put(&mut self, rule: Rule) {
        let rule = Arc::new(rule);
        if let Some(of_kind) = self.by_kind.get_mut(rule.on as usize) {
            of_kind.push(Arc::clone(&rule));
        }
        self.all.push(rule);
    }

    fn remove(&mut self, name: &str) {
        self.all.retain(|rule| rule.name() != name);
        self.by_kind.iter_mut().for_each(|rules| rules.retain(|rule| rule.name() != name));
    }

    /// All, the shipped ones first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Rule>> {
        self.all.iter()
    }

    /// Those that look at one kind of objects.
    pub fn on(&self, on: On) -> &[Arc<Rule>] {
        self.by_kind.get(on as usize).map_or(&[], Vec::as_slice)
    }

    /// The one of this name.
    pub fn named(&self, name: &str) -> Option<&Arc<Rule>> {
        self.all.iter().find(|rule| rule.name() == name)
    }
}
