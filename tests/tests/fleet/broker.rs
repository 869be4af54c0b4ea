//! A broker, hosts that tell it, and whoever asks.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::terminal::{Folder, runner};

/// Far beyond what a loaded machine with two cores needs for anything here.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that ends with the test.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// Ends it as nobody can refuse.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    pub(crate) fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A mosquitto of this test's own.
pub(crate) struct Broker {
    pub(crate) folder: Folder,
    pub(crate) port: u16,
    process: Option<Process>,
}

impl Broker {
    /// One that lets everybody in.
    pub(crate) fn open(name: &str) -> Self {
        Self::with(name, "allow_anonymous true\n")
    }

    /// One with this configuration.
    pub(crate) fn with(name: &str, config: &str) -> Self {
        let folder = Folder::new(name);
        fs::DirBuilder::new().mode(0o700).create(folder.path("run")).expect("a folder");
        let port = free_port();
        let common = "persistence false\nset_tcp_nodelay true\n";
        folder.write("mosquitto.conf", &format!("{common}listener {port} 127.0.0.1\n{config}"));
        let mut broker = Self { folder, port, process: None };
        broker.start();
        broker
    }

    /// Starts it (again), with nothing that it knew.
    pub(crate) fn start(&mut self) {
        let log = File::create(self.folder.path("mosquitto.log")).expect("a log");
        let process = Command::new("mosquitto")
            .arg("-c")
            .arg(self.folder.path("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("mosquitto is installed (tests/run fleet does that)");
        self.process = Some(Process(process));
        let port = self.port;
        wait("the broker", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    pub(crate) fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// The runner, in a world of this test's own.
    pub(crate) fn runner(&self, args: &[&str]) -> Command {
        let mut command = Command::new(runner());
        command.args(args).env("XDG_RUNTIME_DIR", self.folder.path("run")).stdin(Stdio::null());
        command.env_remove("STILLWIRE_MQTT_PASSWORD");
        command
    }

    /// A host that tells it about one session, named `session`, which prints whatever is put into the file of that name.
    pub(crate) fn host(&self, host: &str, session: &str, options: &[&str]) -> Process {
        let (file, url) = (self.say(session, ""), self.url());
        let told = ["host", "--headless", "--listen", "none", "--mqtt", &url, "--mqtt-name", host];
        let log = File::create(self.folder.path(&format!("{}.log", host.replace('/', "-")))).expect("a log");
        let command = self
            .runner(&told)
            .args(["--name", session, "--idle-after", "300ms", "--idle-confirm", "100ms"])
            .args(options)
            .args(["--", "tail", "-n", "+1", "-f"])
            .arg(file)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        Process(command.expect("a host"))
    }

    /// Has a session print this.
    pub(crate) fn say(&self, session: &str, text: &str) -> PathBuf {
        use std::io::Write as _;
        let path = self.folder.path(&format!("{session}.out"));
        let file = File::options().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).expect("it is said");
        path
    }

    /// What `ps --mqtt --json` says: a host each.
    pub(crate) fn ps(&self, more: &[&str]) -> Vec<Value> {
        let output = self.ps_raw(more);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    pub(crate) fn ps_raw(&self, more: &[&str]) -> Output {
        let url = self.url();
        self.runner(&["ps", "--json", "--mqtt", &url]).args(more).output().expect("ps")
    }

    /// A session of a host, if it is told.
    pub(crate) fn session(&self, host: &str, session: &str) -> Option<Value> {
        let hosts = self.ps(&[]);
        let host = hosts.into_iter().find(|known| known["host"] == host)?;
        host["sessions"].as_array()?.iter().find(|known| known["name"] == session).cloned()
    }

    /// Waits until a session is told with this status.
    pub(crate) fn wait_for(&self, host: &str, session: &str, status: &str) -> Value {
        let told = || self.session(host, session).filter(|told| told["status"] == status);
        wait(&format!("{host}/{session} to be {status}"), || told().is_some());
        told().expect("it was so a moment ago")
    }

    /// All that a foreign client is told from now on, a line per message: retained or not, topic, text.
    pub(crate) fn listen(&self, name: &str) -> Process {
        let out = File::create(self.folder.path(name)).expect("a file");
        let process = Command::new("mosquitto_sub")
            .args(["-p", &self.port.to_string(), "-V", "5", "-q", "1", "-t", "stillwire/#", "-F", "%r %t %p"])
            .stdout(out)
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto_sub is installed (tests/run fleet does that)");
        Process(process)
    }
}

pub(crate) fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    socket.local_addr().expect("an address").port()
}

pub(crate) fn wait(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
