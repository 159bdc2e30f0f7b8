//! A program on a pty: opened, started, read by a thread of its own.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;

/// A running program.
pub struct Terminal {
    pub child: Box<dyn Child + Send + Sync>,
    pub keys: Box<dyn Write + Send>,
}

/// Its terminal's other side: where this is dropped, the program is hung up on.
pub type Master = Box<dyn MasterPty + Send>;

/// The cells of a side of a screen.
pub fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

/// Starts a program on a terminal of so many columns and rows. Each time it is read, `room` says how many octets at most, and `give` takes them;
/// reading ends with the program, or when `give` says so.
pub fn start(
    command: CommandBuilder,
    (columns, rows): (u16, u16),
    mut room: impl FnMut() -> usize + Send + 'static,
    mut give: impl FnMut(&[u8]) -> bool + Send + 'static,
) -> (Terminal, Master) {
    let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let keys = pair.master.take_writer().unwrap();
    std::thread::spawn(move || {
        let mut chunk = [0_u8; 65_536];
        loop {
            let most = room().min(chunk.len());
            let Ok(count @ 1..) = reader.read(&mut chunk[..most]) else { return };
            if !give(&chunk[..count]) {
                return;
            }
        }
    });
    (Terminal { child, keys }, pair.master)
}
