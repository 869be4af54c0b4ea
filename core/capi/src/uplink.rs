//! The port of a peer: [`sw_uplink`].

use core::ffi::c_void;

use stillwire::Instant;
use stillwire::link::close::CloseReason;
use stillwire::link::frame;
use stillwire::pump::Uplink;

use crate::error::sw_error;
use crate::event::{sw_event, sw_event_kind};
use crate::heard::sw_heard;
use crate::host::{lend, sw_host, sw_memory};
use crate::lent;

/// Bytes of an uplink.
#[cfg(target_pointer_width = "32")]
pub const SW_UPLINK_SIZE: usize = 256;
/// Bytes of an uplink.
#[cfg(target_pointer_width = "64")]
pub const SW_UPLINK_SIZE: usize = 296;
/// Its alignment.
pub const SW_UPLINK_ALIGN: usize = 8;
const _: () = assert!(size_of::<sw_uplink>() <= SW_UPLINK_SIZE);
const _: () = assert!(align_of::<sw_uplink>() <= SW_UPLINK_ALIGN);

/// Bytes of a body that everyone can receive: the smallest max_body.
pub const SW_MIN_BODY: usize = 256;
/// What the packet of a line needs beside the host's max_body.
pub const SW_PACKET_EXTRA: usize = 8;
/// What the buffer for a frame that goes needs beside its body.
pub const SW_OUT_EXTRA: usize = 16;
const _: () = assert!(SW_MIN_BODY == frame::MIN_BODY);

/// One connection to a peer: bytes that came are given to the host, and what that has to say becomes bytes.
pub struct sw_uplink(Uplink<'static>);

/// Places an uplink over a serial line, which loses and damages bytes: COBS and CRC, and a hello is the connection. `packet` holds
/// a frame that comes, the host's max_body and SW_PACKET_EXTRA; `out` one that goes, its body and SW_OUT_EXTRA.
///
/// # Safety
/// `storage` has `size` bytes; that, `packet` and `out` are the uplink's from now on. `uplink` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_uplink_line(
    storage: *mut c_void,
    size: usize,
    packet: sw_memory,
    out: sw_memory,
    uplink: *mut *mut sw_uplink,
) -> sw_error {
    let place = || {
        if packet.len < SW_MIN_BODY + SW_PACKET_EXTRA || out.len < SW_MIN_BODY + SW_OUT_EXTRA {
            return Err(sw_error::SW_E_SIZE);
        }
        // SAFETY: as asked for.
        let (packet, out) = unsafe { (lend(packet)?, lend(out)?) };
        // SAFETY: as asked for.
        unsafe { lent::put(storage, size, uplink, || sw_uplink(Uplink::line(packet, out))) }
    };
    place().into()
}

/// Places an uplink over a stream that loses nothing: TCP, a modem with a carrier. `out` holds a frame that goes, its body and
/// SW_OUT_EXTRA.
///
/// # Safety
/// As of sw_uplink_line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_uplink_stream(
    storage: *mut c_void,
    size: usize,
    out: sw_memory,
    uplink: *mut *mut sw_uplink,
) -> sw_error {
    let place = || {
        if out.len < SW_MIN_BODY + SW_OUT_EXTRA {
            return Err(sw_error::SW_E_SIZE);
        }
        // SAFETY: as asked for.
        let out = unsafe { lend(out)? };
        // SAFETY: as asked for.
        unsafe { lent::put(storage, size, uplink, || sw_uplink(Uplink::stream(out))) }
    };
    place().into()
}

/// Somebody connected; a line needs no such call. SW_E_FULL: the host takes no one now; write what sw_uplink_outgoing says, and close.
///
/// # Safety
/// Both were placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_uplink_connect(uplink: *mut sw_uplink, now: u64, host: *mut sw_host) -> sw_error {
    let hear = || {
        // SAFETY: as asked for.
        let (uplink, host) = unsafe { (lent::at(uplink)?, lent::at(host)?) };
        let connected = uplink.0.handle_connect(Instant::from_micros(now), &mut host.0);
        connected.map(drop).map_err(|_| sw_error::SW_E_FULL)
    };
    hear().into()
}

/// The port is gone.
///
/// # Safety
/// Both were placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_uplink_closed(uplink: *mut sw_uplink, now: u64, host: *mut sw_host) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(uplink)?.0.handle_closed(Instant::from_micros(now), &mut lent::at(host)?.0);
        Ok(())
    };
    hear().into()
}

/// Something that the host reported. True: it was that this uplink's peer is gone; close a stream's port.
///
/// # Safety
/// `uplink` was placed and `event` filled by sw_host_poll, or they are null: then false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_uplink_event(uplink: *mut sw_uplink, event: *const sw_event) -> bool {
    // SAFETY: as asked for.
    let (Some(uplink), Some(event)) = (unsafe { uplink.as_mut() }, unsafe { event.as_ref() }) else {
        return false;
    };
    event.kind == sw_event_kind::SW_EVENT_DETACHED
        && uplink.0.handle_event(&stillwire::link::host::Event::Detached {
            peer: event.peer.into(),
            session: None,
            reason: CloseReason::from_code(event.reason),
            lost: event.lost,
        })
}

/// Some bytes came: a sign of life. Take them apart with sw_uplink_next.
///
/// # Safety
/// Both were placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_uplink_received(
    uplink: *mut sw_uplink,
    now: u64,
    host: *mut sw_host,
) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(uplink)?.0.handle_received(Instant::from_micros(now), &mut lent::at(host)?.0);
        Ok(())
    };
    hear().into()
}

/// Takes the next frame, or part of one, off the front of `*input`, which it moves on, and gives it to the host. SW_NOTHING: all of
/// it is used up. SW_OK: look at `heard`, and call it again.
///
/// # Safety
/// Both were placed; `*input` has `*len` bytes; all can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_uplink_next(
    uplink: *mut sw_uplink,
    now: u64,
    host: *mut sw_host,
    input: *mut *const u8,
    len: *mut usize,
    heard: *mut sw_heard,
) -> sw_error {
    let next = || {
        // SAFETY: as asked for.
        let (uplink, host) = unsafe { (lent::at(uplink)?, lent::at(host)?) };
        // SAFETY: as asked for.
        let (input, len) = unsafe { (lent::at(input)?, lent::at(len)?) };
        lent::writable(heard)?;
        // SAFETY: as asked for.
        let mut rest = unsafe { lent::slice(*input, *len)? };
        let next = uplink.0.next(Instant::from_micros(now), &mut host.0, &mut rest);
        (*input, *len) = (rest.as_ptr(), rest.len());
        let (peer, next) = next.ok_or(sw_error::SW_NOTHING)?;
        // SAFETY: not null, and as asked for.
        unsafe { heard.write(sw_heard::new(peer, next)) };
        Ok(())
    };
    next().into()
}

/// What is to be written next: `len` bytes at `bytes`, 0 if there is nothing to say.
///
/// # Safety
/// Both were placed; `bytes` and `len` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_uplink_outgoing(
    uplink: *mut sw_uplink,
    now: u64,
    host: *mut sw_host,
    bytes: *mut *const u8,
    len: *mut usize,
) -> sw_error {
    let tell = || {
        // SAFETY: as asked for.
        let (uplink, host) = unsafe { (lent::at(uplink)?, lent::at(host)?) };
        // SAFETY: as asked for.
        let (bytes, len) = unsafe { (lent::at(bytes)?, lent::at(len)?) };
        let outgoing = uplink.0.outgoing(Instant::from_micros(now), &mut host.0);
        (*bytes, *len) = (outgoing.as_ptr(), outgoing.len());
        Ok(())
    };
    tell().into()
}

/// The port took `taken` bytes of that.
///
/// # Safety
/// Both were placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_uplink_taken(
    uplink: *mut sw_uplink,
    now: u64,
    host: *mut sw_host,
    taken: usize,
) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(uplink)?.0.handle_taken(Instant::from_micros(now), &mut lent::at(host)?.0, taken);
        Ok(())
    };
    hear().into()
}

/// Packets that were damaged on a line since it was placed, or what the damage left of them. 0 for null.
///
/// # Safety
/// `uplink` was placed, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_uplink_dropped(uplink: *const sw_uplink) -> u32 {
    // SAFETY: as asked for.
    unsafe { uplink.as_ref() }.map_or(0, |uplink| uplink.0.wire().dropped().packets)
}
