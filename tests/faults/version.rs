//! A console of another version, and an engine of another version: each is told which and what to do, and neither falls.

use super::place::{Place, collector, until};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};

/// A greeting as every version sends it: magic word, protocol, store format, pid, length of the text, text.
pub fn greeting(protocol: u16, version: &str) -> Vec<u8> {
    let text = format!("{version}\n");
    let mut octets = b"noctop".to_vec();
    octets.extend(protocol.to_be_bytes());
    octets.extend(1_u32.to_be_bytes());
    octets.extend(4242_u32.to_be_bytes());
    octets.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    octets.extend(text.as_bytes());
    octets
}

/// Serves a socket as a noctop of another version does: it greets, and hangs up on whoever is another.
pub fn another_engine(listener: UnixListener) {
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _gone_already = stream.write_all(&greeting(99, "9.9.9"));
            let _another_version = stream.read(&mut [0; 4096]);
        }
    });
}

#[test]
fn an_engine_of_another_version_is_named_with_what_to_do() {
    let place = Place::new("");
    another_engine(UnixListener::bind(place.socket()).unwrap());
    let (code, out, err) = place.run(&["status"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("noctop 9.9.9 (pid 4242) serves there and speaks protocol 99"), "{err}");
    assert!(err.contains("use the same version for both, or end that one"), "{err}");
}

#[test]
fn a_console_of_another_version_is_greeted_counted_and_harms_nobody() {
    let place = Place::new("[discovery]\nown_host = false\n");
    let daemon = place.daemon();
    let mut console = UnixStream::connect(place.socket()).unwrap();
    console.write_all(&greeting(3, "0.0.1")).unwrap();
    let mut heard = Vec::new();
    let _reset_or_closed = console.read_to_end(&mut heard);
    assert!(heard.starts_with(b"noctop"), "it hears whom it reached, in a layout that never changes: {heard:?}");
    let text = String::from_utf8_lossy(&heard).into_owned();
    assert!(text.contains(env!("CARGO_PKG_VERSION")), "{text}");
    let status = until("the count", || Some(place.status()).filter(|all| collector(all, "console")["refused"]["stranger"] == 1));
    assert_eq!(status["pid"], daemon.pid());
    assert!(daemon.end("-TERM").0.success(), "{}", daemon.log());
}
