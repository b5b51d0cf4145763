//! `TokenBucket` and its `Decision`.

use std::sync::Mutex;

use pyo3::prelude::*;
use rust_core_pure::decision;
use rust_core_pure::limiters::{self, Quota};

use crate::convert::{Count, instant, lock, or_none, truth, value_error};

/// The answer to "may this cost pass now?". True where it may.
#[pyclass(module = "pyproxy.rust_core", frozen, eq)]
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Decision(decision::Decision);

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

/// A token bucket, exact to the nanosecond. It starts full.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct TokenBucket(Mutex<limiters::TokenBucket>);

#[pymethods]
impl TokenBucket {
    #[new]
    #[pyo3(signature = (capacity, limit, window_ns, now_ns = None))]
    fn new(py: Python<'_>, capacity: Count, limit: Count, window_ns: Count, now_ns: Option<Count>) -> PyResult<Self> {
        let quota = Quota::new(capacity.0, limit.0, window_ns.0).map_err(value_error)?;
        Ok(Self(Mutex::new(limiters::TokenBucket::new(quota, instant(py, now_ns)?))))
    }

    /// Takes the cost if it is there; a refusal changes nothing.
    #[pyo3(signature = (cost = Count(1), now_ns = None), text_signature = "($self, cost=1, now_ns=None)")]
    fn try_acquire(&self, py: Python<'_>, cost: Count, now_ns: Option<Count>) -> PyResult<Decision> {
        let now = instant(py, now_ns)?;
        Ok(Decision(lock(&self.0).try_acquire(cost.0, now)))
    }

    /// The verdict that `try_acquire` would give; changes nothing.
    #[pyo3(signature = (cost = Count(1), now_ns = None), text_signature = "($self, cost=1, now_ns=None)")]
    fn peek(&self, py: Python<'_>, cost: Count, now_ns: Option<Count>) -> PyResult<Decision> {
        let now = instant(py, now_ns)?;
        Ok(Decision(lock(&self.0).peek(cost.0, now)))
    }

    /// Gives tokens back, never above the capacity.
    #[pyo3(signature = (tokens, now_ns = None))]
    fn refund(&self, py: Python<'_>, tokens: Count, now_ns: Option<Count>) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        lock(&self.0).refund(tokens.0, now);
        Ok(())
    }

    /// Takes tokens whatever the level, into debt if need be.
    #[pyo3(signature = (tokens, now_ns = None))]
    fn charge(&self, py: Python<'_>, tokens: Count, now_ns: Option<Count>) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        lock(&self.0).charge(tokens.0, now);
        Ok(())
    }

    /// The exact level in tokens, as numerator and denominator; below zero when in debt.
    #[pyo3(signature = (now_ns = None))]
    fn level(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<(i128, u64)> {
        let now = instant(py, now_ns)?;
        let level = lock(&self.0).level(now);
        Ok((level.numerator, level.denominator))
    }

    /// Changes the quota, keeping the level in tokens; time before now accrues at the old rate.
    #[pyo3(signature = (capacity, limit, window_ns, now_ns = None))]
    fn reconfigure(
        &self,
        py: Python<'_>,
        capacity: Count,
        limit: Count,
        window_ns: Count,
        now_ns: Option<Count>,
    ) -> PyResult<()> {
        let quota = Quota::new(capacity.0, limit.0, window_ns.0).map_err(value_error)?;
        let now = instant(py, now_ns)?;
        lock(&self.0).reconfigure(quota, now);
        Ok(())
    }

    /// Admits nothing before this time; only ever extends, and leaves the refill alone.
    fn block_until(&self, until_ns: Count) {
        lock(&self.0).block_until(until_ns.0);
    }

    fn __repr__(&self) -> String {
        let quota = lock(&self.0).quota();
        format!("TokenBucket(capacity={}, limit={}, window_ns={})", quota.capacity(), quota.limit(), quota.window())
    }
}
