//! A head that has come, and the body that follows it.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use hyper::body::{Body as _, Frame, Incoming};
use hyper::{HeaderMap, Response};

use super::decoding::{Corrupt, Decoded, Decoder, Effort};
use super::failure::Failure;
use super::kept::Kept;
use super::pool::Pool;
use super::shared::Place;

/// An answer whose head has come. Dropping it before its body was read to its end closes its connection, or in HTTP/2
/// resets its stream.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in small letters.
    pub headers: HeaderMap,
    /// What follows.
    pub body: Body,
}

impl Answer {
    pub(super) fn new(response: Response<Incoming>, carrier: Carrier) -> Result<Self, Failure> {
        let (head, incoming) = response.into_parts();
        if head.status.is_informational() {
            return Err(Failure::reset_because("the provider switched protocols, which nobody had asked for"));
        }
        let decoder = Decoder::of(&head.headers).map_err(of_corrupt)?;
        let mut raw = Raw { incoming, carrier: Some(carrier) };
        raw.settle_at_end();
        let body = Body { raw, decoder, has_failed: false };
        Ok(Self { status: head.status.as_u16(), headers: head.headers, body })
    }
}

/// What an answer comes over.
pub(super) enum Carrier {
    /// Back in the pool when the body is whole.
    Kept(Box<Kept>, Arc<Pool>),
    /// Held until the body is whole or dropped: its place is another's then.
    Shared(#[allow(dead_code)] Place),
}

impl Carrier {
    fn settle(self) {
        if let Self::Kept(kept, pool) = self {
            pool.put_back(kept);
        }
    }
}

/// A body, decoded if it was compressed.
pub struct Body {
    raw: Raw,
    decoder: Option<Decoder>,
    has_failed: bool,
}

impl Body {
    /// The next piece, never empty; `None` at the end. No piece is lost where waiting for it is given up.
    ///
    /// # Errors
    /// It broke off, or cannot be decoded: nothing follows then.
    pub async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The next piece if it is there already, as `next` has it; `None` where it must be waited for.
    pub fn try_next(&mut self) -> Option<Option<Result<Bytes, Failure>>> {
        match self.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(next) => Some(next),
            Poll::Pending => None,
        }
    }

    /// `next`, for who polls: bounded in what it does at once, however much comes to nothing.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        if self.has_failed {
            return Poll::Ready(None);
        }
        let mut effort = Effort::new();
        let polled = self.poll_decoded(cx, &mut effort);
        if polled.is_pending() && effort.is_spent() {
            cx.waker().wake_by_ref(); // there is more, after others had their turn
        }
        let next = ready!(polled).transpose();
        if let Some(Err(_)) = next {
            self.has_failed = true;
            self.raw.carrier = None;
        }
        Poll::Ready(next)
    }

    /// Pending, too, when the effort is spent.
    fn poll_decoded(&mut self, cx: &mut Context<'_>, effort: &mut Effort) -> Poll<Result<Option<Bytes>, Failure>> {
        let Some(decoder) = &mut self.decoder else { return self.raw.poll_next(cx, effort) };
        loop {
            match decoder.pull(effort).map_err(of_corrupt)? {
                Decoded::Piece(piece) => return Poll::Ready(Ok(Some(piece))),
                Decoded::Starved => {}
                Decoded::Spent => return Poll::Pending,
            }
            match ready!(self.raw.poll_next(cx, effort))? {
                Some(piece) => decoder.push(piece),
                None => return Poll::Ready(decoder.finish().map_err(of_corrupt).map(|()| None)),
            }
        }
    }
}

/// A body as it comes over its connection.
struct Raw {
    incoming: Incoming,
    /// Gone when the body has come to its end.
    carrier: Option<Carrier>,
}

impl Raw {
    /// The next piece; the connection is given back at the last. Pending, too, when the effort is spent.
    fn poll_next(&mut self, cx: &mut Context<'_>, effort: &mut Effort) -> Poll<Result<Option<Bytes>, Failure>> {
        while !effort.is_spent() {
            match ready!(self.poll_frame(cx)) {
                Some(Ok(frame)) => {
                    effort.spend(0); // a provider may send as many frames without content as it likes
                    let Ok(piece) = frame.into_data() else { continue }; // trailers
                    self.settle_at_end();
                    if !piece.is_empty() {
                        return Poll::Ready(Ok(Some(piece)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(Failure::reset(&error))),
                None => {
                    self.settle();
                    return Poll::Ready(Ok(None));
                }
            }
        }
        Poll::Pending
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        match &mut self.carrier {
            Some(Carrier::Kept(kept, _)) => kept.poll_frame(cx, &mut self.incoming),
            _ => Pin::new(&mut self.incoming).poll_frame(cx),
        }
    }

    /// Gives the connection back as soon as nothing more can come: whoever has all of a body may not ask for more.
    fn settle_at_end(&mut self) {
        if self.incoming.is_end_stream() {
            self.settle();
        }
    }

    fn settle(&mut self) {
        if let Some(carrier) = self.carrier.take() {
            carrier.settle();
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}

fn of_corrupt(error: Corrupt) -> Failure {
    Failure::reset_because(error.0)
}
