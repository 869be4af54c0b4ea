//! Text of strangers, made harmless before a person sees it.

/// What a session, a file or another host calls itself, as one line that says nothing to a terminal: no controls
/// (escape sequences begin with one), nothing that turns the reading direction or cannot be seen, and at most
/// [`SHOWN`](crate::limits::SHOWN) characters.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !is_invisible(*c)).take(crate::limits::SHOWN).collect()
}

/// A name as one word of a command line: quoted where a shell would take it for something else.
pub fn word(name: &str) -> String {
    let safe = |c: char| {
        c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@' | ':' | '/' | '%' | ',' | '=')
    };
    if !name.is_empty() && name.chars().all(safe) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

/// Zero-width characters and those that change the direction (Unicode 16, general category Cf, as far as they are
/// of use to somebody who wants to look like somebody else), and the separators of lines and paragraphs.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_speaks_to_the_terminal_or_looks_like_something_else() {
        assert_eq!(plain("make\u{1B}[2J\n\u{9B}1m -j8"), "make[2J1m -j8");
        assert_eq!(plain("safe\u{202E}gpj.exe\u{200B}"), "safegpj.exe");
        assert_eq!(plain("grün 漢字 🎉"), "grün 漢字 🎉");
        for (name, shown) in [
            ("b-1", "b-1"),
            ("two words", "'two words'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
            ("grün", "grün"),
        ] {
            assert_eq!(word(name), shown);
        }
        assert_eq!(plain(&"x".repeat(10_000)).len(), crate::limits::SHOWN);
    }
}
