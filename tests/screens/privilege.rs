//! What does not work, listed over the screen with the commands that mend it.

use super::fixture::{Network, handle};
use super::golden::{layers, state};
use noctop::query::Screen;
use noctop::ui::{GlyphSet, Lang, shot};

fn listed(network: Network, size: (u16, u16), (set, lang, keys): (GlyphSet, Lang, &str)) -> ratatui::buffer::Buffer {
    let mut state = state(Screen::Overview, size, set);
    state.lang = lang;
    shot::render(&handle(network), state, &shot::keys(keys)).unwrap()
}

#[test]
fn what_does_not_work_is_listed_with_the_commands_that_mend_it() {
    for (name, size, set, lang) in [
        ("120x36-unicode", (120, 36), GlyphSet::Unicode, Lang::En),
        ("120x36-ascii", (120, 36), GlyphSet::Ascii, Lang::En),
        ("80x24-unicode", (80, 24), GlyphSet::Unicode, Lang::En),
        ("80x24-ko", (80, 24), GlyphSet::Unicode, Lang::Ko),
        ("40x12-unicode", (40, 12), GlyphSet::Unicode, Lang::En),
    ] {
        let buf = listed(Network::Empty, size, (set, lang, "W"));
        insta::assert_snapshot!(format!("faults-{name}"), layers(&buf));
    }
}

#[test]
fn the_list_scrolls_to_its_end_and_no_further_and_closes() {
    let small = |keys: &str| shot::text(&listed(Network::Empty, (40, 12), (GlyphSet::Unicode, Lang::En, keys)));
    assert!(!small("W").contains("noctop doctor") && small("W").contains("ping is off"));
    let far = format!("W{}", " j".repeat(60));
    assert!(small(&far).contains("noctop doctor"), "{}", small(&far));
    assert_eq!(small("W esc"), small(""));
}

#[test]
fn where_everything_works_it_says_so() {
    let text = shot::text(&listed(Network::Campus, (80, 24), (GlyphSet::Unicode, Lang::En, "W")));
    assert!(text.contains("everything that is configured works"), "{text}");
}
