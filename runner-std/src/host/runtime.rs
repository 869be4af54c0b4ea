//! Where sessions can be found: one Unix socket each, in a directory that is ours alone.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The directory of the sockets: `$XDG_RUNTIME_DIR/stillwire`, or `stillwire-UID` among the temporary files.
///
/// # Errors
/// If it cannot be made, or somebody else could look into it.
pub(super) fn directory() -> Result<PathBuf, Failure> {
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

/// The names of the sessions that answer, sorted; sockets that nobody listens on are removed.
///
/// # Errors
/// As [`directory`].
pub(super) fn sessions() -> Result<Vec<String>, Failure> {
    let directory = directory()?;
    let entries = fs::read_dir(&directory)
        .map_err(|error| Failure::io(format!("read {}", directory.display()), error))?;
    let mut names = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".sock"));
        if let Some(name) = name
            && !is_stale(&path)
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The socket of a session.
///
/// # Errors
/// As [`directory`]; or the name is no file name.
pub(super) fn socket(name: &str) -> Result<PathBuf, Failure> {
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
pub(super) fn listen(name: &str) -> Result<(UnixListener, PathBuf), Failure> {
    let path = socket(name)?;
    if path.exists() && !is_stale(&path) {
        return Err(Failure::new(format!("a session named {name} is hosted already")).hint(format!(
            "attach to it: runner-std attach {name}; or choose another name: --name {name}-2"
        )));
    }
    let cannot = |error| Failure::io(format!("listen on {}", path.display()), error);
    let listener = UnixListener::bind(&path).map_err(cannot)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(cannot)?;
    listener.set_nonblocking(true).map_err(cannot)?;
    Ok((listener, path))
}

fn is_stale(path: &Path) -> bool {
    let refused =
        UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    refused && fs::remove_file(path).is_ok()
}
