//! What is told of requests that are taken on lanes: `NativeServed` and `NativeBegun`.

use std::sync::{Arc, Mutex};

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use native::attempt::Failed;
use native::lane::{Begun, Ended, Happened, Held, Lanes, Served, Taken, Tally};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rust_core_pure::wire::Usage;

use crate::admission::Grant;
use crate::breaker::Pass;
use crate::convert::{lock, value_error};
use crate::traffic::Flow;

/// A request that was served on a lane.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeServed(Served);

impl NativeServed {
    pub(super) fn new(served: Served) -> Self {
        Self(served)
    }
}

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

/// Requests of one lane that went alike: answered whole, by the same candidate and with the same status.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeTally {
    tally: Tally,
    /// What they came to, but for what they cost.
    #[pyo3(get)]
    flow: Py<Flow>,
}

impl NativeTally {
    pub(super) fn new(py: Python<'_>, tally: Tally) -> PyResult<Self> {
        let flow = Py::new(py, Flow::of(tally.flow.clone()))?;
        Ok(Self { tally, flow })
    }
}

#[pymethods]
impl NativeTally {
    /// The lane's number.
    #[getter]
    fn lane(&self) -> u64 {
        self.tally.lane.number
    }

    /// Which of its candidates was asked.
    #[getter]
    fn place(&self) -> usize {
        self.tally.place
    }

    /// The status that was sent.
    #[getter]
    fn status(&self) -> u16 {
        self.tally.status
    }

    /// Nanoseconds that their calls took until their answers were committed, all together.
    #[getter]
    fn called_ns(&self) -> u64 {
        self.tally.called
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
