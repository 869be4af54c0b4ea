//! Every bound of the runner that somebody else could reach, in one place.

use std::time::Duration;

/// Bytes taken from a port or a connection in one turn of the loop, so that nobody waits for more than that.
pub const BITE: usize = 64 << 10;
/// The same for one of several sessions,
pub const SHARE: usize = 16 << 10;
/// and for all of them while somebody waits for the echo of a key,
pub const NIBBLE: usize = 4 << 10;
/// which takes no longer than this.
pub const ECHO: stillwire::Duration = stillwire::Duration::from_millis(20);
/// Bytes of frames that wait for a connection; more stay in the history, where a slow reader loses only its own.
pub const OUT: usize = 64 << 10;
/// What the kernel may keep of that for a Unix socket, and for TCP before it is sent: a flush is to mean something.
pub const KERNEL: u32 = 64 << 10;
/// So long an acknowledgement of typed bytes waits for something to go with.
pub const ACK: stillwire::Duration = stillwire::Duration::from_millis(10);
/// Turns of filling and writing [`OUT`] for one connection before the others have theirs.
pub const TURNS: usize = 4;
/// Connections taken in from one door before the others have theirs.
pub const ACCEPTS: usize = 16;
/// Open files of a host beside those of sessions and connections, and what starting a command takes for a moment.
pub const OWN_FILES: usize = 32;
/// Plain requests that are answered at the same time, those that follow the list included.
pub const REQUESTS: usize = 64;
/// Bytes of event lines that wait for one who follows them; what comes while they do is counted and not kept.
pub const EVENTS: usize = 256 << 10;
/// Bytes of an HTTP request up to its empty line.
pub const REQUEST: usize = 8 << 10;
/// Headers of an HTTP request.
pub const HEADERS: usize = 64;
/// Bytes of a WebSocket message: one frame.
pub const MESSAGE: usize = stillwire::link::frame::MAX_FRAME;
/// Bytes that a WebSocket may read ahead, and that wait for it beyond [`OUT`].
pub const READ_AHEAD: usize = 16 << 10;
/// TLS records that are looked at for one read before the others have their turn.
pub const RECORDS: usize = 16;
/// Bytes of random in a token: 128 bits.
pub const TOKEN: usize = 16;
/// The channel on which a controller asks for a break on a serial line; the reply is empty, or why not.
pub const BREAK: &str = "stillwire/break";
/// The key under which everyone is told why the port behind a session is not there; empty: it is.
pub const TROUBLE: u32 = 1;
/// Bytes of that: every client can be told so many.
pub const TROUBLE_BYTES: usize = 240;
/// How long a break is: longer than any character at 300 baud.
pub const BREAK_TIME: stillwire::Duration = stillwire::Duration::from_millis(250);
/// For a client: bytes of requests that are not answered yet.
pub const ASKED: usize = 512;
/// Typed bytes that wait until the port takes them, per session.
pub const INBOX: usize = 16 << 10;
/// Payloads that everyone is told who joins, per session.
pub const RETAINED: usize = 4 << 10;
/// Replies that wait for their clients, per host.
pub const ANSWERS: usize = 16 << 10;
/// Characters of a name that are shown or logged.
pub const SHOWN: usize = 256;
/// Characters of a token that somebody chose: fewer than these cannot hold 128 bits in base64.
pub const TOKEN_LEAST: usize = 22;
/// Connections beyond `--max-peers` that may be open until it is known who they are; then the oldest makes room.
pub const KNOCKS: usize = 64;
/// Until whoever asked has to have taken the answer.
pub const ANSWERED: stillwire::Duration = stillwire::Duration::from_secs(5);
/// Connections at the same time, unless `--max-peers` says otherwise.
pub const PEERS: u16 = 64;
/// Output kept per session, unless `--history` says otherwise.
pub const HISTORY: usize = 1 << 20;
/// Output still taken in after a command has ended, if something it left behind goes on writing.
pub const LAST_WORDS: usize = 256 << 10;
/// So long a host that is started in a terminal waits for that to be attached, though its command is over already.
pub const FIRST: stillwire::Duration = stillwire::Duration::from_secs(5);
/// From SIGHUP to SIGKILL.
pub const GRACE: stillwire::Duration = stillwire::Duration::from_secs(3);
/// For a client: until a connection is open, each step of it.
pub const DIAL: Duration = Duration::from_secs(10);
/// For a client: typed bytes that the host has not acknowledged.
pub const TYPED: usize = 16 << 10;
/// For who lists sessions: hosts that are asked at the same time.
pub const CALLS: usize = 256;
/// For who lists sessions: bytes that one host may say at once.
pub const LIST: usize = 16 << 20;
/// For who lists sessions: until a host that does not answer is passed over.
pub const ANSWER: stillwire::Duration = stillwire::Duration::from_secs(3);
/// Cells of a screen that is remembered; larger ones are not.
pub const CELLS: usize = 1 << 18;
/// The largest side of a terminal.
pub const SIDE: usize = stillwire::link::frame::MAX_SIDE as usize;
/// Lines above the screen that are told to whoever attaches.
pub const SCROLLBACK_LINES: usize = 500;
/// And bytes of them.
pub const SCROLLBACK_BYTES: usize = 48 << 10;
/// Output that is replayed to find out what is on a screen, in bytes.
pub const REPLAYED: u64 = 4 << 20;
/// For so long at the most, in time of the processor.
pub const PAINTING: stillwire::Duration = stillwire::Duration::from_millis(250);
/// Bytes per microsecond that a program prints which floods.
pub const FLOOD: u64 = 2;
/// What a session has printed up to here is shown as it was printed, with no screen in between.
pub const SHORT: u64 = 16 << 10;
/// For a broker: messages on their way that it has not acknowledged, whatever it would allow,
pub const FLYING: usize = 64;
/// and those that it may have on their way to us: what does not fit, mosquitto drops behind another 1,000.
pub const WINDOW: u16 = u16::MAX;
/// For who lists hosts of a broker: sessions that are asked for at the same time; mosquitto lets 1,000 messages wait.
pub const WAVE: usize = 900;
/// For a broker: events that wait for it; states do not wait, the newest is told when it is back.
pub const NEWS: usize = 256;
/// For a broker: it takes us for lost after one and a half times this without a word.
pub const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// For a broker: until it has to have answered a ping.
pub const PONG: stillwire::Duration = stillwire::Duration::from_secs(10);
