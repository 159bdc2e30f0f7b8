//! `[access]`: who may look and who may change things, by the names of users and `@groups` of this host.

use super::notify::Hours;
use super::read::Section;
use super::value;
use toml::de::DeValue;

/// The group whose members may look, where the configuration names no other and this host has it.
pub const DEFAULT_GROUP: &str = "noctop";

/// Names in one list at most: more belong into a group.
const MOST: usize = 500;

/// Somebody by the name that this host's accounts know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// `kim`, or a number.
    User(String),
    /// `@netops`, or `@` and a number.
    Group(String),
}

impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(name) => f.write_str(name),
            Self::Group(name) => write!(f, "@{name}"),
        }
    }
}

/// `[access]`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// Who may change things, beside root and the user that runs the engine.
    pub operators: Vec<Account>,
    /// Who may look; `None` is every member of the socket's group.
    pub viewers: Option<Vec<Account>>,
    /// The group that may open the socket; `None` is [`DEFAULT_GROUP`], where this host has it.
    pub group: Option<String>,
    /// When people are expected to work: the report names those who attached at other times.
    pub office_hours: Option<Hours>,
}

pub(super) fn read(root: &Section<'_, '_>) -> Access {
    let Some(section) = root.table("access") else { return Access::default() };
    let list = |key| {
        let accounts = section.list(key, account);
        if accounts.len() > MOST {
            section.fault(section.start(), format!("{key} names more than {MOST}: name a group"));
        }
        accounts
    };
    let access = Access {
        operators: list("operators"),
        viewers: section.raw("viewers").map(|_| list("viewers")),
        group: section.get("group", group),
        office_hours: Hours::read(&section, ("office_hours", "office_days", "zone")),
    };
    section.finish();
    access
}

/// `kim`, `@netops`, or a number of either.
fn account(value: &DeValue<'_>) -> Result<Account, String> {
    let text = value::text(value)?;
    let (name, is_group) = text.strip_prefix('@').map_or((text.as_str(), false), |name| (name, true));
    check(name)?;
    Ok(if is_group { Account::Group(name.to_owned()) } else { Account::User(name.to_owned()) })
}

/// A group by its bare name.
fn group(value: &DeValue<'_>) -> Result<String, String> {
    let text = value::text(value)?;
    let name = text.strip_prefix('@').unwrap_or(&text);
    check(name).map(|()| name.to_owned())
}

/// What could be the name of an account anywhere; useradd(8) takes less.
fn check(name: &str) -> Result<(), String> {
    let is_sign = |sign: char| sign.is_alphanumeric() || matches!(sign, '.' | '-' | '_' | '$' | '\\' | '+');
    if name.is_empty() || name.starts_with('-') || !name.chars().all(is_sign) {
        return Err(format!("{name:?} is no name of a user; a group has @ in front, such as \"@netops\""));
    }
    Ok(())
}
