//! Which broker, as whom, and whom to trust: [`Broker`].

use std::io::{self, Read as _};
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::{fmt, fs};

use crate::failure::Failure;
use crate::limits;
use crate::link::{Connector, Stream};
use crate::tcp;

/// The variable with the password.
const PASSWORD: &str = "STILLWIRE_MQTT_PASSWORD";

/// `mqtt[s]://[user@]broker[:port][/prefix]`, and what no command line may say.
#[derive(Clone, Debug)]
pub struct Broker {
    /// Host and port.
    address: String,
    /// The name that its certificate has to have.
    name: String,
    /// What the topics begin with; empty, or with a slash at its end.
    prefix: String,
    user: Option<String>,
    password: Option<Password>,
    tls: Option<Connector>,
}

/// Printing it for debugging does not show it.
#[derive(Clone)]
struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl Broker {
    /// Reads a URL, and the password from `password_file` or from `STILLWIRE_MQTT_PASSWORD`; `ca`: trust these
    /// certificates and no others.
    ///
    /// # Errors
    /// It is no such URL, or a file cannot be read or everybody can read the password.
    pub fn new(url: &str, password_file: Option<&Path>, ca: Option<&Path>) -> Result<Self, Failure> {
        let mut broker = Self::parse(url)?;
        let secure = url.starts_with("mqtts://");
        if secure {
            broker.tls = Some(Connector::new(ca)?);
        } else if ca.is_some() {
            return Err(Failure::usage("--mqtt-ca is for mqtts://"));
        }
        let given = match password_file {
            Some(file) => Some(read(file)?),
            None => std::env::var(PASSWORD).ok(),
        };
        broker.password = given.filter(|word| !word.is_empty()).map(Password);
        if broker.password.is_some() && broker.user.is_none() {
            return Err(Failure::usage("a password without a user").hint("mqtts://USER@BROKER"));
        }
        Ok(broker)
    }

    fn parse(url: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            Err(Failure::usage(format!("{}: {why}", without_secret(url)))
                .hint("mqtt://BROKER, or mqtts://USER@BROKER:8883/PREFIX"))
        };
        let (port, rest) = match url.split_once("://") {
            Some(("mqtt", rest)) => (1883, rest),
            Some(("mqtts", rest)) => (8883, rest),
            _ => return wrong("mqtt:// or mqtts:// is wanted"),
        };
        let (authority, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, place) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(user, place)| (Some(user).filter(|user| !user.is_empty()), place));
        if user.is_some_and(|user| user.contains(':')) {
            return Err(Failure::usage("a password in a URL is seen by everybody who lists processes")
                .hint(format!("--mqtt-password-file FILE, or the variable {PASSWORD}")));
        }
        let (name, port) = match place.rsplit_once(':') {
            Some((name, digits)) if !digits.ends_with(']') => match digits.parse::<u16>() {
                Ok(port) => (name, port),
                Err(_) => return wrong("the port is no number"),
            },
            _ => (place, port),
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return wrong("there is no broker in it");
        }
        let prefix = prefix.trim_end_matches('/');
        if prefix.contains(['+', '#', '\0']) || prefix.starts_with('$') || prefix.contains("//") {
            return wrong("a prefix is topic levels without + and #");
        }
        Ok(Self {
            address: format!("{name}:{port}"),
            name: name.trim_matches(['[', ']']).to_owned(),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            user: user.map(str::to_owned),
            password: None,
            tls: None,
        })
    }

    /// Host and port, for messages.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What the topics begin with; empty, or with a slash at its end.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whom it is told that we are.
    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The proof.
    pub(super) fn password(&self) -> Option<&str> {
        self.password.as_ref().map(|password| password.0.as_str())
    }

    /// What a careful person would want to know before it connects.
    pub fn warning(&self) -> Option<String> {
        let here = self.name == "localhost" || self.name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        let clear = self.tls.is_none() && self.password.is_some() && !here;
        clear.then(|| format!("the password for {} is sent in the clear: mqtts:// encrypts", self.address))
    }

    /// Opens a connection, ready for the loop. May block.
    ///
    /// # Errors
    /// Nobody answers, or not the one who should.
    pub(super) fn dial(&self) -> io::Result<Stream> {
        let socket = tcp::connect(&self.address)?;
        socket.set_read_timeout(Some(limits::DIAL))?;
        socket.set_write_timeout(Some(limits::DIAL))?;
        let stream = match &self.tls {
            Some(tls) => Stream::Tls(Box::new(tls.connect(socket, &self.name)?)),
            None => Stream::Tcp(socket),
        };
        stream.prepare()?;
        Ok(stream)
    }
}

/// The first line of a file that not everybody can read.
fn read(file: &Path) -> Result<String, Failure> {
    let shown = file.display();
    let cannot = |error| Failure::io(format!("read the password from {shown}"), error);
    let opened = fs::File::open(file).map_err(cannot)?;
    if opened.metadata().map_err(cannot)?.mode() & 0o007 != 0 {
        return Err(Failure::new(format!("everybody can read the password in {shown}"))
            .hint(format!("chmod 600 {shown}, and better take a new one")));
    }
    let mut text = String::new();
    opened.take(4096).read_to_string(&mut text).map_err(cannot)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// A URL as it may be shown.
fn without_secret(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((_, place)) => format!("{scheme}://...@{place}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_and_as_whom() {
        for (url, address, name, user, prefix) in [
            ("mqtt://broker", "broker:1883", "broker", None, ""),
            ("mqtts://ann@broker.lan/lab/two/", "broker.lan:8883", "broker.lan", Some("ann"), "lab/two/"),
            ("mqtt://[::1]:1884", "[::1]:1884", "::1", None, ""),
            ("mqtt://[fe80::1]/x", "[fe80::1]:1883", "fe80::1", None, "x/"),
            ("mqtt://ann@corp.example@10.0.0.1:99", "10.0.0.1:99", "10.0.0.1", Some("ann@corp.example"), ""),
        ] {
            let broker = Broker::parse(url).unwrap();
            assert_eq!((broker.address(), broker.name.as_str()), (address, name), "{url}");
            assert_eq!((broker.user(), broker.prefix()), (user, prefix), "{url}");
        }
    }

    #[test]
    fn what_is_no_broker_is_told_without_what_should_stay_secret() {
        for (url, word) in [
            ("http://broker", "mqtt://"),
            ("broker", "mqtt://"),
            ("mqtt://", "no broker"),
            ("mqtt://broker:many", "no number"),
            ("mqtt://broker/a/+/b", "prefix"),
            ("mqtt://broker/#", "prefix"),
            ("mqtt://broker/a//b", "prefix"),
            ("mqtt://broker/$SYS", "prefix"),
            ("mqtts://ann:hunter2@broker", "password"),
            ("http://ann:hunter2@broker", "mqtt://"),
        ] {
            let failure = Broker::parse(url).unwrap_err();
            assert!(failure.message.contains(word), "{url}: {failure}");
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let mut broker = Broker::parse("mqtt://ann@broker").unwrap();
        assert_eq!(broker.warning(), None);
        broker.password = Some(Password("hunter2".into()));
        assert!(!format!("{broker:?}").contains("hunter2"));
        assert!(broker.warning().unwrap().contains("in the clear"));
    }
}
