//! `TokenBucket`.

use std::sync::Mutex;

use pyo3::prelude::*;
use rust_core_pure::limiters::{Algorithm, Limiter, Options, Quota};

use crate::convert::{Count, instant, lock, truth, value_error};
use crate::decision::Decision;

/// A token bucket, exact to the nanosecond. It starts full.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct TokenBucket(Mutex<Limiter>);

#[pymethods]
impl TokenBucket {
    #[new]
    #[pyo3(signature = (capacity, limit, window_ns, now_ns = None, *, strict = false))]
    fn new(
        py: Python<'_>,
        capacity: Count,
        limit: Count,
        window_ns: Count,
        now_ns: Option<Count>,
        strict: bool,
    ) -> PyResult<Self> {
        let quota = quota(capacity, limit, window_ns, strict)?;
        Ok(Self(Mutex::new(Limiter::of(quota, instant(py, now_ns)?))))
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
    #[pyo3(signature = (tokens, now_ns = None, charged_at_ns = None))]
    fn refund(
        &self,
        py: Python<'_>,
        tokens: Count,
        now_ns: Option<Count>,
        charged_at_ns: Option<Count>,
    ) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        lock(&self.0).refund_of(tokens.0, charged_at_ns.map(|at| at.0), now);
        Ok(())
    }

    /// Takes tokens whatever the level, into debt if need be.
    #[pyo3(signature = (tokens, now_ns = None, charged_at_ns = None))]
    fn charge(
        &self,
        py: Python<'_>,
        tokens: Count,
        now_ns: Option<Count>,
        charged_at_ns: Option<Count>,
    ) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        lock(&self.0).charge_of(tokens.0, charged_at_ns.map(|at| at.0), now);
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
    #[pyo3(signature = (capacity, limit, window_ns, now_ns = None, *, strict = None))]
    fn reconfigure(
        &self,
        py: Python<'_>,
        capacity: Count,
        limit: Count,
        window_ns: Count,
        now_ns: Option<Count>,
        strict: Option<bool>,
    ) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        let mut bucket = lock(&self.0);
        let strict = strict.unwrap_or(bucket.quota().is_strict());
        bucket.follow(quota(capacity, limit, window_ns, strict)?, now);
        Ok(())
    }

    /// Admits nothing before this time; only ever extends, and leaves the refill alone.
    fn block_until(&self, until_ns: Count) {
        lock(&self.0).block_until(until_ns.0);
    }

    /// Admits at most so much more before the reset, as a provider said; never more than it would have otherwise.
    #[pyo3(signature = (remaining, reset_at_ns, observed_at_ns = None, now_ns = None))]
    fn tighten(
        &self,
        py: Python<'_>,
        remaining: Count,
        reset_at_ns: Count,
        observed_at_ns: Option<Count>,
        now_ns: Option<Count>,
    ) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        lock(&self.0).tighten(remaining.0, reset_at_ns.0, observed_at_ns.map_or(now, |at| at.0), now);
        Ok(())
    }

    fn __repr__(&self) -> String {
        let quota = lock(&self.0).quota();
        let (capacity, limit, window) = (quota.capacity(), quota.limit(), quota.window());
        let strict = if quota.is_strict() { format!(", strict={}", truth(true)) } else { String::new() };
        format!("TokenBucket(capacity={capacity}, limit={limit}, window_ns={window}{strict})")
    }
}

fn quota(capacity: Count, limit: Count, window_ns: Count, strict: bool) -> PyResult<Quota> {
    let options = Options { capacity: Some(capacity.0), strict, ..Options::default() };
    Quota::new(Algorithm::TokenBucket, limit.0, window_ns.0, options).map_err(value_error)
}
