//! `stillwire::link::client`.

use core::hint::black_box;

use stillwire::link::client::{Client, Config, Credentials, Event, Saved};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::stream::Deframer;
use stillwire::link::frame::{MAX_BODY, Role, Token};
use stillwire::link::history::Size;
use stillwire::link::host::Link;
use stillwire::link::reconnect::Generation;

use crate::time::now;
use crate::{buffer, bytes, number, show, text};

pub(crate) fn all() {
    let link = if number() == 0 { Link::Reliable } else { Link::Lossy };
    let config = Config { link, max_body: number() as u16, ..black_box(Config::DEFAULT) };
    let mut client = black_box(Client::new(config, number(), number(), buffer(), buffer(), now()));
    let saved = Saved { base: number(), sent: number(), ..black_box(Saved::default()) };
    show!(client.handle_saved(&saved, bytes()));
    while let Some(event) = client.poll(now()) {
        show!(event, event == black_box(Event::TypedLost(0)));
        if let Event::Dial(generation) | Event::Close(generation, _) = event {
            connection(&mut client, generation);
        }
    }
    world(&mut client);
    show!(client.poll_at(), client.status(), client.silence(now()), client.next_dial(), client.role());
    show!(client.session_status(), client.size(), client.place(), client.wants_input(), client.generation());
    show!(config, Config::default(), client.saved(), client.unacknowledged());
    if let Some(rtt) = client.rtt() {
        show!(rtt.srtt());
    }
    show!(client);
}

fn world(client: &mut Client<&mut [u8]>) {
    client.handle_online(now());
    client.handle_offline(now());
    client.handle_wake(now());
    client.handle_visible(now());
    client.handle_user(now());
    client.handle_leave(now());
    client.handle_shown(now(), number());
    client.handle_resize(now(), Size { columns: number() as u16, rows: number() as u16 });
    client.handle_role(now(), if number() == 0 { Role::Viewer } else { Role::Controller });
    show!(client.handle_typed(now(), bytes()), client.request(now(), text(), bytes()));
}

fn connection(client: &mut Client<&mut [u8]>, generation: Generation) {
    show!(client.handle_connected(now(), generation), client.handle_received(now(), generation));
    show!(client.handle_written(now(), generation), client.handle_flushed(now(), generation));
    let mut deframer = Deframer::new();
    let mut input = bytes();
    while let Some(part) = deframer.next(&mut input) {
        match part {
            Ok(part) => show!(client.handle_part(now(), generation, part)),
            Err(error) => show!(client.handle_broken(now(), generation, error)),
        }
    }
    let credentials = Credentials { token: Token(bytes()), session: text() };
    show!(credentials, client.wants_write(generation));
    while let Some(frame) = client.next_frame(now(), generation, &credentials, MAX_BODY) {
        show!(frame);
    }
    let reason = CloseReason::from_code(number() as u16);
    show!(client.handle_closed(now(), generation, reason));
}
