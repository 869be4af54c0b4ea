//! What a host answers to plain requests: its sessions, as JSON; ending them.

use rustix::process::Signal;
use serde_json::{Value, json};
use stillwire::idle::{Reason, Status};
use stillwire::link::frame::Role;
use stillwire::{Duration, Instant};

use super::glance::{last_line, stripped};
use super::news::Follow;
use super::page;
use super::seats::Seat;
use super::server::Server;
use crate::door::http::{Asked, Reply};
use crate::limits;
use crate::port::pty::exit_code;

/// The beginning of an answer that has no end: one list of sessions per line, whenever something has changed.
pub(super) const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\
                                 Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n";

/// How to answer.
pub(super) enum Answer {
    /// With this.
    Reply(Reply<'static>),
    /// With this, and with whatever happens from now on.
    Follow(Follow, String),
}

/// Answers a request.
pub(super) fn answer(server: &mut Server, now: Instant, asked: &Asked) -> Answer {
    let Asked::Path { method, path, query, trusted, gzip } = asked else { return not_found() };
    if let Some(file) = page::find(path, *gzip).filter(|_| method == "GET") {
        return Answer::Reply(file);
    }
    match (method.as_str(), path.as_str()) {
        _ if !trusted => text("401 Unauthorized", "the token has to come as Authorization: Bearer"),
        ("GET", "/sessions") if query == "watch" => Answer::Follow(Follow::list(false), String::new()),
        ("GET", "/sessions") if query == "live" => Answer::Follow(Follow::list(true), String::new()),
        ("GET", "/sessions") => {
            let list = sessions(server, now, query != "brief") + "\n";
            Answer::Reply(Reply { kind: "application/json", body: list.into_bytes().into(), ..Reply::OK })
        }
        ("GET", "/text") => printed(server, query),
        ("GET", "/metrics") => match server.metrics_text() {
            Some(text) => {
                let body = text.into_bytes().into();
                Answer::Reply(Reply { kind: super::metrics::TYPE, body, ..Reply::OK })
            }
            None => not_found(),
        },
        ("GET", "/events") => {
            let (follow, text) = server.events(now);
            Answer::Follow(follow, text)
        }
        ("POST", "/kill") => kill(server, now, query),
        _ => not_found(),
    }
}

/// All sessions, as one line of JSON; `live`: with what changes with every byte of output. Ages are in seconds, as of now.
pub(super) fn sessions(server: &Server, now: Instant, live: bool) -> String {
    let seats = server.seats.iter().enumerate();
    let list: Vec<Value> = seats.map(|(index, seat)| session(server, now, index, seat, live)).collect();
    let listen = server.doors.iter().find_map(|door| door.address()).map(|address| address.to_string());
    json!({ "pid": std::process::id(), "uptime": seconds(now.since(Instant::ZERO)), "listen": listen, "sessions": list })
        .to_string()
}

fn session(server: &Server, now: Instant, index: usize, seat: &Seat, live: bool) -> Value {
    let Some(state) = server.core.session(index) else { return Value::Null };
    let (status, evidence) = (state.status(), state.evidence());
    let age = |at: Option<Instant>| at.map(|at| seconds(now.since(at)));
    let peers = || server.core.peers().iter().filter(|peer| peer.session() == Some(index));
    let exit = if let Status::Exited(exit) = status { Some(exit_code(exit)) } else { None };
    // A session begins with its host.
    let end = if exit.is_some() { state.since() } else { now };
    json!({
        "name": seat.name,
        "command": seat.command,
        "pid": seat.pid,
        "status": status.as_str(),
        "reason": status.reason().map(Reason::as_str),
        "for": seconds(now.since(state.since())),
        "raw": age(evidence.raw),
        "visible": age(evidence.visible),
        "novel": age(evidence.novel),
        "input": age(evidence.input),
        "peers": peers().count(),
        "controllers": peers().filter(|peer| peer.role() == Some(Role::Controller)).count(),
        "controller": server.controls(index),
        "printed": state.history().end(),
        "uptime": seconds(end.since(Instant::ZERO)),
        "title": Some(seat.said.title()).filter(|title| !title.is_empty()),
        "last": live.then(|| last_line(state.history())),
        "code": exit,
        "trouble": seat.trouble,
    })
}

/// What a session printed last, without escape sequences.
fn printed(server: &Server, query: &str) -> Answer {
    let Some(name) = value(query, "session") else { return text("400 Bad Request", "which session?") };
    let index = server.seats.iter().position(|seat| seat.name == name);
    let Some(session) = index.and_then(|index| server.core.session(index)) else {
        return text("404 Not Found", "there is no such session");
    };
    Answer::Reply(Reply { body: stripped(session.history()).into(), ..Reply::OK })
}

/// The value of a field of a query.
fn value(query: &str, name: &str) -> Option<String> {
    let mut fields = query.split('&').filter_map(|field| field.split_once('='));
    fields.find(|(key, _)| *key == name).map(|(_, value)| decode(value))
}

/// Ends a session, or sends its processes a signal.
fn kill(server: &mut Server, now: Instant, query: &str) -> Answer {
    let value = |name: &str| value(query, name);
    let Some(name) = value("session") else { return text("400 Bad Request", "which session?") };
    let found = server.seats.iter_mut().enumerate().find(|(_, seat)| seat.name == name);
    let Some((index, seat)) = found else { return text("404 Not Found", "there is no such session") };
    server.agenda.touch(index);
    if seat.is_over() {
        return text("410 Gone", "it has ended already");
    }
    let Some(number) = value("signal") else {
        seat.stop(now.after(limits::GRACE));
        return text("200 OK", "asked to end");
    };
    match number.parse().ok().and_then(Signal::from_named_raw) {
        Some(signal) if seat.signal(signal) => text("200 OK", "sent"),
        Some(_) => text("409 Conflict", "there is no process in this session"),
        None => text("400 Bad Request", "no such signal"),
    }
}

/// `%20` and its like.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| byte == b'%').and_then(|two| str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn seconds(span: Duration) -> f64 {
    // Milliseconds are exact in a double for longer than anything runs.
    span.as_millis() as f64 / 1_000.0
}

fn text(status: &'static str, why: &str) -> Answer {
    Answer::Reply(Reply { status, body: format!("{why}\n").into_bytes().into(), ..Reply::OK })
}

fn not_found() -> Answer {
    text("404 Not Found", "there is nothing here")
}
