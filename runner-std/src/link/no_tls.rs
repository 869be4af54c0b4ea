//! What is there of TLS in a build without it: words, and nobody who could say them.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use super::Written;
use crate::failure::Failure;

/// Nothing.
#[derive(Debug)]
pub enum Tls {}

/// Nothing.
#[derive(Clone, Debug)]
pub enum Acceptor {}

/// Nothing.
#[derive(Clone, Debug)]
pub enum Connector {}

fn missing() -> Failure {
    Failure::usage("this runner was built without TLS")
        .hint("build it with --features tls, or use a tunnel: ssh -L")
}

impl Acceptor {
    /// Unsupported.
    ///
    /// # Errors
    /// Always.
    pub fn new(_: &Path, _: &Path) -> Result<Self, Failure> {
        Err(missing())
    }

    /// Cannot be called.
    ///
    /// # Errors
    /// Never.
    pub fn accept(&self, _: TcpStream) -> io::Result<Tls> {
        match *self {}
    }
}

impl Connector {
    /// Unsupported.
    ///
    /// # Errors
    /// Always.
    pub fn new(_: Option<&Path>) -> Result<Self, Failure> {
        Err(missing())
    }

    /// Cannot be called.
    ///
    /// # Errors
    /// Never.
    pub fn connect(&self, _: TcpStream, _: &str) -> io::Result<Tls> {
        match *self {}
    }
}

impl Tls {
    /// Cannot be called.
    pub fn socket(&self) -> &TcpStream {
        match *self {}
    }

    /// Cannot be called.
    pub const fn pending(&self) -> bool {
        match *self {}
    }

    /// Cannot be called.
    pub const fn holds(&self) -> bool {
        match *self {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    /// Never.
    pub const fn push(&mut self) -> io::Result<Written> {
        match *self {}
    }
}

impl Read for Tls {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }
}

impl Write for Tls {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match *self {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match *self {}
    }
}
