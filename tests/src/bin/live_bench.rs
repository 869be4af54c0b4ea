//! How long a viewer is without its session after something happened to the way, beside mosh and ssh, in one run.
//!
//! `cargo run --release -p stillwire-tests --features sessions --bin live_bench [-- SECONDS [NAME…]]`, as root, with `runner-std` built by
//! `cargo build --release` in the PATH. Client, router and server are three network namespaces, so that a cut behind the router
//! is one that the client's system does not see. For so many seconds (default 20) the way is cut, or the client stopped;
//! then the session is told to print a mark, and the time until the viewer's terminal shows it is what is told. Peers that are
//! not installed are left out, and named.

mod common;

use std::fs;
use std::io::{self, Write as _};
use std::process::Command;
use std::time::{Duration, Instant};

use common::{PATIENCE, kill, marked, read, read_until, shell, start, which};
use runner_std::port::pty::Pty;

/// Nobody waits longer than this for a session.
const GIVEN_UP: Duration = Duration::from_secs(60);
/// Prints a line every second, so that there is something under way when the way is cut, and a mark whenever a file asks
/// for it; `@` is that file.
const SESSION: &str = "stty -echo; echo stillwire-''begin; i=0
while :; do
    [ -e @ ] && rm -f @ && echo && echo stillwire-''again
    i=$((i + 1)); [ $((i % 50)) = 0 ] && echo tick $i
    sleep 0.02
done
";

/// Two links: client to router, router to server.
const NET: &str = "
for name in c r s; do ip netns add sw@-$name; done
ip link add sw@a netns sw@-c type veth peer name sw@b netns sw@-r
ip link add sw@d netns sw@-r type veth peer name sw@e netns sw@-s
ip -n sw@-c address add 10.97.1.2/24 dev sw@a
ip -n sw@-r address add 10.97.1.1/24 dev sw@b
ip -n sw@-r address add 10.97.2.1/24 dev sw@d
ip -n sw@-s address add 10.97.2.2/24 dev sw@e
for name in c r s; do ip -n sw@-$name link set lo up; done
ip -n sw@-c link set sw@a up; ip -n sw@-r link set sw@b up; ip -n sw@-r link set sw@d up; ip -n sw@-s link set sw@e up
ip -n sw@-c route add default via 10.97.1.1; ip -n sw@-s route add default via 10.97.2.1
ip netns exec sw@-r sysctl -qw net.ipv4.ip_forward=1
";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Peer {
    Stillwire,
    Mosh,
    Ssh,
}

/// What happens to the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Nothing: what the mark takes anyway.
    Nothing,
    /// The link behind the router is cut, and restored.
    Cut,
    /// The client is stopped and goes on.
    Slept,
    /// The client's own link is lost, and comes back with another address.
    Moved,
    /// The host is killed and started again.
    Restarted,
}

const FAULTS: [(Fault, &str); 5] = [
    (Fault::Nothing, "nothing happened"),
    (Fault::Cut, "link cut and restored"),
    (Fault::Slept, "client stopped"),
    (Fault::Moved, "another address"),
    (Fault::Restarted, "host restarted"),
];

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds = arguments.iter().find_map(|arg| arg.parse().ok()).unwrap_or(20);
    let named: Vec<&String> = arguments.iter().filter(|arg| arg.parse::<u64>().is_err()).collect();
    let id = std::process::id() % 10_000;
    let folder = std::env::temp_dir().join(format!("stillwire-live-{id}"));
    fs::create_dir_all(&folder)?;
    let world = World { id, folder: folder.to_string_lossy().into_owned(), seconds };
    shell(&NET.replace('@', &id.to_string()), "none")?;
    print!("| Live again, s, after {seconds} s of |");
    FAULTS.iter().for_each(|(_, what)| print!(" {what} |"));
    println!("\n|---|{}", "---|".repeat(FAULTS.len()));
    for (peer, name, program) in [
        (Peer::Stillwire, "stillwire", "runner-std"),
        (Peer::Mosh, "mosh", "mosh-server"),
        (Peer::Ssh, "ssh", "/usr/sbin/sshd"),
    ] {
        if !named.is_empty() && !named.iter().any(|wanted| *wanted == name) {
            continue;
        }
        print!("| {name} |");
        let installed = which(program).is_some() || fs::exists(program)?;
        for (fault, _) in FAULTS.iter().filter(|_| installed) {
            match world.measure(peer, *fault) {
                Ok(Some(span)) => print!(" {:.2} |", span.as_secs_f64()),
                Ok(None) => print!(" - |"),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    print!(" not in {} |", GIVEN_UP.as_secs());
                }
                Err(error) => print!(" {error} |"),
            }
            io::stdout().flush()?;
        }
        println!("{}", if installed { "" } else { " not installed |" });
    }
    shell(&format!("for name in c r s; do ip netns del sw{id}-$name; done"), "none")?;
    fs::remove_dir_all(folder)
}

struct World {
    id: u32,
    folder: String,
    seconds: u64,
}

impl World {
    fn measure(&self, peer: Peer, fault: Fault) -> io::Result<Option<Duration>> {
        if fault == Fault::Restarted && peer != Peer::Stillwire {
            return Ok(None); // their sessions end with it
        }
        let (server, client) = (format!("live-{}-s", self.id), format!("live-{}-c", self.id));
        let result = self.begin(peer, &server, &client).and_then(|pty| {
            read_until(&pty, b"stillwire-begin", PATIENCE)?;
            std::thread::sleep(Duration::from_secs(4)); // it has settled, and its heartbeat begun
            while !read(&pty, 0)?.is_empty() {}
            self.fault(peer, fault, &server, &client)?;
            let began = Instant::now();
            fs::write(self.asks(), "")?;
            read_until(&pty, b"stillwire-again", GIVEN_UP)?;
            Ok(Some(began.elapsed()))
        });
        kill(&client);
        kill(&server);
        let id = self.id;
        let address = format!(
            "ip -n sw{id}-c address flush dev sw{id}a; ip -n sw{id}-c address add 10.97.1.2/24 dev sw{id}a; ip -n sw{id}-c route replace default via 10.97.1.1"
        );
        shell(&address, "none")?;
        let _ = fs::remove_file(self.asks());
        result
    }

    fn asks(&self) -> String {
        format!("{}/again", self.folder)
    }

    /// A command on the server's or the client's side.
    fn within(&self, side: char, command: &str) -> String {
        format!("ip netns exec sw{}-{side} {command}", self.id)
    }

    /// Starts the session, and a viewer of it.
    fn begin(&self, peer: Peer, server: &str, client: &str) -> io::Result<Pty> {
        let session = format!("{}/session", self.folder);
        fs::write(&session, SESSION.replace('@', &self.asks()))?;
        let folder = &self.folder;
        let words = match peer {
            Peer::Stillwire => {
                self.host(server)?;
                let token = fs::read_to_string(format!("{folder}/token"))?;
                let url = format!("tcp://10.97.2.2:7681/#token={}", token.trim());
                format!("{} attach {url}", self.within('c', "runner-std"))
            }
            Peer::Mosh => {
                let command = format!("LC_ALL=C.UTF-8 mosh-server new -i 10.97.2.2 -p 60001 -- sh {session}");
                let said = shell(&self.within('s', &format!("env {command}")), server)?;
                let key =
                    said.split("MOSH CONNECT 60001 ").nth(1).and_then(|rest| rest.split_whitespace().next());
                let key = key.ok_or_else(|| io::Error::other("no key"))?;
                format!(
                    "env LC_ALL=C.UTF-8 MOSH_KEY={key} {}",
                    self.within('c', "mosh-client 10.97.2.2 60001")
                )
            }
            Peer::Ssh => {
                let keys = format!(
                    "mkdir -p /run/sshd; cd {folder}; [ -e host ] || ssh-keygen -q -t ed25519 -N '' -f host; [ -e user ] || ssh-keygen -q -t ed25519 -N '' -f user; cp user.pub known; chmod 600 known"
                );
                shell(&keys, "none")?;
                let options = format!(
                    "-o StrictModes=no -o AuthorizedKeysFile={folder}/known -o PidFile=none -o PermitRootLogin=yes -h {folder}/host"
                );
                shell(
                    &self.within('s', &format!("/usr/sbin/sshd {options} -o ListenAddress=10.97.2.2:7022")),
                    server,
                )?;
                let options =
                    "-tt -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR";
                format!(
                    "{} {options} -i {folder}/user -p 7022 root@10.97.2.2 sh {session}",
                    self.within('c', "ssh")
                )
            }
        };
        start(words.split(' ').map(str::to_owned), client)
    }

    fn host(&self, mark: &str) -> io::Result<()> {
        let folder = &self.folder;
        let options = "--insecure --listen 10.97.2.2:7681 --name live";
        let host = format!(
            "env XDG_RUNTIME_DIR={folder} runner-std host -d {options} --token-file {folder}/token -- sh {folder}/session"
        );
        let token = format!("{folder}/token");
        if !fs::exists(&token)? {
            shell(&format!("umask 077; head -c 18 /dev/urandom | base64 | tr '+/' '-_' > {token}"), "none")?;
        }
        shell(&format!("{} </dev/null", self.within('s', &host)), mark).map(drop)
    }

    fn fault(&self, peer: Peer, fault: Fault, server: &str, client: &str) -> io::Result<()> {
        let (id, pause) = (self.id, || std::thread::sleep(Duration::from_secs(self.seconds)));
        let run = |command: &str| shell(&command.replace('@', &id.to_string()), "none").map(drop);
        match fault {
            Fault::Nothing => {}
            Fault::Cut => {
                run("ip -n sw@-r link set sw@d down")?;
                pause();
                run("ip -n sw@-r link set sw@d up")?;
            }
            Fault::Slept => {
                let signal = |name: &str| {
                    for process in marked(client) {
                        let _ = Command::new("kill").args([name, &process.pid.to_string()]).output();
                    }
                };
                signal("-STOP");
                pause();
                signal("-CONT");
            }
            Fault::Moved => {
                run("ip -n sw@-c link set sw@a down; ip -n sw@-c address flush dev sw@a")?;
                pause();
                run(
                    "ip -n sw@-c address add 10.97.1.77/24 dev sw@a; ip -n sw@-c link set sw@a up; ip -n sw@-c route replace default via 10.97.1.1",
                )?;
            }
            Fault::Restarted => {
                kill(server);
                pause();
                if peer == Peer::Stillwire {
                    self.host(server)?;
                }
            }
        }
        Ok(())
    }
}
