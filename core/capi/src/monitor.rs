//! One session's verdict: [`sw_monitor`].

use core::ffi::c_void;

use stillwire::idle::{self, Tier};
use stillwire::monitor::{self, Monitor};
use stillwire::scan::{self, Token};
use stillwire::{Duration, Instant, novelty};

use crate::error::{Result, sw_error};
use crate::lent;
use crate::scanner::{SW_ENCODING_UTF8, encoding_of};
use crate::signal::sw_signal;
use crate::status::{exit, hint, micros, sw_change, sw_evidence, sw_status};

/// What counts as output: any byte, control sequences too.
pub const SW_TIER_RAW: u32 = 0;
/// What counts as output: printable characters. An animation counts.
pub const SW_TIER_VISIBLE: u32 = 1;
/// What counts as output: printable characters that were not painted recently. An animation does not count.
pub const SW_TIER_NOVEL: u32 = 2;

/// Bytes of a monitor.
#[cfg(target_pointer_width = "32")]
pub const SW_MONITOR_SIZE: usize = 984;
/// Bytes of a monitor.
#[cfg(target_pointer_width = "64")]
pub const SW_MONITOR_SIZE: usize = 984;
/// Its alignment.
pub const SW_MONITOR_ALIGN: usize = 8;
const _: () = assert!(size_of::<sw_monitor>() <= SW_MONITOR_SIZE);
const _: () = assert!(align_of::<sw_monitor>() <= SW_MONITOR_ALIGN);

/// Tells whether a session is running or idle, and why: the scanner, novelty and the verdict together.
pub struct sw_monitor(Monitor);

/// How a verdict is reached. Begin with sw_monitor_config_default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct sw_monitor_config {
    /// How long nothing may have counted before the session begins to settle. Default 3 s. SW_NEVER: never idle.
    pub quiet: u64,
    /// How long it then has to stay so. Default 500 ms.
    pub confirm: u64,
    /// What quiet is doubled to at most while the session flaps. Default 30 s.
    pub quiet_cap: u64,
    /// SW_TIER_RAW, SW_TIER_VISIBLE (default) or SW_TIER_NOVEL.
    pub counts: u32,
    /// So many novel characters painted by one output wake an idle session. Default 64.
    pub wake: u32,
    /// SW_ENCODING_UTF8 (default) or SW_ENCODING_EIGHT_BIT.
    pub encoding: u32,
    /// 1: numbers that count do not make a text novel. Default 0.
    pub fold_digits: u32,
}

/// Writes the defaults.
///
/// # Safety
/// `config` can be written, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_monitor_config_default(config: *mut sw_monitor_config) {
    if config.is_null() {
        return;
    }
    let idle = idle::Config::DEFAULT;
    let defaults = sw_monitor_config {
        quiet: idle.quiet.as_micros(),
        confirm: idle.confirm.as_micros(),
        quiet_cap: idle.quiet_cap.as_micros(),
        counts: SW_TIER_VISIBLE,
        wake: idle.wake,
        encoding: SW_ENCODING_UTF8,
        fold_digits: 0,
    };
    // SAFETY: not null, and as asked for.
    unsafe { config.write(defaults) };
}

/// Places the monitor of a session that begins at `now`. `config` may be null for the defaults; it is copied.
///
/// # Safety
/// `storage` has `size` bytes, which are the monitor's from now on; `config` is null or filled; `monitor` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_monitor_init(
    storage: *mut c_void,
    size: usize,
    config: *const sw_monitor_config,
    now: u64,
    monitor: *mut *mut sw_monitor,
) -> sw_error {
    let place = || {
        // SAFETY: as asked for.
        let config = monitor_config(unsafe { config.as_ref() })?;
        // SAFETY: as asked for.
        unsafe {
            lent::put(storage, size, monitor, || sw_monitor(Monitor::new(config, Instant::from_micros(now))))
        }
    };
    place().into()
}

/// The session printed `output`. What it said out loud goes to `signals`, the first `room` of it; `count` is how many there
/// were, which may be more. Both may be null.
///
/// # Safety
/// `monitor` was placed; `output` has `len` bytes, `signals` `room` places; `count` can be written, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_monitor_output(
    monitor: *mut sw_monitor,
    now: u64,
    output: *const u8,
    len: usize,
    signals: *mut sw_signal,
    room: usize,
    count: *mut usize,
) -> sw_error {
    let hear = || {
        // SAFETY: as asked for.
        let (monitor, output) = unsafe { (lent::at(monitor)?, lent::slice(output, len)?) };
        // SAFETY: as asked for.
        let mut signals = unsafe { Signals::new(signals, room, count)? };
        for token in monitor.0.handle_output(Instant::from_micros(now), output) {
            signals.hear(&token);
        }
        Ok(())
    };
    hear().into()
}

/// The user's terminal sent `input`: keys, or answers that nobody typed.
///
/// # Safety
/// `monitor` was placed; `input` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_monitor_input(
    monitor: *mut sw_monitor,
    now: u64,
    input: *const u8,
    len: usize,
) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(monitor)?.0.handle_input(Instant::from_micros(now), lent::slice(input, len)?);
        Ok(())
    };
    hear().into()
}

/// The driver looked at the foreground job: SW_HINT_BUSY, SW_HINT_BLOCKED or SW_HINT_NEITHER.
///
/// # Safety
/// `monitor` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_monitor_hint(monitor: *mut sw_monitor, now: u64, seen: u32) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(monitor)?.0.handle_hint(Instant::from_micros(now), hint(seen)?);
        Ok(())
    };
    hear().into()
}

/// The session is over, by itself or `killed` by the signal `code`.
///
/// # Safety
/// `monitor` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_monitor_exit(
    monitor: *mut sw_monitor,
    now: u64,
    code: i32,
    killed: bool,
) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(monitor)?.0.handle_exit(Instant::from_micros(now), exit(code, killed));
        Ok(())
    };
    hear().into()
}

/// A change of the status or its reason that was not told yet; SW_NOTHING if there is none. Ask until then.
///
/// # Safety
/// `monitor` was placed; `change` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_monitor_poll(
    monitor: *mut sw_monitor,
    now: u64,
    change: *mut sw_change,
) -> sw_error {
    let poll = || {
        // SAFETY: as asked for.
        let monitor = unsafe { lent::at(monitor)? };
        lent::writable(change)?;
        let event = monitor.0.poll(Instant::from_micros(now)).ok_or(sw_error::SW_NOTHING)?;
        // SAFETY: not null, and as asked for.
        unsafe { change.write(sw_change { at: event.at.as_micros(), status: event.status.into() }) };
        Ok(())
    };
    poll().into()
}

/// When to poll next; SW_NEVER: only input can change anything. SW_NEVER for null.
///
/// # Safety
/// `monitor` was placed, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_monitor_poll_at(monitor: *const sw_monitor) -> u64 {
    // SAFETY: as asked for.
    micros(unsafe { monitor.as_ref() }.and_then(|monitor| monitor.0.poll_at()).map(|due| due.at))
}

/// What it is doing, as of the last call with a `now`.
///
/// # Safety
/// `monitor` was placed, or is null: then SW_RUNNING.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_monitor_status(monitor: *const sw_monitor) -> sw_status {
    // SAFETY: as asked for.
    unsafe { monitor.as_ref() }.map_or(sw_status::RUNNING, |monitor| monitor.0.status().into())
}

/// What the verdict rests on.
///
/// # Safety
/// `monitor` was placed; `evidence` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_monitor_evidence(
    monitor: *const sw_monitor,
    evidence: *mut sw_evidence,
) -> sw_error {
    let tell = || {
        // SAFETY: as asked for.
        let monitor = unsafe { monitor.as_ref() }.ok_or(sw_error::SW_E_NULL)?;
        lent::writable(evidence)?;
        // SAFETY: not null, and as asked for.
        unsafe { evidence.write(monitor.0.evidence().into()) };
        Ok(())
    };
    tell().into()
}

/// What `config` says, the defaults if there is none.
pub(crate) fn monitor_config(config: Option<&sw_monitor_config>) -> Result<monitor::Config> {
    let Some(config) = config else { return Ok(monitor::Config::DEFAULT) };
    let counts = match config.counts {
        SW_TIER_RAW => Tier::Raw,
        SW_TIER_VISIBLE => Tier::Visible,
        SW_TIER_NOVEL => Tier::Novel,
        _ => return Err(sw_error::SW_E_ARGUMENT),
    };
    Ok(monitor::Config {
        scan: scan::Config { encoding: encoding_of(config.encoding)? },
        novelty: novelty::Config { fold_digits: config.fold_digits != 0 },
        idle: idle::Config {
            quiet: Duration::from_micros(config.quiet),
            confirm: Duration::from_micros(config.confirm),
            quiet_cap: Duration::from_micros(config.quiet_cap),
            wake: config.wake,
            counts,
        },
    })
}

/// Where the signals of one output go.
pub(crate) struct Signals<'a> {
    places: &'a mut [core::mem::MaybeUninit<sw_signal>],
    count: Option<&'a mut usize>,
    heard: usize,
}

impl Signals<'_> {
    /// # Safety
    /// `signals` has `room` places; `count` can be written, or is null.
    pub(crate) unsafe fn new(signals: *mut sw_signal, room: usize, count: *mut usize) -> Result<Self> {
        let room = if signals.is_null() { 0 } else { room };
        // SAFETY: as the caller says; what was there does not matter.
        let (places, count) = unsafe { (lent::slice_mut(signals.cast(), room)?, count.as_mut()) };
        let mut signals = Self { places, count, heard: 0 };
        signals.tell();
        Ok(signals)
    }

    pub(crate) fn hear(&mut self, token: &Token<'_>) {
        let Some(signal) = token.signal() else { return };
        if let Some(place) = self.places.get_mut(self.heard) {
            place.write(signal.into());
        }
        self.heard = self.heard.saturating_add(1);
        self.tell();
    }

    fn tell(&mut self) {
        if let Some(count) = &mut self.count {
            **count = self.heard;
        }
    }
}
