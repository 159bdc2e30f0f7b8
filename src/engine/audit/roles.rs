//! Who is an operator, who a viewer, and what those are told who are neither.

use crate::config::access::DEFAULT_GROUP;
use crate::config::{Access, Account};
use crate::model::audit::{Actor, Role, Said, Way};
use crate::net::accounts;
use crate::net::peer::{self, Peer};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Users whose names are remembered: all who ever attach, and a bound.
const MOST_NAMES: usize = 1024;

const ROOT: u32 = 0;

/// What the kernel calls users and groups that have no number in this namespace: everybody's from elsewhere, so nobody's.
const OVERFLOW: u32 = 65_534;

/// Some accounts by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Members {
    users: Vec<u32>,
    groups: Vec<u32>,
}

impl Members {
    fn has(&self, peer: &Peer) -> bool {
        (peer.uid != OVERFLOW && self.users.contains(&peer.uid)) || self.groups.iter().any(|group| peer.is_in(*group))
    }
}

/// Who may do what at one engine, as it was when the engine started.
#[derive(Debug)]
pub struct Roles {
    own: u32,
    operators: Members,
    viewers: Members,
    /// The socket's group: its number and name.
    group: Option<(u32, String)>,
    /// Whether the configuration named it.
    is_named: bool,
    /// Names of the configuration that this host does not know.
    unknown: Vec<String>,
    names: Mutex<BTreeMap<u32, String>>,
}

impl Roles {
    /// By the configuration and this host's accounts.
    pub fn of(access: &Access) -> Self {
        let mut unknown = Vec::new();
        let operators = members(&access.operators, &mut unknown);
        let group = named_group(access);
        if group.is_none() && access.group.is_some() {
            unknown.push(format!("@{}", access.group.as_deref().unwrap_or(DEFAULT_GROUP)));
        }
        let viewers = match &access.viewers {
            Some(named) => members(named, &mut unknown),
            None => Members { users: Vec::new(), groups: group.iter().map(|(number, _)| *number).collect() },
        };
        let (own, is_named) = (peer::own().uid, access.group.is_some());
        Self { own, operators, viewers, group, is_named, unknown, names: Mutex::default() }
    }

    /// The group that may open the socket.
    pub fn group(&self) -> Option<u32> {
        self.group.as_ref().map(|(number, _)| *number)
    }

    /// Whether the socket must be its group's: the configuration says so.
    pub const fn is_group_named(&self) -> bool {
        self.is_named
    }

    /// What of the configuration is not known here; a sentence.
    pub fn unknown(&self) -> Option<String> {
        let names = self.unknown.join(", ");
        (!names.is_empty()).then(|| format!("[access] names accounts that this host does not know: {names}"))
    }

    /// What somebody may do; `None` is nothing.
    pub fn role(&self, peer: &Peer) -> Option<Role> {
        if peer.uid == ROOT || peer.uid == self.own || self.operators.has(peer) {
            return Some(Role::Operator);
        }
        self.viewers.has(peer).then_some(Role::Viewer)
    }

    /// Whoever is at the other end of the socket.
    pub fn actor(&self, peer: &Peer, said: Said) -> Actor {
        Actor {
            uid: Some(peer.uid),
            user: self.name(peer.uid),
            pid: peer.pid,
            program: peer.pid.and_then(peer::program),
            role: self.role(peer),
            way: Way::Socket,
            said: said.bounded(),
        }
    }

    fn name(&self, uid: u32) -> String {
        let names = || self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = names().get(&uid) {
            return name.clone();
        }
        // Not while the names are held: a directory service may take its time.
        let name = accounts::user_name(uid).unwrap_or_else(|| uid.to_string());
        let mut names = names();
        if names.len() >= MOST_NAMES {
            names.clear();
        }
        names.insert(uid, name.clone());
        name
    }

    /// Why somebody without a role is turned away, and how that could change.
    pub fn stranger(&self, user: &str) -> String {
        let how = match &self.group {
            Some((_, group)) => {
                format!("its viewers are the members of the group {group}: sudo usermod -aG {group} {user}, and a new login")
            }
            None => format!("name {user} in viewers or operators of [access] in its configuration, and start it again"),
        };
        let how = if self.is_viewer_group() {
            how
        } else {
            format!("name {user} in viewers or operators of [access] in its configuration, and start it again")
        };
        format!("{user} has no role at this engine; {how}")
    }

    fn is_viewer_group(&self) -> bool {
        self.group().is_some_and(|group| self.viewers.groups.contains(&group))
    }

    /// Why somebody may not do what needs a role, and how that could change.
    pub fn denied(&self, actor: &Actor, needs: Role) -> String {
        let (user, is) = (&actor.user, actor.role.map_or("stranger", Role::word));
        format!(
            "this needs the role {needs}, and {user} is a {is} here: name {user}, or a group of {user}'s, in operators of [access] in the engine's configuration, and start it again"
        )
    }
}

fn members(named: &[Account], unknown: &mut Vec<String>) -> Members {
    let mut members = Members::default();
    for account in named {
        let (found, list) = match account {
            Account::User(name) => (accounts::user_id(name), &mut members.users),
            Account::Group(name) => (accounts::group_id(name), &mut members.groups),
        };
        match found.filter(|number| *number != OVERFLOW) {
            Some(number) => list.push(number),
            None => unknown.push(account.to_string()),
        }
    }
    members
}

/// The group that may open the socket, where this host has it: its number and name.
fn named_group(access: &Access) -> Option<(u32, String)> {
    let wanted = access.group.as_deref().unwrap_or(DEFAULT_GROUP);
    accounts::group_id(wanted).filter(|group| *group != OVERFLOW).map(|number| (number, wanted.to_owned()))
}

/// The number of the group that may open the socket, where this host has it.
pub fn socket_group(access: &Access) -> Option<u32> {
    named_group(access).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: u32 = 990;

    fn roles() -> Roles {
        Roles {
            own: OWN,
            operators: Members { users: vec![1001], groups: vec![1500] },
            viewers: Members { users: vec![1002], groups: vec![1600] },
            group: Some((1600, "noctop".to_owned())),
            is_named: false,
            unknown: Vec::new(),
            names: Mutex::default(),
        }
    }

    fn peer(uid: u32, gid: u32, groups: &[u32]) -> Peer {
        Peer { uid, gid, groups: groups.to_vec(), pid: Some(1) }
    }

    #[test]
    fn the_role_follows_from_the_user_and_its_groups() {
        let cases = [
            (peer(0, 0, &[]), Some(Role::Operator), "root"),
            (peer(OWN, 5, &[]), Some(Role::Operator), "who runs the engine"),
            (peer(1001, 5, &[]), Some(Role::Operator), "by name"),
            (peer(7, 5, &[20, 1500]), Some(Role::Operator), "by a supplementary group"),
            (peer(7, 1500, &[]), Some(Role::Operator), "by its first group"),
            (peer(1002, 5, &[]), Some(Role::Viewer), "by name"),
            (peer(7, 5, &[1600]), Some(Role::Viewer), "a member of the socket's group"),
            (peer(1002, 5, &[1500, 1600]), Some(Role::Operator), "the higher of two"),
            (peer(7, 5, &[20]), None, "a stranger"),
            (peer(OVERFLOW, OVERFLOW, &[]), None, "somebody out of another namespace"),
        ];
        for (peer, role, what) in cases {
            assert_eq!(roles().role(&peer), role, "{what}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let actor = roles().actor(&peer(1002, 5, &[]), Said::default());
        let why = roles().denied(&actor, Role::Operator);
        assert!(why.contains("role operator") && why.contains("1002 is a viewer") && why.contains("[access]"), "{why}");
        assert!(roles().stranger("kim").contains("sudo usermod -aG noctop kim"));
        let listed = Roles { viewers: Members { users: vec![1002], groups: Vec::new() }, ..roles() };
        assert!(listed.stranger("kim").contains("name kim in viewers"), "the group alone would not help");
    }

    #[test]
    fn names_that_this_host_does_not_know_are_told() {
        let access = Access {
            operators: vec![Account::User("root".to_owned()), Account::Group("no-such-group-here".to_owned())],
            ..Access::default()
        };
        let roles = Roles::of(&access);
        assert_eq!(roles.operators, Members { users: vec![0], groups: Vec::new() });
        assert!(roles.unknown().is_some_and(|what| what.ends_with("@no-such-group-here")));
    }
}
