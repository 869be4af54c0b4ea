//! Waiting for many descriptors at the price of those that are ready: epoll.

use std::fmt;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use stillwire::Instant;

use super::wait::{Interest, Ready, Source, timeout};

/// Descriptors that are told in one go; more come in the next.
const BATCH: usize = 256;
/// The token of the timer that notices a wake from sleep.
const WOKE: u64 = u64::MAX;

/// Waits, level-triggered: what was left unread is told again.
pub struct Poller {
    epoll: OwnedFd,
    events: Vec<Event>,
    ready: Vec<Ready>,
    /// Ends a wait when the machine wakes: a timeout does not count the time asleep.
    woke: Option<OwnedFd>,
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").field("epoll", &self.epoll).finish_non_exhaustive()
    }
}

impl Poller {
    /// A poller that knows no descriptor.
    ///
    /// # Errors
    /// If no descriptor is left.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let woke = alarm().ok();
        if let Some(woke) = &woke {
            epoll::add(&epoll, woke, EventData::new_u64(WOKE), EventFlags::IN)?;
        }
        Ok(Self { epoll, events: Vec::with_capacity(BATCH), ready: Vec::with_capacity(BATCH), woke })
    }

    /// Declares what to wait for from now on; costs nothing if it is what it was. Before `fd` is closed it has to be
    /// [`Interest::NONE`].
    ///
    /// # Errors
    /// If the system has no room for one more, or `fd` is a file, which is always ready.
    pub fn set(&mut self, fd: BorrowedFd<'_>, source: &mut Source, want: Interest) -> io::Result<()> {
        if source.interest == want {
            return Ok(());
        }
        let mut flags = EventFlags::empty();
        flags.set(EventFlags::IN | EventFlags::RDHUP, want.read);
        flags.set(EventFlags::OUT, want.write);
        let data = EventData::new_u64(source.token);
        match (source.interest.is_none(), want.is_none()) {
            (true, _) => epoll::add(&self.epoll, fd, data, flags)?,
            (false, true) => epoll::delete(&self.epoll, fd)?,
            (false, false) => epoll::modify(&self.epoll, fd, data, flags)?,
        }
        source.interest = want;
        Ok(())
    }

    /// Sleeps until a descriptor is ready, a signal came, the machine woke, or it is `until`; None: as long as it takes.
    ///
    /// # Errors
    /// Never but for want of memory.
    pub fn wait(&mut self, until: Option<Instant>) -> io::Result<&[Ready]> {
        self.ready.clear();
        self.events.clear();
        let wait = timeout(until);
        let buffer = rustix::buffer::spare_capacity(&mut self.events);
        match epoll::wait(&self.epoll, buffer, wait.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &self.events {
            let (flags, token) = (event.flags, event.data.u64());
            let gone = flags.intersects(EventFlags::HUP | EventFlags::ERR);
            if token == WOKE {
                self.woke.as_ref().map(|woke| rustix::io::read(woke, &mut [0; 8]));
                continue;
            }
            let read = gone || flags.intersects(EventFlags::IN | EventFlags::RDHUP);
            self.ready.push(Ready { token, read, write: gone || flags.contains(EventFlags::OUT) });
        }
        Ok(&self.ready)
    }
}

/// A timer that never runs out, but is cancelled when the wall clock is set, as happens at every resume.
fn alarm() -> io::Result<OwnedFd> {
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let timer = rustix::time::timerfd_create(TimerfdClockId::Realtime, flags)?;
    let never = Timespec { tv_sec: i64::from(u32::MAX) * 4, tv_nsec: 0 };
    let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: never };
    let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    rustix::time::timerfd_settime(&timer, flags, &once)?;
    Ok(timer)
}
