//! What comes on an uplink that the host cannot answer alone, and the answers: [`sw_heard`].

use core::ptr;

use stillwire::Instant;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{Hello, Role, Token};
use stillwire::link::host::{Heard, PeerId};
use stillwire::link::replay::Place;

use crate::error::{Result, sw_error};
use crate::event::{SW_ROLE_CONTROLLER, SW_ROLE_VIEWER, role, sw_peer};
use crate::host::sw_host;
use crate::lent;

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
    pub(crate) fn new(peer: Option<PeerId>, heard: Heard<'_>) -> Self {
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
