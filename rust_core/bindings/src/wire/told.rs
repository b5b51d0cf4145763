//! `error_body`, `error_event` and `status_of_kind`.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rust_core_pure::wire;

use crate::convert::{Count, value_error};

/// The body of an answer that tells a client of an error, in the dialect it reads.
#[pyfunction]
#[pyo3(
    signature = (dialect, status, message, *, r#type = None, code = None, param = None, retry_after_ns = None, request_id = ""),
    text_signature = "(dialect, status, message, *, type=None, code=None, param=None, retry_after_ns=None, request_id=\'\')"
)]
#[allow(clippy::too_many_arguments)] // named ones, but for the first three
pub(crate) fn error_body<'py>(
    py: Python<'py>,
    dialect: &str,
    status: Count,
    message: &str,
    r#type: Option<&str>,
    code: Option<&str>,
    param: Option<&str>,
    retry_after_ns: Option<Count>,
    request_id: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let dialect = wire::Dialect::by_name(dialect).map_err(value_error)?;
    let error = told(status, message, r#type, code, param, retry_after_ns)?;
    Ok(PyBytes::new(py, &wire::error_body(dialect, &error, request_id)))
}

/// The event that tells a client of an error in the middle of its stream, in the dialect it reads.
#[pyfunction]
#[pyo3(
    signature = (dialect, status, message, *, r#type = None, code = None, param = None, retry_after_ns = None, sequence_number = Count(0)),
    text_signature = "(dialect, status, message, *, type=None, code=None, param=None, retry_after_ns=None, sequence_number=0)"
)]
#[allow(clippy::too_many_arguments)] // as above
pub(crate) fn error_event<'py>(
    py: Python<'py>,
    dialect: &str,
    status: Count,
    message: &str,
    r#type: Option<&str>,
    code: Option<&str>,
    param: Option<&str>,
    retry_after_ns: Option<Count>,
    sequence_number: Count,
) -> PyResult<Bound<'py, PyBytes>> {
    let dialect = wire::Dialect::by_name(dialect).map_err(value_error)?;
    let error = told(status, message, r#type, code, param, retry_after_ns)?;
    Ok(PyBytes::new(py, &wire::error_event(dialect, &error, sequence_number.0)))
}

/// The status that an error of this kind comes with, whichever dialect's word it is.
#[pyfunction]
pub(crate) fn status_of_kind(kind: &str) -> Option<u16> {
    wire::status_of_kind(kind)
}

fn told<'a>(
    status: Count,
    message: &'a str,
    kind: Option<&'a str>,
    code: Option<&'a str>,
    param: Option<&'a str>,
    retry_after_ns: Option<Count>,
) -> PyResult<wire::ToldError<'a>> {
    let status = u16::try_from(status.0).map_err(value_error)?;
    Ok(wire::ToldError { status, message, kind, code, param, retry_after: retry_after_ns.map(|nanos| nanos.0) })
}
