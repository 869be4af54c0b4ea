//! Encrypted connections: with a certificate of one's own, made by openssl.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::foreign;
use crate::safety::{Guarded, rest, wait};
use crate::terminal::Folder;

/// A certificate for this machine, and its key.
fn certificate(folder: &Folder) -> [String; 2] {
    folder.certificate("stillwire test", "IP:127.0.0.1,DNS:localhost")
}

#[test]
fn sessions_are_served_encrypted_to_whoever_trusts_the_certificate() {
    let folder = Folder::new("tls");
    let [certificate, key] = certificate(&folder);
    let options = ["--tls-cert", certificate.as_str(), "--tls-key", key.as_str(), "--share"];
    let host = Guarded::new("tls", &options, &["sh", "-i"]);
    assert!(host.said().contains("[open https://"), "{}", host.said());
    let attach = |scheme: &str, trust: &[&str], typed: &str| {
        let url = format!("{scheme}://{}/#token={}", host.address, host.token);
        let mut attach = host.runner(&["attach", &url]);
        attach.args(trust).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut attach = attach.spawn().expect("attach");
        let _ = attach.stdin.take().expect("a pipe").write_all(typed.as_bytes());
        attach.wait_with_output().expect("it ends")
    };
    let ours = ["--tls-ca", certificate.as_str()];
    for scheme in ["wss", "tls"] {
        let refused = attach(scheme, &[], "");
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(1) && why.contains("certificate"), "{why}");
    }
    foreign::talk(&host, &[&certificate]);
    // Plain text at the door is answered by an alert, and silence ends in five seconds.
    let mut plain = host.connect();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    let answer = rest(plain);
    assert!(answer.is_empty() || answer[0] == 21, "{answer:?}");
    let (silent, began) = (host.connect(), Instant::now());
    rest(silent);
    assert!(began.elapsed() < Duration::from_secs(20));
    // A lot of output arrives whole, and the exit code with it.
    let said = attach("wss", &ours, "seq 1 100000; echo all-$((1 + 1)); exit 6\n");
    let shown = String::from_utf8_lossy(&said.stdout).replace("\r\n", "\n");
    assert!(shown.contains("\n99999\n100000\nall-2"), "{} bytes", shown.len());
    assert_eq!(said.status.code(), Some(6), "{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn frames_without_http_are_encrypted_too() {
    let folder = Folder::new("tls-frames");
    let [certificate, key] = certificate(&folder);
    let options = ["--tls-cert", certificate.as_str(), "--tls-key", key.as_str()];
    let host = Guarded::new("frames", &options, &["sh", "-c", "read go; exec cat /proc/self/stat"]);
    let url = format!("tls://{}/#token={}", host.address, host.token);
    let mut attach = host.runner(&["attach", &url, "--tls-ca", &certificate]);
    let mut attach = attach.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("attach");
    let shown = || std::fs::read_to_string(format!("/proc/{}/cmdline", attach.id())).expect("it runs");
    wait("the token to be wiped", || shown().contains("token=****") && !shown().contains(&host.token));
    attach.stdin.take().expect("a pipe").write_all(b"go\n").expect("typed");
    let mut shown = String::new();
    attach.stdout.take().expect("a pipe").read_to_string(&mut shown).expect("text");
    assert!(shown.contains("(cat)"), "{shown}");
    assert_eq!(attach.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_key_that_everybody_reads_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("tls-key");
    let [certificate, key] = certificate(&folder);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("ours");
    let host = Command::new(crate::terminal::runner())
        .args([
            "host",
            "--headless",
            "--listen",
            "127.0.0.1:0",
            "--tls-cert",
            &certificate,
            "--tls-key",
            &key,
        ])
        .args(["--", "true"])
        .env("XDG_RUNTIME_DIR", folder.path(""))
        .stdin(Stdio::null())
        .output()
        .expect("a host");
    let why = String::from_utf8_lossy(&host.stderr).into_owned();
    assert!(host.status.code() == Some(1) && why.contains("everybody can read the key"), "{why}");
}
