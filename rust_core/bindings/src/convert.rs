//! Conversions that every component needs.

use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PySequence, PyString};

/// A whole number from 0 to 2**64 - 1. Others are a `ValueError`, as every wrong value is, not an `OverflowError`.
#[derive(Clone, Copy)]
pub(crate) struct Count(pub(crate) u64);

impl Count {
    /// As a size in memory, of which none is larger than the largest.
    pub(crate) fn size(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Count {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        bounded(object, "a whole number must lie between 0 and 2**64 - 1").map(Self)
    }
}

/// A class of priority, a whole number of 32 bits; others are a `ValueError` too.
#[derive(Clone, Copy)]
pub(crate) struct Priority(pub(crate) i32);

impl<'a, 'py> FromPyObject<'a, 'py> for Priority {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        bounded(object, "a priority must lie between -2**31 and 2**31 - 1").map(Self)
    }
}

/// A number, with a `ValueError` that tells the bounds of one that its type cannot hold.
pub(crate) fn bounded<'a, 'py, T>(object: Borrowed<'a, 'py, PyAny>, bounds: &'static str) -> PyResult<T>
where
    T: FromPyObject<'a, 'py, Error = PyErr>,
{
    object.extract().map_err(|error: PyErr| {
        if error.is_instance_of::<PyOverflowError>(object.py()) { value_error(bounds) } else { error }
    })
}

/// A sequence. What it claims to be long reserves no memory, and one too long for anything is a `ValueError`.
pub(crate) struct Items<T>(pub(crate) Vec<T>);

impl<T> Items<T> {
    const MOST: usize = 1 << 20;
}

impl<'a, 'py, T: FromPyObjectOwned<'py>> FromPyObject<'a, 'py> for Items<T> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("a sequence is expected, not a str"));
        }
        let sequence = object.cast::<PySequence>()?;
        let mut items = Vec::with_capacity(sequence.len().unwrap_or(0).min(64));
        for item in sequence.try_iter()? {
            if items.len() >= Self::MOST {
                return Err(value_error(format!("a sequence may have {} items at most", Self::MOST)));
            }
            items.push(item?.extract().map_err(Into::into)?);
        }
        Ok(Self(items))
    }
}

/// The time given, or that of Python's `time.monotonic_ns`.
pub(crate) fn instant(py: Python<'_>, given: Option<Count>) -> PyResult<u64> {
    static CLOCK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    match given {
        Some(now) => Ok(now.0),
        None => CLOCK.import(py, "time", "monotonic_ns")?.call0()?.extract(),
    }
}

/// The core's own errors, as Python's.
pub(crate) fn value_error(error: impl Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The state behind a lock. No operation of the core leaves it half-changed, so a poisoned lock is as good as any.
pub(crate) fn lock<T: ?Sized>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Python's way to write an optional value.
pub(crate) fn or_none(value: Option<impl Display>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| value.to_string())
}

/// Python's way to write a truth value.
pub(crate) fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
