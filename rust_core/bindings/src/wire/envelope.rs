//! `scan_envelope`, its `Envelope` and its `EnvelopeError`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyBytes;
use rust_core_pure::wire;

use crate::convert::{Items, or_none, truth, value_error};

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
    /// Whose API the request speaks.
    #[getter]
    fn dialect(&self) -> &'static str {
        self.0.dialect.name()
    }

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

    /// Start and end of the JSON value of `model` in the body, quotes included; None where the path names it.
    #[getter]
    fn model_span(&self) -> Option<(usize, usize)> {
        self.0.model_span.as_ref().map(|span| (span.start, span.end))
    }

    /// How many choices the answer is to have.
    #[getter]
    fn choices(&self) -> u64 {
        self.0.choices
    }

    /// Whether the client asked for a stream's usage.
    #[getter]
    fn include_usage(&self) -> bool {
        self.0.include_usage
    }

    /// Whether it goes on with a conversation.
    #[getter]
    fn multi_turn(&self) -> bool {
        self.0.multi_turn()
    }

    /// The answer that this request goes on from, if it names one.
    #[getter]
    fn previous_response_id(&self) -> Option<&str> {
        self.0.previous_response_id.as_deref()
    }

    /// Bytes of text that the model is to read.
    #[getter]
    fn text_bytes(&self) -> usize {
        self.0.text_bytes()
    }

    /// Images that the model is to look at.
    #[getter]
    fn images(&self) -> usize {
        self.0.images()
    }

    /// Whether the body has this member, with a value other than null.
    fn has(&self, member: &str) -> bool {
        self.0.has(member)
    }

    /// A copy of the body with another model's name, and what else is asked for; every other byte untouched.
    #[pyo3(
        signature = (body, model, *, defaults = Items(Vec::new()), system = None, prefill = None, include_usage = false),
        text_signature = "($self, body, model, *, defaults=(), system=None, prefill=None, include_usage=False)"
    )]
    #[allow(clippy::needless_pass_by_value, clippy::too_many_arguments)] // the conversion owns what it converts; Python names them
    fn rewrite<'py>(
        &self,
        py: Python<'py>,
        body: &[u8],
        model: &str,
        defaults: Items<(PyBackedStr, PyBackedBytes)>,
        system: Option<&str>,
        prefill: Option<&str>,
        include_usage: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let defaults: Vec<(&str, &[u8])> = defaults.0.iter().map(|(name, json)| (&**name, &**json)).collect();
        let rewrite = wire::Rewrite { model, defaults: &defaults, system, prefill, include_usage };
        let rewritten = self.0.rewrite(body, &rewrite).map_err(value_error)?;
        PyBytes::new_with(py, rewritten.size(), |buffer| {
            rewritten.copy_to(buffer);
            Ok(())
        })
    }

    fn __repr__(&self) -> String {
        let max_tokens = or_none(self.max_tokens());
        format!("Envelope(model={:?}, stream={}, max_tokens={max_tokens})", self.model(), truth(self.stream()))
    }
}

/// Scans a request body; raises `EnvelopeError` where it cannot be routed.
#[pyfunction]
#[pyo3(signature = (body, dialect = "openai", *, model = None, stream = None))]
pub(crate) fn scan_envelope(
    py: Python<'_>,
    body: &[u8],
    dialect: &str,
    model: Option<&str>,
    stream: Option<bool>,
) -> PyResult<Envelope> {
    let dialect = wire::Dialect::by_name(dialect).map_err(value_error)?;
    let address = wire::Address::new(dialect, model, stream).map_err(value_error)?;
    let scanned = super::read(py, body, |body| wire::Envelope::scan(body, address));
    scanned.map(Envelope).map_err(|error| raise(py, error))
}

fn raise(py: Python<'_>, error: wire::EnvelopeError) -> PyErr {
    let raised = EnvelopeError::new_err(error.message);
    raised.value(py).setattr("param", error.param).err().unwrap_or(raised)
}
