//! From a request to the answer that the host gives it.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue};
use hyper::http::StatusCode;
use hyper::{Request, Response, Version};
use rust_core_pure::wire::http1::REFUSED_METHOD;

use super::answer::{AnswerBody, Cut};
use super::connection_state::ConnectionState;
use super::exchange::{Answered, Exchange};
use super::gated::Deadlines;
use super::presence::Presence;
use super::request_body::RequestBody;

/// Who decides what a request is answered with.
pub trait Host: Send + Sync + 'static {
    /// A number that stands for a request; its client's leaving is told under it.
    fn number(&self) -> u64;

    /// Somebody asks.
    fn asked(&self, exchange: Exchange);

    /// The client of a request has gone before it was served.
    fn gone(&self, number: u64);
}

/// Answers one request.
pub(super) fn serve(
    host: &Arc<dyn Host>,
    deadlines: Deadlines,
    connection: &Arc<ConnectionState>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<AnswerBody>, Cut>> + Send + use<> {
    let number = host.number();
    let to_tell = Arc::clone(host);
    let is_old = request.version() == Version::HTTP_10;
    let presence = Presence::new(Arc::clone(connection), is_old, Box::new(move || to_tell.gone(number)));
    let (host, connection) = (Arc::clone(host), Arc::clone(connection));
    async move {
        let (mut head, incoming) = request.into_parts();
        name_the_host(&mut head);
        let violation = if head.method.as_str() == REFUSED_METHOD { connection.violation() } else { None };
        let body = Arc::new(RequestBody::beginning(incoming, Arc::clone(&connection)).await);
        let (exchange, answer) = Exchange::new(number, head, violation, Arc::clone(&body));
        host.asked(exchange);
        let answer = answer.await.map_err(|_| {
            presence.served(true);
            Cut
        })?;
        if body.has_rest().await {
            tokio::spawn(async move { body.drain(deadlines.close).await });
        }
        let body = match answer.body {
            Answered::Whole(body) => AnswerBody::whole(body, presence, connection),
            Answered::Pieces(pieces) => AnswerBody::pieces(pieces, presence, connection),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

/// HTTP/2 names the host in the target; everybody behind reads it in the header.
fn name_the_host(head: &mut hyper::http::request::Parts) {
    if head.version == Version::HTTP_2 && !head.headers.contains_key(HOST) {
        let named = head.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
        if let Some(host) = named {
            head.headers.insert(HOST, host);
        }
    }
}
