//! What a console shows of its user's role, and what it does not offer a viewer.

use super::golden::{drawn, state};
use noctop::model::audit::Role;
use noctop::query::Screen;
use noctop::ui::state::Access;
use noctop::ui::{GlyphSet, Lang, shot};

fn text_of(role: Option<Role>, size: (u16, u16), (lang, keys): (Lang, &str)) -> String {
    let mut state = state(Screen::Alarms, size, GlyphSet::Unicode);
    (state.role, state.access, state.lang) = (role, Access::ReadWrite, lang);
    shot::text(&drawn(state, keys))
}

#[test]
fn a_viewer_sees_the_role_in_place_of_what_the_console_might_and_an_operator_both() {
    let cases = [
        (Some(Role::Viewer), (120, 36), Lang::En, "viewer", true),
        (Some(Role::Viewer), (80, 24), Lang::En, "viewer", true),
        (Some(Role::Viewer), (120, 36), Lang::Ko, "조회자", true),
        (Some(Role::Operator), (120, 36), Lang::En, "operator rw", true),
        (Some(Role::Operator), (80, 24), Lang::En, " rw", true),
        (Some(Role::Viewer), (120, 36), Lang::En, " rw ", false),
        (None, (120, 36), Lang::En, "operator", false),
    ];
    for (role, size, lang, words, shown) in cases {
        let text = text_of(role, size, (lang, ""));
        let top = text.lines().next().unwrap_or_default();
        assert_eq!(top.contains(words), shown, "{role:?} at {size:?}: {words:?} in {top:?}");
    }
}

#[test]
fn what_a_viewer_may_not_is_neither_offered_nor_done_and_says_why() {
    let hint = |role| text_of(role, (120, 36), (Lang::En, "")).lines().last().unwrap_or_default().to_owned();
    assert!(hint(Some(Role::Operator)).contains(" ack"), "{}", hint(Some(Role::Operator)));
    assert!(!hint(Some(Role::Viewer)).contains(" ack"), "{}", hint(Some(Role::Viewer)));
    for key in ["a", "A", "S", "m"] {
        let text = text_of(Some(Role::Viewer), (120, 36), (Lang::En, key));
        let last = text.lines().last().unwrap_or_default();
        assert!(last.contains("this needs the role operator, and you are a viewer here"), "{key}: {last}");
    }
}

#[test]
fn the_role_breaks_no_screen_of_any_size() {
    for width in (1..140).step_by(9) {
        for height in [1, 5, 12, 24, 40] {
            for role in [Role::Viewer, Role::Operator] {
                let text = text_of(Some(role), (width, height), (Lang::En, ""));
                assert!(text.lines().count() <= usize::from(height), "{width}x{height}");
            }
        }
    }
}
