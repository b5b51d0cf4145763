//! Schedulers written in Python: looked up by name, held to the rules, and blamed by name where they break them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use pyo3::exceptions::{PyException, PyOverflowError, PyRuntimeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList};
use rust_core_pure::limiters::UnknownName;
use rust_core_pure::schedulers::WrongNumber;

use crate::convert::{lock, value_error};

static FACTORIES: Mutex<BTreeMap<String, Py<PyAny>>> = Mutex::new(BTreeMap::new());

/// Makes a factory known; one of the same name is replaced.
pub(super) fn register(name: String, factory: Py<PyAny>) {
    let replaced = lock(&FACTORIES).insert(name, factory);
    drop(replaced); // after the lock: what a factory leaves behind may run Python
}

/// The error for a name that is none, with the names of the plug-ins.
pub(super) fn with_names(unknown: &UnknownName) -> PyErr {
    let plugins = lock(&FACTORIES).keys().fold(String::new(), |names, name| names + ", " + name);
    value_error(format!("{unknown}{plugins}"))
}

/// What a factory made. Nothing is locked while Python runs, so it may call back, and more than one thread may call it.
pub(super) struct Plugin {
    name: String,
    object: Py<PyAny>,
    weights: Mutex<Vec<u64>>,
}

impl Plugin {
    /// What the factory of this name makes, if there is one.
    pub(super) fn make(py: Python<'_>, name: &str, weights: &[u64], seed: Option<u64>) -> PyResult<Option<Self>> {
        let factory = lock(&FACTORIES).get(name).map(|factory| factory.clone_ref(py));
        let Some(factory) = factory else { return Ok(None) };
        let made = factory.bind(py).call1((weights.to_vec(), seed));
        let object = made.map_err(|error| raised(py, name, "its factory", error))?;
        let plugin = Self { name: name.to_owned(), object: object.unbind(), weights: Mutex::new(weights.to_vec()) };
        if plugin.method(py, "pick")?.is_none() {
            return Err(plugin.fault("has no method pick"));
        }
        Ok(Some(plugin))
    }

    /// Asks who is next of those that may be picked, the drained left out; nobody is asked where there are none.
    pub(super) fn pick(&self, py: Python<'_>, eligible: &[bool], now: u64) -> PyResult<Option<usize>> {
        let open: Vec<bool> = eligible
            .iter()
            .zip(lock(&self.weights).iter())
            .map(|(eligible, weight)| *eligible && *weight > 0)
            .collect();
        if !open.contains(&true) {
            return Ok(None);
        }
        let answer = self.call(py, "pick", (PyList::new(py, &open)?, now))?;
        let Some(picked) = answer.filter(|picked| !picked.is_none()) else { return Ok(None) };
        let index = self.index(py, &picked, open.len())?;
        match open.get(index) {
            Some(true) => Ok(Some(index)),
            Some(false) => Err(self.fault(&format!("picked {index}, which is not eligible"))),
            None => Err(self.fault(&format!("picked {index} of {} candidates", open.len()))),
        }
    }

    pub(super) fn on_start(&self, py: Python<'_>, index: usize, now: u64) -> PyResult<()> {
        self.call(py, "on_start", (index, now)).map(drop)
    }

    pub(super) fn on_finish(&self, py: Python<'_>, index: usize, latency: u64, ok: bool, now: u64) -> PyResult<()> {
        self.call(py, "on_finish", (index, latency, ok, now)).map(drop)
    }

    pub(super) fn set_weights(&self, py: Python<'_>, weights: &[u64], now: u64) -> PyResult<()> {
        let candidates = lock(&self.weights).len();
        if weights.len() != candidates {
            return Err(value_error(WrongNumber { given: weights.len(), candidates }));
        }
        if self.call(py, "set_weights", (weights.to_vec(), now))?.is_none() {
            return Err(self.fault("has no method set_weights"));
        }
        weights.clone_into(&mut lock(&self.weights));
        Ok(())
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.object)
    }

    /// What the method returns; nothing where there is no such method.
    fn call<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        arguments: impl pyo3::call::PyCallArgs<'py>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(bound) = self.method(py, method)? else { return Ok(None) };
        bound.call1(arguments).map(Some).map_err(|error| raised(py, &self.name, method, error))
    }

    fn method<'py>(&self, py: Python<'py>, method: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.object.bind(py).getattr_opt(method).map_err(|error| raised(py, &self.name, method, error))
    }

    /// The index that a plug-in picked. In Python a truth value is a number, too, but none that was meant as an index.
    fn index(&self, py: Python<'_>, picked: &Bound<'_, PyAny>, size: usize) -> PyResult<usize> {
        let index = if picked.is_instance_of::<PyBool>() { Err(PyTypeError::new_err(())) } else { picked.extract() };
        index.map_err(|error: PyErr| {
            if error.is_instance_of::<PyOverflowError>(py) {
                self.fault(&format!("picked an index below 0 or far beyond {size} candidates"))
            } else if error.is_instance_of::<PyTypeError>(py) {
                let kind = picked.get_type().name().map_or_else(|_| "thing".to_owned(), |kind| kind.to_string());
                self.fault(&format!("picked a {kind}: pick returns an index or None"))
            } else {
                raised(py, &self.name, "pick", error)
            }
        })
    }

    fn fault(&self, what: &str) -> PyErr {
        PyRuntimeError::new_err(format!("scheduler plug-in {:?} {what}", self.name))
    }
}

/// The error for what a plug-in raised, caused by it. What no handler of errors should see, such as an interrupt, stays
/// what it is. The cause is not quoted: plug-ins may wrap each other, and a message must not grow with each.
fn raised(py: Python<'_>, name: &str, place: &str, error: PyErr) -> PyErr {
    if !error.is_instance_of::<PyException>(py) {
        return error;
    }
    let kind = error.get_type(py).name().map_or_else(|_| "an exception".to_owned(), |kind| kind.to_string());
    let fault = PyRuntimeError::new_err(format!("scheduler plug-in {name:?} raised {kind} in {place}"));
    fault.set_cause(py, Some(error));
    fault
}
