//! `classify` and its `Outcome`.

use pyo3::prelude::*;
use rust_core_pure::wire;

use crate::convert::{Count, truth, value_error};

/// What to do after a failed attempt. Frozen: one row of the core's table.
#[pyclass(module = "pyproxy.rust_core", frozen, eq)]
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Outcome(wire::Outcome);

#[pymethods]
impl Outcome {
    /// The row's name.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name
    }

    /// One retry on the same instance.
    #[getter]
    fn retry_same(&self) -> bool {
        self.0.retry_same
    }

    /// Another instance of the same step may do better.
    #[getter]
    fn try_another(&self) -> bool {
        self.0.try_another
    }

    /// The next step of the plan may do better.
    #[getter]
    fn try_next(&self) -> bool {
        self.0.try_next
    }

    /// The provider's answer goes to the client as it is.
    #[getter]
    #[allow(clippy::wrong_self_convention)] // a name of the table, not a conversion
    fn to_client(&self) -> bool {
        self.0.to_client
    }

    /// A failure of the instance, to its circuit breaker.
    #[getter]
    fn counts_for_breaker(&self) -> bool {
        self.0.counts_for_breaker
    }

    /// The credential is of no use any more.
    #[getter]
    fn disable_credential(&self) -> bool {
        self.0.disable_credential
    }

    /// The limiter pauses until the provider's Retry-After.
    #[getter]
    fn pause_limiter(&self) -> bool {
        self.0.pause_limiter
    }

    /// The same instance may be asked again within this request.
    #[getter]
    fn ask_again(&self) -> bool {
        self.0.ask_again
    }

    fn __repr__(&self) -> String {
        format!(
            "Outcome(name='{}', retry_same={}, try_another={}, try_next={}, to_client={}, counts_for_breaker={}, \
             disable_credential={}, pause_limiter={}, ask_again={})",
            self.0.name,
            truth(self.0.retry_same),
            truth(self.0.try_another),
            truth(self.0.try_next),
            truth(self.0.to_client),
            truth(self.0.counts_for_breaker),
            truth(self.0.disable_credential),
            truth(self.0.pause_limiter),
            truth(self.0.ask_again)
        )
    }
}

/// What a failed attempt means, from its signal and, where there was an answer, the answer's status and body.
#[pyfunction]
#[pyo3(signature = (signal, status = None, body = None))]
pub(crate) fn classify(signal: &str, status: Option<Count>, body: Option<&[u8]>) -> PyResult<Outcome> {
    let signal = wire::Signal::by_name(signal).map_err(value_error)?;
    let status = status.map(|status| u16::try_from(status.0)).transpose().map_err(value_error)?;
    wire::classify(signal, status, body).map(Outcome).map_err(value_error)
}
