//! Which class a line is of, and for how long each is kept.

use crate::history::logs::LogClass;
use crate::model::{LogLine, Timestamp};
use crate::query::LOG_COLUMNS;
use crate::query::filter::Matcher;
use std::sync::Arc;
use std::time::Duration;

/// The class of lines that are of no other.
pub const REST: &str = "rest";

/// See the module.
pub struct Classes {
    known: Vec<(Arc<str>, Matcher, Duration)>,
    rest: Arc<str>,
}

impl Default for Classes {
    fn default() -> Self {
        Self { known: Vec::new(), rest: REST.into() }
    }
}

impl Classes {
    /// Of what is configured. Errors: a sentence about a class whose name or filter can't be.
    pub fn of(classes: Vec<LogClass>) -> Result<Self, String> {
        let bind = |class: LogClass| {
            if !is_name(&class.name) {
                return Err(format!("`{}` is no name of a class of log lines", class.name));
            }
            // Times relative to now mean nothing to a line that comes now.
            let matcher = Matcher::bind(&class.filter, LOG_COLUMNS, Timestamp(0));
            let matcher = matcher.map_err(|error| format!("the class `{}` of log lines: {error}", class.name))?;
            Ok((class.name.into(), matcher, class.keep))
        };
        Ok(Self { known: classes.into_iter().map(bind).collect::<Result<_, _>>()?, rest: REST.into() })
    }

    /// The class of a line: the first that lets it through.
    pub fn class(&self, line: &LogLine) -> Arc<str> {
        let of = self.known.iter().find(|(_, matcher, _)| matcher.matches(line)).map(|(name, ..)| name);
        Arc::clone(of.unwrap_or(&self.rest))
    }

    /// For how long a class is kept, where that is not as long as the others.
    pub fn keep(&self, class: &str) -> Option<Duration> {
        self.known.iter().find(|(name, ..)| **name == *class).map(|(_, _, keep)| *keep)
    }
}

/// Whether it can be the name of a folder.
pub fn is_name(name: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=32).contains(&name.len()) && name.bytes().all(is_sign) && name != REST
}
