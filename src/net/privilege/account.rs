//! An account of the host, out of /etc/passwd and /etc/group: a static binary asks no name service.

use rustix::process::{Gid, Uid};
use rustix::thread::{set_keep_capabilities, set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use std::fs;
use std::io;

/// passwd(5)
const PASSWD: &str = "/etc/passwd";

/// group(5)
const GROUP: &str = "/etc/group";

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its user id.
    pub uid: u32,
    /// Its own group, then those that it is a member of.
    pub groups: Vec<u32>,
}

/// Why there is no such account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// It stands in no line.
    #[error("there is no user {0} in /etc/passwd")]
    Unknown(String),
    /// A file can't be read.
    #[error("reading {0} failed: {1}")]
    Io(&'static str, io::Error),
}

impl Account {
    /// The account of a name.
    ///
    /// # Errors
    /// There is none, or the files can't be read.
    pub fn named(name: &str) -> Result<Self, AccountError> {
        let read = |path: &'static str| fs::read_to_string(path).map_err(|error| AccountError::Io(path, error));
        Self::find(name, &read(PASSWD)?, &read(GROUP)?).ok_or_else(|| AccountError::Unknown(name.to_owned()))
    }

    /// The name of a user id; none where it has no account.
    pub fn name_of(uid: u32) -> Option<String> {
        let passwd = fs::read_to_string(PASSWD).ok()?;
        let line = passwd.lines().find(|line| line.split(':').nth(2) == Some(&uid.to_string()))?;
        line.split(':').next().map(str::to_owned)
    }

    /// The name of a group; none where it has none.
    pub fn group_of(gid: u32) -> Option<String> {
        let group = fs::read_to_string(GROUP).ok()?;
        let line = group.lines().find(|line| line.split(':').nth(2) == Some(&gid.to_string()))?;
        line.split(':').next().map(str::to_owned)
    }

    fn find(name: &str, passwd: &str, group: &str) -> Option<Self> {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        let (uid, own) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let others = group.lines().filter_map(|line| {
            let mut fields = line.split(':').skip(2);
            let gid = fields.next()?.parse().ok()?;
            fields.next()?.split(',').any(|member| member == name).then_some(gid)
        });
        let groups = std::iter::once(own).chain(others.filter(|gid| *gid != own)).collect();
        Some(Self { name: name.to_owned(), uid, groups })
    }

    /// Makes the calling thread this account's; permitted capabilities stay. Only to be called where there is no other thread.
    pub(super) fn become_it(&self, more: &[u32]) -> io::Result<()> {
        let groups: Vec<Gid> = self.groups.iter().chain(more).map(|gid| Gid::from_raw(*gid)).collect();
        let (uid, gid) = (Uid::from_raw(self.uid), groups.first().copied());
        set_keep_capabilities(true)?;
        set_thread_groups(&groups)?;
        set_thread_res_gid(gid, gid, gid)?;
        set_thread_res_uid(uid, uid, uid)?;
        set_keep_capabilities(false)?;
        Ok(())
    }
}

/// Makes this thread a member of more groups. None is nothing to ask for.
pub(super) fn join(more: &[u32]) -> io::Result<()> {
    if more.is_empty() {
        return Ok(());
    }
    let mut groups = rustix::process::getgroups()?;
    groups.extend(more.iter().map(|gid| Gid::from_raw(*gid)));
    set_thread_groups(&groups).map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_with_its_groups() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nnoctop:x:998:997::/var/lib/noctop:/usr/sbin/nologin\nbroken:x:y:1::/:\n";
        let group = "root:x:0:\nnoctop:x:997:noctop,kim\nssl-cert:x:112:www,noctop\nadm:x:4:kim\nbad\n";
        let found = |name| Account::find(name, passwd, group);
        let noctop = Account { name: "noctop".to_owned(), uid: 998, groups: vec![997, 112] };
        assert_eq!(found("noctop"), Some(noctop));
        assert_eq!(found("root").map(|root| (root.uid, root.groups)), Some((0, vec![0])));
        assert_eq!([found("broken"), found("noct"), found("")], [None, None, None]);
    }

    #[test]
    fn a_name_without_an_account_says_so() {
        let error = Account::named("no-such-user").unwrap_err();
        assert_eq!(error.to_string(), "there is no user no-such-user in /etc/passwd");
    }
}
