//! What the close of whoever is superseded says: who took over. A host that does not tell says only that it happened.

use stillwire::link::frame::MAX_TEXT;

use crate::plain::plain;

/// What comes before whoever took over.
const BY: &str = "superseded by ";

/// The text of the close, which is for people and programs: `superseded by 10.0.0.7:50122`.
pub(crate) fn text(who: &str) -> String {
    let mut text = format!("{BY}{who}");
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}

/// Who it says took over.
pub(crate) fn who(text: &str) -> Option<String> {
    text.strip_prefix(BY).map(plain).filter(|who| !who.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_took_over_is_told_as_far_as_there_is_room() {
        assert_eq!(who(&text("pts/4 of this machine")).as_deref(), Some("pts/4 of this machine"));
        assert_eq!(who(&text(&"\u{e9}".repeat(99))).map(|who| who.chars().count()), Some(54));
        for nobody in ["superseded", "superseded by ", "", "superseded by \x1B"] {
            assert_eq!(who(nobody), None, "{nobody:?}");
        }
    }
}
