//! What the linker of an image is told. The packages of this folder that make one say `build = "../build.rs"`.

use std::{env, fs, path::PathBuf};

/// Sizes of flash and RAM: QEMU's `microbit`, and a part of which `mps2-an386` has more.
const CORTEX_M0: [&str; 2] = ["256K", "16K"];
const CORTEX_M4: [&str; 2] = ["128K", "32K"];

fn main() {
    let target = env::var("TARGET").expect("cargo sets TARGET");
    let [flash, ram] = if target.starts_with("thumbv6m") { CORTEX_M0 } else { CORTEX_M4 };
    let memory = format!(
        "MEMORY {{
  FLASH : ORIGIN = 0x00000000, LENGTH = {flash}
  RAM : ORIGIN = 0x20000000, LENGTH = {ram}
}}
/* Kept for `tests/firmware/stack.py`; takes no place in the part. */
SECTIONS {{ .stack_sizes (INFO) : {{ KEEP(*(.stack_sizes)); }} }}
"
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("memory.x"), memory).expect("OUT_DIR can be written");
    fs::write(out.join("device.x"), "").expect("OUT_DIR can be written"); // interrupts have their handlers by number
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=--nmagic");
    if env::var("CARGO_PKG_NAME").is_ok_and(|name| name == "logs") {
        println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
    }
}
