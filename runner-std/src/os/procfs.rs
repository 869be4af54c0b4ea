//! What the foreground job is doing, from `/proc`: burning CPU, or waiting for the user?
//!
//! A sample costs one directory listing of `/proc` and one line per process, so it is taken only when a verdict
//! is due. It needs no privilege: the job is our own descendant, which is what Yama's default lets us look at.
//!
//! *Busy*: the job's processes used at least a tenth of one CPU since the last sample; or one was ready to run at both,
//! as a machine with much else to do may not give it that much. Counted are the
//! foreground process group, and descendants of it that left for a session of their own (agents and build tools
//! start their helpers so); a shell's background jobs stay in its session and are not the foreground's work.
//! Time of dead children is in their parent's `cutime`, so short-lived compilers count.
//!
//! *Blocked*: one of the group waits in `read` on this very terminal, or in `select` or `poll` for nothing but
//! it, as `/proc/PID/syscall` tells; or nobody runs while the terminal takes lines without echo, which is how
//! passwords are asked for (sudo does not let itself be looked into). A program in `epoll` may wait for a network
//! as well: no opinion. Where `/proc/PID/syscall` may not be read, `wchan` decides.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use stillwire::Instant;
use stillwire::idle::{Due, Hint};

use crate::port::pty::Pty;

/// One CPU-second in this many is busy.
const BUSY_SHARE: u64 = 10;
/// Never call it busy for less than this many microseconds of CPU: two ticks, the resolution of the counters.
const BUSY_LEAST: u64 = 20_000;
/// Two samples say something about the present if they are so far apart, in microseconds.
const WINDOW: std::ops::RangeInclusive<u64> = 100_000..=10_000_000;

/// Samples the foreground job of a terminal.
#[derive(Debug, Default)]
pub struct Hints {
    /// The last two samples, the newer one first.
    last: [Option<Sample>; 2],
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    group: i32,
    /// CPU time of the job so far, in microseconds.
    cpu: u64,
    /// One of it runs, or would if there were a CPU.
    ready: bool,
}

/// What is needed of `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    pid: i32,
    state: u8,
    parent: i32,
    group: i32,
    session: i32,
    ticks: u64,
}

impl Hints {
    /// Looks at the foreground job of `pty` because `due` is. At [`Due::Quiet`] that is only to compare with later.
    pub fn sample(&mut self, pty: &Pty, now: Instant, due: Due) -> Option<Hint> {
        let group = pty.foreground()?.as_raw_pid();
        let job = job(&processes(now), group);
        let ticks = job.iter().map(|process| process.ticks).sum::<u64>();
        let cpu = ticks * 1_000_000 / rustix::param::clock_ticks_per_second();
        let ready = job.iter().any(|process| process.state == b'R');
        let sample = Sample { at: now, group, cpu, ready };
        let mut compared = self.last.iter().flatten().filter_map(|before| sample.is_busy_since(before));
        // With a short --idle-confirm there is nothing to compare with; then what runs at this moment is busy.
        let busy = compared.next().unwrap_or(ready);
        self.last = [Some(sample), self.last[0]];
        if due == Due::Quiet {
            return None;
        }
        if busy {
            return Some(Hint::Busy);
        }
        let mut members = job.iter().filter(|process| process.group == group);
        let blocked = members.clone().all(|process| !matches!(process.state, b'R' | b'D'))
            && (pty.asks_for_password()
                || members.any(|process| waits_for_terminal(process.pid, pty.device())));
        Some(if blocked { Hint::Blocked } else { Hint::Neither })
    }
}

impl Sample {
    /// Whether the job was busy since; `None` if the two cannot be compared.
    fn is_busy_since(&self, before: &Self) -> Option<bool> {
        let (used, passed) = (self.cpu.saturating_sub(before.cpu), self.at.since(before.at).as_micros());
        let comparable = self.group == before.group && WINDOW.contains(&passed);
        let much = used >= BUSY_LEAST && used * BUSY_SHARE >= passed;
        comparable.then_some(much || (self.ready && before.ready))
    }
}

/// The processes of the foreground job, as the module's notes say.
fn job(all: &[Process], group: i32) -> Vec<Process> {
    let mut job: Vec<Process> = all.iter().filter(|process| process.group == group).copied().collect();
    let mut next = 0;
    while let Some(&Process { pid, session, .. }) = job.get(next) {
        next += 1;
        for child in all.iter().filter(|child| child.parent == pid && child.group != group) {
            let detached = child.session != session || job.iter().any(|p| p.pid == pid && p.group != group);
            if detached && !job.contains(child) {
                job.push(*child);
            }
        }
    }
    job
}

thread_local! {
    /// The last list, for when the verdicts of many sessions are due at once.
    static LAST: RefCell<(Instant, Rc<[Process]>)> = RefCell::new((Instant::ZERO, Rc::from([])));
}

/// All processes, as of `now`.
fn processes(now: Instant) -> Rc<[Process]> {
    LAST.with_borrow_mut(|(at, last)| {
        if *at != now || last.is_empty() {
            (*at, *last) = (now, list().into());
        }
        Rc::clone(last)
    })
}

fn list() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)).collect()
}

/// `PID (COMM) STATE PPID PGRP SESSION …`, where COMM may hold anything, blanks and parentheses too (proc(5)).
fn parse_stat(stat: &str) -> Option<Process> {
    let pid = stat.split_once(' ')?.0.parse().ok()?;
    let fields: Vec<&str> = stat.get(stat.rfind(')')? + 2..)?.split(' ').collect();
    let number = |index: usize| fields.get(index)?.parse().ok();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Some(Process {
        pid,
        state: *fields.first()?.as_bytes().first()?,
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
        ticks: (11..=14).map(ticks).sum(),
    })
}

fn waits_for_terminal(pid: i32, device: &OsStr) -> bool {
    let Ok(syscall) = fs::read_to_string(format!("/proc/{pid}/syscall")) else {
        let waiting = fs::read_to_string(format!("/proc/{pid}/wchan"))
            .is_ok_and(|at| at == "wait_woken" || at == "n_tty_read");
        return waiting && is_terminal(pid, 0, device);
    };
    let Some((number, args)) = parse_syscall(&syscall) else { return false };
    waits_on(number, args, pid)
        .is_some_and(|fds| !fds.is_empty() && fds.iter().all(|&fd| is_terminal(pid, fd, device)))
}

/// `NUMBER ARG0 … ARG5 SP PC`, arguments in hexadecimal; `running` where it is in no system call.
fn parse_syscall(line: &str) -> Option<(i64, [u64; 3])> {
    let mut words = line.split_whitespace();
    let number = words.next()?.parse().ok()?;
    let mut arg = || u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
    Some((number, [arg()?, arg()?, arg()?]))
}

/// The descriptors whose input a system call waits for; `None` if that cannot be told.
fn waits_on(number: i64, args: [u64; 3], pid: i32) -> Option<Vec<u64>> {
    #[cfg(target_arch = "x86_64")]
    let (select, poll) = ([libc::SYS_select, libc::SYS_pselect6], [libc::SYS_poll, libc::SYS_ppoll]);
    #[cfg(not(target_arch = "x86_64"))]
    let (select, poll) = ([libc::SYS_pselect6; 2], [libc::SYS_ppoll; 2]);
    if number == libc::SYS_read || number == libc::SYS_readv {
        return Some(vec![args[0]]);
    }
    if select.contains(&number) {
        // One word of the set is enough: terminals have small numbers.
        let readable = memory::<8>(pid, args[1]).map(u64::from_ne_bytes)?;
        let beyond = args[0] > 64;
        return (!beyond).then(|| (0..args[0]).filter(|fd| readable & (1 << fd) != 0).collect());
    }
    if poll.contains(&number) && args[1] <= 4 {
        let entries = (0..args[1]).map(|index| memory::<8>(pid, args[0] + 8 * index));
        // struct pollfd { int fd; short events; short revents; }
        return entries
            .map(|entry| entry.map(|[a, b, c, d, ..]| u64::from(u32::from_ne_bytes([a, b, c, d]))))
            .collect();
    }
    None
}

fn memory<const N: usize>(pid: i32, address: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    fs::File::open(format!("/proc/{pid}/mem")).ok()?.read_exact_at(&mut bytes, address).ok()?;
    Some(bytes)
}

fn is_terminal(pid: i32, fd: u64, device: &OsStr) -> bool {
    fs::read_link(format!("/proc/{pid}/fd/{fd}"))
        .is_ok_and(|path| path.as_os_str() == device || path.as_os_str().as_bytes() == b"/dev/tty")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32, group: i32, session: i32) -> Process {
        Process { pid, state: b'S', parent, group, session, ticks: 0 }
    }

    #[test]
    fn stat_is_read_whatever_the_program_calls_itself() {
        let stat = "77 (a) S (b) R 1 2 3 34816 2 4194560 406 0 1 0 5 6 7 8 20 0 1 0 172864";
        let expected = Process { pid: 77, state: b'R', parent: 1, group: 2, session: 3, ticks: 26 };
        assert_eq!(parse_stat(stat), Some(expected));
        assert_eq!(parse_stat("77 (a"), None);
    }

    #[test]
    fn a_job_is_busy_by_what_it_used_or_would_use() {
        let sample = |millis, cpu, ready| Sample { at: Instant::from_millis(millis), group: 7, cpu, ready };
        let before = sample(1_000, 0, true);
        for (now, busy) in [
            (sample(1_500, 60_000, false), Some(true)),
            (sample(1_500, 40_000, false), Some(false)),
            (sample(1_500, 5_000, true), Some(true)), // others had the CPU
            (sample(1_050, 50_000, true), None),      // too soon to tell
        ] {
            assert_eq!(now.is_busy_since(&before), busy, "{now:?}");
        }
        assert_eq!(sample(1_500, 5_000, true).is_busy_since(&sample(1_000, 0, false)), Some(false));
    }

    #[test]
    fn a_job_is_its_group_and_what_left_for_another_session() {
        let shell = process(10, 1, 10, 10);
        let background = process(11, 10, 11, 10);
        let agent = process(20, 10, 20, 10);
        let helper = process(21, 20, 20, 10);
        let detached = process(22, 21, 22, 22);
        let compiler = process(23, 22, 23, 22);
        let all = [shell, background, agent, helper, detached, compiler];
        assert_eq!(job(&all, 20), [agent, helper, detached, compiler]);
        assert_eq!(job(&[shell, background], 10), [shell]);
    }

    #[test]
    fn a_system_call_is_read_from_its_line() {
        assert_eq!(
            parse_syscall("0 0x3 0x7f00 0x20 0x0 0x0 0x0 0x7ffd 0x7f0f"),
            Some((0, [3, 0x7f00, 0x20]))
        );
        assert_eq!(parse_syscall("running"), None);
        assert_eq!(parse_syscall("-1 0x0 0x0"), None);
    }
}
