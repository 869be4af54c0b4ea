//! Clients that others wrote, against a host.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::safety::Guarded;

/// A Python that has `websockets`, as `tests/run e2e` finds or makes it.
fn python() -> PathBuf {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python3");
    let all = [PathBuf::from("python3"), PathBuf::from("/usr/bin/python3"), made];
    let has = |python: &PathBuf| {
        let asked = Command::new(python).args(["-c", "import websockets"]).output();
        asked.is_ok_and(|asked| asked.status.success())
    };
    all.into_iter().find(has).expect("Python's websockets is installed (tests/run e2e does that)")
}

#[test]
fn pythons_websockets_is_served_as_the_protocol_says() {
    talk(&Guarded::new("foreign", &["--share"], &["sh", "-i"]), &[]);
}

/// Tells all its stories to a host whose session is a shell; `more` is a certificate to trust.
pub(crate) fn talk(host: &Guarded, more: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/foreign.py");
    let said = Command::new(python())
        .arg(script)
        .args([&host.address, &host.token])
        .args(more)
        .output()
        .expect("Python");
    let (told, complaint) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    eprintln!("{told}");
    assert!(said.status.success() && told.lines().count() == 5, "{told}{complaint}");
}
