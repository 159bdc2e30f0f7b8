//! The command line as data, for the manual: what `--help` says, command by command.

use clap::{Arg, Command};

/// A command with what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandText {
    /// `noctop alarms test`
    pub name: String,
    /// What it does, in a sentence.
    pub about: String,
    /// How it is written.
    pub usage: String,
    /// Examples and what else there is to know.
    pub more: Option<String>,
    /// Its arguments, in their order.
    pub options: Vec<OptionText>,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionText {
    /// `-o, --output FILE`
    pub spelling: String,
    /// What it is about.
    pub help: String,
    /// What holds where it is not given.
    pub default: Option<String>,
    /// The words that it takes, where there are only some.
    pub words: Vec<String>,
}

/// All commands, each after the one that it is below; the first is `noctop` itself, with the options that every command takes.
pub fn described() -> Vec<CommandText> {
    let mut all = Vec::new();
    add(&mut all, &super::command(), "");
    all
}

fn add(all: &mut Vec<CommandText>, command: &Command, above: &str) {
    let name = if above.is_empty() { command.get_name().to_owned() } else { format!("{above} {}", command.get_name()) };
    let shown = |arg: &&Arg| !arg.is_hide_set();
    all.push(CommandText {
        about: command.get_about().map(ToString::to_string).unwrap_or_default(),
        usage: usage(command, &name),
        more: command.get_after_help().map(ToString::to_string),
        options: command.get_arguments().filter(shown).map(option).collect(),
        name: name.clone(),
    });
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        add(all, below, &name);
    }
}

fn usage(command: &Command, name: &str) -> String {
    let mut command = command.clone().bin_name(name);
    let text = command.render_usage().to_string();
    text.trim_start_matches("Usage:").trim().to_owned()
}

fn option(arg: &Arg) -> OptionText {
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let takes = arg.get_action().takes_values();
    let names: Vec<String> = arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    let flags: Vec<String> = [short, long].into_iter().flatten().collect();
    let spelling = match (flags.is_empty(), takes) {
        (true, _) => names.join(" "),
        (false, true) => format!("{} {}", flags.join(", "), names.join(" ")),
        (false, false) => flags.join(", "),
    };
    let defaults: Vec<String> = arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    let words = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    OptionText {
        spelling,
        help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
        default: Some(defaults.join(" ")).filter(|text| takes && !text.is_empty()),
        words: if takes { words } else { Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_spelled_as_help_spells_them() {
        let all = described();
        let of = |name: &str| all.iter().find(|command| command.name == name).unwrap();
        let top = of("noctop top");
        assert!(top.usage.starts_with("noctop top"), "{}", top.usage);
        let limit = top.options.iter().find(|option| option.spelling == "--limit N").unwrap();
        assert_eq!(limit.default.as_deref(), Some("10"));
        let format = of("noctop discover").options.iter().find(|option| option.spelling.starts_with("--format")).unwrap();
        assert!(format.words.contains(&"dot".to_owned()));
        assert!(of("noctop").options.iter().any(|option| option.spelling == "-v, --verbose"));
        assert_eq!(of("noctop walk").options[0].spelling, "TARGET");
    }
}
