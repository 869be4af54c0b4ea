//! A serial port, which may be missing or unplugged and is taken back when it appears.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use serial2::{CharSize, FlowControl, Parity, SerialPort, Settings, StopBits};
use stillwire::Instant;
use stillwire::link::backoff::{Backoff, Config};

use super::{Came, give, take};
use crate::limits::BREAK_TIME;
use crate::os::{Appear, Interest, Poller, Source};

/// A device and its parameters: `DEV[:BAUD[,8N1][,rtscts|,xonxoff][,nodtr][,norts]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Such as `/dev/ttyUSB0`.
    pub device: PathBuf,
    baud: u32,
    bits: CharSize,
    parity: Parity,
    stop: StopBits,
    flow: FlowControl,
    dtr: bool,
    rts: bool,
}

/// The port, if it is there.
#[derive(Debug)]
pub struct Serial {
    line: Line,
    source: Source,
    state: State,
    backoff: Backoff,
    want: Interest,
    /// When a break ends, if there is one.
    breaks: Option<Instant>,
    /// Why it is not there, the last time somebody looked.
    trouble: Option<io::Error>,
}

#[derive(Debug)]
enum State {
    /// Looked for again at `until`, or when something changes in its folder.
    Away {
        until: Instant,
        appear: Option<Appear>,
    },
    Up(SerialPort),
}

impl Line {
    /// Reads what the command line says; 115200 baud and 8N1 unless it says otherwise.
    ///
    /// # Errors
    /// What is not understood, and what would be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (device, rest) = match text.rsplit_once(':') {
            Some((device, rest)) if rest.starts_with(|c: char| c.is_ascii_digit()) => (device, rest),
            _ => (text, "115200"),
        };
        let mut words = rest.split(',');
        let baud = words.next().unwrap_or_default();
        let mut line = Self {
            device: PathBuf::from(device),
            baud: baud
                .parse()
                .ok()
                .filter(|&baud| baud > 0)
                .ok_or(format!("{baud:?} is no speed in baud"))?,
            bits: CharSize::Bits8,
            parity: Parity::None,
            stop: StopBits::One,
            flow: FlowControl::None,
            dtr: true,
            rts: true,
        };
        for word in words {
            match word {
                "rtscts" => line.flow = FlowControl::RtsCts,
                "xonxoff" => line.flow = FlowControl::XonXoff,
                "nodtr" => line.dtr = false,
                "norts" => line.rts = false,
                _ => line.frame(word).ok_or(format!(
                    "{word:?} is neither a format such as 8N1 or 7E2 nor rtscts, xonxoff, nodtr, norts"
                ))?,
            }
        }
        Ok(line)
    }

    /// `8N1`
    fn frame(&mut self, word: &str) -> Option<()> {
        let &[bits, parity, stop] = word.as_bytes() else { return None };
        self.bits = match bits {
            b'5' => CharSize::Bits5,
            b'6' => CharSize::Bits6,
            b'7' => CharSize::Bits7,
            b'8' => CharSize::Bits8,
            _ => return None,
        };
        self.parity = match parity.to_ascii_uppercase() {
            b'N' => Parity::None,
            b'E' => Parity::Even,
            b'O' => Parity::Odd,
            _ => return None,
        };
        self.stop = match stop {
            b'1' => StopBits::One,
            b'2' => StopBits::Two,
            _ => return None,
        };
        Some(())
    }

    /// Opens it, for nobody else at the same time.
    ///
    /// # Errors
    /// It is not there, may not be opened, or does not do what is wanted.
    pub fn open(&self) -> io::Result<SerialPort> {
        let port = SerialPort::open(&self.device, |mut settings: Settings| {
            settings.set_raw();
            settings.set_baud_rate(self.baud)?;
            settings.set_char_size(self.bits);
            settings.set_parity(self.parity);
            settings.set_stop_bits(self.stop);
            settings.set_flow_control(self.flow);
            Ok(settings)
        })?;
        rustix::termios::ioctl_tiocexcl(&port)?;
        // A pseudo-terminal has no such lines, and many adapters lack one of them.
        let _ = (port.set_dtr(self.dtr), self.flow == FlowControl::RtsCts || port.set_rts(self.rts).is_ok());
        Ok(port)
    }
}

impl Serial {
    /// A port that is opened at the first poll.
    pub fn new(line: Line, token: u64, seed: u64, now: Instant) -> Self {
        let state = State::Away { until: now, appear: None };
        let backoff = Backoff::new(Config::DEFAULT, seed);
        Self {
            line,
            source: Source::new(token),
            state,
            backoff,
            want: Interest::NONE,
            breaks: None,
            trouble: None,
        }
    }

    /// Its device.
    pub fn device(&self) -> &Path {
        &self.line.device
    }

    /// Why it is not there, if it is not.
    pub const fn trouble(&self) -> Option<&io::Error> {
        self.trouble.as_ref()
    }

    pub(super) fn watch(&mut self, poller: &mut Poller, want: Interest) -> io::Result<()> {
        self.want = want;
        match &self.state {
            State::Up(port) => poller.set(port.as_fd(), &mut self.source, want),
            State::Away { appear: Some(appear), .. } => {
                poller.set(appear.as_fd(), &mut self.source, Interest::READ)
            }
            State::Away { appear: None, .. } => Ok(()),
        }
    }

    pub(super) fn read(&mut self, now: Instant, poller: &mut Poller, buffer: &mut [u8]) -> Came {
        match &self.state {
            State::Up(port) => match take(port.as_fd(), buffer) {
                Ok(came) => return came,
                Err(error) => self.away(now, poller, error),
            },
            State::Away { appear, .. } => {
                if let Some(appear) = appear {
                    appear.drain();
                }
                self.look(now, poller);
            }
        }
        Came::Nothing
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        if let State::Up(port) = &self.state { give(port.as_fd(), bytes) } else { 0 }
    }

    /// The line is held low until [`Self::poll`] ends that; `tcsendbreak` would hold the whole host.
    pub(super) fn send_break(&mut self, now: Instant) -> io::Result<()> {
        let State::Up(port) = &self.state else {
            return Err(io::Error::new(io::ErrorKind::NotConnected, "the serial port is not there"));
        };
        port.set_break(true)?;
        self.breaks = Some(now.after(BREAK_TIME));
        Ok(())
    }

    pub(super) const fn poll_at(&self) -> Option<Instant> {
        if let State::Away { until, .. } = self.state { Some(until) } else { self.breaks }
    }

    pub(super) fn poll(&mut self, now: Instant, poller: &mut Poller) {
        if self.poll_at().is_none_or(|due| due > now) {
            return;
        }
        match &self.state {
            State::Up(port) => {
                let _ = port.set_break(false);
                self.breaks = None;
            }
            State::Away { .. } => self.look(now, poller),
        }
    }

    /// Whether it is there by now.
    fn look(&mut self, now: Instant, poller: &mut Poller) {
        match self.line.open() {
            Ok(port) => {
                self.forget(poller);
                self.trouble = None;
                self.state = State::Up(port);
                let _ = self.watch(poller, self.want);
            }
            Err(error) => self.away(now, poller, error),
        }
    }

    fn away(&mut self, now: Instant, poller: &mut Poller, error: io::Error) {
        if matches!(self.state, State::Up(_)) {
            self.backoff.reset();
        }
        self.trouble = Some(error);
        self.breaks = None;
        self.forget(poller);
        let appear = Appear::near(&self.line.device).ok();
        self.state = State::Away { until: now.after(self.backoff.wait()), appear };
        let _ = self.watch(poller, self.want);
    }

    fn forget(&mut self, poller: &mut Poller) {
        let _ = match &self.state {
            State::Up(port) => poller.set(port.as_fd(), &mut self.source, Interest::NONE),
            State::Away { appear: Some(appear), .. } => {
                poller.set(appear.as_fd(), &mut self.source, Interest::NONE)
            }
            State::Away { appear: None, .. } => Ok(()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os;
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::ffi::OsString;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStringExt as _;
    use stillwire::Duration;

    #[test]
    fn a_line_is_read_or_explained() {
        let plain = Line::parse("/dev/ttyUSB0").unwrap();
        assert_eq!((plain.baud, plain.bits, plain.dtr), (115_200, CharSize::Bits8, true));
        let full = Line::parse("/dev/ttyS1:9600,7e2,rtscts,nodtr").unwrap();
        assert_eq!(
            (full.device.to_str(), full.baud, full.bits),
            (Some("/dev/ttyS1"), 9_600, CharSize::Bits7)
        );
        assert_eq!((full.parity, full.stop, full.dtr), (Parity::Even, StopBits::Two, false));
        assert_eq!(full.flow, FlowControl::RtsCts);
        let by_path = Line::parse("/dev/serial/by-path/pci-0000:00").unwrap_err();
        assert!(by_path.contains("speed"), "{by_path}");
        assert!(Line::parse("/dev/ttyS1:9600,9N1").unwrap_err().contains("8N1"));
    }

    /// Plugs a device in: a pseudo-terminal under this name. What is given is the other end of the cable.
    fn plug(path: &Path) -> OwnedFd {
        let board = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&board).unwrap();
        unlockpt(&board).unwrap();
        rustix::io::ioctl_fionbio(&board, true).unwrap();
        // A program that another test starts meanwhile would keep it plugged in.
        rustix::io::fcntl_setfd(&board, rustix::io::FdFlags::CLOEXEC).unwrap();
        let device = OsString::from_vec(ptsname(&board, Vec::new()).unwrap().into_bytes());
        std::os::unix::fs::symlink(device, path).unwrap();
        board
    }

    /// Pulls it out again.
    fn pull(path: &Path, board: OwnedFd) {
        std::fs::remove_file(path).unwrap();
        drop(board);
    }

    /// The loop of a driver, until `done`.
    fn drive(serial: &mut Serial, poller: &mut Poller, mut done: impl FnMut(&mut Serial, &[u8]) -> bool) {
        let give_up = os::now().after(Duration::from_secs(30));
        let mut buffer = [0; 64];
        loop {
            assert!(os::now() < give_up, "{serial:?}");
            serial.poll(os::now(), poller);
            serial.watch(poller, Interest::READ).unwrap();
            let came = match serial.read(os::now(), poller, &mut buffer) {
                Came::Bytes(count) => &buffer[..count],
                Came::Nothing => &[],
            };
            if done(serial, came) {
                return;
            }
            poller.wait(Some(serial.poll_at().unwrap_or(give_up).min(give_up))).unwrap();
        }
    }

    #[test]
    fn a_port_that_is_unplugged_is_taken_back() {
        let folder = std::env::temp_dir().join(format!("stillwire-serial-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let device = folder.join("ttyUSB0");
        let line = Line::parse(device.to_str().unwrap()).unwrap();
        let mut poller = Poller::new().unwrap();
        let mut serial = Serial::new(line, 1, 7, os::now());
        drive(&mut serial, &mut poller, |serial, _| serial.trouble().is_some());
        for round in [b'1', b'2'] {
            let board = plug(&device);
            drive(&mut serial, &mut poller, |serial, _| serial.write(&[round]) == 1);
            let mut came = [0; 8];
            assert_eq!(rustix::io::read(&board, &mut came).map(|count| &came[..count]), Ok(&[round][..]));
            assert_eq!(rustix::io::write(&board, b"login: "), Ok(7));
            drive(&mut serial, &mut poller, |_, came| came == b"login: ");
            let begun = os::now();
            serial.send_break(begun).unwrap();
            assert_eq!(serial.poll_at(), Some(begun.after(BREAK_TIME)));
            drive(&mut serial, &mut poller, |serial, _| serial.poll_at().is_none());
            assert!(os::now().since(begun) >= BREAK_TIME);
            pull(&device, board);
            drive(&mut serial, &mut poller, |serial, _| serial.trouble().is_some());
            assert!(serial.send_break(os::now()).is_err(), "there is nothing to break");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
