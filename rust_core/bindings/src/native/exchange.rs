//! `NativeExchange`: one request, and the way back to its client.

use std::future::Future;
use std::sync::Arc;

use hyper::HeaderMap;
use hyper::Version;
use hyper::header::{HeaderName, HeaderValue};
use native::ingress::Exchange;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::io::{Begun, Done, part_to_python};
use super::served::NativeBegun;
use crate::convert::value_error;

type Headers = Vec<(Vec<u8>, Vec<u8>)>;

/// One request that a client makes, and the way back to it. What is sent to a client that has gone goes nowhere.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeExchange {
    exchange: Exchange,
    begun: Arc<Begun>,
    /// The attempt that was made on a lane, and failed, if one was.
    #[pyo3(get)]
    attempt: Option<Py<NativeBegun>>,
}

impl NativeExchange {
    pub(super) fn new(exchange: Exchange, begun: &Arc<Begun>, attempt: Option<Py<NativeBegun>>) -> Self {
        Self { exchange, begun: Arc::clone(begun), attempt }
    }

    /// Draws a ticket for the end of a wait; 0 where there is nothing to wait for.
    fn waited_for(&self, wait: Option<impl Future<Output = ()> + Send + 'static>) -> u64 {
        wait.map_or(0, |wait| {
            self.begun.begin(async move {
                wait.await;
                Done::Nothing
            })
        })
    }
}

#[pymethods]
impl NativeExchange {
    /// The ticket under which its client's leaving is told.
    #[getter]
    fn number(&self) -> u64 {
        self.exchange.number
    }

    /// Nanoseconds since its head had come.
    #[getter]
    fn waited_ns(&self) -> u64 {
        u64::try_from(self.exchange.arrived.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Why there is no request to serve, but an answer to give all the same: its status, a sentence, the path if it could be
    /// read, and whether the answer has no body.
    #[getter]
    fn violation<'py>(&self, py: Python<'py>) -> Option<(u16, String, Option<Bound<'py, PyBytes>>, bool)> {
        let violation = self.exchange.violation.as_ref()?;
        let target = violation.target.as_ref().map(|target| PyBytes::new(py, target));
        Some((violation.status, violation.message.clone(), target, violation.bodiless))
    }

    #[getter]
    fn method(&self) -> &str {
        self.exchange.head.method.as_str()
    }

    /// The path as it was written, without the query.
    #[getter]
    fn path<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.exchange.head.uri.path().as_bytes())
    }

    /// The query as it was written, without its question mark.
    #[getter]
    fn query<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.exchange.head.uri.query().unwrap_or_default().as_bytes())
    }

    /// `1.0`, `1.1` or `2`.
    #[getter]
    fn http_version(&self) -> &'static str {
        match self.exchange.head.version {
            Version::HTTP_10 => "1.0",
            Version::HTTP_2 => "2",
            _ => "1.1",
        }
    }

    /// The headers, names in lower case.
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let headers = self.exchange.head.headers.iter();
        PyList::new(
            py,
            headers.map(|(name, value)| (PyBytes::new(py, name.as_ref()), PyBytes::new(py, value.as_bytes()))),
        )
    }

    /// What has come of the body together with the head: bytes and whether they are the last, why there is no end to know (a str),
    /// or None where the client has gone. Once.
    fn body(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.exchange.body().take() {
            Some(part) => part_to_python(py, part),
            None => Ok(py.None()),
        }
    }

    /// Draws a ticket for the next part of the body, as `body` tells it.
    fn next_body(&self) -> u64 {
        let body = Arc::clone(self.exchange.body());
        self.begun.begin(async move { Done::Part(body.next().await) })
    }

    /// Answers with a body that is known whole.
    fn answer(&self, status: u16, headers: Headers, body: &[u8]) -> PyResult<()> {
        self.exchange.answer(status, header_map(headers)?, bytes::Bytes::copy_from_slice(body));
        Ok(())
    }

    /// Begins an answer that comes in pieces.
    fn begin(&self, status: u16, headers: Headers) -> PyResult<()> {
        self.exchange.begin(status, header_map(headers)?);
        Ok(())
    }

    /// Sends a piece. Returns 0, or the ticket to wait for before the next one: the client has not taken those before. The piece is
    /// on its way even if that is cancelled.
    fn send(&self, piece: &[u8]) -> u64 {
        self.waited_for(self.exchange.send(bytes::Bytes::copy_from_slice(piece)))
    }

    /// Ends the answer: it is whole. Returns 0, or the ticket to wait for until the client has taken it.
    fn finish(&self) -> u64 {
        self.waited_for(self.exchange.finish())
    }

    /// Ends the connection without an end of the answer, unless that has come.
    fn cut(&self) {
        self.exchange.cut();
    }
}

fn header_map(headers: Headers) -> PyResult<HeaderMap> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let name = HeaderName::from_bytes(&name).map_err(value_error)?;
        map.append(name, HeaderValue::from_bytes(&value).map_err(value_error)?);
    }
    Ok(map)
}
