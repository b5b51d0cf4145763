//! One request on a connection, and whether a failed one was read by nobody.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::Reason;
use http_body_util::Full;
use hyper::client::conn::TrySendError;
use hyper::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use hyper::http::uri::{PathAndQuery, Scheme};
use hyper::{HeaderMap, Request, Uri, Version};

use super::endpoint::{Call, Endpoint};
use super::failure::Failure;
use super::proxy::Proxy;
use super::wire::Meter;

/// A request as the connections here take it.
pub(super) type Sent = Request<Full<Bytes>>;

/// A request before it is known what it travels in. It may have to be sent twice, and is written anew for that.
#[derive(Clone, Copy)]
pub(super) struct Outgoing<'c> {
    pub(super) endpoint: &'c Endpoint,
    pub(super) call: &'c Call,
}

impl Outgoing<'_> {
    /// As HTTP/1.1 has it. A proxy is told whom to ask.
    pub(super) fn plain(self, proxy: Option<&Proxy>) -> Result<Sent, Failure> {
        let (mut headers, mut target) = (self.endpoint.headers_of(self.call), self.endpoint.target_of(self.call));
        let origin = self.endpoint.origin();
        if let (false, Some(proxy)) = (origin.secure, proxy) {
            target = format!("http://{}{target}", origin.authority());
            if let Some(authorization) = &proxy.authorization {
                headers.insert(PROXY_AUTHORIZATION, authorization.clone());
            }
        }
        let uri = Uri::try_from(target).map_err(|error| Failure::reset(&error))?;
        Ok(self.request(uri, Version::HTTP_11, headers))
    }

    /// As HTTP/2 has it: the host is a part of the address.
    pub(super) fn shared(self) -> Result<Sent, Failure> {
        let mut headers = self.endpoint.headers_of(self.call);
        let host = headers.remove(HOST);
        let target =
            PathAndQuery::try_from(self.endpoint.target_of(self.call)).map_err(|error| Failure::reset(&error))?;
        let uri = Uri::builder()
            .scheme(Scheme::HTTPS)
            .authority(host.as_ref().map_or(&[][..], HeaderValue::as_bytes))
            .path_and_query(target)
            .build()
            .map_err(|error| Failure::reset(&error))?;
        Ok(self.request(uri, Version::HTTP_2, headers))
    }

    fn request(self, uri: Uri, version: Version, headers: HeaderMap) -> Sent {
        let mut request = Request::new(Full::new(self.call.body.clone()));
        *request.method_mut() = self.call.method.clone();
        *request.uri_mut() = uri;
        *request.version_mut() = version;
        *request.headers_mut() = headers;
        request
    }
}

/// A request that came to nothing.
pub(super) struct Broken {
    pub(super) failure: Failure,
    /// It found its connection closed, and was read by nobody: it may be sent again.
    pub(super) is_stale: bool,
}

impl Broken {
    /// Of a request over HTTP/2, which has words for what was not looked at: that its connection ended says nothing, however soon.
    pub(super) fn of_shared(error: TrySendError<Sent>) -> Self {
        let was_not_sent = error.message().is_some();
        let error = error.into_error();
        Self { failure: Failure::reset(&error), is_stale: was_not_sent || was_refused(&error) }
    }
}

/// Whether a provider said that it has not looked at a request.
fn was_refused(error: &hyper::Error) -> bool {
    let Some(error) = error.source().and_then(|source| source.downcast_ref::<h2::Error>()) else { return false };
    let reason = error.reason();
    error.is_remote()
        && (error.is_reset() && reason == Some(Reason::REFUSED_STREAM)
            || error.is_go_away() && reason == Some(Reason::NO_ERROR))
}

/// What tells, of a request over HTTP/1.1 that failed, whether its connection had been closed before.
///
/// A provider may close an idle connection in the very moment in which a request is on its way to it. All its sender sees
/// then is an end without a byte of an answer, and it sees that soon: the news takes a round trip. A provider that ends the
/// connection later had the request.
pub(super) struct Since {
    meter: Arc<Meter>,
    received: u64,
    began: Instant,
    /// An earlier request was answered on the connection.
    rested: bool,
    stale_within: Duration,
}

impl Since {
    pub(super) fn now(meter: &Arc<Meter>, rested: bool, stale_within: Duration) -> Self {
        Self { meter: Arc::clone(meter), received: meter.received(), began: Instant::now(), rested, stale_within }
    }

    pub(super) fn broken(&self, error: TrySendError<Sent>) -> Broken {
        let was_not_sent = error.message().is_some();
        let heard_nothing = self.meter.received() == self.received;
        let found_closed = self.rested && heard_nothing && self.began.elapsed() < self.stale_within;
        Broken { failure: Failure::reset(&error.into_error()), is_stale: was_not_sent || found_closed }
    }
}
