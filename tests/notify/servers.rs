//! Servers on loopback: HTTP in the open and over TLS, which behave as they are told; certificates.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// How a server behaves.
#[derive(Clone, Copy)]
pub enum Behaves {
    /// Reads the request and answers this.
    Says(&'static str),
    /// Reads the request and says nothing.
    Hangs,
    /// Closes at once.
    Closes,
    /// Reads the request, and answers this head and a body that never ends.
    Endless(&'static str),
}

/// A server for any number of requests, and what it was sent.
pub struct Served {
    pub address: SocketAddr,
    pub requests: UnboundedReceiver<String>,
}

impl Served {
    /// What was sent so far, each whole.
    pub fn sent(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}

pub async fn http(behaves: Behaves) -> Served {
    serve(behaves, None).await
}

pub async fn https(behaves: Behaves, acceptor: TlsAcceptor) -> Served {
    serve(behaves, Some(acceptor)).await
}

async fn serve(behaves: Behaves, acceptor: Option<TlsAcceptor>) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, requests) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (told, acceptor) = (told.clone(), acceptor.clone());
            tokio::spawn(async move {
                if matches!(behaves, Behaves::Closes) {
                    return;
                }
                let tell = move |request| {
                    let _the_test_ended = told.send(request);
                };
                match acceptor {
                    None => behave(stream, behaves, tell).await,
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            behave(stream, behaves, tell).await;
                        }
                    }
                }
            });
        }
    });
    Served { address, requests }
}

async fn behave(mut stream: impl AsyncRead + AsyncWrite + Unpin, behaves: Behaves, tell: impl Fn(String)) {
    let request = read_request(&mut stream).await;
    tell(request);
    match behaves {
        Behaves::Says(answer) => {
            let _gone = stream.write_all(answer.as_bytes()).await;
            let _gone = stream.shutdown().await;
        }
        Behaves::Endless(head) => {
            let _gone = stream.write_all(head.as_bytes()).await;
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
        }
        Behaves::Hangs | Behaves::Closes => std::future::pending().await,
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let (mut octets, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&octets).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(read @ 1..) => octets.extend_from_slice(&buffer[..read]),
            _ => return text,
        }
    }
}

/// A certificate for localhost that signs itself, as a file, and who shows it.
pub fn certificate(folder: &Path) -> (PathBuf, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let path = folder.join("ca.pem");
    std::fs::write(&path, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    (path, TlsAcceptor::from(Arc::new(config)))
}
