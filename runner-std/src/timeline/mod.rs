//! `timeline`: when was a recording active, idle, or only repainting?

mod axis;
mod replay;
mod svg;
mod text;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::Path;

use clap::ColorChoice;

use crate::cast::{Cast, CastError};
use crate::cli::TimelineArgs;
use crate::failure::Failure;
use crate::lines;
use crate::manual::print;
use crate::port::pty::Outcome;

/// Reads a recording and prints its timeline as text, event lines or a picture.
///
/// # Errors
/// If the recording cannot be read or is malformed, or the output cannot be written.
pub fn run(args: &TimelineArgs) -> Result<(), Failure> {
    let name = if args.file == Path::new("-") {
        "standard input".to_owned()
    } else {
        args.file.display().to_string()
    };
    let input: Box<dyn BufRead> = if args.file == Path::new("-") {
        if io::stdin().is_terminal() {
            return Err(
                Failure::usage("there is no recording on standard input").hint("name a file, or pipe one in")
            );
        }
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.file).map_err(|error| Failure::io(format!("open {name}"), error))?;
        Box::new(BufReader::with_capacity(1 << 20, file))
    };
    let malformed = |error: CastError| Failure::new(format!("{name}: {error}"));
    let cast = Cast::open(input).map_err(malformed)?;
    let title = cast.header().title.clone().or_else(|| cast.header().command.clone());
    let stem = args.file.file_stem().filter(|_| args.file != Path::new("-"));
    let stem = stem.map_or_else(|| "recording".into(), |stem| stem.to_string_lossy().into_owned());
    let title = title.unwrap_or(stem);
    let title: String = title.chars().filter(|c| !c.is_control()).collect();
    let config = args.idle.config();
    if args.json {
        return match json(&title, cast, config) {
            Ok(()) => Ok(()),
            Err(Broken::Cast(error)) => Err(malformed(error)),
            Err(Broken::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(Broken::Output(error)) => Err(Failure::io("write to standard output", error)),
        };
    }
    let replay = replay::replay(cast, config, |_| {}).map_err(malformed)?;
    match args.svg.as_deref() {
        None => {
            let width = args.width.unwrap_or_else(columns);
            print(text::render(&title, &replay, usize::from(width), colours(args.color)).as_bytes())
        }
        Some(path) if path == Path::new("-") => print(svg::render(&title, &replay).as_bytes()),
        Some(path) => std::fs::write(path, svg::render(&title, &replay))
            .map_err(|error| Failure::io(format!("write {}", path.display()), error)),
    }
}

enum Broken {
    Cast(CastError),
    Output(io::Error),
}

fn json<R: BufRead>(title: &str, cast: Cast<R>, config: stillwire::monitor::Config) -> Result<(), Broken> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = out.write_all(lines::start(title, None).as_bytes());
    let replayed = replay::replay(cast, config, |report| {
        if let (Ok(()), Some(line)) = (&written, lines::report(report)) {
            written = out.write_all(line.as_bytes());
        }
    });
    if let Ok(replay) = &replayed
        && let Some(code) = replay.exit
        && written.is_ok()
    {
        let outcome = Outcome::Code(u8::try_from(code & 0xFF).unwrap_or(0));
        written = out.write_all(lines::exit(replay.end, outcome).as_bytes());
    }
    written.and_then(|()| out.flush()).map_err(Broken::Output)?;
    replayed.map(|_| ()).map_err(Broken::Cast)
}

fn colours(choice: ColorChoice) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let off = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            !off && io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

fn columns() -> u16 {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok();
    size.map_or(80, |size| size.ws_col).clamp(40, 160)
}
