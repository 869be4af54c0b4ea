//! What goes wrong is said so that somebody can mend it.

use std::process::{Command, Stdio};

use crate::broker::{Broker, free_port, wait};
use crate::terminal::runner;

fn complaint(args: &[&str], password: Option<&str>) -> String {
    let mut command = Command::new(runner());
    command.args(args).stdin(Stdio::null()).env_remove("STILLWIRE_MQTT_PASSWORD");
    if let Some(password) = password {
        command.env("STILLWIRE_MQTT_PASSWORD", password);
    }
    let output = command.output().expect("it runs");
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_wrong_password_and_a_refused_topic_are_named() {
    let folder = crate::terminal::Folder::new("fleet-passwords");
    let passwords = folder.path("passwords");
    let made =
        Command::new("mosquitto_passwd").arg("-b").arg("-c").arg(&passwords).args(["ann", "right"]).output();
    assert!(made.expect("mosquitto_passwd").status.success());
    // Mosquitto gives up its rights if it is started by root.
    let _ = Command::new("chmod").arg("-R").arg("a+rX").arg(folder.path("")).status();
    folder.write("rights", "user ann\ntopic readwrite stillwire/v1/lab3/#\ntopic read stillwire/#\n");
    let config = format!(
        "allow_anonymous false\npassword_file {}\nacl_file {}\n",
        passwords.display(),
        folder.path("rights").display()
    );
    let broker = Broker::with("fleet-rights", &config);
    let url = format!("mqtt://ann@127.0.0.1:{}", broker.port);
    let wrong = complaint(&["ps", "--mqtt", &url], Some("wrong"));
    assert!(wrong.contains("not authorized") && wrong.contains("--mqtt-password-file"), "{wrong}");
    assert!(!wrong.contains("\"wrong\""), "{wrong}");
    let nobody = complaint(&["ps", "--mqtt", &broker.url()], None);
    assert!(nobody.contains("not authorized") && nobody.contains("USER@BROKER"), "{nobody}");
    // A host may not tell what is not its own, and says which topic that was.
    let host = |name: &str| {
        let log = std::fs::File::create(broker.folder.path(name)).expect("a log");
        let mut command = broker.runner(&["host", "--headless", "--listen", "none", "--mqtt", &url]);
        command.args(["--mqtt-name", name, "--name", name, "--", "sleep", "600"]);
        command.env("STILLWIRE_MQTT_PASSWORD", "right").stderr(log).stdout(Stdio::null());
        crate::broker::Process(command.spawn().expect("a host"))
    };
    let _other = host("lab4");
    wait("the refusal", || {
        let log = broker.folder.read("lab4");
        log.contains("does not take stillwire/v1/lab4/") && log.contains("not authorized")
    });
    let _ours = host("lab3");
    let listed = || {
        let mut command = broker.runner(&["ps", "--mqtt", &url]);
        let output = command.env("STILLWIRE_MQTT_PASSWORD", "right").output().expect("ps");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    wait("our own", || listed().contains("lab3/lab3"));
    assert!(!listed().contains("lab4"));
}

#[test]
fn a_broker_that_is_another_or_none_is_named() {
    let port = free_port();
    let away = complaint(&["ps", "--mqtt", &format!("mqtt://127.0.0.1:{port}")], None);
    assert!(away.contains(&format!("127.0.0.1:{port}")) && away.contains("refused"), "{away}");
    let secret = complaint(&["ps", "--mqtt", "mqtts://ann:hunter2@broker"], None);
    assert!(secret.contains("password") && !secret.contains("hunter2"), "{secret}");
    // A certificate for somebody else.
    let folder = crate::terminal::Folder::new("fleet-cert");
    let [certificate, key] = folder.certificate("other", "DNS:other.example,DNS:localhost");
    let _ = Command::new("chmod").arg("-R").arg("a+rX").arg(folder.path("")).status();
    let config = format!("allow_anonymous true\ncertfile {certificate}\nkeyfile {key}\n");
    let broker = Broker::with("fleet-tls", &config);
    let ours = ["--mqtt-ca", certificate.as_str()];
    let url = format!("mqtts://127.0.0.1:{}", broker.port);
    let other = complaint(&[&["ps", "--mqtt", &url][..], &ours].concat(), None);
    assert!(other.contains("not valid for name") && other.contains("certificate"), "{other}");
    let stranger = complaint(&["ps", "--mqtt", &format!("mqtts://localhost:{}", broker.port)], None);
    assert!(stranger.contains("--mqtt-ca"), "{stranger}");
    // By the right name and with the right authority it is read.
    let url = format!("mqtts://localhost:{}", broker.port);
    let mut right = broker.runner(&["ps", "--json", "--mqtt", &url]);
    let right = right.args(ours).output().expect("ps");
    assert!(right.status.success(), "{right:?}");
    // Plain text at its door, and TLS at a plain one.
    let plain = complaint(&["ps", "--mqtt", &broker.url()], None);
    assert!(plain.contains("cannot use the broker"), "{plain}");
}
