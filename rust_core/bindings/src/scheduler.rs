//! `Scheduler`.

use std::sync::Mutex;

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use rust_core_pure::schedulers;

use crate::convert::{Count, instant, lock, value_error};

/// Picks who is next among a fixed set of candidates, known by their index.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Scheduler {
    name: String,
    running: Mutex<Box<dyn schedulers::Scheduler>>,
}

#[pymethods]
impl Scheduler {
    #[new]
    #[pyo3(signature = (name, weights, seed = None))]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn new(name: String, weights: Vec<Count>, seed: Option<Count>) -> PyResult<Self> {
        let weights: Vec<u64> = weights.iter().map(|weight| weight.0).collect();
        let running = schedulers::build(&name, &weights, seed.map(|seed| seed.0)).map_err(value_error)?;
        Ok(Self { name, running: Mutex::new(running) })
    }

    /// The strategy's name.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// The index of the next candidate, always an eligible one; None only where none is.
    #[pyo3(signature = (eligible, now_ns = None))]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn pick(&self, py: Python<'_>, eligible: Vec<bool>, now_ns: Option<Count>) -> PyResult<Option<usize>> {
        let now = instant(py, now_ns)?;
        let mut running = lock(&self.running);
        if eligible.len() != running.len() {
            let (given, size) = (eligible.len(), running.len());
            return Err(PyValueError::new_err(format!("eligible has {given} entries for {size} candidates")));
        }
        Ok(running.pick(&eligible, now))
    }

    /// A request was sent to the candidate.
    fn on_start(&self, index: Count) -> PyResult<()> {
        let index = self.known(index)?;
        lock(&self.running).on_start(index);
        Ok(())
    }

    /// A request to the candidate ended, after so long, well or badly.
    #[pyo3(signature = (index, latency_ns = Count(0), ok = true), text_signature = "($self, index, latency_ns=0, ok=True)")]
    fn on_finish(&self, index: Count, latency_ns: Count, ok: bool) -> PyResult<()> {
        let index = self.known(index)?;
        lock(&self.running).on_finish(index, latency_ns.0, ok);
        Ok(())
    }

    fn __len__(&self) -> usize {
        lock(&self.running).len()
    }

    fn __repr__(&self) -> String {
        format!("Scheduler('{}', {} candidates)", self.name, self.__len__())
    }
}

impl Scheduler {
    fn known(&self, index: Count) -> PyResult<usize> {
        let (index, size) = (index.size(), self.__len__());
        if index < size { Ok(index) } else { Err(PyIndexError::new_err(format!("no candidate {index} among {size}"))) }
    }
}
