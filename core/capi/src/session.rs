//! What comes from and goes to the sessions of a [`sw_host`], by their index.

use stillwire::Instant;
use stillwire::link::frame::Outcome;
use stillwire::link::message::BadReply;

use crate::error::sw_error;
use crate::host::sw_host;
use crate::lent;
use crate::monitor::Signals;
use crate::signal::sw_signal;
use crate::status::{exit, hint, sw_evidence, sw_status};

/// Session `session` printed `output`. What it said out loud goes to `signals`, the first `room` of it; `count` is how many there
/// were, which may be more. Both may be null. Of more than half the history at once readers lose some.
///
/// # Safety
/// `host` was placed; `output` has `len` bytes, `signals` `room` places; `count` can be written, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_output(
    host: *mut sw_host,
    now: u64,
    session: usize,
    output: *const u8,
    len: usize,
    signals: *mut sw_signal,
    room: usize,
    count: *mut usize,
) -> sw_error {
    let hear = || {
        // SAFETY: as asked for.
        let (host, output) = unsafe { (lent::at(host)?, lent::slice(output, len)?) };
        // SAFETY: as asked for.
        let mut signals = unsafe { Signals::new(signals, room, count)? };
        let printed = host.0.handle_output(Instant::from_micros(now), session, output);
        for token in printed.ok_or(sw_error::SW_E_ARGUMENT)? {
            signals.hear(&token);
        }
        Ok(())
    };
    hear().into()
}

/// What was typed for `session` and its port has not taken yet: `len` bytes at `typed`, until the host is told anything else.
/// After a wrap-around there may be more behind them: take these and ask again.
///
/// # Safety
/// `host` was placed; `typed` and `len` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_typed(
    host: *const sw_host,
    session: usize,
    typed: *mut *const u8,
    len: *mut usize,
) -> sw_error {
    let tell = || {
        // SAFETY: as asked for.
        let host = unsafe { host.as_ref() }.ok_or(sw_error::SW_E_NULL)?;
        // SAFETY: as asked for.
        let (typed, len) = unsafe { (lent::at(typed)?, lent::at(len)?) };
        let bytes = host.0.session(session).ok_or(sw_error::SW_E_ARGUMENT)?.typed().0;
        (*typed, *len) = (bytes.as_ptr(), bytes.len());
        Ok(())
    };
    tell().into()
}

/// The port took `taken` of these bytes.
///
/// # Safety
/// `host` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_taken(
    host: *mut sw_host,
    now: u64,
    session: usize,
    taken: usize,
) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(host)?.0.handle_typed(Instant::from_micros(now), session, taken);
        Ok(())
    };
    hear().into()
}

/// Somebody looked at the foreground job of `session`: SW_HINT_BUSY, SW_HINT_BLOCKED or SW_HINT_NEITHER.
///
/// # Safety
/// `host` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_hint(host: *mut sw_host, now: u64, session: usize, seen: u32) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(host)?.0.handle_hint(Instant::from_micros(now), session, hint(seen)?);
        Ok(())
    };
    hear().into()
}

/// `session` ended, by itself or `killed` by the signal `code`; all that it printed was handed over before.
///
/// # Safety
/// `host` was placed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_exit(
    host: *mut sw_host,
    now: u64,
    session: usize,
    code: i32,
    killed: bool,
) -> sw_error {
    // SAFETY: as asked for.
    let hear = || unsafe {
        lent::at(host)?.0.handle_exit(Instant::from_micros(now), session, exit(code, killed));
        Ok(())
    };
    hear().into()
}

/// Whoever watches `session` is told `payload` under `key`, now or when they come: the latest, those with a low `priority` number
/// first. SW_E_FULL: there is no room for it, and the key keeps what it had.
///
/// # Safety
/// `host` was placed; `payload` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_publish(
    host: *mut sw_host,
    session: usize,
    key: u32,
    priority: u8,
    payload: *const u8,
    len: usize,
) -> sw_error {
    let hear = || {
        // SAFETY: as asked for.
        let (host, payload) = unsafe { (lent::at(host)?, lent::slice(payload, len)?) };
        let published = host.0.publish(session, key, priority, payload).ok_or(sw_error::SW_E_ARGUMENT)?;
        published.map_err(|_| sw_error::SW_E_FULL)
    };
    hear().into()
}

/// How a message was handled: it was, and the payload is the answer.
pub const SW_OUTCOME_DONE: u32 = 0;
/// How a message was handled: nobody is there for its channel.
pub const SW_OUTCOME_NO_HANDLER: u32 = 1;

/// Answers the message `id` of `client`, connected or not. SW_E_STATE: it did not ask that, or was answered; SW_E_SIZE: the payload
/// is longer than `answers` or any body.
///
/// # Safety
/// `host` was placed; `payload` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_reply(
    host: *mut sw_host,
    client: u64,
    id: u64,
    outcome: u32,
    payload: *const u8,
    len: usize,
) -> sw_error {
    let hear = || {
        // SAFETY: as asked for.
        let (host, payload) = unsafe { (lent::at(host)?, lent::slice(payload, len)?) };
        let outcome = match outcome {
            SW_OUTCOME_DONE => Outcome::Done,
            SW_OUTCOME_NO_HANDLER => Outcome::NoHandler,
            _ => return Err(sw_error::SW_E_ARGUMENT),
        };
        host.0.reply(client, id, outcome, payload).map_err(|bad| match bad {
            BadReply::NotOpen => sw_error::SW_E_STATE,
            BadReply::TooLong { .. } => sw_error::SW_E_SIZE,
        })
    };
    hear().into()
}

/// What `session` is doing, as its peers are told; `evidence` may be null.
///
/// # Safety
/// `host` was placed; `status` can be written; `evidence` can be written, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_host_status(
    host: *const sw_host,
    session: usize,
    status: *mut sw_status,
    evidence: *mut sw_evidence,
) -> sw_error {
    let tell = || {
        // SAFETY: as asked for.
        let host = unsafe { host.as_ref() }.ok_or(sw_error::SW_E_NULL)?;
        let session = host.0.session(session).ok_or(sw_error::SW_E_ARGUMENT)?;
        lent::writable(status)?;
        // SAFETY: not null, and as asked for.
        unsafe { status.write(session.status().into()) };
        if !evidence.is_null() {
            // SAFETY: as above.
            unsafe { evidence.write(session.evidence().into()) };
        }
        Ok(())
    };
    tell().into()
}
