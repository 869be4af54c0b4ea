//! What `host` can be told.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use stillwire::Duration;

use super::ObserveArgs;
use crate::fleet::args::FleetArgs;
use crate::idle_args::{IdleArgs, span_or_never};

/// `host`
#[derive(Args, Debug)]
pub struct HostArgs {
    #[command(flatten)]
    /// How the session is observed.
    pub observe: ObserveArgs,

    /// Host a serial port as well; 115200 baud and 8N1 unless it says otherwise: DEV:9600,7E1,rtscts,nodtr,norts
    #[arg(long, value_name = "DEV[:BAUD]", help_heading = "Session")]
    pub serial: Vec<String>,

    /// Host a console behind TCP as well
    #[arg(long, value_name = "HOST:PORT", help_heading = "Session")]
    pub tcp: Vec<String>,

    /// Keep so much of the output for those who come late or are slow (at least 64KiB)
    /// [default: 1MiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Session")]
    pub history: Option<usize>,

    /// Take options and more sessions from FILE.toml: the long options by their names, and `[[session]]` tables with
    /// name and command, serial or tcp
    #[arg(long, value_name = "FILE.toml", help_heading = "Session")]
    pub config: Option<PathBuf>,

    #[command(flatten)]
    /// When it counts as idle.
    pub idle: IdleArgs,
    #[command(flatten)]
    /// Who is told of it elsewhere.
    pub fleet: FleetArgs,

    /// Serve frames and WebSockets here; none: only the Unix socket [default: 127.0.0.1:7681, or another port if
    /// that is taken]
    #[arg(long, value_name = "ADDRESS:PORT", env = "STILLWIRE_LISTEN", help_heading = "Connections")]
    pub listen: Option<String>,

    /// Listen where others can connect, although nothing is encrypted
    #[arg(long, help_heading = "Connections")]
    pub insecure: bool,

    /// Encrypt, and show this certificate with its chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key", help_heading = "Connections")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = "Connections")]
    pub tls_key: Option<PathBuf>,

    /// Take the token from FILE, which is made if it is not there [default: another token for every host]
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub token_file: Option<PathBuf>,

    /// A name by which browsers reach this host, besides localhost and addresses
    #[arg(long, value_name = "NAME", help_heading = "Connections")]
    pub allow_host: Vec<String>,

    /// An origin whose pages may connect, besides the host's own: <https://panel.example>
    #[arg(long, value_name = "ORIGIN", help_heading = "Connections")]
    pub allow_origin: Vec<String>,

    /// Let all who attach type; otherwise the newest takes over
    #[arg(long, help_heading = "Connections")]
    pub share: bool,

    /// Connections at the same time [default: 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Connections")]
    pub max_peers: Option<u16>,

    /// Ask whoever is connected so often whether they still are (never: not at all) [default: 15s]
    #[arg(long, value_name = "TIME", value_parser = span_or_never, help_heading = "Connections")]
    pub heartbeat: Option<Duration>,

    /// Exit when nobody and nothing used the host for so long (never: stay) [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = span_or_never, env = "STILLWIRE_IDLE_TIMEOUT",
          help_heading = "Idle exit")]
    pub idle_timeout: Option<Duration>,

    /// Output and busy jobs are no use: only attaching, typing and resizing are
    #[arg(long, help_heading = "Idle exit")]
    pub idle_strict: bool,

    /// Say in FILE what happens, and why: who attached, what fell idle [default: standard error or the
    /// journal, if it stays here]
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub log: Option<PathBuf>,

    /// How much to say there: off, error, warn, info or debug [default: info]
    #[arg(
        long,
        value_name = "LEVEL",
        value_enum,
        hide_possible_values = true,
        env = "STILLWIRE_LOG_LEVEL",
        help_heading = "Reports"
    )]
    pub log_level: Option<Verbosity>,

    /// Open the session in a browser ($BROWSER, or the system's)
    #[arg(long, help_heading = "Connections")]
    pub open: bool,

    /// Start it in the background and leave this terminal alone
    #[arg(long, short, conflicts_with = "headless")]
    pub detach: bool,

    /// Stay here and serve, but do not attach this terminal
    #[arg(long)]
    pub headless: bool,

    /// The command to host, with its arguments [default: $SHELL, unless there is another session]
    #[arg(value_name = "CMD", trailing_var_arg = true)]
    pub command: Vec<OsString>,
}

/// How much a host says of what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verbosity {
    /// Nothing
    Off,
    /// What no session survives
    Error,
    /// What was lost or refused, too
    Warn,
    /// Who came and went, what fell idle
    #[default]
    Info,
    /// Sizes, screens and questions, too
    Debug,
}

/// `64KiB`, `1MiB`, `100000`
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(format!("{unit:?} is no unit: use KiB or MiB")),
    };
    let number: usize = number.parse().map_err(|_| "a number of bytes, KiB or MiB is wanted".to_owned())?;
    number
        .checked_mul(factor)
        .filter(|size| (SMALLEST..=LARGEST).contains(size))
        .ok_or_else(|| "it has to be from 64KiB to 1GiB".into())
}

/// Bounds of a history, in bytes.
const SMALLEST: usize = 64 << 10;
const LARGEST: usize = 1 << 30;
