//! The console as lines (`--plain`), for screen readers and pipes: no second screen, no cursor addressing, no colours, no lines of
//! boxes. What changes is one line; what is asked for is labelled sentences, a screen at a time.
//!
//! It is the same console: the same places, filters, commands and views, driven by lines instead of keys. Start at [`Session`];
//! `words` says what a view holds, [`run`] is the loop around it.

mod words;

use super::console::Console;
use super::lang::{sentence, speaking, tr, trf, trn};
use super::run::{Signal, Source, Told, UiError, UiOptions};
use super::state::Place;
use super::update::{global, lists, navigate, overlay};
use super::{chrome, command, pane, shot, text};
use crate::engine::{Handle, Update, WatchId};
use crate::model::audit::Role;
use crate::model::text::visible;
use crate::query::{Screen, ViewRequest};
use crate::state::view::{EventRow, View, ViewBody};
use ratatui::layout::Size;
use std::io::{self, BufRead, ErrorKind, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

/// The watch of what happens.
const EVENTS: WatchId = WatchId(1);
/// Latest events that are looked through: more at once are told by their number.
const LATEST: usize = 100;
/// Rows that are said at once: what one listens to before asking for more.
const PAGE: usize = 10;
/// Kinds of events that are told as they happen.
const TOLD: [&str; 3] = ["alarm-raised", "alarm-cleared", "device-status"];
/// The longest line that is read; a longer one is no command.
const MAX_LINE: usize = 4_000;

enum Message {
    Line(String),
    End,
    Update(Update),
    Minute,
}

/// Runs until the input ends or `q` is written.
///
/// Errors: the engine can't be opened; the output can't be written.
pub fn run(source: Source, options: &UiOptions, listen: impl FnOnce(Told)) -> Result<(), UiError> {
    let handle = match source {
        Source::Ready(handle) => handle,
        Source::Opening(open) => open().map_err(UiError::Engine)?,
    };
    let (sender, messages) = mpsc::channel();
    let updates = sender.clone();
    handle.subscribe(Box::new(move |update| {
        let _the_console_has_ended = updates.send(Message::Update(update));
    }));
    let signals = sender.clone();
    listen(Box::new(move |signal| {
        if signal != Signal::Stop {
            let _the_console_has_ended = signals.send(Message::End);
        }
    }));
    let mut session = Session::new(handle.clone(), options);
    let mut out = io::stdout();
    let ended = session.greet().and_then(|words| say(&mut out, &words)).and_then(|()| {
        // Only now: what is piped in is answered after the greeting.
        helpers(&sender)?;
        handle.watch(EVENTS, ViewRequest::new(Screen::Events, LATEST));
        for message in &messages {
            let words = match message {
                Message::Line(line) => session.line(&line),
                Message::Update(update) => Some(session.update(update)),
                Message::Minute => Some(session.minute()),
                Message::End => None,
            };
            let Some(words) = words else { break };
            say(&mut out, &words)?;
        }
        Ok(())
    });
    handle.close();
    match ended {
        // Whoever listened has gone.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(UiError::Terminal),
    }
}

fn say(out: &mut impl Write, lines: &[String]) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}

/// The threads that read lines and count minutes.
fn helpers(sender: &Sender<Message>) -> io::Result<()> {
    let lines = sender.clone();
    std::thread::Builder::new().name("ui-lines".to_owned()).spawn(move || {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        while let Ok(1..) = io::Read::take(&mut input, MAX_LINE as u64).read_until(b'\n', &mut line) {
            let words = String::from_utf8_lossy(&line).trim().to_owned();
            line.clear();
            if lines.send(Message::Line(words)).is_err() {
                return;
            }
        }
        let _the_console_has_ended = lines.send(Message::End);
    })?;
    let minutes = sender.clone();
    std::thread::Builder::new().name("ui-minutes".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(60));
            if minutes.send(Message::Minute).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

/// The console as lines, without input and output.
pub struct Session {
    console: Console,
    handle: Handle,
    /// The latest events that were told or stood before; `None` before the first answer.
    heard: Option<Vec<EventRow>>,
    /// Minutes between counts that nobody asks for; 0 is never.
    every: u32,
    passed: u32,
}

/// What a line asks for.
type Run = fn(&mut Session, &str) -> Vec<String>;

/// A command of one word.
struct Word {
    names: &'static [&'static str],
    help: &'static str,
    run: Run,
}

const WORDS: &[Word] = &[
    Word { names: &["n", "more"], help: "n: more of the list", run: |session, _| session.turn_page(1) },
    Word { names: &["p"], help: "p: the page before", run: |session, _| session.turn_page(-1) },
    Word { names: &["r", "again"], help: "r: this screen again, as it is now", run: |session, _| session.look() },
    Word { names: &["tab"], help: "tab: the next part of the screen", run: |session, _| session.act(lists::next_part) },
    Word { names: &["b", "back"], help: "b: back", run: |session, _| session.act(|turn| global::back(turn.state)) },
    Word { names: &["s", ""], help: "s, or an empty line: counts", run: |session, _| session.counts() },
    Word { names: &["every"], help: "every 5: counts each 5 minutes; every 0: never", run: Session::set_every },
    Word { names: &["row"], help: "row 3, or #3: open row 3; row 3 t: its screen of links, as after o", run: Session::row },
    Word { names: &["?", "help"], help: "?: these commands", run: |session, _| session.help() },
];

impl Session {
    /// On a handle.
    pub fn new(handle: Handle, options: &UiOptions) -> Self {
        let size = Size::new(120, u16::try_from(PAGE).unwrap_or(10) + 20);
        let (mut state, _) = options.state(size);
        state.wallboard = None;
        let mut console = Console::new(state);
        let sink = handle.ask(ViewRequest::new(Screen::Help, 1));
        if let Ok(view) = sink {
            console.state.time.now = view.chrome.at;
        }
        Self { console, handle, heard: None, every: 0, passed: 0 }
    }

    /// Lines in the console's language; the text of devices is made visible in them, as on every screen.
    fn spoken(&mut self, work: impl FnOnce(&mut Self) -> Vec<String>) -> Vec<String> {
        let lines = speaking(self.console.state.lang, || work(self));
        lines.iter().map(|line| visible(line).into_owned()).collect()
    }

    /// What is said first.
    ///
    /// Errors: none; so that it chains with what may fail.
    pub fn greet(&mut self) -> io::Result<Vec<String>> {
        Ok(self.spoken(|session| {
            let mut lines = vec![tr("noctop, as lines. Question mark and Enter: the commands. q: the end.").to_owned()];
            lines.extend(session.counts());
            lines
        }))
    }

    /// What a line is answered with; `None` ends.
    pub fn line(&mut self, line: &str) -> Option<Vec<String>> {
        if matches!(line, "q" | "quit" | "exit" | ":q") {
            return None;
        }
        Some(self.spoken(|session| session.answer(line)))
    }

    fn answer(&mut self, line: &str) -> Vec<String> {
        if let Some(screen) = screen_of(line) {
            return self.act(|turn| navigate(turn.state, Place::screen(screen)));
        }
        if let Some(filter) = line.strip_prefix('/') {
            return self.act(|turn| overlay::set_filter(turn.state, filter.trim()));
        }
        if let Some(given) = line.strip_prefix(':') {
            let effects = self.console.command(given);
            return self.settle(effects);
        }
        if let Some(row) = line.strip_prefix('#') {
            return self.row(row);
        }
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        match WORDS.iter().find(|word| word.names.contains(&name)) {
            Some(word) => (word.run)(self, rest.trim()),
            None => vec![trf!("No command {}. Question mark: the commands.", line)],
        }
    }

    fn act(&mut self, work: impl FnOnce(&mut super::action::Turn<'_>) -> Vec<super::effect::Effect>) -> Vec<String> {
        let effects = self.console.work(work);
        self.settle(effects)
    }

    /// Carries out what is to be done, then says the screen.
    fn settle(&mut self, effects: Vec<super::effect::Effect>) -> Vec<String> {
        if effects.contains(&super::effect::Effect::Quit) {
            return vec![tr("q: the end").to_owned()];
        }
        let settled = shot::settle(&mut self.console, &self.handle, effects);
        let mut lines: Vec<String> = self.console.state.toast.take().map(|toast| toast.text).into_iter().collect();
        match settled {
            Ok(()) => lines.extend(self.look()),
            Err(error) => lines.push(error.to_string()),
        }
        lines
    }

    /// The screen, as it is now.
    fn look(&mut self) -> Vec<String> {
        if let Err(error) = shot::settle(&mut self.console, &self.handle, vec![super::effect::Effect::Watch]) {
            return vec![error.to_string()];
        }
        let state = &self.console.state;
        let mut lines = vec![self.heading()];
        let Some(view) = self.console.view() else { return lines };
        lines.extend(view.chrome.fault.iter().cloned());
        let said = words::of(view, state);
        let top = state.here().list().top.max(said.offset);
        let last = said.offset + said.rows.len();
        lines.extend(said.before);
        let numbered = (said.offset + 1..).zip(said.rows).skip(top - said.offset).take(PAGE);
        lines.extend(numbered.map(|(number, words)| format!("{number}. {words}")));
        let shown = (top + PAGE).min(last);
        if said.matched == 0 && said.listed {
            lines.push(tr("No rows.").to_owned());
        } else if shown < said.matched {
            lines.push(trf!("{} of {} rows. n: more.", shown, said.matched));
        }
        lines.extend(said.after);
        lines
    }

    /// `Devices, filter core, at 11:45:00.`
    fn heading(&self) -> String {
        let state = &self.console.state;
        let here = state.here();
        let mut parts = vec![tr(chrome::screen_name(state.place.screen)).to_owned()];
        if !state.place.title.is_empty() {
            parts.push(state.place.title.clone());
        }
        if !here.filter.is_empty() {
            parts.push(trf!("filter {}", here.filter));
        }
        if let Some(at) = state.time.at {
            parts.push(trf!("in the past, at {}", text::date_clock(at, &state.zone)));
        }
        parts.join(", ") + "."
    }

    fn turn_page(&mut self, by: isize) -> Vec<String> {
        let matched = self
            .console
            .view()
            .and_then(|view| pane::of(self.console.state.place.screen).listing(&view.body, &self.console.state));
        let last = matched.map_or(0, |listing| listing.matched.saturating_sub(1));
        let list = self.console.state.here_mut().list_mut();
        let top = list.top.saturating_add_signed(by * PAGE as isize);
        if top > last || (by < 0 && list.top == 0) {
            return vec![tr("No more rows.").to_owned()];
        }
        (list.top, list.cursor, list.key) = (top, top, None);
        self.look()
    }

    /// `row 3` opens it; `row 3 f` goes to its flows.
    fn row(&mut self, rest: &str) -> Vec<String> {
        let (number, related) = rest.split_once(' ').unwrap_or((rest, ""));
        let Some(row) = number.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1)) else {
            return vec![tr("A row is a number: row 3").to_owned()];
        };
        let mut effects = self.console.work(|turn| lists::select(turn, row));
        if self.console.state.here().list().cursor != row {
            return vec![trf!("There is no row {}.", row + 1)];
        }
        if related.trim().is_empty() {
            effects.extend(self.console.work(lists::open));
        } else {
            effects.extend(shot::keys("o").into_iter().chain(shot::keys(related)).flat_map(|key| self.console.key(key)));
        }
        self.settle(effects)
    }

    fn set_every(&mut self, rest: &str) -> Vec<String> {
        match rest.parse::<u32>() {
            Ok(minutes) => {
                (self.every, self.passed) = (minutes, 0);
                vec![if minutes == 0 {
                    tr("Counts when asked.").to_owned()
                } else {
                    trn!(minutes, "Counts each minute.", "Counts each {} minutes.")
                }]
            }
            Err(_) => vec![tr("A number of minutes: every 5").to_owned()],
        }
    }

    /// A minute passed.
    pub fn minute(&mut self) -> Vec<String> {
        self.passed += 1;
        if self.every == 0 || self.passed < self.every {
            return Vec::new();
        }
        self.passed = 0;
        self.spoken(Self::counts)
    }

    fn counts(&mut self) -> Vec<String> {
        let mut request = ViewRequest::new(Screen::Overview, 1);
        request.at = self.console.state.time.at;
        match self.handle.ask(request) {
            Ok(View { chrome, body: ViewBody::Overview(view) }) => words::counts(&chrome, &view),
            Ok(_) => Vec::new(),
            Err(error) => vec![error.to_string()],
        }
    }

    fn help(&mut self) -> Vec<String> {
        let mut lines: Vec<String> = chrome::TABS
            .iter()
            .zip("1234567890".chars())
            .map(|((screen, ..), digit)| format!("{digit}: {}", tr(chrome::screen_name(*screen))))
            .collect();
        lines.push(tr("/core: only rows with core; / alone: all rows").to_owned());
        lines.extend(WORDS.iter().map(|word| tr(word.help).to_owned()));
        lines.push(tr("q: the end").to_owned());
        lines.extend(command::COMMANDS.iter().map(|command| {
            let name = format!(":{} {}", command.name, command.argument.word());
            format!("{}: {}", name.trim_end(), tr(command.help))
        }));
        lines
    }

    /// The engine says something: a line for each thing that happened.
    pub fn update(&mut self, update: Update) -> Vec<String> {
        self.spoken(|session| match update {
            Update::View(EVENTS, view) => session.hear(view),
            Update::View(..) => Vec::new(),
            Update::Clock(now) => {
                session.console.state.time.now = now;
                Vec::new()
            }
            Update::Lost(why) => vec![trf!("Connection lost: {}", why)],
            Update::Role(role) => match session.console.state.role.replace(role) {
                before if before != Some(role) && role == Role::Viewer => {
                    vec![tr("You are a viewer here: nothing can be changed.").to_owned()]
                }
                _ => Vec::new(),
            },
            Update::Serving(_) => vec![tr("Connected again.").to_owned()],
        })
    }

    fn hear(&mut self, view: Arc<View>) -> Vec<String> {
        let ViewBody::Events(table) = &view.body else { return Vec::new() };
        let mut lines = Vec::new();
        if let Some(heard) = &self.heard {
            // The newest is first: what is new lies before what was heard.
            let new = table.rows.iter().take_while(|row| heard.first() != Some(row));
            let new: Vec<&EventRow> = new.filter(|row| !heard.contains(row)).collect();
            if new.len() == LATEST {
                lines.push(tr("More happened than can be told: 9 and Enter for the events.").to_owned());
            }
            let told = new.iter().rev().filter(|row| TOLD.contains(&row.kind.as_str()));
            lines.extend(told.map(|row| self.event(row)));
        }
        self.heard = Some(table.rows.clone());
        lines
    }

    fn event(&self, row: &EventRow) -> String {
        let at = text::clock(row.at, &self.console.state.zone);
        let words = sentence(&row.text);
        match row.kind.as_str() {
            "alarm-raised" => trf!("{}: new {} alarm, {}, {}.", at, words::severity(row.severity), row.object, words),
            "alarm-cleared" => trf!("{}: alarm cleared, {}, {}.", at, row.object, words),
            _ => trf!("{}: {}, {}.", at, row.object, words),
        }
    }
}

/// The numbered screen of a digit.
fn screen_of(line: &str) -> Option<Screen> {
    let at = "1234567890".find(line).filter(|_| line.len() == 1)?;
    chrome::TABS.get(at).map(|(screen, ..)| *screen)
}
