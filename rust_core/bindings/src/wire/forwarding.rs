//! `forwarded_headers`, `is_credential` and `answer_headers`.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rust_core_pure::wire;

use super::{Headers, pairs};

/// A name and a value, made anew.
type Header<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// A client's headers that may go upstream, in their order. Names are expected in lower case.
#[pyfunction]
#[pyo3(signature = (headers))]
#[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
pub(crate) fn forwarded_headers(py: Python<'_>, headers: Headers) -> Vec<Header<'_>> {
    let forwarded = wire::forwarded_headers(pairs(&headers));
    forwarded.map(|(name, value)| (PyBytes::new(py, name), PyBytes::new(py, value))).collect()
}

/// Whether a header of this name, or a parameter of a query, is of a client's own credential.
#[pyfunction]
#[pyo3(signature = (name))]
pub(crate) fn is_credential(name: &[u8]) -> bool {
    wire::is_credential(name)
}

/// A provider's headers that mean something to the client, in their order and their names in lower case.
#[pyfunction]
#[pyo3(signature = (headers))]
#[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
pub(crate) fn answer_headers(py: Python<'_>, headers: Headers) -> Vec<Header<'_>> {
    let answer = wire::answer_headers(pairs(&headers));
    answer.map(|(name, value)| (PyBytes::new(py, &name), PyBytes::new(py, value))).collect()
}
