//! What is on the screen of a session, for whoever comes new or too late: [`Model`].
//!
//! ```text
//!   printed:  ……………………………┬────────── history ──────────┐
//!                picture ──┴─▶ replayed into a terminal ─┴─▶ picture
//!              (a few KiB)      only when one is wanted,
//!                               or before it is forgotten
//! ```
//!
//! No terminal is kept: an emulator costs as much as all else that a host does with a byte. As long as the history
//! reaches back to the last picture, a new one can be made whenever somebody wants it. When half of the history is newer
//! than that, a picture is made anyway; except if a program floods, whose screen will be new soon enough, or if it would
//! take more than a quarter of the time.

mod brush;
mod paint;
mod terminal;

use std::panic::{AssertUnwindSafe, catch_unwind};

use stillwire::Instant;
use stillwire::link::history::{Anchor, History, Size};
use stillwire::scan::Quality;

use crate::{limits, os};
pub(crate) use paint::WIPE;
use terminal::Terminal;

/// What is known of a session's screen beside its history.
#[derive(Debug, Default)]
pub struct Model {
    picture: Option<Picture>,
    /// Where the history goes on from the picture, or from an empty screen.
    base: u64,
    /// What was on the screen at `base` is not known.
    forgotten: bool,
    since: Instant,
    /// When the next picture may be made.
    rested: Instant,
}

/// A screen as escape sequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The bytes of the stream that made it.
    pub offset: u64,
    /// For a terminal that was just reset.
    bytes: Vec<u8>,
    /// Where the screen begins in them, behind the lines above it.
    screen: usize,
    /// Whether that is all that is on it.
    pub whole: bool,
    size: Size,
}

impl Picture {
    /// Escape sequences and text, with the lines above the screen or without them.
    pub fn bytes(&self, above: bool) -> Vec<u8> {
        if above {
            return self.bytes.clone();
        }
        let mut bytes = WIPE.as_bytes().to_vec();
        bytes.extend_from_slice(self.bytes.get(self.screen..).unwrap_or_default());
        bytes
    }
}

impl Model {
    /// Something was printed. Makes a picture if it is time.
    pub fn keep_up<S: AsRef<[u8]>>(&mut self, now: Instant, history: &History<S>) {
        let behind = history.end().saturating_sub(self.base);
        let most = (history.capacity() as u64 / 2).min(limits::REPLAYED / 2);
        if behind <= most {
            return;
        }
        let slow = now.since(self.since).as_micros() >= behind / limits::FLOOD;
        // On a slow machine a picture takes longer than what it shows took to print: then it is a flood as well.
        let picture = if slow && self.rested <= now { self.paint_and_rest(now, history, 3) } else { None };
        if picture.is_some() || self.base < history.start() || behind > limits::REPLAYED {
            self.forgotten = picture.as_ref().is_none_or(|picture| !picture.whole);
            self.base = picture.as_ref().map_or(history.end(), |picture| picture.offset);
            (self.picture, self.since) = (picture, now);
        }
    }

    /// When [`Self::picture`] may be asked for: painting takes at most a tenth of the time.
    pub const fn rested(&self) -> Instant {
        self.rested
    }

    /// The screen at [`History::latest`]. None: it cannot be told.
    pub fn picture<S: AsRef<[u8]>>(&mut self, now: Instant, history: &History<S>) -> Option<Picture> {
        self.paint_and_rest(now, history, 9)
    }

    /// Paints, and says that it was enough for so many times as long as it took.
    fn paint_and_rest<S: AsRef<[u8]>>(
        &mut self,
        now: Instant,
        history: &History<S>,
        times: u64,
    ) -> Option<Picture> {
        let begun = os::now();
        let picture = self.paint(history);
        let micros = os::now().since(begun).as_micros();
        self.rested = now.after(stillwire::Duration::from_micros(micros.saturating_mul(times)));
        picture
    }

    fn paint<S: AsRef<[u8]>>(&self, history: &History<S>) -> Option<Picture> {
        // What prints is no friend, and the emulator not ours: whatever it does, the host goes on.
        catch_unwind(AssertUnwindSafe(|| self.replay(history))).ok().flatten()
    }

    fn replay<S: AsRef<[u8]>>(&self, history: &History<S>) -> Option<Picture> {
        let end = history.latest();
        let mut whole = !self.forgotten;
        let mut at = self.base;
        let mut terminal = match &self.picture {
            Some(picture) => {
                let mut terminal = Terminal::new(picture.size)?;
                terminal.print(&picture.bytes)?;
                terminal
            }
            None if self.base == 0 && history.start() == 0 => Terminal::new(history.size_at(0)?)?,
            None => {
                let from = end.offset.saturating_sub(limits::REPLAYED).max(history.start());
                let (anchor, begin) = beginning(history, from)?;
                let mut terminal = Terminal::new(history.size_at(begin)?)?;
                terminal.print(&crate::terminal::stir(&anchor.modes))?;
                (at, whole) = (begin, is_cleared(history, &anchor));
                terminal
            }
        };
        while at < end.offset {
            terminal.resize(history.size_at(at)?)?;
            let until = history.boundary_after(at).unwrap_or(end.offset).min(end.offset);
            let (head, tail) = history.read(at)?;
            let len = usize::try_from(until.saturating_sub(at)).ok()?;
            terminal.print(head.get(..len.min(head.len()))?)?;
            terminal.print(tail.get(..len.saturating_sub(head.len()))?)?;
            at = until;
        }
        let size = end.size?;
        terminal.resize(size)?;
        terminal.finish();
        let (bytes, screen) = paint::paint(&mut terminal, &end.modes);
        Some(Picture { offset: end.offset, bytes, screen, whole, size })
    }
}

/// Where to begin with a screen that is not known, behind `from`: at an anchor. In a large history those are so far apart that the next
/// may be the end, and then it is behind a line, with what is known of an anchor before.
fn beginning<S: AsRef<[u8]>>(history: &History<S>, from: u64) -> Option<(Anchor, u64)> {
    let end = history.latest().offset;
    let next = history.anchor_from(from)?;
    if next.offset <= from.midpoint(end) {
        return Some((next, next.offset));
    }
    let anchors = std::iter::successors(history.anchor_from(0), |anchor| {
        history.anchor_from(anchor.offset.saturating_add(1))
    });
    let Some(before) = anchors.take_while(|anchor| anchor.offset <= from).last() else {
        return Some((next, next.offset));
    };
    let (head, tail) = history.read(from)?;
    let line = head.iter().chain(tail).position(|byte| *byte == b'\n');
    let begin = line.map_or(end, |line| from.saturating_add(line as u64).saturating_add(1));
    Some(if begin < next.offset { (before, begin) } else { (next, next.offset) })
}

/// Whether the screen was empty somewhere behind `anchor`.
fn is_cleared<S: AsRef<[u8]>>(history: &History<S>, anchor: &Anchor) -> bool {
    let mut next = Some(*anchor);
    while let Some(anchor) = next {
        if anchor.quality == Quality::Screen {
            return true;
        }
        next = history.anchor_from(anchor.offset.saturating_add(1));
    }
    false
}

#[cfg(test)]
mod tests;
