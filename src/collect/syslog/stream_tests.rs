//! What streams come to: framing, TLS, bounds, and peers that mean no good.

use super::*;
use crate::collect::Pulse;
use crate::collect::emitter::channel;
use crate::event::{Body, Event};
use crate::model::limit;
use crate::net::stream::StreamPlace;
use crate::net::tls_server::{ServerTls, TlsFiles};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Longer than any loopback delivery; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

struct Running {
    target: SocketAddr,
    events: mpsc::Receiver<Event>,
    counters: Arc<Counters>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<Result<(), String>>,
}

fn running(bounds: Bounds, tls: Option<Arc<ServerTls>>) -> Running {
    let (emitter, events) = channel(64);
    let place = StreamPlace::bind("127.0.0.1:0".parse().unwrap(), tls).unwrap();
    let (target, counters) = (place.address().unwrap(), Arc::new(Counters::default()));
    let (listeners, pulse) = (vec![place.listen().unwrap()], Pulse::default());
    let streams = Streams { listeners, emitter, counters: Arc::clone(&counters), bounds, pulse };
    let stop = CancellationToken::new();
    let task = tokio::spawn(streams.run(stop.clone()));
    Running { target, events, counters, stop, task }
}

impl Running {
    async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < count {
            let event = tokio::time::timeout(PATIENCE, self.events.recv()).await.unwrap().unwrap();
            let Body::Logs(batch) = event.body else { panic!("lines") };
            texts.extend(batch.lines.into_iter().map(|line| line.text));
        }
        texts
    }

    /// Until the counters are so.
    async fn until(&self, is_so: impl Fn(&Counts) -> bool) {
        let looking = async {
            while !is_so(&self.counters.counts()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking).await.unwrap();
    }

    async fn end(self) -> Counts {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
        self.counters.counts()
    }
}

async fn connect(target: SocketAddr) -> TcpStream {
    TcpStream::connect(target).await.unwrap()
}

/// Whether the other end closed the connection.
async fn is_closed(stream: &mut TcpStream) -> bool {
    // A last alert of TLS may come before the end.
    let reading = async { while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {} };
    tokio::time::timeout(PATIENCE, reading).await.is_ok()
}

#[tokio::test]
async fn messages_come_in_every_framing_and_one_bad_peer_disturbs_nobody() {
    let mut running = running(Bounds::default(), None);
    let mut good = connect(running.target).await;
    let mut bad = connect(running.target).await;
    good.write_all(b"15 <13>app: first\n<13>app: second\n<13>app: th").await.unwrap();
    bad.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).await.unwrap();
    bad.write_all(&vec![b'x'; 300_000]).await.unwrap();
    bad.write_all(b"\nafter\n").await.unwrap();
    drop(bad);
    good.write_all(b"ird\0").await.unwrap();
    good.write_all(b"<13>app: last, without an end").await.unwrap();
    drop(good);
    let mut texts = running.texts(6).await;
    texts.sort();
    let long = texts.iter().position(|text| text.len() > 1000).map(|at| texts.remove(at)).unwrap();
    assert!(long.len() <= 8300, "{}", long.len());
    assert_eq!(texts, ["after", "first", "last, without an end", "second", "third"]);
    running.until(|counts| counts.connections == 0).await;
    assert_eq!(running.end().await.cut, 1);
}

#[tokio::test]
async fn connections_are_bounded_for_one_and_for_all() {
    let running = running(Bounds { connections: 3, of_one: 2, ..Bounds::default() }, None);
    let mut first = connect(running.target).await;
    let _second = connect(running.target).await;
    running.until(|counts| counts.connections == 2).await;
    let mut third = connect(running.target).await;
    assert!(is_closed(&mut third).await);
    let from = |last: u8| async move {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 9, last], 0))).unwrap();
        socket
    };
    let _fourth = from(1).await.connect(running.target).await.unwrap();
    running.until(|counts| counts.connections == 3).await;
    // The one that was silent for the longest time makes room.
    let _fifth = from(2).await.connect(running.target).await.unwrap();
    assert!(is_closed(&mut first).await);
    let counts = running.end().await;
    assert_eq!((counts.refused.get("crowded"), counts.connections), (Some(&2), 0));
    assert!(limit::SYSLOG_CONNECTIONS.left_out() > 0 && limit::SYSLOG_CONNECTIONS_OF_ONE.left_out() > 0);
}

#[tokio::test]
async fn a_message_that_never_ends_is_taken_as_far_as_it_came() {
    let mut running = running(Bounds { message: Duration::from_millis(100), ..Bounds::default() }, None);
    let mut slow = connect(running.target).await;
    slow.write_all(b"<13>app: half a li").await.unwrap();
    assert_eq!(running.texts(1).await, ["half a li"]);
    assert!(is_closed(&mut slow).await);
    assert_eq!(running.end().await.refused.get("slow"), Some(&1));
}

/// A certificate of the authority, and its key, as files.
fn certificate(folder: &Path, name: &str, issuer: &CertifiedIssuer<'_, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::new(vec!["noc".to_owned()]).unwrap().signed_by(&key, issuer).unwrap();
    std::fs::write(folder.join(format!("{name}.pem")), made.pem()).unwrap();
    std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

fn authority(folder: &Path, name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(folder.join(format!("{name}.pem")), issuer.pem()).unwrap();
    issuer
}

/// A sender that trusts the authority, with a certificate where one is named.
async fn secured(
    folder: &Path,
    own: Option<&str>,
    target: SocketAddr,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots);
    let config = match own {
        None => config.with_no_client_auth(),
        Some(name) => {
            let chain = vec![CertificateDer::from_pem_file(folder.join(format!("{name}.pem"))).unwrap()];
            let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key"))).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect(ServerName::try_from("noc").unwrap(), connect(target).await).await
}

#[tokio::test]
async fn tls_takes_whom_the_authority_signed_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (ours, theirs) = (authority(folder, "ca"), authority(folder, "other"));
    certificate(folder, "server", &ours);
    certificate(folder, "sender", &ours);
    certificate(folder, "stranger", &theirs);
    let file = |name: &str| folder.join(name);
    let files = |client_ca: Option<&str>| TlsFiles {
        certificate: file("server.pem"),
        key: file("server.key"),
        client_ca: client_ca.map(file),
    };
    let mut open = running(Bounds::default(), Some(Arc::new(ServerTls::load(files(None)).unwrap())));
    let mut stream = secured(folder, None, open.target).await.unwrap();
    stream.write_all(b"14 <13>app: hello").await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(open.texts(1).await, ["hello"]);
    // Not TLS at all.
    let mut noise = connect(open.target).await;
    noise.write_all(b"<13>app: plain text\n").await.unwrap();
    assert!(is_closed(&mut noise).await);
    open.until(|counts| counts.refused.get("tls-handshake") == Some(&1)).await;
    open.end().await;
    let mut mutual = running(Bounds::default(), Some(Arc::new(ServerTls::load(files(Some("ca.pem"))).unwrap())));
    let mut stream = secured(folder, Some("sender"), mutual.target).await.unwrap();
    stream.write_all(b"14 <13>app: hello").await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(mutual.texts(1).await, ["hello"]);
    for own in [None, Some("stranger")] {
        // With TLS 1.3 who connects learns of the refusal with its first read.
        if let Ok(mut stream) = secured(folder, own, mutual.target).await {
            assert!(!matches!(stream.read(&mut [0; 8]).await, Ok(1..)));
        }
    }
    mutual.until(|counts| counts.refused.get("tls-handshake") == Some(&2)).await;
    mutual.end().await;
}

#[tokio::test]
async fn a_slow_engine_slows_senders_and_nothing_is_dropped() {
    let mut running = running(Bounds::default(), None);
    let mut sender = connect(running.target).await;
    let count = 100 * MOST_LINES;
    let sending = tokio::spawn(async move {
        let chunk = "<13>app: one of very many lines\n".repeat(MOST_LINES);
        for _ in 0..100 {
            sender.write_all(chunk.as_bytes()).await.unwrap();
        }
    });
    assert_eq!(running.texts(count).await.len(), count);
    sending.await.unwrap();
    let counts = running.end().await;
    assert_eq!((counts.decoded, counts.dropped_queue), (count as u64, 0));
}
