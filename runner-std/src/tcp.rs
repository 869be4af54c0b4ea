//! TCP connections by name.

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};

use crate::limits;

/// A connection to the first address of `HOST:PORT` that answers within [`limits::DIAL`]. It blocks.
///
/// # Errors
/// The name has no address, or what the last of them said.
pub(crate) fn connect(address: &str) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, limits::DIAL) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
