//! What the fields of a [`Frame`](super::Frame) are made of.

use core::fmt;
use core::hint::black_box;

use crate::link::replay::{Attach, Place};
use crate::time::Duration;

/// What a client says first, and again if frames of a connection were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Hello<'a> {
    /// The newest minor version that the client knows.
    pub minor: u8,
    /// What it wants to be.
    pub role: Role,
    /// The longest body that it can receive, [`MIN_BODY`](super::MIN_BODY) to [`MAX_BODY`](super::MAX_BODY)
    /// bytes.
    pub max_body: u16,
    /// What it has of the output; its offset at most [`MAX_OFFSET`](super::MAX_OFFSET).
    pub has: Option<Place>,
    /// Whether it shows a terminal, and rather gets the screen as it is than output that made it so.
    pub screen: bool,
    /// A random number that names this client (a terminal, a page) across its connections. By it the host knows
    /// what of its input was applied and which of its requests were handled.
    pub client: u64,
    /// The number of the first typed byte that was never sent, on no connection; at most
    /// [`MAX_OFFSET`](super::MAX_OFFSET).
    pub input: u64,
    /// The secret that lets it in, at most [`MAX_TOKEN`](super::MAX_TOKEN) bytes.
    pub token: Token<'a>,
    /// The session, at most [`MAX_NAME`](super::MAX_NAME) bytes; empty: the only one.
    pub session: &'a str,
}

/// What the host answers to a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Welcome {
    /// The newest minor version that the host knows.
    pub minor: u8,
    /// What the client may do.
    pub role: Role,
    /// The longest body that the host can receive, [`MIN_BODY`](super::MIN_BODY) to
    /// [`MAX_BODY`](super::MAX_BODY) bytes.
    pub max_body: u16,
    /// The place that the client takes.
    pub slot: u16,
    /// Tells this connection from earlier ones in the same slot.
    pub generation: u32,
    /// The host pings this often; zero: never.
    pub heartbeat: Duration,
    /// After so long a silence the client is to take the host for dead; zero: never.
    pub timeout: Duration,
    /// The life of the session.
    pub epoch: u64,
    /// Where the client stands: what it has of this life of the session, or 0. At most
    /// [`MAX_OFFSET`](super::MAX_OFFSET).
    pub offset: u64,
    /// What follows: output from `offset` on if [`Attach::Exact`], else a snapshot that begins anew.
    pub attach: Attach,
    /// The `generation` of the connection on which the host came to know this client. If the last
    /// welcome of this epoch said the same, what was applied of the client's input is known. If not, what was sent
    /// of it and not acknowledged may or may not have been applied.
    pub known_since: u32,
    /// The number of the typed byte that the host expects next: that of the hello if it did not know the
    /// client.
    pub input: u64,
    /// The number of the first typed byte that may not be sent yet; at least `input`, at most
    /// [`MAX_OFFSET`](super::MAX_OFFSET).
    pub limit: u64,
}

/// What a client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Role {
    /// Read.
    Viewer,
    /// Read, write and resize.
    Controller,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcome {
    /// It was handled; the payload is what the handler says.
    Done,
    /// Nobody is there for its channel.
    NoHandler,
    /// It was handled before, and what the handler said is no longer here.
    Lost,
}

/// A secret. It has no text form: what is logged says only how long it is.
///
/// `==` says how far two agree to whoever measures time: for the question whether to let someone in there is
/// [`Token::matches`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token<'a>(pub &'a [u8]);

impl Token<'_> {
    /// Whether this is `secret`, in a time that depends on the lengths alone.
    ///
    /// An empty token matches an empty secret: who has none configured decides what that means.
    ///
    /// ```
    /// use stillwire::link::frame::Token;
    ///
    /// assert!(Token(b"hunter2").matches(b"hunter2"));
    /// assert!(!Token(b"hunter2").matches(b"hunter3"));
    /// assert!(!Token(b"hunter2").matches(b"hunter"));
    /// ```
    pub fn matches(&self, secret: &[u8]) -> bool {
        let pairs = self.0.iter().zip(secret);
        // Opaque at each step, so that no compiler finds an early way out.
        let differences = pairs.fold(0, |seen, (mine, other)| black_box(seen | (mine ^ other)));
        self.0.len() == secret.len() && differences == 0
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Token<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Token({} bytes)", self.0.len());
    }
}
