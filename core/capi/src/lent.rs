//! What callers lend: storage for machines, bytes, places for answers. All of the checks that can be made are made here.

use core::ffi::c_void;
use core::slice;

use crate::error::{Result, sw_error};

/// Puts what `make` makes into `storage` of `size` bytes, and says where in `place`.
///
/// # Safety
/// `storage` is null or valid for writes of `size` bytes, `place` null or valid for a write.
pub(crate) unsafe fn put<T>(
    storage: *mut c_void,
    size: usize,
    place: *mut *mut T,
    make: impl FnOnce() -> T,
) -> Result<()> {
    let machine = storage.cast::<T>();
    if machine.is_null() || place.is_null() {
        return Err(sw_error::SW_E_NULL);
    }
    if !machine.is_aligned() {
        return Err(sw_error::SW_E_ALIGN);
    }
    if size < size_of::<T>() {
        return Err(sw_error::SW_E_SIZE);
    }
    // SAFETY: not null, aligned and large enough, as was just looked at; the caller lends both.
    unsafe {
        machine.write(make());
        place.write(machine);
    }
    Ok(())
}

/// What is at `pointer`.
///
/// # Safety
/// `pointer` is null or points to a `T` that nobody else uses for as long as `'a`.
pub(crate) unsafe fn at<'a, T>(pointer: *mut T) -> Result<&'a mut T> {
    // SAFETY: as the caller says.
    unsafe { pointer.as_mut() }.ok_or(sw_error::SW_E_NULL)
}

/// The `len` values at `pointer`, which may be null if there are none.
///
/// # Safety
/// `pointer` points to so many `T` that nobody changes for as long as `'a`.
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, len: usize) -> Result<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    fits(pointer, len)?;
    // SAFETY: as the caller says; not null, aligned, and no longer than anything can be.
    Ok(unsafe { slice::from_raw_parts(pointer, len) })
}

/// The same, to be written.
///
/// # Safety
/// `pointer` points to so many `T` that nobody else uses for as long as `'a`.
pub(crate) unsafe fn slice_mut<'a, T>(pointer: *mut T, len: usize) -> Result<&'a mut [T]> {
    if len == 0 {
        return Ok(&mut []);
    }
    fits(pointer, len)?;
    // SAFETY: as the caller says; not null, aligned, and no longer than anything can be.
    Ok(unsafe { slice::from_raw_parts_mut(pointer, len) })
}

/// `count` values one behind the other at `memory`, each made by `make` at its place.
///
/// # Safety
/// `memory` has room for so many `T`, and is nobody else's for as long as `'a`; `make` writes what it says that it did.
pub(crate) unsafe fn fill<'a, T>(
    memory: *mut u8,
    count: usize,
    mut make: impl FnMut(*mut T, usize) -> Result<()>,
) -> Result<&'a mut [T]> {
    let first = memory.cast::<T>();
    if count == 0 {
        return Ok(&mut []);
    }
    fits(first, count)?;
    for index in 0..count {
        make(first.wrapping_add(index), index)?;
    }
    // SAFETY: all of them have just been written.
    Ok(unsafe { slice::from_raw_parts_mut(first, count) })
}

fn fits<T>(pointer: *const T, len: usize) -> Result<()> {
    if pointer.is_null() {
        return Err(sw_error::SW_E_NULL);
    }
    if !pointer.is_aligned() {
        return Err(sw_error::SW_E_ALIGN);
    }
    let bytes = len.checked_mul(size_of::<T>()).filter(|bytes| isize::try_from(*bytes).is_ok());
    bytes.map(drop).ok_or(sw_error::SW_E_SIZE)
}

/// Refuses null.
pub(crate) fn writable<T>(pointer: *mut T) -> Result<()> {
    if pointer.is_null() { Err(sw_error::SW_E_NULL) } else { Ok(()) }
}
