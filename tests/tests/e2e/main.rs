//! `runner-std` as a person and a script use it. Needs tmux, vim, socat and bash (feature `e2e`; `tests/run e2e`).

mod browser;
mod commands;
mod foreign;
mod host;
mod jobs;
mod kill;
mod list;
mod log;
mod lossy;
mod network;
mod reports;
mod safety;
mod scale;
mod screens;
mod service;
mod sessions;
mod signals;
mod terminal;
mod through;
mod tls;
mod watch;
