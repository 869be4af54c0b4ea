//! Waiting for descriptors as every Unix can: poll(2). Costs a look at all of them at every wake-up.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use stillwire::Instant;

use super::wait::{Interest, Ready, Source, timeout};

/// Waits; the substitute for the `Poller` around epoll, with the same methods.
#[derive(Debug, Default)]
pub struct Poller {
    /// Duplicates, so that nothing here depends on when the owner closes his.
    known: Vec<(u64, OwnedFd, Interest)>,
    ready: Vec<Ready>,
}

impl Poller {
    /// A poller that knows no descriptor.
    ///
    /// # Errors
    /// Never; epoll has some.
    pub fn new() -> io::Result<Self> {
        Ok(Self::default())
    }

    /// Declares what to wait for from now on; costs nothing if it is what it was. Before `fd` is closed it has to be
    /// [`Interest::NONE`].
    ///
    /// # Errors
    /// If no descriptor is left.
    pub fn set(&mut self, fd: BorrowedFd<'_>, source: &mut Source, want: Interest) -> io::Result<()> {
        if source.interest == want {
            return Ok(());
        }
        let known = self.known.iter().position(|(token, ..)| *token == source.token);
        match known {
            Some(index) if want.is_none() => drop(self.known.swap_remove(index)),
            Some(index) => self.known[index].2 = want,
            None => self.known.push((source.token, fd.try_clone_to_owned()?, want)),
        }
        source.interest = want;
        Ok(())
    }

    /// Sleeps until a descriptor is ready, a signal came, or it is `until`; None: as long as it takes.
    ///
    /// # Errors
    /// Never but for want of memory.
    pub fn wait(&mut self, until: Option<Instant>) -> io::Result<&[Ready]> {
        self.ready.clear();
        let wait = timeout(until);
        let mut fds: Vec<_> = self.known.iter().map(|(_, fd, want)| PollFd::new(fd, flags(*want))).collect();
        match rustix::event::poll(&mut fds, wait.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(&[]),
            Err(error) => return Err(error.into()),
        }
        for ((token, ..), fd) in self.known.iter().zip(&fds) {
            let came = fd.revents();
            let gone = came.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
            let (read, write) = (gone || came.contains(PollFlags::IN), gone || came.contains(PollFlags::OUT));
            if read || write {
                self.ready.push(Ready { token: *token, read, write });
            }
        }
        drop(fds);
        Ok(&self.ready)
    }
}

fn flags(want: Interest) -> PollFlags {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, want.read);
    flags.set(PollFlags::OUT, want.write);
    flags
}
