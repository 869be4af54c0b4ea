//! `ps` and `kill`: asks the hosts of this machine.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use clap::ColorChoice;
use serde_json::Value;

use crate::cli::{KillArgs, PsArgs};
use crate::failure::Failure;
use crate::plain::plain;
use crate::runtime;

/// How long a host may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Lists the sessions of this machine.
///
/// # Errors
/// If there is no place where they could be.
pub fn ps(args: &PsArgs) -> Result<u8, Failure> {
    let cannot = |error| Failure::io("print", error);
    let mut out = io::stdout().lock();
    if args.watch {
        return watch(args, &mut out);
    }
    let hosts = hosts()?;
    if args.json {
        for host in &hosts {
            writeln!(out, "{host}").map_err(cannot)?;
        }
    } else {
        out.write_all(table(&hosts, colours(args.color)).as_bytes()).map_err(cannot)?;
    }
    Ok(0)
}

/// Ends a session.
///
/// # Errors
/// If there is no such session, or its host does not want to.
pub fn kill(args: &KillArgs) -> Result<u8, Failure> {
    let (path, session) = runtime::find(Some(&args.name))?;
    let mut query = format!("session={}", encode(&session));
    if let Some(signal) = &args.signal {
        query.push_str(&format!("&signal={}", signal_number(signal)?));
    }
    let (status, body) = ask(&path, &format!("POST /kill?{query}"))?;
    if status != 200 {
        return Err(Failure::new(format!("{session}: {}", plain(body.trim_end()))));
    }
    Ok(0)
}

/// What every host says of its sessions.
fn hosts() -> Result<Vec<Value>, Failure> {
    let mut hosts = Vec::new();
    for path in runtime::sockets()? {
        // A host that ends at this moment is none.
        if let Ok((200, body)) = ask(&path, "GET /sessions")
            && let Ok(host) = serde_json::from_str(&body)
        {
            hosts.push(host);
        }
    }
    Ok(hosts)
}

/// The names of the sessions behind a socket.
pub(crate) fn names(path: &Path) -> Vec<String> {
    let Ok((200, body)) = ask(path, "GET /sessions") else { return Vec::new() };
    let host: Value = serde_json::from_str(&body).unwrap_or_default();
    let sessions = host["sessions"].as_array().cloned().unwrap_or_default();
    sessions.iter().filter_map(|session| session["name"].as_str().map(str::to_owned)).collect()
}

/// Asks a host; gives the status and the body of its answer.
fn ask(path: &Path, request: &str) -> Result<(u16, String), Failure> {
    let failed = |error| Failure::io(format!("ask {}", path.display()), error);
    let mut stream = open(path, request).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Ok((status, body.to_owned()))
}

fn open(path: &Path, request: &str) -> io::Result<UnixStream> {
    let mut stream = UnixStream::connect(path)?;
    write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    Ok(stream)
}

/// Prints whenever a host says that something has changed. Hosts that come later are not among them.
fn watch(args: &PsArgs, out: &mut impl io::Write) -> Result<u8, Failure> {
    let cannot = |error| Failure::io("print", error);
    let (send, news) = channel();
    for path in runtime::sockets()? {
        let send = send.clone();
        thread::spawn(move || follow(&path, &send));
    }
    drop(send);
    let mut hosts: BTreeMap<PathBuf, Value> = BTreeMap::new();
    let colours = colours(args.color);
    let mut lines = 0;
    for (path, host) in news {
        if args.json {
            if let Some(host) = &host {
                writeln!(out, "{host}").and_then(|()| out.flush()).map_err(cannot)?;
            }
            continue;
        }
        match host {
            Some(host) => hosts.insert(path, host),
            None => hosts.remove(&path),
        };
        let table = table(&hosts.values().cloned().collect::<Vec<_>>(), colours);
        let back = if colours && lines > 0 { format!("\x1B[{lines}A\x1B[J") } else { String::new() };
        lines = table.lines().count();
        write!(out, "{back}{table}").and_then(|()| out.flush()).map_err(cannot)?;
    }
    Ok(0)
}

fn follow(path: &Path, send: &Sender<(PathBuf, Option<Value>)>) {
    if let Ok(stream) = open(path, "GET /sessions?watch") {
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        for line in lines.filter(|line| line.starts_with('{')) {
            let Ok(host) = serde_json::from_str(&line) else { continue };
            if send.send((path.to_owned(), Some(host))).is_err() {
                return;
            }
        }
    }
    let _ = send.send((path.to_owned(), None));
}

/// The sessions of all hosts, one per line.
fn table(hosts: &[Value], colours: bool) -> String {
    let mut rows = vec![["NAME", "STATUS", "FOR", "OUTPUT", "PEERS", "COMMAND"].map(str::to_owned)];
    let mut paint = vec![""];
    for host in hosts {
        for session in host["sessions"].as_array().into_iter().flatten() {
            let status = session["status"].as_str().unwrap_or_default();
            paint.push(match status {
                "idle" => "\x1B[34m",
                "running" => "\x1B[32m",
                _ => "\x1B[90m",
            });
            rows.push(row(session, status));
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    for (row, paint) in rows.iter().zip(paint) {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let padded = format!("{cell:width$}  ");
            if column == 1 && colours && !paint.is_empty() {
                line.push_str(&format!("{paint}{padded}\x1B[m"));
            } else {
                line.push_str(&padded);
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn row(session: &Value, status: &str) -> [String; 6] {
    let text = |key: &str| plain(session[key].as_str().unwrap_or_default());
    let reason = text("reason").replace('_', " ");
    let status = match (status, session["code"].as_u64()) {
        ("exited", Some(code)) => format!("exited {code}"),
        ("idle", _) => format!("idle ({reason})"),
        _ => status.to_owned(),
    };
    // The tier that says most: novel output, and if what came later was only repainted, that.
    let age = |key: &str| session[key].as_f64();
    let output = match (age("novel"), age("visible")) {
        (Some(novel), Some(visible)) if novel - visible > 1.0 => {
            format!("novel {} ago, repainting {} ago", span(novel), span(visible))
        }
        (Some(novel), _) => format!("novel {} ago", span(novel)),
        (None, Some(visible)) => format!("visible {} ago", span(visible)),
        (None, None) => "none".into(),
    };
    let peers = session["peers"].as_u64().unwrap_or(0).to_string();
    [text("name"), status, span(session["for"].as_f64().unwrap_or(0.0)), output, peers, text("command")]
}

/// `12 s`, `26 m`, `3 h`
fn span(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} m", s / 60.0),
        s => format!("{:.0} h", s / 3_600.0),
    }
}

fn colours(choice: ColorChoice) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            std::env::var_os("NO_COLOR").is_none() && rustix::termios::isatty(rustix::stdio::stdout())
        }
    }
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// `TERM`, `SIGTERM`, `15`
fn signal_number(text: &str) -> Result<i32, Failure> {
    const NAMES: [(&str, i32); 9] = [
        ("HUP", libc::SIGHUP),
        ("INT", libc::SIGINT),
        ("QUIT", libc::SIGQUIT),
        ("KILL", libc::SIGKILL),
        ("USR1", libc::SIGUSR1),
        ("USR2", libc::SIGUSR2),
        ("TERM", libc::SIGTERM),
        ("STOP", libc::SIGSTOP),
        ("CONT", libc::SIGCONT),
    ];
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    known.or_else(|| text.parse().ok()).ok_or_else(|| {
        let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        Failure::usage(format!("there is no signal {text}"))
            .hint(format!("one of {}, or a number", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_table_says_what_a_session_does_and_nothing_to_the_terminal() {
        let host = json!({ "sessions": [
            { "name": "build", "command": "make\u{1B}[2J -j8", "status": "idle", "reason": "at_prompt", "for": 90.4,
              "novel": 1600.0, "visible": 2.0, "peers": 1 },
            { "name": "x", "command": "true", "status": "exited", "code": 3, "for": 7200.0, "peers": 0 },
        ] });
        let table = table(&[host], false);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines[0],
            "NAME   STATUS            FOR   OUTPUT                              PEERS  COMMAND"
        );
        assert_eq!(
            lines[1],
            "build  idle (at prompt)  90 s  novel 27 m ago, repainting 2 s ago  1      make[2J -j8"
        );
        assert_eq!(
            lines[2],
            "x      exited 3          2 h   none                                0      true"
        );
    }

    #[test]
    fn signals_go_by_name_and_number() {
        assert_eq!(signal_number("SIGTERM").unwrap(), libc::SIGTERM);
        assert_eq!(signal_number("hup").unwrap(), libc::SIGHUP);
        assert_eq!(signal_number("9").unwrap(), 9);
        assert!(signal_number("NOPE").is_err());
    }
}
