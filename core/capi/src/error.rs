//! What can be wrong with a call: [`sw_error`].

/// What became of a call.
///
/// Less than zero: nothing was changed. The caller is wrong about SW_E_NULL to SW_E_ARGUMENT, and can do nothing about the
/// others but what their text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum sw_error {
    /// It is done.
    SW_OK = 0,
    /// There is nothing (more): no token, no event, no frame, no deadline.
    SW_NOTHING = 1,
    /// A pointer is null that must not be.
    SW_E_NULL = -1,
    /// Storage is too small, or a length is more than there can be.
    SW_E_SIZE = -2,
    /// Storage is not aligned.
    SW_E_ALIGN = -3,
    /// A value is none of those it may have, or an index is past the end.
    SW_E_ARGUMENT = -4,
    /// The connection is gone and its slot free, or another's: close it if it is still open.
    SW_E_STALE = -5,
    /// There is no room for it now.
    SW_E_FULL = -6,
    /// The other side does not expect that (any more).
    SW_E_STATE = -7,
}

pub(crate) type Result<T> = core::result::Result<T, sw_error>;

impl From<Result<()>> for sw_error {
    fn from(result: Result<()>) -> Self {
        result.err().unwrap_or(Self::SW_OK)
    }
}
