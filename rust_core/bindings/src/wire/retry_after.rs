//! `parse_retry_after`.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use rust_core_pure::wire;

use crate::convert::{Count, Items};

/// Nanoseconds that a provider's response headers ask to wait, from 0 to one hour; None where they ask for none.
#[pyfunction]
#[pyo3(signature = (headers, unix_now_ms))]
#[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
pub(crate) fn parse_retry_after(headers: Items<(PyBackedBytes, PyBackedBytes)>, unix_now_ms: Count) -> Option<u64> {
    wire::parse_retry_after(&headers.0, unix_now_ms.0)
}
