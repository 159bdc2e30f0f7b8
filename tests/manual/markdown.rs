//! As much of Markdown as the manual uses.

use std::path::{Path, PathBuf};

/// A page.
pub struct Page {
    pub path: PathBuf,
    pub headings: Vec<Heading>,
    pub links: Vec<String>,
    pub pictures: Vec<String>,
    pub blocks: Vec<Block>,
    /// Rows of all tables.
    pub rows: usize,
}

pub struct Heading {
    pub level: usize,
    pub slug: String,
}

/// A block of code.
pub struct Block {
    pub kind: String,
    pub text: String,
    /// Why it is not run.
    pub not_run: Option<String>,
}

impl Page {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut page = Self {
            path: path.to_owned(),
            headings: Vec::new(),
            links: Vec::new(),
            pictures: Vec::new(),
            blocks: Vec::new(),
            rows: 0,
        };
        let mut not_run = None;
        let mut open: Option<Block> = None;
        for line in text.lines() {
            if let Some(mut block) = open.take() {
                if line.trim_start().starts_with("```") {
                    page.blocks.push(block);
                } else {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
                continue;
            }
            if let Some(kind) = line.trim_start().strip_prefix("```") {
                open = Some(Block { kind: kind.trim().to_owned(), text: String::new(), not_run: not_run.take() });
                continue;
            }
            not_run = line.strip_prefix("<!-- not run: ").and_then(|rest| rest.strip_suffix(" -->")).map(str::to_owned);
            page.line(line);
        }
        assert!(open.is_none(), "{}: a block of code does not end", path.display());
        page
    }

    fn line(&mut self, line: &str) {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if level > 0 && line.as_bytes().get(level) == Some(&b' ') {
            self.headings.push(Heading { level, slug: slug(&line[level + 1..]) });
        }
        self.rows += usize::from(line.starts_with('|'));
        let plain = without_code(line);
        for (at, _) in plain.match_indices("](") {
            let Some(end) = plain[at + 2..].find(')') else { continue };
            let target = plain[at + 2..at + 2 + end].to_owned();
            let opening = plain[..at].rfind('[').unwrap_or_default();
            if plain[..opening].ends_with('!') { self.pictures.push(target) } else { self.links.push(target) }
        }
    }

    pub fn has_anchor(&self, anchor: &str) -> bool {
        self.headings.iter().any(|heading| heading.slug == anchor)
    }
}

/// A line without what stands between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("")
}

/// The anchor that forges make of a heading.
fn slug(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn anchors_are_those_of_forges() {
    assert_eq!(slug("Tell somebody: Slack, Teams"), "tell-somebody-slack-teams");
    assert_eq!(slug("SNMP 응답 없음"), "snmp-응답-없음");
    assert_eq!(slug("`[[alarm]]`"), "alarm");
}
