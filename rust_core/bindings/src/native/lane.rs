//! `NativeLanes`, `NativeLane` and `NativeCandidate`: targets whose ordinary requests are served without Python.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::HeaderName;
use native::lane::{Address, Candidate, Clock, Gate, Lane, LaneHost, Lanes, Timeouts, Wanted};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use rust_core_pure::wire::{Dialect, Guard};

use super::io::{Begun as Io, Done};
use super::news::News;
use super::served::{NativeServed, NativeTally};
use super::transport::{NativeEndpoint, NativePool, sent};
use crate::admission::{AdmissionController, Path};
use crate::breaker::CircuitBreaker;
use crate::convert::{Items, value_error};
use crate::estimate::TokenEstimator;
use crate::health::HealthTracker;
use crate::scheduler::Scheduler;
use crate::stats::Statistics;

type Headers = Items<(PyBackedBytes, PyBackedBytes)>;
/// A path and a query.
type Place = (PyBackedBytes, PyBackedBytes);
/// Seconds: to connect, to the first byte, between two, until the commit, in all.
type Seconds = (f64, f64, f64, Option<f64>, f64);

/// What went alike, its lines, each of the others, and whether that is all.
type Noted = (Vec<NativeTally>, String, Vec<NativeServed>, bool);

/// Targets that are laid open: what is ordinary of the requests for them is served without Python.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeLanes {
    lanes: Arc<Lanes>,
    news: Arc<News>,
}

impl NativeLanes {
    pub(super) fn new(io: &Arc<Io>, asked: u64, now: u64) -> Self {
        let news = News::new(io, asked);
        let host: Arc<dyn LaneHost> = Arc::<News>::clone(&news);
        Self { lanes: Lanes::new(Clock::showing(now), host), news }
    }

    pub(super) fn lanes(&self) -> &Arc<Lanes> {
        &self.lanes
    }
}

#[pymethods]
impl NativeLanes {
    /// Under which it is told that there is something to `take`, or room for who waits.
    #[getter]
    fn ticket(&self) -> u64 {
        self.news.noted
    }

    /// How many requests are under way here.
    #[getter]
    fn active(&self) -> usize {
        self.lanes.active()
    }

    /// Lays a target open, for who says to be this node or for those who say nothing: `number` stands for it in what is told.
    #[pyo3(signature = (path, target, node, number, dialect, candidates, scheduler, controller, timeouts, *, revision, asks_for_usage, id_headers, last_event, marks))]
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // a plan has as many parts
    fn open(
        &self,
        path: &str,
        target: &str,
        node: Option<&str>,
        number: u64,
        dialect: &str,
        candidates: Items<Py<NativeCandidate>>,
        scheduler: &Scheduler,
        controller: &AdmissionController,
        timeouts: Seconds,
        revision: String,
        asks_for_usage: bool,
        id_headers: Items<PyBackedBytes>,
        last_event: Option<&[u8]>,
        marks: Items<PyBackedBytes>,
    ) -> PyResult<NativeLane> {
        let scheduler = scheduler.core().ok_or_else(|| value_error("a scheduler of Python's own cannot be shared"))?;
        if candidates.0.is_empty() || candidates.0.len() > 64 {
            return Err(value_error("a lane has 1 to 64 candidates"));
        }
        let (connect, first_byte, idle, attempt, total) = timeouts;
        let io = Arc::clone(&self.news.io);
        let ended = self.news.noted;
        let lane = Lane {
            number,
            route: path.to_owned(),
            target: target.to_owned(),
            revision,
            dialect: Dialect::by_name(dialect).map_err(value_error)?,
            asks_for_usage,
            marks: marks.0.iter().map(|mark| Bytes::copy_from_slice(mark)).collect(),
            last_event: last_event.map(Bytes::copy_from_slice),
            id_headers: id_headers
                .0
                .iter()
                .map(|name| HeaderName::from_bytes(name).map_err(value_error))
                .collect::<PyResult<_>>()?,
            timeouts: Timeouts {
                connect: seconds(connect)?,
                first_byte: seconds(first_byte)?,
                idle: seconds(idle)?,
                attempt: attempt.map(seconds).transpose()?,
                total: seconds(total)?,
            },
            room: controller.room(Box::new(move || io.tell(ended, Done::Nothing))),
            scheduler,
            candidates: candidates.0.iter().map(|candidate| candidate.get().0.clone()).collect(),
        };
        Ok(NativeLane(self.lanes.open(path, target, node, lane)))
    }

    /// Lays none open any more, and holds every request to these settings from now on. Those under way go on.
    #[pyo3(signature = (allowed_hosts = Items(Vec::new()), largest_body = 0), text_signature = "($self, allowed_hosts=(), largest_body=0)")]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn clear(&self, allowed_hosts: Items<String>, largest_body: usize) {
        let guard = Guard::new(allowed_hosts.0.iter().map(|name| name.as_bytes().to_vec()));
        self.lanes.clear(Gate { guard, largest_body });
    }

    /// Hands every request under way over, to be ended.
    fn stop(&self) {
        self.lanes.stop();
    }

    /// How many requests were taken in all.
    #[getter]
    fn taken(&self) -> u64 {
        self.lanes.taken()
    }

    /// Keeps lines of the requests that are answered whole, and what became of each of them, only where somebody wants them.
    #[pyo3(signature = (*, lines, each))]
    fn want(&self, lines: bool, each: bool) {
        self.lanes.want(Wanted { lines, each });
    }

    /// What became of the requests that have ended since this was last asked: those that went alike together; the lines of those;
    /// each of the others, of so many at most, the first to end first; and whether that is all.
    #[pyo3(signature = (most))]
    fn take(&self, py: Python<'_>, most: usize) -> PyResult<Noted> {
        let (told, is_all) = self.lanes.told(most);
        let tallies = told.tallies.into_iter().map(|tally| NativeTally::new(py, tally)).collect::<PyResult<_>>()?;
        Ok((tallies, told.lines, told.served.into_iter().map(NativeServed::new).collect(), is_all))
    }
}

/// A target that was laid open.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeLane(Arc<Lane>);

#[pymethods]
impl NativeLane {
    /// Whether requests are under way on it, or there is something told of them that is still looked at. Always, while it is open.
    #[getter]
    fn in_use(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

/// One instance of a step, as lanes know it.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeCandidate(Candidate);

#[pymethods]
impl NativeCandidate {
    #[new]
    #[pyo3(signature = (endpoint, pool, path, scope, model, label, *, name, provider, breaker, plain, stream, tells_usage, rated, estimator, health, statistics, most_tokens, counts_cached, longest_answer, headers))]
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // it has as many parts
    fn new(
        endpoint: &NativeEndpoint,
        pool: &NativePool,
        path: &Path,
        scope: String,
        model: String,
        label: String,
        name: String,
        provider: String,
        breaker: Option<&CircuitBreaker>,
        plain: Place,
        stream: Place,
        tells_usage: bool,
        rated: (bool, bool),
        estimator: &TokenEstimator,
        health: &HealthTracker,
        statistics: &Statistics,
        most_tokens: Option<u64>,
        counts_cached: bool,
        longest_answer: Option<u64>,
        headers: Headers,
    ) -> Self {
        let address = |(path, query): &Place| Address {
            path: Bytes::copy_from_slice(path),
            query: Bytes::copy_from_slice(query),
        };
        Self(Candidate {
            endpoint: endpoint.shared(),
            pool: pool.shared(),
            path: path.found(),
            scope,
            breaker: breaker.map(CircuitBreaker::core),
            model,
            name,
            provider,
            plain: address(&plain),
            stream: address(&stream),
            tells_usage,
            rated_requests: rated.0,
            rated_tokens: rated.1,
            estimator: estimator.core(),
            health: health.core(),
            statistics: statistics.core(),
            most_tokens,
            counts_cached,
            longest_answer,
            headers: sent(&headers),
            label,
        })
    }
}

fn seconds(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(value_error)
}
