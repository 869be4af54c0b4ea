//! Where a session is, and the way there.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tungstenite::handshake::derive_accept_key;

use crate::failure::Failure;
use crate::limits;
use crate::link::{Connection, Connector, Stream};
use crate::plain::plain;
use crate::port::Line;
use crate::roster;
use crate::tcp;
use crate::token::{Token, random};

/// A session somewhere.
#[derive(Clone, Debug)]
pub(super) struct Target {
    way: Way,
    /// Its name; empty: the only one there.
    pub session: String,
    /// The secret that the URL tells.
    pub token: Option<Token>,
    /// The connection is encrypted, and this decides whether the host is who it says.
    tls: Option<Connector>,
    secure: bool,
    /// How to come back: its name, or the URL without the secret.
    pub again: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    Unix(PathBuf),
    /// Frames over TCP.
    Tcp(String),
    /// Frames in messages.
    WebSocket(String),
    /// Packets over a serial port.
    Serial(Line),
    /// Packets over a serial line that somebody brings here by TCP.
    Line(String),
}

impl Target {
    /// Finds a session of this machine, or reads a URL.
    ///
    /// # Errors
    /// There is no such session, or more than one to choose from, or it is no URL that can be used.
    pub(super) fn find(text: Option<&str>) -> Result<Self, Failure> {
        if let Some((scheme, rest)) = text.and_then(|text| text.split_once("://")) {
            return Self::url(scheme, rest);
        }
        let (path, session) = roster::find(text)?;
        let again = session.clone();
        Ok(Self { way: Way::Unix(path), session, token: None, tls: None, secure: false, again })
    }

    fn url(scheme: &str, rest: &str) -> Result<Self, Failure> {
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let with_port =
            |port: u16| if has_port { authority.to_owned() } else { format!("{authority}:{port}") };
        let way = match scheme {
            "ws" | "http" => Way::WebSocket(with_port(80)),
            "wss" | "https" => Way::WebSocket(with_port(443)),
            "tcp" | "tls" if has_port => Way::Tcp(authority.to_owned()),
            "tcp" | "tls" => {
                return Err(Failure::usage(format!("{scheme}:// needs a port: {scheme}://HOST:PORT")));
            }
            "line" if has_port => Way::Line(authority.to_owned()),
            "line" => return Err(Failure::usage("line:// needs a port: line://HOST:PORT")),
            "serial" => Way::Serial(Line::parse(rest).map_err(Failure::usage)?),
            _ => {
                return Err(Failure::usage(format!(
                    "{scheme}:// is none of https, http, wss, ws, tls, tcp, serial, line"
                )));
            }
        };
        let field = |name: &str| {
            let mut fields = fragment.split('&').filter_map(|field| field.split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let token = field("token").map(Token::given).transpose()?;
        let secure = matches!(scheme, "wss" | "https" | "tls");
        let session = field("session").unwrap_or_default().to_owned();
        let told = token.as_ref().map(|_| "token=...".to_owned());
        let named = (!session.is_empty()).then(|| format!("session={session}"));
        let fragment = [told, named].into_iter().flatten().collect::<Vec<_>>().join("&");
        let again = format!("{scheme}://{rest}#{fragment}");
        let again = plain(again.trim_end_matches('#'));
        Ok(Self { way, session, token, tls: None, secure, again })
    }

    /// Decides whom to trust, if the URL wants a host to prove who it is.
    ///
    /// # Errors
    /// If the certificates in `file` cannot be read, or are for a connection that is not encrypted.
    pub(super) fn trust(&mut self, file: Option<&Path>) -> Result<(), Failure> {
        if self.secure {
            self.tls = Some(Connector::new(file)?);
        } else if file.is_some() {
            return Err(Failure::usage("--tls-ca is for https://, wss:// and tls://"));
        }
        Ok(())
    }

    /// Whether it is on this machine, where no token is needed and a host that is gone is gone.
    pub(super) const fn is_local(&self) -> bool {
        matches!(self.way, Way::Unix(_))
    }

    /// Whether no network is needed to reach it.
    pub(super) fn stays_here(&self) -> bool {
        match &self.way {
            Way::Unix(_) | Way::Serial(_) => true,
            Way::Tcp(address) | Way::WebSocket(address) | Way::Line(address) => {
                let host = address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host);
                let host = host.trim_matches(['[', ']']);
                host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
            }
        }
    }

    /// Whether frames get lost on the way there.
    pub(super) const fn is_line(&self) -> bool {
        matches!(self.way, Way::Serial(_) | Way::Line(_))
    }

    /// Opens a connection. May block.
    ///
    /// # Errors
    /// If nobody answers, or not as a host does.
    pub(super) fn dial(&self, token: Option<&Token>) -> io::Result<Connection> {
        match &self.way {
            Way::Unix(path) => Connection::frames(Stream::Unix(UnixStream::connect(path)?)),
            Way::Tcp(address) => Connection::frames(self.stream(address)?),
            Way::WebSocket(address) => {
                let mut stream = self.stream(address)?;
                let rest = upgrade(&mut stream, address, token)?;
                Connection::websocket(stream, rest)
            }
            Way::Serial(line) => Connection::line(Stream::Serial(line.open()?)),
            Way::Line(address) => Connection::line(self.stream(address)?),
        }
    }

    /// A TCP stream, encrypted if that is wanted.
    fn stream(&self, address: &str) -> io::Result<Stream> {
        let stream = tcp::connect(address)?;
        stream.set_read_timeout(Some(limits::DIAL))?;
        if !self.secure {
            return Ok(Stream::Tcp(stream));
        }
        let tls = self.tls.as_ref().ok_or(io::ErrorKind::PermissionDenied)?;
        let name = address.rsplit_once(':').map_or(address, |(name, _)| name).trim_matches(['[', ']']);
        Ok(Stream::Tls(Box::new(tls.connect(stream, name)?)))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Unix(_) => f.write_str(&self.session),
            Way::Tcp(address) | Way::WebSocket(address) | Way::Line(address) => f.write_str(address),
            Way::Serial(line) => write!(f, "{}", line.device.display()),
        }
    }
}

/// Asks for a WebSocket; what came behind the answer is given back.
fn upgrade(stream: &mut Stream, host: &str, token: Option<&Token>) -> io::Result<Vec<u8>> {
    let key = base64(&random::<16>()?);
    let authorization =
        token.map(|token| format!("Authorization: Bearer {}\r\n", token.secret())).unwrap_or_default();
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {key}\r\n{authorization}\r\n"
    );
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    let began = Instant::now();
    let end = loop {
        if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes)?;
        if count == 0 || answer.len() > limits::REQUEST || began.elapsed() > limits::DIAL {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(bytes.get(..count).unwrap_or_default());
    };
    let rest = answer.split_off(end);
    let text = String::from_utf8_lossy(&answer);
    let mut lines = text.lines();
    let status = lines.next().unwrap_or_default();
    let expected = derive_accept_key(key.as_bytes());
    let accepted = lines
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| name.eq_ignore_ascii_case("sec-websocket-accept") && value.trim() == expected);
    if !status.starts_with("HTTP/1.1 101") || !accepted {
        let kind = if status.contains(" 403 ") || status.contains(" 401 ") {
            io::ErrorKind::PermissionDenied
        } else {
            io::ErrorKind::InvalidData
        };
        // In words, if it has some.
        let body = String::from_utf8_lossy(&rest).into_owned();
        let why = body.lines().next().filter(|why| !why.is_empty()).unwrap_or(status);
        return Err(io::Error::new(kind, plain(why)));
    }
    Ok(rest)
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let word =
            three.iter().chain([0, 0].iter()).take(3).fold(0_u32, |word, &byte| word << 8 | u32::from(byte));
        for place in 0..4 {
            let digit = DIGITS[usize::try_from(word >> (18 - 6 * place) & 63).unwrap_or(0)];
            text.push(if place <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_or_explained() {
        let page = Target::find(Some("http://127.0.0.1:7681/#token=abc&session=build")).unwrap();
        assert_eq!(page.way, Way::WebSocket("127.0.0.1:7681".into()));
        assert_eq!(page.again, "http://127.0.0.1:7681/#token=...&session=build");
        assert_eq!((page.session.as_str(), page.token.unwrap().secret()), ("build", "abc"));
        assert_eq!(Target::find(Some("tcp://box:9")).unwrap().again, "tcp://box:9");
        for (url, here) in [("tcp://[::1]:9", true), ("ws://127.0.0.1", true), ("https://localhost", true)] {
            assert_eq!(Target::find(Some(url)).unwrap().stays_here(), here, "{url}");
        }
        assert!(!Target::find(Some("tcp://box:9")).unwrap().stays_here());
        assert_eq!(Target::find(Some("ws://box")).unwrap().way, Way::WebSocket("box:80".into()));
        assert_eq!(Target::find(Some("tcp://[::1]:9")).unwrap().way, Way::Tcp("[::1]:9".into()));
        assert_eq!(Target::find(Some("wss://box")).unwrap().way, Way::WebSocket("box:443".into()));
        assert!(Target::find(Some("ws://box")).unwrap().trust(Some(Path::new("ca.pem"))).is_err());
        assert_eq!(Target::find(Some("line://box:9#token=t")).unwrap().way, Way::Line("box:9".into()));
        let serial = Target::find(Some("serial:///dev/ttyUSB0:9600#token=t")).unwrap();
        assert_eq!(serial.way, Way::Serial(Line::parse("/dev/ttyUSB0:9600").unwrap()));
        assert!(serial.is_line() && !serial.is_local());
        for wrong in ["tcp://box", "line://box", "serial:///dev/ttyS0:9600,9N1", "ssh://box", "tls://box"] {
            assert!(Target::find(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let table = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (plain, coded) in table {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
