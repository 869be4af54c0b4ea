//! Two rings as a port: [`Port`].

use core::convert::Infallible;

use embedded_io::{ErrorType, Read, ReadReady, Write, WriteReady};

use super::Ring;

/// A port made of two rings, for whatever speaks `embedded-io`: [`pump`](crate::pump), or your own code.
///
/// `kick` starts the sender, once there is something to send: it enables the interrupt that [`pop`](Ring::pop)s. When bytes
/// came, and where some are missing, this port does not tell; for a console there is [`Ring::feed`].
#[derive(Debug)]
pub struct Port<'r, const RX: usize, const TX: usize, K> {
    received: &'r Ring<RX>,
    sending: &'r Ring<TX>,
    kick: K,
}

impl<'r, const RX: usize, const TX: usize, K: FnMut()> Port<'r, RX, TX, K> {
    /// The port whose interrupts fill `received` and empty `sending`.
    pub const fn new(received: &'r Ring<RX>, sending: &'r Ring<TX>, kick: K) -> Self {
        Self { received, sending, kick }
    }
}

impl<const RX: usize, const TX: usize, K> ErrorType for Port<'_, RX, TX, K> {
    type Error = Infallible;
}

impl<const RX: usize, const TX: usize, K> ReadReady for Port<'_, RX, TX, K> {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.received.room() < RX)
    }
}

impl<const RX: usize, const TX: usize, K> Read for Port<'_, RX, TX, K> {
    /// Waits for a byte, if there is none, and does not sleep meanwhile: ask [`ReadReady`] first.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        loop {
            let taken = self.received.take(into);
            if taken.len > 0 || into.is_empty() {
                return Ok(taken.len);
            }
            core::hint::spin_loop();
        }
    }
}

impl<const RX: usize, const TX: usize, K> WriteReady for Port<'_, RX, TX, K> {
    fn write_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.sending.room() > 0)
    }
}

impl<const RX: usize, const TX: usize, K: FnMut()> Write for Port<'_, RX, TX, K> {
    /// Waits for room, as [`Read::read`] waits for bytes.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        loop {
            let taken = self.sending.put(bytes);
            if taken > 0 || bytes.is_empty() {
                (self.kick)();
                return Ok(taken);
            }
            core::hint::spin_loop();
        }
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        while self.sending.room() < TX {
            (self.kick)();
            core::hint::spin_loop();
        }
        Ok(())
    }
}
