//! A page of Markdown that reads well as it stands: tables are padded, all but their last column.

use crate::ui::lang::tr;
use unicode_width::UnicodeWidthStr;

/// Said at the top of what is made, so that nobody mends the wrong place.
const MADE: &str = "Made by `noctop manual --write docs/manual` from the tables of the program: mend those, not this page.";

/// A page that grows.
pub(super) struct Page(String);

impl Page {
    /// A page with its title and what it is about.
    pub(super) fn new(title: &str, about: &str) -> Self {
        let mut page = Self(format!("# {}\n", tr(title)));
        page.text(about);
        page.text(MADE);
        page
    }

    /// A heading.
    pub(super) fn heading(&mut self, level: usize, text: &str) {
        self.0.push_str(&format!("\n{} {text}\n", "#".repeat(level)));
    }

    /// A paragraph, in the language that is spoken where it has one.
    pub(super) fn text(&mut self, text: &str) {
        self.0.push_str(&format!("\n{}\n", tr(text)));
    }

    /// Lines that stay as they are.
    pub(super) fn block(&mut self, kind: &str, text: &str) {
        self.0.push_str(&format!("\n```{kind}\n{}\n```\n", text.trim_end()));
    }

    /// A table; its headings are translated. Nothing where it has no rows.
    pub(super) fn table(&mut self, headings: &[&str], rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        let headings: Vec<String> = headings.iter().map(|heading| tr(heading).to_owned()).collect();
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| celled(cell)).collect()).collect();
        let width = |column: usize| {
            let cells = rows.iter().chain([&headings]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..headings.len()).map(width).collect();
        self.0.push('\n');
        self.row(&headings, &widths);
        let last = widths.len().saturating_sub(1);
        let rules: Vec<String> =
            widths.iter().enumerate().map(|(at, width)| "-".repeat(if at == last { 3 } else { *width })).collect();
        self.row(&rules, &widths);
        for row in &rows {
            self.row(row, &widths);
        }
    }

    fn row(&mut self, cells: &[String], widths: &[usize]) {
        let last = widths.len().saturating_sub(1);
        for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let blanks = if at == last { 0 } else { width.saturating_sub(cell.width()) };
            self.0.push_str(&format!("| {cell}{} ", " ".repeat(blanks)));
        }
        self.0.push_str("|\n");
    }

    /// The page.
    pub(super) fn done(self) -> String {
        self.0
    }
}

/// Text in which nothing ends a cell, and nothing but code looks like HTML.
fn celled(text: &str) -> String {
    let text = text.replace('|', "\\|").replace('\n', " ");
    let parts =
        text.split('`').enumerate().map(|(at, part)| if at % 2 == 0 { part.replace('<', "&lt;") } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("`")
}

/// Text as code; one that holds a backtick is set between two.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

/// Several, one after the other.
pub(super) fn codes<T: ToString>(texts: impl IntoIterator<Item = T>) -> String {
    texts.into_iter().map(|text| code(&text.to_string())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_padded_by_cells_and_nothing_ends_a_cell() {
        let mut page = Page(String::new());
        page.table(&["a", "b"], &[vec!["장비".to_owned(), "x|y".to_owned()], vec!["core".to_owned(), String::new()]]);
        assert_eq!(page.done(), "\n| a    | b |\n| ---- | --- |\n| 장비 | x\\|y |\n| core |  |\n");
    }

    #[test]
    fn what_looks_like_html_is_escaped_outside_of_code() {
        assert_eq!(celled("a <b> `x<5` <"), "a &lt;b> `x<5` &lt;");
    }

    #[test]
    fn a_backtick_is_set_between_two() {
        assert_eq!((code("`"), code("q"), code("")), ("`` ` ``".to_owned(), "`q`".to_owned(), String::new()));
    }
}
