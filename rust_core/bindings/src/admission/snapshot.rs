//! A scope's state as a dictionary.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rust_core_pure::admission::{RateSnapshot, ScopeSnapshot};

pub(super) fn scope_dict<'py>(py: Python<'py>, scope: &ScopeSnapshot) -> PyResult<Bound<'py, PyDict>> {
    let rates = scope.rates.iter().map(|rate| rate_dict(py, rate)).collect::<PyResult<Vec<_>>>()?;
    let dict = PyDict::new(py);
    dict.set_item("key", &*scope.key)?;
    dict.set_item("parent", scope.parent.as_deref())?;
    dict.set_item("in_flight", scope.in_flight)?;
    dict.set_item("concurrency", scope.concurrency)?;
    dict.set_item("rates", rates)?;
    dict.set_item("blocked_until_ns", scope.blocked_until)?;
    dict.set_item("waiting", scope.waiting)?;
    dict.set_item("queue_size", scope.queue_size)?;
    dict.set_item("weight", scope.weight)?;
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
