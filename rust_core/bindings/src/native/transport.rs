//! `NativePool`, `NativeEndpoint`, and what becomes of a call: `NativeAnswer` or `NativeFailure`.

use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};
use native::runtime::{self, Process};
use native::transport::trust::Trust;
use native::transport::{Answer, Body, Call, Endpoint, Failure, Origin, Pool, Proxy, Settings};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::io::{Done, NativeIo, check};
use crate::convert::{Items, lock, value_error};

type Headers = Items<(PyBackedBytes, PyBackedBytes)>;

/// The connections to one provider.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativePool {
    pool: Arc<Pool>,
    process: Process,
}

impl NativePool {
    pub(super) fn shared(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }
}

#[pymethods]
impl NativePool {
    #[new]
    #[pyo3(
        signature = (stale_within = 1.0, ca_file = None, proxy = None),
        text_signature = "(stale_within=1.0, ca_file=None, proxy=None)"
    )]
    fn new(
        stale_within: f64,
        ca_file: Option<PathBuf>,
        proxy: Option<(String, u16, Option<String>)>,
    ) -> PyResult<Self> {
        let trust = ca_file.map_or_else(Trust::of_the_system, Trust::with_file);
        let proxy = match proxy {
            Some((host, port, authorization)) => {
                let authorization = authorization.map(HeaderValue::try_from).transpose().map_err(value_error)?;
                Some(Proxy { host, port, authorization })
            }
            None => None,
        };
        let settings = Settings { stale_within: seconds(stale_within)?, trust, proxy, ..Settings::default() };
        Ok(Self { pool: Pool::new(runtime::handle()?, settings), process: Process::current() })
    }

    /// How many connections could serve a call at once.
    #[getter]
    fn idle(&self) -> usize {
        self.pool.idle()
    }

    /// Closes the connections that serve nobody, and keeps none from now on.
    fn close(&self) {
        self.pool.close();
    }
}

/// Where an instance is called, and what opens it.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeEndpoint(Arc<Endpoint>);

impl NativeEndpoint {
    pub(super) fn shared(&self) -> Arc<Endpoint> {
        Arc::clone(&self.0)
    }
}

#[pymethods]
impl NativeEndpoint {
    #[new]
    #[pyo3(
        signature = (scheme, host, port, path, headers, defaults, query),
        text_signature = "(scheme, host, port, path, headers, defaults, query)"
    )]
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // an address has as many parts
    fn new(
        scheme: &str,
        host: String,
        port: u16,
        path: &[u8],
        headers: Headers,
        defaults: Headers,
        query: &[u8],
    ) -> PyResult<Self> {
        let secure = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(value_error(format!("unknown scheme '{scheme}'; the schemes are: http, https"))),
        };
        let bytes = Bytes::copy_from_slice;
        let origin = Origin { secure, host, port };
        let endpoint = Endpoint::new(origin, bytes(path), sent(&headers), sent(&defaults), bytes(query));
        Ok(Self(Arc::new(endpoint.map_err(value_error)?)))
    }

    /// Sends a call and returns a ticket. A `NativeAnswer` comes of it when the head has come, or a `NativeFailure`.
    #[pyo3(signature = (io, pool, method, path, query, headers, body, connect_timeout))]
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // a call has as many parts
    fn send(
        &self,
        io: &NativeIo,
        pool: &NativePool,
        method: &str,
        path: &[u8],
        query: &[u8],
        headers: Headers,
        body: &[u8],
        connect_timeout: f64,
    ) -> PyResult<u64> {
        check(io.process())?;
        check(pool.process)?;
        let call = Call {
            method: Method::from_bytes(method.as_bytes()).map_err(value_error)?,
            path: Bytes::copy_from_slice(path),
            query: Bytes::copy_from_slice(query),
            headers: sent(&headers),
            // A copy: no thread of native I/O can let go of what is Python's.
            body: Bytes::copy_from_slice(body),
            connect_timeout: seconds(connect_timeout)?,
        };
        let (endpoint, pool) = (Arc::clone(&self.0), Arc::clone(&pool.pool));
        Ok(io.begun().begin(async move {
            match endpoint.send(&pool, call).await {
                Ok(answer) => Done::Answer(Box::new(answer)),
                Err(failure) => Done::Failed(failure),
            }
        }))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// An answer whose head has come. Closed or dropped before its body was read to its end, it ends the call.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeAnswer {
    /// The HTTP status.
    #[pyo3(get)]
    status: u16,
    headers: HeaderMap,
    body: Arc<Mutex<Held>>,
}

/// A body that Python holds, or a task that waits for its next piece.
enum Held {
    Here(Body),
    Waiting,
    Closed,
}

impl NativeAnswer {
    pub(super) fn new(answer: Answer) -> Self {
        let body = Arc::new(Mutex::new(Held::Here(answer.body)));
        Self { status: answer.status, headers: answer.headers, body }
    }
}

#[pymethods]
impl NativeAnswer {
    /// The headers, in small letters.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let bytes = |bytes: &[u8]| PyBytes::new(py, bytes);
        self.headers.iter().map(|(name, value)| (bytes(name.as_str().as_bytes()), bytes(value.as_bytes()))).collect()
    }

    /// The next piece of the body, decoded, if it is there: empty at the end, or a `NativeFailure`. Else a ticket for it.
    #[pyo3(signature = (io))]
    fn read(&self, py: Python<'_>, io: &NativeIo) -> PyResult<Py<PyAny>> {
        check(io.process())?;
        let mut held = lock(&self.body);
        let Held::Here(body) = &mut *held else {
            return Err(value_error("the answer is closed, or its next piece is waited for"));
        };
        if let Some(next) = body.try_next() {
            return piece(next).into_python(py, io.begun());
        }
        let Held::Here(mut body) = mem::replace(&mut *held, Held::Waiting) else { return Ok(py.None()) };
        let home = Arc::clone(&self.body);
        let ticket = io.begun().begin(async move {
            let next = body.next().await;
            let mut held = lock(&home);
            if matches!(*held, Held::Waiting) {
                *held = Held::Here(body);
            }
            drop(held);
            piece(next)
        });
        Ok(ticket.into_pyobject(py)?.into_any().unbind())
    }

    /// Ends the call, if its body was not read to its end.
    fn close(&self) {
        let held = mem::replace(&mut *lock(&self.body), Held::Closed);
        drop(held);
    }
}

/// Why a call has no whole answer.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeFailure(Failure);

impl NativeFailure {
    pub(super) fn new(failure: Failure) -> Self {
        Self(failure)
    }
}

#[pymethods]
impl NativeFailure {
    /// The classifier's word for it.
    #[getter]
    fn signal(&self) -> &'static str {
        self.0.signal.name()
    }

    /// In words, for a person.
    #[getter]
    fn detail(&self) -> &str {
        &self.0.detail
    }

    fn __repr__(&self) -> String {
        format!("NativeFailure(signal='{}', detail='{}')", self.0.signal.name(), self.0.detail)
    }
}

fn piece(next: Option<Result<Bytes, Failure>>) -> Done {
    match next {
        Some(Ok(piece)) => Done::Piece(piece),
        Some(Err(failure)) => Done::Failed(failure),
        None => Done::Piece(Bytes::new()),
    }
}

/// Headers as they are sent; one that could not stand in a head is left out.
pub(super) fn sent(headers: &Headers) -> Vec<(HeaderName, HeaderValue)> {
    let header = |(name, value): &(PyBackedBytes, PyBackedBytes)| {
        Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    headers.0.iter().filter_map(header).collect()
}

fn seconds(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| value_error(format!("a time in seconds: {error}")))
}
