//! What Prometheus reads, checked by its own tool.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::broker::{Broker, free_port, wait};
use crate::terminal::signal;

/// The answer to a request: its head and its body.
fn get(port: u16, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a door");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").expect("asked");
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    (head.to_owned(), body.to_owned())
}

/// The value of a series.
fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {series} in\n{text}"))
}

fn promtool(args: &[&str], input: &str) -> String {
    let mut tool = Command::new("promtool")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed (tests/run fleet does that)");
    tool.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
    let output = tool.wait_with_output().expect("it ends");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

/// The same in the format before OpenMetrics.
fn older(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines().filter(|line| !line.starts_with("# UNIT") && *line != "# EOF") {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let family = words.get(2).cloned().unwrap_or_default();
        if line.starts_with("# ") && text.contains(&format!("# TYPE {family} counter\n")) {
            words[2].push_str("_total");
        }
        if line.starts_with("# ") && text.contains(&format!("# TYPE {family} info\n")) {
            words[2].push_str("_info");
        }
        lines.push_str(&(words.join(" ").replace("_info info", "_info gauge") + "\n"));
    }
    lines
}

/// What a Prometheus of this test's own says to a query, once it has scraped a host.
fn scraped(broker: &Broker, port: u16, query: &str) -> String {
    let targets = format!("[{{ targets: ['127.0.0.1:{port}'] }}]");
    let config = format!(
        "global: {{ scrape_interval: 1s }}\nscrape_configs:\n- job_name: stillwire\n  static_configs: {targets}\n"
    );
    broker.folder.write("prometheus.yml", &config);
    let web = free_port();
    let path = |name: &str| broker.folder.path(name).display().to_string();
    let server = Command::new("prometheus")
        .arg(format!("--config.file={}", path("prometheus.yml")))
        .arg(format!("--storage.tsdb.path={}", path("prometheus")))
        .arg(format!("--web.listen-address=127.0.0.1:{web}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _server =
        crate::broker::Process(server.expect("prometheus is installed (tests/run fleet does that)"));
    wait("prometheus", || TcpStream::connect(("127.0.0.1", web)).is_ok());
    let said = || -> Option<String> {
        let (_, body) = get(web, &format!("/api/v1/query?query={query}"));
        let json = body.get(body.find('{')?..=body.rfind('}')?)?;
        let answer: serde_json::Value = serde_json::from_str(json).ok()?;
        Some(answer["data"]["result"][0]["value"][1].as_str()?.to_owned())
    };
    wait("a scrape", || said().is_some());
    said().expect("it was there a moment ago")
}

#[test]
fn prometheus_reads_what_the_sessions_did() {
    let broker = Broker::open("fleet-metrics");
    let port = free_port();
    let at = format!("--metrics=127.0.0.1:{port}");
    let host = broker.host("lab3", "build", &[&at]);
    broker.say("build", "one\n");
    broker.wait_for("lab3", "build", "idle");
    let (head, text) = get(port, "/metrics");
    assert!(head.contains("200 OK") && head.contains("application/openmetrics-text"), "{head}");
    assert_eq!(value(&text, "stillwire_sessions{status=\"idle\"}"), 1.0);
    assert_eq!(value(&text, "stillwire_sessions{status=\"running\"}"), 0.0);
    assert!(value(&text, "stillwire_flips_total{to=\"idle\"}") >= 1.0, "{text}");
    assert!(value(&text, "stillwire_output_bytes_total") >= 4.0, "{text}");
    assert_eq!(value(&text, "stillwire_mqtt_connected"), 1.0);
    assert!(value(&text, "stillwire_loop_late_seconds_count") >= 1.0, "{text}");
    assert!(text.ends_with("# EOF\n") && !text.contains("build\"") && !text.contains("lab3"), "{text}");
    // As many series whatever happens: nothing here is the name of anybody.
    broker.say("build", "two\n");
    broker.wait_for("lab3", "build", "running");
    broker.wait_for("lab3", "build", "idle");
    let lines = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    let (_, later) = get(port, "/metrics");
    assert!(lines(&later) <= lines(&text) + 1, "{later}");
    // Prometheus itself reads them, and its tool finds nothing to say. The tool knows the older of the two formats only.
    assert_eq!(scraped(&broker, port, "sum(stillwire_sessions)"), "1");
    let complaints = promtool(&["check", "metrics"], &older(&later));
    assert!(!complaints.contains("error"), "{complaints}");
    // There is nothing else at that door.
    for path in ["/", "/sessions", "/events", "/metrics?x"] {
        assert!(get(port, path).0.contains("404"), "{path}");
    }
    signal("TERM", &host.pid());
}

#[test]
fn metrics_are_off_unless_asked_for_and_need_the_token_elsewhere() {
    let broker = Broker::open("fleet-token");
    for (options, asked) in [(&[][..], "404"), (&["--metrics"][..], "200")] {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let token = broker.folder.path("token");
        let mut command = broker.runner(&["host", "--headless", "--listen", &listen, "--token-file"]);
        command.arg(&token).args(options).args(["--name", "t", "--", "sleep", "600"]);
        let host = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut host = crate::broker::Process(host.expect("a host"));
        wait("the door", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        assert!(get(port, "/metrics").0.contains("401"), "{options:?}");
        let secret = broker.folder.read("token");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a door");
        let bearer = format!("Authorization: Bearer {}\r\n", secret.trim());
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n{bearer}\r\n").expect("asked");
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text);
        assert!(text.contains(asked), "{options:?}: {text}");
        host.kill();
    }
}

#[test]
fn the_rules_and_the_dashboard_are_about_what_there_is() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/fleet");
    let rules = docs.join("alerts.yml");
    let said = promtool(&["check", "rules", &rules.display().to_string()], "");
    assert!(said.contains("SUCCESS"), "{said}");
    promtool(&["test", "rules", &docs.join("alerts.test.yml").display().to_string()], "");
    let broker = Broker::open("fleet-names");
    let port = free_port();
    let at = format!("--metrics=127.0.0.1:{port}");
    let _host = broker.host("lab3", "build", &[&at]);
    broker.wait_for("lab3", "build", "idle");
    let (_, text) = get(port, "/metrics");
    let dashboard = std::fs::read_to_string(docs.join("dashboard.json")).expect("a dashboard");
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).expect("JSON");
    let rules = std::fs::read_to_string(rules).expect("rules") + &dashboard.to_string();
    let words = rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut names: Vec<&str> = words.filter(|word| word.starts_with("stillwire_")).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let family = name.trim_end_matches("_bucket").trim_end_matches("_total").trim_end_matches("_sum");
        let family = family.trim_end_matches("_count");
        assert!(text.contains(&format!("# TYPE {family} ")), "{name} is not told:\n{text}");
    }
    let panels = dashboard["panels"].as_array().expect("panels");
    let queries = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let queries: Vec<&str> = queries.filter_map(|target| target["expr"].as_str()).collect();
    assert!(queries.len() >= 8, "{queries:?}");
    for query in queries {
        // A query is right if a rule with it is.
        let query = query.replace("$__rate_interval", "5m").replace("$host", ".*");
        let rule =
            serde_json::json!({ "groups": [{ "name": "g", "rules": [{ "record": "x:y", "expr": query }] }] });
        let file = broker.folder.path("rule.yml");
        std::fs::write(&file, rule.to_string()).expect("written");
        promtool(&["check", "rules", &file.display().to_string()], "");
    }
}
