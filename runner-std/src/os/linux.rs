//! The clock, and descriptors.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

use rustix::fs::FileType;
use rustix::fs::inotify::{self, WatchFlags};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::time::{ClockId, clock_gettime};
use stillwire::{Duration, Instant};

/// Microseconds since boot, the time the machine slept included (`CLOCK_BOOTTIME`).
pub fn now() -> Instant {
    read(ClockId::Boottime)
}

/// How long the machine slept since boot, up to the difference of two readings.
pub fn asleep() -> Duration {
    let awake = read(ClockId::Monotonic);
    now().since(awake)
}

fn read(clock: ClockId) -> Instant {
    let now = clock_gettime(clock);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Instant::from_micros(seconds * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000)
}

/// Tells when a device may have appeared: something changed in the folder it belongs to.
#[derive(Debug)]
pub struct Appear(OwnedFd);

impl Appear {
    /// Watches the folder of `path`.
    ///
    /// # Errors
    /// If there is no such folder, or the user watches too many.
    pub fn near(path: &Path) -> io::Result<Self> {
        let watch = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // ATTRIB: udev makes a device first and gives it to its group then.
        let flags = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ATTRIB;
        inotify::add_watch(&watch, folder, flags)?;
        Ok(Self(watch))
    }

    /// Forgets what was told.
    pub fn drain(&self) {
        let mut buffer = [0; 4096];
        while rustix::io::read(&self.0, &mut buffer).is_ok_and(|count| count > 0) {}
    }
}

impl AsFd for Appear {
    /// Readable when something changed.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Tells when the network changes: a link, an address or a route came or went (rtnetlink).
#[derive(Debug)]
pub struct Network(OwnedFd);

/// RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR (rtnetlink(7)).
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100;

impl Network {
    /// Listens from now on.
    ///
    /// # Errors
    /// If there is no such socket here, as in some containers.
    pub fn watch() -> io::Result<Self> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        // No protocol is NETLINK_ROUTE, which is 0.
        let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        rustix::net::bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        Ok(Self(socket))
    }

    /// Forgets what was told.
    pub fn drain(&self) {
        let mut buffer = [0; 8192];
        // An overrun is told as an error once: then, too, something has changed.
        while rustix::io::read(&self.0, &mut buffer).is_ok() {}
    }

    /// Whether there is any way out of this machine: an interface besides loopback that is up and has its carrier. Where
    /// nobody can tell, there is.
    pub fn is_there(&self) -> bool {
        let mut list = std::ptr::null_mut();
        let mut there = false;
        // SAFETY: getifaddrs fills in one pointer, or fails and leaves it alone; the list that it made is read up to its null
        // and given back once.
        unsafe {
            if libc::getifaddrs(&raw mut list) != 0 {
                return true;
            }
            let mut at = list;
            while let Some(entry) = at.as_ref() {
                there |= is_way_out(entry.ifa_flags);
                at = entry.ifa_next;
            }
            libc::freeifaddrs(list);
        }
        there
    }
}

impl AsFd for Network {
    /// Readable when something changed.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// By the flags of an interface (netdevice(7)).
fn is_way_out(flags: libc::c_uint) -> bool {
    let has = |flag: libc::c_int| flags & flag.cast_unsigned() != 0;
    has(libc::IFF_UP) && has(libc::IFF_RUNNING) && !has(libc::IFF_LOOPBACK)
}

/// The user at the other end of a Unix socket.
pub fn peer_uid(socket: BorrowedFd<'_>) -> Option<u32> {
    rustix::net::sockopt::socket_peercred(socket).ok().map(|peer| peer.uid.as_raw())
}

/// The terminal of the process at the other end of a Unix socket, as [`terminal_of`].
pub fn peer_terminal(socket: BorrowedFd<'_>) -> Option<String> {
    let pid = rustix::net::sockopt::socket_peercred(socket).ok()?.pid;
    terminal_of(pid.as_raw_pid().cast_unsigned())
}

/// The terminal of a process, such as `pts/4`; None: it has none, or nobody can tell.
pub fn terminal_of(pid: u32) -> Option<String> {
    terminal_in(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The terminal in a line of `/proc/PID/stat`: behind the name, which may hold anything, its fifth field (proc(5)).
fn terminal_in(stat: &str) -> Option<String> {
    let device: u64 = stat.rsplit(')').next()?.split_whitespace().nth(4)?.parse().ok()?;
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    match major {
        // The kernel's list of devices (admin-guide/devices.txt): consoles, and pseudo-terminals, 256 to a number.
        4 if minor < 64 => Some(format!("tty{minor}")),
        136..=143 => Some(format!("pts/{}", (major - 136) * 256 + minor)),
        _ => None,
    }
}

/// Bounds what the kernel takes of a TCP stream before it is sent (`TCP_NOTSENT_LOWAT`): what it took is soon on its way.
pub fn keep_little_unsent(socket: BorrowedFd<'_>, bytes: u32) {
    let size = libc::socklen_t::try_from(size_of::<u32>()).unwrap_or(4);
    // SAFETY: the option takes a pointer to four bytes, which outlive the call; a failure changes nothing and is harmless.
    unsafe {
        let value = std::ptr::from_ref(&bytes).cast();
        libc::setsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT, value, size)
    };
}

/// Marks every open descriptor above 2 as close-on-exec, so that no child inherits what was not meant for it.
pub fn keep_standard_descriptors() {
    // SAFETY: only the close-on-exec flag of this process's own descriptors changes; no memory is touched.
    // An old kernel answers ENOSYS, and then only descriptors inherited from our own parent are passed on.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

/// Opens the terminal or pipe behind `fd` once more, with `O_NONBLOCK`.
///
/// The flag belongs to the open file description, which `fd` shares with the shell that started us; setting it
/// there is how programs break their parents' terminals. `None` for regular files (which never block in the
/// sense of poll), sockets, and whatever may not be opened again.
pub fn reopen_nonblocking(fd: BorrowedFd<'_>, write: bool) -> Option<OwnedFd> {
    let kind = FileType::from_raw_mode(rustix::fs::fstat(fd).ok()?.st_mode);
    if !matches!(kind, FileType::Fifo) && !rustix::termios::isatty(fd) {
        return None;
    }
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let opened: io::Result<_> = OpenOptions::new()
        .read(!write)
        .write(write)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC)
        .open(path);
    opened.ok().map(OwnedFd::from)
}

/// Wipes `secret` from the arguments of this process, which every user can see.
pub fn hide_argument(secret: &str) {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return };
    // arg_start and arg_end are the fields 48 and 49; the third comes behind the name (proc(5)).
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let bounds: Vec<usize> = fields.skip(45).take(2).filter_map(|field| field.parse().ok()).collect();
    let &[start, end] = bounds.as_slice() else { return };
    if start == 0 || end <= start || secret.is_empty() {
        return;
    }
    // SAFETY: the kernel says that the arguments are there, in the stack of this process, where they are writable and stay
    // for its life. Nobody reads them at this moment: there is no other thread yet, and what std gives out are copies.
    let arguments = unsafe { std::slice::from_raw_parts_mut(start as *mut u8, end - start) };
    let mut at = 0;
    while let Some(found) = arguments.get_mut(at..at + secret.len()) {
        if found == secret.as_bytes() {
            found.fill(b'*');
        }
        at += 1;
    }
}

/// The way to systemd for a service that tells its state (`Type=notify`; sd_notify(3)).
#[derive(Debug)]
pub struct Notify(UnixDatagram);

impl Notify {
    /// To the socket of this path, or of this abstract name if it begins with `@`.
    ///
    /// # Errors
    /// Nobody is there.
    pub fn connect(socket: &OsStr) -> io::Result<Self> {
        let datagram = UnixDatagram::unbound()?;
        datagram.set_nonblocking(true)?;
        match socket.as_encoded_bytes().strip_prefix(b"@") {
            Some(name) => datagram.connect_addr(&SocketAddr::from_abstract_name(name)?)?,
            None => datagram.connect(socket)?,
        }
        Ok(Self(datagram))
    }

    /// Tells a state; false: it is not taken now, and may be later.
    pub fn send(&self, state: &str) -> bool {
        let full = |error: io::Error| matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ENOBUFS));
        self.0.send(state.as_bytes()).map_or_else(|error| !full(error), |_| true)
    }
}

impl AsFd for Notify {
    /// Writable when a state would be taken.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_named_as_the_system_does() {
        let stat = |device: u32| format!("77 (a) S (b) R 1 2 3 {device} 2 4194560 406");
        for (device, name) in [
            (0x8804, Some("pts/4")),
            (0x8901, Some("pts/257")),
            (0x0010_8803, Some("pts/259")), // twenty bits of a minor, around twelve of a major
            (0x0401, Some("tty1")),
            (0, None),
        ] {
            assert_eq!(terminal_in(&stat(device)).as_deref(), name, "{device:#x}");
        }
        assert_eq!(terminal_in("77 (a"), None);
    }

    #[test]
    fn a_way_out_is_up_and_is_not_loopback() {
        for (flags, way_out) in [
            (0x11043, true),
            (0x1003, false), // up, but the cable is out
            (0x1002, false),
            (0x10049, false), // loopback
            (0x110d1, true),  // a tunnel
            (0, false),
        ] {
            assert_eq!(is_way_out(flags), way_out, "{flags:#x}");
        }
    }
}
