//! Where an instance is called, with what credential, and a call to it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, InvalidHeaderValue};
use hyper::{HeaderMap, Method};

use super::answer::Answer;
use super::exchange::Outgoing;
use super::failure::Failure;
use super::pool::Pool;
use super::target::target;

/// A header and its value.
pub type Header = (HeaderName, HeaderValue);

/// What answers: a connection to one origin is of no use to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whether it is spoken to in TLS.
    pub secure: bool,
    /// A name, or an address without brackets.
    pub host: String,
    /// The port, whether it is the scheme's own or not.
    pub port: u16,
}

impl Origin {
    /// The host and, where it is not the scheme's own, the port, as a URL has them.
    pub(super) fn authority(&self) -> String {
        let own = if self.secure { 443 } else { 80 };
        if self.port == own { self.host_of_url() } else { self.address() }
    }

    /// The host and the port, always.
    pub(super) fn address(&self) -> String {
        format!("{}:{}", self.host_of_url(), self.port)
    }

    fn host_of_url(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }
}

/// An address and what opens it.
pub struct Endpoint {
    origin: Arc<Origin>,
    host: HeaderValue,
    path: Bytes,
    headers: Vec<Header>,
    defaults: Vec<Header>,
    query: Bytes,
}

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    /// `GET` for what has no body.
    pub method: Method,
    /// The path below the endpoint's.
    pub path: Bytes,
    /// The query, without a question mark.
    pub query: Bytes,
    /// The client's headers that may be forwarded; the endpoint's own go before those of the same name.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Bytes,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
}

impl Endpoint {
    /// An endpoint.
    ///
    /// # Arguments
    /// * `origin`: who is called.
    /// * `path`: what the paths of calls are appended to.
    /// * `headers`: the credential and the provider's own headers.
    /// * `defaults`: headers that it wants of a client that does not send them.
    /// * `query`: what the query of each call ends with.
    ///
    /// # Errors
    /// The host cannot be written down as one.
    pub fn new(
        origin: Origin,
        path: Bytes,
        mut headers: Vec<Header>,
        defaults: Vec<Header>,
        query: Bytes,
    ) -> Result<Self, InvalidHeaderValue> {
        for (_, value) in &mut headers {
            value.set_sensitive(true);
        }
        let host = HeaderValue::try_from(origin.authority())?;
        Ok(Self { origin: Arc::new(origin), host, path, headers, defaults, query })
    }

    /// Sends a call and waits for the head of its answer.
    ///
    /// Dropping what this returns, or waiting for it no more, ends the call: its connection is closed at once, or in HTTP/2 its
    /// stream is reset.
    ///
    /// # Errors
    /// No connection, or it broke before the head came.
    pub async fn send(&self, pool: &Arc<Pool>, call: Call) -> Result<Answer, Failure> {
        pool.exchange(Outgoing { endpoint: self, call: &call }).await
    }

    pub(super) fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// The path and the query.
    pub(super) fn target_of(&self, call: &Call) -> String {
        target(&[&self.path[..], &call.path].concat(), &self.query_of(call))
    }

    fn query_of(&self, call: &Call) -> Vec<u8> {
        let separator: &[u8] = if call.query.is_empty() || self.query.is_empty() { b"" } else { b"&" };
        [&call.query[..], separator, &self.query].concat()
    }

    /// Every header, the host first: it is taken out again where it travels in another way.
    pub(super) fn headers_of(&self, call: &Call) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(call.headers.len() + self.headers.len() + self.defaults.len() + 4);
        headers.insert(HOST, self.host.clone());
        for (name, value) in &call.headers {
            if !self.headers.iter().any(|(own, _)| own == name) {
                headers.append(name, value.clone());
            }
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        for (name, value) in &self.defaults {
            if !headers.contains_key(name) {
                headers.append(name, value.clone());
            }
        }
        if !call.body.is_empty() {
            // The body is JSON whatever the client called it.
            headers.append(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        // Compressed events could not be framed as they come.
        headers.append(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if !call.body.is_empty() || matches!(call.method, Method::POST | Method::PUT | Method::PATCH) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(call.body.len()));
        }
        headers
    }
}

/// Without what opens it.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("origin", &self.origin).field("path", &self.path).finish_non_exhaustive()
    }
}
