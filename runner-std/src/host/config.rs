//! What a host is to do: flags, variables and a file, in that order.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer};
use stillwire::{Duration, duration};

use crate::cli::{self, HostArgs, Verbosity};
use crate::failure::Failure;
use crate::fleet::args::FleetArgs;
use crate::limits;

/// A configuration file. Everything may be left out; what is not known is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    listen: Option<String>,
    insecure: bool,
    token_file: Option<PathBuf>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    allow_host: Vec<String>,
    allow_origin: Vec<String>,
    share: bool,
    max_peers: Option<u16>,
    #[serde(deserialize_with = "time")]
    heartbeat: Option<Duration>,
    #[serde(deserialize_with = "time")]
    idle_timeout: Option<Duration>,
    idle_strict: bool,
    #[serde(deserialize_with = "size")]
    history: Option<usize>,
    log: Option<PathBuf>,
    log_level: Option<Verbosity>,
    metrics: Option<String>,
    mqtt: Option<String>,
    mqtt_name: Option<String>,
    mqtt_password_file: Option<PathBuf>,
    mqtt_ca: Option<PathBuf>,
    mqtt_address: Option<String>,
    mqtt_last_line: bool,
    session: Vec<SessionTable>,
}

/// A `[[session]]` of the file: a command, a serial port or a console.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Keys")]
pub(super) struct SessionTable {
    /// Its name.
    pub name: Option<String>,
    pub what: What,
}

/// The same as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    name: Option<String>,
    command: Option<Words>,
    serial: Option<String>,
    tcp: Option<String>,
}

impl TryFrom<Keys> for SessionTable {
    type Error = &'static str;

    fn try_from(Keys { name, command, serial, tcp }: Keys) -> Result<Self, Self::Error> {
        let what = match (command, serial, tcp) {
            (Some(Words::List(words)), None, None) if words.is_empty() => return Err("the command is empty"),
            (Some(command), None, None) => What::Command(command),
            (None, Some(serial), None) => What::Serial(serial),
            (None, None, Some(tcp)) => What::Tcp(tcp),
            _ => return Err("a session has a command, or serial, or tcp: one of them"),
        };
        Ok(Self { name, what })
    }
}

/// What is behind it.
#[derive(Debug)]
pub(super) enum What {
    /// A program with its arguments, or a line for `sh`.
    Command(Words),
    /// As for `--serial`.
    Serial(String),
    /// As for `--tcp`.
    Tcp(String),
}

/// A command.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a line for sh, or a list of words")]
pub(super) enum Words {
    /// For `sh -c`.
    Line(String),
    /// As it is.
    List(Vec<String>),
}

/// All that is decided.
#[derive(Debug)]
pub(super) struct Settings {
    pub listen: Option<String>,
    pub insecure: bool,
    pub token_file: Option<PathBuf>,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub names: Vec<String>,
    pub origins: Vec<String>,
    pub share: bool,
    pub max_peers: u16,
    pub heartbeat: Duration,
    /// None: never.
    pub idle_timeout: Option<Duration>,
    /// Nobody said so, and may not know.
    pub idle_default: bool,
    pub idle_strict: bool,
    pub history: usize,
    pub log: Option<PathBuf>,
    pub log_level: Verbosity,
    /// Where Prometheus may read, if it may; `token`: where everything else is.
    pub metrics: Option<String>,
    pub fleet: FleetArgs,
    pub sessions: Vec<SessionTable>,
}

impl Settings {
    /// A flag beats its variable, a variable beats the file.
    ///
    /// # Errors
    /// If the file cannot be read or understood: which line, which key.
    pub(super) fn new(args: &HostArgs) -> Result<Self, Failure> {
        let file = args.config.as_deref().map(read).transpose()?.unwrap_or_default();
        let both = |mut flags: Vec<String>, file: Vec<String>| {
            flags.extend(file);
            flags
        };
        let idle_timeout = args.idle_timeout.or(file.idle_timeout).unwrap_or(Duration::from_secs(600));
        Ok(Self {
            listen: args.listen.clone().or(file.listen),
            insecure: args.insecure || file.insecure,
            token_file: args.token_file.clone().or(file.token_file),
            tls_cert: args.tls_cert.clone().or(file.tls_cert),
            tls_key: args.tls_key.clone().or(file.tls_key),
            names: both(args.allow_host.clone(), file.allow_host),
            origins: both(args.allow_origin.clone(), file.allow_origin),
            share: args.share || file.share,
            max_peers: args.max_peers.or(file.max_peers).unwrap_or(limits::PEERS).max(1),
            heartbeat: args.heartbeat.or(file.heartbeat).unwrap_or(Duration::from_secs(15)),
            idle_default: args.idle_timeout.or(file.idle_timeout).is_none(),
            idle_timeout: Some(idle_timeout).filter(|timeout| *timeout != Duration::MAX),
            idle_strict: args.idle_strict || file.idle_strict,
            history: args.history.or(file.history).unwrap_or(limits::HISTORY),
            log: args.log.clone().or(file.log),
            log_level: args.log_level.or(file.log_level).unwrap_or_default(),
            metrics: args.fleet.metrics.clone().or(file.metrics),
            fleet: FleetArgs {
                metrics: None,
                mqtt: args.fleet.mqtt.clone().or(file.mqtt),
                mqtt_name: args.fleet.mqtt_name.clone().or(file.mqtt_name),
                mqtt_password_file: args.fleet.mqtt_password_file.clone().or(file.mqtt_password_file),
                mqtt_ca: args.fleet.mqtt_ca.clone().or(file.mqtt_ca),
                mqtt_address: args.fleet.mqtt_address.clone().or(file.mqtt_address),
                mqtt_last_line: args.fleet.mqtt_last_line || file.mqtt_last_line,
            },
            sessions: file.session,
        })
    }
}

impl Words {
    /// As arguments.
    pub(super) fn words(&self) -> Vec<OsString> {
        match self {
            Self::Line(line) => ["sh", "-c", line].map(OsString::from).into(),
            Self::List(words) => words.iter().map(OsString::from).collect(),
        }
    }
}

fn read(path: &Path) -> Result<File, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| Failure::io(format!("read {shown}"), error))?;
    parse(&text).map_err(|why| Failure::usage(format!("{shown}: {why}")))
}

fn parse(text: &str) -> Result<File, String> {
    toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
}

/// A string, and what it is to be instead of a number.
struct Quoted(&'static str);

impl Visitor<'_> for Quoted {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = deserializer.deserialize_str(Quoted("a time in quotes, such as \"10m\" or \"never\""))?;
    let span = duration::parse(&text).map_err(D::Error::custom)?;
    Ok(Some(span.unwrap_or(Duration::MAX)))
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    let text = deserializer.deserialize_str(Quoted("a size in quotes, such as \"1MiB\""))?;
    cli::size(&text).map(Some).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_flags_say_and_lists_sessions() {
        let file = parse(
            "idle-timeout = 'never'\nhistory = '2MiB'\nmax-peers = 8\nmqtt = 'mqtts://b'\nmqtt-name = 'lab3'\n\
             [[session]]\nname = 'build'\ncommand = 'make && echo ok'\n\
             [[session]]\ncommand = ['top', '-d', '5']\n\
             [[session]]\nserial = '/dev/ttyUSB0:9600'\n",
        )
        .unwrap();
        assert_eq!((file.idle_timeout, file.history), (Some(Duration::MAX), Some(2 << 20)));
        assert_eq!((file.mqtt.as_deref(), file.mqtt_name.as_deref()), (Some("mqtts://b"), Some("lab3")));
        let [build, top, board] = file.session.as_slice() else { panic!("{file:?}") };
        assert_eq!(build.name.as_deref(), Some("build"));
        let words = |table: &SessionTable| match &table.what {
            What::Command(words) => words.words(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (words(build), words(top)),
            (
                vec!["sh".into(), "-c".into(), "make && echo ok".into()],
                vec!["top".into(), "-d".into(), "5".into()]
            )
        );
        assert!(matches!(&board.what, What::Serial(line) if line == "/dev/ttyUSB0:9600"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_key() {
        for (text, line, words) in [
            ("share = true\nidle-timeout = '10'\n", "line 2", "idle-timeout"),
            ("share = true\n\nhistroy = '1MiB'\n", "line 3", "histroy"),
            ("idle-timeout = 10\n", "line 1", "a time in quotes"),
            ("history = 65536\n", "line 1", "a size in quotes"),
            ("[[session]]\nname = 'x'\ncommand = 7\n", "line 3", "a line for sh"),
            (
                "share = true\n[[session]]\nname = 'x'\n",
                "line 2",
                "a session has a command, or serial, or tcp",
            ),
            ("[[session]]\ncommand = 'x'\ntcp = 'y:1'\n", "line 1", "one of them"),
            ("[[session]]\ncommand = []\n", "line 1", "empty"),
            ("[[session]]\nnam = 'x'\ncommand = 'y'\n", "line 2", "`nam`"),
            ("max-peers = 'many'\n", "line 1", "max-peers"),
        ] {
            let why = parse(text).unwrap_err();
            assert!(why.contains(line) && why.contains(words), "{why}");
        }
    }
}
