//! `parse_retry_after` and `parse_rate_limits`.

use pyo3::prelude::*;
use rust_core_pure::wire;

use super::Headers;
use crate::convert::Count;

/// Nanoseconds that a provider's answer asks to wait, from 0 to one hour; None where it asks for none.
#[pyfunction]
#[pyo3(signature = (headers, unix_now_ms, body = None))]
#[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
pub(crate) fn parse_retry_after(headers: Headers, unix_now_ms: Count, body: Option<&[u8]>) -> Option<u64> {
    wire::parse_retry_after(&headers.0, unix_now_ms.0, body)
}

/// Dimension, what remains of it and nanoseconds until its reset, of each limit that a provider's headers tell.
#[pyfunction]
#[pyo3(signature = (headers, unix_now_ms))]
#[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
pub(crate) fn parse_rate_limits(headers: Headers, unix_now_ms: Count) -> Vec<(&'static str, u64, u64)> {
    let limits = wire::parse_rate_limits(&headers.0, unix_now_ms.0).into_iter();
    limits.map(|limit| (limit.dimension, limit.remaining, limit.reset_in)).collect()
}
