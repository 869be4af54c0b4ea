//! What an application asks over a link that breaks: handled once, answered once, or told that it is not known.

use stillwire::link::bootstrap::{Bootstrap, Joining};
use stillwire::link::frame::Outcome;
use stillwire::link::message::{Answer, Answers, BadReply, Handled, Refused, Requests, Unanswered, WINDOW};
use stillwire_tests::fuzz::message_ops;
use stillwire_tests::random::Random;

fn host(storage: usize) -> (Answers<Vec<u8>>, Handled) {
    let (mut answers, mut handled) = (Answers::new(vec![0; storage]), Handled::new(7));
    answers.handle_attach(&mut handled);
    (answers, handled)
}

fn next(answers: &mut Answers<Vec<u8>>, handled: &mut Handled) -> Option<(u64, Outcome, Vec<u8>)> {
    let Answer { id, outcome, bytes } = answers.next(handled, 9_999, 9_999)?;
    Some((id, outcome, bytes.to_vec()))
}

/// codev #629, for requests.
#[test]
fn a_request_whose_reply_was_lost_is_answered_again_and_not_handled_again() {
    let (mut requests, (mut answers, mut handled)) = (Requests::new([0; 64]), host(64));
    let id = requests.request("deploy", b"now").unwrap();
    assert_eq!(requests.next(99).map(|request| request.id), Some(id));
    assert!(answers.handle_request(&mut handled, id));
    answers.reply(&mut handled, id, Outcome::Done, b"deployed").unwrap();
    let said = next(&mut answers, &mut handled);
    answers.handle_detach(&mut handled); // and that never arrived
    answers.handle_attach(&mut handled);
    requests.handle_welcome(true, 256);
    assert_eq!(requests.next(99).map(|request| (request.id, request.bytes)), Some((id, &b"now"[..])));
    assert!(!answers.handle_request(&mut handled, id));
    assert_eq!(next(&mut answers, &mut handled), said);
    assert!(requests.handle_reply(id) && !requests.handle_reply(id));
    assert_eq!((next(&mut answers, &mut handled), requests.pending()), (None, 0));
}

#[test]
fn a_handler_that_takes_long_is_not_asked_again_and_finds_its_client_on_another_connection() {
    let (mut answers, mut handled) = host(64);
    assert!(answers.handle_request(&mut handled, 1));
    answers.handle_detach(&mut handled);
    answers.handle_attach(&mut handled);
    assert!(!answers.handle_request(&mut handled, 1));
    assert_eq!(next(&mut answers, &mut handled), None, "it is still at work");
    answers.reply(&mut handled, 1, Outcome::Done, b"at last").unwrap();
    assert_eq!(next(&mut answers, &mut handled), Some((1, Outcome::Done, b"at last".to_vec())));
    assert_eq!(answers.reply(&mut handled, 1, Outcome::Done, b"twice"), Err(BadReply::NotOpen));
    assert_eq!(answers.reply(&mut handled, 2, Outcome::Done, b"unasked"), Err(BadReply::NotOpen));
}

#[test]
fn what_was_said_while_the_client_was_away_waits_for_it() {
    let (mut answers, mut handled) = host(64);
    answers.handle_request(&mut handled, 1);
    answers.handle_detach(&mut handled);
    answers.reply(&mut handled, 1, Outcome::Done, b"done").unwrap();
    assert!(!handled.is_due());
    answers.handle_attach(&mut handled);
    assert!(!answers.handle_request(&mut handled, 1));
    assert_eq!(next(&mut answers, &mut handled), Some((1, Outcome::Done, b"done".to_vec())));
}

#[test]
fn a_reply_that_had_to_make_room_is_told_as_lost() {
    let (mut answers, mut handled) = host(64);
    for id in 1..=3 {
        answers.handle_request(&mut handled, id);
        answers.reply(&mut handled, id, Outcome::Done, &[id as u8; 10]).unwrap(); // 30 bytes each
    }
    assert_eq!(answers.dropped(), 1, "nobody was told anything yet, so something had to go");
    assert_eq!(next(&mut answers, &mut handled), Some((2, Outcome::Done, vec![2; 10])));
    assert_eq!(next(&mut answers, &mut handled), Some((3, Outcome::Done, vec![3; 10])));
    assert_eq!(next(&mut answers, &mut handled), Some((1, Outcome::Lost, vec![])));
    assert_eq!(next(&mut answers, &mut handled), None);
}

#[test]
fn one_that_does_not_read_costs_nobody_else_a_reply() {
    let (mut answers, mut slow) = host(200);
    let mut quick = Handled::new(8);
    answers.handle_attach(&mut quick);
    for id in 1..=100 {
        for client in [&mut slow, &mut quick] {
            answers.handle_request(client, id);
            answers.reply(client, id, Outcome::Done, &[id as u8; 30]).unwrap();
        }
        assert_eq!(next(&mut answers, &mut quick), Some((id, Outcome::Done, vec![id as u8; 30])));
    }
    assert!(
        answers.dropped() >= 95 && answers.dropped() <= 100,
        "only the slow one's: {}",
        answers.dropped()
    );
}

#[test]
fn room_is_made_of_what_nobody_who_is_there_waits_for() {
    let (mut answers, mut slow) = host(90); // three replies of ten bytes
    let (mut away, mut quick) = (Handled::new(8), Handled::new(9));
    answers.handle_attach(&mut quick);
    for client in [&mut slow, &mut away, &mut quick] {
        answers.handle_request(client, 1);
        answers.reply(client, 1, Outcome::Done, &[1; 10]).unwrap();
    }
    answers.handle_request(&mut quick, 2);
    answers.reply(&mut quick, 2, Outcome::Done, &[2; 10]).unwrap();
    assert_eq!(answers.dropped(), 1, "that of the one who is away");
    assert_eq!(next(&mut answers, &mut slow), Some((1, Outcome::Done, vec![1; 10])));
    answers.handle_attach(&mut away);
    answers.handle_request(&mut away, 1);
    assert_eq!(next(&mut answers, &mut away), Some((1, Outcome::Lost, vec![])));
}

#[test]
fn a_host_that_does_not_know_the_client_is_not_asked_again_what_it_may_have_handled() {
    let mut requests = Requests::new([0; 99]);
    let sent = requests.request("deploy", b"now").unwrap();
    requests.next(99).unwrap();
    let waiting = requests.request("deploy", b"then").unwrap();
    requests.handle_welcome(false, 256); // it was started anew
    assert_eq!(requests.poll_lost(), Some(Unanswered { id: sent, sent: true }));
    assert_eq!(requests.poll_lost(), None);
    assert_eq!(requests.next(99).map(|request| request.id), Some(waiting));
    let mut handled = Handled::new(7);
    assert!(Answers::new([0; 0]).handle_request(&mut handled, waiting), "ids go on where they were");
}

#[test]
fn what_is_too_long_is_refused_or_told() {
    let mut requests = Requests::new([0; 600]);
    assert_eq!(requests.request("", b""), Err(Refused::BadChannel));
    assert_eq!(requests.request("c", &[0; 600]), Err(Refused::TooLong { max: 588 }));
    let id = requests.request("c", &[0; 300]).unwrap();
    assert_eq!(requests.request("c", &[0; 300]), Err(Refused::Full { room: 275 }));
    requests.handle_welcome(true, 256);
    assert_eq!(requests.poll_lost(), Some(Unanswered { id, sent: false }));
    assert_eq!(requests.request("c", &[0; 300]), Err(Refused::TooLong { max: 247 }));
    let (mut answers, mut handled) = host(600);
    answers.handle_request(&mut handled, 1);
    assert_eq!(answers.reply(&mut handled, 1, Outcome::Done, &[0; 600]), Err(BadReply::TooLong { max: 580 }));
    answers.reply(&mut handled, 1, Outcome::Done, &[0; 300]).unwrap();
    let answer = answers.next(&mut handled, 256, 256);
    assert_eq!(answer, Some(Answer { id: 1, outcome: Outcome::Lost, bytes: b"" }));
    assert_eq!(answers.dropped(), 1);
}

#[test]
fn a_reply_waits_for_room_on_the_link() {
    let (mut answers, mut handled) = host(600);
    answers.handle_request(&mut handled, 1);
    answers.reply(&mut handled, 1, Outcome::Done, &[0; 300]).unwrap();
    assert_eq!(answers.next(&mut handled, 308, 1_000), None);
    assert!(handled.is_due());
    assert!(answers.next(&mut handled, 309, 1_000).is_some());
}

#[test]
fn one_long_request_does_not_hold_up_the_others() {
    let (mut requests, (mut answers, mut handled)) = (Requests::new([0; 4_096]), host(4_096));
    let long = requests.request("tell me", b"when it is idle").unwrap();
    assert!(requests.next(99).is_some() && answers.handle_request(&mut handled, long));
    for _ in 0..3 * WINDOW {
        let id = requests.request("other", b"").unwrap();
        requests.next(99).unwrap();
        assert!(answers.handle_request(&mut handled, id));
        answers.reply(&mut handled, id, Outcome::Done, b"").unwrap();
        assert!(next(&mut answers, &mut handled).is_some() && requests.handle_reply(id));
    }
    answers.reply(&mut handled, long, Outcome::Done, b"idle").unwrap();
    assert_eq!(next(&mut answers, &mut handled), Some((long, Outcome::Done, b"idle".to_vec())));
}

#[test]
fn no_more_are_on_their_way_than_the_host_remembers() {
    let mut requests = Requests::new([0; 4_096]);
    let ids: Vec<u64> = (0..=WINDOW).map(|_| requests.request("c", b"").unwrap()).collect();
    for id in &ids[..WINDOW] {
        assert_eq!(requests.next(99).map(|request| request.id), Some(*id));
    }
    assert!(requests.next(99).is_none() && !requests.is_due());
    requests.handle_reply(ids[9]);
    assert_eq!(requests.next(99).map(|request| request.id), Some(ids[WINDOW]));
}

#[test]
fn a_slow_reader_is_told_the_newest_of_every_key_in_turn() {
    let mut bootstrap = Bootstrap::new([0; 64]);
    let mut joining = Joining::new();
    for key in 0..3 {
        joining.handle_change(bootstrap.set(key, 0, b"first").unwrap());
        joining.next(&bootstrap, 99, 99).unwrap();
    }
    let mut told = Vec::new();
    for round in 0..9 {
        for key in [0, 1, 2, 0, 0] {
            joining.handle_change(bootstrap.set(key, 0, &[round, key as u8]).unwrap());
        }
        joining.handle_change(bootstrap.set(0, 0, &[round, 9]).unwrap()); // the last of this round
        let item = joining.next(&bootstrap, 99, 99).unwrap();
        assert_eq!(item.payload[0], round, "not what it was");
        told.push(item.key);
    }
    assert_eq!(told, [1, 2, 0, 1, 2, 0, 1, 2, 0]);
    joining.handle_change(bootstrap.set(1, 0, &[8, 1]).unwrap());
    while joining.next(&bootstrap, 99, 99).is_some() {}
    joining.handle_change(bootstrap.set(1, 0, &[8, 1]).unwrap());
    assert!(!joining.is_due(&bootstrap), "nothing has changed");
}

#[test]
fn handled_once_and_told_once_whatever_happens_to_the_links() {
    let seeds = match std::env::var("STILLWIRE_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None => 0..2_000,
    };
    for seed in seeds {
        let mut rng = Random::new(seed);
        let data: Vec<u8> = (0..rng.below(1_500)).map(|_| rng.bits() as u8).collect();
        let life = std::panic::AssertUnwindSafe(|| message_ops(&data));
        if let Err(panic) = std::panic::catch_unwind(life) {
            eprintln!("STILLWIRE_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}
