//! The port of a peer: [`sw_uplink`], and what comes on it that the host cannot answer alone: [`sw_heard`].

use core::ffi::c_void;
use core::ptr;

use stillwire::Instant;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{self, Hello, Role, Token};
use stillwire::link::host::{Heard, PeerId};
use stillwire::link::replay::Place;
use stillwire::pump::Uplink;

use crate::error::{Result, sw_error};
use crate::event::{SW_ROLE_CONTROLLER, SW_ROLE_VIEWER, role, sw_event, sw_event_kind, sw_peer};
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

/// What came that the host cannot answer alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sw_heard_kind {
    /// Nothing: all is done.
    SW_HOST_HEARD_NOTHING = 0,
    /// Somebody wants in: peer, client, bytes (the token), name (the session; empty: the only one), role, and hello. Call
    /// sw_host_admit or sw_host_refuse.
    SW_HOST_HEARD_HELLO = 1,
    /// A message, heard once however often it comes: client, session, id, name (the channel), bytes, at, rest. Call
    /// sw_host_reply.
    SW_HOST_HEARD_MESSAGE = 2,
    /// A client answered: client, id, bytes, at, rest.
    SW_HOST_HEARD_REPLY = 3,
}

/// What a hello says beside the rest, for the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct sw_hello {
    /// Which life of the session it knows, if has_place.
    pub epoch: u64,
    /// What it has of that.
    pub offset: u64,
    /// The number of the first typed byte that was never sent.
    pub input: u64,
    /// The longest body that it can receive.
    pub max_body: u16,
    /// The newest minor version that it knows.
    pub minor: u8,
    /// Whether it has anything.
    pub has_place: bool,
    /// Whether it rather gets a screen.
    pub screen: bool,
}

/// What came. Which fields mean something says its kind; the others are zero. Its pointers hold until the uplink is given
/// anything else, and its input.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sw_heard {
    /// What it is.
    pub kind: sw_heard_kind,
    /// On which connection.
    pub peer: sw_peer,
    /// Who, across connections.
    pub client: u64,
    /// Of which session.
    pub session: usize,
    /// What a reply names.
    pub id: u64,
    /// UTF-8, not ended by a zero.
    pub name: *const u8,
    /// Its bytes.
    pub name_len: usize,
    /// The payload, or a part of it; of a hello the token.
    pub bytes: *const u8,
    /// Its bytes.
    pub len: usize,
    /// Bytes of payload in the parts before.
    pub at: usize,
    /// Bytes of payload in the parts that still come.
    pub rest: usize,
    /// What it wants to be: SW_ROLE_VIEWER or SW_ROLE_CONTROLLER.
    pub role: u32,
    /// For sw_host_admit.
    pub hello: sw_hello,
}

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

/// Whether the `len` bytes of `hello`'s token are `secret`, in a time that depends on the lengths alone.
///
/// # Safety
/// `hello` was filled by sw_uplink_next and its pointers still hold; `secret` has `len` bytes. False for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_token_matches(hello: *const sw_heard, secret: *const u8, len: usize) -> bool {
    // SAFETY: as asked for.
    let (hello, secret) = unsafe { (hello.as_ref(), lent::slice(secret, len)) };
    let (Some(hello), Ok(secret)) = (hello, secret) else { return false };
    // SAFETY: as asked for.
    let token = unsafe { lent::slice(hello.bytes, hello.len) };
    hello.kind == sw_heard_kind::SW_HOST_HEARD_HELLO && token.is_ok_and(|token| Token(token).matches(secret))
}

/// Lets in whose hello this is: to `session`, as what it wants to be and `most` allows (SW_ROLE_VIEWER, SW_ROLE_CONTROLLER).
/// SW_E_STALE: it is gone.
///
/// # Safety
/// `host` was placed; `hello` was filled by sw_uplink_next.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_admit(
    host: *mut sw_host,
    now: u64,
    hello: *const sw_heard,
    session: usize,
    most: u32,
) -> sw_error {
    let admit = || {
        // SAFETY: as asked for.
        let host = unsafe { lent::at(host)? };
        // SAFETY: as asked for.
        let heard = unsafe { hello.as_ref() }.ok_or(sw_error::SW_E_NULL)?;
        let (most, wanted) = (role_of(most)?, role_of(heard.role)?);
        if heard.kind != sw_heard_kind::SW_HOST_HEARD_HELLO {
            return Err(sw_error::SW_E_ARGUMENT);
        }
        let hello = heard.hello(wanted);
        let admitted = host.0.admit(Instant::from_micros(now), heard.peer.into(), &hello, session, most);
        admitted.map_err(|_| sw_error::SW_E_STALE)
    };
    admit().into()
}

/// Does not let `peer` in: it is told why (a close code; 4003: token missing or wrong), and closed. SW_E_STALE: it is gone.
///
/// # Safety
/// `host` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_refuse(
    host: *mut sw_host,
    now: u64,
    peer: sw_peer,
    reason: u16,
) -> sw_error {
    let refuse = || {
        // SAFETY: as asked for.
        let host = unsafe { lent::at(host)? };
        let refused = host.0.refuse(Instant::from_micros(now), peer.into(), CloseReason::from_code(reason));
        refused.map_err(|_| sw_error::SW_E_STALE)
    };
    refuse().into()
}

fn role_of(role: u32) -> Result<Role> {
    match role {
        SW_ROLE_VIEWER => Ok(Role::Viewer),
        SW_ROLE_CONTROLLER => Ok(Role::Controller),
        _ => Err(sw_error::SW_E_ARGUMENT),
    }
}

impl sw_heard {
    fn new(peer: Option<PeerId>, heard: Heard<'_>) -> Self {
        use sw_heard_kind::*;
        let nothing = Self::nothing(peer);
        match heard {
            Heard::Hello(hello) => Self {
                kind: SW_HOST_HEARD_HELLO,
                client: hello.client,
                role: role(hello.role),
                hello: sw_hello {
                    epoch: hello.has.map_or(0, |place| place.epoch),
                    offset: hello.has.map_or(0, |place| place.offset),
                    input: hello.input,
                    max_body: hello.max_body,
                    minor: hello.minor,
                    has_place: hello.has.is_some(),
                    screen: hello.screen,
                },
                ..nothing
            }
            .carries(hello.session, hello.token.0),
            Heard::Message { client, session, id, channel, bytes, at, rest } => {
                Self { kind: SW_HOST_HEARD_MESSAGE, client, session, id, at, rest, ..nothing }
                    .carries(channel, bytes)
            }
            Heard::Reply { client, id, bytes, at, rest, .. } => {
                Self { kind: SW_HOST_HEARD_REPLY, client, id, at, rest, ..nothing }.carries("", bytes)
            }
            Heard::Nothing => nothing,
        }
    }

    fn nothing(peer: Option<PeerId>) -> Self {
        Self {
            kind: sw_heard_kind::SW_HOST_HEARD_NOTHING,
            peer: peer.map_or(sw_peer { slot: 0, generation: 0 }, sw_peer::from),
            client: 0,
            session: 0,
            id: 0,
            name: ptr::null(),
            name_len: 0,
            bytes: ptr::null(),
            len: 0,
            at: 0,
            rest: 0,
            role: SW_ROLE_VIEWER,
            hello: sw_hello {
                epoch: 0,
                offset: 0,
                input: 0,
                max_body: 0,
                minor: 0,
                has_place: false,
                screen: false,
            },
        }
    }

    fn carries(self, name: &str, bytes: &[u8]) -> Self {
        Self { name: name.as_ptr(), name_len: name.len(), bytes: bytes.as_ptr(), len: bytes.len(), ..self }
    }

    /// The hello that this was, without what only its driver looks at.
    fn hello(&self, role: Role) -> Hello<'static> {
        let sw_hello { epoch, offset, input, max_body, minor, has_place, screen } = self.hello;
        Hello {
            minor,
            role,
            max_body,
            has: has_place.then_some(Place { epoch, offset }),
            screen,
            client: self.client,
            input,
            token: Token(&[]),
            session: "",
        }
    }
}
