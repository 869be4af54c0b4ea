//! The sockets under a connection.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use serial2::SerialPort;

use super::{Tls, Written};
use crate::limits::KERNEL;
use crate::os;

/// A stream of bytes to another process.
#[derive(Debug)]
pub enum Stream {
    /// On this machine.
    Unix(UnixStream),
    /// From anywhere.
    Tcp(TcpStream),
    /// From anywhere, and nobody on the way reads it.
    Tls(Box<Tls>),
    /// From the other end of a cable.
    Serial(SerialPort),
}

impl Stream {
    /// Makes it ready for the loop: non-blocking, and with little in the kernel, so that what was written is soon sent.
    ///
    /// # Errors
    /// If it is gone.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => {
                stream.set_nonblocking(true)?;
                rustix::net::sockopt::set_socket_send_buffer_size(stream, KERNEL as usize)?;
            }
            Self::Tcp(stream) => prepare(stream)?,
            Self::Tls(stream) => prepare(stream.socket())?,
            Self::Serial(_) => {} // opened so
        }
        Ok(())
    }

    /// The address at the other end, if there is one.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        match self {
            Self::Unix(_) | Self::Serial(_) => None,
            Self::Tcp(stream) => stream.peer_addr().ok(),
            Self::Tls(stream) => stream.socket().peer_addr().ok(),
        }
    }

    /// Whether something can be read that a poller does not know of.
    pub(crate) fn pending(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.pending())
    }

    /// Whether it holds something back that has to be written.
    pub(crate) fn holds(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.holds())
    }

    /// Writes what it holds back.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn push(&mut self) -> io::Result<Written> {
        if let Self::Tls(stream) = self { stream.push() } else { Ok(Written::All) }
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    os::keep_little_unsent(stream.as_fd(), KERNEL);
    Ok(())
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
            Self::Serial(port) => Ok(rustix::io::read(port, buffer)?),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(bytes),
            Self::Tcp(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
            Self::Serial(port) => Ok(rustix::io::write(port, bytes)?),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.push().map(drop)
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Unix(stream) => stream.as_fd(),
            Self::Tcp(stream) => stream.as_fd(),
            Self::Tls(stream) => stream.socket().as_fd(),
            Self::Serial(port) => port.as_fd(),
        }
    }
}
