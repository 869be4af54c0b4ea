//! What a host reports: [`sw_event`].

use stillwire::Instant;
use stillwire::link::frame::Role;
use stillwire::link::host::{Event, PeerId};
use stillwire::link::linger;
use stillwire::link::replay::Attach;

use crate::error::sw_error;
use crate::host::sw_host;
use crate::lent;
use crate::status::sw_status;

/// May read.
pub const SW_ROLE_VIEWER: u32 = 0;
/// May read, write and resize.
pub const SW_ROLE_CONTROLLER: u32 = 1;

/// One connection: a slot, and a number that tells it from all that had the slot before. None: generation 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct sw_peer {
    /// Index of the slot.
    pub slot: u16,
    /// Never 0.
    pub generation: u32,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sw_event_kind {
    /// A client is in: peer, session, role, attach.
    SW_EVENT_ATTACHED = 0,
    /// A connection is over, close it now: peer, has_session, session, reason, lost.
    SW_EVENT_DETACHED = 1,
    /// The session's terminal has this size now, tell the port: session, columns, rows.
    SW_EVENT_RESIZE = 2,
    /// The status of a session changed; its peers are told by the host: session, at, status.
    SW_EVENT_STATUS = 3,
    /// Nobody uses the host, exit: at, connected.
    SW_EVENT_EXIT = 4,
    /// One that this version of the interface has no number for.
    SW_EVENT_OTHER = 5,
}

/// How a client goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sw_attach {
    /// It gets every byte that it missed, once.
    SW_ATTACH_EXACT = 0,
    /// Some of that has been forgotten: it is told how much, and goes on from a safe place.
    SW_ATTACH_TAIL = 1,
    /// What it has, if anything, is of another stream: it begins afresh.
    SW_ATTACH_REANCHOR = 2,
}

/// An event. Which fields mean something says its kind; the others are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct sw_event {
    /// What happened.
    pub kind: sw_event_kind,
    /// Whose.
    pub peer: sw_peer,
    /// Of which session.
    pub session: usize,
    /// Whether there is one: if not, the peer was never let in.
    pub has_session: bool,
    /// Whether anyone was connected when the host decided to go.
    pub connected: bool,
    /// Why a connection is over: a close code, as of WebSockets.
    pub reason: u16,
    /// Columns of the terminal.
    pub columns: u16,
    /// Its rows.
    pub rows: u16,
    /// What a client may do: SW_ROLE_VIEWER or SW_ROLE_CONTROLLER.
    pub role: u32,
    /// How it goes on.
    pub attach: sw_attach,
    /// What the session does.
    pub status: sw_status,
    /// Since when.
    pub at: u64,
    /// Bytes of output that the peer was told are lost.
    pub lost: u64,
}

/// What is due and what has to be told, one by one: SW_NOTHING if nothing is left. Ask until then, and give each event to
/// sw_uplink_event.
///
/// # Safety
/// `host` was placed; `event` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_poll(host: *mut sw_host, now: u64, event: *mut sw_event) -> sw_error {
    let poll = || {
        // SAFETY: as asked for.
        let host = unsafe { lent::at(host)? };
        lent::writable(event)?;
        let told = host.0.poll(Instant::from_micros(now)).ok_or(sw_error::SW_NOTHING)?;
        // SAFETY: not null, and as asked for.
        unsafe { event.write(told.into()) };
        Ok(())
    };
    poll().into()
}

pub(crate) fn role(role: Role) -> u32 {
    match role {
        Role::Viewer => SW_ROLE_VIEWER,
        Role::Controller => SW_ROLE_CONTROLLER,
    }
}

impl sw_event {
    const fn new(kind: sw_event_kind) -> Self {
        Self {
            kind,
            peer: sw_peer { slot: 0, generation: 0 },
            session: 0,
            has_session: false,
            connected: false,
            reason: 0,
            columns: 0,
            rows: 0,
            role: SW_ROLE_VIEWER,
            attach: sw_attach::SW_ATTACH_EXACT,
            status: sw_status::RUNNING,
            at: 0,
            lost: 0,
        }
    }
}

impl From<Event> for sw_event {
    fn from(event: Event) -> Self {
        use sw_event_kind::*;
        match event {
            Event::Attached { peer, session, role: allowed, attach } => Self {
                peer: peer.into(),
                session,
                has_session: true,
                role: role(allowed),
                attach: attach.into(),
                ..Self::new(SW_EVENT_ATTACHED)
            },
            Event::Detached { peer, session, reason, lost } => Self {
                peer: peer.into(),
                session: session.unwrap_or(0),
                has_session: session.is_some(),
                reason: reason.code(),
                lost,
                ..Self::new(SW_EVENT_DETACHED)
            },
            Event::Resize { session, size } => Self {
                session,
                has_session: true,
                columns: size.columns,
                rows: size.rows,
                ..Self::new(SW_EVENT_RESIZE)
            },
            Event::Status { session, event } => Self {
                session,
                has_session: true,
                at: event.at.as_micros(),
                status: event.status.into(),
                ..Self::new(SW_EVENT_STATUS)
            },
            Event::Exit(exit) => Self {
                at: exit.at.as_micros(),
                connected: exit.reason == linger::Reason::NoActivity,
                ..Self::new(SW_EVENT_EXIT)
            },
            _ => Self::new(SW_EVENT_OTHER),
        }
    }
}

impl From<PeerId> for sw_peer {
    fn from(peer: PeerId) -> Self {
        Self { slot: peer.slot, generation: peer.generation }
    }
}

impl From<sw_peer> for PeerId {
    fn from(peer: sw_peer) -> Self {
        Self { slot: peer.slot, generation: peer.generation }
    }
}

impl From<Attach> for sw_attach {
    fn from(attach: Attach) -> Self {
        match attach {
            Attach::Exact => Self::SW_ATTACH_EXACT,
            Attach::Tail => Self::SW_ATTACH_TAIL,
            Attach::Reanchor => Self::SW_ATTACH_REANCHOR,
        }
    }
}
