//! Consoles against a server whose desk answers with what it was asked.

use super::attached::{AttachError, Attached};
use super::protocol::{FromConsole, GREETING_HEAD, Greeting, Hosted};
use super::server::{Counters, Desk, Server, serve};
use crate::engine::board::{Board, Kind, Told};
use crate::engine::command::{Answer, Command};
use crate::engine::handle::{AskError, WatchId};
use crate::engine::session::Session;
use crate::model::audit::{Actor, Role, Said, Way};
use crate::net::peer::Peer;
use crate::net::unix::{Client, Listener};
use crate::query::{Screen, ViewRequest};
use crate::state::view::{Chrome, View, ViewBody};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes; reached only by a failure.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
struct EchoDesk(Board, AtomicBool);

fn echo(request: &ViewRequest) -> View {
    View { chrome: Chrome { site: request.filter.clone(), ..Chrome::default() }, body: ViewBody::Empty }
}

impl Desk for EchoDesk {
    fn board(&self) -> &Board {
        &self.0
    }

    fn ask(&self, request: &ViewRequest) -> Result<View, AskError> {
        Ok(echo(request))
    }

    fn admit(&self, peer: &Peer, said: Said) -> Result<Actor, String> {
        if self.1.load(Ordering::Relaxed) {
            return Err("kim has no role here".to_owned());
        }
        let (uid, user, pid) = (Some(peer.uid), "kim".to_owned(), peer.pid);
        Ok(Actor { uid, user, pid, program: None, role: Some(Role::Viewer), way: Way::Socket, said })
    }

    fn left(&self, _: &Actor, _: Duration) {}

    fn command(&self, actor: &Actor, command: Command) -> Result<Answer, AskError> {
        if !actor.may(command.needs()) {
            return Err(AskError::Refused("a viewer".to_owned()));
        }
        match command {
            Command::Status => Ok(Answer::Accepted),
            _ => Err(AskError::Refused("only status".to_owned())),
        }
    }
}

struct Rig {
    desk: Arc<EchoDesk>,
    counters: Arc<Counters>,
    path: PathBuf,
    stop: CancellationToken,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let desk = Arc::new(EchoDesk::default());
        let counters = Arc::new(Counters::default());
        let server = Server {
            desk: Arc::clone(&desk) as Arc<dyn Desk>,
            data: PathBuf::from("/data"),
            hosted: Hosted::Daemon,
            counters: Arc::clone(&counters),
            places: Arc::default(),
        };
        let stop = CancellationToken::new();
        let listener = {
            let _inside = runtime.enter();
            Listener::bind(&path, (0o600, None)).unwrap()
        };
        runtime.spawn(serve(listener, Arc::new(server), stop.clone()));
        let worker = Arc::clone(&desk);
        std::thread::spawn(move || {
            while let Some(job) = worker.0.take(Kind::Live) {
                let view = echo(&job.request);
                worker.0.put(&job, view);
            }
        });
        Self { desk, counters, path, stop, runtime, _folder: folder }
    }

    fn attach(&self) -> (Attached, mpsc::Receiver<Told>) {
        let (send, receive) = mpsc::channel();
        let send = std::sync::Mutex::new(send);
        let ear = Arc::new(move |told| {
            let _the_test_ended = send.lock().unwrap().send(told);
        });
        (Attached::connect(&self.path, ear).unwrap(), receive)
    }

    /// Sends octets after a right greeting and waits until the server has closed the connection.
    fn send_raw(&self, octets: &[u8]) {
        let mut client = Client::connect(&self.path).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.write_all(&Greeting::ours(PathBuf::new()).encode()).unwrap();
        client.write_all(&hello()).unwrap();
        client.write_all(octets).unwrap();
        let _reset_counts_too = client.read_to_end(&mut Vec::new());
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.desk.0.stop();
    }
}

fn hello() -> Vec<u8> {
    super::protocol::frame(&FromConsole::Hello(Said::default())).unwrap()
}

fn request(text: &str) -> ViewRequest {
    ViewRequest { filter: text.to_owned(), ..ViewRequest::new(Screen::Devices, 5) }
}

#[test]
fn two_consoles_are_told_the_same_view_and_questions_are_answered() {
    let rig = Rig::new();
    let consoles = [rig.attach(), rig.attach()];
    for (console, told) in &consoles {
        console.watch(WatchId(1), 4, request("core"));
        match told.recv_timeout(PATIENCE).unwrap() {
            Told::View(WatchId(1), 4, view) => assert_eq!(view.chrome.site, "core"),
            other => panic!("{other:?}"),
        }
        assert_eq!(console.ask(request("x")).unwrap().chrome.site, "x");
        assert_eq!(console.command(Command::Status), Ok(Answer::Accepted));
        assert_eq!(console.command(Command::StoreStats), Err(AskError::Refused("only status".to_owned())));
        assert_eq!((console.pid(), console.data()), (Some(std::process::id()), std::path::Path::new("/data")));
    }
}

#[test]
fn a_console_is_told_its_role_and_one_that_sends_what_it_may_not_is_refused_and_stays_attached() {
    let rig = Rig::new();
    let (console, _told) = rig.attach();
    assert_eq!(console.role(), Role::Viewer);
    let refused = Err(AskError::Refused("a viewer".to_owned()));
    assert_eq!(console.command(Command::Discover(Vec::new())), refused);
    assert_eq!(console.command(Command::StoreBackup(PathBuf::from("/tmp/x"))), refused);
    assert_eq!(console.command(Command::Status), Ok(Answer::Accepted));
}

#[test]
fn who_has_no_role_is_told_so_and_counted() {
    let rig = Rig::new();
    rig.desk.1.store(true, Ordering::Relaxed);
    let refused = Attached::connect(&rig.path, Arc::new(|_| {})).err().unwrap();
    assert!(matches!(&refused, AttachError::Denied(_, why) if why == "kim has no role here"), "{refused}");
    assert_eq!(rig.counters.denied.load(Ordering::Relaxed), 1);
}

#[test]
fn who_asks_before_it_says_who_it_is_or_says_so_twice_is_cut_off() {
    let rig = Rig::new();
    let status = super::protocol::frame(&FromConsole::Command(1, Command::Status)).unwrap();
    for octets in [status, [hello(), hello()].concat()] {
        let mut client = Client::connect(&rig.path).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.write_all(&Greeting::ours(PathBuf::new()).encode()).unwrap();
        client.write_all(&octets).unwrap();
        let _reset_counts_too = client.read_to_end(&mut Vec::new());
    }
    assert_eq!(rig.counters.malformed.load(Ordering::Relaxed), 2);
}

#[test]
fn one_user_can_not_take_every_place() {
    let rig = Rig::new();
    let attached: Vec<_> = (0..crate::model::limit::CONSOLES_OF_USER.most()).map(|_| rig.attach()).collect();
    let (turned_away, beyond) =
        crate::model::limit::CONSOLES_OF_USER.during(|| Attached::connect(&rig.path, Arc::new(|_| {})).is_err());
    assert!(turned_away && beyond >= 1);
    assert_eq!(rig.counters.crowded.load(Ordering::Relaxed), 1);
    assert_eq!(attached[0].0.command(Command::Status), Ok(Answer::Accepted));
}

#[test]
fn a_console_is_told_that_the_engine_ends() {
    let rig = Rig::new();
    let (console, told) = rig.attach();
    rig.stop.cancel();
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Told::Ending("the engine ended".to_owned())));
    assert_eq!(console.command(Command::Status), Err(AskError::Gone));
}

#[test]
fn hostile_frames_end_only_their_own_connection_and_are_counted() {
    let rig = Rig::new();
    let (console, _told) = rig.attach();
    rig.send_raw(&[0xff; 64]);
    rig.send_raw(&[&200u32.to_be_bytes()[..], &[0xee; 200]].concat());
    let short = super::protocol::frame(&FromConsole::Unwatch(WatchId(1))).unwrap();
    rig.send_raw(&[&[0, 0, 0, 9], &short[4..], &[0; 16]].concat());
    assert_eq!(rig.counters.malformed.load(Ordering::Relaxed), 3);
    assert_eq!(console.command(Command::Status), Ok(Answer::Accepted));
}

#[test]
fn a_stranger_is_turned_away() {
    let rig = Rig::new();
    for octets in [vec![b'G'; 64], Greeting { protocol: 99, ..Greeting::ours(PathBuf::new()) }.encode()] {
        let mut client = Client::connect(&rig.path).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.write_all(&octets).unwrap();
        let mut greeting = Vec::new();
        let _reset_counts_too = client.read_to_end(&mut greeting);
        assert!(greeting.len() >= GREETING_HEAD);
    }
    rig.stop.cancel();
    assert_eq!(rig.counters.strangers.load(Ordering::Relaxed), 2);
}

#[test]
fn an_engine_of_another_version_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let rig = Rig::new();
    let listener = {
        let _inside = rig.runtime.enter();
        Listener::bind(&path, (0o600, None)).unwrap()
    };
    rig.runtime.spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        let other = Greeting { protocol: 99, version: "9.9".to_owned(), ..Greeting::ours(PathBuf::new()) };
        let mut stream = listener.accept().await.unwrap();
        stream.write_all(&other.encode()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let refused = Attached::connect(&path, Arc::new(|_| {})).err().unwrap();
    assert!(matches!(&refused, AttachError::Stranger(_, why) if why.contains("noctop 9.9")), "{refused}");
}
