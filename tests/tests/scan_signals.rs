//! What programs say out loud, as a table.

use stillwire::scan::Progress::{Clear, Error, Indeterminate, Paused, Percent};
use stillwire::scan::PromptMark::{CommandExecuted, CommandFinished, CommandStart, PromptStart};
use stillwire::scan::Signal::{self, AlternateScreen, Bell, Notification, Query, SynchronizedUpdate, Title};
use stillwire::scan::{Config, Scanner};

const fn done(code: i32) -> Signal {
    Signal::Prompt(CommandFinished { exit: Some(code) })
}

const FINISHED: Signal = Signal::Prompt(CommandFinished { exit: None });

const TABLE: &[(&str, &[Signal])] = &[
    ("text", &[]),
    ("a\x07b\x07", &[Bell, Bell]),
    ("\x1b[3\x07m", &[Bell]),
    ("\x1b]0;t\x07", &[Title]), // the BEL is its end
    ("\x1b]2;t\x1b\\", &[Title]),
    ("\x1b]0;\x07", &[Title]),
    ("\x1b]0;a;b\u{9C}", &[Title]),
    ("\u{9D}2;漢字\x07", &[Title]),
    ("\x1b]1;icon\x07\x1b]7;file:///\x07\x1b]8;;http://x\x1b\\", &[]),
    ("\x1b]2\x07\x1b]\x07\x1b];t\x07\x1b]x;t\x07\x1b]-2;t\x07\x1b]65538;t\x07", &[]),
    ("\x1bP0;t\x1b\\\x1b_0;t\x1b\\", &[]),
    // Aborted strings say nothing.
    ("\x1b]0;t\x18\x1b]0;t\x1a\x1b]0;t\x1b[m\x1b]133;A\x1b7", &[]),
    ("\x1b]0;t\x1b\x07", &[Bell]),
    // Prompt marks.
    ("\x1b]133;A\x07$ \x1b]133;B\x07", &[Signal::Prompt(PromptStart), Signal::Prompt(CommandStart)]),
    ("\x1b]133;C\x07", &[Signal::Prompt(CommandExecuted)]),
    (
        "\x1b]133;A;cl=m;aid=7\x07\x1b]133;C;cmdline=ls\x07",
        &[Signal::Prompt(PromptStart), Signal::Prompt(CommandExecuted)],
    ),
    ("\x1b]133;N\x07\x1b]133;P;k=s\x07", &[Signal::Prompt(PromptStart); 2]),
    ("\x1b]133;I\x07", &[Signal::Prompt(CommandStart)]),
    ("\x1b]133;L\x07\x1b]133;\x07\x1b]133\x07\x1b]133;AB\x07", &[]),
    ("\x1b]133;D\x07", &[FINISHED]),
    ("\x1b]133;D;\x07", &[FINISHED]),
    ("\x1b]133;D;aid=7\x07", &[FINISHED]),
    ("\x1b]133;D;;aid=7\x07", &[FINISHED]),
    ("\x1b]133;D;0\x07\x1b]133;D;1\x1b\\\x1b]133;D;130;aid=7\x07", &[done(0), done(1), done(130)]),
    ("\x1b]133;D;-1\x07\x1b]133;D;007\x07", &[done(-1), done(7)]),
    ("\x1b]133;D;-\x07\x1b]133;D;1x\x07\x1b]133;D;--1\x07", &[FINISHED; 3]),
    ("\x1b]133;D;99999999999\x07", &[done(i32::MAX)]),
    ("\x1b]633;A\x07\x1b]633;B\x07", &[Signal::Prompt(PromptStart), Signal::Prompt(CommandStart)]),
    ("\x1b]633;C\x07\x1b]633;D;3\x07", &[Signal::Prompt(CommandExecuted), done(3)]),
    ("\x1b]633;E;ls -l;nonce\x07\x1b]633;P;Cwd=/\x07", &[]),
    // ConEmu's commands and iTerm2's notifications share OSC 9.
    ("\x1b]9;4;0;0\x07\x1b]9;4;0\x07\x1b]9;4\x07", &[Signal::Progress(Clear); 3]),
    ("\x1b]9;4;1;42\x07\x1b]9;4;1;142\x07", &[Signal::Progress(Percent(42)), Signal::Progress(Percent(100))]),
    ("\x1b]9;4;1\x07\x1b]9;4;1;\x07", &[Signal::Progress(Percent(0)); 2]),
    ("\x1b]9;4;2;50\x07\x1b]9;4;2\x07", &[Signal::Progress(Error(Some(50))), Signal::Progress(Error(None))]),
    ("\x1b]9;4;3;\x07\x1b]9;4;3\x07", &[Signal::Progress(Indeterminate); 2]),
    ("\x1b]9;4;4;7\x07\x1b]9;4;4\x07", &[Signal::Progress(Paused(Some(7))), Signal::Progress(Paused(None))]),
    ("\x1b]9;4;5;1\x07\x1b]9;9;C:/\x07\x1b]9;1;500\x07\x1b]9;\x07\x1b]9\x07", &[]),
    ("\x1b]9;12\x07", &[Signal::Prompt(PromptStart)]),
    ("\x1b]9;build done\x07\x1b]9;4 tests failed\x07\x1b]9;42;x\x07", &[Notification; 3]),
    ("\x1b]777;notify;title;body\x07", &[Notification]),
    ("\x1b]777;precmd\x07\x1b]777;notes\x07\x1b]777\x07", &[]),
    ("\x1b]99;;hello\x1b\\\x1b]99;i=1:p=title;hello\x1b\\\x1b]99;i=1:d=1:p=body;x\x1b\\", &[Notification; 3]),
    ("\x1b]99;i=1:d=0;hello\x1b\\\x1b]99;i=1:p=close;\x1b\\\x1b]99;p=icon;\x1b\\", &[]),
    ("\x1b]99;i=1:p=?;\x1b\\\x1b]99;i=1:p=alive;\x1b\\", &[Query; 2]),
    // Screens and frames.
    ("\x1b[?1049h\x1b[?1049l", &[AlternateScreen(true), AlternateScreen(false)]),
    ("\x1b[?47h\x1b[?1047l", &[AlternateScreen(true), AlternateScreen(false)]),
    ("\x1b[?1;1049;25h", &[AlternateScreen(true)]),
    ("\x1b[1049h\x1b[>1049h\x1b[?1049$h\x1b[?1048h", &[]),
    ("\x1b[?2026hx\x1b[?2026l", &[SynchronizedUpdate(true), SynchronizedUpdate(false)]),
    // Queries.
    ("\x1b[c\x1b[0c\x1b[>c\x1b[=c\x1b[>0c\x1bZ\u{9A}\x05", &[Query; 8]),
    ("\x1b[1c\x1b[?1c\x1b[>1c\x1b[?62;22c", &[]),
    ("\x1b[5n\x1b[6n\x1b[?6n\x1b[?996n", &[Query; 4]),
    ("\x1b[n\x1b[0n\x1b[3n\x1b[>4n\x1b[?997;1n", &[]),
    ("\x1b[?2026$p\x1b[4$p", &[Query; 2]),
    ("\x1b[>q\x1b[>0q", &[Query; 2]),
    ("\x1b[2 q\x1b[1q\x1b[!p\x1b[61\"p", &[]),
    ("\x1b[?u", &[Query]),
    ("\x1b[u\x1b[>1u\x1b[<u\x1b[=1;1u", &[]),
    ("\x1b[14t\x1b[18t\x1b[21t\x1b[11t", &[Query; 4]),
    ("\x1b[22;0t\x1b[23;0t\x1b[8;24;80t\x1b[t", &[]),
    ("\x1b[x\x1b[1;1;1;1;1;1*y\x1b[?1;1;0S\x1b[?4m", &[Query; 4]),
    ("\x1b]10;?\x07\x1b]11;?\x1b\\\x1b]12;?\x07\x1b]4;1;?\x07\x1b]4;1;#fff;2;?\x07", &[Query; 5]),
    ("\x1b]10;#fff\x07\x1b]4;1;rgb:0/0/0\x07\x1b]104;?\x07\x1b]11;??\x07", &[]),
    ("\x1b]52;c;?\x07\x1b]52;;?\x1b\\", &[Query; 2]),
    ("\x1b]52;c;aGk=\x07\x1b]52;c;?a\x07\x1b]52;?;aGk=\x07\x1b]52;c;\x07", &[]),
    ("\x1b]21;foreground=?\x07\x1b]22;?__current__\x07\x1b]1337;ReportCellSize\x07", &[Query; 3]),
    ("\x1b]21;foreground=red\x07\x1b]22;pointer\x07\x1b]1337;SetMark\x07", &[]),
    ("\x1bP$qm\x1b\\\x1bP+q544e\x1b\\", &[Query; 2]),
    ("\x1bP1$r0m\x1b\\\x1bPq#0~\x1b\\\x1bP+p\x1b\\\x1bPtmux;\x1b\\", &[]),
    ("\x1b_Gi=31,s=1,a=q,t=d;AAAA\x1b\\\x1b_Ga=q\x1b\\", &[Query; 2]),
    ("\x1b_Ga=T,f=100;a=q\x1b\\\x1b_a=q\x1b\\", &[]),
];

fn signals(pieces: &[&[u8]]) -> Vec<Signal> {
    let mut scanner = Scanner::new(Config::DEFAULT);
    let mut signals = Vec::new();
    for piece in pieces {
        signals.extend(scanner.scan(piece).filter_map(|token| token.signal()));
    }
    signals
}

#[test]
fn streams_say_what_the_table_says() {
    for (input, expected) in TABLE {
        assert_eq!(signals(&[input.as_bytes()]), *expected, "{input:?}");
    }
}

#[test]
fn no_cut_changes_a_signal() {
    for (input, expected) in TABLE {
        for cut in 0..=input.len() {
            let (first, second) = input.as_bytes().split_at(cut);
            assert_eq!(signals(&[first, second]), *expected, "{input:?} cut at {cut}");
        }
        let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
        assert_eq!(signals(&bytes), *expected, "{input:?}");
    }
}
