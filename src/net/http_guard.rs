//! Who may ask for a page over HTTP: TLS around the connection, and a token that whoever asks must know.

use super::tls_server::ServerTls;
use crate::model::secret::Secret;
use axum::http::{HeaderMap, header};
use std::future::Future as _;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::Accept;
use tokio_rustls::server::TlsStream;

/// How the token is sent (RFC 6750 §2.1); the word's case does not count (RFC 9110 §11.1).
const SCHEME: &str = "bearer ";

/// What guards a page; nothing by default.
#[derive(Clone, Default)]
pub struct Guard {
    /// Around the connection.
    pub tls: Option<Arc<ServerTls>>,
    /// What must be known.
    pub token: Option<Secret>,
    /// Told of whoever does not know it. Must not block.
    pub refused: Option<Refused>,
}

/// Told of an address from which somebody asked and was refused.
pub type Refused = Arc<dyn Fn(IpAddr) + Send + Sync>;

impl Guard {
    /// Whether whoever sent this knows the token, where one is needed.
    pub(super) fn lets(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return true };
        let sent = headers.get(header::AUTHORIZATION).map(header::HeaderValue::as_bytes).unwrap_or_default();
        let (scheme, sent) = sent.split_at_checked(SCHEME.len()).unwrap_or_default();
        scheme.eq_ignore_ascii_case(SCHEME.as_bytes()) && same(sent, token.expose().as_bytes())
    }

    /// A connection that was just taken.
    pub(super) fn around(&self, stream: TcpStream) -> Guarded {
        match &self.tls {
            None => Guarded::Plain(stream),
            Some(tls) => Guarded::Greeting(Box::new(tls.acceptor().accept(stream))),
        }
    }
}

/// Whether two texts are the same, in a time that says nothing of where they differ; only of how long what was sent is.
fn same(sent: &[u8], known: &[u8]) -> bool {
    let octet = |at: usize| known.get(at % known.len().max(1)).copied().unwrap_or(0);
    let differing =
        sent.iter().enumerate().fold(0u8, |differing, (at, sent)| std::hint::black_box(differing | (sent ^ octet(at))));
    std::hint::black_box(differing) == 0 && sent.len() == known.len()
}

/// A connection, with TLS around it or not. Nobody waits for a greeting but the connection itself.
pub(super) enum Guarded {
    Plain(TcpStream),
    Greeting(Box<Accept<TcpStream>>),
    Secure(Box<TlsStream<TcpStream>>),
}

impl Guarded {
    /// Goes on with the greeting until it is over.
    fn greet(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self::Greeting(greeting) = self else { return Poll::Ready(Ok(())) };
        match Pin::new(greeting.as_mut()).poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(secure)) => {
                *self = Self::Secure(Box::new(secure));
                Poll::Ready(Ok(()))
            }
        }
    }

    /// What is read from and written to, once greeted.
    fn io<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut work: impl FnMut(Pin<&mut dyn Io>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match self.greet(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => {}
        }
        match self {
            Self::Plain(stream) => work(Pin::new(stream), cx),
            Self::Secure(stream) => work(Pin::new(stream.as_mut()), cx),
            Self::Greeting(_) => Poll::Pending,
        }
    }
}

trait Io: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Io for T {}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.io(cx, |stream, cx| stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io(cx, |stream, cx| stream.poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_in_its_place_is_the_token() {
        let guard = Guard { token: Some(Secret::new("0123456789abcdef")), ..Guard::default() };
        let cases = [
            (Some("Bearer 0123456789abcdef"), true),
            (Some("bearer 0123456789abcdef"), true),
            (Some("Bearer 0123456789abcdeF"), false),
            (Some("Bearer 0123456789abcde"), false),
            (Some("Bearer 0123456789abcdef0123456789abcdef"), false),
            (Some("Basic 0123456789abcdef"), false),
            (Some("Bearer "), false),
            (Some("B"), false),
            (None, false),
        ];
        for (sent, lets) in cases {
            let mut headers = HeaderMap::new();
            if let Some(sent) = sent {
                headers.insert(header::AUTHORIZATION, sent.parse().unwrap());
            }
            assert_eq!(guard.lets(&headers), lets, "{sent:?}");
            assert!(Guard::default().lets(&headers));
        }
    }
}
