//! What can be asked for on the command line.

use std::path::PathBuf;

use clap::Args;

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
}
