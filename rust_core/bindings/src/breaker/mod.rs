//! `CircuitBreaker`, with the `Pass`, `Probe` and `Open` it answers with, and `BreakerGroup`.

mod group;
mod permit;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rust_core_pure::breaker::{self, FailureRate, Outcome, Settings, Verdict};

pub(crate) use self::group::BreakerGroup;
use self::permit::{Answer, Permit};
pub(crate) use self::permit::{Open, Pass, Probe};
use crate::convert::{Count, instant, lock, value_error};

/// Whether one instance may be tried, after what became of the attempts before. It starts closed.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct CircuitBreaker {
    id: u64,
    running: Arc<Mutex<breaker::CircuitBreaker>>,
}

#[pymethods]
impl CircuitBreaker {
    #[new]
    #[pyo3(
        signature = (
            failure_threshold = Count(5), recovery_time_ns = Count(30_000_000_000), half_open_requests = Count(1), *,
            failure_rate = None, minimum_requests = Count(10), window_ns = Count(60_000_000_000),
            max_recovery_time_ns = None, healthy_time_ns = None, probe_timeout_ns = Count(60_000_000_000),
            slow_start_ns = Count(0)
        ),
        text_signature = "(failure_threshold=5, recovery_time_ns=30000000000, half_open_requests=1, *, failure_rate=None, minimum_requests=10, window_ns=60000000000, max_recovery_time_ns=None, healthy_time_ns=None, probe_timeout_ns=60000000000, slow_start_ns=0)"
    )]
    #[allow(clippy::too_many_arguments)] // by keyword
    fn new(
        failure_threshold: Count,
        recovery_time_ns: Count,
        half_open_requests: Count,
        failure_rate: Option<Count>,
        minimum_requests: Count,
        window_ns: Count,
        max_recovery_time_ns: Option<Count>,
        healthy_time_ns: Option<Count>,
        probe_timeout_ns: Count,
        slow_start_ns: Count,
    ) -> PyResult<Self> {
        static ISSUED: AtomicU64 = AtomicU64::new(0);
        let settings = settings(
            failure_threshold,
            recovery_time_ns,
            half_open_requests,
            failure_rate,
            minimum_requests,
            window_ns,
            max_recovery_time_ns,
            healthy_time_ns,
            probe_timeout_ns,
            slow_start_ns,
        );
        let running = breaker::CircuitBreaker::new(settings).map_err(value_error)?;
        Ok(Self { id: ISSUED.fetch_add(1, Ordering::Relaxed), running: Arc::new(Mutex::new(running)) })
    }

    /// Whether the instance may be tried now: a Pass or a Probe whose outcome is to be recorded, or Open.
    #[pyo3(signature = (now_ns = None))]
    fn allow(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<Answer> {
        let now = instant(py, now_ns)?;
        let verdict = self.lock().allow(now);
        Ok(self.answer(verdict))
    }

    /// Records what became of an attempt, once: well, badly, or (None) in a way that says nothing about the instance. Returns
    /// the state that led to, if it led to another.
    #[pyo3(signature = (pass_, ok, now_ns = None))]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn record(
        &self,
        py: Python<'_>,
        pass_: Permit<'_>,
        ok: Option<bool>,
        now_ns: Option<Count>,
    ) -> PyResult<Option<&'static str>> {
        let now = instant(py, now_ns)?;
        let permit = pass_.take(self.id)?;
        let state = permit.and_then(|permit| self.lock().record(permit, Outcome::from(ok), now));
        Ok(state.map(breaker::State::name))
    }

    /// Gives a permit back whose attempt said nothing about the instance, as recording None does.
    #[pyo3(signature = (pass_, now_ns = None))]
    fn cancel(&self, py: Python<'_>, pass_: Permit<'_>, now_ns: Option<Count>) -> PyResult<()> {
        self.record(py, pass_, None, now_ns).map(drop)
    }

    /// Whether it is "closed", "open" or "half open", by name; changes nothing.
    #[pyo3(signature = (now_ns = None))]
    fn state(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<&'static str> {
        let now = instant(py, now_ns)?;
        Ok(self.lock().state(now).name())
    }

    /// Nanoseconds until `allow` lets one through, 0 if it would now; changes nothing.
    #[pyo3(signature = (now_ns = None))]
    fn retry_after_ns(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<u64> {
        let now = instant(py, now_ns)?;
        Ok(self.lock().retry_after(now))
    }

    /// Opens it for its present recovery time, which that does not double.
    #[pyo3(signature = (now_ns = None))]
    fn trip(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        self.lock().trip(now);
        Ok(())
    }

    /// Closes it, and forgets what led to its opening.
    #[pyo3(signature = (now_ns = None))]
    fn reset(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        self.lock().reset(now);
        Ok(())
    }

    /// Follows changed settings, with the defaults of a new breaker for those not given. State is kept.
    #[pyo3(
        signature = (
            failure_threshold = Count(5), recovery_time_ns = Count(30_000_000_000), half_open_requests = Count(1), *,
            failure_rate = None, minimum_requests = Count(10), window_ns = Count(60_000_000_000),
            max_recovery_time_ns = None, healthy_time_ns = None, probe_timeout_ns = Count(60_000_000_000),
            slow_start_ns = Count(0), now_ns = None
        ),
        text_signature = "($self, failure_threshold=5, recovery_time_ns=30000000000, half_open_requests=1, *, failure_rate=None, minimum_requests=10, window_ns=60000000000, max_recovery_time_ns=None, healthy_time_ns=None, probe_timeout_ns=60000000000, slow_start_ns=0, now_ns=None)"
    )]
    #[allow(clippy::too_many_arguments)] // by keyword
    fn reconfigure(
        &self,
        py: Python<'_>,
        failure_threshold: Count,
        recovery_time_ns: Count,
        half_open_requests: Count,
        failure_rate: Option<Count>,
        minimum_requests: Count,
        window_ns: Count,
        max_recovery_time_ns: Option<Count>,
        healthy_time_ns: Option<Count>,
        probe_timeout_ns: Count,
        slow_start_ns: Count,
        now_ns: Option<Count>,
    ) -> PyResult<()> {
        let settings = settings(
            failure_threshold,
            recovery_time_ns,
            half_open_requests,
            failure_rate,
            minimum_requests,
            window_ns,
            max_recovery_time_ns,
            healthy_time_ns,
            probe_timeout_ns,
            slow_start_ns,
        );
        let now = instant(py, now_ns)?;
        self.lock().reconfigure(settings, now).map_err(value_error)
    }

    /// What it is at, as a dict; changes nothing.
    #[pyo3(signature = (now_ns = None))]
    fn snapshot<'py>(&self, py: Python<'py>, now_ns: Option<Count>) -> PyResult<Bound<'py, PyDict>> {
        let now = instant(py, now_ns)?;
        let told = self.lock().snapshot(now);
        let dict = PyDict::new(py);
        dict.set_item("state", told.state.name())?;
        dict.set_item("ramping", told.state == breaker::State::Ramping)?;
        dict.set_item("generation", told.generation)?;
        dict.set_item("trips", told.trips)?;
        dict.set_item("consecutive_failures", told.failures_in_a_row)?;
        dict.set_item("window", told.window.map(|window| (window.successes, window.failures)))?;
        dict.set_item("probes_out", told.probes_out)?;
        dict.set_item("probes_passed", told.probes_passed)?;
        dict.set_item("recovery_time_ns", told.recovery_time)?;
        dict.set_item("retry_after_ns", told.retry_after)?;
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        let running = self.lock();
        let settings = running.settings();
        format!(
            "CircuitBreaker(failure_threshold={}, recovery_time_ns={}, half_open_requests={})",
            settings.failure_threshold, settings.recovery_time, settings.half_open_requests
        )
    }
}

impl CircuitBreaker {
    /// The core's, to be shared, and the number that its permits bear.
    pub(crate) fn core(&self) -> (Arc<Mutex<breaker::CircuitBreaker>>, u64) {
        (Arc::clone(&self.running), self.id)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, breaker::CircuitBreaker> {
        lock(&self.running)
    }

    pub(super) fn answer(&self, verdict: Verdict) -> Answer {
        Answer::new(verdict, self.id)
    }
}

#[allow(clippy::too_many_arguments)] // as they come
fn settings(
    failure_threshold: Count,
    recovery_time: Count,
    half_open_requests: Count,
    failure_rate: Option<Count>,
    minimum_requests: Count,
    window: Count,
    max_recovery_time: Option<Count>,
    healthy_time: Option<Count>,
    probe_timeout: Count,
    slow_start: Count,
) -> Settings {
    Settings {
        failure_threshold: failure_threshold.0,
        failure_rate: failure_rate.map(|percent| FailureRate {
            percent: percent.0,
            minimum_requests: minimum_requests.0,
            window: window.0,
        }),
        recovery_time: recovery_time.0,
        max_recovery_time: max_recovery_time.map(|time| time.0),
        healthy_time: healthy_time.map(|time| time.0),
        half_open_requests: half_open_requests.0,
        probe_timeout: probe_timeout.0,
        slow_start: slow_start.0,
    }
}
