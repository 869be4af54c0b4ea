//! *Signals*: what programs already tell their terminal about what they do.

use super::csi::{Csi, shape};
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

    #[inline]
    pub(super) fn of_csi(csi: &Csi) -> Option<Self> {
        // Most are colours and cursor movements.
        let last = csi.final_byte();
        if matches!(last, b'A'..=b'Q') || csi.is_rendition() { None } else { Self::of_rare(csi) }
    }

    fn of_rare(csi: &Csi) -> Option<Self> {
        let on = csi.shape() == shape(b'?', 0, b'h');
        if on || csi.shape() == shape(b'?', 0, b'l') {
            return csi.params().find_map(|param| match param.value()? {
                47 | 1047 | 1049 => Some(Self::AlternateScreen(on)),
                2026 => Some(Self::SynchronizedUpdate(on)),
                _ => None,
            });
        }
        let first = csi.first().unwrap_or(0);
        let asks = |query: &Query| query.0 == csi.shape() && (query.1..=query.2).contains(&first);
        QUERIES.iter().any(asks).then_some(Self::Query)
    }
}

/// The shape of a sequence, and from and to which first parameter terminals answer it.
struct Query(u32, u16, u16);

/// What terminals answer. From xterm's ctlseqs
/// (<https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>) and kitty's keyboard protocol.
const QUERIES: [Query; 33] = [
    Query(shape(0, 0, b'c'), 0, 0),    // DA1
    Query(shape(b'>', 0, b'c'), 0, 0), // DA2
    Query(shape(b'=', 0, b'c'), 0, 0), // DA3
    Query(shape(b'>', 0, b'q'), 0, 0), // XTVERSION
    Query(shape(0, 0, b'n'), 5, 6),    // DSR: status, cursor
    Query(shape(b'?', 0, b'n'), 6, 6),
    Query(shape(b'?', 0, b'n'), 15, 15),
    Query(shape(b'?', 0, b'n'), 25, 26),
    Query(shape(b'?', 0, b'n'), 53, 53),
    Query(shape(b'?', 0, b'n'), 55, 56),
    Query(shape(b'?', 0, b'n'), 62, 63),
    Query(shape(b'?', 0, b'n'), 75, 75),
    Query(shape(b'?', 0, b'n'), 85, 85),
    Query(shape(b'?', 0, b'n'), 996, 996),
    Query(shape(0, b'$', b'p'), 0, ANY), // DECRQM
    Query(shape(b'?', b'$', b'p'), 0, ANY),
    Query(shape(b'?', 0, b'u'), 0, ANY), // kitty keyboard flags
    Query(shape(b'?', 0, b'm'), 0, ANY), // XTQMODKEYS
    Query(shape(b'?', 0, b'g'), 0, ANY), // XTQFMTKEYS
    Query(shape(b'?', 0, b'S'), 0, ANY), // XTSMGRAPHICS
    Query(shape(0, 0, b't'), 11, 11),    // XTWINOPS reports
    Query(shape(0, 0, b't'), 13, 16),
    Query(shape(0, 0, b't'), 18, 21),
    Query(shape(0, 0, b'x'), 0, 1),       // DECREQTPARM
    Query(shape(0, b'*', b'y'), 0, ANY),  // DECRQCRA
    Query(shape(0, b'$', b'u'), 1, 1),    // DECRQTSR
    Query(shape(0, b'$', b'w'), 1, 2),    // DECRQPSR
    Query(shape(0, b'&', b'u'), 0, ANY),  // DECRQUPSS
    Query(shape(0, b'"', b'v'), 0, ANY),  // DECRQDE
    Query(shape(0, b'\'', b'|'), 0, ANY), // DECRQLP
    Query(shape(0, b'#', b'R'), 0, ANY),  // XTREPORTCOLORS
    Query(shape(0, b'#', b'S'), 0, ANY),  // XTTITLEPOS
    Query(shape(0, b'#', b'|'), 0, ANY),  // XTREPORTSGR
];
const ANY: u16 = u16::MAX;
