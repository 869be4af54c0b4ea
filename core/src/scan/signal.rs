//! *Signals*: what programs already tell their terminal about what they do.

use super::csi::Csi;
use super::escape::Escape;

/// Something that a program said out loud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Signal {
    /// BEL, outside a control string.
    Bell,
    /// A prompt or command mark of a shell with shell integration.
    Prompt(PromptMark),
    /// A progress bar for the window or task bar.
    Progress(Progress),
    /// A desktop notification is asked for (OSC 9, 99 or 777).
    Notification,
    /// A new window title (OSC 0 or 2).
    Title,
    /// The alternate screen is entered (true) or left (private modes 47, 1047, 1049).
    AlternateScreen(bool),
    /// A synchronised update begins (true) or ends (private mode 2026).
    SynchronizedUpdate(bool),
    /// The terminal is asked for an answer, which will arrive as if it were typed: device attributes,
    /// status and mode reports, colours, clipboard, capabilities, window size.
    Query,
}

/// Where in the cycle of prompt, command line and output a shell is.
///
/// OSC 133 (<https://gitlab.freedesktop.org/Per_Bothner/specifications/-/blob/master/proposals/semantic-prompts.md>)
/// and OSC 633 (<https://code.visualstudio.com/docs/terminal/shell-integration>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PromptMark {
    /// `A`: a prompt begins.
    PromptStart,
    /// `B`: the prompt is written, the user may type.
    CommandStart,
    /// `C`: the command line was accepted, its output begins.
    CommandExecuted,
    /// `D`: the command is done.
    CommandFinished {
        /// Its exit code, where the shell told it.
        exit: Option<i32>,
    },
}

/// OSC 9;4 (<https://conemu.github.io/en/AnsiEscapeCodes.html#ConEmu_specific_OSC>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Progress {
    /// State 0: no progress bar.
    Clear,
    /// State 1: so many per cent, 0–100.
    Percent(u8),
    /// State 2: something failed; how far it had come, if told.
    Error(Option<u8>),
    /// State 3: busy, no telling for how long.
    Indeterminate,
    /// State 4: paused or a warning; how far it had come, if told.
    Paused(Option<u8>),
}

impl Signal {
    pub(super) fn of_control(byte: u8) -> Option<Self> {
        match byte {
            0x07 => Some(Self::Bell),
            0x05 | 0x9A => Some(Self::Query), // ENQ, DECID
            _ => None,
        }
    }

    pub(super) fn of_escape(escape: &Escape) -> Option<Self> {
        let decid = escape.intermediates().is_empty() && escape.final_byte() == b'Z';
        decid.then_some(Self::Query)
    }

    pub(super) fn of_csi(csi: &Csi) -> Option<Self> {
        if csi.is(0, 0, b'm') {
            return None; // a colour, as most are
        }
        let on = csi.is(b'?', 0, b'h');
        if on || csi.is(b'?', 0, b'l') {
            return csi.params().find_map(|param| match param.value()? {
                47 | 1047 | 1049 => Some(Self::AlternateScreen(on)),
                2026 => Some(Self::SynchronizedUpdate(on)),
                _ => None,
            });
        }
        is_query(csi).then_some(Self::Query)
    }
}

/// Whether terminals answer this sequence. From xterm's ctlseqs
/// (<https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>) and kitty's keyboard protocol.
fn is_query(csi: &Csi) -> bool {
    let intermediate = match csi.intermediates() {
        [] => 0,
        [one] => *one,
        _ => return false,
    };
    let first = csi.param(0).unwrap_or(0);
    match (csi.private().unwrap_or(0), intermediate, csi.final_byte()) {
        (0 | b'>' | b'=', 0, b'c') => first == 0, // DA1, DA2, DA3
        (b'>', 0, b'q') => first == 0,            // XTVERSION
        (0, 0, b'n') => matches!(first, 5 | 6),   // DSR: status, cursor
        (b'?', 0, b'n') => matches!(first, 6 | 15 | 25 | 26 | 53 | 55 | 56 | 62 | 63 | 75 | 85 | 996),
        (0 | b'?', b'$', b'p') => true,                          // DECRQM
        (b'?', 0, b'u') => true,                                 // kitty keyboard flags
        (b'?', 0, b'm' | b'g') => true,                          // XTQMODKEYS, XTQFMTKEYS
        (b'?', 0, b'S') => true,                                 // XTSMGRAPHICS
        (0, 0, b't') => matches!(first, 11 | 13..=16 | 18..=21), // XTWINOPS reports
        (0, 0, b'x') => first <= 1,                              // DECREQTPARM
        (0, b'*', b'y') => true,                                 // DECRQCRA
        (0, b'$', b'u') => first == 1,                           // DECRQTSR
        (0, b'$', b'w') => matches!(first, 1 | 2),               // DECRQPSR
        (0, b'&', b'u') => true,                                 // DECRQUPSS
        (0, b'"', b'v') => true,                                 // DECRQDE
        (0, b'\'', b'|') => true,                                // DECRQLP
        (0, b'#', b'R' | b'S' | b'|') => true,                   // XTREPORTCOLORS, XTTITLEPOS, XTREPORTSGR
        _ => false,
    }
}
