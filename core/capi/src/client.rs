//! The client of a link of messages: [`sw_client`], what a page that shows a session is made of.

use core::ffi::c_void;

use stillwire::link::client::{Client, Config, Credentials, Event, Heard, Saved};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::stream::Part;
use stillwire::link::frame::{HEADER, MAX_BODY, Role, Token, decode, encode};
use stillwire::link::history::Size;
use stillwire::link::reconnect::Generation;
use stillwire::link::replay::Place;
use stillwire::scan::Seams;
use stillwire::{Duration, Instant};

use crate::client_types::*;
use crate::error::{Result, sw_error};
use crate::lent;

/// Bytes of a client.
#[cfg(target_pointer_width = "32")]
pub const SW_CLIENT_SIZE: usize = 1280;
/// Bytes of a client.
#[cfg(target_pointer_width = "64")]
pub const SW_CLIENT_SIZE: usize = 1280;
/// Its alignment.
pub const SW_CLIENT_ALIGN: usize = 8;
const _: () = assert!(size_of::<sw_client>() <= SW_CLIENT_SIZE);
const _: () = assert!(align_of::<sw_client>() <= SW_CLIENT_ALIGN);
/// The clock of the wall ahead of the other one by so much: the machine slept.
const SLEPT: Duration = Duration::from_secs(2);

/// Keeps a link to one session of a host over connections that come and go: WebSockets, one frame in each message.
pub struct sw_client {
    client: Client<&'static mut [u8]>,
    /// The connection that was dialed or closed last.
    dialed: Option<Generation>,
    /// Where a terminal that saw the output up to somewhere may be followed by another.
    seams: Seams,
    /// Both clocks, when they were read last.
    clocks: Option<(u64, u64)>,
}

impl sw_client {
    fn generation(&self, generation: u32) -> Result<Generation> {
        let ours = [self.client.generation(), self.dialed];
        let found = ours.into_iter().flatten().find(|ours| ours.get() == generation);
        found.ok_or(sw_error::SW_E_STALE)
    }
}

fn at(micros: u64) -> Instant {
    Instant::from_micros(micros)
}

fn role(role: u32) -> Role {
    if role == SW_CLIENT_VIEWER { Role::Viewer } else { Role::Controller }
}

/// Places a client that wants a link from `now` on.
///
/// # Safety
/// `storage` has `size` bytes, which are the client's from now on, as are the `typed_len` bytes at `typed`, which bound what waits
/// for the host; `config` can be read, `client` written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_init(
    storage: *mut c_void,
    size: usize,
    config: *const sw_client_config,
    typed: *mut u8,
    typed_len: usize,
    now: u64,
    client: *mut *mut sw_client,
) -> sw_error {
    let place = || {
        // SAFETY: as asked for.
        let (config, typed) =
            unsafe { (config.as_ref().ok_or(sw_error::SW_E_NULL)?, lent::slice_mut(typed, typed_len)?) };
        let (role, screen, window) = (role(config.role), config.screen != 0, config.window);
        let config_of = Config { role, screen, window, ..Config::DEFAULT };
        let core = Client::new(config_of, config.id, config.seed, typed, &mut [][..], at(now));
        let new = sw_client { client: core, dialed: None, seams: Seams::new(0), clocks: None };
        // SAFETY: as asked for.
        unsafe { lent::put(storage, size, client, move || new) }
    };
    place().into()
}

/// Goes on where another client left, whose id this one has: with what sw_client_save said, and the `len` typed bytes that went
/// with it. To be called before anything else.
///
/// # Safety
/// `client` was placed; `saved` can be read, and `len` bytes at `typed`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_restore(
    client: *mut sw_client,
    saved: *const sw_client_saved,
    typed: *const u8,
    len: usize,
) -> sw_error {
    let restore = || {
        // SAFETY: as asked for.
        let (this, saved, typed) = unsafe {
            (lent::at(client)?, saved.as_ref().ok_or(sw_error::SW_E_NULL)?, lent::slice(typed, len)?)
        };
        let has = |flag: u32| saved.has & flag != 0;
        let place = Place { epoch: saved.epoch, offset: saved.offset };
        let known = (saved.known_epoch, saved.known_since);
        let saved = Saved {
            place: has(SW_CLIENT_HAS_PLACE).then_some(place),
            known: has(SW_CLIENT_HAS_HOST).then_some(known),
            base: saved.base,
            sent: saved.sent,
        };
        if saved.place.is_some() {
            this.seams = Seams::new(place.offset);
        }
        this.client.handle_saved(&saved, typed).map_err(|_| sw_error::SW_E_FULL)
    };
    restore().into()
}

/// What a client that comes after this one has to know, and up to `room` bytes of what was typed and is not acknowledged. `offset` is
/// how far the output was shown: at a place that `safe` of an output named.
///
/// # Safety
/// `client` was placed; `saved` and `len` can be written, and `room` bytes at `typed`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_save(
    client: *mut sw_client,
    offset: u64,
    saved: *mut sw_client_saved,
    typed: *mut u8,
    room: usize,
    len: *mut usize,
) -> sw_error {
    let save = || {
        // SAFETY: as asked for.
        let (this, into, typed, len) =
            unsafe { (lent::at(client)?, lent::at(saved)?, lent::slice_mut(typed, room)?, lent::at(len)?) };
        let saved = this.client.saved();
        let place = saved.place.filter(|place| offset <= place.offset);
        let has = |known: bool, flag| if known { flag } else { 0 };
        *into = sw_client_saved {
            epoch: place.map_or(0, |place| place.epoch),
            offset: place.map_or(0, |_| offset),
            known_epoch: saved.known.map_or(0, |(epoch, _)| epoch),
            base: saved.base,
            sent: saved.sent,
            known_since: saved.known.map_or(0, |(_, since)| since),
            has: has(place.is_some(), SW_CLIENT_HAS_PLACE) | has(saved.known.is_some(), SW_CLIENT_HAS_HOST),
        };
        let (older, newer) = this.client.unacknowledged();
        let mut kept = older.iter().chain(newer);
        let mut count = 0usize;
        for (slot, byte) in typed.iter_mut().zip(&mut kept) {
            (*slot, count) = (*byte, count.saturating_add(1));
        }
        *len = count;
        if kept.next().is_some() { Err(sw_error::SW_E_SIZE) } else { Ok(()) }
    };
    save().into()
}

/// A connection that was dialed is there.
///
/// # Safety
/// `client` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_connected(client: *mut sw_client, now: u64, generation: u32) -> sw_error {
    // SAFETY: as asked for.
    unsafe { on(client, generation, |this, generation| this.client.handle_connected(at(now), generation)) }
}

/// A connection took all that was handed out.
///
/// # Safety
/// `client` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_flushed(client: *mut sw_client, now: u64, generation: u32) -> sw_error {
    // SAFETY: as asked for.
    unsafe { on(client, generation, |this, generation| this.client.handle_flushed(at(now), generation)) }
}

/// A connection took some of what was handed out.
///
/// # Safety
/// `client` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_written(client: *mut sw_client, now: u64, generation: u32) -> sw_error {
    // SAFETY: as asked for.
    unsafe { on(client, generation, |this, generation| this.client.handle_written(at(now), generation)) }
}

/// A connection is gone, or could not be made, with the code of a WebSocket: 1006 if nobody said why.
///
/// # Safety
/// `client` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_closed(
    client: *mut sw_client,
    now: u64,
    generation: u32,
    code: u16,
) -> sw_error {
    let reason = CloseReason::from_code(code);
    // SAFETY: as asked for.
    unsafe {
        on(client, generation, |this, generation| this.client.handle_closed(at(now), generation, reason))
    }
}

/// # Safety
/// `client` was placed, or is null.
unsafe fn on<E>(
    client: *mut sw_client,
    generation: u32,
    tell: impl FnOnce(&mut sw_client, Generation) -> core::result::Result<(), E>,
) -> sw_error {
    // SAFETY: as asked for.
    let this = unsafe { lent::at(client) };
    let told = this.and_then(|this| {
        let generation = this.generation(generation)?;
        tell(this, generation).map_err(|_| sw_error::SW_E_STALE)
    });
    told.into()
}

/// A message of `len` bytes came on a connection; `heard` says what it means. What it points to is in the message.
///
/// # Safety
/// `client` was placed; `message` has `len` bytes, `heard` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_message(
    client: *mut sw_client,
    now: u64,
    generation: u32,
    message: *const u8,
    len: usize,
    heard: *mut sw_client_heard,
) -> sw_error {
    let hear = || {
        // SAFETY: as asked for.
        let (this, message, into) =
            unsafe { (lent::at(client)?, lent::slice(message, len)?, lent::at(heard)?) };
        let generation = this.generation(generation)?;
        let stale = |_| sw_error::SW_E_STALE;
        let sw_client { client, seams, .. } = this;
        client.handle_received(at(now), generation).map_err(stale)?;
        *into = sw_client_heard::NOTHING;
        let heard = match decode(message) {
            _ if message.is_empty() => Heard::Nothing,
            Ok(frame) => {
                client.handle_part(at(now), generation, Part { frame, at: 0, rest: 0 }).map_err(stale)?
            }
            Err(error) => {
                client.handle_broken(at(now), generation, error).map_err(stale)?;
                Heard::Nothing
            }
        };
        match heard {
            Heard::Restart { offset, .. } => *seams = Seams::new(offset),
            Heard::Welcome { anew: true, .. } => *seams = Seams::new(0),
            Heard::Output { bytes, .. } => seams.handle(bytes),
            _ => {}
        }
        *into = sw_client_heard::new(&heard, seams.last());
        Ok(())
    };
    hear().into()
}

/// Something of the world or of the person: one of SW_CLIENT_ONLINE to SW_CLIENT_LEAVE.
///
/// # Safety
/// `client` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_news(client: *mut sw_client, now: u64, news: u32) -> sw_error {
    // SAFETY: as asked for.
    let told = unsafe { lent::at(client) }.and_then(|this| {
        match news {
            SW_CLIENT_ONLINE => this.client.handle_online(at(now)),
            SW_CLIENT_OFFLINE => this.client.handle_offline(at(now)),
            SW_CLIENT_WAKE => this.client.handle_wake(at(now)),
            SW_CLIENT_VISIBLE => this.client.handle_visible(at(now)),
            SW_CLIENT_USER => this.client.handle_user(at(now)),
            SW_CLIENT_LEAVE => this.client.handle_leave(at(now)),
            _ => return Err(sw_error::SW_E_ARGUMENT),
        }
        Ok(())
    });
    told.into()
}

/// Both clocks, before each poll: `now`, which may stand still while the machine sleeps, and that of the wall. Where the second ran
/// ahead, the machine slept.
///
/// # Safety
/// `client` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_clocks(client: *mut sw_client, now: u64, wall: u64) -> sw_error {
    // SAFETY: as asked for.
    let told = unsafe { lent::at(client) }.map(|this| {
        if let Some((before, then)) = this.clocks.replace((now, wall)) {
            let ahead = wall.saturating_sub(then).saturating_sub(now.saturating_sub(before));
            if ahead >= SLEPT.as_micros() {
                this.client.handle_wake(at(now));
            }
        }
    });
    told.into()
}

/// Something was typed: SW_E_FULL if there is no room for all of it.
///
/// # Safety
/// `client` was placed; `bytes` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_typed(
    client: *mut sw_client,
    now: u64,
    bytes: *const u8,
    len: usize,
) -> sw_error {
    let take = || {
        // SAFETY: as asked for.
        let (this, bytes) = unsafe { (lent::at(client)?, lent::slice(bytes, len)?) };
        this.client.handle_typed(at(now), bytes).map_err(|_| sw_error::SW_E_FULL)
    };
    take().into()
}

/// The terminal has this size now.
///
/// # Safety
/// `client` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_resize(
    client: *mut sw_client,
    now: u64,
    columns: u16,
    rows: u16,
) -> sw_error {
    // SAFETY: as asked for.
    let told = unsafe { lent::at(client) };
    told.map(|this| this.client.handle_resize(at(now), Size { columns, rows })).into()
}

/// The output was shown up to `offset`, so of a client with a window the host may send more: ask for the next frame.
///
/// # Safety
/// `client` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_shown(client: *mut sw_client, now: u64, offset: u64) -> sw_error {
    // SAFETY: as asked for.
    unsafe { lent::at(client) }.map(|this| this.client.handle_shown(at(now), offset)).into()
}

/// What to be from now on: SW_CLIENT_VIEWER or SW_CLIENT_CONTROLLER.
///
/// # Safety
/// `client` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_role(client: *mut sw_client, now: u64, wanted: u32) -> sw_error {
    // SAFETY: as asked for.
    unsafe { lent::at(client) }.map(|this| this.client.handle_role(at(now), role(wanted))).into()
}

/// What has to be done or told: SW_NOTHING when that is all.
///
/// # Safety
/// `client` was placed, `event` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_poll(
    client: *mut sw_client,
    now: u64,
    event: *mut sw_client_event,
) -> sw_error {
    let poll = || {
        // SAFETY: as asked for.
        let (this, into) = unsafe { (lent::at(client)?, lent::at(event)?) };
        let event = this.client.poll(at(now)).ok_or(sw_error::SW_NOTHING)?;
        match event {
            Event::Dial(generation) => this.dialed = Some(generation),
            Event::Close(generation, _) => this.dialed = Some(generation), // for one more frame
            _ => {}
        }
        *into = sw_client_event::from(&event);
        Ok(())
    };
    poll().into()
}

/// When to poll next; SW_NOTHING if only input can change anything.
///
/// # Safety
/// `client` was placed, `due` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_poll_at(client: *const sw_client, due: *mut u64) -> sw_error {
    let ask = || {
        // SAFETY: as asked for.
        let (this, due) = unsafe { (client.as_ref().ok_or(sw_error::SW_E_NULL)?, lent::at(due)?) };
        *due = this.client.poll_at().ok_or(sw_error::SW_NOTHING)?.at.as_micros();
        Ok(())
    };
    ask().into()
}

/// Writes the next frame for a connection into `into` and its length into `len`; SW_NOTHING if there is none. `into` has room for
/// a frame of SW_CLIENT_FRAME bytes; ask for one only while the connection has as much.
///
/// # Safety
/// `client` was placed; `token` and `session` have so many bytes, `into` has `room`, `len` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_next_frame(
    client: *mut sw_client,
    now: u64,
    generation: u32,
    credentials: *const sw_client_credentials,
    into: *mut u8,
    room: usize,
    len: *mut usize,
) -> sw_error {
    let write = || {
        // SAFETY: as asked for.
        let (this, credentials, into, len) = unsafe {
            (
                lent::at(client)?,
                credentials.as_ref().ok_or(sw_error::SW_E_NULL)?,
                lent::slice_mut(into, room)?,
                lent::at(len)?,
            )
        };
        // SAFETY: as asked for.
        let (token, session) = unsafe {
            (
                lent::slice(credentials.token, credentials.token_len)?,
                lent::slice(credentials.session, credentials.session_len)?,
            )
        };
        let session = str::from_utf8(session).map_err(|_| sw_error::SW_E_ARGUMENT)?;
        let credentials = Credentials { token: Token(token), session };
        let generation = this.generation(generation)?;
        let body = room.saturating_sub(HEADER).min(MAX_BODY);
        let frame = this.client.next_frame(at(now), generation, &credentials, body);
        let frame = frame.ok_or(sw_error::SW_NOTHING)?;
        *len = encode(&frame, into).map_err(|_| sw_error::SW_E_SIZE)?;
        Ok(())
    };
    write().into()
}

/// Everything that can be asked, as of `now`.
///
/// # Safety
/// `client` was placed, `facts` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_client_ask(
    client: *const sw_client,
    now: u64,
    facts: *mut sw_client_facts,
) -> sw_error {
    let ask = || {
        // SAFETY: as asked for.
        let (this, into) = unsafe { (client.as_ref().ok_or(sw_error::SW_E_NULL)?, lent::at(facts)?) };
        *into = sw_client_facts::new(&this.client, at(now));
        Ok(())
    };
    ask().into()
}
