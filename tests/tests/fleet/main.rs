//! A fleet on Debian's mosquitto: `tests/run fleet`. Needs mosquitto, its clients, paho-mqtt, openssl and tmux.

mod broker;
mod errors;
mod flock;
mod foreign;
mod hosts;
mod metrics;
#[allow(dead_code, reason = "the terminal of the other tests, of which this needs a part")]
#[path = "../e2e/terminal.rs"]
mod terminal;
