//! The port of a session: [`Console`].

use embedded_io::{Read, ReadReady, Write, WriteReady};

use super::{BURST, CHUNK};
use crate::link::host::{Host, Peer, Session};
use crate::time::Instant;

/// The port of one session: what it prints goes to the host, what is typed goes to it.
///
/// A port whose interrupt notes when bytes came, and how many were lost, is better read with `isr::Ring::feed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Console {
    /// Index of the session.
    pub session: usize,
}

impl Console {
    /// Hands over what came; how many bytes. A port at its end gives none.
    ///
    /// # Errors
    /// Those of the port.
    pub fn receive<T, P, S, B>(
        self,
        now: Instant,
        port: &mut T,
        host: &mut Host<P, S, B>,
    ) -> Result<usize, T::Error>
    where
        T: Read + ReadReady,
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        let mut chunk = [0; CHUNK];
        let mut count = 0usize;
        for _ in 0..BURST {
            if !port.read_ready()? {
                break;
            }
            let len = port.read(&mut chunk)?;
            if len == 0 {
                break;
            }
            drop(host.handle_output(now, self.session, chunk.get(..len).unwrap_or_default()));
            count = count.saturating_add(len);
        }
        Ok(count)
    }

    /// Writes what was typed, as far as the port takes it now; how many bytes.
    ///
    /// # Errors
    /// Those of the port. What it has not taken stays.
    pub fn send<T, P, S, B>(
        self,
        now: Instant,
        port: &mut T,
        host: &mut Host<P, S, B>,
    ) -> Result<usize, T::Error>
    where
        T: Write + WriteReady,
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        let mut count = 0usize;
        for _ in 0..BURST {
            let typed = host.session(self.session).map_or(&[][..], |session| session.typed().0);
            if typed.is_empty() || !port.write_ready()? {
                break;
            }
            let taken = port.write(typed)?;
            host.handle_typed(now, self.session, taken);
            count = count.saturating_add(taken);
        }
        Ok(count)
    }
}
