//! What host and attached terminal say to each other, until the wire format of `docs/PROTOCOL.md` replaces it:
//! one byte of kind, two bytes of length (little endian), the payload.

/// The longest payload.
pub(super) const LONGEST: usize = 16 << 10;

/// The kinds of frames.
pub(super) mod kind {
    /// To the host: keys.
    pub(crate) const KEYS: u8 = b'k';
    /// To the host: columns and rows, two bytes each, little endian.
    pub(crate) const SIZE: u8 = b's';
    /// To the terminal: output.
    pub(crate) const OUTPUT: u8 = b'o';
    /// To the terminal: the session ended with this code.
    pub(crate) const EXIT: u8 = b'x';
}

/// Appends `payload` as frames of one kind.
pub(super) fn put(out: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    for piece in payload.chunks(LONGEST) {
        out.push(kind);
        out.extend_from_slice(&u16::try_from(piece.len()).unwrap_or(0).to_le_bytes());
        out.extend_from_slice(piece);
    }
}

/// Takes the first whole frame out of what has been received.
///
/// # Errors
/// If the peer does not speak this language.
pub(super) fn take(inbox: &mut Vec<u8>) -> Result<Option<(u8, Vec<u8>)>, &'static str> {
    let [kind, low, high, ..] = *inbox.as_slice() else { return Ok(None) };
    let len = usize::from(u16::from_le_bytes([low, high]));
    if len > LONGEST {
        return Err("a frame is too long");
    }
    if inbox.len() < 3 + len {
        return Ok(None);
    }
    let rest = inbox.split_off(3 + len);
    let frame = std::mem::replace(inbox, rest);
    Ok(Some((kind, frame.get(3..).unwrap_or_default().to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_any_cut() {
        let mut wire = Vec::new();
        put(&mut wire, kind::OUTPUT, &[7; LONGEST + 5]);
        put(&mut wire, kind::EXIT, &[3]);
        let (mut inbox, mut got) = (Vec::new(), Vec::new());
        for byte in wire {
            inbox.push(byte);
            got.extend(take(&mut inbox).unwrap());
        }
        let sizes: Vec<_> = got.iter().map(|(kind, payload)| (*kind, payload.len())).collect();
        assert_eq!(sizes, [(b'o', LONGEST), (b'o', 5), (b'x', 1)]);
        assert!(take(&mut vec![b'o', 0xFF, 0xFF]).is_err());
    }
}
