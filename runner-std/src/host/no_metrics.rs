//! What is there of metrics in a build without them: words, and nobody who could say them.

use stillwire::Instant;
use stillwire::link::host::{Event, Peer, PeerId};

use super::server::Server;
use crate::failure::Failure;

pub(super) const TYPE: &str = "";

/// Nothing.
#[derive(Debug)]
pub(super) enum Metrics {}

impl Metrics {
    pub(super) fn new() -> Result<Self, Failure> {
        Err(Failure::usage("this runner was built without metrics").hint("build it with --features metrics"))
    }

    pub(super) const fn note(&mut self, _: Instant, _: &Event, _: &[Peer]) {
        match *self {}
    }

    pub(super) const fn heard(&mut self, _: PeerId, _: &[Peer]) {
        match *self {}
    }

    pub(super) const fn typed(&self, _: usize) {
        match *self {}
    }

    pub(super) const fn woke(&self, _: Option<Instant>, _: Instant) {
        match *self {}
    }
}

impl Server {
    pub(super) const fn metrics_text(&self) -> Option<String> {
        None
    }
}
