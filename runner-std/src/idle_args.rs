//! When a session counts as idle: the options that `watch`, `host` and `timeline` share.

use clap::{Args, ValueEnum};
use stillwire::idle::Tier;
use stillwire::{Duration, duration, idle, monitor, novelty};

/// The idle options of the command line.
#[derive(Args, Clone, Debug)]
pub struct IdleArgs {
    /// How long nothing may come until the session begins to settle (500ms 10s 5m 1h30m; never)
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = span_or_never,
          help_heading = "Idle detection")]
    pub idle_after: Duration,

    /// How long it then has to stay so until it is called idle
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = span,
          help_heading = "Idle detection")]
    pub idle_confirm: Duration,

    /// Which output counts as activity
    #[arg(long, value_enum, value_name = "TIER", default_value_t = Counts::Visible,
          help_heading = "Idle detection")]
    pub counts: Counts,

    /// Take all numbers for the same, so that clocks and counters are nothing new (for --counts novel, and for
    /// what wakes an idle screen)
    #[arg(long, help_heading = "Idle detection")]
    pub fold_digits: bool,
}

/// Which output counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Counts {
    /// Any byte
    Raw,
    /// Printable characters; a spinner counts
    #[default]
    Visible,
    /// Printable characters that were not painted recently; a spinner does not count
    Novel,
}

impl IdleArgs {
    /// The same for the core.
    pub fn config(&self) -> monitor::Config {
        let idle = idle::Config {
            quiet: self.idle_after,
            confirm: self.idle_confirm,
            counts: match self.counts {
                Counts::Raw => Tier::Raw,
                Counts::Visible => Tier::Visible,
                Counts::Novel => Tier::Novel,
            },
            ..idle::Config::DEFAULT
        };
        let novelty = novelty::Config { fold_digits: self.fold_digits };
        monitor::Config { idle, novelty, ..monitor::Config::DEFAULT }
    }
}

fn span(text: &str) -> Result<Duration, duration::Error> {
    duration::parse_span(text)
}

pub(crate) fn span_or_never(text: &str) -> Result<Duration, duration::Error> {
    Ok(duration::parse(text)?.unwrap_or(Duration::MAX))
}
