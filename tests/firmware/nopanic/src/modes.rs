//! `stillwire::scan`: sticky modes, resync marks and visible width.

use core::hint::black_box;

use stillwire::scan::{Config, Mode, Modes, Resync, Scanner, Seams, Width, width};

use crate::{buffer, bytes, number, show};

pub(crate) fn all() {
    sticky();
    marks();
    cells();
}

fn sticky() {
    let mut modes = black_box(Modes::DEFAULT);
    for token in Scanner::new(Config::DEFAULT).scan(bytes()) {
        modes.handle(&token);
    }
    let mode = if number() == 0 { Mode::Wrap } else { Mode::Insert };
    show!(modes, mode, modes.is_on(black_box(mode)), modes == Modes::DEFAULT);
    show!(modes.mouse(), modes.mouse_encoding(), modes.cursor_shape(), modes.keyboard_flags());
    show!(modes.write_to(buffer()), modes.write_screen_to(buffer()), modes.write_rest_to(buffer()));
}

fn marks() {
    let mut scanner = Scanner::new(Config::DEFAULT);
    let mut resync = black_box(Resync::new());
    let mut tokens = scanner.scan(bytes());
    while let Some(token) = tokens.next() {
        show!(resync.handle(&token, &tokens), tokens.consumed());
    }
    resync.handle_end(number() as usize);
    show!(resync, resync == black_box(Resync::new()));
    let mut seams = black_box(Seams::new(number()));
    seams.handle(bytes());
    show!(seams.last(), seams == black_box(Seams::new(number())), seams);
}

fn cells() {
    let mut cells = black_box(Width::new());
    for token in Scanner::new(Config::DEFAULT).scan(bytes()) {
        cells.handle(&token);
    }
    if let Ok(text) = core::str::from_utf8(bytes()) {
        cells.push(text);
        show!(width(text));
    }
    cells.push_char(black_box('é'));
    show!(cells, cells.cells(), cells == black_box(Width::new()));
}
