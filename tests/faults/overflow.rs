//! More comes in than is read: what the kernel drops is counted to the datagram and said, with what to do about it.

use super::place::{Place, collector, free_port, says};
use std::fs;
use std::net::UdpSocket;

/// Datagrams between two looks at what the kernel dropped.
const VOLLEY: u64 = 2000;

/// Where even the largest buffer that a host may be configured with has run over.
const MOST: u64 = 400_000;

/// A line of syslog, a version 1 trap and a NetFlow header, as long as datagrams become.
fn datagram(of: &str) -> Vec<u8> {
    let mut octets = match of {
        "syslog" => b"<13>Nov 22 12:00:00 core-1 app: ".to_vec(),
        "flow" => vec![0, 5, 0, 0],
        _ => b"not a trap".to_vec(),
    };
    octets.resize(1400, b'x');
    octets
}

/// What the kernel dropped of a socket: the last column of its line.
fn dropped(port: u16) -> u64 {
    let table = fs::read_to_string("/proc/net/udp").unwrap();
    let place = format!("0100007F:{port:04X}");
    let line = table.lines().find(|line| line.split_whitespace().nth(1) == Some(&place)).expect("its socket");
    line.split_whitespace().last().unwrap().parse().unwrap()
}

#[test]
fn what_overflows_a_socket_is_counted_to_the_datagram_and_said() {
    let ports = [("flow", free_port()), ("syslog", free_port()), ("trap", free_port())];
    let [flows, syslog, traps] = ports.map(|(_, port)| port);
    let place = Place::new(&format!(
        "[discovery]\nown_host = false\n[flows]\nlisten = [\"127.0.0.1:{flows}\"]\n[traps]\nlisten = [\"127.0.0.1:{traps}\"]\n\
         [syslog]\nlisten = [\"udp:127.0.0.1:{syslog}\"]\n"
    ));
    let daemon = place.daemon();
    daemon.signal("-STOP");
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sent = ports.map(|(name, port)| {
        let (octets, mut sent) = (datagram(name), 0);
        while dropped(port) == 0 {
            assert!(sent < MOST, "{name}: nothing is dropped");
            (0..VOLLEY).for_each(|_| assert_eq!(sender.send_to(&octets, ("127.0.0.1", port)).unwrap(), octets.len()));
            sent += VOLLEY;
        }
        (name, sent)
    });
    daemon.signal("-CONT");
    let status = place.until_status("account of every datagram", |status| {
        sent.iter().all(|(name, sent)| {
            let one = collector(status, name);
            let dropped = one["dropped"]["kernel"].as_u64().unwrap_or(0);
            dropped > 0 && one["received"].as_u64().unwrap_or(0) + dropped == *sent
        })
    });
    assert_eq!(status["pid"], daemon.pid());
    for what in
        ["datagrams of flows were dropped by the kernel", "datagrams of syslog were dropped", "datagrams of traps were dropped"]
    {
        place.until_status(what, |status| says(status, what) && says(status, "raise net.core.rmem_max"));
    }
    let (_, table, _) = place.run(&["status"]);
    assert!(table.contains("note: ") && table.contains("raise net.core.rmem_max"), "{table}");
    assert_eq!(collector(&place.status(), "flow")["restarts"], 0, "a process that was stopped has not hung");
}
