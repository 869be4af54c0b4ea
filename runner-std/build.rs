//! Makes the page that a host serves and hands it to `src/host/page.rs`.
//!
//! With npm the page is built from `web/` when something in there has changed. Without npm, or if that fails (no network), the
//! program is built all the same and serves a plain page that says why.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, io};

/// What the page is made of, below `web/`.
const INPUTS: &[&str] = &[
    "src",
    "plain",
    "stillwire.wasm",
    "package.json",
    "package-lock.json",
    "build.mjs",
    "tsconfig.json",
    ".npmrc",
];
/// For npm, and for the bundler: a network that swallows everything is no reason to wait for ever.
const PATIENCE: Duration = Duration::from_secs(180);

fn main() {
    let web = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where")).join("web");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to"));
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=STILLWIRE_WEB");
    for input in INPUTS {
        println!("cargo::rerun-if-changed=web/{input}");
    }
    let page = out.join("page");
    let made = match env::var("STILLWIRE_WEB").as_deref() {
        Ok("off") => Err("it was built with STILLWIRE_WEB=off".to_owned()),
        _ => build(&web, &page),
    };
    let missing = made.err().unwrap_or_default();
    if !missing.is_empty() {
        println!("cargo::warning=a plain page is served instead of a terminal: {missing}");
        let _ = fs::remove_dir_all(&page);
        fs::create_dir_all(&page).expect("a folder for the page");
        for entry in fs::read_dir(web.join("plain")).expect("the plain page").flatten() {
            fs::copy(entry.path(), page.join(entry.file_name())).expect("the plain page");
        }
    }
    fs::write(out.join("page.rs"), table(&page, &missing).expect("the page")).expect("a place to write to");
}

/// Builds the page into `page`, or says why not.
fn build(web: &Path, page: &Path) -> Result<(), String> {
    run(Command::new("npm").arg("--version"), web)
        .map_err(|_| "npm was not found when it was built".to_owned())?;
    // Several builds of the workspace share the packages.
    let lock = File::create(web.join(".npm-lock")).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    if !is_installed(web) {
        let flags = [
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefer-offline",
            "--fetch-retries=1",
            "--loglevel=error",
        ];
        run(Command::new("npm").args(flags), web).map_err(|why| format!("npm ci failed: {why}"))?;
        let _ = fs::copy(web.join("package-lock.json"), installed(web));
    }
    run(Command::new("node").arg("build.mjs").arg(page), web)
        .map_err(|why| format!("the bundler failed: {why}"))
}

/// The lock file of what was installed last.
fn installed(web: &Path) -> PathBuf {
    web.join("node_modules/.stillwire-lock.json")
}

fn is_installed(web: &Path) -> bool {
    let is = fs::read(installed(web));
    is.is_ok_and(|is| fs::read(web.join("package-lock.json")).is_ok_and(|wanted| is == wanted))
}

/// Runs a command and returns the last lines of what it complains about.
fn run(command: &mut Command, folder: &Path) -> Result<(), String> {
    let log = env::temp_dir().join(format!("stillwire-web-{}.log", std::process::id()));
    let said = || -> io::Result<String> {
        let text = fs::read_to_string(&log)?;
        let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        Ok(lines.get(lines.len().saturating_sub(4)..).unwrap_or_default().join(" / "))
    };
    let result = (|| {
        let file = File::create(&log)?;
        let errors = file.try_clone()?;
        let mut child =
            command.current_dir(folder).stdin(Stdio::null()).stdout(file).stderr(errors).spawn()?;
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) };
            }
            if start.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                return Err(io::Error::other("it took too long"));
            }
            sleep(Duration::from_millis(20));
        }
    })();
    let text = result.map_err(|error| format!("{error}: {}", said().unwrap_or_default()));
    let _ = fs::remove_file(&log);
    text
}

/// The files of the page, as Rust.
fn table(page: &Path, missing: &str) -> io::Result<String> {
    let mut names: Vec<_> =
        fs::read_dir(page)?.flatten().map(|entry| entry.file_name().into_string()).collect();
    names.sort();
    let mut text = format!(
        "/// Why there is no terminal; empty: there is one.\npub(super) const MISSING: &str = {missing:?};\n"
    );
    text.push_str("pub(super) static FILES: &[File] = &[\n");
    let names: Vec<_> = names.into_iter().flatten().collect();
    for name in names.iter().filter(|name| !name.ends_with(".gz")) {
        let include = |name: &str| format!("include_bytes!({:?})", page.join(name).display().to_string());
        let zipped = format!("{name}.gz");
        let zipped =
            if names.contains(&zipped) { format!("Some({})", include(&zipped)) } else { "None".into() };
        writeln!(text, "    File {{ name: {name:?}, content: {}, zipped: {zipped} }},", include(name))
            .map_err(io::Error::other)?;
    }
    text.push_str("];\n");
    Ok(text)
}
