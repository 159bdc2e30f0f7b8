//! As much of the shell's language as the manual uses.

/// What separates commands and words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Word,
    Command,
    /// What follows is a file, not a word.
    File,
}

/// The commands of a block, as words without quotes. Comments and redirections are left out.
pub fn commands(text: &str) -> Vec<Vec<String>> {
    let text = text.replace("\\\n", " ");
    let mut found: Vec<Vec<String>> = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut part = Part::Word;
    let mut chars = text.chars().peekable();
    let end_word = |word: &mut Option<String>, part: &mut Part, found: &mut Vec<Vec<String>>| {
        if let Some(done) = word.take() {
            if *part == Part::Word {
                found.last_mut().unwrap().push(done);
            }
            *part = Part::Word;
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let quoted: String = chars.by_ref().take_while(|other| *other != c).collect();
                word.get_or_insert_default().push_str(&quoted);
            }
            '$' if chars.peek() == Some(&'(') => {
                let inner: String = chars.by_ref().take_while(|other| *other != ')').collect();
                word.get_or_insert_default().push_str(&format!("${inner})"));
            }
            '#' if word.is_none() => while chars.next_if(|other| *other != '\n').is_some() {},
            '\n' | ';' | '|' | '&' => {
                end_word(&mut word, &mut part, &mut found);
                part = Part::Command;
            }
            '>' | '<' => {
                end_word(&mut word, &mut part, &mut found);
                part = Part::File;
            }
            ' ' | '\t' => end_word(&mut word, &mut part, &mut found),
            c => {
                if part == Part::Command {
                    found.push(Vec::new());
                    part = Part::Word;
                }
                word.get_or_insert_default().push(c);
            }
        }
    }
    end_word(&mut word, &mut part, &mut found);
    found.retain(|words| !words.is_empty());
    found
}

/// The words of a command of noctop, whoever runs it and with whatever environment.
pub fn of_noctop(words: Vec<String>) -> Option<Vec<String>> {
    let before = |word: &String| {
        word == "sudo" || word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    };
    let rest: Vec<String> = words.into_iter().skip_while(before).collect();
    (rest.first()? == "noctop").then_some(rest)
}

/// A block without its comments and without the blanks before them.
pub fn without_comments(text: &str) -> String {
    let without = |line: &str| {
        let mut quote = None;
        let mut before = ' ';
        for (at, c) in line.char_indices() {
            match (quote, c) {
                (None, '#') if before == ' ' => return line[..at].trim_end().to_owned(),
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
            before = c;
        }
        line.trim_end().to_owned()
    };
    text.lines().map(without).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_block_is_read_as_the_shell_reads_it() {
    let check = |text: &str, wanted: &[&[&str]]| assert_eq!(commands(text), wanted, "{text}");
    check("noctop a 'b c' | jq \".[]\" > x # no\nexport A='x'", &[&["noctop", "a", "b c"], &["jq", ".[]"], &["export", "A=x"]]);
    check("a --b \\\n  c\nd && e; f &", &[&["a", "--b", "c"], &["d"], &["e"], &["f"]]);
    check("x y-$(date +%F)", &[&["x", "y-$(date +%F)"]]);
    check("a |\n  b 'c\n d'", &[&["a"], &["b", "c\n d"]]);
    assert_eq!(of_noctop(vec!["sudo".into(), "noctop".into(), "x".into()]).unwrap(), ["noctop", "x"]);
    assert_eq!(of_noctop(vec!["COMMUNITY=x".into(), "noctop".into()]).unwrap(), ["noctop"]);
    assert_eq!(of_noctop(vec!["jq".into()]), None);
    assert_eq!(without_comments("a = \"#fff\"   # why\nb"), "a = \"#fff\"\nb");
}
