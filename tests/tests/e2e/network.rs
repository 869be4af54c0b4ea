//! A network that goes and comes back: two network namespaces and a cable between them. Needs `ip`, and root or user namespaces.

use std::time::{Duration, Instant};

use crate::terminal::Terminal;

#[test]
fn a_network_that_goes_is_known_at_once_and_keys_wait_until_it_is_back() {
    let terminal = Terminal::open("network");
    terminal.folder.write("innerrc", "PS1='inner$ '\nunset HISTFILE\n");
    terminal.folder.write(
        "cable",
        "unshare -n sleep 1000 & echo $! >far\n\
         far=$(cat far); until [ \"$(readlink /proc/$far/ns/net)\" != \"$(readlink /proc/$$/ns/net)\" ]; do :; done\n\
         ip link add va type veth peer name vb netns $far && ip address add 10.98.0.1/24 dev va && ip link set va up\n\
         nsenter -t $far -n sh -c 'ip address add 10.98.0.2/24 dev vb; ip link set vb up' && echo plug\"\"ged\n",
    );
    terminal.line("unshare -rn bash --noprofile --rcfile outerrc -i; echo rc=$?");
    terminal.line("set +m; . ./cable");
    terminal.wait_for("plugged"); // else there are no namespaces for whoever runs this
    terminal.line(
        "runner-std host -d --listen 10.98.0.1:0 --insecure --token-file token --name net -- \
         bash --noprofile --rcfile innerrc -i 2>&1 | tee hello; clear",
    );
    terminal.wait(&|| terminal.folder.read("hello").contains("#token="), "a host");
    let hello = terminal.folder.read("hello");
    let address = hello.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
    terminal.line(&format!("nsenter -t $(cat far) -n runner-std attach --token-file token tcp://{address}"));
    terminal.wait_for("inner$");
    terminal.line("echo before-$((1 + 1))");
    terminal.wait_for("before-2");

    terminal.open_window();
    let cable = |state: &str| {
        let enter = "nsenter -U --preserve-credentials -n -t $(cat far)";
        terminal.line(&format!("clear; {enter} ip link set vb {state}; echo {state}=$?"));
        terminal.wait_for(&format!("{state}=0"));
    };
    cable("down");
    let cut = Instant::now();
    terminal.window(0);
    terminal.wait(&|| terminal.title().contains("syncing"), "the title");
    assert!(cut.elapsed() < Duration::from_secs(30), "the system said so, not 35 s of silence");
    terminal.line("echo after-$((20 + 3))");
    terminal.window(1);
    cable("up");
    terminal.window(0);
    terminal.wait_for("after-23");
    terminal.wait(&|| !terminal.title().contains("syncing"), "the title");
    assert_eq!(terminal.screen().matches("after-23").count(), 1, "{}", terminal.screen());
    terminal.line("exit");
    terminal.wait(&|| terminal.screen().trim_end().ends_with("exit\nouter$"), "the end");
    terminal.line("kill $(cat far); exit 7");
    terminal.wait_for("rc=7");
}
