//! `stillwire::scan::strip`.

use core::hint::black_box;

use stillwire::scan::strip::{Config, Invalid, Stripper};
use stillwire::scan::{Backend, Encoding};

use crate::{buffer, bytes, number, show};

pub(crate) fn all() {
    let config = Config { invalid: black_box(Invalid::Replace), encoding: black_box(Encoding::Utf8) };
    use_stripper(Stripper::new(config));
    use_stripper(Stripper::scalar(black_box(Config::DEFAULT)));
    let backend = black_box(Backend::Scalar);
    show!(config, backend, backend.is_available(), Backend::best());
    if let Some(stripper) = Stripper::with_backend(config, backend) {
        use_stripper(stripper);
    }
}

fn use_stripper(stripper: Stripper) {
    let mut stripper = black_box(stripper);
    show!(stripper.strip(bytes(), buffer()));
    show!(stripper.strip_in_place(buffer(), number() as usize));
    for run in stripper.runs(bytes()) {
        black_box(&*run);
        show!(run);
    }
    show!(stripper.is_ground(), stripper.finish(buffer()));
    show!(stripper.clone());
}
