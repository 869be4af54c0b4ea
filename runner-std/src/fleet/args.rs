//! What can be asked for on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use stillwire::Duration;

use crate::idle_args::span_or_never;
use crate::roster::filter::Filter;
use crate::roster::session::Status;

/// The broker of a host, and what it is told.
#[derive(Args, Clone, Debug, Default)]
pub struct FleetArgs {
    /// Tell this MQTT broker what the sessions do, for `ps --mqtt` and `top --mqtt` anywhere; the password comes from
    /// --mqtt-password-file or STILLWIRE_MQTT_PASSWORD
    #[arg(long, value_name = "mqtt[s]://[USER@]BROKER[:PORT][/PREFIX]", help_heading = "Fleet")]
    pub mqtt: Option<String>,

    /// The name of this host there, which no other may have [default: that of the machine and of the first session]
    #[arg(long, value_name = "NAME", help_heading = "Fleet")]
    pub mqtt_name: Option<String>,

    /// Take the password for the broker from the first line of FILE
    #[arg(long, value_name = "FILE", help_heading = "Fleet")]
    pub mqtt_password_file: Option<PathBuf>,

    /// Trust the certificates in FILE (PEM) for the broker, and no others [default: those that browsers trust]
    #[arg(long, value_name = "FILE", help_heading = "Fleet")]
    pub mqtt_ca: Option<PathBuf>,

    /// Publish this URL as the way to attach, without a token: <https://lab3.example:7681>
    #[arg(long, value_name = "URL", help_heading = "Fleet")]
    pub mqtt_address: Option<String>,

    /// Publish the last visible line of a session as well; without this no output is published
    #[arg(long, help_heading = "Fleet")]
    pub mqtt_last_line: bool,

    /// Let Prometheus read /metrics: at this address, where nothing else is and nobody needs the token, or, without one,
    /// where everything else is, with the token
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, require_equals = true, default_missing_value = "token",
          help_heading = "Fleet")]
    pub metrics: Option<String>,
}

/// Whose sessions are listed, and which of them.
#[derive(Args, Clone, Debug, Default)]
pub struct ViewArgs {
    /// All hosts that tell this MQTT broker, in place of those of this machine; the password comes from
    /// --mqtt-password-file or STILLWIRE_MQTT_PASSWORD
    #[arg(long, value_name = "mqtt[s]://[USER@]BROKER[:PORT][/PREFIX]", help_heading = "Fleet")]
    pub mqtt: Option<String>,

    /// Take the password for the broker from the first line of FILE
    #[arg(long, value_name = "FILE", help_heading = "Fleet")]
    pub mqtt_password_file: Option<PathBuf>,

    /// Trust the certificates in FILE (PEM) for the broker, and no others [default: those that browsers trust]
    #[arg(long, value_name = "FILE", help_heading = "Fleet")]
    pub mqtt_ca: Option<PathBuf>,

    /// Only sessions of this host; * stands for anything
    #[arg(long, value_name = "NAME", requires = "mqtt", help_heading = "Filters")]
    pub host: Option<String>,

    /// Only sessions with this status
    #[arg(long, value_name = "STATUS", help_heading = "Filters")]
    pub status: Option<Wanted>,

    /// Only sessions that are idle for this reason
    #[arg(long, value_name = "REASON", help_heading = "Filters",
          value_parser = ["never_active", "quiet", "repainting", "at_prompt", "awaiting_input", "bell"])]
    pub reason: Option<String>,

    /// Only sessions that have been idle for longer than this
    #[arg(long, value_name = "TIME", value_parser = span_or_never, help_heading = "Filters")]
    pub waiting: Option<Duration>,
}

/// A status that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Wanted {
    /// Something goes on
    Running,
    /// Nothing does
    Idle,
    /// It is over
    Exited,
    /// Its host is not there any more
    Lost,
}

impl ViewArgs {
    pub(crate) fn filter(&self) -> Filter {
        let status = self.status.map(|wanted| match wanted {
            Wanted::Running => Status::Running,
            Wanted::Idle => Status::Idle,
            Wanted::Exited => Status::Exited,
            Wanted::Lost => Status::Lost,
        });
        let (reason, host, waiting) = (self.reason.clone(), self.host.clone(), self.waiting);
        Filter { status, reason, host, waiting }
    }
}
