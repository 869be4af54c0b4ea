//! `stillwire::link::message`.

use core::hint::black_box;

use stillwire::link::frame::Outcome;
use stillwire::link::message::{Answers, BadReply, Handled, Refused, Requests};

use crate::{buffer, bytes, number, show, text};

pub(crate) fn all() {
    requests();
    answers();
}

fn requests() {
    let mut requests = black_box(Requests::new(buffer()));
    for _ in 0..number() {
        let id = requests.request(text(), bytes());
        show!(id, id == Err(Refused::BadChannel));
    }
    while let Some(request) = requests.next(number() as usize) {
        show!(request);
    }
    show!(
        requests.pending(),
        requests.is_waiting(number()),
        requests.is_due(),
        requests.handle_reply(number())
    );
    requests.handle_welcome(number() == 1, number() as usize);
    requests.handle_doubt();
    show!(requests.has_lost());
    while let Some(unanswered) = requests.poll_lost() {
        show!(unanswered);
    }
    show!(requests);
}

fn answers() {
    let mut answers = black_box(Answers::new(buffer()));
    let mut handled = black_box(Handled::new(number()));
    for _ in 0..number() {
        answers.handle_attach(&mut handled);
        show!(handled.is_new(number()), answers.handle_request(&mut handled, number()));
        let bad = answers.reply(&mut handled, number(), Outcome::Done, bytes());
        show!(bad, bad == Err(BadReply::NotOpen));
        while let Some(answer) = answers.next(&mut handled, number() as usize, number() as usize) {
            show!(answer);
        }
        answers.handle_detach(&mut handled);
    }
    show!(handled.client(), handled.is_open(number()), handled.is_due(), answers.dropped());
    show!(handled, answers);
}
