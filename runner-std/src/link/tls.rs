//! TLS 1.3 around a TCP stream, with `rustls`: the same non-blocking reads and writes as without.
//!
//! A poller knows of the socket only, so nothing may wait in here unseen: who reads goes on while [`Tls::pending`],
//! and who writes pushes until [`Tls::push`] says that all is out.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use super::Written;
use crate::failure::Failure;
use crate::limits::RECORDS;

/// A stream of bytes that nobody on the way reads or changes.
#[derive(Debug)]
pub struct Tls {
    socket: TcpStream,
    session: rustls::Connection,
    /// Bytes that have come, are decrypted, and have not been read.
    plain: usize,
}

/// What a host shows to those who connect.
#[derive(Clone, Debug)]
pub struct Acceptor(Arc<ServerConfig>);

/// Whom a client trusts.
#[derive(Clone, Debug)]
pub struct Connector(Arc<ClientConfig>);

impl Acceptor {
    /// A certificate with its chain, and its key, both PEM.
    ///
    /// # Errors
    /// If they cannot be read or do not belong together, or everybody can read the key.
    pub fn new(certificate: &Path, key: &Path) -> Result<Self, Failure> {
        let found =
            fs::metadata(key).map_err(|error| Failure::io(format!("read {}", key.display()), error))?;
        if found.mode() & 0o007 != 0 {
            return Err(Failure::new(format!("everybody can read the key in {}", key.display()))
                .hint(format!("chmod 600 {}, and better make a new one", key.display())));
        }
        let chain = certificates(certificate)?;
        let secret = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| Failure::io(format!("read a private key from {}", key.display()), error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
            .map(|config| Self(Arc::new(config)))
            .map_err(|error| {
                Failure::io(format!("use {} with {}", certificate.display(), key.display()), error)
            })
    }

    /// Somebody came.
    ///
    /// # Errors
    /// For want of memory.
    pub fn accept(&self, socket: TcpStream) -> io::Result<Tls> {
        let session = ServerConnection::new(Arc::clone(&self.0)).map_err(io::Error::other)?;
        Ok(Tls { socket, session: session.into(), plain: 0 })
    }
}

impl Connector {
    /// Trusts the certificates in `file` and nobody else; without one, those whom browsers trust.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn new(file: Option<&Path>) -> Result<Self, Failure> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(file) = file {
            roots.roots.clear();
            for certificate in certificates(file)? {
                let added = roots.add(certificate);
                added.map_err(|error| Failure::io(format!("trust {}", file.display()), error))?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
            .map(|config| Self(Arc::new(config)))
            .map_err(|error| Failure::io("set up TLS", error))
    }

    /// Opens a connection to the host of this name, over a socket that blocks.
    ///
    /// # Errors
    /// If it is not who it says, or does not speak TLS.
    pub fn connect(&self, mut socket: TcpStream, name: &str) -> io::Result<Tls> {
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let mut session = ClientConnection::new(Arc::clone(&self.0), name).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut socket)?;
        }
        Ok(Tls { socket, session: session.into(), plain: 0 })
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let cannot = |error| Failure::io(format!("read certificates from {}", file.display()), error);
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(file).map_err(cannot)?.collect::<Result<_, _>>().map_err(cannot)?;
    if chain.is_empty() {
        return Err(Failure::new(format!("there is no certificate in {}", file.display()))
            .hint("it should be PEM: -----BEGIN CERTIFICATE-----"));
    }
    Ok(chain)
}

impl Tls {
    /// The socket.
    pub fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Whether something can be read although the socket has nothing more.
    pub const fn pending(&self) -> bool {
        self.plain > 0
    }

    /// Whether something waits to be written, perhaps only an answer of TLS itself.
    pub fn holds(&self) -> bool {
        self.session.wants_write()
    }

    /// Writes what waits, as far as the kernel takes it.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn push(&mut self) -> io::Result<Written> {
        let mut come = Written::Nothing;
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.socket) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(_) => come = Written::Some,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(come),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Written::All)
    }
}

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Records that hold nothing for us are not to keep the others waiting.
        for _ in 0..RECORDS {
            match self.session.reader().read(buffer) {
                Ok(count) => {
                    self.plain = self.plain.saturating_sub(count);
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.plain = 0,
                // Whoever hangs up without a word has said all that our frames tell.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                Err(error) => return Err(error),
            }
            if self.session.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            match self.session.process_new_packets() {
                Ok(state) => self.plain = state.plaintext_bytes_to_read(),
                Err(error) => {
                    let _ = self.push(); // the alert
                    return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                }
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.push()? != Written::All {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.session.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.push().map(drop)
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        self.session.send_close_notify();
        let _ = self.push();
    }
}
