//! Which doors a host opens, and what it says about them.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use rustix::fs::FileType;
use rustix::net::AddressFamily;

use super::config::Settings;
use super::server::kind;
use crate::door::Door;
use crate::door::http::Policy;
use crate::failure::Failure;
use crate::link::Acceptor;
use crate::token::Token;
use crate::{os, runtime};

/// Where a host listens unless it is told.
const LISTEN: &str = "127.0.0.1:7681";

/// Doors that are open.
#[derive(Debug, Default)]
pub(super) struct Doors {
    /// The poller's token of each names its place in here.
    pub doors: Vec<Door>,
    /// What the TCP ports ask for.
    pub token: Option<Token>,
    /// Files that are there for as long as the host.
    pub kept: Kept,
    /// What to open in a browser.
    pub hello: String,
    /// Where a page may be that takes the user's browser there, and where that is.
    pub page: Option<(PathBuf, String)>,
}

/// Files that are removed when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Kept(Vec<PathBuf>);

impl Drop for Kept {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Opens the doors of a host that is called `name`: its Unix socket, what systemd hands over, else `--listen`.
///
/// # Errors
/// If the name is taken, an address is not to be had, or could be reached by others in the clear; if a browser is wanted and
/// there is no port.
pub(super) fn open(settings: &Settings, name: &str, open_browser: bool) -> Result<Doors, Failure> {
    let mut opened = Doors::default();
    let tls = match (&settings.tls_cert, &settings.tls_key) {
        (Some(certificate), Some(key)) => Some(Acceptor::new(certificate, key)?),
        (None, None) => None,
        _ => return Err(Failure::usage("--tls-cert and --tls-key go together")),
    };
    let path = runtime::socket(name)?;
    let mut ports = Vec::new();
    for socket in os::activated() {
        match activated(socket)? {
            Activated::Unix(listener) => opened.unix(listener, None),
            Activated::Tcp(listener) => ports.push(listener),
        }
    }
    if !opened.doors.iter().any(|door| door.bound_to().is_some_and(|bound| bound == path)) {
        let (listener, path) = runtime::listen(name)?;
        opened.unix(listener, Some(path));
    }
    if ports.is_empty() {
        ports.extend(listen(settings)?);
    }
    if let Some(address) = settings.metrics.as_deref().filter(|at| *at != "token") {
        opened.metrics(settings, address)?;
    }
    if ports.is_empty() {
        return if open_browser { Err(nothing_to_open()) } else { Ok(opened) };
    }
    let token = match &settings.token_file {
        Some(path) => Token::read_or_make(path)?,
        None => Token::new().map_err(|error| Failure::io("make a token", error))?,
    };
    let file = settings.token_file.clone().unwrap_or_else(|| path.with_extension("token"));
    if settings.token_file.is_none() {
        token.write(&file).map_err(|error| Failure::io("write the token", error))?;
        opened.kept.0.push(file.clone());
    }
    let policy = Policy {
        names: settings.names.clone(),
        origins: settings.origins.clone(),
        token: Some(token.clone()),
        known: false,
        metrics: false,
    };
    for listener in ports {
        let failed = |error| Failure::io("listen", error);
        let address = listener.local_addr().map_err(failed)?;
        if tls.is_none() && !settings.insecure && !address.ip().is_loopback() {
            return Err(Failure::usage(format!(
                "{address} can be reached from elsewhere, and nothing would be encrypted"
            ))
            .hint("--tls-cert and --tls-key; or a tunnel (ssh -L 7681:127.0.0.1:7681); or --insecure if the network is yours"));
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (shown, secret) = (shown(settings, address), token.secret());
        let here = format!("{scheme}://{}/#token={secret}", from_here(&shown, address));
        opened.page.get_or_insert_with(|| (path.with_extension("html"), here));
        opened.hello.push_str(&if may_tell_secrets() {
            format!("[open {scheme}://{shown}/#token={secret}]\r\n")
        } else {
            format!("[open {scheme}://{shown}/#token=... with what is in {}]\r\n", file.display())
        });
        let place = kind::DOOR | opened.doors.len() as u64;
        let door = Door::tcp(listener, policy.clone(), tls.clone(), place).map_err(failed)?;
        opened.doors.push(door);
    }
    opened.kept.0.extend(opened.page.iter().map(|(page, _)| page.clone()));
    opened.token = Some(token);
    Ok(opened)
}

fn nothing_to_open() -> Failure {
    Failure::usage("--open has nothing to open: there is no port").hint("leave out --listen none")
}

impl Doors {
    /// A port for Prometheus and for nobody else.
    fn metrics(&mut self, settings: &Settings, address: &str) -> Result<(), Failure> {
        let failed = |error| cannot_listen(&format!("listen on {address} for metrics"), &error);
        let listener = TcpListener::bind(address).map_err(failed)?;
        let here = listener.local_addr().map_err(failed)?;
        let policy = Policy { names: settings.names.clone(), metrics: true, ..Policy::default() };
        let place = kind::DOOR | self.doors.len() as u64;
        self.doors.push(Door::tcp(listener, policy, None, place).map_err(failed)?);
        self.hello.push_str(&format!("[Prometheus reads http://{}/metrics]\r\n", shown(settings, here)));
        Ok(())
    }

    fn unix(&mut self, listener: UnixListener, path: Option<PathBuf>) {
        let place = kind::DOOR | self.doors.len() as u64;
        self.doors.push(Door::unix(listener, path, place));
    }
}

/// A socket that was open before we were.
enum Activated {
    Unix(UnixListener),
    Tcp(TcpListener),
}

fn activated(socket: OwnedFd) -> Result<Activated, Failure> {
    let failed = |error: io::Error| Failure::io("use the socket that systemd handed over", error);
    let address = rustix::net::getsockname(socket.as_fd()).map_err(|error| failed(error.into()))?;
    Ok(match address.address_family() {
        AddressFamily::UNIX => {
            let listener = UnixListener::from(socket);
            listener.set_nonblocking(true).map_err(failed)?;
            Activated::Unix(listener)
        }
        AddressFamily::INET | AddressFamily::INET6 => Activated::Tcp(TcpListener::from(socket)),
        _ => return Err(Failure::new("the socket that systemd handed over is neither TCP nor Unix")),
    })
}

/// The port of `--listen`; None if none is wanted.
fn listen(settings: &Settings) -> Result<Option<TcpListener>, Failure> {
    let address = settings.listen.as_deref().unwrap_or(LISTEN);
    if matches!(address, "none" | "off") {
        return Ok(None);
    }
    let listener = match TcpListener::bind(address) {
        // Another host has the usual port: any other will do, as long as nobody asked for this one.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && settings.listen.is_none() => {
            TcpListener::bind("127.0.0.1:0")
        }
        other => other,
    };
    listener.map(Some).map_err(|error| cannot_listen(&format!("listen on {address}"), &error))
}

/// Why there is no port, and what would be one.
fn cannot_listen(what: &str, error: &io::Error) -> Failure {
    let failure = Failure::io(what, error);
    match error.kind() {
        io::ErrorKind::InvalidInput => {
            failure.hint("an address and a port are wanted, such as 127.0.0.1:7681")
        }
        _ => failure.hint("another port: --listen 127.0.0.1:0; or none: --listen none"),
    }
}

/// The address as others may call it: one that means all of them by the first name that the host goes by.
fn shown(settings: &Settings, address: SocketAddr) -> String {
    match (address.ip(), settings.names.first()) {
        (IpAddr::V4(ip), Some(name)) if ip.is_unspecified() => format!("{name}:{}", address.port()),
        (IpAddr::V6(ip), Some(name)) if ip.is_unspecified() => format!("{name}:{}", address.port()),
        _ => address.to_string(),
    }
}

/// The same for a browser on this machine.
fn from_here(shown: &str, address: SocketAddr) -> String {
    let unspecified = address.ip().is_unspecified() && shown == address.to_string();
    if unspecified { format!("localhost:{}", address.port()) } else { shown.to_owned() }
}

/// Whether what is said here is read by whoever started us, and not kept: standard error is a terminal or a pipe. A file
/// and the journal's socket are logs.
fn may_tell_secrets() -> bool {
    let stderr = rustix::stdio::stderr();
    let is_pipe = |stat: rustix::fs::Stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo;
    rustix::termios::isatty(stderr) || rustix::fs::fstat(stderr).is_ok_and(is_pipe)
}
