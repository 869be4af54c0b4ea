//! Work that may block, on a thread of its own: looking up a name, opening a connection.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

/// A result that is being worked on. Dropping it forgets the result; the thread ends by itself.
#[derive(Debug)]
pub struct Background<T> {
    result: Receiver<io::Result<T>>,
    wake: UnixStream,
}

impl<T: Send + 'static> Background<T> {
    /// Starts to work.
    ///
    /// # Errors
    /// If there is no descriptor or thread left.
    pub fn start(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<Self> {
        let (wake, tell) = UnixStream::pair()?;
        let (send, result) = sync_channel(1);
        thread::Builder::new().name("dial".into()).stack_size(256 << 10).spawn(move || {
            let _ = send.send(work());
            // The hangup of `tell` is what wakes the loop, also after a panic.
            drop(tell);
        })?;
        Ok(Self { result, wake })
    }

    /// The result, if it is there.
    pub fn take(&mut self) -> Option<io::Result<T>> {
        match self.result.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(io::Error::other("the thread has failed"))),
        }
    }
}

impl<T> AsFd for Background<T> {
    /// Readable when the result is there.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::{Interest, Poller, Source};

    #[test]
    fn a_result_wakes_whoever_waits() {
        let mut work = Background::start(|| Ok(42)).unwrap();
        let (mut poller, mut source) = (Poller::new().unwrap(), Source::new(1));
        poller.set(work.as_fd(), &mut source, Interest::READ).unwrap();
        assert_eq!(poller.wait(None).unwrap().len(), 1);
        assert_eq!(work.take().unwrap().unwrap(), 42);
    }
}
