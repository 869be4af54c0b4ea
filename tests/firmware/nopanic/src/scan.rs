//! `stillwire::scan`: the scanner and its tokens.

use core::hint::black_box;

use stillwire::scan::{Config, Csi, Encoding, Escape, Scanner, Signal, Token};

use crate::{bytes, number, show};

pub(crate) fn all() {
    let encoding = if number() == 0 { Encoding::Utf8 } else { Encoding::EightBit };
    let mut scanner = black_box(Scanner::new(Config { encoding }));
    loop {
        let mut tokens = scanner.scan(bytes());
        while let Some(token) = tokens.next() {
            use_token(&token);
            show!(tokens.is_ground());
        }
        let (read, held) = tokens.stop();
        show!(read, held, scanner.is_ground());
        if let Some(token) = scanner.finish() {
            use_token(&token);
            break;
        }
    }
    let other = black_box(Scanner::new(Config::DEFAULT));
    show!(scanner == other.clone(), other);
}

fn use_token(token: &Token<'_>) {
    show!(*token, token.is_visible(), *token == black_box(Token::Control(7)));
    if let Some(signal) = token.signal() {
        show!(signal, signal == black_box(Signal::Bell));
    }
    match token {
        Token::Csi(csi) => control_sequence(csi),
        Token::Escape(escape) => escape_sequence(escape),
        _ => {}
    }
}

fn control_sequence(csi: &Csi) {
    show!(csi.private(), csi.intermediates(), csi.final_byte(), csi.param(number() as usize));
    for param in csi.params() {
        show!(param.value());
        for sub in param.subs() {
            show!(sub);
        }
    }
}

fn escape_sequence(escape: &Escape) {
    show!(escape.intermediates(), escape.final_byte());
}
