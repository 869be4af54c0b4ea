//! Commands that run when the status changes.

use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::Signal;

/// What a hook is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// `idle` or `running`.
    pub status: &'static str,
    /// The reason for `idle`; empty for `running`.
    pub reason: &'static str,
}

/// Runs the hooks, one at a time, in the background.
///
/// While a hook runs, only the newest change is kept: a hook that is slower than the session misses what is
/// over, and never piles up. Hooks have their own process group, no standard input and no standard output (the
/// terminal belongs to the session); their standard error is ours unless that is a terminal too.
#[derive(Debug)]
pub(crate) struct Hooks {
    on_idle: Option<String>,
    on_active: Option<String>,
    session: String,
    running: Option<Child>,
    waiting: Option<Change>,
    failures: u32,
    last_failure: String,
}

impl Hooks {
    /// Hooks of a session; either may be missing.
    pub(crate) const fn new(session: String, on_idle: Option<String>, on_active: Option<String>) -> Self {
        let last_failure = String::new();
        Self { on_idle, on_active, session, running: None, waiting: None, failures: 0, last_failure }
    }

    /// The status has changed.
    pub(crate) fn changed(&mut self, change: Change) {
        self.waiting = Some(change);
        self.reap();
    }

    /// A child may have ended (SIGCHLD): its place goes to the newest change.
    pub(crate) fn reap(&mut self) {
        if let Some(child) = &mut self.running {
            match child.try_wait() {
                Ok(None) => return,
                Ok(Some(status)) if status.success() => {}
                Ok(Some(status)) => self.failed(describe(status)),
                Err(error) => self.failed(error.to_string()),
            }
            self.running = None;
        }
        if let Some(change) = self.waiting.take() {
            self.start(&change);
        }
    }

    /// What to tell the user at the end, if hooks failed.
    pub(crate) fn complaint(&self) -> Option<String> {
        let times = if self.failures == 1 { "once".to_owned() } else { format!("{} times", self.failures) };
        (self.failures > 0).then(|| format!("a hook failed {times}, last: {}", self.last_failure))
    }

    fn start(&mut self, change: &Change) {
        let hook = if change.status == "idle" { &self.on_idle } else { &self.on_active };
        let Some(hook) = hook else { return };
        match spawn(hook, &self.session, change) {
            Ok(child) => self.running = Some(child),
            Err(error) => self.failed(error.to_string()),
        }
    }

    fn failed(&mut self, why: String) {
        self.failures = self.failures.saturating_add(1);
        self.last_failure = why;
    }
}

fn spawn(hook: &str, session: &str, change: &Change) -> std::io::Result<Child> {
    use std::os::unix::process::CommandExt;
    let on_screen = rustix::termios::isatty(rustix::stdio::stderr());
    let mut command = Command::new("sh");
    for private in crate::port::pty::PRIVATE {
        command.env_remove(private);
    }
    command
        .args(["-c", hook])
        .env("STILLWIRE_SESSION", session)
        .env("STILLWIRE_STATUS", change.status)
        .env("STILLWIRE_REASON", change.reason)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(if on_screen { Stdio::null() } else { Stdio::inherit() })
        .process_group(0)
        .spawn()
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal().and_then(Signal::from_named_raw)) {
        (Some(127), _) => "exit code 127 (no such command)".to_owned(),
        (Some(code), _) => format!("exit code {code}"),
        (None, signal) => format!("killed by {signal:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    const IDLE: Change = Change { status: "idle", reason: "quiet" };
    const RUNNING: Change = Change { status: "running", reason: "" };

    fn settle(hooks: &mut Hooks) {
        let patience = Instant::now() + Duration::from_secs(10);
        while hooks.running.is_some() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(5));
            hooks.reap();
        }
    }

    fn log(test: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("stillwire-hooks-{}-{test}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path
    }

    #[test]
    fn a_slow_hook_misses_what_is_over_and_sees_the_newest() {
        let log = log("slow");
        let say = format!(
            "sleep 0.2; echo $STILLWIRE_SESSION $STILLWIRE_STATUS $STILLWIRE_REASON >>{}",
            log.display()
        );
        let mut hooks = Hooks::new("build".into(), Some(say.clone()), Some(say));
        for change in [IDLE, RUNNING, IDLE, RUNNING] {
            hooks.changed(change);
        }
        settle(&mut hooks);
        let lines = std::fs::read_to_string(&log).unwrap();
        assert_eq!(lines, "build idle quiet\nbuild running\n");
        assert_eq!(hooks.complaint(), None);
        let _ = std::fs::remove_file(&log);
    }

    #[test]
    fn a_hook_that_fails_is_mentioned_at_the_end() {
        let mut hooks = Hooks::new("x".into(), Some("exit 3".into()), None);
        hooks.changed(IDLE);
        settle(&mut hooks);
        hooks.changed(RUNNING);
        assert_eq!(hooks.complaint().as_deref(), Some("a hook failed once, last: exit code 3"));
    }
}
