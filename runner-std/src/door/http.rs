//! The HTTP that a door understands: one request, judged before anything else is said.

use std::borrow::Cow;
use std::net::IpAddr;

use tungstenite::handshake::derive_accept_key;

use crate::limits::HEADERS;
use crate::token::Token;

/// Whom a door lets in.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Names under which this host is reached, besides `localhost` and addresses.
    pub names: Vec<String>,
    /// Origins of pages that may connect, besides the host's own.
    pub origins: Vec<String>,
    /// The secret.
    pub token: Option<Token>,
    /// Whether the system has told already who it is: a Unix socket.
    pub known: bool,
    /// Whether everybody may read `/metrics` here, and nobody anything else.
    pub metrics: bool,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A WebSocket; this is the answer that opens it.
    WebSocket(String),
    /// Something else of ours.
    Path {
        /// `GET`, `POST`
        method: String,
        /// Without the query.
        path: String,
        /// Behind the `?`.
        query: String,
        /// Whether whoever asks has proved to know the token.
        trusted: bool,
        /// Whether it takes answers that are compressed.
        gzip: bool,
    },
}

/// Why not: the status line's code and words, and what is told.
pub type Refused = (&'static str, &'static str);

/// Takes a request apart, up to and with its empty line. None: there is more to come.
///
/// # Errors
/// It is refused.
pub fn judge(request: &[u8], policy: &Policy) -> Result<Option<(Asked, usize)>, Refused> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let len = match parsed.parse(request) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(("400 Bad Request", "not HTTP/1.1 and no frame")),
    };
    let header = |name: &str| -> Result<Option<&str>, Refused> {
        let mut found = parsed.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        let value = found.next().map(|header| str::from_utf8(header.value).map(str::trim));
        match (value, found.next()) {
            (None, _) => Ok(None),
            (Some(Ok(value)), None) => Ok(Some(value)),
            _ => Err(("400 Bad Request", "a header comes twice or is no text")),
        }
    };
    let authorization = header("authorization")?.and_then(|value| value.strip_prefix("Bearer "));
    let trusted = policy.known
        || policy.metrics
        || policy
            .token
            .as_ref()
            .zip(authorization)
            .is_some_and(|(token, given)| token.matches(given.as_bytes()));
    check_names(header("host")?, header("origin")?, policy)?;
    let method = parsed.method.unwrap_or_default();
    if policy.metrics && (method, parsed.path) != ("GET", Some("/metrics")) {
        return Err(("404 Not Found", "there is only /metrics here"));
    }
    let has = |value: Option<&str>, word: &str| {
        value.is_some_and(|value| value.split(',').any(|item| item.trim().eq_ignore_ascii_case(word)))
    };
    if has(header("upgrade")?, "websocket") {
        let key = header("sec-websocket-key")?.unwrap_or_default();
        let right = method == "GET"
            && has(header("connection")?, "upgrade")
            && header("sec-websocket-version")? == Some("13")
            && key.len() == 24;
        if !right {
            return Err(("426 Upgrade Required", "not a WebSocket of RFC 6455"));
        }
        if header("origin")?.is_none() && !trusted {
            return Err((
                "403 Forbidden",
                "the token is missing or wrong: without an Origin it has to come as Authorization: Bearer",
            ));
        }
        let accept = derive_accept_key(key.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        return Ok(Some((Asked::WebSocket(answer), len)));
    }
    let (path, query) =
        parsed.path.unwrap_or_default().split_once('?').unwrap_or((parsed.path.unwrap_or(""), ""));
    let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
    let gzip = has(header("accept-encoding")?, "gzip");
    Ok(Some((Asked::Path { method, path, query, trusted, gzip }, len)))
}

/// The Host must be ours, so that no other name can be made to point here (DNS rebinding); the Origin must be
/// the same as the Host, so that no other page can (cross-site WebSocket hijacking).
fn check_names(host: Option<&str>, origin: Option<&str>, policy: &Policy) -> Result<(), Refused> {
    if policy.known && origin.is_none() {
        return Ok(());
    }
    let host = host.ok_or(("400 Bad Request", "there is no Host"))?;
    let name = without_port(host);
    let ours = name.eq_ignore_ascii_case("localhost")
        || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
        || policy.names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if !ours {
        return Err(("421 Misdirected Request", "this host goes by another name: see --allow-host"));
    }
    let Some(origin) = origin else { return Ok(()) };
    let same = origin.split_once("://").is_some_and(|(scheme, authority)| {
        matches!(scheme, "http" | "https") && authority.eq_ignore_ascii_case(host)
    });
    let known = policy.origins.iter().any(|known| known.eq_ignore_ascii_case(origin));
    if same || known {
        Ok(())
    } else {
        Err(("403 Forbidden", "a page of another origin: see --allow-origin"))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// An answer that ends the connection.
#[derive(Clone, Debug)]
pub struct Reply<'a> {
    /// The status line's code and words.
    pub status: &'a str,
    /// What the body is.
    pub kind: &'a str,
    /// How long it may be kept.
    pub caching: &'a str,
    /// The body is compressed.
    pub gzip: bool,
    /// What a page that the body is may do.
    pub policy: Option<&'a str>,
    /// The body.
    pub body: Cow<'a, [u8]>,
}

impl Reply<'_> {
    /// Nothing, which went well and is not to be kept.
    pub const OK: Self = Self {
        status: "200 OK",
        kind: "text/plain; charset=utf-8",
        caching: "no-store",
        gzip: false,
        policy: None,
        body: Cow::Borrowed(&[]),
    };

    /// As it is written.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { status, kind, caching, body, .. } = self;
        let mut head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
             Cache-Control: {caching}\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
             Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\n",
            body.len()
        );
        if self.gzip {
            head.push_str("Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n");
        }
        if let Some(policy) = self.policy {
            head.push_str(&format!("Content-Security-Policy: {policy}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        let token = Some(Token::given("secret").unwrap());
        Policy {
            names: vec!["build.lan".into()],
            origins: vec!["https://panel".into()],
            token,
            known: false,
            metrics: false,
        }
    }

    fn open(headers: &str) -> Result<bool, &'static str> {
        let request = format!(
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        match judge(request.as_bytes(), &policy()) {
            Ok(asked) => Ok(matches!(asked, Some((Asked::WebSocket(_), len)) if len == request.len())),
            Err((status, _)) => Err(&status[..3]),
        }
    }

    #[test]
    fn a_page_of_this_host_may_connect_and_no_other() {
        for host in ["127.0.0.1:7681", "localhost:7681", "[::1]:7681", "build.lan"] {
            assert_eq!(open(&format!("Host: {host}\r\nOrigin: http://{host}\r\n")), Ok(true), "{host}");
        }
        assert_eq!(open("Host: localhost:7681\r\nOrigin: https://panel\r\n"), Ok(true));
        let evil = "Authorization: Bearer secret\r\n";
        for origin in [
            "http://evil",
            "null",
            "http://localhost:80",
            "file://localhost:7681",
            "http://localhost:7681.evil",
        ] {
            let headers = format!("Host: localhost:7681\r\nOrigin: {origin}\r\n{evil}");
            assert_eq!(open(&headers), Err("403"), "{origin}");
        }
    }

    #[test]
    fn a_name_that_was_made_to_point_here_is_refused() {
        assert_eq!(open("Host: evil.example:7681\r\nOrigin: http://evil.example:7681\r\n"), Err("421"));
        assert_eq!(open("Origin: http://localhost\r\n"), Err("400"));
        assert_eq!(open("Host: localhost\r\nHost: evil\r\nOrigin: http://localhost\r\n"), Err("400"));
    }

    #[test]
    fn a_program_without_a_page_shows_the_token_first() {
        assert_eq!(open("Host: 127.0.0.1:7681\r\n"), Err("403"));
        assert_eq!(open("Host: 127.0.0.1:7681\r\nAuthorization: Bearer guess\r\n"), Err("403"));
        assert_eq!(open("Host: 127.0.0.1:7681\r\nAuthorization: Bearer secret\r\n"), Ok(true));
    }

    #[test]
    fn a_request_may_come_in_pieces_and_may_be_nonsense() {
        let request = b"GET /sessions?watch HTTP/1.1\r\nHost: localhost\r\n\r\n";
        for cut in 0..request.len() {
            assert_eq!(judge(&request[..cut], &policy()), Ok(None), "{cut}");
        }
        let (asked, _) = judge(request, &policy()).unwrap().unwrap();
        let Asked::Path { method, path, query, trusted, .. } = asked else { panic!("{asked:?}") };
        assert_eq!((&*method, &*path, &*query, trusted), ("GET", "/sessions", "watch", false));
        assert_eq!(judge(b"\x16\x03\x01\x02\x00", &policy()).unwrap_err().0, "400 Bad Request");
        assert_eq!(
            open("Host: localhost\r\nOrigin: http://localhost\r\nSec-WebSocket-Version: 8\r\n"),
            Err("400")
        );
    }
}
