//! `HealthTracker`.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rust_core_pure::health::{self, Health, Settings};

use crate::convert::{Count, instant, lock, value_error};

/// How one instance does, after the outcomes of its traffic and of active probes. It starts healthy.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct HealthTracker(Arc<Mutex<health::HealthTracker>>);

impl HealthTracker {
    /// The core's, to be shared.
    pub(crate) fn core(&self) -> Arc<Mutex<health::HealthTracker>> {
        Arc::clone(&self.0)
    }
}

#[pymethods]
impl HealthTracker {
    #[new]
    #[pyo3(
        signature = (
            unhealthy_after = Count(3), healthy_after = Count(2), *, degraded_success_percent = Some(Count(90)),
            degraded_latency_percent = None, minimum_requests = Count(10), window_ns = Count(60_000_000_000),
            probe_interval_ns = None, now_ns = None
        ),
        text_signature = "(unhealthy_after=3, healthy_after=2, *, degraded_success_percent=90, degraded_latency_percent=None, minimum_requests=10, window_ns=60000000000, probe_interval_ns=None, now_ns=None)"
    )]
    #[allow(clippy::too_many_arguments)] // by keyword
    fn new(
        py: Python<'_>,
        unhealthy_after: Count,
        healthy_after: Count,
        degraded_success_percent: Option<Count>,
        degraded_latency_percent: Option<Count>,
        minimum_requests: Count,
        window_ns: Count,
        probe_interval_ns: Option<Count>,
        now_ns: Option<Count>,
    ) -> PyResult<Self> {
        let settings = Settings {
            unhealthy_after: unhealthy_after.0,
            healthy_after: healthy_after.0,
            degraded_success_percent: degraded_success_percent.map(|percent| percent.0),
            degraded_latency_percent: degraded_latency_percent.map(|percent| percent.0),
            minimum_requests: minimum_requests.0,
            window: window_ns.0,
            probe_interval: probe_interval_ns.map(|interval| interval.0),
        };
        let now = instant(py, now_ns)?;
        let tracker = health::HealthTracker::new(settings, now).map_err(value_error)?;
        Ok(Self(Arc::new(Mutex::new(tracker))))
    }

    /// Records an attempt and, if it ended well, how long it took. Returns the state that led to, if it led to another.
    #[pyo3(signature = (ok, latency_ns = None, ttft_ns = None, now_ns = None))]
    fn record(
        &self,
        py: Python<'_>,
        ok: bool,
        latency_ns: Option<Count>,
        ttft_ns: Option<Count>,
        now_ns: Option<Count>,
    ) -> PyResult<Option<&'static str>> {
        let now = instant(py, now_ns)?;
        let (latency, first_token) = (latency_ns.map(|latency| latency.0), ttft_ns.map(|first| first.0));
        Ok(lock(&self.0).record(ok, latency, first_token, now).map(Health::name))
    }

    /// Records an active probe; the next one is due an interval later. Returns the state that led to, if it led to another.
    #[pyo3(signature = (ok, latency_ns = None, now_ns = None))]
    fn record_probe(
        &self,
        py: Python<'_>,
        ok: bool,
        latency_ns: Option<Count>,
        now_ns: Option<Count>,
    ) -> PyResult<Option<&'static str>> {
        let now = instant(py, now_ns)?;
        let latency = latency_ns.map(|latency| latency.0);
        Ok(lock(&self.0).record_probe(ok, latency, now).map(Health::name))
    }

    /// Whether a probe is due; changes nothing.
    #[pyo3(signature = (now_ns = None))]
    fn probe_due(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<bool> {
        let now = instant(py, now_ns)?;
        Ok(lock(&self.0).probe_due(now))
    }

    /// Claims the probe that is due: true once, and again an interval later.
    #[pyo3(signature = (now_ns = None))]
    fn start_probe(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<bool> {
        let now = instant(py, now_ns)?;
        Ok(lock(&self.0).start_probe(now))
    }

    /// When the next probe is due; None if there are none.
    #[getter]
    fn next_probe_ns(&self) -> Option<u64> {
        lock(&self.0).next_probe()
    }

    /// "healthy", "degraded", "unhealthy" or "recovering".
    #[pyo3(signature = (now_ns = None))]
    #[allow(unused_variables)] // every operation takes the time, whether or not it needs it yet
    fn state(&self, now_ns: Option<Count>) -> &'static str {
        lock(&self.0).state().name()
    }

    /// Follows changed settings, with the defaults of a new tracker for those not given. State is kept.
    #[pyo3(
        signature = (
            unhealthy_after = Count(3), healthy_after = Count(2), *, degraded_success_percent = Some(Count(90)),
            degraded_latency_percent = None, minimum_requests = Count(10), window_ns = Count(60_000_000_000),
            probe_interval_ns = None, now_ns = None
        ),
        text_signature = "($self, unhealthy_after=3, healthy_after=2, *, degraded_success_percent=90, degraded_latency_percent=None, minimum_requests=10, window_ns=60000000000, probe_interval_ns=None, now_ns=None)"
    )]
    #[allow(clippy::too_many_arguments)] // by keyword
    fn reconfigure(
        &self,
        py: Python<'_>,
        unhealthy_after: Count,
        healthy_after: Count,
        degraded_success_percent: Option<Count>,
        degraded_latency_percent: Option<Count>,
        minimum_requests: Count,
        window_ns: Count,
        probe_interval_ns: Option<Count>,
        now_ns: Option<Count>,
    ) -> PyResult<()> {
        let settings = Settings {
            unhealthy_after: unhealthy_after.0,
            healthy_after: healthy_after.0,
            degraded_success_percent: degraded_success_percent.map(|percent| percent.0),
            degraded_latency_percent: degraded_latency_percent.map(|percent| percent.0),
            minimum_requests: minimum_requests.0,
            window: window_ns.0,
            probe_interval: probe_interval_ns.map(|interval| interval.0),
        };
        let now = instant(py, now_ns)?;
        lock(&self.0).reconfigure(settings, now).map_err(value_error)
    }

    /// What it is at, as a dict; changes nothing.
    #[pyo3(signature = (now_ns = None))]
    fn snapshot<'py>(&self, py: Python<'py>, now_ns: Option<Count>) -> PyResult<Bound<'py, PyDict>> {
        let now = instant(py, now_ns)?;
        let told = lock(&self.0).snapshot(now);
        let dict = PyDict::new(py);
        dict.set_item("state", told.state.name())?;
        dict.set_item("since_ns", told.since)?;
        dict.set_item("consecutive_failures", told.failures_in_a_row)?;
        dict.set_item("consecutive_successes", told.successes_in_a_row)?;
        dict.set_item("window", (told.window.successes, told.window.failures))?;
        dict.set_item("latency_ns", told.latency)?;
        dict.set_item("usual_latency_ns", told.usual_latency)?;
        dict.set_item("ttft_ns", told.time_to_first_token)?;
        dict.set_item("usual_ttft_ns", told.usual_time_to_first_token)?;
        dict.set_item("probe_latency_ns", told.probe_latency)?;
        dict.set_item("next_probe_ns", told.next_probe)?;
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        let tracker = lock(&self.0);
        let settings = tracker.settings();
        format!(
            "HealthTracker(unhealthy_after={}, healthy_after={}): {}",
            settings.unhealthy_after,
            settings.healthy_after,
            tracker.state().name()
        )
    }
}
