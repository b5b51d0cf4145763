//! `Grant`, `Refusal` and `Path`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use rust_core_pure::admission::{self, Admission, ScopeError, Wait};

use crate::convert::{Items, lock, or_none, truth};

/// A grant is its holder's own, or shared with the ticket that brought it.
enum Held {
    Own(Mutex<admission::Grant>),
    Shared(Arc<Mutex<admission::Grant>>),
}

/// Leave to go through every scope of a path, held until it is released. Always true.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Grant(Held);

impl Grant {
    pub(crate) fn new(grant: admission::Grant) -> Self {
        Self(Held::Own(Mutex::new(grant)))
    }

    pub(super) fn shared(grant: &Arc<Mutex<admission::Grant>>) -> Self {
        Self(Held::Shared(Arc::clone(grant)))
    }

    /// The grant itself. Where the controller's lock is needed too, that one is taken first.
    pub(super) fn cell(&self) -> &Mutex<admission::Grant> {
        match &self.0 {
            Held::Own(grant) => grant,
            Held::Shared(grant) => grant,
        }
    }

    fn name(&self) -> (u64, u64) {
        let grant = lock(self.cell());
        (grant.controller(), grant.id())
    }
}

#[pymethods]
impl Grant {
    /// The grant's number, never used twice by one controller.
    #[getter]
    fn id(&self) -> u64 {
        lock(self.cell()).id()
    }

    /// Whether its permits are still out.
    #[getter]
    fn held(&self) -> bool {
        lock(self.cell()).held()
    }

    fn __eq__(&self, other: &Bound<'_, Self>) -> bool {
        self.name() == other.get().name()
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.name().hash(&mut hasher);
        hasher.finish()
    }

    #[allow(clippy::unused_self)] // Python calls it on a grant
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        format!("Grant(id={}, held={})", self.id(), truth(self.held()))
    }
}

/// Why a request may not pass now. Always false.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Refusal(pub(super) admission::Refusal);

#[pymethods]
impl Refusal {
    /// The first scope of the path that refuses, or the first that refuses for good.
    #[getter]
    fn scope(&self) -> &str {
        &self.0.scope
    }

    /// "concurrency", "rate", "blocked", "reserved", `queue_full`, "deadline" or "closed".
    #[getter]
    fn reason(&self) -> &'static str {
        self.0.reason.name()
    }

    /// Nanoseconds until every rate and block of the path would admit; None where that is unknown or never.
    #[getter]
    fn retry_after_ns(&self) -> Option<u64> {
        match self.0.wait {
            Wait::For(wait) => Some(wait),
            Wait::Unknown | Wait::Never => None,
        }
    }

    /// Whether no wait can help.
    #[getter]
    fn permanent(&self) -> bool {
        self.0.wait == Wait::Never
    }

    #[allow(clippy::unused_self)] // Python calls it on a refusal
    fn __bool__(&self) -> bool {
        false
    }

    fn __repr__(&self) -> String {
        format!(
            "Refusal(scope={:?}, reason='{}', retry_after_ns={}, permanent={})",
            self.scope(),
            self.reason(),
            or_none(self.retry_after_ns()),
            truth(self.permanent())
        )
    }
}

/// A path looked up once, to be used often with the controller that made it.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Path {
    pub(super) controller: u64,
    pub(super) found: admission::Path,
    pub(super) keys: Vec<String>,
}

impl Path {
    /// What it was found to be.
    pub(crate) fn found(&self) -> admission::Path {
        self.found
    }
}

#[pymethods]
impl Path {
    /// The scopes it was made of.
    #[getter]
    fn keys(&self) -> Vec<String> {
        self.keys.clone()
    }

    fn __repr__(&self) -> String {
        format!("Path({:?})", self.keys)
    }
}

/// The scopes to pass: their keys, or a path made before.
pub(super) enum PathOrKeys<'py> {
    Path(Bound<'py, Path>),
    Keys(Items<PyBackedStr>),
}

impl<'py> FromPyObject<'_, 'py> for PathOrKeys<'py> {
    type Error = PyErr;

    // Not derived: a variant tried in vain would make an exception, and that costs more than the admission.
    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.cast::<Path>() {
            Ok(path) => Ok(Self::Path(path.to_owned())),
            Err(_) => object.extract().map(Self::Keys),
        }
    }
}

impl PathOrKeys<'_> {
    pub(super) fn find(&self, admission: &mut Admission) -> Result<admission::Path, ScopeError> {
        match self {
            Self::Keys(keys) => admission.path(keys.0.iter().map(|key| &**key)),
            Self::Path(path) => {
                let path = path.get();
                if path.controller == admission.number() && admission.leads_somewhere(path.found) {
                    return Ok(path.found);
                }
                admission.path(path.keys.iter().map(String::as_str))
            }
        }
    }
}
