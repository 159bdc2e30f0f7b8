//! What lies over a screen and takes the keys first: inputs, the palette, the jump list, the related menu.
//!
//! Layers replace flags: the topmost one decides what a key means.

use super::command::Suggestion;
use crate::state::view::screens::Name;
use crate::ui::pane::logs::menu::Narrowing;
use crate::ui::update::work::Work;
use tui_input::Input;

/// A layer.
#[derive(Clone, Debug)]
pub enum Layer {
    /// `/`: the filter of the screen is being written.
    Filter(Input),
    /// `A`: a note on alarms is being written.
    Note(Input),
    /// `S`: a key says how long alarms are silent.
    Silence,
    /// How long alarms are silent is being written.
    Until(Input),
    /// `m` on an alarm: what is worked on; a key says for how long. The cursor stands on one.
    Work(Vec<Work>, usize),
    /// `=`: a time to go to is being written.
    GoTo(Input),
    /// `:`: a command is being written.
    Palette(Picker<Suggestion>),
    /// `J`: a name to jump to is being written.
    Jump(Picker<Name>),
    /// `o`: a letter says which related screen.
    Related,
    /// `c`: the columns of the table; the cursor stands on one.
    Columns(usize),
    /// `b`: by what flows can be summed up; the cursor stands on one.
    Groups(usize),
    /// `m` on a log line: what of it narrows the list; the cursor stands on one.
    Narrow(Vec<Narrowing>, usize),
    /// `e`: a letter says in which form the rows are written.
    Export,
    /// `X`: a letter says in which form the screen is written.
    Save,
    /// `W`: what does not work and what to do about it, in full; scrolled by so many lines.
    Faults(usize),
}

impl Layer {
    /// The text that is being written, if the layer has one.
    pub fn input(&mut self) -> Option<&mut Input> {
        match self {
            Self::Filter(input) | Self::GoTo(input) | Self::Note(input) | Self::Until(input) => Some(input),
            Self::Palette(picker) => Some(&mut picker.input),
            Self::Jump(picker) => Some(&mut picker.input),
            Self::Related
            | Self::Columns(_)
            | Self::Groups(_)
            | Self::Narrow(..)
            | Self::Export
            | Self::Save
            | Self::Faults(_)
            | Self::Work(..)
            | Self::Silence => None,
        }
    }
}

/// An input with a list under it.
#[derive(Clone, Debug)]
pub struct Picker<T> {
    /// What is being written.
    pub input: Input,
    /// What fits it, best first.
    pub items: Vec<T>,
    /// Which of them is chosen; `None` takes the text as it is.
    pub cursor: Option<usize>,
    /// How far back in the history of commands the text is from; 0 is none of them.
    pub recalled: usize,
}

impl<T> Default for Picker<T> {
    fn default() -> Self {
        Self { input: Input::default(), items: Vec::new(), cursor: None, recalled: 0 }
    }
}

impl<T> Picker<T> {
    /// The chosen item.
    pub fn chosen(&self) -> Option<&T> {
        self.cursor.and_then(|at| self.items.get(at))
    }

    /// Moves the choice, round the ends.
    pub fn step(&mut self, by: isize) {
        if self.items.is_empty() {
            self.cursor = None;
            return;
        }
        let len = self.items.len();
        let from = self.cursor.map_or(if by > 0 { len - 1 } else { 0 }, |at| at.min(len - 1));
        self.cursor = Some((from + len).saturating_add_signed(by) % len);
    }
}
