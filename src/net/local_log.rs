//! A line to this host's own log (syslog(3)), for those who keep it elsewhere.

use std::os::unix::net::UnixDatagram;

/// Where the host's log is heard.
const LOG: &str = "/dev/log";

/// authpriv (10) and notice (5): RFC 5424 §6.2.1. What logs forward to another host before all else.
const PRIORITY: u8 = 10 * 8 + 5;

/// Octets of a line: what every log takes (RFC 3164 §4.1).
const LONGEST: usize = 1024;

/// Tells the host's log. Where there is none, or it is busy, nothing happens: nobody waits for it.
pub fn tell(line: &str) {
    let Ok(socket) = UnixDatagram::unbound() else { return };
    let mut text = format!("<{PRIORITY}>noctop[{}]: {line}", std::process::id());
    let cut = (0..=LONGEST.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(cut);
    let _nobody_listens = socket.set_nonblocking(true).and_then(|()| socket.send_to(text.as_bytes(), LOG));
}
