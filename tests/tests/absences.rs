//! What must not be in the core is not there. `docs/ARCHITECTURE.md` lists these; this holds them.

use std::fs;
use std::path::{Path, PathBuf};

/// What core may depend on: the fixed list, and what `docs/decisions/` argues for.
const DEPENDENCIES: &[&str] = &[
    "heapless",
    "embedded-io",
    "nom",
    "defmt",
    "critical-section",
    "memchr",
    "unicode-width",
    "cpufeatures",
    "cobs",
    "crc",
];

/// Lines that one file may have, tests and docs included.
const LONGEST_FILE: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_owned()
}

/// Every Rust file below `folder`, with its path from the root.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).expect("below the root").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("UTF-8")));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

/// The code of a file without comments and without its test module, which comes last.
fn code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source
        .lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or("")))
}

/// Fails with every place in core's code, outside `but`, that has one of `words`.
fn core_has_none_of(words: &[&str], but: &str) {
    let mut places = Vec::new();
    for (name, source) in sources("core/src") {
        if !but.is_empty() && name.starts_with(but) {
            continue;
        }
        for (line, code) in code(&source) {
            let at_compile_time = code.trim_start().starts_with("const _");
            if !at_compile_time && words.iter().any(|word| code.contains(word)) {
                places.push(format!("{name}:{line}: {}", code.trim()));
            }
        }
    }
    assert!(places.is_empty(), "core must not have {words:?}:\n{}", places.join("\n"));
}

#[test]
fn core_is_no_std_always() {
    let lib = fs::read_to_string(root().join("core/src/lib.rs")).expect("core's lib.rs");
    assert!(lib.lines().any(|line| line == "#![no_std]"), "unconditionally");
    core_has_none_of(&["extern crate", "std::", "alloc::", "feature = \"std\""], "");
}

#[test]
fn core_reads_no_clock_and_logs_nothing() {
    core_has_none_of(&["Instant::now", "SystemTime", "println!", "log::", "defmt::info", "defmt::debug"], "");
}

#[test]
fn core_has_no_unsafe_outside_its_simd_folder() {
    core_has_none_of(&["unsafe {", "unsafe fn", "unsafe impl"], "core/src/scan/simd/");
}

#[test]
fn core_has_no_word_that_panics() {
    let words =
        [".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!(", "unimplemented!(", " assert!("];
    core_has_none_of(&words, "");
}

#[test]
fn core_depends_on_the_agreed_list_and_has_no_std_feature() {
    let manifest = fs::read_to_string(root().join("core/Cargo.toml")).expect("core's Cargo.toml");
    let mut section = "";
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
            continue;
        }
        let Some((name, _)) = line.split_once('=') else { continue };
        let name = name.trim().trim_end_matches(".workspace");
        if section.ends_with("dependencies]") && !section.contains("dev-dependencies") {
            assert!(DEPENDENCIES.contains(&name), "core may not depend on {name}");
        }
        if section == "[features]" {
            assert!(!["std", "alloc"].contains(&name), "core has no feature {name}");
        }
    }
}

#[test]
fn every_public_type_of_core_is_logged_by_defmt() {
    // What borrows a machine, a buffer or a secret; nobody logs these.
    let borrowing = ["Tokens", "Watched", "Printed", "Runs", "Receiver", "Wire", "Token", "Uplink", "Port"];
    let by_hand = ["Ring"]; // its derive would ask the same of what a critical section guards
    let mut missing = Vec::new();
    for (name, source) in sources("core/src") {
        let mut attributes = "";
        for (_, line) in code(&source) {
            if line.starts_with("#[") {
                attributes = if line.contains("defmt::Format") { line } else { attributes };
                continue;
            }
            let declared = line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum "));
            let declared = declared.and_then(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
            if let Some(declared) = declared
                && attributes.is_empty()
                && !borrowing.contains(&declared)
                && !by_hand.contains(&declared)
            {
                missing.push(format!("{name}: {declared}"));
            }
            attributes = if line.trim().is_empty() { attributes } else { "" };
        }
    }
    assert!(missing.is_empty(), "without defmt::Format: {missing:?}");
}

#[test]
fn files_stay_short() {
    let long: Vec<_> = ["core/src", "core/capi/src", "runner-std/src", "tests/src", "tests/tests"]
        .into_iter()
        .flat_map(sources)
        .map(|(name, source)| (source.lines().count(), name))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .collect();
    assert!(long.is_empty(), "over {LONGEST_FILE} lines: {long:?}");
}

#[test]
fn every_story_that_the_docs_name_is_told() {
    let docs = fs::read_to_string(root().join("docs/TESTING.md")).expect("the docs");
    let tables = docs.split("as stories").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("tables");
    let told: String = sources("tests/tests").into_iter().map(|(_, source)| source).collect();
    let named: Vec<_> = tables.split('`').skip(1).step_by(2).filter(|name| name.contains('_')).collect();
    assert!(named.len() > 40, "the docs name {} stories", named.len());
    for name in named {
        assert!(told.contains(&format!("fn {name}()")), "{name} is not told");
    }
}
