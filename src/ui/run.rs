//! The live loop: one thread waits on one channel of keys, views, answers and beats, and draws when something is dirty.
//!
//! Everything that could block stands on another thread: reading keys, writing frames, asking the engine, opening it.

mod options;

pub use options::{Face, UiOptions};

use super::console::{Console, DETAIL, Dirty};
use super::effect::{Effect, Form, Picture, Purpose};
use super::export::{self, file};
use super::keymap::Key;
use super::lang::{speaking, tr, trf};
use super::mouse::Did;
use super::notice::{self, Level, Notices};
use super::saved;
use super::terminal::{Terminal, WIDTH_PROBE, osc};
use super::{plain, shot, text};
use crate::engine::{Answer, AskError, Command, Handle, Update, WatchId};
use crossterm::event::{Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

/// Data is drawn once a second; on a slow line each five (screens.md §7).
const BEAT: Duration = Duration::from_secs(1);
const SLOW_BEAT: Duration = Duration::from_secs(5);
/// How long a terminal may take to say how wide it draws a glyph.
const PROBE_LIMIT: Duration = Duration::from_millis(150);

/// What ends the console but the operator.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// Standard input or output is no terminal.
    #[error("the console needs a terminal: use `noctop shot SCREEN`, or the commands that print, such as `noctop devices`")]
    NoTerminal,
    /// The terminal failed.
    #[error("terminal: {0}")]
    Terminal(#[from] io::Error),
    /// The engine could not be reached or started.
    #[error("{0}")]
    Engine(String),
}

/// Where the engine comes from.
pub enum Source {
    /// It is there.
    Ready(Handle),
    /// It is opened on another thread while the first frame is drawn already.
    Opening(Box<dyn FnOnce() -> Result<Handle, String> + Send>),
}

impl From<Handle> for Source {
    fn from(handle: Handle) -> Self {
        Self::Ready(handle)
    }
}

/// A signal of the operating system, as far as the console cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, SIGINT: end.
    End,
    /// SIGHUP: end; the terminal is gone.
    Hangup,
    /// SIGTSTP: give the terminal back and stop.
    Stop,
}

/// What is called for every signal.
pub type Told = Box<dyn Fn(Signal) + Send>;

/// The doors to signals; `cmd` brings them, because the console may not.
pub struct Signals {
    /// Calls back for every signal from now on.
    pub listen: Box<dyn FnOnce(Told) + Send>,
    /// Stops the process until the shell continues it; returns then.
    pub suspend: Box<dyn Fn()>,
}

enum Message {
    Input(Event),
    InputEnded,
    Update(Update),
    Answer(Purpose, Result<Answer, AskError>),
    Opened(Result<Handle, String>),
    Saved(Result<String, String>),
    Probed(Option<u16>),
    Signal(Signal),
    Written,
    Beat,
}

/// Whether the loop goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    On,
    End,
}

/// Runs the console until the operator quits, then closes the engine's handle and gives the terminal back.
///
/// Errors: no terminal, a terminal that fails, an engine that can't be opened.
pub fn run(source: impl Into<Source>, options: &UiOptions, signals: Signals) -> Result<(), UiError> {
    if options.face == Face::Plain {
        return plain::run(source.into(), options, signals.listen);
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(UiError::NoTerminal);
    }
    let (sender, messages) = mpsc::channel();
    let written = sender.clone();
    let terminal = Terminal::enter(move || {
        let _the_console_has_ended = written.send(Message::Written);
    })?;
    let (state, faults) = options.state(Terminal::size());
    let mut console = Console::new(state);
    let fault = faults.first().map(ToString::to_string).or_else(|| options.theme_faults.first().map(ToString::to_string));
    if let Some(fault) = fault {
        console.complain(fault);
    }
    let mut live = Live { console, terminal, sender, handle: None, jobs: None, watched: None, suspend: signals.suspend };
    live.draw();
    let listener = live.sender.clone();
    (signals.listen)(Box::new(move |signal| {
        let _the_console_has_ended = listener.send(Message::Signal(signal));
    }));
    live.open(source.into())?;
    live.read_input(options.glyphs.is_none())?;
    if options.glyphs.is_none() {
        live.wait_for_probe(&messages)?;
    }
    beats(live.sender.clone(), if options.slow { SLOW_BEAT } else { BEAT })?;
    let beat_seconds = if options.slow { SLOW_BEAT } else { BEAT }.as_secs();
    let ended = live.turn(&messages, u8::try_from(beat_seconds).unwrap_or(1));
    if let Some(handle) = &live.handle {
        handle.close();
    }
    live.terminal.leave();
    // A wallboard leaves nothing: the next console begins where an operator was.
    if let Some(path) = options.keep.as_ref().filter(|_| options.face == Face::Screens)
        && let Err(error) = saved::keep(path, &saved::text(&live.console.state))
    {
        tracing::warn!("{}: {error}", path.display());
    }
    ended
}

struct Live {
    console: Console,
    terminal: Terminal,
    sender: Sender<Message>,
    handle: Option<Handle>,
    jobs: Option<Sender<(Purpose, Command)>>,
    watched: Option<WatchId>,
    suspend: Box<dyn Fn()>,
}

impl Live {
    /// The loop: waits, takes everything that waits, draws once.
    fn turn(&mut self, messages: &Receiver<Message>, beat_seconds: u8) -> Result<(), UiError> {
        while let Ok(first) = messages.recv() {
            let mut beat = false;
            let mut next = Some(first);
            while let Some(message) = next {
                if matches!(message, Message::Beat) {
                    beat = true;
                    let effects = self.console.beat(beat_seconds);
                    self.carry_out(effects)?;
                } else if self.handle_message(message)? == Next::End {
                    return Ok(());
                }
                next = messages.try_recv().ok();
            }
            let due = if beat { Dirty::Data } else { Dirty::Now };
            if self.console.dirty() >= due && self.terminal.is_ready() {
                self.draw();
            } else if beat && self.console.dirty() == Dirty::Data {
                // The line is slow: as soon as the last frame is through.
                self.console.redraw();
            }
        }
        Ok(())
    }

    fn handle_message(&mut self, message: Message) -> Result<Next, UiError> {
        let effects = match message {
            Message::Input(event) => self.input(event),
            Message::Update(update) => self.console.update(update),
            Message::Answer(purpose, answer) => self.console.answer(purpose, answer),
            Message::Opened(Ok(handle)) => {
                self.attach(handle)?;
                Vec::new()
            }
            Message::Opened(Err(why)) => return Err(UiError::Engine(why)),
            Message::Saved(Ok(name)) => {
                self.console.say(speaking(self.console.state.lang, || trf!("written to {}", name)));
                Vec::new()
            }
            Message::Saved(Err(why)) => {
                self.console.complain(why);
                Vec::new()
            }
            Message::Signal(Signal::Stop) => vec![Effect::Suspend],
            Message::Signal(Signal::End | Signal::Hangup) | Message::InputEnded => return Ok(Next::End),
            Message::Probed(column) => {
                self.probed(column);
                Vec::new()
            }
            Message::Written | Message::Beat => Vec::new(),
        };
        self.carry_out(effects)
    }

    fn input(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.console.key(Key::from(key)),
            Event::Paste(pasted) => self.console.paste(&pasted),
            Event::Resize(width, height) => {
                self.terminal.clear_next();
                self.console.resize(Size::new(width.max(1), height.max(1)))
            }
            Event::Mouse(event) => did(event).map(|(did, at)| self.console.mouse(did, at)).unwrap_or_default(),
            Event::Key(_) | Event::FocusGained | Event::FocusLost => Vec::new(),
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Result<Next, UiError> {
        for effect in effects {
            match effect {
                Effect::Watch => self.watch(),
                Effect::WatchDetail => self.watch_detail(),
                Effect::WatchBeside => self.watch_beside(),
                Effect::Ask(purpose, command) => self.ask(purpose, command),
                Effect::Copy(words) => self.copy(&words),
                Effect::Ring(words) => self.terminal.send(osc::ring(words.as_deref(), self.terminal.kind())),
                Effect::Mouse(on) => self.terminal.send(if on { osc::MOUSE_ON } else { osc::MOUSE_OFF }.into()),
                Effect::WatchAlarms => self.watch_alarms(),
                Effect::SaveScreen(picture) => self.save_screen(picture),
                Effect::Export(form) => self.export(form),
                Effect::Redraw => {
                    self.terminal.clear_next();
                    self.console.redraw();
                }
                Effect::Suspend => {
                    self.terminal.leave();
                    (self.suspend)();
                    self.terminal.enter_again()?;
                    if self.console.state.mouse {
                        self.terminal.send(osc::MOUSE_ON.into());
                    }
                    let effects = self.console.resize(Terminal::size());
                    self.carry_out(effects)?;
                }
                Effect::Quit => return Ok(Next::End),
            }
        }
        Ok(Next::On)
    }

    fn watch(&mut self) {
        let watch = self.console.state.watch;
        let Some(handle) = &self.handle else { return };
        if let Some(old) = self.watched.filter(|old| *old != watch) {
            handle.unwatch(old);
        }
        self.watched = Some(watch);
        handle.watch(watch, self.console.request());
    }

    fn watch_detail(&self) {
        let Some(handle) = &self.handle else { return };
        match self.console.detail_request() {
            Some(request) => handle.watch(DETAIL, request.clone()),
            None => handle.unwatch(DETAIL),
        }
    }

    fn copy(&mut self, words: &str) {
        if self.terminal.kind().takes_osc() {
            self.terminal.send(osc::clipboard(words, self.terminal.kind()));
        } else {
            let why = speaking(self.console.state.lang, || tr("this terminal takes no clipboard: X and e write files"));
            self.console.complain(why.to_owned());
        }
    }

    fn watch_alarms(&self) {
        let Some(handle) = &self.handle else { return };
        if self.console.state.notices.level == Level::Off {
            handle.unwatch(notice::ALARMS);
        } else {
            handle.watch(notice::ALARMS, Notices::request());
        }
    }

    fn watch_beside(&self) {
        let Some(handle) = &self.handle else { return };
        for (watch, request) in self.console.beside() {
            match request {
                Some(request) => handle.watch(watch, request.clone()),
                None => handle.unwatch(watch),
            }
        }
    }

    fn ask(&mut self, purpose: Purpose, command: Command) {
        let gone = match &self.jobs {
            Some(jobs) => jobs.send((purpose, command)).is_err(),
            None => true,
        };
        if gone {
            self.console.complain("the engine is not ready yet".to_owned());
        }
    }

    /// The rows at hand into a file.
    fn export(&mut self, form: Form) {
        let marks = self.console.state.here().marks;
        let rows = self.console.view().map(|view| export::rows(&export::marked(view, &marks), form));
        match rows {
            Some(Ok(Some(rows))) => self.save(form.ending(), rows),
            Some(Err(error)) => self.console.complain(error.to_string()),
            Some(Ok(None)) | None => self.console.complain(text::EN.no_rows.to_owned()),
        }
    }

    /// The screen as it stands into a file.
    fn save_screen(&mut self, picture: Picture) {
        let buf = self.console.picture();
        let screen = self.console.state.place.screen.name();
        match picture {
            Picture::Text => self.save("txt", shot::text(&buf).into_bytes()),
            Picture::Ansi => self.save("ansi", shot::ansi(&buf).into_bytes()),
            Picture::Svg => self.save("svg", shot::svg(&buf, &format!("noctop {screen}")).into_bytes()),
        }
    }

    /// Something of the screen into a file, on a thread of its own: disks can be slow.
    fn save(&mut self, ending: &str, bytes: Vec<u8>) {
        let state = &self.console.state;
        let at = text::format_time(state.time.now, &state.zone, "%Y%m%d-%H%M%S");
        let stem = format!("noctop-{}-{at}", state.place.screen.name());
        let (sender, ending) = (self.sender.clone(), ending.to_owned());
        let saved = std::thread::Builder::new().name("ui-save".to_owned()).spawn(move || {
            let result = file::write(&file::folders(), (&stem, &ending), &bytes);
            let _the_console_has_ended = sender.send(Message::Saved(result));
        });
        if let Err(error) = saved {
            self.console.complain(error.to_string());
        }
    }

    fn draw(&mut self) {
        let size = self.console.state.size;
        let mut buf = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        let caret = self.console.draw(&mut buf);
        self.terminal.draw(buf, caret, &self.console.title());
        self.console.drawn();
    }

    /// Opens the engine, on a thread of its own where that takes time.
    fn open(&mut self, source: Source) -> Result<(), UiError> {
        match source {
            Source::Ready(handle) => self.attach(handle),
            Source::Opening(open) => {
                let sender = self.sender.clone();
                std::thread::Builder::new().name("ui-open".to_owned()).spawn(move || {
                    let _the_console_has_ended = sender.send(Message::Opened(open()));
                })?;
                Ok(())
            }
        }
    }

    fn attach(&mut self, handle: Handle) -> Result<(), UiError> {
        let sender = self.sender.clone();
        handle.subscribe(Box::new(move |update| {
            let _the_console_has_ended = sender.send(Message::Update(update));
        }));
        self.jobs = Some(jobs(handle.clone(), self.sender.clone())?);
        self.handle = Some(handle);
        self.watch();
        self.watch_alarms();
        self.watch_beside();
        Ok(())
    }

    /// Reads keys on a thread of its own; before the first one it asks how wide the terminal draws a glyph, if that is wanted.
    fn read_input(&self, probe: bool) -> Result<(), UiError> {
        if probe {
            self.terminal.send(WIDTH_PROBE.to_vec());
        }
        let sender = self.sender.clone();
        std::thread::Builder::new().name("ui-keys".to_owned()).spawn(move || {
            if probe {
                let column = crossterm::cursor::position().ok().map(|(column, _)| column);
                let _the_console_has_ended = sender.send(Message::Probed(column));
            }
            while let Ok(event) = crossterm::event::read() {
                if sender.send(Message::Input(event)).is_err() {
                    return;
                }
            }
            let _the_console_has_ended = sender.send(Message::InputEnded);
        })?;
        Ok(())
    }

    /// Nothing is drawn while the terminal is being asked: it would move the cursor. What comes meanwhile is kept in order.
    fn wait_for_probe(&mut self, messages: &Receiver<Message>) -> Result<(), UiError> {
        loop {
            match messages.recv_timeout(PROBE_LIMIT) {
                Ok(Message::Probed(column)) => {
                    self.probed(column);
                    return Ok(());
                }
                Ok(message) => {
                    if self.handle_message(message)? == Next::End {
                        let _it_is_we_who_receive = self.sender.send(Message::Signal(Signal::End));
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    self.probed(None);
                    return Ok(());
                }
            }
        }
    }

    /// The terminal said where its cursor stood after one ambiguous glyph: two columns are a CJK setting.
    fn probed(&mut self, column: Option<u16>) {
        self.terminal.forget_first_cell();
        let before = self.console.state.glyphs;
        self.console.state.glyphs = column.map_or(before, |column| before.from_probe(column));
        if self.console.state.glyphs != before {
            self.terminal.clear_next();
        }
        self.console.redraw();
    }
}

/// What of the mouse's doings means something.
fn did(event: MouseEvent) -> Option<(Did, Position)> {
    let did = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Did::Click,
        MouseEventKind::ScrollUp => Did::WheelUp,
        MouseEventKind::ScrollDown => Did::WheelDown,
        _ => return None,
    };
    Some((did, Position::new(event.column, event.row)))
}

/// Sends a beat each period, as long as somebody listens.
fn beats(sender: Sender<Message>, period: Duration) -> io::Result<()> {
    std::thread::Builder::new().name("ui-beat".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(period);
            if sender.send(Message::Beat).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

/// The thread that asks the engine. Of questions for names only the latest that waits is asked.
fn jobs(handle: Handle, sender: Sender<Message>) -> io::Result<Sender<(Purpose, Command)>> {
    let (jobs, waiting) = mpsc::channel::<(Purpose, Command)>();
    std::thread::Builder::new().name("ui-ask".to_owned()).spawn(move || {
        while let Ok(first) = waiting.recv() {
            let mut queue = vec![first];
            queue.extend(waiting.try_iter());
            let last_names = queue.iter().rposition(|(purpose, _)| *purpose == Purpose::Names);
            for (at, (purpose, command)) in queue.into_iter().enumerate() {
                if purpose == Purpose::Names && Some(at) != last_names {
                    continue;
                }
                let answer = handle.command(command);
                if sender.send(Message::Answer(purpose, answer)).is_err() {
                    return;
                }
            }
        }
    })?;
    Ok(jobs)
}
