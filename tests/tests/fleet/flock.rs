//! 200 hosts with 50 sessions each and 1,000 flips a second, and somebody who looks at them.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::broker::{Broker, Process};
use crate::terminal::Terminal;

/// Where a key has to have been answered by, on a machine that has other things to do.
const ANSWER: Duration = Duration::from_secs(5);

#[test]
fn a_list_of_ten_thousand_sessions_answers_while_a_thousand_flip_every_second() {
    let broker = Broker::open("fleet-flock");
    let out = fs::File::create(broker.folder.path("bench")).expect("a file");
    let bench = Command::new(env!("CARGO_BIN_EXE_fleet_bench"))
        .args([&broker.url(), "200", "50", "1000", "40"])
        .stdin(Stdio::null())
        .stdout(out)
        .spawn();
    let mut bench = Process(bench.expect("fleet_bench"));
    let said = || broker.folder.read("bench");
    let terminal = Terminal::open("fleet-flock-top");
    terminal.wait(&|| said().contains("are told"), "the hosts");
    terminal.line(&format!("exec runner-std top --mqtt {}", broker.url()));
    terminal.wait_for("host-000/session-00");
    let counts = |screen: &str| -> u64 {
        let words: Vec<&str> = screen.lines().next().unwrap_or_default().split_whitespace().collect();
        let pairs = words.windows(2).filter(|pair| ["running", "idle"].contains(&pair[1]));
        pairs.filter_map(|pair| pair[0].parse::<u64>().ok()).sum()
    };
    terminal.wait(&|| counts(&terminal.screen()) == 10_000, "all of them");
    // Keys are answered while they flip.
    let mut slowest = Duration::ZERO;
    for (keys, shown) in
        [("G", "host-199/session-49"), ("g", "host-000/session-00"), ("/7/session-13", "/7/session-13")]
    {
        let began = Instant::now();
        terminal.text(keys);
        terminal.wait(&|| terminal.screen().contains(shown), shown);
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < ANSWER, "{slowest:?}");
    terminal.key("Enter");
    terminal.wait_for("host-017/session-13");
    assert!(bench.0.try_wait().expect("a child").is_none(), "it was over before:\n{}", said());
    let (cpu, resident) = cost("top");
    println!(
        "top --mqtt: {cpu:.1} s of processor time so far, {resident} KiB resident, keys answered in {slowest:?}"
    );
    assert!(resident < 200 << 10, "{resident} KiB");
    assert!(bench.0.wait().expect("it ends").success());
    print!("{}", said());
    // What the last ones told was taken back: the list is empty.
    terminal.key("Escape");
    terminal.wait_for("there is no session");
    let (flips, seen) = seen(&said());
    assert!(seen * 100 >= flips * 99, "{}", said());
    terminal.text("q");
}

/// Processor time in seconds and memory in KiB of the only `runner-std` with this word after it that our terminal runs.
fn cost(word: &str) -> (f64, u64) {
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let path = entry.path();
        let line = fs::read_to_string(path.join("cmdline")).unwrap_or_default();
        let mut words = line.split('\0');
        let ours = words.next().is_some_and(|program| program.ends_with("runner-std"));
        if !ours || words.next() != Some(word) || words.next() != Some("--mqtt") {
            continue;
        }
        let stat = fs::read_to_string(path.join("stat")).unwrap_or_default();
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        let status = fs::read_to_string(path.join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let kib = line.split_whitespace().next().and_then(|kib| kib.parse().ok());
        return (ticks / 100.0, kib.unwrap_or(0));
    }
    panic!("there is no runner-std {word}");
}

/// Of how many flips somebody else has seen how many.
fn seen(text: &str) -> (u64, u64) {
    let line = text.lines().find_map(|line| line.strip_prefix("seen elsewhere: ")).expect("a line");
    let mut words = line.split([' ', ',']);
    let number = |word: Option<&str>| word.and_then(|word| word.parse().ok()).expect("a number");
    let seen = number(words.next());
    (number(words.nth(1)), seen)
}
