//! Where the store and the socket are (contract §1, common options).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The socket's name in whatever folder it lies.
const SOCKET: &str = "noctop.sock";

/// The folder that a system service is given for its socket (systemd's `RuntimeDirectory=noctop`).
const SYSTEM_RUNTIME: &str = "/run/noctop";

/// Permission bits of the socket: its user alone.
const MODE_USER: u32 = 0o600;

/// With a group of its own, and in the service's folder, its group as well.
pub(super) const MODE_GROUP: u32 = 0o660;

/// What the paths follow from.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// `--data`, else `[store] path`.
    pub(super) data: Option<PathBuf>,
    /// `--connect`
    pub(super) connect: Option<PathBuf>,
    /// `$XDG_RUNTIME_DIR`
    runtime: Option<PathBuf>,
    /// `$XDG_STATE_HOME`, else `~/.local/state`.
    state: Option<PathBuf>,
}

impl Places {
    /// By the options and this process's environment.
    pub(super) fn of(data: Option<PathBuf>, connect: Option<PathBuf>) -> Self {
        Self::with(data, connect, &|name| std::env::var_os(name))
    }

    fn with(data: Option<PathBuf>, connect: Option<PathBuf>, variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let state = folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state")));
        Self { data, connect, runtime: folder("XDG_RUNTIME_DIR"), state }
    }

    /// The store's folder. `None` where none was named and there is no home to put it in.
    pub(super) fn store(&self) -> Option<PathBuf> {
        self.data.clone().or_else(|| self.state.as_ref().map(|state| state.join("noctop")))
    }

    /// Sockets that may be served, in the order in which they are tried: the one that was named alone, else those of the
    /// user, of the system and of the store.
    pub(super) fn sockets(&self) -> Vec<PathBuf> {
        if let Some(named) = &self.connect {
            return vec![named.clone()];
        }
        let folders = [self.runtime.clone(), Some(PathBuf::from(SYSTEM_RUNTIME)), self.store()];
        folders.into_iter().flatten().map(|folder| folder.join(SOCKET)).collect()
    }

    /// Whether an engine that holds the store `theirs` is the one that is meant: any, where no store was named.
    pub(super) fn means(&self, theirs: &Path) -> bool {
        let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.data.as_deref().is_none_or(|ours| real(ours) == real(theirs))
    }
}

/// Permission bits for a socket at `path`.
pub(super) fn socket_mode(path: &Path) -> u32 {
    if path.starts_with(SYSTEM_RUNTIME) { MODE_GROUP } else { MODE_USER }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(data: Option<&str>, connect: Option<&str>, variables: &[(&str, &str)]) -> Places {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        Places::with(data.map(PathBuf::from), connect.map(PathBuf::from), &variable)
    }

    #[test]
    fn the_socket_is_looked_for_at_the_users_the_systems_and_the_stores_place() {
        let at = places(Some("/srv/n"), None, &[("XDG_RUNTIME_DIR", "/run/user/7")]);
        let sockets = ["/run/user/7/noctop.sock", "/run/noctop/noctop.sock", "/srv/n/noctop.sock"];
        assert_eq!(at.sockets(), sockets.map(PathBuf::from));
        assert_eq!(places(None, Some("x"), &[]).sockets(), [PathBuf::from("x")]);
    }

    #[test]
    fn the_store_is_in_the_users_state_folder_unless_named() {
        let store = |data, variables: &[_]| places(data, None, variables).store();
        assert_eq!(store(None, &[("HOME", "/home/u")]), Some(PathBuf::from("/home/u/.local/state/noctop")));
        assert_eq!(store(None, &[("HOME", "/home/u"), ("XDG_STATE_HOME", "/s")]), Some(PathBuf::from("/s/noctop")));
        assert_eq!(store(Some("/d"), &[]), Some(PathBuf::from("/d")));
        assert_eq!(store(None, &[]), None);
    }

    #[test]
    fn an_engine_on_another_store_is_not_meant_when_a_store_is_named() {
        assert!(places(None, None, &[]).means(Path::new("/any")));
        assert!(places(Some("/srv/n"), None, &[]).means(Path::new("/srv/n")));
        assert!(!places(Some("/srv/n"), None, &[]).means(Path::new("/srv/other")));
    }
}
