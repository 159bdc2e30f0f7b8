//! What is told of a panic: where it was, and of its words only those that can hold no value. A message may quote the text that it stumbled over.

use std::any::Any;
use std::panic::PanicHookInfo;

/// How messages of the language's own begin that hold numbers and nothing else.
const HARMLESS: [&str; 6] =
    ["index out of bounds: ", "range start index ", "range end index ", "slice index starts at ", "attempt to ", "mid > len"];

/// What stands for other words.
const WITHHELD: &str = "its message may hold what is secret and is not told";

/// A panic in a line, with a backtrace where the environment asks for one.
pub fn words(info: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed").to_owned();
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let line = format!("a fault of noctop's own: thread {name} panicked at {place}: {}", message(info.payload()));
    let trace = std::backtrace::Backtrace::capture();
    if trace.status() == std::backtrace::BacktraceStatus::Captured { format!("{line}\n{trace}") } else { line }
}

/// The part of a panic's message that can be told.
fn message(payload: &(dyn Any + Send)) -> &str {
    // A literal of the source: nothing was put into it.
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        return text;
    }
    let text = payload.downcast_ref::<String>().map_or("", String::as_str);
    if HARMLESS.iter().any(|start| text.starts_with(start)) { text } else { WITHHELD }
}

/// From now on panics are told by [`words`] alone.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        use std::io::Write as _;
        let _stderr_may_be_gone = writeln!(std::io::stderr(), "noctop: {}", words(info));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_was_made_of_values_is_not_told() {
        let told = |payload: Box<dyn Any + Send>| message(&*payload).to_owned();
        assert_eq!(told(Box::new("a literal")), "a literal");
        let bounds = "index out of bounds: the len is 3 but the index is 5";
        assert_eq!(told(Box::new(bounds.to_owned())), bounds);
        let quoting = "byte index 1 is not a char boundary; it is inside 'é' (bytes 0..2) of `ésesame`".to_owned();
        assert_eq!(told(Box::new(quoting)), WITHHELD);
        assert_eq!(told(Box::new("called `Result::unwrap()` on an `Err` value: sesame".to_owned())), WITHHELD);
        assert_eq!(told(Box::new(7)), WITHHELD);
    }
}
