//! Where sessions can be found: one Unix socket each, in a directory that is ours alone.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::failure::Failure;
use crate::ps;

/// The directory of the sockets: `$XDG_RUNTIME_DIR/stillwire`, or `stillwire-UID` among the temporary files.
///
/// # Errors
/// If it cannot be made, or somebody else could look into it.
pub fn directory() -> Result<PathBuf, Failure> {
    let uid = rustix::process::getuid().as_raw();
    let path = match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| Path::new(dir).is_absolute()) {
        Some(runtime) => PathBuf::from(runtime).join("stillwire"),
        None => std::env::temp_dir().join(format!("stillwire-{uid}")),
    };
    let shown = path.display();
    match DirBuilder::new().mode(0o700).create(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Failure::io(format!("create {shown}"), error)
                .hint("set XDG_RUNTIME_DIR to a directory of yours"));
        }
        _ => {}
    }
    let found = fs::symlink_metadata(&path).map_err(|error| Failure::io(format!("use {shown}"), error))?;
    if !found.is_dir() || found.uid() != uid || found.mode() & 0o077 != 0 {
        return Err(Failure::new(format!("{shown} is not a directory that only you can use"))
            .hint("remove it, or set XDG_RUNTIME_DIR to a directory of yours"));
    }
    Ok(path)
}

/// The sockets of the hosts that answer, sorted; those that nobody listens on are removed.
///
/// # Errors
/// As [`directory`].
pub fn sockets() -> Result<Vec<PathBuf>, Failure> {
    let directory = directory()?;
    let entries = fs::read_dir(&directory)
        .map_err(|error| Failure::io(format!("read {}", directory.display()), error))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "sock") && !is_stale(path)).collect();
    paths.sort();
    Ok(paths)
}

/// The socket behind which a session is, and its name; without a name, the only one there is.
///
/// # Errors
/// There is none, or more than one to choose from.
pub fn find(name: Option<&str>) -> Result<(PathBuf, String), Failure> {
    // Most hosts have one session, and are called as it is.
    if let Some(name) = name
        && let Ok(path) = socket(name)
        && path.exists()
        && !is_stale(&path)
    {
        return Ok((path, name.to_owned()));
    }
    let mut all = Vec::new();
    for path in sockets()? {
        all.extend(ps::names(&path).into_iter().map(|name| (path.clone(), name)));
    }
    let known = all.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
    let start = "start one: runner-std host -- bash";
    match (name, all.len()) {
        (None, 1) => Ok(all.remove(0)),
        (None, 0) => Err(Failure::new("there is no session").hint(start)),
        (None, _) => {
            Err(Failure::usage("there is more than one session").hint(format!("name one of: {known}")))
        }
        (Some(name), count) => {
            let hint = if count == 0 { start.to_owned() } else { format!("there is: {known}") };
            let found = all.into_iter().find(|(_, known)| known == name);
            found.ok_or_else(|| Failure::new(format!("there is no session named {name}")).hint(hint))
        }
    }
}

/// The socket of a session.
///
/// # Errors
/// As [`directory`]; or the name is no file name.
pub fn socket(name: &str) -> Result<PathBuf, Failure> {
    let plain =
        !name.is_empty() && !name.starts_with('.') && name.chars().all(|c| !c.is_control() && c != '/');
    if !plain {
        return Err(Failure::usage(format!("{name:?} cannot be the name of a session"))
            .hint("use letters, digits and dashes: --name build"));
    }
    Ok(directory()?.join(format!("{name}.sock")))
}

/// Opens the door of a session.
///
/// # Errors
/// If another session has the name, or the socket cannot be made.
pub fn listen(name: &str) -> Result<(UnixListener, PathBuf), Failure> {
    let path = socket(name)?;
    let cannot = |error| Failure::io(format!("listen on {}", path.display()), error);
    // Between a socket's birth and its first listen nobody is to take it for a dead one.
    let _lock = lock(&path).map_err(cannot)?;
    if path.exists() && !(refuses(&path) && fs::remove_file(&path).is_ok()) {
        return Err(Failure::new(format!("a session named {name} is hosted already")).hint(format!(
            "attach to it: runner-std attach {name}; or choose another name: --name {name}-2"
        )));
    }
    let listener = UnixListener::bind(&path).map_err(cannot)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(cannot)?;
    listener.set_nonblocking(true).map_err(cannot)?;
    Ok((listener, path))
}

/// Whether nobody listens on a socket any more; then it is removed.
fn is_stale(path: &Path) -> bool {
    refuses(path) && lock(path).is_ok_and(|_lock| refuses(path) && fs::remove_file(path).is_ok())
}

fn refuses(path: &Path) -> bool {
    UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Keeps other runners from making and removing sockets in this folder until it is dropped.
fn lock(path: &Path) -> io::Result<File> {
    let folder = File::open(path.parent().unwrap_or(path))?;
    rustix::fs::flock(&folder, FlockOperation::LockExclusive)?;
    Ok(folder)
}
