//! The host: sessions, and the peers that watch them: [`sw_host`].

use core::ffi::c_void;

use stillwire::link::close::CloseReason;
use stillwire::link::heartbeat;
use stillwire::link::history::{History, Size};
use stillwire::link::host::{Config, Host, Peer, Session};
use stillwire::link::linger;
use stillwire::{Duration, Instant};

use crate::error::{Result, sw_error};
use crate::lent;
use crate::monitor::{monitor_config, sw_monitor_config};
use crate::status::micros;

pub(crate) type Lent = &'static mut [u8];
pub(crate) type Inner = Host<&'static mut [Peer], &'static mut [Session<Lent>], Lent>;

/// Bytes of a host.
#[cfg(target_pointer_width = "32")]
pub const SW_HOST_SIZE: usize = 544;
/// Bytes of a host.
#[cfg(target_pointer_width = "64")]
pub const SW_HOST_SIZE: usize = 640;
/// Its alignment.
pub const SW_HOST_ALIGN: usize = 8;
const _: () = assert!(size_of::<sw_host>() <= SW_HOST_SIZE);
const _: () = assert!(align_of::<sw_host>() <= SW_HOST_ALIGN);

/// Bytes of the place for one session.
#[cfg(target_pointer_width = "32")]
pub const SW_SESSION_SIZE: usize = 2304;
/// Bytes of the place for one session.
#[cfg(target_pointer_width = "64")]
pub const SW_SESSION_SIZE: usize = 2560;
/// Its alignment.
pub const SW_SESSION_ALIGN: usize = 8;
const _: () = assert!(size_of::<Session<Lent>>() <= SW_SESSION_SIZE);
const _: () = assert!(align_of::<Session<Lent>>() <= SW_SESSION_ALIGN);

/// Bytes of the place for one peer.
#[cfg(target_pointer_width = "32")]
pub const SW_PEER_SIZE: usize = 480;
/// Bytes of the place for one peer.
#[cfg(target_pointer_width = "64")]
pub const SW_PEER_SIZE: usize = 512;
/// Its alignment.
pub const SW_PEER_ALIGN: usize = 8;
const _: () = assert!(size_of::<Peer>() <= SW_PEER_SIZE);
const _: () = assert!(align_of::<Peer>() <= SW_PEER_ALIGN);

/// The side that owns sessions, and serves them to peers.
pub struct sw_host(pub(crate) Inner);

/// How a host treats those who come. Begin with sw_host_config_default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct sw_host_config {
    /// From one ping to the next, and how long a peer may be silent after it. Default 15 s; 0: never.
    pub heartbeat: u64,
    /// So long without anything that counts, and the host exits. Default 10 min; 0: never, as a gateway wants.
    pub linger: u64,
    /// So long a connection may take to say who it is. Default 5 s.
    pub authentication: u64,
    /// So long one that is to be closed may take to be told why. Default 5 s.
    pub closing: u64,
    /// 1: only people keep the host, and output does not. Default 0.
    pub strict: u32,
    /// 1: several may control one session. Default 0: the newest supersedes the one before.
    pub share: u32,
    /// The longest body that the host can receive, SW_MIN_BODY to 16384 bytes. Default the most.
    pub max_body: u32,
}

/// Writes the defaults.
///
/// # Safety
/// `config` can be written, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_config_default(config: *mut sw_host_config) {
    if config.is_null() {
        return;
    }
    let host = Config::DEFAULT;
    let defaults = sw_host_config {
        heartbeat: host.heartbeat.interval.as_micros(),
        linger: host.linger.timeout.map_or(0, Duration::as_micros),
        authentication: host.authentication.as_micros(),
        closing: host.closing.as_micros(),
        strict: u32::from(host.linger.strict),
        share: u32::from(host.share),
        max_body: u32::from(host.max_body),
    };
    // SAFETY: not null, and as asked for.
    unsafe { config.write(defaults) };
}

/// Memory that is lent to a machine until it is not used any more.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sw_memory {
    /// Where it is; may be null if there is none.
    pub bytes: *mut u8,
    /// So many bytes.
    pub len: usize,
}

/// What a session is made of.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sw_session_config {
    /// How its verdict is reached; null: the defaults.
    pub monitor: *const sw_monitor_config,
    /// What it printed last is kept here.
    pub history: sw_memory,
    /// What was typed is kept here until the port takes it: it bounds what may be on its way.
    pub inbox: sw_memory,
    /// The payloads of sw_host_publish are kept here; may be empty.
    pub retained: sw_memory,
    /// A random number, another one after every reset: a client that comes back is not given bytes of another life.
    pub epoch: u64,
    /// The size of its terminal; 0: it has none, as a serial line.
    pub columns: u16,
    /// As above.
    pub rows: u16,
}

/// Places a host that begins at `now`, with nobody connected. It makes `count` sessions as `configs` says; `sessions` has
/// SW_SESSION_SIZE bytes for each, `peers` SW_PEER_SIZE bytes for each peer that there may be; `answers` holds replies to messages,
/// and may be empty.
///
/// # Safety
/// `storage` has `size` bytes; `config` is null or filled; there are `count` `configs`. All that is lent is the host's from now on.
/// `host` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_init(
    storage: *mut c_void,
    size: usize,
    config: *const sw_host_config,
    configs: *const sw_session_config,
    count: usize,
    sessions: sw_memory,
    peers: sw_memory,
    answers: sw_memory,
    now: u64,
    host: *mut *mut sw_host,
) -> sw_error {
    let place = || {
        let now = Instant::from_micros(now);
        // SAFETY: as asked for.
        let config = host_config(unsafe { config.as_ref() })?;
        // SAFETY: as asked for.
        let configs = unsafe { lent::slice(configs, count)? };
        if sessions.len / SW_SESSION_SIZE < count {
            return Err(sw_error::SW_E_SIZE);
        }
        // SAFETY: as asked for.
        let sessions = unsafe {
            lent::fill(sessions.bytes, count, |place: *mut Session<Lent>, index| {
                let config = configs.get(index).ok_or(sw_error::SW_E_SIZE)?;
                put_session(place, config, now)
            })?
        };
        // SAFETY: as asked for.
        let (peers, answers) = unsafe {
            let free = |place: *mut Peer, _| {
                place.write(Peer::new());
                Ok(())
            };
            (lent::fill(peers.bytes, peers.len / SW_PEER_SIZE, free)?, lend(answers)?)
        };
        // SAFETY: as asked for.
        unsafe {
            lent::put(storage, size, host, || sw_host(Host::new(config, peers, sessions, answers, now)))
        }
    };
    place().into()
}

/// The machine slept and woke. To be told before sw_host_poll, which may otherwise take its sleep for the silence of peers.
///
/// # Safety
/// `host` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_wake(host: *mut sw_host, now: u64) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(host)?.0.handle_wake(Instant::from_micros(now));
        Ok(())
    };
    hear().into()
}

/// Everyone is told why (a close code) and closed, and nobody let in any more.
///
/// # Safety
/// `host` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_shutdown(host: *mut sw_host, now: u64, reason: u16) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(host)?.0.handle_shutdown(Instant::from_micros(now), CloseReason::from_code(reason));
        Ok(())
    };
    hear().into()
}

/// When to poll next; SW_NEVER: only input can change anything. SW_NEVER for null.
///
/// # Safety
/// `host` was placed, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_poll_at(host: *const sw_host) -> u64 {
    // SAFETY: as asked for.
    micros(unsafe { host.as_ref() }.and_then(|host| host.0.poll_at()).map(|due| due.at))
}

fn host_config(config: Option<&sw_host_config>) -> Result<Config> {
    let Some(config) = config else { return Ok(Config::DEFAULT) };
    let max_body = u16::try_from(config.max_body).map_err(|_| sw_error::SW_E_ARGUMENT)?;
    if !(stillwire::link::frame::MIN_BODY..=stillwire::link::frame::MAX_BODY).contains(&usize::from(max_body))
    {
        return Err(sw_error::SW_E_ARGUMENT);
    }
    let timeout = (config.linger != 0).then_some(Duration::from_micros(config.linger));
    Ok(Config {
        heartbeat: heartbeat::Config {
            interval: Duration::from_micros(config.heartbeat),
            ..heartbeat::Config::DEFAULT
        },
        linger: linger::Config { timeout, strict: config.strict != 0 },
        authentication: Duration::from_micros(config.authentication),
        closing: Duration::from_micros(config.closing),
        share: config.share != 0,
        max_body,
        ..Config::DEFAULT
    })
}

/// Makes the session that `config` says at `place`, apart so that what it takes of the stack is free again.
///
/// # Safety
/// `place` can be written, and what `config` lends is nobody else's from now on.
#[inline(never)]
unsafe fn put_session(place: *mut Session<Lent>, config: &sw_session_config, now: Instant) -> Result<()> {
    // SAFETY: as the caller says.
    let (monitor, history, inbox, retained) = unsafe {
        let monitor = monitor_config(config.monitor.as_ref())?;
        (monitor, lend(config.history)?, lend(config.inbox)?, lend(config.retained)?)
    };
    let size = match (config.columns, config.rows) {
        (0, _) | (_, 0) => None,
        (columns, rows) => Some(Size { columns, rows }),
    };
    let history = History::new(history, config.epoch, size);
    // SAFETY: as the caller says.
    unsafe { place.write(Session::new(monitor, history, inbox, retained, now)) };
    Ok(())
}

/// # Safety
/// `memory` is valid, and nobody else's from now on.
pub(crate) unsafe fn lend(memory: sw_memory) -> Result<Lent> {
    // SAFETY: as the caller says.
    unsafe { lent::slice_mut(memory.bytes, memory.len) }
}
