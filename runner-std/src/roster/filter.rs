//! Which sessions somebody wants to see.

use stillwire::{Duration, duration};

use super::session::{Session, Status};

/// What a session has to be like; whatever is None is left open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Its status.
    pub status: Option<Status>,
    /// Why it is idle.
    pub reason: Option<String>,
    /// Its host: a name, in which `*` stands for anything.
    pub host: Option<String>,
    /// It has been idle for longer than this.
    pub waiting: Option<Duration>,
}

impl Filter {
    /// Whether it is like that, so many seconds after it was told.
    pub(crate) fn lets(&self, session: &Session, older: f64) -> bool {
        let host = session.away.as_ref().map_or("", |away| away.host.as_str());
        self.status.is_none_or(|status| session.status == status)
            && self.reason.as_ref().is_none_or(|reason| session.reason.as_ref() == Some(reason))
            && self.lets_host(host)
            && self.waiting.is_none_or(|span| waits(session, older, span))
    }

    /// Whether it lets a host through.
    pub(crate) fn lets_host(&self, host: &str) -> bool {
        self.host.as_ref().is_none_or(|pattern| is_like(pattern, host))
    }

    /// The only host that it lets through, if there is no more than one.
    pub(crate) fn only(&self) -> Option<String> {
        self.host.clone().filter(|host| !host.contains('*'))
    }
}

/// Whether every word of a text is found in what a session says of itself; `>5m`: it has been idle for longer.
pub(crate) fn finds(wanted: &str, session: &Session, older: f64) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let title = session.title.as_deref().unwrap_or_default();
    let text = format!("{}\n{}\n{title}\n{}", session.name, session.command, session.spoken()).to_lowercase();
    wanted.to_lowercase().split_whitespace().all(|word| {
        match word.strip_prefix('>').and_then(|span| duration::parse(span).ok()) {
            Some(span) => waits(session, older, span.unwrap_or(Duration::MAX)),
            None => text.contains(word),
        }
    })
}

fn waits(session: &Session, older: f64, span: Duration) -> bool {
    session.status == Status::Idle && session.age + older > span.as_millis() as f64 / 1_000.0
}

/// `lab*` is like `lab3`.
fn is_like(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let Some(tail) = parts.pop() else { return true };
    for part in parts {
        let Some(at) = name.find(part) else { return false };
        name = name.get(at + part.len()..).unwrap_or_default();
    }
    name.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::session::Away;

    fn session() -> Session {
        let away = Away { host: "lab3".into(), session: "build".into(), address: None };
        Session {
            name: "lab3/build".into(),
            command: "make".into(),
            status: Status::Idle,
            reason: Some("at_prompt".into()),
            age: 301.0,
            away: Some(Box::new(away)),
            ..Session::default()
        }
    }

    #[test]
    fn every_word_has_to_be_found() {
        for (text, found) in [
            ("", true),
            ("LAB3 idle", true),
            ("at prompt", true),
            ("make >5m", true),
            (">6m", false),
            ("lab4", false),
            ("lab3 running", false),
        ] {
            assert_eq!(finds(text, &session(), 0.0), found, "{text}");
        }
        assert!(!finds(">1s", &Session { status: Status::Running, ..session() }, 0.0), "it does not wait");
    }

    #[test]
    fn a_filter_lets_through_what_is_like_it() {
        let with = |change: fn(&mut Filter)| {
            let mut filter = Filter::default();
            change(&mut filter);
            filter.lets(&session(), 0.5)
        };
        assert!(with(|_| {}));
        assert!(with(|it| it.status = Some(Status::Idle)) && !with(|it| it.status = Some(Status::Running)));
        assert!(
            with(|it| it.reason = Some("at_prompt".into())) && !with(|it| it.reason = Some("bell".into()))
        );
        assert!(with(|it| it.host = Some("lab*".into())) && !with(|it| it.host = Some("lab".into())));
        assert!(with(|it| it.waiting = Some(Duration::from_secs(300))));
        assert!(!with(|it| it.waiting = Some(Duration::from_secs(302))));
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, like) in [
            ("lab3", "lab3", true),
            ("*", "", true),
            ("lab*", "lab", true),
            ("*3", "lab3", true),
            ("l*b*3", "lab-b-33", true),
            ("l*x*3", "lab3", false),
            ("*lab", "lab3", false),
        ] {
            assert_eq!(is_like(pattern, name), like, "{pattern} {name}");
        }
    }
}
