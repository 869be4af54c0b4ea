//! A terminal as escape sequences that make another one, which was just reset, the same: [`paint`].

use alacritty_terminal::grid::{Cursor, Dimensions as _, Grid};
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};
use stillwire::scan::{Mode, Modes};

use super::brush::{self, Brush};
use super::terminal::Terminal;
use crate::limits;

/// What every picture begins with: all that is on the screen is wiped away.
pub(crate) const WIPE: &str = "\x1b[m\x1b[r\x1b[H\x1b[J";

/// Paints what `terminal` shows, with some of the lines that have left it, and the screen behind the alternate one.
/// `terminal` is not to be used any more.
///
/// `modes` are those of the stream, of which the core knows more than any emulator. The number says where the lines
/// above the screen end.
pub(super) fn paint(terminal: &mut Terminal, modes: &Modes) -> (Vec<u8>, usize) {
    let (choice, rest) = parts(modes);
    let (mut out, mut front, mut brush) = (String::from(WIPE), String::new(), Brush::new());
    let alternate = modes.is_on(Mode::AlternateScreen);
    let cursor = terminal.term.grid().cursor.clone();
    let saved = terminal.term.grid().saved_cursor.clone();
    if alternate {
        screen(&mut front, &mut brush, terminal.term.grid());
    }
    let last = cell_before(terminal.term.grid(), &cursor);
    let (top, bottom) = terminal.region();
    let mut begin = out.len();
    if alternate {
        let mut brush = Brush::new();
        // An emulator that does not know every way to the alternate screen has only one.
        if terminal.term.mode().contains(TermMode::ALT_SCREEN) {
            terminal.term.swap_alt();
            let grid = terminal.term.grid();
            above(&mut out, grid);
            begin = out.len();
            screen(&mut out, &mut brush, grid);
            place(&mut out, &mut brush, &grid.cursor, 0);
        }
        brush.rinse(&mut out);
        out.push_str(&choice);
        out.push_str("\x1b[H\x1b[J");
        out.push_str(&front);
    } else {
        let grid = terminal.term.grid();
        above(&mut out, grid);
        begin = out.len();
        screen(&mut out, &mut brush, grid);
        brush.rinse(&mut out);
        out.push_str(&choice);
    }
    let rows = terminal.term.screen_lines();
    if (top, bottom) != (0, rows.saturating_sub(1)) {
        out.push_str(&format!("\x1b[{};{}r", top + 1, bottom + 1));
    }
    if saved != Cursor::default() {
        place(&mut out, &mut brush, &saved, 0);
        out.push_str("\x1b7");
    }
    if let Some(title) = terminal.title() {
        let title = title.chars().filter(|c| !c.is_control()).take(limits::SHOWN).collect::<String>();
        out.push_str(&format!("\x1b]2;{title}\x1b\\"));
    }
    let origin = if modes.is_on(Mode::Origin) { top } else { 0 };
    // In the last column the next character may belong into the next line: only printing there makes it so.
    if let Some(cell) = last.filter(|_| cursor.input_needs_wrap) {
        let back = if cell.flags.contains(Flags::WIDE_CHAR) { 1 } else { 0 };
        let column = cursor.point.column.0.saturating_sub(back);
        out.push_str(&rest);
        goto(&mut out, usize::try_from(cursor.point.line.0).unwrap_or(0).saturating_sub(origin), column);
        brush.cell(&cell, &mut out);
        brush.dip(&cursor.template, &mut out);
    } else {
        out.push_str(&rest);
        place(&mut out, &mut brush, &cursor, origin);
    }
    (out.into_bytes(), begin)
}

/// The modes that come before what is on the screen, and those that change how it would be painted.
fn parts(modes: &Modes) -> (String, String) {
    let mut buffer = [0; Modes::MAX_BYTES];
    let mut text = |write: fn(&Modes, &mut [u8]) -> Option<usize>| {
        let len = write(modes, &mut buffer).unwrap_or(0);
        String::from_utf8_lossy(buffer.get(..len).unwrap_or_default()).into_owned()
    };
    (text(Modes::write_screen_to), text(Modes::write_rest_to))
}

/// The cell that was printed last, if the cursor still stands on it.
fn cell_before(grid: &Grid<Cell>, cursor: &Cursor<Cell>) -> Option<Cell> {
    let row = row(grid, cursor.point.line.0)?;
    let cell = row.get(cursor.point.column.0)?;
    let wide = cell.flags.contains(Flags::WIDE_CHAR_SPACER);
    row.get(cursor.point.column.0.checked_sub(usize::from(wide))?).cloned()
}

fn row(grid: &Grid<Cell>, line: i32) -> Option<&[Cell]> {
    let known = line >= grid.topmost_line().0 && line <= grid.bottommost_line().0;
    known.then(|| grid.columns()).map(|columns| &grid[Line(line)][Column(0)..Column(columns)])
}

/// The lines that have left the screen, pushed out of it again.
fn above(out: &mut String, grid: &Grid<Cell>) {
    let most = i32::try_from(limits::SCROLLBACK_LINES).unwrap_or(0);
    let (mut lines, mut len) = (Vec::new(), 0);
    for line in (-most..0).rev() {
        let Some(cells) = row(grid, line) else { break };
        // The terminal wraps the text by itself, so that it knows what belongs together.
        let next = row(grid, line + 1).filter(|_| line < -1 && brush::wraps(cells));
        let goes_on = next.is_some_and(|next| brush::len(next) > 0);
        let shown =
            if goes_on { brush::full(cells) } else { cells.get(..brush::len(cells)).unwrap_or_default() };
        let (mut text, mut brush) = (String::new(), Brush::new());
        brush.row(shown, &mut text);
        brush.rinse(&mut text);
        len += text.len();
        if len > limits::SCROLLBACK_BYTES {
            break;
        }
        text.push_str(if goes_on { "" } else { "\r\n" });
        lines.push(text);
    }
    if lines.is_empty() {
        return;
    }
    lines.iter().rev().for_each(|line| out.push_str(line));
    let left = lines.len().min(grid.screen_lines().saturating_sub(1));
    goto(out, limits::SIDE, 0);
    out.extend(std::iter::repeat_n('\n', left));
    out.push_str("\x1b[H\x1b[J");
}

/// The rows of the screen, each at its place: what looks at it may have another size.
fn screen(out: &mut String, brush: &mut Brush, grid: &Grid<Cell>) {
    for index in 0..grid.screen_lines() {
        let cells = i32::try_from(index).ok().and_then(|line| row(grid, line)).unwrap_or_default();
        let len = brush::len(cells);
        if len > 0 {
            goto(out, index, 0);
            brush.row(cells.get(..len).unwrap_or_default(), out);
        }
    }
}

/// The cursor and what it writes with, on a screen whose positions count from row `origin`.
fn place(out: &mut String, brush: &mut Brush, cursor: &Cursor<Cell>, origin: usize) {
    let row = usize::try_from(cursor.point.line.0).unwrap_or(0).saturating_sub(origin);
    goto(out, row, cursor.point.column.0);
    brush.dip(&cursor.template, out);
}

fn goto(out: &mut String, row: usize, column: usize) {
    out.push_str(&format!("\x1b[{};{}H", row + 1, column + 1));
}
