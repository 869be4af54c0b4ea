use std::{env, fs, path::PathBuf};

/// Memory of QEMU's boards: `microbit` (Cortex-M0) and `mps2-an386` (Cortex-M4).
fn main() {
    let (flash, ram) = if env::var("TARGET").is_ok_and(|target| target.starts_with("thumbv6m")) {
        ("256K", "16K")
    } else {
        ("4M", "4M")
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let memory = format!(
        "MEMORY {{\n  FLASH : ORIGIN = 0x00000000, LENGTH = {flash}\n  RAM : ORIGIN = 0x20000000, LENGTH = {ram}\n}}\n"
    );
    fs::write(out.join("memory.x"), memory).expect("OUT_DIR can be written");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=--nmagic");
}
