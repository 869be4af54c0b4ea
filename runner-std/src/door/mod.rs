//! Where connections come in: a Unix socket that only its owner reaches, and a TCP port for frames and HTTP.

pub mod http;

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::Policy;

use crate::link::{Acceptor, Connection, Stream};
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
    /// With the path that is to be removed in the end.
    Unix(UnixListener, Option<PathBuf>),
    Tcp(TcpListener, Option<Acceptor>),
}

impl Door {
    /// A Unix socket, non-blocking. `path` is removed when the door is dropped.
    pub fn unix(listener: UnixListener, path: Option<PathBuf>, token: u64) -> Self {
        let policy = Arc::new(Policy { known: true, ..Policy::default() });
        Self { socket: Listener::Unix(listener, path), source: Source::new(token), policy, spare: spare() }
    }

    /// A TCP port, with a certificate if nobody is to listen in.
    ///
    /// # Errors
    /// If it is none.
    pub fn tcp(listener: TcpListener, policy: Policy, tls: Option<Acceptor>, token: u64) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let (source, policy) = (Source::new(token), Arc::new(policy));
        Ok(Self { socket: Listener::Tcp(listener, tls), source, policy, spare: spare() })
    }

    /// Where it can be reached by TCP, if it can and there is more than metrics.
    pub fn address(&self) -> Option<std::net::SocketAddr> {
        match &self.socket {
            Listener::Tcp(listener, _) if !self.policy.metrics => listener.local_addr().ok(),
            _ => None,
        }
    }

    /// The path that its Unix socket is bound to, if it is one.
    pub fn bound_to(&self) -> Option<PathBuf> {
        let Listener::Unix(listener, _) = &self.socket else { return None };
        listener.local_addr().ok()?.as_pathname().map(Path::to_owned)
    }

    /// Declares whether anybody is to be let in.
    ///
    /// # Errors
    /// As [`Poller::set`].
    pub fn watch(&mut self, poller: &mut Poller, want: Interest) -> io::Result<()> {
        let fd = match &self.socket {
            Listener::Unix(listener, _) => listener.as_fd(),
            Listener::Tcp(listener, _) => listener.as_fd(),
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
            Listener::Tcp(listener, tls) => {
                let (stream, _) = listener.accept()?;
                Ok(match tls {
                    Some(tls) => tls.accept(stream).ok().map(|tls| Stream::Tls(Box::new(tls))),
                    None => Some(Stream::Tcp(stream)),
                })
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Listener::Unix(_, Some(path)) = &self.socket {
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
