//! The scanner: [`sw_scanner`], and what it makes of bytes: [`sw_token`].

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;

use stillwire::scan::{self, Csi, Encoding, Scanner, StringKind, Token};

use crate::error::{Result, sw_error};
use crate::lent;
use crate::signal::sw_signal;

/// How bytes from 0x80 on are read: as UTF-8.
pub const SW_ENCODING_UTF8: u32 = 0;
/// How bytes from 0x80 on are read: one byte a character, with 8-bit controls.
pub const SW_ENCODING_EIGHT_BIT: u32 = 1;

/// Bytes of a scanner.
#[cfg(target_pointer_width = "32")]
pub const SW_SCANNER_SIZE: usize = 48;
/// Bytes of a scanner.
#[cfg(target_pointer_width = "64")]
pub const SW_SCANNER_SIZE: usize = 48;
/// Its alignment.
pub const SW_SCANNER_ALIGN: usize = 8;
const _: () = assert!(size_of::<sw_scanner>() <= SW_SCANNER_SIZE);
const _: () = assert!(align_of::<sw_scanner>() <= SW_SCANNER_ALIGN);

/// The fewest tokens that sw_scanner_scan has to have room for.
pub const SW_TOKENS: usize = 2;
/// Parameters of a control sequence, sub-parameters included.
pub const SW_PARAMS: usize = 16;
/// A parameter that was left out: the terminal's default applies.
pub const SW_PARAM_EMPTY: u16 = u16::MAX;

/// Reads terminal output: text, controls, and what programs say out loud. Its state is all it needs between any two bytes.
pub struct sw_scanner(Scanner);

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sw_token_kind {
    /// A run of printable characters: bytes, len (UTF-8 or ASCII, within the input).
    SW_TOKEN_TEXT = 0,
    /// One printable character that was cut by the border of two inputs, or came in 8 bits: character.
    SW_TOKEN_CHAR = 1,
    /// So many bytes that are no character, to be shown as U+FFFD: byte.
    SW_TOKEN_INVALID = 2,
    /// A control, C0, DEL or C1: byte.
    SW_TOKEN_CONTROL = 3,
    /// An escape sequence: intermediates, byte.
    SW_TOKEN_ESCAPE = 4,
    /// A control sequence: marker, params, subs, intermediates, byte.
    SW_TOKEN_CSI = 5,
    /// A piece of the body of a control string: string, bytes, len.
    SW_TOKEN_PAYLOAD = 6,
    /// A control string is over: string, terminated, number.
    SW_TOKEN_STRING_END = 7,
}

/// Which control string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sw_string_kind {
    /// ESC ]
    SW_STRING_OSC = 0,
    /// ESC P
    SW_STRING_DCS = 1,
    /// ESC X
    SW_STRING_SOS = 2,
    /// ESC ^
    SW_STRING_PM = 3,
    /// ESC _
    SW_STRING_APC = 4,
}

/// One piece of a stream. Which fields mean something says its kind; the others are zero.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sw_token {
    /// What it is.
    pub kind: sw_token_kind,
    /// What it says out loud, if anything.
    pub signal: sw_signal,
    /// Where in the input its bytes are.
    pub bytes: *const u8,
    /// So many.
    pub len: usize,
    /// Unicode.
    pub character: u32,
    /// The control, or the final byte, which says what a sequence does.
    pub byte: u8,
    /// '<', '=', '>' or '?', if there is one.
    pub marker: u8,
    /// 0x20 to 0x2F, at most two; 0: none.
    pub intermediates: [u8; 2],
    /// Parameters and sub-parameters; SW_PARAM_EMPTY if left out.
    pub params: [u16; SW_PARAMS],
    /// So many.
    pub params_len: u8,
    /// Whether the string's terminator came. If not it was aborted and means nothing.
    pub terminated: bool,
    /// Bit i: parameter i was written after a colon.
    pub subs: u16,
    /// Which string.
    pub string: sw_string_kind,
    /// The number that an OSC begins with; -1: none.
    pub number: i32,
}

/// Places a scanner at the beginning of a stream.
///
/// # Safety
/// `storage` has `size` bytes, which are the scanner's from now on; `scanner` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_scanner_init(
    storage: *mut c_void,
    size: usize,
    encoding: u32,
    scanner: *mut *mut sw_scanner,
) -> sw_error {
    let place = || {
        let encoding = encoding_of(encoding)?;
        // SAFETY: as asked for.
        unsafe { lent::put(storage, size, scanner, || sw_scanner(Scanner::new(scan::Config { encoding }))) }
    };
    place().into()
}

/// Reads tokens off the front of `input`: as many as `tokens` has `room` for, SW_TOKENS at least. `count` is how many it
/// found, `taken` how many bytes it read. Call it again with the rest until all is taken; text and payloads point into `input`.
///
/// # Safety
/// `scanner` was placed; `input` has `len` bytes and `tokens` `room` places; `count` and `taken` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_scanner_scan(
    scanner: *mut sw_scanner,
    input: *const u8,
    len: usize,
    tokens: *mut sw_token,
    room: usize,
    count: *mut usize,
    taken: *mut usize,
) -> sw_error {
    let scan = || {
        // SAFETY: as asked for.
        let (scanner, input, count, taken) =
            unsafe { (lent::at(scanner)?, lent::slice(input, len)?, lent::at(count)?, lent::at(taken)?) };
        // SAFETY: as asked for; what was there does not matter.
        let tokens = unsafe { lent::slice_mut(tokens.cast::<MaybeUninit<sw_token>>(), room)? };
        if room < SW_TOKENS {
            return Err(sw_error::SW_E_SIZE);
        }
        let mut found = 0usize;
        let mut put = |token: &Token<'_>| {
            if let Some(place) = tokens.get_mut(found) {
                place.write(token.into());
                found = found.wrapping_add(1);
            }
            found
        };
        let mut scanned = scanner.0.scan(input);
        let mut used = 0;
        // Two places are free before a byte is read, as it may give two tokens.
        while room.wrapping_sub(used) >= SW_TOKENS
            && let Some(token) = scanned.next()
        {
            used = put(&token);
        }
        let (read, held) = scanned.stop();
        if let Some(token) = held {
            used = put(&token);
        }
        (*count, *taken) = (used, read);
        Ok(())
    };
    scan().into()
}

/// The stream is over: SW_OK if it ended inside a character, whose bytes are `token` then, SW_NOTHING if not. The scanner
/// is as new.
///
/// # Safety
/// `scanner` was placed; `token` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_scanner_finish(scanner: *mut sw_scanner, token: *mut sw_token) -> sw_error {
    let finish = || {
        // SAFETY: as asked for.
        let scanner = unsafe { lent::at(scanner)? };
        lent::writable(token)?;
        let cut = scanner.0.finish().ok_or(sw_error::SW_NOTHING)?;
        // SAFETY: not null, and as asked for.
        unsafe { token.write((&cut).into()) };
        Ok(())
    };
    finish().into()
}

/// Whether the stream stands between two sequences and two characters, so that a reader may begin here. False for null.
///
/// # Safety
/// `scanner` was placed, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_scanner_is_ground(scanner: *const sw_scanner) -> bool {
    // SAFETY: as asked for.
    unsafe { scanner.as_ref() }.is_some_and(|scanner| scanner.0.is_ground())
}

pub(crate) fn encoding_of(encoding: u32) -> Result<Encoding> {
    match encoding {
        SW_ENCODING_UTF8 => Ok(Encoding::Utf8),
        SW_ENCODING_EIGHT_BIT => Ok(Encoding::EightBit),
        _ => Err(sw_error::SW_E_ARGUMENT),
    }
}

impl sw_token {
    const fn new(kind: sw_token_kind) -> Self {
        Self {
            kind,
            signal: sw_signal::NONE,
            bytes: ptr::null(),
            len: 0,
            character: 0,
            byte: 0,
            marker: 0,
            intermediates: [0; 2],
            params: [0; SW_PARAMS],
            params_len: 0,
            terminated: false,
            subs: 0,
            string: sw_string_kind::SW_STRING_OSC,
            number: 0,
        }
    }

    fn control_sequence(csi: &Csi) -> Self {
        let mut token = Self {
            byte: csi.final_byte(),
            marker: csi.private().unwrap_or(0),
            intermediates: two(csi.intermediates()),
            ..Self::new(sw_token_kind::SW_TOKEN_CSI)
        };
        for param in csi.params() {
            token.push(param.value(), 0);
            for sub in param.subs() {
                token.push(sub, 1);
            }
        }
        token
    }

    fn push(&mut self, value: Option<u16>, sub: u16) {
        if let Some(slot) = self.params.get_mut(usize::from(self.params_len)) {
            *slot = value.unwrap_or(SW_PARAM_EMPTY);
            self.subs |= sub.wrapping_shl(u32::from(self.params_len));
            self.params_len = self.params_len.wrapping_add(1);
        }
    }
}

impl From<&Token<'_>> for sw_token {
    fn from(token: &Token<'_>) -> Self {
        use sw_token_kind::*;
        let new = match token {
            Token::Text(text) => Self { bytes: text.as_ptr(), len: text.len(), ..Self::new(SW_TOKEN_TEXT) },
            Token::Char(char) => Self { character: u32::from(*char), ..Self::new(SW_TOKEN_CHAR) },
            Token::Invalid(len) => Self { byte: *len, ..Self::new(SW_TOKEN_INVALID) },
            Token::Control(byte) => Self { byte: *byte, ..Self::new(SW_TOKEN_CONTROL) },
            Token::Escape(escape) => Self {
                byte: escape.final_byte(),
                intermediates: two(escape.intermediates()),
                ..Self::new(SW_TOKEN_ESCAPE)
            },
            Token::Csi(csi) => Self::control_sequence(csi),
            Token::Payload(kind, bytes) => Self {
                string: (*kind).into(),
                bytes: bytes.as_ptr(),
                len: bytes.len(),
                ..Self::new(SW_TOKEN_PAYLOAD)
            },
            Token::StringEnd(end) => Self {
                string: end.kind.into(),
                terminated: end.terminated,
                number: end.number.map_or(-1, i32::from),
                ..Self::new(SW_TOKEN_STRING_END)
            },
        };
        Self { signal: token.signal().map_or(sw_signal::NONE, sw_signal::from), ..new }
    }
}

impl From<StringKind> for sw_string_kind {
    fn from(kind: StringKind) -> Self {
        match kind {
            StringKind::Osc => Self::SW_STRING_OSC,
            StringKind::Dcs => Self::SW_STRING_DCS,
            StringKind::Sos => Self::SW_STRING_SOS,
            StringKind::Pm => Self::SW_STRING_PM,
            StringKind::Apc => Self::SW_STRING_APC,
        }
    }
}

fn two(bytes: &[u8]) -> [u8; 2] {
    let at = |index| bytes.get(index).copied().unwrap_or(0);
    [at(0), at(1)]
}
