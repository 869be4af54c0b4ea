//! `--open`: a browser that shows the session, without the token in anybody's arguments.
//!
//! The browser is given a page in a file that only its owner reads, and the page goes on to the URL with the token in its
//! fragment. The file is there for half a minute, or until the host ends.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::port::pty::PRIVATE;

/// A browser that has to start first, on a slow disk, takes some seconds to read a file.
const THERE: Duration = Duration::from_secs(30);

/// Writes the page at `path`, and has a browser open it.
///
/// # Errors
/// It cannot be written, or there is no browser; then the file is gone again.
pub(super) fn open(path: &Path, url: &str) -> io::Result<()> {
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let started = file.write_all(page(url).as_bytes()).and_then(|()| start(path));
    let mut browser = started.inspect_err(|_| drop(fs::remove_file(path)))?;
    let path = path.to_owned();
    // What opens a browser ends at once or with it; nobody waits for that but this thread.
    thread::Builder::new().name("browser".into()).spawn(move || {
        thread::sleep(THERE);
        let _ = fs::remove_file(path);
        let _ = browser.wait();
    })?;
    Ok(())
}

/// Goes on to `url`, and leaves nothing of itself in the browser's history.
fn page(url: &str) -> String {
    // In a script a string must not end it.
    let url = serde_json::Value::from(url).to_string().replace('<', "\\u003c");
    format!(
        "<!doctype html><meta charset=utf-8><meta name=referrer content=no-referrer><title>stillwire</title>\
         <script>location.replace({url})</script><noscript>This page needs JavaScript.</noscript>\n"
    )
}

/// The first of `$BROWSER` (names with colons between, each with its arguments), or what the system has for it.
fn start(path: &Path) -> io::Result<Child> {
    let wanted = std::env::var("BROWSER").unwrap_or_default();
    let usual = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let all = wanted.split(':').filter(|line| !line.trim().is_empty()).chain([usual]);
    let mut failed = io::ErrorKind::NotFound.into();
    for line in all {
        match command(line, path).spawn() {
            Ok(child) => return Ok(child),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn command(line: &str, path: &Path) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    let page = location(path);
    let mut placed = false;
    for word in words {
        placed |= word.contains("%s");
        command.arg(word.replace("%s", &page));
    }
    if !placed {
        command.arg(page);
    }
    for private in PRIVATE {
        command.env_remove(private);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command
}

/// As a URL (RFC 8089).
fn location(path: &Path) -> String {
    let mut url = String::from("file://");
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => url.push(byte.into()),
            byte if byte.is_ascii_alphanumeric() => url.push(byte.into()),
            byte => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_a_command_and_is_told_the_file_once() {
        let words = |line| {
            let command = command(line, Path::new("/run/x.html"));
            let all = [command.get_program()].into_iter().chain(command.get_args());
            all.map(|word| word.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(words("firefox"), ["firefox", "file:///run/x.html"]);
        assert_eq!(words("lynx -dump %s"), ["lynx", "-dump", "file:///run/x.html"]);
        assert_eq!(location(Path::new("/a b/#%.html")), "file:///a%20b/%23%25.html");
    }

    #[test]
    fn a_name_in_the_url_does_not_leave_its_string() {
        let page = page("http://</script>\"/#token=x");
        assert!(page.contains(r#"replace("http://\u003c/script>\"/#token=x")"#), "{page}");
    }
}
