//! What the packet sockets of this folder share.
#![allow(unsafe_code, reason = "packet sockets have options and addresses without a safe wrapper in the standard library")]

use crate::model::IfIndex;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::AsRawFd;

/// Length of a C value, as the kernel takes it.
pub(super) fn len_of<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<T>()).unwrap_or(0)
}

/// A packet socket that receives nothing yet: it has no protocol until it is bound.
pub(super) fn open(kind: Type) -> io::Result<Socket> {
    Socket::new(Domain::PACKET, kind, Some(Protocol::from(0)))
}

/// Sets an option (packet(7), socket(7)).
pub(super) fn set<T>(socket: &Socket, (level, option): (libc::c_int, libc::c_int), value: &T) -> io::Result<()> {
    // SAFETY: `value` is a live plain C value of that size; the kernel copies it, and what a filter program points to.
    let done = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const *value).cast(), len_of::<T>()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Frames of this protocol on one port, or on all of them; protocol 0 is none.
pub(super) fn bind(socket: &Socket, protocol: libc::c_int, port: Option<IfIndex>) -> io::Result<()> {
    // SAFETY: all-zero is a valid value of this plain C structure.
    let mut name = unsafe { zeroed::<libc::sockaddr_ll>() };
    name.sll_family = libc::sa_family_t::try_from(libc::AF_PACKET).unwrap_or(0);
    name.sll_protocol = u16::try_from(protocol).unwrap_or(0).to_be();
    name.sll_ifindex = port.and_then(|port| libc::c_int::try_from(port.0).ok()).unwrap_or(0);
    // SAFETY: `name` is a live sockaddr_ll and the length is its own.
    let done = unsafe { libc::bind(socket.as_raw_fd(), (&raw const name).cast(), len_of::<libc::sockaddr_ll>()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The kind of hardware of a port (ARPHRD, <linux/if_arp.h>).
pub(super) fn hardware(port: IfIndex) -> io::Result<u16> {
    let socket = open(Type::DGRAM)?;
    bind(&socket, 0, Some(port))?;
    // SAFETY: all-zero is a valid value of this plain C structure.
    let mut name = unsafe { zeroed::<libc::sockaddr_ll>() };
    let mut length = len_of::<libc::sockaddr_ll>();
    // SAFETY: `name` is a live sockaddr_ll and the length is its own.
    let done = unsafe { libc::getsockname(socket.as_raw_fd(), (&raw mut name).cast(), &raw mut length) };
    if done == 0 { Ok(name.sll_hatype) } else { Err(io::Error::last_os_error()) }
}

/// Attaches a filter: each step is code, two jumps and a constant (bpf(4) of the BSDs, <linux/filter.h>).
pub(super) fn attach(socket: &Socket, steps: &[(u16, u8, u8, u32)]) -> io::Result<()> {
    let mut program: Vec<libc::sock_filter> =
        steps.iter().map(|(code, jt, jf, k)| libc::sock_filter { code: *code, jt: *jt, jf: *jf, k: *k }).collect();
    let len = libc::c_ushort::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    set(socket, (libc::SOL_SOCKET, libc::SO_ATTACH_FILTER), &libc::sock_fprog { len, filter: program.as_mut_ptr() })
}
