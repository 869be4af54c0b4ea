//! A terminal that nobody sees: [`Terminal`].

use std::cell::RefCell;
use std::rc::Rc;

use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::Processor;
use stillwire::Duration;
use stillwire::link::history::Size;

use crate::{limits, os};

/// What a program has printed makes of a screen.
pub(super) struct Terminal {
    pub(super) term: Term<Ear>,
    parser: Processor,
    ear: Ear,
    /// It is given up then.
    end: Duration,
}

/// Hears the title. Questions are not answered: the terminals that look at the session do.
#[derive(Clone, Default)]
pub(super) struct Ear(Rc<RefCell<Option<String>>>);

impl EventListener for Ear {
    fn send_event(&self, event: Event) {
        match event {
            Event::Title(title) => *self.0.borrow_mut() = Some(title),
            Event::ResetTitle => *self.0.borrow_mut() = None,
            _ => {}
        }
    }
}

struct Cells(Size);

impl Dimensions for Cells {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }

    fn screen_lines(&self) -> usize {
        self.0.rows.into()
    }

    fn columns(&self) -> usize {
        self.0.columns.into()
    }
}

impl Terminal {
    /// An empty one. None: it would be too large, or too small for a wide character.
    pub(super) fn new(size: Size) -> Option<Self> {
        if !fits(size) {
            return None;
        }
        let ear = Ear::default();
        let config = Config { scrolling_history: limits::SCROLLBACK_LINES, ..Config::default() };
        let term = Term::new(config, &Cells(size), ear.clone());
        let end = os::worked() + limits::PAINTING;
        Some(Self { term, parser: Processor::new(), ear, end })
    }

    /// Takes output. None: it takes too long, as a few bytes can ask for much.
    pub(super) fn print(&mut self, output: &[u8]) -> Option<()> {
        for piece in output.chunks(1 << 10) {
            self.parser.advance(&mut self.term, piece);
            if os::worked() > self.end {
                return None;
            }
        }
        Some(())
    }

    pub(super) fn resize(&mut self, size: Size) -> Option<()> {
        fits(size).then(|| self.term.resize(Cells(size)))
    }

    /// An update that was to be shown at once is shown now.
    pub(super) fn finish(&mut self) {
        self.parser.stop_sync(&mut self.term);
    }

    pub(super) fn title(&self) -> Option<String> {
        self.ear.0.borrow().clone()
    }

    /// The first and last row that scroll, as a program could find out. The cursor is elsewhere then.
    pub(super) fn region(&mut self) -> (usize, usize) {
        let mut ask = |bytes: &[u8]| {
            self.parser.advance(&mut self.term, bytes);
            usize::try_from(self.term.grid().cursor.point.line.0).unwrap_or(0)
        };
        (ask(b"\x1b[?6h\x1b[1;1H"), ask(b"\x1b[9999;1H"))
    }
}

fn fits(size: Size) -> bool {
    let cells = usize::from(size.columns) * usize::from(size.rows);
    size.columns >= 2 && (1..=limits::CELLS).contains(&cells)
}
