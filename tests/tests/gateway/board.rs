//! A gateway with everything that is plugged into it: [`Board`].

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time;

use stillwire::Instant;
use stillwire::link::frame::Role;
use stillwire::link::host::Link;
use stillwire_tests::caller::Caller;
use stillwire_tests::random::Random;

/// Who may type.
const SECRET: &[u8] = b"gateway";

/// What the gateway is made of.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "each binary of tests has its own")]
pub(crate) enum Machine {
    /// `tests/firmware/gateway` in QEMU.
    Firmware,
    /// `core/capi/examples/gateway` in QEMU.
    FirmwareInC,
    /// The same as a program on this machine.
    ProgramInC,
}

/// A board whose console is held by the test, and whose lines desktops can be plugged into.
pub(crate) struct Board {
    gateway: Child,
    folder: PathBuf,
    /// The device at the console.
    pub(crate) console: UnixStream,
    /// What was typed for it.
    pub(crate) typed: Vec<u8>,
    /// Bytes that the device prints in a millisecond at the most: QEMU knows no baud rate, and a busy machine stalls it.
    pub(crate) burst: usize,
    began: time::Instant,
}

/// A desktop, its line, and what the line does to bytes.
pub(crate) struct Desktop {
    /// Who it is, and what it was told.
    pub(crate) caller: Caller,
    line: Option<UnixStream>,
    random: Random,
    /// One of so many reads and writes has a bit flipped; 0: none.
    pub(crate) noise: usize,
    /// Bits that were.
    pub(crate) flipped: usize,
    /// Bytes that it reads in one turn at the most.
    pub(crate) pace: usize,
}

impl Machine {
    /// The most stack that may ever have been used, in bytes; `docs/EMBEDDING.md` has what it is.
    pub(crate) fn stack(self) -> u32 {
        match self {
            Self::Firmware => 2_400,
            Self::FirmwareInC => 3_072,
            Self::ProgramInC => 1,
        }
    }

    /// Runs it, with its console and lines in `folder`.
    fn command(self, folder: &Path) -> Command {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let image = tests.join(match self {
            Self::Firmware => "firmware/target/thumbv7em-none-eabihf/small/gateway",
            Self::FirmwareInC => "../target/capi/gateway-firmware",
            Self::ProgramInC => "../target/capi/gateway",
        });
        let ports = ["console", "one", "two"].map(|port| folder.join(port));
        if let Self::ProgramInC = self {
            let mut command = Command::new(image);
            command.args(ports);
            return command;
        }
        let mut command = Command::new("qemu-system-arm");
        command.args(["-machine", "mps2-an386", "-display", "none", "-monitor", "none"]);
        for (id, path) in ports.iter().enumerate() {
            let listens = if id == 0 { "" } else { ",server=on,wait=off" };
            command.arg("-chardev").arg(format!("socket,id=port{id},path={}{listens}", path.display()));
            command.args(["-serial", &format!("chardev:port{id}")]);
        }
        command.arg("-kernel").arg(image);
        command
    }
}

impl Board {
    /// A board that has just been switched on.
    pub(crate) fn start(machine: Machine, name: &str) -> Self {
        let name = format!("stillwire-gateway-{}-{machine:?}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder for sockets");
        let console = UnixListener::bind(folder.join("console")).expect("a console");
        let gateway = machine.command(&folder).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let gateway = gateway.expect("QEMU, and what `tests/run embedded` or `tests/run capi` builds");
        let (console, _) = console.accept().expect("it plugs the console in");
        console.set_nonblocking(true).expect("a socket");
        Self { gateway, folder, console, typed: vec![], burst: 64, began: time::Instant::now() }
    }

    /// Time since it was switched on.
    pub(crate) fn now(&self) -> Instant {
        Instant::from_micros(self.began.elapsed().as_micros() as u64)
    }

    /// The socket that one plugs into to be at the line `one` or `two`.
    #[allow(dead_code, reason = "not every binary of tests dials itself")]
    pub(crate) fn line(&self, line: &str) -> PathBuf {
        self.folder.join(line)
    }

    /// A desktop, not plugged in yet.
    pub(crate) fn desktop(&self, id: u64, role: Role) -> Desktop {
        let caller = Caller::new(Link::Lossy, id, role, SECRET, self.now());
        Desktop { caller, line: None, random: Random::new(id), noise: 0, flipped: 0, pace: usize::MAX }
    }

    /// Plugs a desktop into the line `one` or `two`.
    pub(crate) fn plug(&self, desktop: &mut Desktop, line: &str) {
        let connected = (0..5_000).find_map(|_| {
            let stream = UnixStream::connect(self.folder.join(line));
            stream.inspect_err(|_| std::thread::sleep(time::Duration::from_millis(1))).ok()
        });
        let stream = connected.expect("QEMU listens within five seconds");
        stream.set_nonblocking(true).expect("a socket");
        desktop.line = Some(stream);
    }

    /// The device prints; whether the console took all of it within ten seconds.
    pub(crate) fn print(&mut self, mut bytes: &[u8], desktops: &mut [&mut Desktop]) -> bool {
        let end = time::Instant::now() + time::Duration::from_secs(10);
        while !bytes.is_empty() && time::Instant::now() < end {
            match self.console.write(&bytes[..bytes.len().min(self.burst)]) {
                Ok(len) => bytes = &bytes[len..],
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            }
            self.turn(desktops);
        }
        bytes.is_empty()
    }

    /// Goes on until `done`, for so many seconds at the most.
    pub(crate) fn until(
        &mut self,
        seconds: u64,
        desktops: &mut [&mut Desktop],
        mut done: impl FnMut(&Self, &mut [&mut Desktop]) -> bool,
    ) -> bool {
        let end = time::Instant::now() + time::Duration::from_secs(seconds);
        loop {
            if done(self, desktops) {
                return true;
            }
            if time::Instant::now() > end {
                return false;
            }
            self.turn(desktops);
        }
    }

    fn turn(&mut self, desktops: &mut [&mut Desktop]) {
        let now = self.now();
        for desktop in desktops {
            desktop.turn(now);
        }
        let mut bytes = [0; 256];
        if let Ok(len) = self.console.read(&mut bytes) {
            self.typed.extend_from_slice(&bytes[..len]);
        }
        std::thread::sleep(time::Duration::from_millis(1));
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ended = self.gateway.kill();
        let _ended = self.gateway.wait();
        let _removed = std::fs::remove_dir_all(&self.folder);
    }
}

impl Desktop {
    /// The line is pulled; what was on its way is gone.
    pub(crate) fn unplug(&mut self, now: Instant) {
        self.line = None;
        self.caller.cut(now);
    }

    fn turn(&mut self, now: Instant) {
        let Some(mut line) = self.line.take() else {
            self.caller.send(now, false);
            return;
        };
        let mut bytes = vec![0; self.pace.min(4_096)];
        match line.read(&mut bytes) {
            Ok(0) => panic!("the board is gone"),
            Ok(len) => {
                self.damage(&mut bytes[..len]);
                self.caller.receive(now, &bytes[..len]);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        let mut said = self.caller.send(now, true);
        self.damage(&mut said);
        line.set_nonblocking(false).expect("a socket");
        line.write_all(&said).expect("the board reads");
        line.set_nonblocking(true).expect("a socket");
        self.line = Some(line);
    }

    fn damage(&mut self, bytes: &mut [u8]) {
        if self.noise > 0 && !bytes.is_empty() && self.random.below(self.noise) == 0 {
            let at = self.random.below(bytes.len());
            bytes[at] ^= 1 << self.random.below(8);
            self.flipped += 1;
        }
    }
}
