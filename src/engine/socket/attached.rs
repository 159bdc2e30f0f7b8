//! The console's end: a thread that reads, and questions that wait for their reply.

use super::parts::Parts;
use super::protocol::{self, FromConsole, FromEngine, GREETING_HEAD, Greeting, Hosted, LARGEST_FROM_ENGINE, Stranger};
use crate::engine::audit::said;
use crate::engine::board::{Ear, Told};
use crate::engine::command::{Answer, Command};
use crate::engine::handle::{AskError, WatchId};
use crate::engine::session::Session;
use crate::model::audit::Role;
use crate::model::text;
use crate::net::accounts;
use crate::net::unix::Client;
use crate::query::ViewRequest;
use crate::state::view::View;
use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// A server that has not greeted by then is stopped or no noctop.
const GREETING_TIMEOUT: Duration = Duration::from_secs(5);

/// Letting somebody in is written to the disk, and may ask a directory service for a name: both can be slow.
pub(super) const ADMIT_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest that a question may take: a year's series of a large network, on a busy disk.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(60);

/// The same where all of a store is read or copied: hundreds of gigabytes on a slow disk.
const LONG_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Why it was not attached.
#[derive(Debug, thiserror::Error)]
pub(in crate::engine) enum AttachError {
    /// Nobody serves there.
    #[error("nobody serves {0}")]
    Nobody(PathBuf),
    /// Somebody does, but not for us.
    #[error("{0}: {1}")]
    Stranger(PathBuf, String),
    /// Somebody does, and turns this user away.
    #[error("{0}: {1}")]
    Denied(PathBuf, String),
    /// It may not be opened by this user; a sentence for whom it is.
    #[error("the socket {0} can't be opened: permission denied; {1}")]
    Shut(PathBuf, String),
    /// It broke.
    #[error("the socket {0} can't be used: {1}")]
    Io(PathBuf, io::Error),
}

enum Reply {
    View(Result<View, AskError>),
    Answer(Result<Answer, AskError>),
}

type Waiting = Mutex<BTreeMap<u64, mpsc::SyncSender<Reply>>>;

/// A session over the socket. Its ear hears [`Told::Ending`] once, when the engine ends or the connection breaks.
pub(in crate::engine) struct Attached {
    writer: Mutex<Client>,
    waiting: Arc<Waiting>,
    last: AtomicU64,
    pid: u32,
    data: PathBuf,
    role: Role,
    hosted: Hosted,
}

/// What a socket calls "try again" when it was waited for long enough, in words.
fn unheard(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            let secs = GREETING_TIMEOUT.as_secs();
            io::Error::new(
                io::ErrorKind::TimedOut,
                format!("who serves there said nothing for {secs} s: it is busy or hangs; ask again"),
            )
        }
        _ => error,
    }
}

impl Attached {
    /// Connects and greets. Errors: nobody serves there, or not for this version.
    pub(in crate::engine) fn connect(path: &Path, ear: Ear) -> Result<Self, AttachError> {
        let broken = |error: io::Error| AttachError::Io(path.to_owned(), error);
        let client = Client::connect(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => AttachError::Nobody(path.to_owned()),
            io::ErrorKind::PermissionDenied => AttachError::Shut(path.to_owned(), way_in(path)),
            _ => broken(error),
        })?;
        client.set_read_timeout(Some(GREETING_TIMEOUT)).map_err(broken)?;
        let mut reader = client.share().map_err(broken)?;
        let greeting = greet(&mut reader).map_err(|error| broken(unheard(error)))?;
        let greeting = greeting.map_err(|stranger| AttachError::Stranger(path.to_owned(), stranger.to_string()))?;
        let hello = protocol::frame(&FromConsole::Hello(said())).map_err(|error| broken(io::Error::other(error)))?;
        client.set_read_timeout(Some(ADMIT_TIMEOUT)).map_err(broken)?;
        reader.write_all(&hello).map_err(broken)?;
        let (role, hosted) = match read(&mut reader).map_err(broken)? {
            FromEngine::Welcome(role, hosted) => (role, hosted),
            FromEngine::Refused(why) => return Err(AttachError::Denied(path.to_owned(), text::visible(&why).into_owned())),
            _ => return Err(broken(io::ErrorKind::InvalidData.into())),
        };
        client.set_read_timeout(None).map_err(broken)?;
        let waiting = Arc::new(Waiting::default());
        let theirs = Arc::clone(&waiting);
        std::thread::Builder::new()
            .name("noctop-attached".to_owned())
            .spawn(move || read_until_gone(reader, &theirs, &ear))
            .map_err(broken)?;
        let Greeting { pid, data, .. } = greeting;
        Ok(Self { writer: Mutex::new(client), waiting, last: AtomicU64::new(0), pid, data, role, hosted })
    }

    /// Who serves there.
    pub(in crate::engine) fn hosted(&self) -> Hosted {
        self.hosted
    }

    /// The folder of the store that is served there.
    pub(in crate::engine) fn data(&self) -> &Path {
        &self.data
    }

    fn send(&self, message: &FromConsole) -> Result<(), AskError> {
        let octets = protocol::frame(message).map_err(|error| AskError::Failed(error.to_string()))?;
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(&octets).map_err(|_| {
            writer.shut_down();
            AskError::Gone
        })
    }

    fn question(&self, patience: Duration, message: impl FnOnce(u64) -> FromConsole) -> Result<Reply, AskError> {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (send, receive) = mpsc::sync_channel(1);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, send);
        let sent = self.send(&message(number));
        let reply = sent.and_then(|()| match receive.recv_timeout(patience) {
            Ok(reply) => Ok(reply),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                Err(AskError::Failed(format!("the engine gave no answer in {} s", patience.as_secs())))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(AskError::Gone),
        });
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        reply
    }
}

impl Session for Attached {
    fn watch(&self, watch: WatchId, generation: u64, request: ViewRequest) {
        // A broken connection is told by the reading thread.
        let _told_elsewhere = self.send(&FromConsole::Watch(watch, generation, Box::new(request)));
    }

    fn unwatch(&self, watch: WatchId) {
        let _told_elsewhere = self.send(&FromConsole::Unwatch(watch));
    }

    fn ask(&self, request: ViewRequest) -> Result<View, AskError> {
        match self.question(QUESTION_TIMEOUT, |number| FromConsole::Ask(number, Box::new(request)))? {
            Reply::View(view) => view,
            Reply::Answer(_) => Err(AskError::Failed("the engine answered another question".to_owned())),
        }
    }

    fn command(&self, command: Command) -> Result<Answer, AskError> {
        let patience = if command.is_long() { LONG_TIMEOUT } else { QUESTION_TIMEOUT };
        match self.question(patience, |number| FromConsole::Command(number, command))? {
            Reply::Answer(answer) => answer,
            Reply::View(_) => Err(AskError::Failed("the engine answered another question".to_owned())),
        }
    }

    fn close(&self) {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).shut_down();
    }

    fn pid(&self) -> Option<u32> {
        Some(self.pid)
    }

    fn role(&self) -> Role {
        self.role
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.close();
    }
}

/// Who may open a socket that this user may not: by the group of it, or of its folder where not even that can be looked into.
fn way_in(path: &Path) -> String {
    let about = std::fs::metadata(path).ok().or_else(|| std::fs::metadata(path.parent()?).ok());
    let group = about.and_then(|about| accounts::group_name(about.gid()));
    match group {
        Some(group) if group != "root" => {
            format!("it is for members of the group {group}: sudo usermod -aG {group} $USER, and a new login")
        }
        _ => "it is its user's alone: [access] group in the engine's configuration opens it to a group".to_owned(),
    }
}

fn greet(client: &mut Client) -> io::Result<Result<Greeting, Stranger>> {
    client.write_all(&Greeting::ours(PathBuf::new()).encode())?;
    let mut head = [0; GREETING_HEAD];
    client.read_exact(&mut head)?;
    let (greeting, length) = match Greeting::decode_head(&head) {
        Ok(read) => read,
        Err(stranger) => return Ok(Err(stranger)),
    };
    let mut text = vec![0; length];
    client.read_exact(&mut text)?;
    Ok(greeting.with_text(&text))
}

fn read_until_gone(mut reader: Client, waiting: &Waiting, ear: &Ear) {
    let mut parts: BTreeMap<WatchId, Parts> = BTreeMap::new();
    let why = loop {
        match read(&mut reader) {
            Ok(FromEngine::Ending(why)) => break why,
            Ok(message) => {
                if let Err(why) = heard(message, waiting, (ear, &mut parts)) {
                    break why;
                }
            }
            Err(_closed) => break "the connection to the engine is lost".to_owned(),
        }
    };
    reader.shut_down();
    // Whoever waits for a reply gets none: its channel closes.
    waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
    ear(Told::Ending(why));
}

fn read(reader: &mut Client) -> io::Result<FromEngine> {
    let mut head = [0; 4];
    reader.read_exact(&mut head)?;
    let length = protocol::frame_length(head, LARGEST_FROM_ENGINE).ok_or(io::ErrorKind::InvalidData)?;
    let mut octets = Vec::new();
    // Grows as octets come: an announced length alone takes no memory.
    reader.take(length as u64).read_to_end(&mut octets)?;
    if octets.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    protocol::message(&octets).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn heard(message: FromEngine, waiting: &Waiting, (ear, parts): (&Ear, &mut BTreeMap<WatchId, Parts>)) -> Result<(), String> {
    let reply = |number: u64, reply: Reply| {
        if let Some(send) = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&number) {
            let _asker_gave_up = send.try_send(reply);
        }
    };
    match message {
        FromEngine::View(watch, generation, patch) => {
            let known = parts.entry(watch).or_default();
            known.apply(patch).map_err(|unfit| unfit.to_string())?;
            let view = known.view().map_err(|unfit| unfit.to_string())?;
            ear(Told::View(watch, generation, Arc::new(view)));
        }
        FromEngine::Clock(at) => ear(Told::Clock(at)),
        FromEngine::Asked(number, view) => reply(number, Reply::View(*view)),
        FromEngine::Done(number, answer) => reply(number, Reply::Answer(*answer)),
        FromEngine::Ending(why) | FromEngine::Refused(why) => return Err(why),
        FromEngine::Welcome(..) => return Err("the engine said something out of turn".to_owned()),
    }
    Ok(())
}
