//! A page over HTTP for scrapers: GET of one path, read-only, streamed, with few connections of limited life.
//!
//! Nothing here knows what the page says. Each connection serves one request: a scraper that holds it open, a reader that does
//! not read and a sender that never ends its request all run into [`CONNECTION_LIFE`].

use super::http_guard::{Guard, Guarded};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::extract::connect_info::Connected;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::serve::IncomingStream;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_util::io::{ReaderStream, SyncIoBridge};
use tokio_util::sync::CancellationToken;

/// Connections at a time: a pair of scrapers and somebody who looks. More wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 4;
/// How long a connection may live: the longest scrape timeout that is usual is 30 s.
const CONNECTION_LIFE: Duration = Duration::from_secs(60);
/// Octets of a page that wait for its reader.
const IN_FLIGHT: usize = 64 * 1024;
/// A pause after a connection that could not be taken: no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Writes a page. Blocks; called on a thread that may.
pub type Page = Arc<dyn Fn(&mut dyn io::Write) -> io::Result<()> + Send + Sync>;

/// What is served, and where.
#[derive(Clone)]
pub struct Served {
    /// Its path: `/metrics`.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// What writes it.
    pub page: Page,
    /// Who may have it.
    pub guard: Guard,
}

/// A bound socket.
#[derive(Debug)]
pub struct Server(TcpListener);

impl Server {
    /// Binds an address. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The address is taken, or its port is below 1024 and the process may not.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = std::net::TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        TcpListener::from_std(socket).map(Self)
    }

    /// Where it is bound.
    ///
    /// # Errors
    /// The socket's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves until `stop`.
    ///
    /// # Errors
    /// The socket's.
    pub async fn serve(self, served: Served, stop: CancellationToken) -> io::Result<()> {
        let path = served.path;
        let guard = served.guard.clone();
        let router = Router::new().route(
            path,
            any(move |peer: ConnectInfo<Peer>, method: Method, headers: HeaderMap| {
                answer(served.clone(), peer.0, (method, headers))
            }),
        );
        let router = router.into_make_service_with_connect_info::<Peer>();
        let listener = Few { listener: self.0, guard, places: Arc::new(Semaphore::new(MOST_CONNECTIONS)) };
        tokio::select! {
            served = async { axum::serve(listener, router).await } => served,
            () = stop.cancelled() => Ok(()),
        }
    }
}

/// Who is at the other end of a connection.
#[derive(Clone, Copy)]
struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, Few>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Few>) -> Self {
        Self(*stream.remote_addr())
    }
}

async fn answer(served: Served, Peer(peer): Peer, (method, headers): (Method, HeaderMap)) -> Response {
    if !served.guard.lets(&headers) {
        if let Some(refused) = &served.guard.refused {
            refused(peer.ip());
        }
        let wanted = [(header::WWW_AUTHENTICATE, "Bearer"), (header::CONNECTION, "close")];
        return (StatusCode::UNAUTHORIZED, wanted).into_response();
    }
    if method != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET"), (header::CONNECTION, "close")]).into_response();
    }
    // Either end sees when the other is gone.
    let (reader, writer) = tokio::io::duplex(IN_FLIGHT);
    let page = Arc::clone(&served.page);
    tokio::task::spawn_blocking(move || {
        let mut out = io::BufWriter::with_capacity(IN_FLIGHT, SyncIoBridge::new(writer));
        // A reader that went away ends it early: nobody is left to be told.
        let _written_or_gone = page(&mut out).and_then(|()| io::Write::flush(&mut out));
    });
    let headers =
        [(header::CONTENT_TYPE, served.content_type), (header::CONNECTION, "close"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(ReaderStream::with_capacity(reader, IN_FLIGHT))).into_response()
}

/// Takes a connection only where there is a place for it.
struct Few {
    listener: TcpListener,
    guard: Guard,
    places: Arc<Semaphore>,
}

impl axum::serve::Listener for Few {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let place = Arc::clone(&self.places).acquire_owned().await.ok();
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let end = Box::pin(tokio::time::sleep(CONNECTION_LIFE));
                    return (Connection { stream: self.guard.around(stream), end, _place: place }, peer);
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that ends in time.
struct Connection {
    stream: Guarded,
    end: Pin<Box<Sleep>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// What became of an operation, or that it is too late for it.
    fn in_time<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_pending() && self.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.in_time(cx, polled)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.in_time(cx, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.in_time(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::Secret;
    use crate::net::tls_server::{ServerTls, TlsFiles};
    use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    async fn asked(request: &str) -> String {
        let server = Server::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = server.address().unwrap();
        let page: Page = Arc::new(|out| (0..40_000).try_for_each(|number| writeln!(out, "line {number}")));
        let stop = CancellationToken::new();
        let served = Served { path: "/metrics", content_type: "text/plain; version=0.0.4", page, guard: Guard::default() };
        let serving = tokio::spawn(server.serve(served, stop.clone()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        stop.cancel();
        serving.await.unwrap().unwrap();
        reply
    }

    #[tokio::test]
    async fn a_page_larger_than_any_buffer_is_streamed_and_the_connection_closed() {
        // HTTP/1.0 has no chunks: what is read is the page.
        let reply = asked("GET /metrics HTTP/1.0\r\n\r\n").await;
        assert!(
            reply.starts_with("HTTP/1.0 200 OK\r\n") && reply.contains("content-type: text/plain; version=0.0.4"),
            "{reply:.300}"
        );
        let (length, end) = (reply.len(), reply.get(reply.len().saturating_sub(60)..));
        assert!(reply.contains("line 0\n") && reply.ends_with("line 39998\nline 39999\n"), "{length} {end:?} {reply:.200}");
    }

    #[tokio::test]
    async fn only_get_of_the_one_path_is_answered() {
        for (request, status) in [
            ("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "405"),
            ("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "405"),
            ("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"),
            ("GET /metrics/../etc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"),
            ("nonsense\r\n\r\n", "400"),
        ] {
            let reply = asked(request).await;
            assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{request:?}: {reply:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_says_nothing_ends_and_frees_its_place() {
        let server = Server::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = server.address().unwrap();
        let page: Page = Arc::new(|out| writeln!(out, "here"));
        let stop = CancellationToken::new();
        let served = Served { path: "/metrics", content_type: "text/plain", page, guard: Guard::default() };
        tokio::spawn(server.serve(served, stop.clone()));
        let mut silent = Vec::new();
        for _ in 0..MOST_CONNECTIONS {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let mut last = TcpStream::connect(address).await.unwrap();
        last.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut reply = String::new();
        last.read_to_string(&mut reply).await.unwrap();
        assert!(reply.contains("here"), "{reply}");
        stop.cancel();
    }

    /// A page behind TLS and a token, asked for by a client that trusts its certificate.
    #[tokio::test]
    async fn a_guarded_page_is_for_those_who_speak_tls_and_know_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["noc".to_owned()]).unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let tls = ServerTls::load(TlsFiles { certificate, key, client_ca: None }).unwrap();
        let refused: Arc<std::sync::Mutex<Vec<std::net::IpAddr>>> = Arc::default();
        let told = Arc::clone(&refused);
        let guard = Guard {
            tls: Some(Arc::new(tls)),
            token: Some(Secret::new("0123456789abcdef")),
            refused: Some(Arc::new(move |address| told.lock().unwrap().push(address))),
        };
        let server = Server::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = server.address().unwrap();
        let page: Page = Arc::new(|out| writeln!(out, "here"));
        let stop = CancellationToken::new();
        tokio::spawn(server.serve(Served { path: "/metrics", content_type: "text/plain", page, guard }, stop.clone()));
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        for (sent, status) in
            [("Authorization: Bearer 0123456789abcdef\r\n", "200"), ("", "401"), ("Authorization: Bearer x\r\n", "401")]
        {
            let stream = TcpStream::connect(address).await.unwrap();
            let name = ServerName::try_from("noc").unwrap();
            let mut stream = tokio_rustls::TlsConnector::from(Arc::clone(&config)).connect(name, stream).await.unwrap();
            stream.write_all(format!("GET /metrics HTTP/1.1\r\nHost: noc\r\n{sent}\r\n").as_bytes()).await.unwrap();
            let mut reply = Vec::new();
            let _closed_without_a_word = stream.read_to_end(&mut reply).await;
            let reply = String::from_utf8_lossy(&reply).into_owned();
            assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{sent:?}: {reply}");
            assert_eq!(reply.contains("here"), status == "200");
        }
        assert_eq!(*refused.lock().unwrap(), [std::net::IpAddr::from([127, 0, 0, 1]); 2], "those are told of");
        let mut plain = TcpStream::connect(address).await.unwrap();
        plain.write_all(b"GET /metrics HTTP/1.1\r\nHost: noc\r\nAuthorization: Bearer 0123456789abcdef\r\n\r\n").await.unwrap();
        let mut reply = Vec::new();
        let _reset_or_alert = plain.read_to_end(&mut reply).await;
        assert!(!String::from_utf8_lossy(&reply).contains("here"));
        stop.cancel();
    }
}
