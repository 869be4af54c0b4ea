//! Byte for byte through everything: a program prints numbered lines, and whoever watches is cut off, slept and
//! restarted meanwhile. Every line arrives once, or is in a gap that was announced, and the program waits for nobody.
//!
//! `STILLWIRE_MEGABYTES` says how much is printed; default 20.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::sessions::{Hosted, wait};
use crate::terminal::signal;

/// A line as the terminal's driver hands it over.
const LINE: usize = "line 000000001 of a long output that goes through everything there is\r\n".len();

fn megabytes() -> usize {
    std::env::var("STILLWIRE_MEGABYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// The number at the beginning of a line.
fn number(line: &[u8]) -> Option<usize> {
    let digits = line.strip_prefix(b"line ")?.get(..9)?;
    str::from_utf8(digits).ok()?.parse().ok()
}

fn line(number: usize) -> Vec<u8> {
    format!("line {number:09} of a long output that goes through everything there is\r\n").into_bytes()
}

/// Where in the stream each piece of what came begins and ends; the stream begins with line 1.
///
/// # Panics
/// If a byte is not one of the stream, or none that could come there.
fn pieces(came: &[u8]) -> Vec<(usize, usize)> {
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at < came.len() {
        // A piece may begin and end within a line: it is placed by the first whole number in it.
        let rest = &came[at..];
        let Some((ahead, first)) = (0..rest.len()).find_map(|ahead| Some((ahead, number(&rest[ahead..])?)))
        else {
            break;
        };
        let begin =
            ((first - 1) * LINE).checked_sub(ahead).expect("nothing is printed before the first line");
        assert_eq!(rest[..ahead], line(first - 1)[LINE - ahead..], "before line {first}");
        let mut length = ahead;
        while length < rest.len() {
            let place = begin + length;
            let expected = line(place / LINE + 1);
            let same = rest[length..]
                .iter()
                .zip(&expected[place % LINE..])
                .take_while(|(came, is)| came == is)
                .count();
            length += same;
            if same < LINE - place % LINE {
                break;
            }
        }
        // Where two pieces meet the end of one may look like the beginning of the next: which is which does not matter.
        let next = rest.get(length..).unwrap_or_default();
        let more = next.windows(14).take(2 * LINE).any(|window| number(window).is_some());
        pieces.push((begin, begin + length));
        at += length;
        if !more {
            assert!(next.len() < LINE, "{:?}", String::from_utf8_lossy(&next[..LINE.min(next.len())]));
            break;
        }
    }
    pieces
}

#[test]
fn pieces_are_found_wherever_they_are_cut() {
    let all: Vec<u8> = (1..=9).flat_map(line).collect();
    assert_eq!(pieces(&all), [(0, 9 * LINE)]);
    for cut in [0, 1, 30, LINE - 1] {
        let (until, from) = (3 * LINE + cut, 6 * LINE + cut / 2);
        let cut = [&all[..until], &all[from..]].concat();
        let found = pieces(&cut);
        let [(0, end), (begin, last)] = found[..] else { panic!("{found:?}") };
        // Bytes that are the same in both lines may be counted to either.
        assert_eq!((begin - end, last), (from - until, 9 * LINE));
    }
}

/// A way to the host that can be cut, all connections at once.
struct Way {
    address: String,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Way {
    fn to(host: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let open = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&open);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(&host) else { continue };
                let copies = [near.try_clone(), far.try_clone(), near.try_clone(), far.try_clone()];
                let [Ok(up), Ok(to), Ok(down), Ok(from)] = copies else { continue };
                kept.lock().expect("a list").extend([near, far]);
                for (mut from, mut to) in [(up, to), (from, down)] {
                    thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        Self { address, open }
    }

    fn cut(&self) {
        for stream in self.open.lock().expect("a list").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Somebody who watches, into files: what came is there however it ends.
struct Viewer {
    child: Child,
    out: PathBuf,
    said: PathBuf,
}

impl Viewer {
    fn new(host: &Hosted, url: &str, number: usize) -> Self {
        let (out, said) =
            (host.folder.path(&format!("out-{number}")), host.folder.path(&format!("said-{number}")));
        let file = |path: &Path| Stdio::from(File::create(path).expect("a file"));
        let mut attach = host.runner(&["attach", url]);
        let child =
            attach.stdin(Stdio::piped()).stdout(file(&out)).stderr(file(&said)).spawn().expect("attach");
        Self { child, out, said }
    }

    fn pid(&self) -> String {
        self.child.id().to_string()
    }

    fn came(&self) -> u64 {
        fs::metadata(&self.out).map_or(0, |file| file.len())
    }

    /// Bytes that it was told are lost, one number for each gap.
    fn told(&self) -> Vec<u64> {
        let said = fs::read_to_string(&self.said).expect("text");
        said.lines()
            .filter(|line| line.contains("are lost"))
            .filter_map(|line| line[1..].split(' ').next()?.parse().ok())
            .collect()
    }

    /// What came is the stream, in order and once, but for gaps of which it was told.
    fn check(&self, ended: bool) -> Vec<(usize, usize)> {
        let came = fs::read(&self.out).expect("bytes");
        let echo = came.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let came = if came.starts_with(b"go") { &came[echo..] } else { &came };
        let pieces = pieces(came.strip_suffix(b"the end\r\n").unwrap_or(came));
        let gaps: Vec<u64> = pieces
            .windows(2)
            .map(|two| two[1].0.checked_sub(two[0].1).expect("nothing comes twice") as u64)
            .collect();
        let told = self.told();
        let (lost, announced) = (gaps.iter().sum::<u64>(), told.iter().sum::<u64>());
        // One that was killed may have been told of a gap behind which it has shown nothing yet.
        let last = if ended { 0 } else { told.last().copied().unwrap_or(0) };
        assert!(lost == announced || lost + last == announced, "lost {gaps:?}, told {told:?}");
        pieces
    }
}

/// The longest time without output until so much more has been printed, or all of it.
fn longest_stall(printed: &dyn Fn() -> u64, more: u64, all: u64) -> Duration {
    let (from, mut longest) = (printed(), Duration::ZERO);
    let (mut seen, mut since) = (from, Instant::now());
    while seen < all.min(from + more) {
        thread::sleep(Duration::from_millis(100));
        let now = printed();
        if now > seen {
            (seen, since) = (now, Instant::now());
        }
        longest = longest.max(since.elapsed());
        assert!(longest < Duration::from_secs(60), "the program stands still at {seen}");
    }
    longest
}

#[test]
fn a_long_output_goes_through_cuts_sleeps_and_restarts() {
    let lines = megabytes() * 1_000_000 / LINE;
    let script = format!(
        "read go; seq -f 'line %09.0f of a long output that goes through everything there is' {lines}; echo the end; read on; exit 8"
    );
    let host = Hosted::new("through", &[], &["bash", "-c", &script]);
    let token = host.url().split('#').nth(1).expect("a token").to_owned();
    let way = Way::to(host.address().to_owned());
    let url = format!("tcp://{}/#{token}", way.address);
    let printed = || host.session()["printed"].as_u64().unwrap_or(0);
    let all = (lines * LINE) as u64;
    let mut viewers = vec![Viewer::new(&host, &url, 0)];
    writeln!(viewers[0].child.stdin.as_ref().expect("a pipe"), "go").expect("typed");
    let (start, mut stalls) = (Instant::now(), Vec::new());
    for round in 0.. {
        // A part of it comes, then something happens.
        let viewer = viewers.last_mut().expect("somebody");
        let before = viewer.came();
        wait("output", || viewer.came() > before + 500_000 || printed() >= all);
        if printed() >= all {
            break;
        }
        match round % 3 {
            0 => way.cut(),
            1 => {
                signal("STOP", &viewer.pid());
                // More than is kept for it, so that it loses some; the program has to go on for that.
                stalls.push(longest_stall(&printed, 2 << 20, all));
                signal("CONT", &viewer.pid());
            }
            _ => {
                viewer.child.kill().expect("killed");
                viewer.child.wait().expect("ended");
                let next = viewers.len();
                viewers.push(Viewer::new(&host, &url, next));
            }
        }
    }
    wait("the end", || printed() > all);
    let last = viewers.last_mut().expect("somebody");
    let end = |viewer: &Viewer| fs::read(&viewer.out).is_ok_and(|came| came.ends_with(b"the end\r\n"));
    wait("the end to be seen", || end(last));
    writeln!(last.child.stdin.as_ref().expect("a pipe"), "on").expect("typed");
    assert_eq!(last.child.wait().expect("ended").code(), Some(8));
    let count = viewers.len();
    let seen: Vec<_> =
        viewers.iter().enumerate().map(|(number, viewer)| viewer.check(number + 1 == count)).collect();
    let (_, end) = seen.last().and_then(|pieces| pieces.last()).expect("the end");
    assert_eq!(*end as u64, all, "all of it is there to the end");
    // Who comes anew begins with what is kept, and with none of it twice.
    println!(
        "{count} viewers, {:?}, stalls {stalls:?}: {:?}",
        start.elapsed(),
        seen.iter().map(Vec::len).collect::<Vec<_>>()
    );
    // A quarter of a second is what it may wait for whoever types; the rest is this machine.
    assert!(stalls.iter().all(|stall| *stall < Duration::from_secs(5)), "{stalls:?}");
}
