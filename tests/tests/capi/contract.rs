//! `tests/capi/contract.c`: errors where they belong, and the layouts of C are those of Rust.

use std::process::Command;

use stillwire_capi as capi;

use crate::program;

#[test]
fn c_and_rust_agree_and_what_is_wrong_is_said() {
    let output = Command::new(program("contract")).output().expect("`tests/run capi` makes it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut layouts = String::new();
    macro_rules! layouts {
        ($($type:ident)*) => {
            $(layouts += &format!("{} {} {}\n", stringify!($type), size_of::<capi::$type>(), align_of::<capi::$type>());)*
        };
    }
    layouts!(sw_change sw_event sw_evidence sw_heard sw_hello sw_host_config sw_memory sw_monitor_config sw_peer);
    layouts!(sw_session_config sw_signal sw_status sw_token);
    assert_eq!(String::from_utf8_lossy(&output.stdout), layouts);
}
