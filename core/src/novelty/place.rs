//! Whether the cursor is where the text ends, or somewhere before: a few bytes instead of a grid.
//!
//! *Going back* is a cursor movement up or left or to an absolute position, CR or BS on a line that has text,
//! or erasing such a line or the screen. After going up, the lines below are painted too, until the bottom
//! is passed again, as inline interfaces redraw; and when a redraw comes out longer than what it replaces, the
//! lines that it grows by (at most as many as it went up) are still a part of it.
//!
//! What is not known is the screen's size, so a line that wraps counts once. A cursor that goes up by the
//! wrapped rows too ends some lines higher than it is, and text is taken for painted until those lines have
//! been passed or a shell marks its prompt. That is the milder error: it delays waking by one output.

use crate::scan::{Csi, Escape};

/// As high as a cursor goes; also absorbs `CSI 999 A`, by which programs find the edge of the screen.
const MAX_LINES: u8 = 200;
/// A number of lines that is not known: more than a screen has.
const UNKNOWN: u8 = u8::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Place {
    here: Cursor,
    saved: Cursor,
    /// Of the main screen, while the alternate one is shown.
    main: Option<Cursor>,
    /// Lines from the top to the lowest one that was written since the screen was cleared.
    bottom: u8,
    /// So many further lines below the bottom belong to the redraw.
    growth: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Cursor {
    /// Lines between the cursor and the lowest line written.
    above: u8,
    /// The cursor went back on this line, or to it.
    back: bool,
    /// The lowest line has text.
    inked: bool,
}

impl Place {
    pub(super) const fn new() -> Self {
        Self { here: Cursor::FRESH, saved: Cursor::FRESH, main: None, bottom: UNKNOWN, growth: 0 }
    }

    /// Text is written here. True: it is painted, false: it is appended.
    pub(super) fn text(&mut self) -> bool {
        self.here.inked |= self.here.above == 0;
        self.here.back
    }

    pub(super) fn control(&mut self, byte: u8) {
        match byte {
            b'\n' | 0x0B | 0x0C | 0x84 | 0x85 => self.line_feed(),
            b'\r' | 0x08 => self.back_on_line(),
            0x8D => self.up(1),
            _ => {}
        }
    }

    /// True: the sequence ends a word.
    pub(super) fn escape(&mut self, escape: &Escape) -> bool {
        if !escape.intermediates().is_empty() {
            return false; // a character set
        }
        match escape.final_byte() {
            b'D' | b'E' => self.line_feed(),
            b'M' => self.up(1),
            b'7' => self.saved = self.here,
            b'8' => self.here = self.saved,
            b'c' => self.clear(),
            _ => return false,
        }
        true
    }

    /// True: the sequence ends a word.
    pub(super) fn csi(&mut self, csi: &Csi) -> bool {
        if csi.private().is_some() || !csi.intermediates().is_empty() {
            return false; // modes, cursor shapes
        }
        let count = u8::try_from(csi.first().unwrap_or(1).max(1)).unwrap_or(u8::MAX).min(MAX_LINES);
        let erase = csi.first().unwrap_or(0);
        match csi.final_byte() {
            b'A' | b'F' => self.up(count),
            b'B' | b'E' | b'e' => self.down(count),
            b'H' | b'f' | b'd' => self.row(count),
            b'r' => self.row(1), // DECSTBM homes the cursor
            b'D' | b'G' | b'Z' | b'`' | b'L' | b'M' => self.back_on_line(),
            b'J' if erase >= 2 => self.clear(),
            b'J' | b'K' if erase >= 1 => self.back_on_line(),
            b's' => self.saved = self.here,
            b'u' => self.here = self.saved,
            // Forward, or concerns what stands after the cursor: where text ends, nothing.
            b'C' | b'a' | b'I' | b'J' | b'K' | b'P' | b'X' | b'@' => {}
            _ => return false, // colours, modes, reports
        }
        true
    }

    pub(super) fn alternate_screen(&mut self, on: bool) {
        match (on, self.main) {
            (true, None) => {
                self.main = Some(self.here);
                self.here = Cursor::BACK;
                self.bottom = UNKNOWN;
            }
            (false, Some(main)) => {
                self.here = main;
                self.main = None;
                self.bottom = UNKNOWN;
            }
            _ => {}
        }
    }

    /// A shell says that it begins a prompt or a command: below everything.
    pub(super) fn forget(&mut self) {
        self.here.above = 0;
        self.growth = 0;
    }

    /// A redraw that has not grown by now does not.
    pub(super) fn rest(&mut self) {
        self.growth = 0;
        self.here.back &= self.here.above > 0 || self.here.inked;
    }

    fn back_on_line(&mut self) {
        self.here.back |= self.here.inked || self.here.above > 0;
    }

    fn up(&mut self, count: u8) {
        let above = self.here.above.saturating_add(count).min(MAX_LINES);
        if self.bottom != UNKNOWN {
            self.bottom = self.bottom.max(above.saturating_add(1));
        }
        self.go_to(above);
    }

    fn down(&mut self, count: u8) {
        self.go_to(self.here.above.saturating_sub(count));
    }

    /// To an absolute row, counted from 1.
    fn row(&mut self, row: u8) {
        if row < MAX_LINES && (row > self.bottom || self.bottom == UNKNOWN) {
            self.bottom = row;
        }
        let bottom = if self.bottom == UNKNOWN { 0 } else { self.bottom };
        self.here.inked = true; // who knows
        self.go_to(bottom.saturating_sub(row));
    }

    fn go_to(&mut self, above: u8) {
        self.growth = self.growth.max(above);
        self.here.above = above;
        self.here.back = true;
    }

    fn line_feed(&mut self) {
        if self.here.above > 0 {
            self.here.above -= 1;
            self.here.back = true;
            return;
        }
        self.bottom = self.bottom.saturating_add(1);
        self.here = Cursor { back: self.growth > 0, ..Cursor::FRESH };
        self.growth = self.growth.saturating_sub(1);
    }

    /// The screen is erased. What had been written since the last time is likely to be written again, if it
    /// fitted a screen; and whatever is written without a pause is a redraw, as after a resize.
    fn clear(&mut self) {
        if self.bottom >= MAX_LINES / 2 {
            self.bottom = 1; // UNKNOWN too
        }
        self.growth = MAX_LINES;
        self.here.inked = false;
        self.go_to(self.bottom.saturating_sub(1));
    }
}

impl Cursor {
    const FRESH: Self = Self { above: 0, back: false, inked: false };
    const BACK: Self = Self { above: 0, back: true, inked: true };
}
