//! `inspect_response` and its `ResponseInspection`.

use pyo3::prelude::*;
use rust_core_pure::wire;

use super::{UsageTuple, read, usage_tuple};
use crate::convert::{or_none, value_error};

/// What the body of an answer with a good status turns out to be.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct ResponseInspection(wire::Inspection);

#[pymethods]
impl ResponseInspection {
    /// What is wrong with it; None if it is an answer.
    #[getter]
    fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }

    /// Prompt and completion tokens, and of the prompt those read from a cache, written to one, and written to one for an hour; if it
    /// tells them.
    #[getter]
    fn usage(&self) -> Option<UsageTuple> {
        usage_tuple(self.0.usage)
    }

    fn __repr__(&self) -> String {
        let problem = or_none(self.problem().map(|problem| format!("{problem:?}")));
        let usage = or_none(self.usage().map(|usage| format!("{usage:?}")));
        format!("ResponseInspection(problem={problem}, usage={usage})")
    }
}

/// Inspects the body of a response with status 200: is it an answer, and what did it cost?
#[pyfunction]
#[pyo3(signature = (dialect, body))]
pub(crate) fn inspect_response(py: Python<'_>, dialect: &str, body: &[u8]) -> PyResult<ResponseInspection> {
    let dialect = wire::Dialect::by_name(dialect).map_err(value_error)?;
    Ok(ResponseInspection(read(py, body, |body| wire::inspect(dialect, body))))
}
