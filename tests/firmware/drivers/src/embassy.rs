//! A gateway as one task of Embassy, over any ports of `embedded-io-async`.

use embassy_futures::select::{Either3, select3};
use embassy_time::{Instant as Clock, Timer};
use embedded_io_async::{Read, Write};
use stillwire::Instant;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::Role;
use stillwire::link::host::{Heard, Host, Peer, Session};
use stillwire::pump::Uplink;

type Lent = &'static mut [u8];
/// What is served: lent storage, as in `tests/firmware/gateway`.
pub type Gateway = Host<&'static mut [Peer], &'static mut [Session<Lent>], Lent>;

/// Embassy's clock goes on while the part sleeps, and has 64 bits.
fn now() -> Instant {
    Instant::from_micros(Clock::now().as_micros())
}

/// Serves the console of a device to whoever is at the line, for ever. The halves of a buffered UART are its ports.
///
/// # Errors
/// Those of the ports.
pub async fn serve<E>(
    host: &mut Gateway,
    uplink: &mut Uplink<'_>,
    secret: &[u8],
    (mut console, mut to_console): (impl Read<Error = E>, impl Write<Error = E>),
    (mut line, mut to_line): (impl Read<Error = E>, impl Write<Error = E>),
) -> Result<(), E> {
    let (mut printed, mut came) = ([0; 64], [0; 64]);
    loop {
        // What there is to say.
        while let Some(event) = host.poll(now()) {
            uplink.handle_event(&event);
        }
        let said = uplink.outgoing(now(), host);
        if !said.is_empty() {
            let count = to_line.write(said).await?;
            uplink.handle_taken(now(), host, count);
            continue;
        }
        let typed = host.session(0).map_or(&[][..], |session| session.typed().0);
        if !typed.is_empty() {
            let count = to_console.write(typed).await?;
            host.handle_typed(now(), 0, count);
            continue;
        }
        // Until something comes, or is due.
        let due = host.poll_at();
        let alarm = async {
            match due {
                Some(due) => Timer::at(Clock::from_micros(due.at.as_micros())).await,
                None => core::future::pending().await,
            }
        };
        match select3(console.read(&mut printed), line.read(&mut came), alarm).await {
            Either3::First(count) => drop(host.handle_output(now(), 0, &printed[..count?])),
            Either3::Second(count) => {
                let mut input = &came[..count?];
                uplink.handle_received(now(), host);
                while let Some((peer, heard)) = uplink.next(now(), host, &mut input) {
                    let (Some(peer), Heard::Hello(hello)) = (peer, heard) else { continue };
                    let _stale = if hello.token.matches(secret) {
                        host.admit(now(), peer, &hello, 0, Role::Controller)
                    } else {
                        host.refuse(now(), peer, CloseReason::Unauthorised)
                    };
                }
            }
            Either3::Third(()) => {}
        }
    }
}
