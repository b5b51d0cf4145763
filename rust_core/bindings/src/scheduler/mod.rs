//! `Scheduler` and `register_scheduler`.

mod plugin;

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use rust_core_pure::schedulers;

use self::plugin::Plugin;
use crate::convert::{Count, Items, instant, lock, value_error};

/// Picks who is next among a fixed set of candidates, known by their index. A weight of 0 is drained: never picked.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Scheduler {
    name: String,
    size: usize,
    running: Running,
}

enum Running {
    Core(Arc<Mutex<Box<dyn schedulers::Scheduler>>>),
    /// Without a lock: it may call back.
    Python(Plugin),
}

#[pymethods]
impl Scheduler {
    #[new]
    #[pyo3(signature = (name, weights, seed = None))]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn new(py: Python<'_>, name: String, weights: Items<Count>, seed: Option<Count>) -> PyResult<Self> {
        let (weights, size, seed) = (numbers(&weights.0), weights.0.len(), seed.map(|seed| seed.0));
        let running = if let Some(plugin) = Plugin::make(py, &name, &weights, seed)? {
            Running::Python(plugin)
        } else {
            // Python's hash seed is fixed by some; this one never is.
            let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(()));
            let core = schedulers::build(&name, &weights, seed).map_err(|unknown| plugin::with_names(&unknown))?;
            Running::Core(Arc::new(Mutex::new(core)))
        };
        Ok(Self { name, size, running })
    }

    /// The strategy's name.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the core's own, and can be asked without Python.
    #[getter]
    fn is_native(&self) -> bool {
        matches!(self.running, Running::Core(_))
    }

    /// The index of the next candidate, always an eligible one; None only where none is, the drained left out.
    #[pyo3(signature = (eligible, now_ns = None))]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn pick(&self, py: Python<'_>, eligible: Items<bool>, now_ns: Option<Count>) -> PyResult<Option<usize>> {
        let (eligible, now) = (eligible.0, instant(py, now_ns)?);
        if eligible.len() != self.size {
            let (given, size) = (eligible.len(), self.size);
            return Err(PyValueError::new_err(format!("eligible has {given} entries for {size} candidates")));
        }
        match &self.running {
            Running::Core(core) => Ok(lock(core).pick(&eligible, now)),
            Running::Python(plugin) => plugin.pick(py, &eligible, now),
        }
    }

    /// A request was sent to the candidate.
    #[pyo3(signature = (index, now_ns = None))]
    fn on_start(&self, py: Python<'_>, index: Count, now_ns: Option<Count>) -> PyResult<()> {
        let (index, now) = (self.known(index)?, instant(py, now_ns)?);
        match &self.running {
            Running::Core(core) => lock(core).on_start(index, now),
            Running::Python(plugin) => plugin.on_start(py, index, now)?,
        }
        Ok(())
    }

    /// A request to the candidate ended, after so long, well or badly.
    #[pyo3(signature = (index, latency_ns = Count(0), ok = true, now_ns = None), text_signature = "($self, index, latency_ns=0, ok=True, now_ns=None)")]
    fn on_finish(
        &self,
        py: Python<'_>,
        index: Count,
        latency_ns: Count,
        ok: bool,
        now_ns: Option<Count>,
    ) -> PyResult<()> {
        let (index, now) = (self.known(index)?, instant(py, now_ns)?);
        match &self.running {
            Running::Core(core) => lock(core).on_finish(index, latency_ns.0, ok, now),
            Running::Python(plugin) => plugin.on_finish(py, index, latency_ns.0, ok, now)?,
        }
        Ok(())
    }

    /// Follows changed weights, keeping whose turn it is and what is known of the candidates.
    #[pyo3(signature = (weights, now_ns = None))]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn set_weights(&self, py: Python<'_>, weights: Items<Count>, now_ns: Option<Count>) -> PyResult<()> {
        let (weights, now) = (numbers(&weights.0), instant(py, now_ns)?);
        match &self.running {
            Running::Core(core) => lock(core).set_weights(&weights, now).map_err(value_error),
            Running::Python(plugin) => plugin.set_weights(py, &weights, now),
        }
    }

    fn __len__(&self) -> usize {
        self.size
    }

    fn __repr__(&self) -> String {
        format!("Scheduler('{}', {} candidates)", self.name, self.size)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.running {
            Running::Core(_) => Ok(()),
            Running::Python(plugin) => plugin.traverse(&visit),
        }
    }
}

impl Scheduler {
    /// The core's, to be shared; a plug-in has none.
    pub(crate) fn core(&self) -> Option<Arc<Mutex<Box<dyn schedulers::Scheduler>>>> {
        match &self.running {
            Running::Core(core) => Some(Arc::clone(core)),
            Running::Python(_) => None,
        }
    }

    fn known(&self, index: Count) -> PyResult<usize> {
        let (index, size) = (index.size(), self.size);
        if index < size { Ok(index) } else { Err(PyValueError::new_err(format!("no candidate {index} among {size}"))) }
    }
}

fn numbers(weights: &[Count]) -> Vec<u64> {
    weights.iter().map(|weight| weight.0).collect()
}

/// Makes a scheduler written in Python known by a name, for every `Scheduler` of this process made from then on.
#[pyfunction]
pub(crate) fn register_scheduler(name: String, factory: Bound<'_, PyAny>) -> PyResult<()> {
    if schedulers::names().any(|known| known == name) {
        return Err(PyValueError::new_err(format!("{name:?} is a scheduler of the core: choose another name")));
    }
    if name.is_empty() {
        return Err(PyValueError::new_err("a scheduler needs a name"));
    }
    if !factory.is_callable() {
        let kind = factory.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "the factory of scheduler {name:?} cannot be called: it is a {kind}"
        )));
    }
    plugin::register(name, factory.unbind());
    Ok(())
}
