//! A program on a pty: started, watched, pressed keys at, and looked at afterwards.

use crate::terminal::{self, Master, Terminal, cells};
use portable_pty::CommandBuilder;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What is started.
#[derive(Clone)]
pub struct Program {
    pub name: &'static str,
    pub command: Vec<String>,
    /// Two keys that undo one another, as bytes.
    pub keys: [&'static str; 2],
    pub size: (u16, u16),
}

impl Program {
    pub fn new(name: &'static str, command: &[&str], keys: [&'static str; 2]) -> Self {
        Self { name, command: command.iter().map(|part| (*part).to_owned()).collect(), keys, size: (120, 36) }
    }

    pub fn sized(mut self, size: (u16, u16)) -> Self {
        self.size = size;
        self
    }
}

/// Octets that came, with their time.
pub struct Chunk {
    pub at: Instant,
    pub octets: Vec<u8>,
}

/// A running program.
pub struct Pty {
    terminal: Terminal,
    _master: Master,
    output: Receiver<Chunk>,
    pub chunks: Vec<Chunk>,
    pub started: Instant,
    size: (u16, u16),
}

impl Pty {
    pub fn start(program: &Program) -> Self {
        let mut command = CommandBuilder::new(&program.command[0]);
        command.args(&program.command[1..]);
        for (name, value) in
            [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LC_ALL", "C.UTF-8"), ("LANG", "C.UTF-8"), ("USER", "noc")]
        {
            command.env(name, value);
        }
        let started = Instant::now();
        let (sender, output) = channel();
        let give = move |octets: &[u8]| sender.send(Chunk { at: Instant::now(), octets: octets.to_vec() }).is_ok();
        let (terminal, _master) = terminal::start(command, program.size, || usize::MAX, give);
        Self { terminal, _master, output, chunks: Vec::new(), started, size: program.size }
    }

    /// Takes what comes for a time; answers what a terminal is asked.
    pub fn pump(&mut self, time: Duration) {
        let end = Instant::now() + time;
        loop {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(chunk) => self.take(chunk),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => {
                    std::thread::sleep(end.saturating_duration_since(Instant::now()));
                    return;
                }
            }
        }
    }

    /// Takes what comes until it is quiet for `gap`, at most for `limit`.
    pub fn until_quiet(&mut self, gap: Duration, limit: Duration) {
        let end = Instant::now() + limit;
        while Instant::now() < end {
            match self.output.recv_timeout(gap) {
                Ok(chunk) => self.take(chunk),
                Err(_) => return,
            }
        }
    }

    fn take(&mut self, chunk: Chunk) {
        let has = |ask: &[u8]| chunk.octets.windows(ask.len()).any(|part| part == ask);
        let answers: [(&[u8], &str); 4] = [
            (b"\x1b[6n", "\x1b[1;2R"),
            (b"\x1b[c", "\x1b[?62;22c"),
            (b"\x1b]11;?", "\x1b]11;rgb:0000/0000/0000\x1b\\"),
            (b"\x1b[?u", "\x1b[?0u"),
        ];
        for answer in answers.iter().filter(|(ask, _)| has(ask)).map(|(_, answer)| *answer).collect::<Vec<_>>() {
            self.press(answer);
        }
        self.chunks.push(chunk);
    }

    /// A program that has ended takes no keys.
    pub fn press(&mut self, keys: &str) -> Instant {
        let at = Instant::now();
        let _ended = self.terminal.keys.write_all(keys.as_bytes()).and_then(|()| self.terminal.keys.flush());
        at
    }

    /// CPU that the program and its children took, nanoseconds.
    pub fn cpu_ns(&self) -> u64 {
        self.processes().iter().map(|process| of_threads(*process)).sum()
    }

    /// Resident memory of the program and its children, MB.
    pub fn resident_mb(&self) -> f64 {
        let kilobytes = |process: &u32| {
            let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).map(str::to_owned);
            line.and_then(|line| line.split_whitespace().next().and_then(|number| number.parse::<f64>().ok())).unwrap_or(0.0)
        };
        self.processes().iter().map(kilobytes).sum::<f64>() / 1024.0
    }

    fn processes(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.terminal.child.process_id().into_iter().collect();
        let mut at = 0;
        while let Some(process) = all.get(at).copied() {
            at += 1;
            let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        all
    }

    /// Octets that came since a chunk.
    pub fn octets_since(&self, from: usize) -> usize {
        self.chunks[from.min(self.chunks.len())..].iter().map(|chunk| chunk.octets.len()).sum()
    }

    /// The screen after each chunk, in order.
    pub fn replay(&self, mut look: impl FnMut(&Chunk, &vt100::Screen)) {
        let mut terminal = vt100::Parser::new(cells(self.size.1), cells(self.size.0), 0);
        for chunk in &self.chunks {
            terminal.process(&chunk.octets);
            look(chunk, terminal.screen());
        }
    }

    /// Ends it as a user does; a program that stays is killed.
    pub fn end(mut self) {
        self.press("q");
        self.pump(Duration::from_millis(300));
        self.press("\x03");
        self.pump(Duration::from_millis(100));
        if self.terminal.child.try_wait().ok().flatten().is_none() {
            let _gone_already = self.terminal.child.kill();
        }
        let _reaped = self.terminal.child.wait();
    }
}

fn of_threads(process: u32) -> u64 {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { return 0 };
    let of = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        text.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
    };
    tasks.flatten().map(of).sum()
}

/// Cells with something in them.
pub fn filled(screen: &vt100::Screen) -> usize {
    screen.contents().chars().filter(|c| !c.is_whitespace()).count()
}
