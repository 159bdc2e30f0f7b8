//! The one door to the operating system's signals. Handlers run on a thread of their own, where everything is allowed.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use std::io;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// SIGTERM, SIGINT
    End,
    /// SIGHUP
    Hangup,
    /// SIGTSTP
    Stop,
}

/// Calls `told` for every signal from now on.
///
/// Errors: the system refuses a handler or a thread.
pub fn listen(told: Box<dyn Fn(Asked) + Send>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGTSTP])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            told(match signal {
                SIGHUP => Asked::Hangup,
                SIGTSTP => Asked::Stop,
                _ => Asked::End,
            });
        }
    })?;
    Ok(())
}

/// Stops this process as SIGTSTP would by default, and returns when the shell continues it.
pub fn stop() {
    // The only error is an unknown signal number.
    let _known = signal_hook::low_level::emulate_default_handler(SIGTSTP);
}
