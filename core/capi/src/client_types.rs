//! The words of [`sw_client`](crate::sw_client). Integers of fixed width at fixed places: a page reads them from memory.

use core::ptr;

use stillwire::idle::{Exit, Reason as Idle, Status as Session};
use stillwire::link::client::{Client, Event, Heard};
use stillwire::link::frame::Role;
use stillwire::link::reconnect::{Reason, Status};
use stillwire::{Duration, Instant};

/// May only look.
pub const SW_CLIENT_VIEWER: u32 = 0;
/// May type.
pub const SW_CLIENT_CONTROLLER: u32 = 1;

/// News: there is a network, again or another one.
pub const SW_CLIENT_ONLINE: u32 = 0;
/// News: there is none.
pub const SW_CLIENT_OFFLINE: u32 = 1;
/// News: the machine slept, or whoever runs this stood still.
pub const SW_CLIENT_WAKE: u32 = 2;
/// News: the page is visible again.
pub const SW_CLIENT_VISIBLE: u32 = 3;
/// News: the user asks for the link.
pub const SW_CLIENT_USER: u32 = 4;
/// News: the user leaves.
pub const SW_CLIENT_LEAVE: u32 = 5;

/// Bytes of the longest frame that a client sends.
pub const SW_CLIENT_FRAME: usize = 16388;
const _: () = assert!(SW_CLIENT_FRAME == stillwire::link::frame::MAX_FRAME);
/// Instead of an instant or a span: there is none.
pub const SW_CLIENT_NEVER: u64 = u64::MAX;
/// sw_client_saved: there is a place.
pub const SW_CLIENT_HAS_PLACE: u32 = 1;
/// sw_client_saved: a host is known.
pub const SW_CLIENT_HAS_HOST: u32 = 2;

/// How a client is to be.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sw_client_config {
    /// Random: names this client to hosts.
    pub id: u64,
    /// Random, and another one.
    pub seed: u64,
    /// SW_CLIENT_VIEWER or SW_CLIENT_CONTROLLER.
    pub role: u32,
    /// Not 0: it shows a terminal; if it comes new or too late it gets the screen rather than old output.
    pub screen: u32,
    /// The host may be so many bytes of output ahead of sw_client_shown; 0: the link holds it back.
    pub window: u32,
    /// 0.
    pub zero: u32,
}

/// What lets a client in, and to what. Not kept.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sw_client_credentials {
    /// The secret, at most 64 bytes.
    pub token: *const u8,
    /// So many.
    pub token_len: usize,
    /// The name of the session, at most 64 bytes of UTF-8; none: the only one.
    pub session: *const u8,
    /// So many.
    pub session_len: usize,
}

/// For a client that comes after this one.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sw_client_saved {
    /// Which life of the session,
    pub epoch: u64,
    /// and how much of its output was shown.
    pub offset: u64,
    /// The same life, as of the last welcome.
    pub known_epoch: u64,
    /// The number of the first typed byte that is kept.
    pub base: u64,
    /// The number of the first one that was never sent.
    pub sent: u64,
    /// Since which connection the host knows this client.
    pub known_since: u32,
    /// SW_CLIENT_HAS_PLACE, SW_CLIENT_HAS_HOST.
    pub has: u32,
}

/// What the driver has to do, or to tell.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sw_client_event {
    /// SW_CLIENT_TYPED_LOST: so many bytes.
    pub count: u64,
    /// Which.
    pub kind: u32,
    /// SW_CLIENT_DIAL, SW_CLIENT_CLOSE: which connection.
    pub generation: u32,
    /// SW_CLIENT_CLOSE: why, as a WebSocket says it.
    pub code: u32,
    /// Nothing.
    pub zero: u32,
}

/// Dial; say sw_client_connected when messages can be sent.
pub const SW_CLIENT_DIAL: u32 = 1;
/// Close this connection, or stop dialing it, after one more frame.
pub const SW_CLIENT_CLOSE: u32 = 2;
/// The status has changed: ask.
pub const SW_CLIENT_STATUS: u32 = 3;
/// Typed bytes are dropped, because nobody knows whether the session was given them, or because it is another.
pub const SW_CLIENT_TYPED_LOST: u32 = 4;
/// Something that this interface has no word for.
pub const SW_CLIENT_OTHER: u32 = 0;

/// What a message means to whoever shows the session.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sw_client_heard {
    /// Output, restart: where the output goes on, before `bytes`.
    pub offset: u64,
    /// Output: the last place so far from where a terminal may go on that was shown what is before it.
    pub safe: u64,
    /// Restart: bytes that were lost. Status: for how long, in microseconds.
    pub value: u64,
    /// What to show, or to say.
    pub bytes: *const u8,
    /// So many.
    pub len: usize,
    /// Which.
    pub kind: u32,
    /// SW_HEARD_ANEW, SW_HEARD_FIRST, SW_HEARD_LAST.
    pub flags: u32,
    /// Welcome, role: the role. Resize: columns. Status: as of sw_client_facts. Closed: the code.
    pub a: u32,
    /// Resize: rows. Status: as of sw_client_facts.
    pub b: i32,
}

/// Nothing more.
pub const SW_HEARD_NOTHING: u32 = 0;
/// The host let this client in. With SW_HEARD_ANEW to another life of the session: reset the terminal.
pub const SW_HEARD_WELCOME: u32 = 1;
/// Show this.
pub const SW_HEARD_OUTPUT: u32 = 2;
/// Reset the terminal, then show this. With SW_HEARD_FIRST what was lost was before its time.
pub const SW_HEARD_RESTART: u32 = 3;
/// Show this, which is no output.
pub const SW_HEARD_SNAPSHOT: u32 = 4;
/// The output that follows was printed for this size.
pub const SW_HEARD_RESIZE: u32 = 5;
/// The session does this now.
pub const SW_HEARD_STATUS: u32 = 6;
/// What this client may do from now on.
pub const SW_HEARD_ROLE: u32 = 7;
/// The host closes the connection.
pub const SW_HEARD_CLOSED: u32 = 8;

/// Another life of the session.
pub const SW_HEARD_ANEW: u32 = 1;
/// Nothing of the session was seen before.
pub const SW_HEARD_FIRST: u32 = 2;
/// These bytes are the last of a restart.
pub const SW_HEARD_LAST: u32 = 4;

/// What can be asked.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sw_client_facts {
    /// Microseconds since the last byte of the host, or SW_CLIENT_NEVER.
    pub silence: u64,
    /// When it dials next, if that only takes time, or SW_CLIENT_NEVER.
    pub next_dial: u64,
    /// Since when the session has its status.
    pub session_since: u64,
    /// The way there and back, in microseconds, or SW_CLIENT_NEVER.
    pub rtt: u64,
    /// 0 live, 1 syncing, 2 ended, 3 disconnected.
    pub status: u32,
    /// Disconnected: the code of the close; 1 no dial came through in time, 2 silence, 3 the user left.
    pub reason: u32,
    /// What this client may do; until the host has said so, what it wants to.
    pub role: u32,
    /// 0 running, 1 idle, 2 exited, 3 ended by a signal, 4 not known.
    pub session: u32,
    /// Idle: the reason, as in the protocol. Exited: the code. Ended: the signal.
    pub session_value: i32,
    /// Bytes that sw_client_typed would take.
    pub room: u32,
    /// Typed bytes that the host has not acknowledged.
    pub kept: u32,
    /// The connection that counts; 0: none.
    pub generation: u32,
}

#[cfg(target_pointer_width = "32")]
const _: () = {
    use core::mem::offset_of;
    // What runner-std/web/src/core.ts reads.
    assert!(size_of::<sw_client_saved>() == 48 && size_of::<sw_client_config>() == 32);
    assert!(size_of::<sw_client_event>() == 24 && offset_of!(sw_client_event, kind) == 8);
    assert!(size_of::<sw_client_heard>() == 48 && offset_of!(sw_client_heard, bytes) == 24);
    assert!(size_of::<sw_client_facts>() == 64 && offset_of!(sw_client_facts, status) == 32);
};

impl sw_client_heard {
    pub(crate) const NOTHING: Self = Self {
        offset: 0,
        safe: 0,
        value: 0,
        bytes: ptr::null(),
        len: 0,
        kind: SW_HEARD_NOTHING,
        flags: 0,
        a: 0,
        b: 0,
    };

    pub(crate) fn new(heard: &Heard<'_>, safe: u64) -> Self {
        let flag = |on: bool, flag| if on { flag } else { 0 };
        let none = Self { safe, ..Self::NOTHING };
        let with = |kind, bytes: &[u8]| Self { kind, bytes: bytes.as_ptr(), len: bytes.len(), ..none };
        match *heard {
            Heard::Welcome { role, anew } => {
                Self { kind: SW_HEARD_WELCOME, a: number(role), flags: flag(anew, SW_HEARD_ANEW), ..none }
            }
            Heard::Output { offset, bytes } => Self { offset, ..with(SW_HEARD_OUTPUT, bytes) },
            Heard::Restart { lost, first, offset, bytes, last } => Self {
                offset,
                value: lost,
                flags: flag(first, SW_HEARD_FIRST) | flag(last, SW_HEARD_LAST),
                ..with(SW_HEARD_RESTART, bytes)
            },
            Heard::Snapshot { bytes, last } => {
                Self { flags: flag(last, SW_HEARD_LAST), ..with(SW_HEARD_SNAPSHOT, bytes) }
            }
            Heard::Resize(size) => {
                Self { kind: SW_HEARD_RESIZE, a: u32::from(size.columns), b: i32::from(size.rows), ..none }
            }
            Heard::Status { status, age } => {
                let (a, b) = session(Some(status));
                Self { kind: SW_HEARD_STATUS, a, b, value: age.as_micros(), ..none }
            }
            Heard::Role(role) => Self { kind: SW_HEARD_ROLE, a: number(role), ..none },
            Heard::Closed { reason, text } => {
                Self { a: u32::from(reason.code()), ..with(SW_HEARD_CLOSED, text.as_bytes()) }
            }
            _ => none,
        }
    }
}

impl From<&Event> for sw_client_event {
    fn from(event: &Event) -> Self {
        let none = Self { count: 0, kind: SW_CLIENT_OTHER, generation: 0, code: 0, zero: 0 };
        match *event {
            Event::Dial(generation) => Self { kind: SW_CLIENT_DIAL, generation: generation.get(), ..none },
            Event::Close(generation, reason) => {
                let code = u32::from(reason.code());
                Self { kind: SW_CLIENT_CLOSE, generation: generation.get(), code, ..none }
            }
            Event::Status(_) => Self { kind: SW_CLIENT_STATUS, ..none },
            Event::TypedLost(count) => Self { kind: SW_CLIENT_TYPED_LOST, count, ..none },
            _ => none,
        }
    }
}

impl sw_client_facts {
    pub(crate) fn new<B: AsRef<[u8]> + AsMut<[u8]>>(client: &Client<B>, now: Instant) -> Self {
        let span = |span: Option<Duration>| span.map_or(SW_CLIENT_NEVER, Duration::as_micros);
        let instant = |at: Option<Instant>| at.map_or(SW_CLIENT_NEVER, Instant::as_micros);
        let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (status, reason) = status(client.status());
        let known = client.session_status();
        let (session, session_value) = session(known.map(|(status, _)| status));
        let (older, newer) = client.unacknowledged();
        Self {
            silence: span(client.silence(now)),
            next_dial: instant(client.next_dial()),
            session_since: instant(known.map(|(_, since)| since)),
            rtt: span(client.rtt().and_then(|rtt| rtt.srtt())),
            status,
            reason,
            role: number(client.role()),
            session,
            session_value,
            room: small(client.wants_input()),
            kept: small(older.len().saturating_add(newer.len())),
            generation: client.generation().map_or(0, |generation| generation.get()),
        }
    }
}

fn number(role: Role) -> u32 {
    if role == Role::Viewer { SW_CLIENT_VIEWER } else { SW_CLIENT_CONTROLLER }
}

fn status(status: Status) -> (u32, u32) {
    match status {
        Status::Live => (0, 0),
        Status::Syncing => (1, 0),
        Status::Ended => (2, 0),
        Status::Disconnected(Reason::Closed(reason)) => (3, u32::from(reason.code())),
        Status::Disconnected(Reason::DialTimeout) => (3, 1),
        Status::Disconnected(Reason::Silent) => (3, 2),
        Status::Disconnected(_) => (3, 3),
    }
}

fn session(status: Option<Session>) -> (u32, i32) {
    match status {
        Some(Session::Running) => (0, 0),
        Some(Session::Idle(reason)) => (1, idle(reason)),
        Some(Session::Exited(Exit::Code(code))) => (2, code),
        Some(Session::Exited(Exit::Signal(signal))) => (3, signal),
        None => (4, 0),
    }
}

/// As in the protocol.
fn idle(reason: Idle) -> i32 {
    match reason {
        Idle::NeverActive => 0,
        Idle::Quiet => 1,
        Idle::Repainting => 2,
        Idle::AtPrompt => 3,
        Idle::AwaitingInput => 4,
        Idle::Bell => 5,
        _ => 1,
    }
}
