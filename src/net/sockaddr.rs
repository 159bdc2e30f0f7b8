//! Addresses as the kernel writes them.
#![allow(unsafe_code, reason = "a sockaddr_storage is read as what its family says it is")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address; `None` of a family that is not IP.
pub(super) fn socket_address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    let name: *const libc::sockaddr_storage = name;
    match libc::c_int::from(
        // SAFETY: the pointer comes from a reference.
        unsafe { (*name).ss_family },
    ) {
        libc::AF_INET => {
            // SAFETY: a sockaddr_storage is large enough and aligned for any address, and the family says which it is.
            let v4 = unsafe { *name.cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::new(IpAddr::V4(ip), u16::from_be(v4.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let v6 = unsafe { *name.cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            Some(std::net::SocketAddrV6::new(ip, u16::from_be(v6.sin6_port), 0, v6.sin6_scope_id).into())
        }
        _ => None,
    }
}
