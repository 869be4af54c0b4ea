//! A real terminal for tests: tmux on a socket of its own, with a shell in it, driven by keys and read as a screen.

use std::cell::RefCell;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Output};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Far beyond what a loaded machine with two cores needs for anything here.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often screens and files are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// What the outer shell says when it is ready.
const PROMPT: &str = "outer$";

/// The binary under test, built once.
pub(crate) fn runner() -> &'static Path {
    static RUNNER: OnceLock<PathBuf> = OnceLock::new();
    RUNNER.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // What cargo tells this test about itself would have crates with build scripts (ring) built once more.
        let about_us = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in env::vars().filter(|(name, _)| about_us(name)) {
            build.env_remove(name);
        }
        let built = build
            .args(["build", "--quiet", "--package", "runner-std"])
            .current_dir(root)
            .status()
            .expect("cargo runs");
        assert!(built.success(), "runner-std does not build");
        // This test is target/PROFILE/deps/NAME; the binary is two levels up.
        let test = env::current_exe().expect("this test has a path");
        test.parent().and_then(Path::parent).expect("deps").join("runner-std")
    })
}

/// A folder for one test, removed unless the test fails.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub(crate) fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("stillwire-{}-{name}", process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    /// The path of `name` in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A certificate for these names in it, signed by itself, and its key.
    pub(crate) fn certificate(&self, subject: &str, names: &str) -> [String; 2] {
        let [certificate, key] = ["cert.pem", "key.pem"].map(|name| self.path(name).display().to_string());
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
            .args(["-days", "2", "-subj", &format!("/CN={subject}")])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-addext", &format!("subjectAltName={names}")])
            .args(["-out", &certificate, "-keyout", &key])
            .output()
            .expect("openssl is installed (tests/run does that)");
        assert!(made.status.success(), "{made:?}");
        [certificate, key]
    }

    /// A file in it, as far as it is written; empty if it is not there.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read(self.path(name))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Puts a file into it.
    pub(crate) fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).expect("a file in the folder");
    }

    /// The complete lines of a file of events.
    pub(crate) fn events(&self, name: &str) -> Vec<Value> {
        let text = self.read(name);
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        complete
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("left behind: {}", self.0.display());
        } else {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// A terminal of 80 × 24 with an interactive bash in a folder of its own.
pub(crate) struct Terminal {
    socket: String,
    /// Where the shell is.
    pub(crate) folder: Folder,
    windows: RefCell<usize>,
}

impl Terminal {
    /// Opens it and waits for the shell. `name` is that of the test.
    pub(crate) fn open(name: &str) -> Self {
        let folder = Folder::new(name);
        folder.write("outerrc", &format!("PS1='{PROMPT} '\nPS2='> '\nunset PROMPT_COMMAND HISTFILE\n"));
        let terminal =
            Self { socket: format!("stillwire-{}-{name}", process::id()), folder, windows: RefCell::new(1) };
        let shell = terminal.shell();
        let made = terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", &shell]);
        assert!(made.status.success(), "tmux: {}", String::from_utf8_lossy(&made.stderr));
        terminal.wait_for(PROMPT);
        terminal
    }

    /// A shell without anything of the user's, which finds the runner on its path.
    fn shell(&self) -> String {
        let path = env::var("PATH").expect("a path");
        let folder = runner().parent().expect("a folder").display();
        let home = self.folder.0.display();
        format!(
            "cd '{home}' && exec env -i PATH='{folder}:{path}' HOME='{home}' XDG_RUNTIME_DIR='{home}' LC_ALL=C.UTF-8 \
             TERM=screen-256color bash --noprofile --rcfile outerrc -i"
        )
    }

    /// A second window, with a shell of its own; it is the one that keys go to and that is read from then on.
    pub(crate) fn open_window(&self) {
        *self.windows.borrow_mut() += 1;
        let made = self.tmux(&["new-window", &self.shell()]);
        assert!(made.status.success(), "tmux: {}", String::from_utf8_lossy(&made.stderr));
        self.wait_for(PROMPT);
    }

    /// Goes back to the window with this number, from 0.
    pub(crate) fn window(&self, number: usize) {
        self.tmux(&["select-window", "-t", &format!(":{number}")]);
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux")
            .env_remove("TMUX")
            .args(["-L", &self.socket])
            .args(arguments)
            .output()
            .expect("tmux is installed (tests/run e2e does that)")
    }

    /// Types text.
    pub(crate) fn text(&self, text: &str) {
        self.tmux(&["send-keys", "-l", "--", text]);
    }

    /// Presses a key, by tmux's name for it: `Enter`, `C-z`, `Escape`.
    pub(crate) fn key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// Types a line and Enter.
    pub(crate) fn line(&self, text: &str) {
        self.text(text);
        self.key("Enter");
    }

    /// Closes the terminal window, and with it the terminal.
    pub(crate) fn close(&self) {
        self.tmux(&["kill-server"]);
    }

    /// What the screen shows.
    pub(crate) fn screen(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// What the screen shows, with colours as escape sequences.
    pub(crate) fn colours(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p", "-e"]).stdout).into_owned()
    }

    /// What the screen shows, and all that was there before.
    pub(crate) fn scrollback(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p", "-S", "-"]).stdout).into_owned()
    }

    /// The title of the terminal in the current window.
    pub(crate) fn title(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["display-message", "-p", "#{pane_title}"]).stdout).into_owned()
    }

    /// Whether the bell rang in a window while it was not the current one.
    pub(crate) fn rang(&self, window: usize) -> bool {
        let flag = ["display-message", "-p", "-t", &format!(":{window}"), "#{window_bell_flag}"];
        self.tmux(&flag).stdout.starts_with(b"1")
    }

    /// Changes the size of the window.
    pub(crate) fn resize(&self, columns: u32, rows: u32) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// Clears the screen, so that what comes next cannot be taken for what was there.
    pub(crate) fn clear(&self) {
        self.line("clear");
        self.wait(&|| self.screen().trim() == PROMPT, "an empty screen");
    }

    /// Waits until the screen has `text`.
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait(&|| self.screen().contains(text), &format!("{text:?} on the screen"));
    }

    /// Waits until the shell has its prompt back, on the last line.
    pub(crate) fn wait_for_prompt(&self) {
        self.wait(&|| self.screen().trim_end().ends_with(PROMPT), "the prompt of the shell");
    }

    /// Waits for an event in `events.jsonl`, the `nth` (from 0) of those for which `wanted` is true.
    pub(crate) fn wait_for_event(&self, nth: usize, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let find = || self.events().into_iter().filter(|event| wanted(event)).nth(nth);
        self.wait(&|| find().is_some(), what);
        find().expect("it was just there")
    }

    /// Waits for the `nth` idle event and returns it.
    pub(crate) fn wait_for_idle(&self, nth: usize) -> Value {
        self.wait_for_event(nth, "an idle event", is_idle)
    }

    /// Waits for the `nth` running event and returns it.
    pub(crate) fn wait_for_running(&self, nth: usize) -> Value {
        self.wait_for_event(nth, "a running event", |event| event["status"] == "running")
    }

    /// Waits for the exit event and returns it.
    pub(crate) fn wait_for_exit(&self) -> Value {
        self.wait_for_event(0, "an exit event", |event| event["event"] == "exit")
    }

    /// The process of the runner: the parent of the command, whose process the start event tells.
    pub(crate) fn runner_pid(&self) -> String {
        let start = self.wait_for_event(0, "the start event", |event| event["event"] == "start");
        let status =
            fs::read_to_string(format!("/proc/{}/status", start["pid"])).expect("the command is alive");
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).expect("it has a parent");
        parent.trim().to_owned()
    }

    /// The events so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.folder.events("events.jsonl")
    }

    /// Waits until `done`; shows the screen and the events if that takes too long.
    pub(crate) fn wait(&self, done: &dyn Fn() -> bool, what: &str) {
        let start = Instant::now();
        while !done() {
            if start.elapsed() > PATIENCE {
                let (screen, events) = (self.screen(), self.folder.read("events.jsonl"));
                panic!("waited in vain for {what}\n--- screen\n{}\n--- events\n{events}", screen.trim_end());
            }
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.close();
    }
}

/// Sends a signal, by its name, to a process.
pub(crate) fn signal(name: &str, pid: &str) {
    let sent = Command::new("bash").args(["-c", &format!("kill -s {name} {pid}")]).status().expect("bash");
    assert!(sent.success());
}

/// Whether a process exists and is not only waiting for its parent to take note of its end.
pub(crate) fn alive(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
}

/// Whether the event tells that the session fell idle.
pub(crate) fn is_idle(event: &Value) -> bool {
    event["event"] == "status" && event["status"] == "idle"
}

/// The time of an event in seconds.
pub(crate) fn time(event: &Value) -> f64 {
    event["t"].as_f64().expect("each event has a time")
}
