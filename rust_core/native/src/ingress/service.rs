//! From a request to the answer that the host gives it.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, EXPECT};
use hyper::http::StatusCode;
use hyper::{HeaderMap, Method, Request, Response, Version};
use rust_core_pure::wire::http1::REFUSED_METHOD;

use super::answer::{AnswerBody, Cut};
use super::awaited::{Awaited, Work};
use super::connection_state::{ConnectionState, Voice};
use super::exchange::{Answered, Exchange};
use super::parsed_head;
use super::presence::Presence;
use super::request_body::RequestBody;
use super::waiting::Deadlines;

/// Who decides what a request is answered with.
pub trait Host: Send + Sync + 'static {
    /// A number that stands for a request; its client's leaving is told under it.
    fn number(&self) -> u64;

    /// How much of a body may be waited for before somebody is told to ask, if it comes without a pause.
    fn most_together(&self) -> usize;

    /// Somebody asks. What is left to do for an answer is returned where it needs nobody else: whoever waits for the answer does it.
    fn asked(&self, exchange: Exchange) -> Option<Work>;

    /// The client of a request has gone before it was served.
    fn gone(&self, number: u64);

    /// Clients wait outside, because nothing more can be opened: why. Told once for a shortage, however often it is felt.
    fn short(&self, why: String);
}

/// Answers one request.
pub(super) fn serve(
    host: &Arc<dyn Host>,
    deadlines: Deadlines,
    connection: &Arc<ConnectionState>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<AnswerBody>, Cut>> + Send + use<> {
    let number = host.number();
    let arrived = Instant::now();
    let to_tell = Arc::clone(host);
    let is_old = request.version() == Version::HTTP_10;
    let presence = Presence::new(Arc::clone(connection), is_old, Box::new(move || to_tell.gone(number)));
    let voice = Voice::new(connection);
    let (host, connection) = (Arc::clone(host), Arc::clone(connection));
    async move {
        let (mut head, incoming) = request.into_parts();
        let is_http2 = head.version == Version::HTTP_2;
        let stands_in = !is_http2 && head.method.as_str() == REFUSED_METHOD;
        let violation = if stands_in { connection.violation() } else { parsed_head::admit(&mut head) };
        // What cannot be read as a request may have asked for a head alone all the same.
        let is_head = head.method == Method::HEAD || violation.as_ref().is_some_and(|violation| violation.bodiless);
        let waits_to_go_on = head.version == Version::HTTP_11 && head.headers.contains_key(EXPECT);
        let body = Arc::new(if waits_to_go_on {
            RequestBody::unasked(incoming, Arc::clone(&connection))
        } else {
            RequestBody::beginning(incoming, host.most_together(), Arc::clone(&connection)).await
        });
        let (exchange, answer) = Exchange::new(number, arrived, head, violation, Arc::clone(&body), voice);
        let mut awaited = Awaited::new(answer, host.asked(exchange));
        let cut = |Cut| {
            presence.served();
            Cut
        };
        let answer = (&mut awaited).await.map_err(cut)?;
        if body.has_rest() {
            tokio::spawn(async move { body.drain(deadlines.close).await });
        }
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let declared = declared_length(&answer.headers).map_err(cut)?;
        let body = match answer.body {
            _ if is_head || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED => {
                AnswerBody::whole(Bytes::new(), presence, connection)
            }
            // Whoever reads it would take what comes behind for the rest of it.
            Answered::Whole(body) if declared.is_some_and(|declared| declared != body.len() as u64) => {
                return Err(cut(Cut));
            }
            Answered::Whole(body) => AnswerBody::whole(body, presence, connection),
            Answered::Pieces(pieces) => {
                // Of HTTP/2 each answer has a task of its own, which asks for nothing while its client takes nothing.
                if let Some(rest) = if is_http2 { None } else { awaited.rest() } {
                    connection.rest.take_over(rest);
                }
                AnswerBody::pieces(pieces, declared, presence, connection)
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

/// How many bytes an answer says it has.
fn declared_length(headers: &HeaderMap) -> Result<Option<u64>, Cut> {
    let length = headers.get(CONTENT_LENGTH).map(|length| length.to_str().ok().and_then(|digits| digits.parse().ok()));
    length.map(|length| length.ok_or(Cut)).transpose()
}
