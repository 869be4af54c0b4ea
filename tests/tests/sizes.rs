//! Memory is a promise: constant, and small enough for a microcontroller.

use core::mem::size_of;

use stillwire::idle::Idle;
use stillwire::input::Keys;
use stillwire::monitor::Monitor;
use stillwire::novelty::Novelty;
use stillwire::scan::Scanner;

#[test]
fn scanner_novelty_and_verdict_fit_into_one_kibibyte() {
    let sizes = [size_of::<Scanner>(), size_of::<Novelty>(), size_of::<Idle>()];
    assert!(sizes.iter().sum::<usize>() <= 1_024, "{sizes:?}");
}

#[test]
fn keys_are_a_few_dozen_bytes() {
    assert!(size_of::<Keys>() <= 32, "{}", size_of::<Keys>());
}

#[test]
fn a_monitor_is_about_one_kibibyte() {
    assert!(size_of::<Monitor>() <= 1_152, "{}", size_of::<Monitor>());
}
