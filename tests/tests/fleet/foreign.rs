//! Others read what we write: mosquitto_sub in the other tests, paho-mqtt here.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::broker::Broker;

/// Reads all that is retained, and prints it as one JSON object: topic to payload.
const READER: &str = r#"
import json, sys, paho.mqtt.client as mqtt
kept, client = {}, mqtt.Client(protocol=mqtt.MQTTv5)
def message(client, data, message):
    if message.retain:
        kept[message.topic] = message.payload.decode()
    if len(kept) >= int(sys.argv[2]):
        client.disconnect()
client.on_connect = lambda client, data, flags, code, properties: client.subscribe("stillwire/v1/#", qos=1)
client.on_message = message
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_forever()
print(json.dumps(kept))
"#;

/// A Python that has paho-mqtt: the one on the path, Debian's, or one that `tests/run` made.
fn python() -> PathBuf {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python3");
    let mut all = [PathBuf::from("python3"), PathBuf::from("/usr/bin/python3"), made].into_iter();
    let has = |python: &PathBuf| {
        let output = Command::new(python).args(["-c", "import paho.mqtt.client"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    all.find(has).expect("paho-mqtt is installed (tests/run fleet does that)")
}

#[test]
fn paho_reads_everything() {
    let broker = Broker::open("fleet-paho");
    let _host = broker.host("rack/7", "a+b", &["--mqtt-address", "https://rack7.example"]);
    broker.wait_for("rack/7", "a+b", "idle");
    let port = broker.port.to_string();
    let read = Command::new("timeout").arg("60").arg(python()).args(["-c", READER, &port, "3"]).output();
    let read = read.expect("python");
    let text = String::from_utf8_lossy(&read.stdout).into_owned();
    let kept: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{read:?}"));
    let of =
        |topic: &str| kept[format!("stillwire/v1/rack%2F7/{topic}")].as_str().unwrap_or_default().to_owned();
    assert_eq!(of("online"), "true", "{kept}");
    let about: Value = serde_json::from_str(&of("about")).expect("JSON");
    assert_eq!(
        (about["address"].as_str(), about["sessions"].as_u64()),
        (Some("https://rack7.example"), Some(1))
    );
    let status: Value = serde_json::from_str(&of("a%2Bb/status")).expect("JSON");
    assert_eq!((status["session"].as_str(), status["status"].as_str()), (Some("a+b"), Some("idle")));
    let (since, t) = (status["since"].as_f64().expect("a time"), status["t"].as_f64().expect("a time"));
    assert!(since - t > 1.7e9, "the start as Unix time: {status}");
}
