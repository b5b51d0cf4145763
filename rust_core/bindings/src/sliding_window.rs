//! `SlidingWindow`.

use std::sync::Mutex;

use pyo3::prelude::*;
use rust_core_pure::limiters::{Algorithm, Limiter, Options, Quota};

use crate::convert::{Count, instant, lock, or_none, value_error};
use crate::decision::Decision;

/// A sliding window: no window of this length ever holds more than the limit.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct SlidingWindow(Mutex<Limiter>);

#[pymethods]
impl SlidingWindow {
    #[new]
    #[pyo3(signature = (limit, window_ns, buckets = Count(60), now_ns = None), text_signature = "(limit, window_ns, buckets=60, now_ns=None)")]
    fn new(py: Python<'_>, limit: Count, window_ns: Count, buckets: Count, now_ns: Option<Count>) -> PyResult<Self> {
        let quota = quota(limit, window_ns, Some(buckets.0))?;
        Ok(Self(Mutex::new(Limiter::of(quota, instant(py, now_ns)?))))
    }

    /// Takes the cost if it fits; a refusal changes nothing.
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

    /// Gives tokens back, as if what was taken at that time had never been; without the time, as late as is safe.
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

    /// Takes tokens whatever is left, beyond the limit if need be.
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

    /// What is counted now; above the limit when in debt.
    #[pyo3(signature = (now_ns = None))]
    fn used(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<u128> {
        let now = instant(py, now_ns)?;
        Ok(lock(&self.0).used(now))
    }

    /// Changes the quota; what is counted stays counted.
    #[pyo3(signature = (limit, window_ns, buckets = None, now_ns = None))]
    fn reconfigure(
        &self,
        py: Python<'_>,
        limit: Count,
        window_ns: Count,
        buckets: Option<Count>,
        now_ns: Option<Count>,
    ) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        let mut window = lock(&self.0);
        let quota = quota(limit, window_ns, buckets.map(|buckets| buckets.0).or(window.quota().buckets()))?;
        window.follow(quota, now);
        Ok(())
    }

    /// Admits nothing before this time; only ever extends.
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
        let (limit, window, buckets) = (quota.limit(), quota.window(), or_none(quota.buckets()));
        format!("SlidingWindow(limit={limit}, window_ns={window}, buckets={buckets})")
    }
}

fn quota(limit: Count, window_ns: Count, buckets: Option<u64>) -> PyResult<Quota> {
    let options = Options { buckets, ..Options::default() };
    Quota::new(Algorithm::SlidingWindow, limit.0, window_ns.0, options).map_err(value_error)
}
