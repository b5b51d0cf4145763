//! `Decision`.

use pyo3::prelude::*;
use rust_core_pure::decision;

use crate::convert::{or_none, truth};

/// The answer to "may this cost pass now?". True where it may.
#[pyclass(module = "pyproxy.rust_core", frozen, eq)]
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Decision(pub(crate) decision::Decision);

#[pymethods]
impl Decision {
    /// Whether the cost may pass.
    #[getter]
    fn admitted(&self) -> bool {
        self.0.admitted()
    }

    /// Nanoseconds to wait; None if admitted, or if no wait can help.
    #[getter]
    fn retry_after_ns(&self) -> Option<u64> {
        self.0.retry_after()
    }

    /// Whether no wait can help: the cost exceeds the capacity.
    #[getter]
    fn permanent(&self) -> bool {
        self.0.permanent()
    }

    fn __bool__(&self) -> bool {
        self.admitted()
    }

    fn __repr__(&self) -> String {
        format!(
            "Decision(admitted={}, retry_after_ns={}, permanent={})",
            truth(self.admitted()),
            or_none(self.retry_after_ns()),
            truth(self.permanent())
        )
    }
}
