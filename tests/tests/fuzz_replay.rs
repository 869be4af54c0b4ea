//! Every file of the fuzz corpora through the bodies that are fuzzed, on stable Rust.

use std::fs;
use std::path::Path;

use stillwire_tests::fuzz;

fn replay(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(files.len() > 3, "the corpus of {target} is missing");
    for file in files {
        println!("{}", file.display()); // shown if it panics
        body(&fs::read(&file).expect("a file of the corpus"));
    }
}

#[test]
fn the_corpus_of_ansi_strip_holds() {
    replay("ansi_strip", fuzz::ansi_strip_every_way);
}

#[test]
fn the_corpus_of_frame_decode_holds() {
    replay("frame_decode", fuzz::frame_decode);
}

#[test]
fn the_corpus_of_host_ops_holds() {
    replay("host_ops", fuzz::host_ops);
}

#[test]
fn the_corpus_of_idle_ops_holds() {
    replay("idle_ops", fuzz::idle_ops);
}

#[test]
fn the_corpus_of_message_ops_holds() {
    replay("message_ops", fuzz::message_ops);
}

#[test]
fn the_corpus_of_pair_world_holds() {
    replay("pair_world", fuzz::pair_world);
}

#[test]
fn the_corpus_of_replay_ops_holds() {
    replay("replay_ops", fuzz::replay_ops);
}
