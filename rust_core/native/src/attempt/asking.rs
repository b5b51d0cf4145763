//! Makes a call, and reads its answer up to its commit point.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use rust_core_pure::wire::inspect;
use tokio::time::Instant;

use super::gathered::Gathered;
use super::pieces::Pieces;
use super::seconds::in_words;
use super::stream::StreamAnswer;
use super::waiting::{Fault, Late, Stop, Waiting, later};
use super::{Committed, Failed, Patience, PlainAnswer, Reading};
use crate::transport::{Answer, Call, Endpoint, Failure, Pool};

/// A plain answer is held whole, an error answer for its words: both are bounded.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
const MAX_ERROR_BYTES: usize = 1024 * 1024;
/// Room that is made for a body because its head says that so much comes.
const MOST_BELIEVED: usize = 1024 * 1024;

/// Makes a call and reads its answer up to its commit point.
///
/// Dropping what this returns ends the call.
///
/// # Errors
/// There is no answer to commit; nothing of it is left open.
pub async fn ask(
    endpoint: &Endpoint,
    pool: &Arc<Pool>,
    call: Call,
    reading: &Reading,
    patience: &Patience,
) -> Result<Committed, Box<Failed>> {
    let began = Instant::now();
    let remaining = patience.until.saturating_duration_since(began);
    let attempt = patience.attempt.filter(|attempt| *attempt < remaining);
    let waiting = Waiting::until(attempt.map_or(patience.until, |attempt| later(began, attempt)));
    // Pinned here: handed on as it is, it would be a part of each who waits for it, once more.
    let sending = pin!(endpoint.send(pool, call));
    let stop = match committed(sending, waiting, began, reading, patience).await {
        Ok(Ok(committed)) => return Ok(committed),
        Ok(Err(refused)) => return Err(refused),
        Err(stop) => stop,
    };
    let fault = match (stop, attempt) {
        (Stop::Broke(fault), _) => fault,
        (Stop::Over, None) => Fault::deadline(),
        (Stop::Over, Some(attempt)) => {
            let detail = format!("no answer within the echelon's timeout of {} s", in_words(attempt));
            Fault::new("attempt_timeout", detail)
        }
    };
    Err(Box::new(Failed::Broke { signal: fault.signal, detail: fault.detail, body: fault.body }))
}

async fn committed(
    sending: Pin<&mut impl Future<Output = Result<Answer, Failure>>>,
    mut waiting: Waiting,
    began: Instant,
    reading: &Reading,
    patience: &Patience,
) -> Result<Result<Committed, Box<Failed>>, Stop> {
    let first_byte_at = later(began, patience.first_byte);
    let Answer { status, headers, body } = head(sending, &mut waiting, first_byte_at, patience).await?;
    let mut pieces = Pieces::new(body, waiting, patience.idle);
    let first = pieces.first(first_byte_at).await?;
    if !(200..300).contains(&status) {
        let body = words(&mut pieces, first).await?;
        return Ok(Err(Box::new(Failed::Refused { status, headers, body })));
    }
    if !reading.stream || is_json(&headers) {
        let plain = plain(status, headers, &mut pieces, first, reading).await?;
        return Ok(Ok(Committed::Plain(plain)));
    }
    let mut answer = Box::new(StreamAnswer::new(status, headers, pieces, reading));
    answer.begin(first, patience.until).await?;
    Ok(Ok(Committed::Stream(answer)))
}

async fn head(
    mut sending: Pin<&mut impl Future<Output = Result<Answer, Failure>>>,
    waiting: &mut Waiting,
    by: Instant,
    patience: &Patience,
) -> Result<Answer, Stop> {
    match waiting.wait(|_| by, |cx| sending.as_mut().poll(cx)).await {
        Ok(answered) => answered.map_err(Stop::from),
        Err(Late::All) => Err(Stop::Over),
        Err(Late::This) => {
            let detail = format!("no answer within {} s", in_words(patience.first_byte));
            Err(Fault::new("first_byte_timeout", detail).into())
        }
    }
}

async fn plain(
    status: u16,
    headers: HeaderMap,
    pieces: &mut Pieces,
    first: Option<Bytes>,
    reading: &Reading,
) -> Result<PlainAnswer, Stop> {
    let body = whole(pieces, first, announced(&headers)).await?;
    let inspection = inspect(reading.wire, &body);
    if let Some(problem) = inspection.problem {
        return Err(Fault { body: Some(body), ..Fault::malformed(problem) }.into());
    }
    if reading.stream {
        return Err(Fault::malformed("a stream was asked for and a plain answer came").into());
    }
    Ok(PlainAnswer { status, headers, body, usage: inspection.usage })
}

async fn whole(pieces: &mut Pieces, first: Option<Bytes>, announced: usize) -> Result<Bytes, Stop> {
    let mut body = Gathered::with_room(announced.min(MOST_BELIEVED));
    let mut next = first;
    while let Some(piece) = next {
        body.push(piece);
        if body.len() > MAX_ANSWER_BYTES {
            return Err(Fault::malformed(format!("the answer is larger than {MAX_ANSWER_BYTES} bytes")).into());
        }
        next = pieces.next().await?;
    }
    Ok(body.into_bytes())
}

/// The words of an error answer, as many as come: its status says enough if they break off.
async fn words(pieces: &mut Pieces, first: Option<Bytes>) -> Result<Bytes, Stop> {
    let mut body = Gathered::default();
    let mut next = first;
    while let Some(piece) = next {
        body.push(piece);
        if body.len() >= MAX_ERROR_BYTES {
            break;
        }
        next = match pieces.next().await {
            Err(Stop::Broke(_)) => None,
            next => next?,
        };
    }
    let mut body = body.into_bytes();
    body.truncate(MAX_ERROR_BYTES);
    Ok(body)
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = |value: &[u8]| {
        let essence = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        essence.eq_ignore_ascii_case(b"application/json")
    };
    headers.get_all(CONTENT_TYPE).iter().any(|value| essence(value.as_bytes()))
}

/// How many bytes the head says that there are.
fn announced(headers: &HeaderMap) -> usize {
    headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or_default()
}
