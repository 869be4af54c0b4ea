//! Desktop notifications and titles, through the terminal itself.

use crate::cli::Notify;

/// The longest text that is put into an escape sequence; terminals cut far longer ones in surprising places.
const LONGEST: usize = 120;

/// The bytes that raise a desktop notification in this terminal.
pub(crate) fn notification(how: Notify, text: &str) -> Vec<u8> {
    let text = plain(text);
    match if how == Notify::Auto { guess(|name| std::env::var(name).ok()) } else { how } {
        Notify::Osc9 => format!("\x1B]9;{text}\x1B\\").into_bytes(),
        Notify::Osc777 => format!("\x1B]777;notify;stillwire;{}\x1B\\", text.replace(';', ",")).into_bytes(),
        Notify::Auto | Notify::Bell => b"\x07".to_vec(),
    }
}

/// The bytes that show `text` as the title, after the old one has been put on the terminal's stack.
pub(crate) fn push_title(text: &str) -> Vec<u8> {
    format!("\x1B[22;0t\x1B]2;{}\x1B\\", plain(text)).into_bytes()
}

/// The bytes that show the title from before [`push_title`] again.
pub(crate) const POP_TITLE: &[u8] = b"\x1B[23;0t";

/// What this terminal understands, from the variables with which terminals announce themselves.
///
/// Sources: the manuals of iTerm2, kitty (OSC 9 is taken as a simple notification), foot, Ghostty, WezTerm, and
/// VTE's `OSC 777`. tmux and screen pass neither on but know the bell.
fn guess(var: impl Fn(&str) -> Option<String>) -> Notify {
    let term = var("TERM").unwrap_or_default();
    if var("TMUX").is_some() || var("STY").is_some() || term.starts_with("tmux") || term.starts_with("screen")
    {
        return Notify::Bell;
    }
    let program = var("TERM_PROGRAM").unwrap_or_default();
    match program.as_str() {
        "iTerm.app" => return Notify::Osc9,
        "ghostty" | "WezTerm" => return Notify::Osc777,
        _ => {}
    }
    if term.starts_with("xterm-kitty") || var("WT_SESSION").is_some() {
        return Notify::Osc9;
    }
    let by_term =
        ["foot", "xterm-ghostty", "wezterm", "rxvt-unicode"].iter().any(|name| term.starts_with(name));
    if by_term || var("VTE_VERSION").is_some() { Notify::Osc777 } else { Notify::Bell }
}

/// Text that cannot end the sequence it is put into, nor begin another.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(vars: &[(&str, &str)]) -> Notify {
        guess(|name| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_terminal_is_asked_in_the_way_it_understands() {
        assert_eq!(guessed(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")]), Notify::Osc9);
        assert_eq!(guessed(&[("TERM", "foot-extra")]), Notify::Osc777);
        assert_eq!(guessed(&[("TERM", "xterm-256color"), ("VTE_VERSION", "7600")]), Notify::Osc777);
        assert_eq!(guessed(&[("TERM", "xterm-kitty"), ("TMUX", "/tmp/tmux-0/default,1,0")]), Notify::Bell);
        assert_eq!(guessed(&[("TERM", "linux")]), Notify::Bell);
    }

    #[test]
    fn a_hostile_name_stays_text() {
        let bytes = notification(Notify::Osc9, "a\x1B\\\x07\u{9C}b");
        assert_eq!(bytes, b"\x1B]9;a\\b\x1B\\");
        assert_eq!(notification(Notify::Osc777, "a;b"), b"\x1B]777;notify;stillwire;a,b\x1B\\");
    }
}
