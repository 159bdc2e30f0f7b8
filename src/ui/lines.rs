//! Text in lines of a width: sentences between words, commands so that a shell still takes them.

use super::text::width;

/// A sentence in lines. A word that is longer than a line has a line of its own, cut where it ends.
pub fn sentence(text: &str, columns: usize) -> Vec<String> {
    fill(text.split_whitespace().map(str::to_owned), (columns, columns))
        .into_iter()
        .flat_map(|line| cut(&line, columns))
        .collect()
}

/// A command in lines, each but the last with the mark by which a shell goes on reading, between its words only: what is quoted stays whole.
pub fn command(text: &str, columns: usize) -> Vec<String> {
    const GOES_ON: &str = " \\";
    let lines = fill(words(text).into_iter(), (columns, columns.saturating_sub(GOES_ON.len())));
    let last = lines.len().saturating_sub(1);
    lines.into_iter().enumerate().map(|(at, line)| if at < last { line + GOES_ON } else { line }).collect()
}

/// Words put into lines: into one where all fit, else into shorter ones.
fn fill(words: impl Iterator<Item = String>, (whole, part): (usize, usize)) -> Vec<String> {
    let words: Vec<String> = words.collect();
    let all = words.join(" ");
    if width(&all) <= whole {
        return vec![all];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= part => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// A line in pieces no wider than a line.
fn cut(line: &str, columns: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in line.chars() {
        let wide = pieces.last().map_or(0, |piece| width(piece)) + width(c.encode_utf8(&mut [0; 4]));
        if wide > columns.max(2) {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces
}

/// The words of a command as a shell sees them, with their quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        quote = match quote {
            None if c == '"' || c == '\'' => Some(c),
            Some(open) if open == c => None,
            same => same,
        };
        match words.last_mut() {
            Some(word) if c != ' ' || quote.is_some() => word.push(c),
            Some(word) if !word.is_empty() => words.push(String::new()),
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_breaks_between_words_and_a_long_word_where_the_line_ends() {
        assert_eq!(sentence("one two three", 8), ["one two", "three"]);
        assert_eq!(sentence("one two", 80), ["one two"]);
        assert_eq!(sentence("abcdefgh i", 4), ["abcd", "efgh", "i"]);
        assert_eq!(sentence("그룹 목록 없음", 9), ["그룹 목록", "없음"]);
        assert_eq!(sentence("", 8), [""]);
    }

    #[test]
    fn a_command_goes_on_where_a_shell_reads_on_and_what_is_quoted_stays_whole() {
        let text = "sudo sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"";
        assert_eq!(command(text, 80), [text]);
        assert_eq!(command(text, 30), ["sudo sysctl -w \\", "net.ipv4.ping_group_range=\"0 2147483647\""]);
        assert_eq!(command("a 'b  c' d", 6), ["a \\", "'b  c' \\", "d"]);
    }
}
