//! Which session is meant by a name.

use std::path::PathBuf;

use super::{gather, session};
use crate::failure::Failure;
use crate::runtime;

/// The socket behind which a session is, and its name; without a name, the only one there is.
///
/// # Errors
/// There is none, or more than one to choose from.
pub(crate) fn find(name: Option<&str>) -> Result<(PathBuf, String), Failure> {
    // Most hosts have one session, and are called as it is.
    if let Some(name) = name
        && let Ok(path) = runtime::socket(name)
        && (runtime::connect(&path).is_ok() || path.exists())
    {
        return Ok((path, name.to_owned()));
    }
    let mut all = Vec::new();
    for (path, host) in gather("GET /sessions?brief")?.hosts() {
        all.extend(host.sessions.into_iter().map(|session| (path.clone(), session.name)));
    }
    let names: Vec<&str> = all.iter().map(|(_, name)| name.as_str()).collect();
    let known = names.join(", ");
    let start = "start one: runner-std host -- bash";
    match (name, all.len()) {
        (None, 1) => Ok(all.remove(0)),
        (None, 0) => Err(Failure::new("there is no session").hint(start)),
        (None, _) => {
            Err(Failure::usage("there is more than one session").hint(format!("name one of: {known}")))
        }
        (Some(name), count) => {
            let hint = match near(name, &names) {
                Some(near) => format!("did you mean {near}?"),
                None if count == 0 => start.to_owned(),
                None => format!("there is: {}", session::cut(&known, 200)),
            };
            let found = all.into_iter().find(|(_, known)| known == name);
            found.ok_or_else(|| {
                Failure::new(format!("there is no session named {}", session::plain(name))).hint(hint)
            })
        }
    }
}

/// The name that was probably meant.
fn near<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let name = name.to_lowercase();
    let begins = |other: &&&str| !name.is_empty() && other.to_lowercase().starts_with(&name);
    let apart = |other: &&str| strsim::damerau_levenshtein(&name, &other.to_lowercase());
    let closest = || names.iter().min_by_key(|other| apart(other));
    let slips = 1 + name.chars().count() / 4;
    names.iter().find(begins).or_else(|| closest().filter(|other| apart(other) <= slips)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_probably_meant_is_found() {
        let names = ["build", "bash", "web-server"];
        for (typed, meant) in [
            ("biuld", Some("build")),
            ("buil", Some("build")),
            ("web", Some("web-server")),
            ("BASH", Some("bash")),
            ("database", None),
            ("xyz", None),
        ] {
            assert_eq!(near(typed, &names), meant, "{typed}");
        }
        assert_eq!(near("x", &[]), None);
    }
}
