//! The `runner-std` binary: reads the command line, runs one of the library's commands, sets the exit code.

use std::process::ExitCode;

use clap::Parser;
use runner_std::cli::{Cli, Command};
use runner_std::{attach, host, kill, manual, ps, strip, timeline, top, watch};

fn main() -> ExitCode {
    manual::complete();
    let result = match Cli::parse().command {
        Command::Host(args) => host::host(&args),
        Command::Attach(args) => attach::attach(&args),
        Command::Ps(args) => ps::ps(&args),
        Command::Top(args) => top::top(&args),
        Command::Kill(args) => kill::kill(&args),
        Command::Watch(args) => watch::watch(&args),
        Command::Strip(args) => strip::run(&args).map(|()| 0),
        Command::Timeline(args) => timeline::run(&args).map(|()| 0),
        Command::Completions { shell } => manual::completions(shell).map(|()| 0),
        Command::Man { directory } => manual::pages(directory.as_deref()).map(|()| 0),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.code)
        }
    }
}
