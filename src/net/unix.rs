//! Unix stream sockets: the engine's listener and a console's connection. The one door to them.

use socket2::{Domain, SockAddr, Socket, Type};
use std::fs::Permissions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Consoles that may wait to be accepted: more than ever sit before one engine.
const BACKLOG: i32 = 32;

/// How long a peer may keep a write waiting before it counts as gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Permission bits of a socket that is its user's alone.
const MODE_USER: u32 = 0o600;

/// Permission bits of a folder: that only owners may rename and remove, and that others may write.
const STICKY: u32 = 0o1000;
const WRITABLE_BY_ALL: u32 = 0o002;
const WRITABLE: u32 = 0o022;

/// Why a socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum UnixError {
    /// Somebody answers there already.
    #[error("another program serves {0}")]
    Occupied(PathBuf),
    /// There is a file that is not a socket; it is not ours to remove.
    #[error("{0} exists and is not a socket: name another path with --connect")]
    NotASocket(PathBuf),
    /// Others could put a socket of their own into its place.
    #[error("{folder} is no place for a socket: {why}; name another path with --connect")]
    Unsafe {
        /// The folder.
        folder: PathBuf,
        /// Who could.
        why: String,
    },
    /// The system refused.
    #[error("{what} {path} failed: {source}")]
    Io {
        /// The operation.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> UnixError {
    move |source| UnixError::Io { what, path: path.to_owned(), source }
}

/// The engine's side of one connection.
pub type ServerStream = tokio::net::UnixStream;

/// A socket that is listened on. The file is removed when it is dropped.
#[derive(Debug)]
pub struct Listener {
    inner: tokio::net::UnixListener,
    path: PathBuf,
    inode: u64,
}

impl Listener {
    /// Binds `path` with these permission bits, and for this group. The file of a server that is gone is replaced.
    ///
    /// Errors: a path that is served, is not a socket, is too long (107 octets on Linux), lies where others could put one of their
    /// own in its place, or may not be written. Must be called within a tokio runtime.
    pub fn bind(path: &Path, (mode, group): (u32, Option<u32>)) -> Result<Self, UnixError> {
        safe_folder(path)?;
        clear_stale(path)?;
        let address = SockAddr::unix(path).map_err(failed("using the socket path", path))?;
        let socket = with_mode(MODE_USER).map_err(failed("opening the socket", path))?;
        socket.bind(&address).map_err(failed("binding the socket", path))?;
        // The mask of the process took bits away (a daemon's leaves the group none): only now they may come back.
        if let Err(error) = open_to(path, (mode, group)) {
            let _made_just_now = std::fs::remove_file(path);
            return Err(failed("giving the socket to its group", path)(error));
        }
        socket.listen(BACKLOG).map_err(failed("listening at", path))?;
        socket.set_nonblocking(true).map_err(failed("listening at", path))?;
        let inner = tokio::net::UnixListener::from_std(OwnedFd::from(socket).into()).map_err(failed("listening at", path))?;
        let inode = std::fs::symlink_metadata(path).map_err(failed("reading", path))?.ino();
        Ok(Self { inner, path: path.to_owned(), inode })
    }

    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next connection. Cancel safe.
    pub async fn accept(&self) -> io::Result<ServerStream> {
        self.inner.accept().await.map(|(stream, _)| stream)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // The path may be another server's by now: only the file that was made here is removed.
        let ours = std::fs::symlink_metadata(&self.path).is_ok_and(|about| about.ino() == self.inode);
        if ours {
            let _gone_already = std::fs::remove_file(&self.path);
        }
    }
}

/// A stream socket whose file will have these permissions from its first moment: Linux takes the bits of the socket's own
/// inode (unix(7)), so there is no time at which others could connect.
fn with_mode(mode: u32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let file = std::fs::File::from(OwnedFd::from(socket));
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(Socket::from(OwnedFd::from(file)))
}

/// Opens the file that was just bound, for its user alone until now, to those who may connect: first its group, then its bits. A
/// link is not followed, and in a [safe folder](safe_folder) nobody puts one there.
fn open_to(path: &Path, (mode, group): (u32, Option<u32>)) -> io::Result<()> {
    // Not where it is so already: a hardened unit kills whoever calls chown(2).
    if let Some(group) = group
        && std::fs::symlink_metadata(path)?.gid() != group
    {
        std::os::unix::fs::lchown(path, None, Some(group))?;
    }
    // Not by the socket's own inode: umask(2) would take the group's bit to write, without which it can't connect.
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Refuses a folder in which others could rename or remove the socket, or do so with a folder above it: all who may write there,
/// but for a sticky folder, where only owners may (inode(7)); and one of somebody else, but root's.
fn safe_folder(path: &Path) -> Result<(), UnixError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = std::fs::canonicalize(folder).map_err(failed("reading", folder))?;
    let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    for folder in real.ancestors() {
        let about = std::fs::metadata(folder).map_err(failed("reading", folder))?;
        if let Some(why) = who_else(&about, own) {
            return Err(UnixError::Unsafe { folder: folder.to_owned(), why });
        }
    }
    Ok(())
}

/// Who else could change what a folder holds.
fn who_else(about: &std::fs::Metadata, (uid, gid): (u32, u32)) -> Option<String> {
    if about.uid() != uid && about.uid() != 0 {
        return Some(format!("it belongs to user {}", about.uid()));
    }
    // A group of one: what useradd(8) makes for each user, and a umask of 002 counts on.
    let is_private = about.gid() == gid && gid == uid;
    let writable = about.mode() & if is_private { WRITABLE_BY_ALL } else { WRITABLE };
    match (about.mode() & STICKY, writable) {
        (_, 0) | (1.., _) => None,
        (0, bits) if bits & WRITABLE_BY_ALL != 0 => Some("everybody may write there".to_owned()),
        (0, _) => Some(format!("the group {} may write there", about.gid())),
    }
}

fn clear_stale(path: &Path) -> Result<(), UnixError> {
    let Ok(about) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !about.file_type().is_socket() {
        return Err(UnixError::NotASocket(path.to_owned()));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(UnixError::Occupied(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(failed("removing the stale socket", path))
        }
        Err(source) => Err(UnixError::Io { what: "asking at", path: path.to_owned(), source }),
    }
}

/// A console's side of a connection; blocking. Clones share the connection.
#[derive(Debug)]
pub struct Client(std::os::unix::net::UnixStream);

impl Client {
    /// Connects to whoever serves `path`. Errors: nobody does, or it may not be opened.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let stream = std::os::unix::net::UnixStream::connect(path)?;
        stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
        Ok(Self(stream))
    }

    /// The same connection, for another thread.
    pub fn share(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// How long a read waits at most; `None` is for ever.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)
    }

    /// Ends the connection for all who share it: a waiting read returns.
    pub fn shut_down(&self) {
        let _gone_already = self.0.shutdown(std::net::Shutdown::Both);
    }
}

impl io::Read for Client {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl io::Write for Client {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_of_a_server_that_is_gone_is_replaced_and_a_live_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "std leaves the file behind");
        let first = Listener::bind(&path, (0o600, None)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(Listener::bind(&path, (0o600, None)), Err(UnixError::Occupied(_))));
        drop(first);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_folder_where_others_could_put_their_own_socket_is_refused() {
        let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let cases = [(0o700, true), (0o755, true), (0o1777, true), (0o777, false), (0o775, own.0 == own.1)];
        for (mode, is_safe) in cases {
            let folder = tempfile::tempdir().unwrap();
            std::fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            let bound = Listener::bind(&folder.path().join("s"), (0o600, None));
            assert_eq!(bound.is_ok(), is_safe, "{mode:o}");
            assert!(is_safe || matches!(bound, Err(UnixError::Unsafe { .. })), "{mode:o}");
        }
    }

    #[tokio::test]
    async fn a_link_in_the_place_of_the_socket_is_neither_followed_nor_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, precious) = (folder.path().join("s"), folder.path().join("precious"));
        std::fs::write(&precious, "mine").unwrap();
        std::os::unix::fs::symlink(&precious, &path).unwrap();
        assert!(matches!(Listener::bind(&path, (0o660, None)), Err(UnixError::NotASocket(_))));
        assert_eq!(std::fs::read_to_string(&precious).unwrap(), "mine");
        let nowhere = folder.path().join("nowhere");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&nowhere, &path).unwrap();
        assert!(matches!(Listener::bind(&path, (0o660, None)), Err(UnixError::NotASocket(_))));
        assert!(!nowhere.exists(), "a socket would have been made elsewhere");
    }

    #[tokio::test]
    async fn the_socket_is_its_groups_with_the_bits_that_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let own = rustix::process::getegid().as_raw();
        let _listener = Listener::bind(&path, (0o660, Some(own))).unwrap();
        let about = std::fs::metadata(&path).unwrap();
        assert_eq!((about.mode() & 0o777, about.gid()), (0o660, own));
    }

    #[tokio::test]
    async fn a_file_that_is_not_a_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        std::fs::write(&path, "mine").unwrap();
        assert!(matches!(Listener::bind(&path, (0o600, None)), Err(UnixError::NotASocket(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
