//! stillwire on a desktop.
fn main() {}
