//! `Flow` and `access_line`: what finished requests come to.

use std::borrow::Cow;
use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::PyString;
use rust_core_pure::traffic::{self, AccessLine, Buckets, Request};
use rust_core_pure::wire::Usage;

use crate::convert::{Count, lock};

/// Tokens: of the prompt, of the answer, read from a cache, written to it, written to it for an hour.
pub(crate) type Tokens = (Count, Count, Count, Count, Count);
/// Upper bounds, how many lie up to each and beyond them all, and the sum.
type Told = (Vec<u64>, Vec<u64>, u64);

/// Requests that are counted together. In constant memory, and as many together as one by one.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Flow(Mutex<traffic::Flow>);

impl Flow {
    /// One that has counted already.
    pub(crate) fn of(flow: traffic::Flow) -> Self {
        Self(Mutex::new(flow))
    }
}

#[pymethods]
impl Flow {
    #[new]
    fn new() -> Self {
        Self(Mutex::default())
    }

    /// Counts one request.
    #[pyo3(signature = (duration_ns, queue_ns, first_token_ns = None, usage = None))]
    fn add(&self, duration_ns: Count, queue_ns: Count, first_token_ns: Option<Count>, usage: Option<Tokens>) {
        let request = Request {
            duration: duration_ns.0,
            queue: queue_ns.0,
            first_token: first_token_ns.map(|first| first.0),
            usage: usage.map(|(prompt, completion, cached, cache_write, cache_write_1h)| Usage {
                prompt: prompt.0,
                completion: completion.0,
                cached: cached.0,
                cache_write: cache_write.0,
                cache_write_1h: cache_write_1h.0,
            }),
        };
        lock(&self.0).add(&request);
    }

    /// Adds to what they cost.
    fn spend(&self, cost: f64) {
        lock(&self.0).cost += cost;
    }

    /// Takes in all that another has.
    fn merge(&self, other: &Bound<'_, Self>) {
        let other = lock(&other.get().0).clone(); // one lock at a time, for it may be this one
        lock(&self.0).merge(&other);
    }

    /// How many requests there were.
    #[getter]
    fn requests(&self) -> u64 {
        lock(&self.0).requests
    }

    /// What they cost, in the currency of the prices.
    #[getter]
    fn cost(&self) -> f64 {
        lock(&self.0).cost
    }

    /// Tokens of all: of prompts, of answers, read from a cache, written to it, written to it for an hour.
    #[getter]
    fn usage(&self) -> (u64, u64, u64, u64, u64) {
        let usage = lock(&self.0).usage();
        (usage.prompt, usage.completion, usage.cached, usage.cache_write, usage.cache_write_1h)
    }

    /// How long they took, in nanoseconds.
    #[getter]
    fn duration(&self) -> Told {
        told(&lock(&self.0).duration)
    }

    /// How long the first tokens of streams took, in nanoseconds.
    #[getter]
    fn first_token(&self) -> Told {
        told(&lock(&self.0).first_token)
    }

    /// How long they waited for room, in nanoseconds.
    #[getter]
    fn queue(&self) -> Told {
        told(&lock(&self.0).queue)
    }

    /// Tokens of their prompts, where their providers told.
    #[getter]
    fn input(&self) -> Told {
        told(&lock(&self.0).input)
    }

    /// Tokens of their answers, where their providers told.
    #[getter]
    fn output(&self) -> Told {
        told(&lock(&self.0).output)
    }

    fn __repr__(&self) -> String {
        format!("Flow({} requests)", self.requests())
    }
}

fn told(buckets: &Buckets) -> Told {
    (buckets.bounds().to_vec(), buckets.counts().to_vec(), buckets.sum())
}

/// One line for a finished request, without its end.
#[pyfunction]
#[pyo3(signature = (*, at_ms, request_id, route, status, flag, target, attempts, provider, model, stream, queue_ns, first_byte_ns, total_ns, sent_bytes, tokens, revision))]
#[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // it tells as much
pub(crate) fn access_line(
    at_ms: Count,
    request_id: &str,
    route: &Bound<'_, PyString>,
    status: Option<u16>,
    flag: &str,
    target: &Bound<'_, PyString>,
    attempts: &Bound<'_, PyString>,
    provider: &str,
    model: &str,
    stream: bool,
    queue_ns: Count,
    first_byte_ns: Option<Count>,
    total_ns: Count,
    sent_bytes: Count,
    tokens: Option<(Count, Count)>,
    revision: &str,
) -> PyResult<String> {
    let (route, target, attempts) = (written(route)?, written(target)?, written(attempts)?);
    let mut line = String::with_capacity(320);
    let told = AccessLine {
        at: at_ms.0,
        id: request_id,
        route: &route,
        status,
        flag,
        target: &target,
        attempts: &attempts,
        provider,
        model,
        stream,
        queue: queue_ns.0,
        first_byte: first_byte_ns.map(|first| first.0),
        total: total_ns.0,
        sent: sent_bytes.0,
        tokens: tokens.map(|(prompt, answer)| (prompt.0, answer.0)),
        revision,
    };
    told.write_to(&mut line);
    Ok(line)
}

/// A text that a client chose may hold halves of characters, which no text here can.
fn written<'a>(text: &'a Bound<'_, PyString>) -> PyResult<Cow<'a, str>> {
    if let Ok(text) = text.to_str() {
        return Ok(Cow::Borrowed(text));
    }
    let spelled = text.call_method1("encode", ("utf-8", "backslashreplace"))?.call_method0("decode")?;
    spelled.extract().map(Cow::Owned)
}
