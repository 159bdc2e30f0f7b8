//! `noctop doctor`: what on this host is in noctop's way, and what to do about each.
//!
//! Facts are gathered at the edge ([`gather`](mod@gather)) and judged by pure functions ([`judge`]), a file for each group of checks: a test gives facts and
//! every outcome of every check has its case. Nothing here knows a language or a terminal's layout. Start at [`facts`], then [`judge::all`].

pub mod facts;
mod gather;
pub mod judge;

pub use facts::Facts;
pub use gather::{Asked, gather};

/// What is looked at. The order is the order in which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What the process may do.
    Privileges,
    /// What it listens to and resolves.
    Network,
    /// What the host gives it.
    Host,
    /// Where it remembers.
    Store,
    /// What it is told.
    Configuration,
    /// Where it is looked at.
    Console,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Privileges, Self::Network, Self::Host, Self::Store, Self::Configuration, Self::Console];

    /// Its heading; a key of the translations.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Privileges => "Privileges",
            Self::Network => "Network",
            Self::Host => "Host",
            Self::Store => "Store",
            Self::Configuration => "Configuration",
            Self::Console => "Console",
        }
    }
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and could be better or safer.
    Warning,
    /// It could not be found out.
    Unknown,
    /// A named function is off by it.
    Missing,
}

impl Verdict {
    /// Its word in JSON and CSV.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Missing => "missing",
        }
    }
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A command, as a shell takes it.
    Run(String),
    /// Another command that does as well as the one before.
    Or(String),
    /// What no command does.
    Do(String),
}

impl Step {
    /// Its text.
    pub fn text(&self) -> &str {
        match self {
            Self::Run(text) | Self::Or(text) | Self::Do(text) => text,
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Where it belongs.
    pub group: Group,
    /// Its name; a key of the translations.
    pub name: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What was found, in one sentence.
    pub says: String,
    /// The function that is off by it.
    pub disables: Option<String>,
    /// What to do, in order.
    pub steps: Vec<Step>,
}

impl Check {
    fn new((group, name): (Group, &'static str), verdict: Verdict, says: impl Into<String>) -> Self {
        Self { group, name, verdict, says: says.into(), disables: None, steps: Vec::new() }
    }

    fn disabling(self, function: &str) -> Self {
        Self { disables: Some(function.to_owned()), ..self }
    }

    fn run(mut self, command: impl Into<String>) -> Self {
        self.steps.push(Step::Run(command.into()));
        self
    }

    fn and_do(mut self, what: impl Into<String>) -> Self {
        self.steps.push(Step::Do(what.into()));
        self
    }

    /// Commands of which any one does.
    fn either(mut self, commands: &[String]) -> Self {
        let step = |(at, command): (usize, &String)| if at == 0 { Step::Run(command.clone()) } else { Step::Or(command.clone()) };
        self.steps.extend(commands.iter().enumerate().map(step));
        self
    }
}

/// How many of a verdict there are.
pub fn count(checks: &[Check], verdict: Verdict) -> usize {
    checks.iter().filter(|check| check.verdict == verdict).count()
}

/// Every outcome of every check, for whoever shows them.
#[cfg(test)]
pub(crate) use judge::examples;
