//! The frames by which neighbours announce themselves on the host's ports.
//!
//! They come over one packet socket of our own for all ports, with a filter in the kernel: pnet's receiver is a thread and a socket
//! for each port, has no filter, and reads everything that the port hears (docs/decisions/0042).
#![allow(
    unsafe_code,
    reason = "packet sockets have addresses, memberships and filters without a safe wrapper in the standard library"
)]

use super::CaptureError;
use super::socket::{self, len_of};
use crate::model::IfIndex;
use socket2::{Socket, Type};
use std::io;
use std::mem::zeroed;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use tokio::io::unix::AsyncFd;

/// Octets of a frame that are read: announcements fit into the shortest MTU.
pub const MAX_FRAME: usize = 2048;

/// <linux/if_packet.h>: tell the port that the frame came in by, not the bond above it.
const PACKET_ORIGDEV: libc::c_int = 9;

/// Destinations that announcements are sent to: LLDP's three (IEEE 802.1AB-2016 §7.1), then CDP's, FDP's and EDP's.
const GROUPS: [[u8; 6]; 6] = [
    [0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e],
    [0x01, 0x80, 0xc2, 0x00, 0x00, 0x03],
    [0x01, 0x80, 0xc2, 0x00, 0x00, 0x00],
    [0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc],
    [0x01, 0xe0, 0x52, 0xcc, 0xcc, 0xcc],
    [0x00, 0xe0, 0x2b, 0x00, 0x00, 0x00],
];

/// One frame's envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The port that it came in by.
    pub if_index: IfIndex,
    /// Octets in the buffer.
    pub length: usize,
}

/// Hears announcements on the ports that it is told of.
pub struct Announcements {
    socket: AsyncFd<PacketSocket>,
    dropped: u64,
}

impl Announcements {
    /// Opens the socket. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Without CAP_NET_RAW.
    pub fn open() -> Result<Self, CaptureError> {
        let socket = PacketSocket::open().map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => CaptureError::NotPermitted("to hear LLDP and CDP on this host's ports"),
            _ => CaptureError::Socket(error),
        })?;
        // SAFETY: the socket owns its descriptor, and lends the same one until it is dropped.
        let socket = unsafe { AsyncFd::register(socket) }.map_err(io::Error::from)?;
        Ok(Self { socket, dropped: 0 })
    }

    /// Makes a port let announcements through. Doing it again does no harm; the kernel forgets it with the port.
    ///
    /// # Errors
    /// The port is gone or is none of Ethernet.
    pub fn join(&self, port: IfIndex) -> io::Result<()> {
        GROUPS.iter().try_for_each(|group| self.socket.get_ref().join(port, *group))
    }

    /// The next announcement, written into the buffer; what does not fit is cut.
    ///
    /// # Errors
    /// The socket is broken for good. Cancel safety: nothing is lost when the future is dropped.
    pub async fn receive(&self, into: &mut [u8; MAX_FRAME]) -> io::Result<Heard> {
        loop {
            let mut ready = self.socket.readable().await?;
            match ready.try_io(|socket| socket.get_ref().receive(into)) {
                // A port that went down is told as an error, once.
                Ok(Err(error)) if matches!(error.raw_os_error(), Some(libc::ENETDOWN | libc::ENXIO | libc::EINTR)) => {}
                Ok(result) => return result,
                Err(_would_block) => {}
            }
        }
    }

    /// Frames that the kernel dropped because nobody read them, so far.
    pub fn dropped(&mut self) -> u64 {
        self.dropped += self.socket.get_ref().dropped_since_asked();
        self.dropped
    }
}

#[derive(Debug)]
struct PacketSocket(Socket);

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for PacketSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl PacketSocket {
    fn open() -> io::Result<Self> {
        // Without a protocol nothing is received until the filter is in place.
        let socket = socket::open(Type::RAW)?;
        socket.set_nonblocking(true)?;
        socket::attach(&socket, &filter())?;
        socket::set(&socket, (libc::SOL_PACKET, PACKET_ORIGDEV), &1_i32)?;
        socket::bind(&socket, libc::ETH_P_ALL, None)?;
        Ok(Self(socket))
    }

    fn join(&self, port: IfIndex, group: [u8; 6]) -> io::Result<()> {
        let is_group = group[0] & 1 != 0;
        let kind = if is_group { libc::PACKET_MR_MULTICAST } else { libc::PACKET_MR_UNICAST };
        let [a, b, c, d, e, g] = group;
        let request = libc::packet_mreq {
            mr_ifindex: libc::c_int::try_from(port.0).unwrap_or(0),
            mr_type: libc::c_ushort::try_from(kind).unwrap_or(0),
            mr_alen: 6,
            mr_address: [a, b, c, d, e, g, 0, 0],
        };
        socket::set(&self.0, (libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP), &request)
    }

    fn receive(&self, into: &mut [u8; MAX_FRAME]) -> io::Result<Heard> {
        // SAFETY: all-zero is a valid value of this plain C structure.
        let mut name = unsafe { zeroed::<libc::sockaddr_ll>() };
        let mut length = len_of::<libc::sockaddr_ll>();
        // SAFETY: buffer and name are live, with their true lengths.
        let read = unsafe {
            libc::recvfrom(
                self.as_raw_fd(),
                into.as_mut_ptr().cast(),
                into.len(),
                libc::MSG_DONTWAIT,
                (&raw mut name).cast(),
                &raw mut length,
            )
        };
        let length = usize::try_from(read).map_err(|_| io::Error::last_os_error())?;
        Ok(Heard { if_index: IfIndex(u32::try_from(name.sll_ifindex).unwrap_or(0)), length })
    }

    fn dropped_since_asked(&self) -> u64 {
        // SAFETY: all-zero is a valid value of this plain C structure.
        let mut statistics = unsafe { zeroed::<libc::tpacket_stats>() };
        let mut length = len_of::<libc::tpacket_stats>();
        // SAFETY: the structure is live and the length is its own.
        let done = unsafe {
            let into = (&raw mut statistics).cast();
            libc::getsockopt(self.as_raw_fd(), libc::SOL_PACKET, libc::PACKET_STATISTICS, into, &raw mut length)
        };
        if done == 0 { u64::from(statistics.tp_drops) } else { 0 }
    }
}

/// Lets in what announces a neighbour, and nothing that this host itself sends. The kernel has taken an outer VLAN tag off by then.
fn filter() -> Vec<(u16, u8, u8, u32)> {
    const LOAD_OCTET: u32 = libc::BPF_LD | libc::BPF_B | libc::BPF_ABS;
    const LOAD_HALF: u32 = libc::BPF_LD | libc::BPF_H | libc::BPF_ABS;
    const LOAD_WORD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    const EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    const GREATER: u32 = libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K;
    const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
    /// <linux/filter.h>: SKF_AD_OFF + SKF_AD_PKTTYPE, as an unsigned number.
    const PACKET_TYPE: u32 = (-0x1000_i32 + 4).cast_unsigned();
    let step = |code: u32, (jt, jf): (u8, u8), k: u32| (u16::try_from(code).unwrap_or(0), jt, jf, k);
    let (take, drop, next) = (0_u8, 1_u8, (0, 0));
    // Jumps count the steps that are passed over: from step `at`, these lead to one of the two returns, which are steps 14 and 15.
    let to = |at: u8, end: u8| 13 - at + end;
    vec![
        step(LOAD_OCTET, next, PACKET_TYPE),
        step(EQUAL, (to(1, drop), 0), u32::from(libc::PACKET_OUTGOING)),
        step(LOAD_HALF, next, 12),
        step(EQUAL, (to(3, take), 0), 0x88cc),
        step(GREATER, (to(4, drop), 0), 1500),
        // Behind a length, only SNAP.
        step(LOAD_WORD, next, 14),
        step(EQUAL, (0, to(6, drop)), 0xaaaa_0300),
        step(LOAD_WORD, next, 0),
        step(EQUAL, (3, 0), 0x0100_0ccc),
        step(EQUAL, (2, 0), 0x01e0_52cc),
        step(EQUAL, (to(10, take), 0), 0x00e0_2b00),
        step(EQUAL, (to(11, take), to(11, drop)), 0x0180_c200),
        step(LOAD_HALF, next, 4),
        step(EQUAL, (to(13, take), to(13, drop)), 0xcccc),
        step(RETURN, next, u32::try_from(MAX_FRAME).unwrap_or(0)),
        step(RETURN, next, 0),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::ports;
    use super::*;
    use socket2::{Domain, Protocol};
    use std::time::Duration;

    /// Longer than any loopback delivery; only a failing test waits for it.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Sends a frame by the loopback, as a neighbour on its other side would.
    fn send(socket: &Socket, port: IfIndex, frame: &[u8]) {
        // SAFETY: all-zero is a valid value of this plain C structure.
        let mut name = unsafe { zeroed::<libc::sockaddr_ll>() };
        name.sll_family = libc::sa_family_t::try_from(libc::AF_PACKET).unwrap();
        name.sll_ifindex = i32::try_from(port.0).unwrap();
        // SAFETY: frame and name are live, with their true lengths.
        let sent = unsafe {
            let to = (&raw const name).cast();
            libc::sendto(socket.as_raw_fd(), frame.as_ptr().cast(), frame.len(), 0, to, len_of::<libc::sockaddr_ll>())
        };
        assert_eq!(usize::try_from(sent).ok(), Some(frame.len()), "{}", io::Error::last_os_error());
    }

    fn frame(destination: [u8; 6], rest: &[u8]) -> Vec<u8> {
        let mut frame = [destination.as_slice(), &[2, 0, 0, 0, 0, 9], rest].concat();
        frame.resize(60, 0);
        frame
    }

    #[tokio::test]
    async fn announcements_come_in_and_nothing_else_does() {
        let Ok(announcements) = Announcements::open() else { return };
        let loopback = ports().into_iter().find(|port| port.is_loopback && port.is_up).expect("a loopback").if_index;
        let sender = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(0))).unwrap();
        let [bridge, other, customer, cisco, foundry, extreme] = GROUPS;
        let taken = [
            frame(bridge, &[0x88, 0xcc, 1]),
            frame(other, &[0x88, 0xcc, 2]),
            frame(cisco, &[0, 20, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0, 3]),
            frame(foundry, &[0, 20, 0xaa, 0xaa, 3, 0, 0xe0, 0x52, 0x20, 0, 4]),
            frame(extreme, &[0, 20, 0xaa, 0xaa, 3, 0, 0xe0, 0x2b, 0, 0xbb, 5]),
            frame(customer, &[0, 20, 0xaa, 0xaa, 3, 0, 0, 0, 0x88, 0xcc, 6]),
        ];
        let dropped = [
            frame([0xff; 6], &[8, 6, 0, 1]),
            frame(customer, &[0, 38, 0x42, 0x42, 3, 0, 0]),
            frame([1, 0, 0x0c, 0xcc, 0xcc, 0xcd], &[0, 20, 0xaa, 0xaa, 3, 0, 0, 0x0c, 1, 0x0b]),
            frame(cisco, &[8, 0, 0x45]),
            frame([2, 0, 0, 0, 0, 1], &[0, 20, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0]),
        ];
        let mut tagged = frame(bridge, &[0x81, 0, 0, 100, 0x88, 0xcc, 7]);
        dropped.iter().chain(&taken).chain([&tagged]).for_each(|frame| send(&sender, loopback, frame));
        // The kernel takes the tag off.
        tagged.drain(12..16);
        let mut buffer = [0; MAX_FRAME];
        for expected in taken.iter().chain([&tagged]) {
            let heard = tokio::time::timeout(PATIENCE, announcements.receive(&mut buffer)).await.unwrap().unwrap();
            assert_eq!((heard.if_index, &buffer[..heard.length]), (loopback, expected.as_slice()));
        }
    }
}
