//! `AdmissionController`, with the `Grant` and `Refusal` it answers with.

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyList};
use rust_core_pure::admission::{self, Admission, RateSnapshot, ScopeSnapshot, Verdict, Wait};
use rust_core_pure::limiters::Cost;

use crate::convert::{Count, instant, lock, or_none, truth, value_error};
use crate::rate_limit::RateLimit;

/// Leave to go through every scope of a path, held until it is released. Always true.
#[pyclass(module = "pyproxy.rust_core", frozen, eq, hash)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Grant(admission::Grant);

#[pymethods]
impl Grant {
    /// The grant's number, never used twice by one controller.
    #[getter]
    fn id(&self) -> u64 {
        self.0.id()
    }

    #[allow(clippy::unused_self)] // Python calls it on a grant
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        format!("Grant(id={})", self.id())
    }
}

/// Why a request may not pass now. Always false.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Refusal(admission::Refusal);

#[pymethods]
impl Refusal {
    /// The first scope of the path that refuses, or the first that refuses for good.
    #[getter]
    fn scope(&self) -> &str {
        &self.0.scope
    }

    /// "concurrency", "rate" or "blocked".
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

    /// Whether no wait can help: a cost exceeds a capacity.
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

#[derive(IntoPyObject)]
enum Answer {
    Granted(Grant),
    Refused(Refusal),
}

/// Admits requests through every scope of a path, all or nothing, under one lock.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct AdmissionController(Mutex<Admission>);

#[pymethods]
impl AdmissionController {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(Admission::new()))
    }

    /// Defines a scope, or changes it, keeping what is in flight and the state of its rates. Returns the tickets let in.
    #[pyo3(signature = (key, parent = None, concurrency = None, rates = Vec::new(), now_ns = None), text_signature = "($self, key, parent=None, concurrency=None, rates=(), now_ns=None)")]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn define(
        &self,
        py: Python<'_>,
        key: &str,
        parent: Option<&str>,
        concurrency: Option<Count>,
        rates: Vec<Bound<'_, RateLimit>>,
        now_ns: Option<Count>,
    ) -> PyResult<Vec<u64>> {
        let now = instant(py, now_ns)?;
        let rates: Vec<_> = rates.iter().map(|rate| rate.get().0).collect();
        let concurrency = concurrency.map(|bound| bound.0);
        lock(&self.0).define(key, parent, concurrency, &rates, now).map_err(value_error)
    }

    /// A Grant through every scope of the path and their ancestors, each once, or a Refusal that changes nothing.
    #[pyo3(signature = (path, requests = Count(1), tokens = Count(0), now_ns = None), text_signature = "($self, path, requests=1, tokens=0, now_ns=None)")]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn try_acquire(
        &self,
        py: Python<'_>,
        path: Vec<PyBackedStr>,
        requests: Count,
        tokens: Count,
        now_ns: Option<Count>,
    ) -> PyResult<Answer> {
        let now = instant(py, now_ns)?;
        let cost = Cost { requests: requests.0, tokens: tokens.0 };
        let verdict = lock(&self.0).try_acquire(path.iter().map(|key| &**key), cost, now);
        verdict.map_err(value_error).map(|verdict| match verdict {
            Verdict::Granted(grant) => Answer::Granted(Grant(grant)),
            Verdict::Refused(refusal) => Answer::Refused(Refusal(refusal)),
        })
    }

    /// Gives the permits of a grant back, once; its charges stay. Returns the tickets let in by that.
    #[pyo3(signature = (grant, now_ns = None))]
    fn release(&self, py: Python<'_>, grant: &Bound<'_, Grant>, now_ns: Option<Count>) -> PyResult<Vec<u64>> {
        let now = instant(py, now_ns)?;
        Ok(lock(&self.0).release(grant.get().0, now))
    }

    /// Gives the charges of a grant back, once and only before its release; its permits stay taken.
    #[pyo3(signature = (grant, now_ns = None))]
    fn refund(&self, py: Python<'_>, grant: &Bound<'_, Grant>, now_ns: Option<Count>) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        lock(&self.0).refund(grant.get().0, now);
        Ok(())
    }

    /// Grants nothing through the scope before this time; only ever extends, and leaves the refill alone.
    #[pyo3(signature = (key, until_ns, now_ns = None))]
    #[allow(unused_variables)] // every operation takes the time, whether or not it needs it yet
    fn block_until(&self, key: &str, until_ns: Count, now_ns: Option<Count>) -> PyResult<()> {
        lock(&self.0).block_until(key, until_ns.0).map_err(value_error)
    }

    /// How many grants are held through the scope.
    fn in_flight(&self, key: &str) -> PyResult<u64> {
        lock(&self.0).in_flight(key).map_err(value_error)
    }

    /// Every scope's limits and state, in the order of definition.
    #[pyo3(signature = (now_ns = None))]
    fn snapshot<'py>(&self, py: Python<'py>, now_ns: Option<Count>) -> PyResult<Bound<'py, PyList>> {
        let now = instant(py, now_ns)?;
        let scopes = lock(&self.0).snapshot(now);
        let scopes = scopes.iter().map(|scope| scope_dict(py, scope)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, scopes)
    }
}

fn scope_dict<'py>(py: Python<'py>, scope: &ScopeSnapshot) -> PyResult<Bound<'py, PyDict>> {
    let rates = scope.rates.iter().map(|rate| rate_dict(py, rate)).collect::<PyResult<Vec<_>>>()?;
    let dict = PyDict::new(py);
    dict.set_item("key", &*scope.key)?;
    dict.set_item("parent", scope.parent.as_deref())?;
    dict.set_item("in_flight", scope.in_flight)?;
    dict.set_item("concurrency", scope.concurrency)?;
    dict.set_item("rates", rates)?;
    dict.set_item("blocked_until_ns", scope.blocked_until)?;
    Ok(dict)
}

fn rate_dict<'py>(py: Python<'py>, rate: &RateSnapshot) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("dimension", rate.limit.dimension.name())?;
    dict.set_item("limit", rate.limit.quota.limit())?;
    dict.set_item("window_ns", rate.limit.quota.window())?;
    dict.set_item("capacity", rate.limit.quota.capacity())?;
    dict.set_item("level", (rate.level.numerator, rate.level.denominator))?;
    Ok(dict)
}
