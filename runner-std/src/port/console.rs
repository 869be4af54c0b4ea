//! A console behind TCP (a terminal server, QEMU, ser2net), dialed again whenever it goes away.

use std::io;
use std::net::TcpStream;
use std::os::fd::AsFd;

use stillwire::Instant;
use stillwire::link::backoff::{Backoff, Config};

use super::{Background, Came, give, take};
use crate::os::{Interest, Poller, Source};
use crate::tcp;

/// The console and the way to it.
#[derive(Debug)]
pub struct Console {
    address: String,
    source: Source,
    state: State,
    backoff: Backoff,
    want: Interest,
    /// Why it is not there, the last time somebody looked.
    trouble: Option<io::Error>,
}

#[derive(Debug)]
enum State {
    Away { until: Instant },
    Dialing(Background<TcpStream>),
    Up { stream: TcpStream, since: Instant },
}

impl Console {
    /// A console at `HOST:PORT`, which is dialed at the first poll.
    pub const fn new(address: String, token: u64, seed: u64, now: Instant) -> Self {
        let backoff = Backoff::new(Config::DEFAULT, seed);
        let (source, state) = (Source::new(token), State::Away { until: now });
        Self { address, source, state, backoff, want: Interest::NONE, trouble: None }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Why it is not there, if it is not.
    pub const fn trouble(&self) -> Option<&io::Error> {
        self.trouble.as_ref()
    }

    pub(super) fn watch(&mut self, poller: &mut Poller, want: Interest) -> io::Result<()> {
        self.want = want;
        match &self.state {
            State::Away { .. } => Ok(()),
            State::Dialing(dial) => poller.set(dial.as_fd(), &mut self.source, Interest::READ),
            State::Up { stream, .. } => poller.set(stream.as_fd(), &mut self.source, want),
        }
    }

    pub(super) fn read(&mut self, now: Instant, poller: &mut Poller, buffer: &mut [u8]) -> Came {
        match &mut self.state {
            State::Away { .. } => Came::Nothing,
            State::Dialing(dial) => {
                if let Some(result) = dial.take() {
                    self.dialed(now, poller, result);
                }
                Came::Nothing
            }
            State::Up { stream, .. } => take(stream.as_fd(), buffer).unwrap_or_else(|error| {
                self.lost(now, poller, error);
                Came::Nothing
            }),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        if let State::Up { stream, .. } = &self.state { give(stream.as_fd(), bytes) } else { 0 }
    }

    pub(super) const fn poll_at(&self) -> Option<Instant> {
        if let State::Away { until } = self.state { Some(until) } else { None }
    }

    pub(super) fn poll(&mut self, now: Instant, poller: &mut Poller) {
        if self.poll_at().is_some_and(|until| until <= now) {
            let address = self.address.clone();
            match Background::start(move || dial(&address)) {
                Ok(dial) => {
                    self.state = State::Dialing(dial);
                    let _ = self.watch(poller, self.want);
                }
                Err(error) => self.away(now, error),
            }
        }
    }

    fn dialed(&mut self, now: Instant, poller: &mut Poller, result: io::Result<TcpStream>) {
        self.forget(poller);
        match result {
            Ok(stream) => {
                (self.state, self.trouble) = (State::Up { stream, since: now }, None);
                let _ = self.watch(poller, self.want);
            }
            Err(error) => self.away(now, error),
        }
    }

    fn away(&mut self, now: Instant, error: io::Error) {
        self.state = State::Away { until: now.after(self.backoff.wait()) };
        self.trouble = Some(error);
    }

    fn lost(&mut self, now: Instant, poller: &mut Poller, error: io::Error) {
        // As for any link: one that was stable begins a new sequence.
        if let State::Up { since, .. } = self.state
            && now.since(since) >= stillwire::link::reconnect::Config::DEFAULT.stable
        {
            self.backoff.reset();
        }
        self.forget(poller);
        self.away(now, error);
    }

    fn forget(&mut self, poller: &mut Poller) {
        let _ = match &self.state {
            State::Away { .. } => Ok(()),
            State::Dialing(dial) => poller.set(dial.as_fd(), &mut self.source, Interest::NONE),
            State::Up { stream, .. } => poller.set(stream.as_fd(), &mut self.source, Interest::NONE),
        };
    }
}

/// A connection that is ready for the loop.
fn dial(address: &str) -> io::Result<TcpStream> {
    let stream = tcp::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use stillwire::Duration;

    /// The loop of a driver, until the console has something to read.
    fn read(console: &mut Console, poller: &mut Poller) -> Vec<u8> {
        let give_up = os::now().after(Duration::from_secs(30));
        let mut buffer = [0; 64];
        loop {
            assert!(os::now() < give_up, "{console:?}");
            console.poll(os::now(), poller);
            console.watch(poller, Interest::READ).unwrap();
            poller.wait(console.poll_at().or(Some(give_up))).unwrap();
            if let Came::Bytes(count) = console.read(os::now(), poller, &mut buffer) {
                return buffer[..count].to_vec();
            }
        }
    }

    #[test]
    fn a_console_that_goes_away_is_dialed_again() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut poller = Poller::new().unwrap();
        let mut console = Console::new(server.local_addr().unwrap().to_string(), 1, 7, os::now());
        console.backoff = Backoff::new(
            Config { base: Duration::from_millis(5), start: Duration::from_millis(5), ..Config::DEFAULT },
            7,
        );
        assert_eq!(console.write(b"lost"), 0, "there is nobody yet");
        assert!(console.trouble().is_none(), "nobody has looked yet");
        let serve = std::thread::spawn(move || {
            for greeting in [b"one", b"two"] {
                let (mut stream, _) = server.accept().unwrap();
                stream.write_all(greeting).unwrap();
                stream.read_exact(&mut [0]).unwrap();
            }
        });
        for greeting in [b"one", b"two"] {
            assert_eq!(read(&mut console, &mut poller), greeting);
            assert!(console.trouble().is_none());
            assert_eq!(console.write(b"\r"), 1);
        }
        serve.join().unwrap();
    }
}
