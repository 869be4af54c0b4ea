//! Rules that others use to tell whether a terminal works, written anew from their descriptions.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Kind, Recording, Rule, SECOND, SETTLE, Timeline};

/// The rules of others, in the order of the table.
pub const OTHERS: [Rule; 4] = [
    Rule { name: "raw silence for 3.5 s (tmux)", run: raw_silence },
    Rule { name: "stateless strip, polled (agency)", run: stateless_strip },
    Rule { name: "screen hash each 500 ms (claude-squad)", run: |recording| screen_hash(recording, 1) },
    Rule { name: "the same, 7 equal hashes (3.5 s)", run: |recording| screen_hash(recording, 7) },
];

/// tmux's monitor-silence: any byte is activity, none for N seconds is silence. N is set to what
/// quiet and confirm are together, so that the rule is compared and not its number.
pub fn raw_silence(recording: &Recording) -> Timeline {
    let mut line = Timeline::new(true);
    let mut last = 0;
    let outputs = recording.events.iter().filter(|e| e.kind == Kind::Output);
    for at in outputs.map(|e| e.at).chain([recording.end]) {
        if at > last + SETTLE {
            line.set(last + SETTLE, false);
        }
        if at < recording.end {
            line.set(at, true);
        }
        last = at;
    }
    line
}

/// agency's tracker: each chunk stripped for itself; 3 s without visible text, seen by a poll, and
/// still so at a poll 500 ms later; any chunk, visible or not, restarts the second wait; input
/// counts as activity, whoever sent it. Polled each 250 ms.
pub fn stateless_strip(recording: &Recording) -> Timeline {
    const POLL: u64 = 250_000;
    let mut line = Timeline::new(true);
    let (mut visible, mut pending) = (0, None);
    let mut events = recording.events.iter().peekable();
    let mut now = 0;
    while now <= recording.end {
        while let Some(event) = events.next_if(|e| e.at <= now) {
            pending = None;
            let text = String::from_utf8_lossy(&event.data);
            if event.kind == Kind::Input || strip_chunk(&text).chars().any(|c| !c.is_control()) {
                visible = event.at;
            }
        }
        if now < visible + 3 * SECOND {
            pending = None;
            line.set(now, true);
        } else if line.at(now) {
            let since = *pending.get_or_insert(now);
            if now >= since + SECOND / 2 {
                line.set(now, false);
            }
        }
        now += POLL;
    }
    line
}

/// What a regular expression for CSI and OSC removes from one chunk; what is cut by the chunk's
/// border stays.
fn strip_chunk(chunk: &str) -> String {
    let mut out = String::new();
    let mut rest = chunk;
    while let Some((before, after)) = rest.split_once('\x1b') {
        out.push_str(before);
        rest = match sequence_end(after) {
            Some(end) => &after[end..],
            None => after,
        };
    }
    out + rest
}

/// How many bytes after ESC belong to a whole CSI or OSC sequence.
fn sequence_end(after: &str) -> Option<usize> {
    let bytes = after.as_bytes();
    match bytes.first()? {
        b'[' => {
            let parameters = bytes[1..].iter().take_while(|b| (0x20..0x40).contains(*b)).count();
            let end = parameters + 1;
            bytes.get(end).is_some_and(|b| (0x40..0x7f).contains(b)).then_some(end + 1)
        }
        b']' => {
            let bell = after.find('\x07').map(|n| n + 1);
            let st = after.find("\x1b\\").map(|n| n + 2);
            bell.into_iter().chain(st).min()
        }
        _ => None,
    }
}

/// claude-squad: the text of the screen hashed each 500 ms; running when it changed. `equal`
/// hashes in a row are needed for idle: one there, seven to be as patient as the others.
pub fn screen_hash(recording: &Recording, equal: u32) -> Timeline {
    const POLL: u64 = 500_000;
    let mut screen = recording.screen();
    let mut line = Timeline::new(true);
    let (mut last, mut same) = (None, 0);
    let mut events = recording.events.iter().filter(|e| e.kind == Kind::Output).peekable();
    let mut now = 0;
    while now <= recording.end {
        while let Some(event) = events.next_if(|e| e.at <= now) {
            screen.process(&event.data);
        }
        let mut hasher = DefaultHasher::new();
        for row in screen.screen().rows_formatted(0, recording.size.0) {
            row.hash(&mut hasher);
        }
        let hash = Some(hasher.finish());
        same = if hash == last { same + 1 } else { 0 };
        last = hash;
        if same == 0 {
            line.set(now, true);
        } else if same >= equal {
            line.set(now, false);
        }
        now += POLL;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_stripped_for_itself_leaves_what_was_cut() {
        assert_eq!(strip_chunk("a\x1b[1mb\x1b]0;t\x07c\x1b]0;t\x1b\\d"), "abcd");
        assert_eq!(strip_chunk("a\x1b[38;5"), "a[38;5");
        assert_eq!(strip_chunk(";1mtext"), ";1mtext");
    }
}
