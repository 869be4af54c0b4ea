//! Where what is told: topics, and names that cannot leave theirs.
//!
//! ```text
//!   PREFIX/stillwire/v1/HOST/online            true, or false by the last will; retained
//!   PREFIX/stillwire/v1/HOST/about             of the host: where to attach; retained
//!   PREFIX/stillwire/v1/HOST/SESSION/status    of a session: the newest state; retained
//!   PREFIX/stillwire/v1/HOST/SESSION/events    what happens and is no state
//! ```
//!
//! A name becomes exactly one level. What means something in a topic (`/`, `+`, `#`, a `$` at its beginning, NUL and the
//! other controls) is written as `%2F` and its like, the `%` too, so that no two names have the same level and every
//! level is one name's.

use crate::failure::Failure;

/// Bytes of one level: four of them and a prefix are far below the 65,535 of a topic.
const LONGEST: usize = 256;

/// The topics of a fleet.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Up to and with `v1/`.
    root: String,
}

/// What a message is about; names as they are, not as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Whether a host is there.
    Online(String),
    /// Something about a host.
    About(String),
    /// The state of a session: host, session.
    Status(String, String),
    /// Something that happened on a host.
    Event(String),
    /// Something else.
    Other,
}

impl Topics {
    /// `prefix` is empty or ends with a slash.
    pub fn new(prefix: &str) -> Self {
        Self { root: format!("{prefix}stillwire/v1/") }
    }

    /// Whether a host is there.
    pub fn online(&self, host: &str) -> String {
        format!("{}{}/online", self.root, level(host))
    }

    /// Something about a host.
    pub fn about(&self, host: &str) -> String {
        format!("{}{}/about", self.root, level(host))
    }

    /// The state of a session.
    pub fn status(&self, host: &str, session: &str) -> String {
        format!("{}{}/{}/status", self.root, level(host), level(session))
    }

    /// What happens in it.
    pub fn events(&self, host: &str, session: &str) -> String {
        format!("{}{}/{}/events", self.root, level(host), level(session))
    }

    /// The states of all sessions of a host; None: of all hosts.
    pub fn all_status(&self, host: Option<&str>) -> String {
        format!("{}{}/+/status", self.root, host.map_or("+".into(), level))
    }

    /// `online` and `about` of every host.
    pub fn all_hosts(&self) -> [String; 2] {
        [format!("{}+/online", self.root), format!("{}+/about", self.root)]
    }

    /// The events of all sessions of a host.
    pub fn all_events(&self, host: &str) -> String {
        format!("{}{}/+/events", self.root, level(host))
    }

    /// What a topic is about.
    pub fn read(&self, topic: &str) -> Topic {
        let Some(rest) = topic.strip_prefix(&self.root) else { return Topic::Other };
        let mut levels = rest.split('/');
        let parts = [levels.next(), levels.next(), levels.next(), levels.next()];
        match parts {
            [Some(host), Some("online"), None, _] => name(host).map_or(Topic::Other, Topic::Online),
            [Some(host), Some("about"), None, _] => name(host).map_or(Topic::Other, Topic::About),
            [Some(host), Some(session), Some("status"), None] => match (name(host), name(session)) {
                (Some(host), Some(session)) => Topic::Status(host, session),
                _ => Topic::Other,
            },
            [Some(host), Some(_), Some("events"), None] => name(host).map_or(Topic::Other, Topic::Event),
            _ => Topic::Other,
        }
    }
}

/// Checks the name of a host or a session.
///
/// # Errors
/// It is empty, or too long to be a level.
pub fn check(what: &str, name: &str) -> Result<(), Failure> {
    if name.is_empty() {
        return Err(Failure::usage(format!("{what} without a name has no topic")));
    }
    if level(name).len() > LONGEST {
        return Err(Failure::usage(format!("{what} {name:.20}...: the name is too long for a topic"))
            .hint(format!("at most {LONGEST} bytes; / + # % and controls count three each")));
    }
    Ok(())
}

/// A name as a level.
fn level(name: &str) -> String {
    let mut level = String::with_capacity(name.len());
    for (index, char) in name.chars().enumerate() {
        match char {
            '/' | '+' | '#' | '%' => percent(char, &mut level),
            '$' if index == 0 => percent(char, &mut level),
            _ if char.is_control() => percent(char, &mut level),
            _ => level.push(char),
        }
    }
    level
}

fn percent(char: char, level: &mut String) {
    for byte in char.encode_utf8(&mut [0; 4]).bytes() {
        level.push_str(&format!("%{byte:02X}"));
    }
}

/// The name that a level stands for; None: it is no name's.
fn name(level: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(level.len());
    let mut rest = level.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = after;
            continue;
        }
        let digits = after.get(..2).and_then(|two| str::from_utf8(two).ok())?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).ok().filter(|name| !name.is_empty() && self::level(name) == level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_topic_and_every_name_comes_back() {
        let topics = Topics::new("lab/");
        for odd in
            ["build", "a/b", "+", "#", "../x", "$SYS", "a$", "50%", "%2F", "a\u{0}b", "\u{85}", "漢 字"]
        {
            let topic = topics.status(odd, odd);
            assert_eq!(topic.matches('/').count(), 5, "{topic}");
            assert!(!topic.contains(['+', '#', '\0']), "{topic}");
            assert_eq!(topics.read(&topic), Topic::Status(odd.into(), odd.into()));
            assert_eq!(topics.read(&topics.online(odd)), Topic::Online(odd.into()));
            assert_eq!(topics.read(&topics.about(odd)), Topic::About(odd.into()));
        }
        assert_eq!(topics.online("lab3"), "lab/stillwire/v1/lab3/online");
        assert_eq!(topics.all_status(Some("a/b")), "lab/stillwire/v1/a%2Fb/+/status");
    }

    #[test]
    fn no_two_names_have_one_topic() {
        let names = ["a/b", "a%2Fb", "a%252Fb", "$a", "%24a"];
        let levels: Vec<String> = names.iter().map(|name| level(name)).collect();
        for (index, level) in levels.iter().enumerate() {
            assert!(!levels[..index].contains(level), "{level}");
        }
    }

    #[test]
    fn what_is_not_ours_is_nobody() {
        let topics = Topics::new("");
        for topic in [
            "other/v1/h/online",
            "stillwire/v2/h/online",
            "stillwire/v1/h/s/t/status",
            "stillwire/v1//s/status",
            "stillwire/v1/h%2/s/status",
            "stillwire/v1/h%41/s/status",
            "stillwire/v1/h/%FF/status",
            "stillwire/v1/h/s/event",
        ] {
            assert_eq!(topics.read(topic), Topic::Other, "{topic}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_or_none_is_refused_at_the_start() {
        assert!(check("session", "build").is_ok());
        assert!(check("session", "").is_err());
        assert!(check("session", &"/".repeat(86)).is_err());
        assert!(check("session", &"x".repeat(256)).is_ok());
    }
}
