//! Streams that others open to send on their own: syslog over TCP and TLS (RFC 6587, RFC 5425).

use super::intake::free_bind;
use super::tls_server::ServerTls;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 256;

/// A peer that is gone without a word is noticed after two minutes: nothing is ever sent to it else.
const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(10)).with_retries(6);

/// An address that is bound, and outlasts whoever listens there.
pub struct StreamPlace {
    tcp: std::net::TcpListener,
    tls: Option<Arc<ServerTls>>,
}

impl StreamPlace {
    /// Binds an address; with TLS where that is given. `[::]` takes IPv4 as well.
    ///
    /// # Errors
    /// The address is taken, or its port is below 1024 and the process may not (CAP_NET_BIND_SERVICE).
    pub fn bind(address: SocketAddr, tls: Option<Arc<ServerTls>>) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        // Connections of an earlier process that are still closing are no reason to fail.
        socket.set_reuse_address(true)?;
        // As with datagrams, an address may come later.
        free_bind(&socket, address).ok();
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(Self { tcp: socket.into(), tls })
    }

    /// Listens there, beside whoever does already. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn listen(&self) -> io::Result<StreamListener> {
        Ok(StreamListener { tcp: TcpListener::from_std(self.tcp.try_clone()?)?, tls: self.tls.clone() })
    }

    /// Where it is bound.
    ///
    /// # Errors
    /// The socket's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// Where streams are taken.
pub struct StreamListener {
    tcp: TcpListener,
    tls: Option<Arc<ServerTls>>,
}

impl StreamListener {
    /// The next who comes. Cancel safety: nobody is lost.
    ///
    /// # Errors
    /// The system's: it has no descriptors left, or the peer is gone already.
    pub async fn accept(&self) -> io::Result<(Incoming, SocketAddr)> {
        let (stream, peer) = self.tcp.accept().await?;
        SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE).ok();
        Ok((Incoming { stream, tls: self.tls.clone() }, peer))
    }
}

/// A connection before anything was said.
pub struct Incoming {
    stream: TcpStream,
    tls: Option<Arc<ServerTls>>,
}

impl Incoming {
    /// Does what has to be done before there is a stream: the handshake of TLS.
    ///
    /// # Errors
    /// The handshake failed: no TLS, or no certificate that is accepted.
    pub async fn open(self) -> io::Result<Stream> {
        Ok(Stream(match self.tls {
            Some(tls) => Box::new(tls.acceptor().accept(self.stream).await?),
            None => Box::new(self.stream),
        }))
    }
}

/// A stream that is read.
pub struct Stream(Box<dyn AsyncRead + Send + Unpin>);

impl Stream {
    /// Reads what is there: 0 is the end. Cancel safety: nothing is lost.
    ///
    /// # Errors
    /// The connection's.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).await
    }
}
