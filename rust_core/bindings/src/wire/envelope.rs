//! `scan_envelope`, its `Envelope` and its `EnvelopeError`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rust_core_pure::wire;

use crate::convert::{or_none, truth, value_error};

pyo3::create_exception!(
    pyproxy.rust_core,
    EnvelopeError,
    PyValueError,
    "A request body that cannot be routed. The message says what to send; `param` names the member at fault, or is None."
);

/// What a request body says about itself.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Envelope(wire::Envelope);

#[pymethods]
impl Envelope {
    /// The target's name.
    #[getter]
    fn model(&self) -> &str {
        &self.0.model
    }

    /// Whether the answer is to be a stream.
    #[getter]
    fn stream(&self) -> bool {
        self.0.stream
    }

    /// The most tokens the answer may have, if the client bounds it.
    #[getter]
    fn max_tokens(&self) -> Option<u64> {
        self.0.max_tokens
    }

    /// Start and end of the JSON value of `model` in the body, quotes included.
    #[getter]
    fn model_span(&self) -> (usize, usize) {
        (self.0.model_span.start, self.0.model_span.end)
    }

    /// The same body with another model's name, every other byte untouched.
    fn with_model<'py>(&self, py: Python<'py>, body: &[u8], name: &str) -> PyResult<Bound<'py, PyBytes>> {
        self.0.with_model(body, name).map(|body| PyBytes::new(py, &body)).map_err(value_error)
    }

    fn __repr__(&self) -> String {
        let max_tokens = or_none(self.max_tokens());
        format!("Envelope(model={:?}, stream={}, max_tokens={max_tokens})", self.model(), truth(self.stream()))
    }
}

/// Scans a request body; raises `EnvelopeError` where it cannot be routed.
#[pyfunction]
#[pyo3(signature = (body))]
pub(crate) fn scan_envelope(py: Python<'_>, body: &[u8]) -> PyResult<Envelope> {
    super::read(py, body, wire::Envelope::scan).map(Envelope).map_err(|error| raise(py, error))
}

fn raise(py: Python<'_>, error: wire::EnvelopeError) -> PyErr {
    let raised = EnvelopeError::new_err(error.message);
    raised.value(py).setattr("param", error.param).err().unwrap_or(raised)
}
