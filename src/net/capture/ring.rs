//! Everything that a port carries: a ring of blocks that the kernel fills (TPACKET_V3, packet_mmap of the kernel's documentation).
//!
//! A block is handed over when it is full or [`RETIRE_MS`] has passed, with all of its frames: no system call and no copy for a frame, and
//! at most a few wake-ups a second however little comes. What the kernel had to drop for want of room is counted ([`Ring::statistics`]).
#![allow(unsafe_code, reason = "the ring is memory shared with the kernel, and its options have no safe wrapper")]

use super::socket::{attach, bind, hardware, len_of, open, set};
use super::{CaptureError, Port};
use crate::model::IfIndex;
use crate::model::flow::Direction;
use socket2::{Socket, Type};
use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Octets of a block: some thousands of frames' heads, a tenth of a second at 50,000 frames a second.
const BLOCK: usize = 1 << 20;

/// Blocks where heads of frames alone are wanted: 6 MiB, which is a seventh of a second at 200,000 frames a second. The kernel clears all
/// of it at the start, which costs more than reading some seconds of traffic.
const BLOCKS_OF_HEADS: usize = 6;

/// Blocks where frames are wanted whole: 32 MiB, a tenth of a second of 200,000 full frames a second.
const BLOCKS_OF_FRAMES: usize = 32;

/// A filter that returns no more octets than this wants heads alone.
const LONGEST_HEADS: u32 = 512;

/// A block that is not full is handed over after this time: ten wake-ups a second. Units: ms.
const RETIRE_MS: u32 = 100;

/// The kernel wants a frame size though version 3 packs frames of any size; it must divide the block.
const FRAME: usize = 2048;

/// <linux/if_packet.h>: don't tell what this host sends (Linux 4.20).
const PACKET_IGNORE_OUTGOING: libc::c_int = 23;

/// <linux/if_packet.h>
const VLAN_VALID: u32 = 1 << 4;
const VLAN_TPID_VALID: u32 = 1 << 6;

/// IEEE 802.1Q's tag, where an old kernel does not say which it was.
const CUSTOMER_TAG: u16 = 0x8100;

/// BPF: return so many octets.
const RETURN: u16 = 0x06;

/// What frames of a port begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    /// IEEE 802.3.
    Ethernet,
    /// IP at once: the kernel takes off what tunnels and the like have before it.
    None,
    /// IEEE 802.11.
    Ieee80211,
    /// Radiotap and IEEE 802.11.
    Radiotap,
}

/// Whether the port is to take in frames that are for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hears {
    /// Only what the host itself would take.
    #[default]
    Own,
    /// Everything on the wire (promiscuous).
    Everything,
}

/// How a port is read.
#[derive(Clone, Debug, Default)]
pub struct RingOptions {
    /// Whose frames.
    pub hears: Hears,
    /// A filter program, which also says how many octets of a frame are wanted; empty wants all of everything.
    pub filter: Vec<(u16, u8, u8, u32)>,
}

/// A frame in the ring.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// As many of its octets as were wanted. The kernel has taken an outer VLAN tag off.
    pub octets: &'a [u8],
    /// Octets on the wire, the tag that was taken off not among them.
    pub wire_octets: u32,
    /// When it was seen. Units: ns since 1970.
    pub at_ns: u64,
    /// Protocol and content of the tag that was taken off.
    pub tag: Option<(u16, u16)>,
    /// Egress: this host sent it.
    pub direction: Direction,
}

/// What the kernel counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Frames that the filter let through, those that were dropped among them.
    pub received: u64,
    /// Of those, frames for which the ring had no room.
    pub dropped: u64,
}

/// A port that is read.
#[derive(Debug)]
pub struct Ring {
    socket: Socket,
    map: Map,
    next: usize,
    heads: Heads,
    if_index: IfIndex,
    is_loopback: bool,
    statistics: Statistics,
}

impl Ring {
    /// Begins to read a port.
    ///
    /// # Errors
    /// Without CAP_NET_RAW, or when the port is gone.
    pub fn open(port: &Port, options: &RingOptions) -> Result<Self, CaptureError> {
        Self::set_up(port, options).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => CaptureError::NotPermitted("to capture packets"),
            _ => CaptureError::Socket(error),
        })
    }

    fn set_up(port: &Port, options: &RingOptions) -> io::Result<Self> {
        let heads = heads(hardware(port.if_index)?);
        let socket = open(if heads == Heads::None { Type::DGRAM } else { Type::RAW })?;
        set(&socket, (libc::SOL_PACKET, libc::PACKET_VERSION), &libc::tpacket_versions::TPACKET_V3)?;
        let unfiltered = [(RETURN, 0, 0, u32::MAX)];
        attach(&socket, if options.filter.is_empty() { &unfiltered } else { &options.filter })?;
        if port.is_loopback {
            // What leaves by the loopback comes in by it: once is enough. Older kernels tell it, and it is left out below.
            set(&socket, (libc::SOL_PACKET, PACKET_IGNORE_OUTGOING), &1_i32).ok();
        }
        if options.hears == Hears::Everything {
            let request = libc::packet_mreq {
                mr_ifindex: libc::c_int::try_from(port.if_index.0).unwrap_or(0),
                mr_type: libc::c_ushort::try_from(libc::PACKET_MR_PROMISC).unwrap_or(0),
                mr_alen: 0,
                mr_address: [0; 8],
            };
            set(&socket, (libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP), &request)?;
        }
        let map = Map::new(&socket, blocks(&options.filter))?;
        // Only now: nothing may come in before the filter stands and there is room for it.
        bind(&socket, libc::ETH_P_ALL, Some(port.if_index))?;
        let Port { if_index, is_loopback, .. } = *port;
        Ok(Self { socket, map, next: 0, heads, if_index, is_loopback, statistics: Statistics::default() })
    }

    /// What its frames begin with.
    pub fn heads(&self) -> Heads {
        self.heads
    }

    /// Whether the port still exists, up or down. Needs no capability.
    pub fn is_there(&self) -> bool {
        rustix::net::netdevice::index_to_name(&self.socket, self.if_index.0).is_ok()
    }

    /// Waits for a block, at most so long. Whether there may be one.
    ///
    /// # Errors
    /// The port went down or is gone.
    pub fn wait(&self, at_most: Duration) -> io::Result<bool> {
        if self.map.is_ours(self.next) {
            return Ok(true);
        }
        let mut entry = libc::pollfd { fd: self.socket.as_raw_fd(), events: libc::POLLIN | libc::POLLERR, revents: 0 };
        let at_most = libc::c_int::try_from(at_most.as_millis()).unwrap_or(libc::c_int::MAX);
        // SAFETY: one live entry, and the count says one.
        let count = unsafe { libc::poll(&raw mut entry, 1, at_most) };
        match count {
            ..0 => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
                error => Err(error),
            },
            0 => Ok(false),
            _ if entry.revents & libc::POLLERR != 0 => match self.socket.take_error()? {
                // A port that went down says so once; it may come up again.
                Some(error) if error.raw_os_error() != Some(libc::ENETDOWN) => Err(error),
                _ => Ok(false),
            },
            _ => Ok(true),
        }
    }

    /// Hands over the frames of the next block and gives it back to the kernel. Whether there was one.
    pub fn block(&mut self, each: &mut impl FnMut(Frame<'_>)) -> bool {
        if !self.map.is_ours(self.next) {
            return false;
        }
        for frame in self.map.frames(self.next) {
            if !(self.is_loopback && frame.direction == Direction::Egress) {
                each(frame);
            }
        }
        self.map.give_back(self.next);
        self.next = (self.next + 1) % self.map.blocks;
        true
    }

    /// What the kernel counted so far.
    pub fn statistics(&mut self) -> Statistics {
        // SAFETY: all-zero is a valid value of this plain C structure.
        let mut since = unsafe { zeroed::<libc::tpacket_stats_v3>() };
        let mut length = len_of::<libc::tpacket_stats_v3>();
        // SAFETY: the structure is live and the length is its own.
        let done = unsafe {
            let into = (&raw mut since).cast();
            libc::getsockopt(self.socket.as_raw_fd(), libc::SOL_PACKET, libc::PACKET_STATISTICS, into, &raw mut length)
        };
        // Reading sets the kernel's counters to nought.
        if done == 0 {
            self.statistics.received += u64::from(since.tp_packets);
            self.statistics.dropped += u64::from(since.tp_drops);
        }
        self.statistics
    }
}

/// <linux/if_arp.h>: Ethernet and loopback, the two of wireless monitors; all others are read from their network layer on.
const fn heads(hardware: u16) -> Heads {
    match hardware {
        1 | 772 => Heads::Ethernet,
        801 => Heads::Ieee80211,
        803 => Heads::Radiotap,
        _ => Heads::None,
    }
}

/// How much room a port gets, by how much of most frames its filter returns.
fn blocks(filter: &[(u16, u8, u8, u32)]) -> usize {
    let returned = filter.iter().filter(|(code, _, _, octets)| *code == RETURN && *octets > 0).map(|(.., octets)| *octets).min();
    if returned.is_some_and(|octets| octets <= LONGEST_HEADS) { BLOCKS_OF_HEADS } else { BLOCKS_OF_FRAMES }
}

/// The memory of the ring.
#[derive(Debug)]
struct Map {
    at: NonNull<u8>,
    blocks: usize,
}

// SAFETY: the memory belongs to this value alone, and the kernel, whose turns the status words mark.
unsafe impl Send for Map {}

impl Map {
    fn new(socket: &Socket, blocks: usize) -> io::Result<Self> {
        let number = |size: usize| libc::c_uint::try_from(size).unwrap_or(0);
        let request = libc::tpacket_req3 {
            tp_block_size: number(BLOCK),
            tp_block_nr: number(blocks),
            tp_frame_size: number(FRAME),
            tp_frame_nr: number(BLOCK / FRAME * blocks),
            tp_retire_blk_tov: RETIRE_MS,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        set(socket, (libc::SOL_PACKET, libc::PACKET_RX_RING), &request)?;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping of the socket's ring, which has this length; nothing else points into it.
        let map = unsafe { libc::mmap(std::ptr::null_mut(), BLOCK * blocks, access, libc::MAP_SHARED, socket.as_raw_fd(), 0) };
        if map == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        NonNull::new(map.cast()).map(|at| Self { at, blocks }).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }

    fn block(&self, number: usize) -> *mut u8 {
        // SAFETY: the number is below that of the blocks: inside of the mapping.
        unsafe { self.at.as_ptr().add(number % self.blocks * BLOCK) }
    }

    fn status(&self, number: usize) -> &AtomicU32 {
        let descriptor: *mut libc::tpacket_block_desc = self.block(number).cast();
        // SAFETY: a block begins with its descriptor, page-aligned; the status word is written by kernel and program in turns.
        unsafe { AtomicU32::from_ptr(&raw mut (*descriptor).hdr.bh1.block_status) }
    }

    fn is_ours(&self, number: usize) -> bool {
        self.status(number).load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    fn give_back(&self, number: usize) {
        self.status(number).store(libc::TP_STATUS_KERNEL, Ordering::Release);
    }

    /// The frames of a block that is ours.
    fn frames(&self, number: usize) -> Frames<'_> {
        let block = self.block(number);
        // SAFETY: the block is ours, so that the kernel does not write to it; it begins with its descriptor.
        let (head, octets) = unsafe {
            let descriptor: *const libc::tpacket_block_desc = block.cast_const().cast();
            ((*descriptor).hdr.bh1, slice::from_raw_parts(block.cast_const(), BLOCK))
        };
        Frames { octets, at: usize::try_from(head.offset_to_first_pkt).unwrap_or(BLOCK), left: head.num_pkts }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, with the length that it was made with; no frame outlives a borrow of it.
        let _nothing_to_do_about_it = unsafe { libc::munmap(self.at.as_ptr().cast(), BLOCK * self.blocks) };
    }
}

/// See [`Map::frames`].
struct Frames<'a> {
    octets: &'a [u8],
    at: usize,
    left: u32,
}

/// Where the address of a frame stands behind its head (TPACKET_ALIGN).
const ADDRESS_AT: usize = size_of::<libc::tpacket3_hdr>().next_multiple_of(libc::TPACKET_ALIGNMENT);

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        self.left = self.left.checked_sub(1)?;
        let frame = self.octets.get(self.at..)?;
        if frame.len() < ADDRESS_AT + size_of::<libc::sockaddr_ll>() {
            return None;
        }
        // SAFETY: both plain C structures lie inside of the slice (checked above); they are read unaligned.
        let (head, name) = unsafe {
            let at = frame.as_ptr();
            (at.cast::<libc::tpacket3_hdr>().read_unaligned(), at.add(ADDRESS_AT).cast::<libc::sockaddr_ll>().read_unaligned())
        };
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        self.at = self.at.saturating_add(size(head.tp_next_offset));
        let begins = usize::from(head.tp_mac);
        let octets = frame.get(begins..begins.saturating_add(size(head.tp_snaplen)))?;
        let tpid = if head.tp_status & VLAN_TPID_VALID != 0 { head.hv1.tp_vlan_tpid } else { CUSTOMER_TAG };
        let tci = u16::try_from(head.hv1.tp_vlan_tci & 0xffff).unwrap_or(0);
        let is_sent = name.sll_pkttype == libc::PACKET_OUTGOING;
        Some(Frame {
            octets,
            wire_octets: head.tp_len,
            at_ns: u64::from(head.tp_sec) * 1_000_000_000 + u64::from(head.tp_nsec),
            tag: (head.tp_status & VLAN_VALID != 0).then_some((tpid, tci)),
            direction: if is_sent { Direction::Egress } else { Direction::Ingress },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ports;
    use super::*;
    use std::net::UdpSocket;

    /// Longer than any loopback delivery; only a failing test waits for it.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Datagrams of ours on the loopback, until all of `count` were seen.
    fn seen(ring: &mut Ring, (port, count): (u16, usize)) -> Vec<(Vec<u8>, u32)> {
        let clock = crate::clock::Stopwatch::start();
        let mut frames = Vec::new();
        while frames.len() < count && clock.elapsed() < PATIENCE {
            ring.wait(PATIENCE).unwrap();
            ring.block(&mut |frame| {
                if frame.octets.get(36..38) == Some(&port.to_be_bytes()) {
                    frames.push((frame.octets.to_vec(), frame.wire_octets));
                }
            });
        }
        frames
    }

    fn loopback() -> Port {
        ports().into_iter().find(|port| port.is_loopback && port.is_up).expect("a loopback")
    }

    #[test]
    fn a_frame_on_the_loopback_is_seen_once_and_cut_where_it_was_said() {
        let options = RingOptions { filter: vec![(RETURN, 0, 0, 60)], ..RingOptions::default() };
        let Ok(mut ring) = Ring::open(&loopback(), &options) else {
            eprintln!("SKIPPED: no permission to capture");
            return;
        };
        assert_eq!(ring.heads(), Heads::Ethernet);
        let (from, to) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        let address = to.local_addr().unwrap();
        for number in 0..40_u8 {
            from.send_to(&[number; 100], address).unwrap();
        }
        let frames = seen(&mut ring, (address.port(), 40));
        let numbers: Vec<u8> = frames.iter().map(|(octets, _)| octets[42]).collect();
        assert_eq!(numbers, (0..40).collect::<Vec<_>>());
        assert!(frames.iter().all(|(octets, wire)| (octets.len(), *wire) == (60, 142)));
        let statistics = ring.statistics();
        assert!(statistics.received >= 40 && statistics.dropped == 0);
        assert!(ring.statistics().received >= statistics.received, "counters only grow");
    }

    #[test]
    fn a_port_that_is_gone_is_an_error() {
        let gone = Port { if_index: crate::model::IfIndex(0x7fff_fff0), ..loopback() };
        assert!(Ring::open(&gone, &RingOptions::default()).is_err());
    }
}
