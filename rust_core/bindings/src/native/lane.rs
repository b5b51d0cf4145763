//! `NativeLanes`, `NativeCandidate`, and what is told of requests that are taken there: `NativeServed` and `NativeBegun`.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use native::attempt::Failed;
use native::ingress::Exchange;
use native::lane::{
    Address, Begun, Candidate, Clock, Ended, Gate, Happened, Held, Lane, LaneHost, Lanes, Served, Taken, Timeouts,
};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use rust_core_pure::wire::{Dialect, Guard, Usage};
use tokio::time::sleep;

use super::io::{Begun as Io, Done};
use super::transport::{NativeEndpoint, NativePool, sent};
use crate::admission::{AdmissionController, Grant, Path};
use crate::breaker::{CircuitBreaker, Pass};
use crate::convert::{Items, lock, value_error};
use crate::estimate::TokenEstimator;
use crate::scheduler::Scheduler;

type Headers = Items<(PyBackedBytes, PyBackedBytes)>;
/// A path and a query.
type Place = (PyBackedBytes, PyBackedBytes);
/// Seconds: to connect, to the first byte, between two, until the commit, in all.
type Seconds = (f64, f64, f64, Option<f64>, f64);

/// Nobody waits for the books: they are noted together, so that Python is not entered for each request.
const GATHERED: Duration = Duration::from_millis(5);

/// Who keeps them is not to fall behind by more than this: what they hold is memory, and what they tell is late.
const MOST_UNNOTED: usize = 4096;

/// Keeps the books of the lanes until the host comes for them.
pub(super) struct Books {
    io: Arc<Io>,
    /// Under which requests are told of.
    asked: u64,
    /// Under which it is told that requests have ended.
    ended: u64,
    served: Mutex<Vec<Served>>,
}

impl LaneHost for Books {
    fn served(&self, served: Served) {
        let mut all = lock(&self.served);
        all.push(served);
        let is_first = all.len() == 1;
        drop(all);
        if is_first {
            let (io, ended) = (Arc::clone(&self.io), self.ended);
            self.io.runtime().spawn(async move {
                sleep(GATHERED).await;
                io.tell(ended, Done::Nothing);
            });
        }
    }

    fn handed_over(&self, exchange: Exchange, begun: Begun) {
        self.io.tell(self.asked, Done::Begun(Box::new((exchange, begun))));
    }

    fn gone(&self, number: u64) {
        self.io.tell(number, Done::Nothing);
    }

    fn is_behind(&self) -> bool {
        lock(&self.served).len() > MOST_UNNOTED
    }
}

/// Targets that are laid open: what is ordinary of the requests for them is served without Python.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeLanes {
    lanes: Arc<Lanes>,
    books: Arc<Books>,
}

impl NativeLanes {
    pub(super) fn new(io: &Arc<Io>, asked: u64, now: u64) -> Self {
        let books = Arc::new(Books { io: Arc::clone(io), asked, ended: io.ticket(), served: Mutex::default() });
        let host: Arc<dyn LaneHost> = Arc::<Books>::clone(&books);
        Self { lanes: Lanes::new(io.runtime().clone(), Clock::showing(now), host), books }
    }

    pub(super) fn lanes(&self) -> &Arc<Lanes> {
        &self.lanes
    }
}

#[pymethods]
impl NativeLanes {
    /// Under which it is told that requests have ended: `take` has what became of them.
    #[getter]
    fn ticket(&self) -> u64 {
        self.books.ended
    }

    /// How many requests are under way here.
    #[getter]
    fn active(&self) -> usize {
        self.lanes.active()
    }

    /// Lays a target open, for who says to be this node or for those who say nothing: `number` stands for it in what is told.
    #[pyo3(signature = (path, target, node, number, dialect, candidates, scheduler, controller, timeouts, *, asks_for_usage, id_headers, last_event, marks))]
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
        let io = Arc::clone(&self.books.io);
        let ended = self.books.ended;
        let lane = Lane {
            number,
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

    /// What became of the requests that have ended and were not told of yet: of so many at most, the first to end first.
    #[pyo3(signature = (most))]
    fn take(&self, most: usize) -> Vec<NativeServed> {
        let mut served = lock(&self.books.served);
        let rest = if served.len() > most { served.split_off(most) } else { Vec::new() };
        mem::replace(&mut *served, rest).into_iter().map(NativeServed).collect()
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
    #[pyo3(signature = (endpoint, pool, path, scope, model, label, *, breaker, plain, stream, tells_usage, rated, estimator, most_tokens, counts_cached, longest_answer, headers))]
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // it has as many parts
    fn new(
        endpoint: &NativeEndpoint,
        pool: &NativePool,
        path: &Path,
        scope: String,
        model: String,
        label: String,
        breaker: Option<&CircuitBreaker>,
        plain: Place,
        stream: Place,
        tells_usage: bool,
        rated: (bool, bool),
        estimator: &TokenEstimator,
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
            plain: address(&plain),
            stream: address(&stream),
            tells_usage,
            rated_requests: rated.0,
            rated_tokens: rated.1,
            estimator: estimator.core(),
            most_tokens,
            counts_cached,
            longest_answer,
            headers: sent(&headers),
            label,
        })
    }
}

/// A request that was served on a lane.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeServed(Served);

#[pymethods]
impl NativeServed {
    /// The lane's number.
    #[getter]
    fn lane(&self) -> u64 {
        self.0.lane.number
    }

    /// Which of its candidates was asked.
    #[getter]
    fn place(&self) -> usize {
        self.0.place
    }

    /// The request's id.
    #[getter]
    fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// Whether a stream was asked for.
    #[getter]
    fn stream(&self) -> bool {
        self.0.stream
    }

    /// Bytes of text in the request, and images.
    #[getter]
    fn size(&self) -> (usize, usize) {
        self.0.size
    }

    /// The status that was sent, if one was.
    #[getter]
    fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Monotonic nanoseconds: it came, its attempt was admitted, its answer committed (or None), it ended.
    #[getter]
    fn times(&self) -> (u64, u64, Option<u64>, u64) {
        (self.0.arrived, self.0.admitted, self.0.committed, self.0.ended)
    }

    /// Bytes of body that were sent.
    #[getter]
    fn sent_bytes(&self) -> u64 {
        self.0.sent
    }

    /// Tokens: of the prompt, of the answer, read from a cache, written to it, written to it for an hour; None where unknown.
    #[getter]
    fn usage(&self) -> Option<(u64, u64, u64, u64, u64)> {
        self.0.usage.map(counts)
    }

    /// Whether the client has its answer, whole; else it has gone.
    #[getter]
    fn delivered(&self) -> bool {
        self.0.how == Ended::Delivered
    }
}

/// An attempt that failed on a lane, for Python to go on from.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeBegun {
    /// The lane's number.
    #[pyo3(get)]
    lane: u64,
    /// Which of its candidates was asked.
    #[pyo3(get)]
    place: usize,
    /// The request's id.
    #[pyo3(get)]
    request_id: String,
    /// Monotonic nanoseconds at which the request came.
    #[pyo3(get)]
    arrived_ns: u64,
    /// Monotonic nanoseconds at which the attempt was admitted.
    #[pyo3(get)]
    admitted_ns: u64,
    lanes: Arc<Lanes>,
    number: u64,
    taken: Mutex<Option<Taken>>,
    happened: Happened,
}

impl NativeBegun {
    pub(super) fn new(begun: Begun) -> Self {
        let Begun { lanes, number, lane, place, request_id, arrived, admitted, taken, happened } = begun;
        let taken = Mutex::new(Some(taken));
        Self { lane, place, request_id, arrived_ns: arrived, admitted_ns: admitted, lanes, number, taken, happened }
    }

    /// What it holds, once; it is under way there no more.
    fn take(&self) -> Option<Taken> {
        let taken = lock(&self.taken).take();
        self.lanes.forget(self.number);
        taken
    }
}

impl Drop for NativeBegun {
    fn drop(&mut self) {
        drop(self.take());
    }
}

#[pymethods]
impl NativeBegun {
    /// The permits, and the breaker's leave if there is one: to be given back by whoever takes them. Once.
    fn held(&self) -> PyResult<(Grant, Option<Pass>)> {
        let Held { grant, leave } =
            self.take().and_then(|mut taken| taken.hand_over()).ok_or_else(|| value_error("what it held was taken"))?;
        Ok((Grant::new(grant), leave.map(|(pass, issuer)| Pass::new(pass, issuer))))
    }

    /// Gives back what it holds, unless that was taken.
    fn let_go(&self) {
        drop(self.take());
    }

    /// Status, headers and body of a provider's refusal, if it was that.
    #[getter]
    fn refused<'py>(&self, py: Python<'py>) -> Option<(u16, Pairs<'py>, Bound<'py, PyBytes>)> {
        match &self.happened {
            Happened::Failed(Failed::Refused { status, headers, body }) => {
                Some((*status, pairs(py, headers), PyBytes::new(py, body)))
            }
            _ => None,
        }
    }

    /// The classifier's word for what went wrong, in words, and the error that came under a good status, if it was that.
    #[getter]
    fn failed<'py>(&self, py: Python<'py>) -> Option<(&'static str, &str, Option<Bound<'py, PyBytes>>)> {
        match &self.happened {
            Happened::Failed(Failed::Broke { signal, detail, body }) => {
                Some((*signal, detail, body.as_ref().map(|body| PyBytes::new(py, body))))
            }
            _ => None,
        }
    }

    /// What was delivered of a stream that broke off, if it was that.
    #[getter]
    fn broken<'py>(&self, py: Python<'py>) -> Option<Broken<'py>> {
        match &self.happened {
            Happened::Broke { status, headers, committed, sent, usage, signal, detail, error, last_number } => {
                Some(Broken {
                    status: *status,
                    headers: pairs(py, headers),
                    committed_ns: *committed,
                    sent_bytes: *sent,
                    usage: usage.map(counts),
                    signal,
                    detail: detail.clone(),
                    error: error.as_ref().map(|error| PyBytes::new(py, error)),
                    last_number: *last_number,
                })
            }
            Happened::Failed(_) => None,
        }
    }
}

type Pairs<'py> = Vec<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)>;

/// As a dict.
#[derive(IntoPyObject)]
struct Broken<'py> {
    status: u16,
    headers: Pairs<'py>,
    committed_ns: u64,
    sent_bytes: u64,
    usage: Option<(u64, u64, u64, u64, u64)>,
    signal: &'static str,
    detail: String,
    error: Option<Bound<'py, PyBytes>>,
    last_number: Option<u64>,
}

fn counts(usage: Usage) -> (u64, u64, u64, u64, u64) {
    (usage.prompt, usage.completion, usage.cached, usage.cache_write, usage.cache_write_1h)
}

fn pairs<'py>(py: Python<'py>, headers: &HeaderMap<HeaderValue>) -> Pairs<'py> {
    let bytes = |bytes: &[u8]| PyBytes::new(py, bytes);
    headers.iter().map(|(name, value)| (bytes(name.as_ref()), bytes(value.as_bytes()))).collect()
}

fn seconds(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(value_error)
}
