//! Where sessions can be found: one Unix socket each, in a directory that is ours alone.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use crate::failure::Failure;
use crate::plain::word;

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

/// The sockets in a directory, sorted; some may be of hosts that are gone.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn paths(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(directory)
        .map_err(|error| Failure::io(format!("read {}", directory.display()), error))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "sock")).collect();
    paths.sort();
    Ok(paths)
}

/// Opens a connection that never blocks. A socket that nobody listens on any more is removed.
///
/// # Errors
/// Nobody is there, or they are too busy to be asked.
pub(crate) fn connect(path: &Path) -> io::Result<UnixStream> {
    let mut dialed = dial(path);
    if refused(&dialed) {
        // Perhaps its host has only just made it, and will listen when we have the lock.
        let _lock = lock(path)?;
        dialed = dial(path);
        if refused(&dialed) {
            let _ = fs::remove_file(path);
        }
    }
    Ok(dialed?)
}

fn dial(path: &Path) -> Result<UnixStream, Errno> {
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(socket.into())
}

/// Removes a socket that nobody listens on any more; whether there is none now.
pub(crate) fn sweep(path: &Path) -> bool {
    let _ = connect(path);
    !path.exists()
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
    if SocketAddrUnix::new(&path).is_err() {
        return Err(Failure::usage(format!("{} is too long for a Unix socket", path.display()))
            .hint("a shorter --name, or XDG_RUNTIME_DIR"));
    }
    // Between a socket's birth and its first listen nobody is to take it for a dead one.
    let _lock = lock(&path).map_err(cannot)?;
    if path.exists() && !(refuses(&path) && fs::remove_file(&path).is_ok()) {
        return Err(Failure::new(format!("a session named {name} is hosted already")).hint(format!(
            "attach to it: runner-std attach {}; or choose another name: --name {}",
            word(name),
            word(&format!("{name}-2"))
        )));
    }
    let listener = UnixListener::bind(&path).map_err(cannot)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(cannot)?;
    listener.set_nonblocking(true).map_err(cannot)?;
    Ok((listener, path))
}

fn refuses(path: &Path) -> bool {
    refused(&dial(path))
}

fn refused(dialed: &Result<UnixStream, Errno>) -> bool {
    matches!(dialed, Err(Errno::CONNREFUSED))
}

/// Keeps other runners from making and removing sockets in this folder until it is dropped.
fn lock(path: &Path) -> io::Result<File> {
    let folder = File::open(path.parent().unwrap_or(path))?;
    rustix::fs::flock(&folder, FlockOperation::LockExclusive)?;
    Ok(folder)
}
