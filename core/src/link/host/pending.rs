//! Stands in for `link::message` until that is merged.
#![allow(missing_docs, dead_code, unreachable_pub)]
use crate::link::frame::Outcome;
use crate::link::ring::Ring;
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Answers<B> {
    ring: Ring<B>,
    dropped: u32,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoRoom;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Answering(u64);
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Handled(u64);
impl Handled {
    pub const fn new() -> Self {
        Self(0)
    }
    pub const fn is_new(&mut self, id: u64) -> bool {
        let new = id > self.0;
        if new {
            self.0 = id;
        }
        new
    }
}
impl Answering {
    pub const fn new() -> Self {
        Self(0)
    }
}
pub struct Answer<'a> {
    pub id: u64,
    pub outcome: Outcome,
    pub bytes: &'a [u8],
}
impl<B: AsRef<[u8]>> Answers<B> {
    pub const fn new(b: B) -> Self {
        Self { ring: Ring::new(b), dropped: 0 }
    }
    pub fn next(&self, _c: &mut Answering, _client: u64, _room: usize) -> Option<Answer<'_>> {
        None
    }
    pub fn reply(&mut self, _client: u64, _id: u64, _o: Outcome, _p: &[u8]) -> Result<(), NoRoom> {
        Err(NoRoom)
    }
    pub fn handle_detach(&mut self, _c: u64) {}
    pub fn repeat(&mut self, _c: u64, _id: u64, _a: &mut Answering) {}
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }
}
