//! `host --open`: a browser is shown the session, and nobody reads the token on the way.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use crate::sessions::{Hosted, wait};
use crate::terminal::Folder;

/// Looks at what it is told to open, as a browser would, and writes down what others could see of it.
const FAKE: &str = "#!/bin/sh
cd \"${0%/*}\" || exit
page=${1#file://}
stat -c %a \"$page\" >mode
tr '\\0' '\\n' </proc/$$/cmdline >arguments
tr '\\0' '\\n' </proc/$$/environ >environment
ls /proc/$$/fd >descriptors
cp \"$page\" draft && mv draft seen
";

#[test]
fn a_browser_gets_the_token_in_a_file_and_nowhere_else() {
    let mut host = Hosted { folder: Folder::new("open"), name: "open".into(), hello: String::new() };
    host.folder.write("browser", FAKE);
    let browser = host.folder.path("browser");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).expect("a program");
    let started = host
        .runner(&["host", "-d", "--open", "--name", "open", "--listen", "127.0.0.1:0", "--", "sleep", "1000"])
        .env("BROWSER", &browser)
        .stdin(Stdio::null())
        .output()
        .expect("a host");
    host.hello = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(started.status.success(), "{}", host.hello);
    wait("the browser", || host.folder.path("seen").exists());
    let page = host.folder.read("seen");
    assert!(page.contains(&format!("location.replace(\"{}\")", host.url())), "{page}");
    assert_eq!(host.folder.read("mode"), "600\n");
    let token = host.url().split("token=").nth(1).expect("a token");
    for place in ["arguments", "environment"] {
        let told = host.folder.read(place);
        assert!(!told.is_empty() && !told.contains(token), "{place}: {told}");
    }
    let file = host
        .folder
        .read("arguments")
        .lines()
        .find_map(|word| word.strip_prefix("file://").map(str::to_owned));
    let file = file.expect("an argument");
    wait("the file to be removed", || !fs::exists(&file).expect("a folder"));
    Command::new("kill").arg(host.pid().to_string()).status().expect("kill");
}

#[test]
fn no_browser_is_told_and_no_port_is_refused() {
    let mut host = Hosted { folder: Folder::new("closed"), name: "closed".into(), hello: String::new() };
    let mut starts = host.runner(&["host", "-d", "--open", "--name", "closed", "--listen", "127.0.0.1:0"]);
    starts.args(["--", "/bin/sleep", "1000"]).env("BROWSER", "no-such-thing");
    // Where there is no xdg-open either.
    let started = starts.env("PATH", host.folder.path("")).stdin(Stdio::null()).output().expect("a host");
    host.hello = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(started.status.success() && host.hello.contains("set BROWSER"), "{}", host.hello);
    let refused = host.runner(&["host", "-d", "--open", "--listen", "none", "--", "sleep", "1"]).output();
    let told = String::from_utf8_lossy(&refused.expect("it says why").stderr).into_owned();
    assert!(told.contains("--open") && told.contains("--listen none"), "{told}");
    let left: Vec<_> = fs::read_dir(host.folder.path("stillwire")).expect("a folder").flatten().collect();
    let pages = left.iter().filter(|entry| entry.path().extension().is_some_and(|end| end == "html"));
    assert_eq!(pages.count(), 0, "{left:?}");
}
