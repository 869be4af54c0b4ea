//! A link that loses, delays, doubles, damages and swaps packets, and for a while carries none: `lossy.py` between two network
//! namespaces. Needs Python, `ip`, and root (for /dev/net/tun).

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use crate::sessions::{Hosted, wait};
use crate::terminal::{Folder, runner};

const LINES: usize = 20_000;
const TYPED: usize = 200;

/// The link, for as long as the value lives.
struct Link {
    process: Child,
    orders: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
    /// A process at the other end.
    far: String,
}

impl Link {
    fn new(troubles: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/lossy.py");
        let mut process = Command::new("unshare")
            .args(["-rn", "python3", script])
            .args(troubles)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare, of util-linux");
        let orders = process.stdin.take();
        let mut said = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut ready = String::new();
        said.read_line(&mut ready).expect("text");
        let far = ready.strip_prefix("ready ").map(|pid| pid.trim().to_owned());
        // What is missing it has said on standard error.
        let far = far.expect("a link between two network namespaces, which takes root and /dev/net/tun");
        Self { process, orders, said, far }
    }

    /// Runs something at this end, or at the other.
    fn at(&self, pid: &str, folder: &Folder) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["-U", "--preserve-credentials", "-n", "-t", pid])
            .env("XDG_RUNTIME_DIR", folder.path(""));
        command
    }

    fn order(&self, trouble: &str) {
        writeln!(self.orders.as_ref().expect("it runs"), "{trouble}").expect("it listens");
    }

    /// Takes it down; how many packets had this trouble.
    fn end(mut self) -> impl Fn(&str) -> usize {
        self.orders = None;
        let mut done = String::new();
        self.said.read_line(&mut done).expect("text");
        move |what| {
            let found = done.split_whitespace().find_map(|word| word.strip_prefix(what)?.strip_prefix('='));
            found.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{what}? {done}"))
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn every_line_and_every_key_comes_once_over_a_link_that_loses_delays_doubles_damages_and_breaks() {
    let link = Link::new(&["loss=0.04", "double=0.02", "corrupt=0.01", "delay=15", "jitter=10"]);
    let mut host = Hosted { folder: Folder::new("lossy"), name: "lossy".into(), hello: String::new() };
    let script = format!(
        "stty -echo; read go; seq -f 'line %05.0f of a long output' {LINES}; \
         while read x; do [ $x = end ] && exit 7; echo typed $x; done"
    );
    let mut starts = link.at(&link.process.id().to_string(), &host.folder);
    starts.arg(runner()).args(["host", "-d", "--name", "lossy", "--listen", "10.98.0.1:0", "--insecure"]);
    starts.args(["--heartbeat", "2s", "--history", "4MiB", "--log"]).arg(host.folder.path("log"));
    starts.args(["--", "bash", "-c", &script]);
    host.hello = String::from_utf8_lossy(&starts.output().expect("nsenter").stderr).into_owned();
    // Whatever happens, it ends; it takes a tenth of this.
    let mut attach = link.at(&link.far, &host.folder);
    attach.args(["timeout", "300"]).arg(runner()).args(["attach", host.url()]);
    let mut attach = attach
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("nsenter, of util-linux");
    let mut typed = attach.stdin.take().expect("a pipe");
    writeln!(typed, "go").expect("typed");
    let mut shown = BufReader::new(attach.stdout.take().expect("a pipe"));
    let mut next = |expected: String| {
        let mut line = String::new();
        while line.trim_end().is_empty() || line.trim_end() == "go" {
            line.clear();
            assert!(shown.read_line(&mut line).expect("text") > 0, "the end came before {expected:?}");
        }
        assert_eq!(line.trim_end(), expected);
    };
    for number in 1..=LINES {
        if number == LINES / 3 {
            link.order("loss=1");
            wait("the host to find out", || host.session()["peers"] == 0);
            link.order("loss=0.04");
        }
        next(format!("line {number:05} of a long output"));
    }
    let typist = thread::spawn(move || {
        for number in 1..=TYPED {
            writeln!(typed, "{number}").expect("typed");
        }
        writeln!(typed, "end").expect("typed");
    });
    for number in 1..=TYPED {
        next(format!("typed {number}"));
    }
    typist.join().expect("all was typed");
    let end = attach.wait_with_output().expect("ended");
    let told = String::from_utf8_lossy(&end.stderr).into_owned();
    assert_eq!(end.status.code(), Some(7), "{told}");
    assert!(!told.contains("are lost"), "{told}");
    let log = host.folder.read("log");
    assert!(log.contains("gets every byte it missed"), "the link broke, and it came back: {log}");
    let count = link.end();
    assert!(count("lost") > 20 && count("doubled") > 5 && count("corrupted") > 3, "the link was bad");
}
