//! Cells of a screen as text and escape sequences: [`Brush`].

use alacritty_terminal::term::cell::{Cell, Flags, Hyperlink};
use alacritty_terminal::vte::ansi::{Color, NamedColor};

/// How a flag of a cell is set (ECMA-48 SGR; the underlines as kitty has them).
const FLAGS: [(Flags, &str); 10] = [
    (Flags::BOLD, ";1"),
    (Flags::DIM, ";2"),
    (Flags::ITALIC, ";3"),
    (Flags::UNDERLINE, ";4"),
    (Flags::DOUBLE_UNDERLINE, ";4:2"),
    (Flags::UNDERCURL, ";4:3"),
    (Flags::DOTTED_UNDERLINE, ";4:4"),
    (Flags::DASHED_UNDERLINE, ";4:5"),
    (Flags::INVERSE, ";7"),
    (Flags::STRIKEOUT, ";9"),
];

/// Those that are there where there is no character.
const SEEN: Flags = Flags::INVERSE.union(Flags::ALL_UNDERLINES).union(Flags::STRIKEOUT);

/// What a cell looks like, beside its character.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Style {
    fg: Color,
    bg: Color,
    flags: Flags,
    underline: Option<Color>,
}

/// Writes cells, and knows what the terminal was told of their looks.
#[derive(Debug)]
pub(super) struct Brush {
    style: Style,
    link: Option<Hyperlink>,
}

impl Style {
    const PLAIN: Self = Self {
        fg: Color::Named(NamedColor::Foreground),
        bg: Color::Named(NamedColor::Background),
        flags: Flags::empty(),
        underline: None,
    };

    fn of(cell: &Cell) -> Self {
        let all = FLAGS.iter().fold(Flags::HIDDEN, |all, (flag, _)| all | *flag);
        Self { fg: cell.fg, bg: cell.bg, flags: cell.flags & all, underline: cell.underline_color() }
    }

    fn write(&self, out: &mut String) {
        out.push_str("\x1b[0");
        for (flag, text) in FLAGS {
            if self.flags.contains(flag) {
                out.push_str(text);
            }
        }
        if self.flags.contains(Flags::HIDDEN) {
            out.push_str(";8");
        }
        color(out, self.fg, 30);
        color(out, self.bg, 40);
        match self.underline {
            Some(Color::Indexed(index)) => out.push_str(&format!(";58:5:{index}")),
            Some(Color::Spec(rgb)) => out.push_str(&format!(";58:2::{}:{}:{}", rgb.r, rgb.g, rgb.b)),
            Some(Color::Named(_)) | None => {}
        }
        out.push('m');
    }
}

/// As SGR parameter; the first of the eight has the number `base`.
fn color(out: &mut String, color: Color, base: usize) {
    match color {
        Color::Named(named) => match named as usize {
            index @ 0..8 => out.push_str(&format!(";{}", base + index)),
            index @ 8..16 => out.push_str(&format!(";{}", base + 60 + index - 8)),
            _ => {}
        },
        Color::Indexed(index) => out.push_str(&format!(";{};5;{index}", base + 8)),
        Color::Spec(rgb) => out.push_str(&format!(";{};2;{};{};{}", base + 8, rgb.r, rgb.g, rgb.b)),
    }
}

impl Brush {
    /// For a terminal that was just reset.
    pub(super) const fn new() -> Self {
        Self { style: Style::PLAIN, link: None }
    }

    /// What is written next looks as `cell` does.
    pub(super) fn dip(&mut self, cell: &Cell, out: &mut String) {
        let style = Style::of(cell);
        if style != self.style {
            style.write(out);
            self.style = style;
        }
        let link = cell.hyperlink();
        if link != self.link {
            let clean = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
            let (id, uri) = link.as_ref().map_or(("", ""), |link| (link.id(), link.uri()));
            // One that the program did not name got a name from the emulator, so that its parts belong together.
            let id = clean(id).replace([';', ':'], "");
            let id = if id.is_empty() { id } else { format!("id={id}") };
            out.push_str(&format!("\x1b]8;{id};{}\x1b\\", clean(uri)));
            self.link = link;
        }
    }

    /// Writes cells of a row. Of a wide character that was cut in two a blank is left.
    pub(super) fn row(&mut self, cells: &[Cell], out: &mut String) {
        let mut rest = cells.iter().peekable();
        while let Some(cell) = rest.next() {
            let spacer = rest.next_if(|next| next.flags.contains(Flags::WIDE_CHAR_SPACER)).is_some();
            match (cell.flags.contains(Flags::WIDE_CHAR), spacer) {
                (true, false) => self.blank(cell, out),
                (false, true) => {
                    self.cell(cell, out);
                    self.blank(cell, out);
                }
                _ => self.cell(cell, out),
            }
        }
    }

    fn blank(&mut self, cell: &Cell, out: &mut String) {
        self.dip(cell, out);
        out.push(' ');
    }

    /// Writes a cell.
    pub(super) fn cell(&mut self, cell: &Cell, out: &mut String) {
        self.dip(cell, out);
        out.push(if cell.c.is_control() { ' ' } else { cell.c }); // a tab is kept in its first cell
        out.extend(cell.zerowidth().unwrap_or_default());
    }

    /// As after a reset again.
    pub(super) fn rinse(&mut self, out: &mut String) {
        self.dip(&Cell::default(), out);
    }
}

/// Cells up to the last that shows anything.
pub(super) fn len(cells: &[Cell]) -> usize {
    let blank = |cell: &Cell| {
        matches!(cell.c, ' ' | '\t')
            && cell.bg == Style::PLAIN.bg
            && !cell.flags.intersects(SEEN.union(Flags::WIDE_CHAR_SPACER))
            && cell.zerowidth().is_none_or(<[char]>::is_empty)
            && cell.hyperlink().is_none()
    };
    cells.iter().rposition(|cell| !blank(cell)).map_or(0, |last| last + 1)
}

/// The cells to be written so that the text goes on in the next row by itself: all, but for one in which a wide
/// character had no room.
pub(super) fn full(cells: &[Cell]) -> &[Cell] {
    match cells.split_last() {
        Some((last, most)) if last.flags.contains(Flags::LEADING_WIDE_CHAR_SPACER) => most,
        _ => cells,
    }
}

/// Whether the text goes on in the next row.
pub(super) fn wraps(cells: &[Cell]) -> bool {
    cells.last().is_some_and(|cell| cell.flags.contains(Flags::WRAPLINE))
}
