//! What is there of MQTT in a build without it: nobody who could say anything.

use std::collections::VecDeque;

use stillwire::Instant;

use super::line::News;
use super::{Broker, Greeting};

/// A connection that is over before it begins.
#[derive(Debug)]
pub(super) struct Protocol {
    pub out: VecDeque<u8>,
    pub news: VecDeque<News>,
}

impl Protocol {
    pub(super) fn new(_: Instant, _: &Broker, _: &Greeting) -> Self {
        let why = "this runner was built without MQTT: --features mqtt".into();
        Self { out: VecDeque::new(), news: VecDeque::from([News::Down { why, refused: true }]) }
    }

    pub(super) fn receive(&mut self, _: Instant, _: &[u8]) {}

    pub(super) const fn has_room(&self) -> bool {
        false
    }

    pub(super) const fn publish(&mut self, _: Instant, _: &str, _: &[u8], _: bool) -> Option<u16> {
        None
    }

    pub(super) const fn subscribe(&mut self, _: Instant, _: &[String]) -> Option<u16> {
        None
    }

    pub(super) const fn unsubscribe(&mut self, _: Instant, _: &str) -> Option<u16> {
        None
    }

    pub(super) const fn ping(&mut self, _: Instant) {}

    pub(super) const fn disconnect(&mut self, _: Instant) {}

    pub(super) const fn poll_at(&self) -> Option<Instant> {
        None
    }

    pub(super) const fn poll(&mut self, _: Instant) {}
}
