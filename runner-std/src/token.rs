//! The secret that lets a client in: made here, kept in a file that only its owner can read, shown nowhere.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::{fmt, fs};

use crate::failure::Failure;
use crate::limits::{TOKEN, TOKEN_LEAST};

/// A token. Printing it for debugging does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one: hexadecimal digits of 128 random bits.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn new() -> io::Result<Self> {
        let bytes: [u8; TOKEN] = random()?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The one a user gave.
    ///
    /// # Errors
    /// It is empty, longer than the protocol allows, or has characters that no URL and no header carries.
    pub fn given(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
        if text.is_empty() || text.len() > stillwire::link::frame::MAX_TOKEN || !plain {
            return Err(Failure::usage("a token has 1 to 64 letters, digits and -._~+/="));
        }
        Ok(Self(text.to_owned()))
    }

    /// The one in a file, which nobody else may be able to read.
    ///
    /// # Errors
    /// If there is none, or others can read it.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let cannot = |error| Failure::io(format!("read the token from {shown}"), error);
        let file = File::open(path).map_err(cannot)?;
        let found = file.metadata().map_err(cannot)?;
        if ![rustix::process::geteuid().as_raw(), 0].contains(&found.uid()) {
            return Err(Failure::new(format!("the token in {shown} belongs to somebody else")));
        }
        if found.mode() & 0o077 != 0 {
            return Err(Failure::new(format!("others can read the token in {shown}"))
                .hint(format!("chmod 600 {shown}, and better make a new one")));
        }
        let mut text = String::new();
        file.take(256).read_to_string(&mut text).map_err(cannot)?;
        Self::given(&text)
    }

    /// The one in a file, for a host; a new one if there is none.
    ///
    /// # Errors
    /// As [`Token::read`], or if it can be guessed, or a new one cannot be written.
    pub fn read_or_make(path: &Path) -> Result<Self, Failure> {
        let cannot = |error| Failure::io(format!("write the token to {}", path.display()), error);
        if fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            let token = Self::new().map_err(|error| Failure::io("make a token", error))?;
            // Complete before it can be seen: a second host that starts now reads all of it, and a full disk leaves none.
            let draft = path.with_extension(format!("{}.new", std::process::id()));
            token.write(&draft).map_err(cannot)?;
            let linked = fs::hard_link(&draft, path);
            let _ = fs::remove_file(&draft);
            match linked {
                Ok(()) => return Ok(token),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(cannot(error)),
            }
        }
        let token = Self::read(path)?;
        if token.0.len() < TOKEN_LEAST {
            return Err(Failure::usage(format!(
                "the token in {} can be guessed: it has fewer than {TOKEN_LEAST} characters",
                path.display()
            ))
            .hint("name a file that is not there yet, and the host makes a good one"));
        }
        Ok(token)
    }

    /// Writes it to a file of its own, in place of what is there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let _ = fs::remove_file(path);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let written = writeln!(file, "{}", self.0);
        if written.is_err() {
            let _ = fs::remove_file(path);
        }
        written
    }

    /// For whoever is meant to know it.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same, in a time that does not tell how much of it is.
    pub fn matches(&self, other: &[u8]) -> bool {
        stillwire::link::frame::Token(self.0.as_bytes()).matches(other)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Random bytes that nobody can guess.
///
/// # Errors
/// If the system has none.
pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_token_is_made_once_kept_private_and_never_shown() {
        let path = std::env::temp_dir().join(format!("stillwire-token-{}", std::process::id()));
        let made = Token::read_or_make(&path).unwrap();
        assert_eq!(made.secret().len(), 2 * TOKEN);
        assert_eq!(Token::read_or_make(&path).unwrap(), made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(made.matches(made.secret().as_bytes()) && !made.matches(b""));
        assert_eq!(format!("{made:?}"), "Token(…)");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Token::read(&path).unwrap_err().message.contains("others can read"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "correct-horse").unwrap();
        assert_eq!(Token::read(&path).unwrap().secret(), "correct-horse", "a client takes what it is given");
        assert!(Token::read_or_make(&path).unwrap_err().message.contains("can be guessed"));
        for wrong in ["", "a b", "a\r\nX-Evil: 1", "t\u{f6}ken", &"x".repeat(65)] {
            assert!(Token::given(wrong).is_err(), "{wrong:?}");
        }
        fs::remove_file(&path).unwrap();
    }
}
