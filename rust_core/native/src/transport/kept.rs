//! A connection of HTTP/1.1: it serves one call at a time, which polls it, and rests between them.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::body::{Body as _, Frame, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use super::endpoint::Origin;
use super::exchange::{Broken, Sent, Since};
use super::failure::Failure;
use super::wire::{Meter, Wire};
use crate::alarm::Alarm;

/// What is read at once, and what a head may be long at most: what an open stream costs in memory.
const MOST_BUFFERED: usize = 128 * 1024;
/// A provider behind others that each add their own has many; a hundred is not enough.
const MOST_HEADERS: usize = 256;

/// A connection.
pub(super) struct Kept {
    origin: Arc<Origin>,
    sender: http1::SendRequest<Full<Bytes>>,
    /// Gone when it has ended.
    connection: Option<http1::Connection<TokioIo<Wire>, Full<Bytes>>>,
    alarm: Arc<Alarm>,
    meter: Arc<Meter>,
    /// When the last answer on it was read to its end.
    rests_since: Option<Instant>,
}

impl Kept {
    pub(super) async fn begin(wire: Wire, origin: Arc<Origin>) -> Result<Box<Self>, Failure> {
        let meter = wire.meter();
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(MOST_BUFFERED)
            .max_headers(MOST_HEADERS)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|error| Failure::connect(&error))?;
        Ok(Box::new(Self {
            origin,
            sender,
            connection: Some(connection),
            alarm: Arc::default(),
            meter,
            rests_since: None,
        }))
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn exchange(
        mut self: Box<Self>,
        request: Sent,
        stale_within: Duration,
    ) -> Result<(Response<Incoming>, Box<Self>), Broken> {
        let since = Since::now(&self.meter, self.rests_since.is_some(), stale_within);
        let mut answer = pin!(self.sender.try_send_request(request));
        let answered = poll_fn(|cx| {
            let _ = self.poll(cx);
            // It comes of that alone, so that nobody needs to be woken for it.
            answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        })
        .await;
        match answered {
            Ok(response) => Ok((response, self)),
            Err(error) => Err(since.broken(error)),
        }
    }

    /// Moves what can be moved. Ready when the connection has ended, and then always.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self { connection, alarm, .. } = self;
        if let Some(connection) = connection {
            if alarm.poll(cx, |cx| Pin::new(connection).poll(cx)).is_pending() {
                return Poll::Pending;
            }
        }
        // Dropped now: with it goes what it still holds, and whoever waits for that learns of it. What went wrong, if
        // anything did, the call has been told.
        self.connection = None;
        Poll::Ready(())
    }

    /// The next frame of its answer, which nobody else is told of: whoever asks for it is not woken for having taken it.
    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
        incoming: &mut Incoming,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let alarm = Arc::clone(&self.alarm);
        let take = |incoming: &mut Incoming| {
            let mut unheard = Context::from_waker(Waker::noop());
            alarm.quietly(|| Pin::new(incoming).poll_frame(&mut unheard)).0
        };
        let frame = take(incoming);
        if frame.is_ready() {
            return frame;
        }
        // Asked for, and not there: the connection may have it, and if it has ended says so.
        let _ = self.poll(cx);
        take(incoming)
    }

    /// Whether it can serve another call. To be asked when the answer of the last has been read to its end.
    pub(super) fn rest(&mut self) -> bool {
        self.rests_since = Some(Instant::now());
        // Mostly it has seen to that with the end of the answer.
        if self.connection.is_some() && self.sender.is_ready() {
            self.alarm.forget();
            return true;
        }
        self.is_alive()
    }

    /// Whether it can serve a call, as far as anybody knows.
    pub(super) fn is_alive(&mut self) -> bool {
        // Nobody has polled it while it rested: only now does it see that its provider has closed it.
        self.poll(&mut Context::from_waker(Waker::noop())).is_pending() && self.sender.is_ready()
    }

    pub(super) fn leads_to(&self, origin: &Origin) -> bool {
        *self.origin == *origin
    }

    pub(super) fn has_rested(&self, longer_than: Duration) -> bool {
        self.rests_since.is_some_and(|since| since.elapsed() >= longer_than)
    }
}
