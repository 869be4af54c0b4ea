//! `stillwire::ticks`, `isr` and `pump`.

use core::convert::Infallible;
use core::hint::black_box;
use core::num::NonZeroU32;

use embedded_io::{ErrorType, Read, ReadReady, Write, WriteReady};
use stillwire::isr::{Port, Ring};
use stillwire::link::frame::noisy::Receiver;
use stillwire::pump::{Codec, Console, Uplink};
use stillwire::ticks::Widener;

use crate::host::Small;
use crate::time::now;
use crate::{buffer, bytes, number, show};

/// Critical sections of a core without interrupts.
struct Alone;
critical_section::set_impl!(Alone);

// SAFETY: never run.
unsafe impl critical_section::Impl for Alone {
    unsafe fn acquire() -> critical_section::RawRestoreState {
        black_box(())
    }
    unsafe fn release(state: critical_section::RawRestoreState) {
        black_box(state);
    }
}

static RING: Ring<16> = Ring::new();

pub(crate) fn all(host: &mut Small) {
    let mut clock = black_box(Widener::new(NonZeroU32::MIN, number() as u32));
    show!(Widener::millis(number() as u32), Widener::micros(number() as u32), clock.at(number() as u32));
    show!(clock.now(), clock.poll_at(), clock == black_box(clock));
    rings(&mut clock, host);
    let mut port = Port::new(&RING, &RING, || _ = black_box(()));
    ports(&mut port, host);
    ports(&mut Other, host);
    show!(Read::read(&mut port, buffer()).is_ok(), port.write(bytes()).is_ok(), port.flush().is_ok());
}

fn rings(clock: &mut Widener, host: &mut Small) {
    let ring = black_box(&RING);
    show!(ring.push(number() as u8, number() as u32), ring.pop(), ring.put(bytes()), ring.take(buffer()));
    show!(ring.len(), ring.is_empty(), ring.room(), ring.lost(), ring.feed(clock, host, number() as usize));
    show!(Ring::<3>::default());
}

fn ports<T: Read + ReadReady + Write + WriteReady>(port: &mut T, host: &mut Small) {
    let console = Console { session: number() as usize };
    show!(console, Console::default() == console);
    show!(console.receive(now(), port, host).is_ok(), console.send(now(), port, host).is_ok());
    let either = if black_box(true) { Uplink::line(buffer(), buffer()) } else { Uplink::stream(buffer()) };
    show!(either.wire().dropped());
    uplinks(black_box(either), port, host);
    let line = black_box(Uplink::new(Receiver::new(buffer()), buffer()));
    show!(line.wire().dropped());
    uplinks(line, port, host);
}

fn uplinks<T: Read + ReadReady + Write + WriteReady>(
    mut uplink: Uplink<'_, impl Codec>,
    port: &mut T,
    host: &mut Small,
) {
    show!(uplink.handle_connect(now(), host));
    let received = uplink.receive(now(), port, host, |_, peer, heard| {
        show!(peer, heard);
    });
    if let Ok((count, gone)) = received {
        show!(count, gone);
    }
    uplink.handle_received(now(), host);
    let mut input = bytes();
    while let Some((peer, heard)) = uplink.next(now(), host, &mut input) {
        show!(peer, heard);
    }
    show!(uplink.outgoing(now(), host));
    uplink.handle_taken(now(), host, number() as usize);
    while let Some(event) = host.poll(now()) {
        show!(uplink.handle_event(&event));
    }
    show!(uplink.send(now(), port, host).is_ok(), uplink.is_empty(), uplink.peer());
    uplink.handle_closed(now(), host);
}

/// A port that can be anything.
struct Other;

impl ErrorType for Other {
    type Error = Infallible;
}

impl ReadReady for Other {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(black_box(true))
    }
}

impl Read for Other {
    fn read(&mut self, _: &mut [u8]) -> Result<usize, Infallible> {
        Ok(number() as usize)
    }
}

impl WriteReady for Other {
    fn write_ready(&mut self) -> Result<bool, Infallible> {
        Ok(black_box(true))
    }
}

impl Write for Other {
    fn write(&mut self, _: &[u8]) -> Result<usize, Infallible> {
        Ok(number() as usize)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
