//! Writes the header for C: `cargo run -p stillwire-capi --example header -- target/capi/stillwire.h`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: header FILE");
        return ExitCode::from(2);
    };
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(package.join("cbindgen.toml"));
    let made = config.and_then(|config| {
        let builder = cbindgen::Builder::new().with_config(config).with_src(package.join("src/lib.rs"));
        builder.generate().map_err(|error| error.to_string())
    });
    match made {
        Ok(bindings) => {
            let mut header = Vec::new();
            bindings.write(&mut header);
            // The words of rustdoc are not those of C.
            let header =
                String::from_utf8_lossy(&header).replace("// # Safety", "// Pointers:").replace("[`", "`");
            let header = header.replace("`]", "`");
            match std::fs::write(&path, header) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&format!("{}: {error}", path.display())),
            }
        }
        Err(error) => fail(&error),
    }
}

fn fail(error: &str) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
