//! What is known of a host from what a broker tells: [`Known`].

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::payload::{About, Told};
use crate::plain::plain;
use crate::roster::session::{Away, Session, Status};

/// A host of another machine.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// It says so, and no will has said otherwise.
    pub online: bool,
    /// Since when it is lost, as Unix time.
    pub lost: Option<f64>,
    /// What it says of itself.
    pub about: Option<About>,
    /// By their names.
    pub sessions: BTreeMap<String, Told>,
}

impl Known {
    /// Whether nothing is known of it at all.
    pub(super) fn is_nothing(&self) -> bool {
        !self.online && self.lost.is_none() && self.about.is_none() && self.sessions.is_empty()
    }

    /// One of its sessions, at this Unix time.
    pub(super) fn session(&self, host: &str, name: &str, told: &Told, now: f64) -> Session {
        let start = told.since - told.t;
        // Clocks that do not agree make nothing younger than now.
        let age = |at: Option<f64>| at.map(|at| (now - start - at).max(0.0));
        let status = match told.status.as_str() {
            _ if !self.online => Status::Lost,
            "running" => Status::Running,
            "idle" => Status::Idle,
            "exited" => Status::Exited,
            _ => Status::Unknown,
        };
        let (since, reason) = if self.online {
            (told.since, told.reason.clone())
        } else {
            (self.lost.unwrap_or(told.since), Some(plain(&told.status)))
        };
        let address = self.about.as_ref().and_then(|about| about.address.clone());
        let (host, session) = (plain(host), plain(name));
        Session {
            name: format!("{host}/{session}"),
            command: told.title.clone(),
            status,
            reason,
            age: (now - since).max(0.0),
            raw: age(told.last_raw),
            visible: age(told.last_visible),
            novel: age(told.last_novel),
            input: age(told.last_input),
            peers: told.peers,
            controllers: told.controllers,
            uptime: (now - start).max(0.0),
            last: told.last.clone(),
            away: Some(Box::new(Away { host, session, address })),
            ..Session::default()
        }
    }
}

/// A session in the words of the list of a host.
pub(super) fn json(session: &Session) -> Value {
    let away = session.away.as_deref();
    json!({
        "name": away.map(|away| &away.session),
        "title": session.command,
        "status": session.status.as_str(),
        "reason": session.reason,
        "for": millis(session.age),
        "raw": session.raw.map(millis),
        "visible": session.visible.map(millis),
        "novel": session.novel.map(millis),
        "input": session.input.map(millis),
        "peers": session.peers,
        "controllers": session.controllers,
        "uptime": millis(session.uptime),
        "last": session.last,
    })
}

fn millis(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}
