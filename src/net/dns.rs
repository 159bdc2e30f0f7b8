//! Names to addresses, by the host's resolver.

use std::io;
use std::net::IpAddr;

/// The addresses of `name`, in the resolver's order, each once.
///
/// # Errors
/// When the name has no address, or no resolver answers.
pub async fn resolve(name: &str) -> io::Result<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for found in tokio::net::lookup_host((name, 0)).await? {
        if !addresses.contains(&found.ip()) {
            addresses.push(found.ip());
        }
    }
    if addresses.is_empty() { Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address")) } else { Ok(addresses) }
}
