//! The firmware `tests/firmware/gateway` on an emulated Cortex-M4, and desktops at its lines (feature `embedded`;
//! `tests/run embedded`).

mod attach;
mod board;
mod stories;

use board::Machine;

stories::every_story!(Machine::Firmware);
