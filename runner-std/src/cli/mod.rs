//! The command line: what can be asked for, and how it explains itself.

mod examples;
mod host;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::fleet::args::ViewArgs;
use crate::idle_args::IdleArgs;
use crate::manual;
use crate::top::Sort;
pub(crate) use host::size;
pub use host::{HostArgs, Verbosity};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Cyan.on_default().bold())
    .usage(AnsiColor::Cyan.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Yellow.on_default());

/// Knows when a terminal session has gone still.
#[derive(Debug, Parser)]
#[command(name = "runner-std", version, after_help = examples::PROGRAM, styles = STYLES, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    /// What to do.
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a session that others can attach to, and work in it
    #[command(after_help = examples::HOST, override_usage = "runner-std host [OPTIONS] [-- CMD...]")]
    Host(Box<HostArgs>),
    /// Attach this terminal to a hosted session; Ctrl-] d detaches
    #[command(after_help = examples::ATTACH)]
    Attach(AttachArgs),
    /// List the sessions of this machine, and what they are doing
    #[command(after_help = examples::PS)]
    Ps(PsArgs),
    /// Show the sessions of this machine live; attach, kill, filter
    Top(TopArgs),
    /// End a session
    #[command(after_help = examples::KILL)]
    Kill(KillArgs),
    /// Run a command right here and report when it is idle or active
    #[command(after_help = examples::WATCH, override_usage = "runner-std watch [OPTIONS] -- CMD...")]
    Watch(WatchArgs),
    /// Remove escape sequences from a stream
    #[command(after_help = examples::STRIP)]
    Strip(StripArgs),
    /// Show when a recording was active, idle or only repainting
    #[command(after_help = examples::TIMELINE)]
    Timeline(TimelineArgs),
    /// Print what completes commands, options and session names in a shell: eval "$(runner-std completions bash)"
    Completions {
        /// The shell to write it for
        shell: Shell,
    },
    /// Print the manual page, or write one per command: runner-std man | man -l -
    Man {
        /// Write a page per command into this directory instead
        directory: Option<PathBuf>,
    },
}

/// How a session is observed; the same for everything that runs one.
#[derive(Args, Clone, Debug, Default)]
pub struct ObserveArgs {
    /// The session's name, in events and for hooks [default: the name of the command]
    #[arg(long, value_name = "NAME", help_heading = "Session")]
    pub name: Option<String>,

    /// Write what happens as JSON lines to FILE, to an inherited descriptor (a number), or to standard output (-);
    /// with `-` the session itself is shown on standard error or the terminal
    #[arg(long, value_name = "FILE|FD|-", help_heading = "Reports")]
    pub events: Option<OsString>,

    /// Run this shell command when the session becomes idle; STILLWIRE_SESSION, STILLWIRE_STATUS and
    /// STILLWIRE_REASON tell it more
    #[arg(long, value_name = "CMD", help_heading = "Reports")]
    pub on_idle: Option<String>,

    /// Run this shell command when the session becomes active again
    #[arg(long, value_name = "CMD", help_heading = "Reports")]
    pub on_active: Option<String>,

    /// Raise a desktop notification through the terminal when the session becomes idle
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "auto",
          help_heading = "Reports")]
    pub notify: Option<Notify>,

    /// Show in the title of the terminal whether the session is idle
    #[arg(long, help_heading = "Reports")]
    pub title: bool,

    /// Record the session as asciicast version 2; several of one host each in a file of its own: FILE-NAME.cast
    #[arg(long, value_name = "FILE.cast", help_heading = "Reports")]
    pub record: Option<PathBuf>,

    /// Record what is typed as well, passwords included
    #[arg(long, requires = "record", help_heading = "Reports")]
    pub record_input: bool,
}

/// How a desktop notification is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Notify {
    /// What the terminal is known to understand, else the bell
    Auto,
    /// OSC 9: iTerm2, kitty, Windows Terminal
    Osc9,
    /// OSC 777: foot, Ghostty, WezTerm, VTE, urxvt
    Osc777,
    /// BEL: everything, tmux and screen included
    Bell,
}

/// `watch`
#[derive(Args, Debug)]
pub struct WatchArgs {
    #[command(flatten)]
    /// How the session is observed.
    pub observe: ObserveArgs,
    #[command(flatten)]
    /// When it counts as idle.
    pub idle: IdleArgs,
    /// The command to run, with its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    pub command: Vec<OsString>,
}

/// `attach`
#[derive(Args, Debug)]
pub struct AttachArgs {
    /// A session of this machine, or a URL: https://HOST:PORT/#token=…, http://…, tls://HOST:PORT, tcp://…; a gateway
    /// at a serial line: serial:///dev/ttyUSB0:115200#token=…, line://HOST:PORT behind TCP; may be left out if there is only
    /// one session
    #[arg(add = manual::sessions())]
    pub target: Option<String>,

    /// Only watch
    #[arg(long)]
    pub view: bool,

    /// Trust the certificates in FILE (PEM) for a URL, and no others [default: those that browsers trust]
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,

    /// Take the token for a URL from FILE [default: what the URL says, or STILLWIRE_TOKEN]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Raise a desktop notification through the terminal when the session becomes idle
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "auto")]
    pub notify: Option<Notify>,
}

/// `ps`
#[derive(Args, Debug)]
pub struct PsArgs {
    /// As JSON: one object per host and line; with --watch, event lines
    #[arg(long)]
    pub json: bool,

    /// Go on, and print again whenever something changes
    #[arg(long, short)]
    pub watch: bool,

    /// When to use colours; NO_COLOR turns `auto` off
    #[arg(long, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,

    #[command(flatten)]
    /// Whose sessions.
    pub view: ViewArgs,
}

/// `top`
#[derive(Args, Debug)]
pub struct TopArgs {
    /// Sort by
    #[arg(long, short, value_enum, value_name = "BY", default_value_t = Sort::Name)]
    pub sort: Sort,

    /// Show only sessions whose name, command or status has these words in it; >5m: that have been idle for longer
    pub filter: Option<String>,

    #[command(flatten)]
    /// Whose sessions.
    pub view: ViewArgs,

    /// Attach to other machines with the token in FILE [default: STILLWIRE_TOKEN]
    #[arg(long, value_name = "FILE", requires = "mqtt", help_heading = "Fleet")]
    pub token_file: Option<PathBuf>,
}

/// `kill`
#[derive(Args, Debug)]
pub struct KillArgs {
    /// The sessions; without --signal it is over with them when this returns
    #[arg(value_name = "NAME", required = true, add = manual::sessions())]
    pub names: Vec<String>,

    /// Send this signal to its foreground job and its leader, and nothing else [default: hang up, and kill what is
    /// left after 3 s]
    #[arg(long, short, value_name = "SIGNAL")]
    pub signal: Option<String>,
}

/// `strip`
#[derive(Args, Debug)]
pub struct StripArgs {
    /// What to do with bytes that are not UTF-8
    #[arg(long, value_enum, default_value_t = Invalid::Replace, value_name = "POLICY")]
    pub invalid: Invalid,

    /// Read bytes 0x80-0x9F as controls, as on an 8-bit terminal, and not as parts of UTF-8
    #[arg(long)]
    pub c1_8bit: bool,

    /// The file to read; - or nothing: standard input
    pub file: Option<PathBuf>,
}

/// What `strip` does with bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Invalid {
    /// One U+FFFD for each, so that the output is UTF-8
    Replace,
    /// Leave them out
    Drop,
    /// Pass them on, for text in another encoding
    Keep,
}

/// `timeline`
#[derive(Args, Debug)]
pub struct TimelineArgs {
    #[command(flatten)]
    /// When it counts as idle.
    pub idle: IdleArgs,

    /// Print the event lines of `watch --events` instead
    #[arg(long)]
    pub json: bool,

    /// Draw a picture into OUT (- for standard output) instead
    #[arg(long, value_name = "OUT", conflicts_with = "json")]
    pub svg: Option<PathBuf>,

    /// Columns of the text [default: those of the terminal, or 80]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=400))]
    pub width: Option<u16>,

    /// When to use colours; NO_COLOR turns `auto` off
    #[arg(long, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,

    /// The recording; - for standard input
    #[arg(value_name = "FILE.cast")]
    pub file: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn everything_after_the_command_is_its_own() {
        let cli =
            Cli::try_parse_from(["runner-std", "watch", "--notify", "--", "ls", "--events", "-x"]).unwrap();
        let Command::Watch(args) = cli.command else { panic!("watch") };
        assert_eq!(args.command, ["ls", "--events", "-x"]);
        assert_eq!((args.observe.notify, args.observe.events), (Some(Notify::Auto), None));
        assert!(Cli::try_parse_from(["runner-std", "watch", "--notify"]).is_err());
        let cli = Cli::try_parse_from(["runner-std", "host", "ls", "--name", "x"]).unwrap();
        let Command::Host(args) = cli.command else { panic!("host") };
        assert_eq!((args.command.len(), args.observe.name), (3, None));
    }

    #[test]
    fn a_misspelt_option_is_no_command() {
        for (command, wrong, meant) in [("host", "--histroy", "--history"), ("watch", "--evnets", "--events")]
        {
            let error = Cli::try_parse_from(["runner-std", command, wrong, "5"]).unwrap_err().to_string();
            assert!(error.contains(wrong) && error.contains(meant), "{error}");
        }
    }
}
