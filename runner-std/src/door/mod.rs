//! Where connections come in: a Unix socket that only its owner reaches, and a TCP port for frames and HTTP.

pub mod http;

use std::io;
use std::net::{TcpListener, ToSocketAddrs};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::Policy;

use crate::link::{Connection, Stream};
use crate::os::{self, Interest, Poller, Source};

/// A listening socket and whom it lets in.
#[derive(Debug)]
pub struct Door {
    socket: Listener,
    source: Source,
    policy: Arc<Policy>,
    /// Given up for a moment when no descriptor is left, to tell whoever knocks that there is no room. Without it the
    /// loop would be woken for him for ever.
    spare: Option<OwnedFd>,
}

#[derive(Debug)]
enum Listener {
    Unix(UnixListener, PathBuf),
    Tcp(TcpListener),
}

impl Door {
    /// A Unix socket at a path that only this user can reach; removed when the door is dropped.
    pub fn unix(listener: UnixListener, path: PathBuf, token: u64) -> Self {
        let policy = Arc::new(Policy { known: true, ..Policy::default() });
        Self { socket: Listener::Unix(listener, path), source: Source::new(token), policy, spare: spare() }
    }

    /// A TCP port, as `HOST:PORT`.
    ///
    /// # Errors
    /// If the address is not to be had.
    pub fn tcp(address: impl ToSocketAddrs, policy: Policy, token: u64) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let (source, policy) = (Source::new(token), Arc::new(policy));
        Ok(Self { socket: Listener::Tcp(listener), source, policy, spare: spare() })
    }

    /// Where it can be reached by TCP, if it can.
    pub fn address(&self) -> Option<std::net::SocketAddr> {
        if let Listener::Tcp(listener) = &self.socket { listener.local_addr().ok() } else { None }
    }

    /// The path of the Unix socket, if it is one.
    pub fn path(&self) -> Option<&Path> {
        if let Listener::Unix(_, path) = &self.socket { Some(path) } else { None }
    }

    /// Declares whether anybody is to be let in.
    ///
    /// # Errors
    /// As [`Poller::set`].
    pub fn watch(&mut self, poller: &mut Poller, want: Interest) -> io::Result<()> {
        let fd = match &self.socket {
            Listener::Unix(listener, _) => listener.as_fd(),
            Listener::Tcp(listener) => listener.as_fd(),
        };
        poller.set(fd, &mut self.source, want)
    }

    /// The next who knocks and may; None: nobody.
    pub fn accept(&mut self) -> Option<Connection> {
        self.spare = self.spare.take().or_else(spare);
        loop {
            match self.next() {
                Ok(Some(stream)) => match Connection::knock(stream, Arc::clone(&self.policy)) {
                    Ok(connection) => return Some(connection),
                    Err(_) => continue,
                },
                Ok(None) => {}
                Err(error) if is_full(&error) && self.spare.take().is_some() => {
                    let turned_away = self.next();
                    let nobody = turned_away.is_err();
                    drop(turned_away);
                    self.spare = spare();
                    // Without a descriptor to give, accept(2) says so even where nobody waits.
                    if nobody {
                        return None;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock || is_full(&error) => return None,
                Err(_) => {} // that one has gone again
            }
        }
    }

    /// None: there was somebody, who may not.
    fn next(&self) -> io::Result<Option<Stream>> {
        match &self.socket {
            Listener::Unix(listener, _) => {
                let (stream, _) = listener.accept()?;
                let ours = os::peer_uid(stream.as_fd()) == Some(rustix::process::geteuid().as_raw());
                Ok(ours.then_some(Stream::Unix(stream)))
            }
            Listener::Tcp(listener) => Ok(Some(Stream::Tcp(listener.accept()?.0))),
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Listener::Unix(_, path) = &self.socket {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn spare() -> Option<OwnedFd> {
    std::fs::File::open("/dev/null").ok().map(OwnedFd::from)
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}
