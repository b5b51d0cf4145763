//! A client's socket as the HTTP implementation reads it: behind the gate, and held to deadlines.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use rust_core_pure::wire::http1::{Phase, RequestGate, Violation};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connection_state::ConnectionState;
use super::stream::Stream;

/// What is read at once.
const PIECE: usize = 16 * 1024;

thread_local! {
    /// Where every connection of a thread reads to: between two reads nothing stays there.
    static PIECES: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE].into_boxed_slice());
}

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// From the connection itself, or from the first byte of a further request, to the end of a request's head.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// To take the last bytes before its connection is closed, and to notice that its body is not wanted.
    pub close: Duration,
}

/// What may come behind the request under way while its client is still watched: only reading shows that it leaves.
const MOST_AHEAD: usize = 64 * 1024;

/// Passes on what the gate lets through, one request at a time.
#[derive(Debug)]
pub(super) struct Gated {
    stream: Stream,
    gate: RequestGate,
    state: Arc<ConnectionState>,
    deadlines: Deadlines,
    /// What has come behind the request under way, and waits before the gate for its turn.
    ahead: Vec<u8>,
    /// What has passed the gate and was not read yet, from `read_to` on.
    passed: Vec<u8>,
    read_to: usize,
    ended: bool,
    waits: Waits,
    timer: Pin<Box<Sleep>>,
    stalled_since: Option<Instant>,
}

/// What is waited for, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// The first byte of the first request.
    First(Instant),
    /// The first byte of a further request.
    Next(Instant),
    /// The rest of a head.
    Head(Instant),
    /// Nothing that could be late here.
    Nothing,
}

impl Gated {
    pub(super) fn new(stream: Stream, gate: RequestGate, state: Arc<ConnectionState>, deadlines: Deadlines) -> Self {
        let now = Instant::now();
        Self {
            stream,
            gate,
            state,
            deadlines,
            ahead: Vec::new(),
            passed: Vec::new(),
            read_to: 0,
            ended: false,
            waits: Waits::First(now),
            timer: Box::pin(sleep_until(now + deadlines.head)),
            stalled_since: None,
        }
    }

    /// Waits for the first request, or for the preface of HTTP/2. Returns whether it is the latter.
    pub(super) async fn speaks_http2(&mut self) -> bool {
        poll_fn(|context| {
            loop {
                if self.gate.phase() == Phase::Http2 || !self.passed.is_empty() || self.ended {
                    return Poll::Ready(self.gate.phase() == Phase::Http2);
                }
                match self.read_on(context, None) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(_)) => self.ended = true,
                    Poll::Pending => ready!(self.poll_late(context)),
                }
            }
        })
        .await
    }

    /// A request is under way, and has come to its end: what comes now is for later.
    fn is_behind(&self) -> bool {
        self.state.is_busy() && self.gate.phase() == Phase::BetweenRequests
    }

    /// Reads once, and lets what may pass; bytes of a body whose end is not near go straight to the reader.
    fn read_on(&mut self, context: &mut Context<'_>, reader: Option<&mut ReadBufCursor<'_>>) -> Poll<io::Result<()>> {
        PIECES.with_borrow_mut(|piece| {
            let mut read = ReadBuf::new(piece);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut read))?;
            let bytes = read.filled();
            let straight = self.gate.open_for() >= bytes.len() as u64;
            if bytes.is_empty() {
                self.ended = true;
            } else if self.is_behind() {
                self.ahead.extend_from_slice(bytes);
            } else if let Some(buffer) = reader.filter(|buffer| straight && buffer.remaining() >= bytes.len()) {
                buffer.put_slice(bytes);
                self.gate.passed(bytes.len() as u64);
            } else {
                let taken = self.gate.feed_request(bytes, &mut self.passed);
                self.ahead.extend_from_slice(bytes.get(taken..).unwrap_or_default());
                self.look_at_the_gate();
            }
            Poll::Ready(Ok(()))
        })
    }

    /// Lets pass what had to wait for its turn.
    fn catch_up(&mut self) {
        let taken = self.gate.feed_request(&self.ahead, &mut self.passed);
        self.ahead.drain(..taken);
        if self.ahead.is_empty() {
            self.ahead = Vec::new();
        }
        self.look_at_the_gate();
    }

    fn look_at_the_gate(&mut self) {
        if let Some(violation) = self.gate.violation() {
            self.state.refuse(violation.clone());
        }
        if self.gate.phase() == Phase::Refused {
            self.ahead = Vec::new();
        }
        if let Some(why) = self.gate.broken() {
            self.ended = true;
            let message = format!("This cannot be read as HTTP/1.1: {why}.");
            self.state.refuse(Violation { status: 400, message, target: None, bodiless: false });
        }
    }

    /// Hands out what has passed. Returns whether there was anything.
    fn hand_out(&mut self, buffer: &mut ReadBufCursor<'_>) -> bool {
        let left = self.passed.get(self.read_to..).unwrap_or_default();
        let piece = left.get(..buffer.remaining()).unwrap_or(left);
        buffer.put_slice(piece);
        self.read_to += piece.len();
        let any = !piece.is_empty();
        if self.read_to == self.passed.len() {
            self.read_to = 0;
            self.passed.clear();
            if self.passed.capacity() > PIECE {
                self.passed = Vec::new();
            }
        }
        any
    }

    /// When what is waited for is late, if it can be.
    fn due(&mut self) -> Option<Instant> {
        let now = Instant::now;
        self.waits = match (self.gate.phase(), self.waits) {
            _ if self.state.is_busy() => Waits::Nothing,
            (Phase::Head, waits @ Waits::Head(_)) => waits,
            (Phase::Head, Waits::First(since)) => Waits::Head(since),
            (Phase::Head, _) => Waits::Head(now()),
            (Phase::BetweenRequests, waits @ (Waits::First(_) | Waits::Next(_))) => waits,
            (Phase::BetweenRequests, _) => Waits::Next(self.state.pauses_since()),
            (Phase::Body | Phase::Refused | Phase::Http2, _) => Waits::Nothing,
        };
        match self.waits {
            Waits::First(since) | Waits::Head(since) => Some(since + self.deadlines.head),
            Waits::Next(since) => Some(since + self.deadlines.idle),
            Waits::Nothing => None,
        }
    }

    /// Waits for the deadline of what is waited for, and refuses what is late.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // The timer is set back, and set anew when it has rung; it is not put off for each request, which would cost more. It rings
        // while a request is under way, too: nobody reads again when that has ended, and the pause behind it is bounded all the same.
        loop {
            let due = self.due();
            let rings = due.unwrap_or_else(|| Instant::now() + self.deadlines.idle);
            if self.timer.deadline() > rings {
                self.timer.as_mut().reset(rings);
            }
            ready!(self.timer.as_mut().poll(context));
            if due.is_some_and(|due| due <= Instant::now()) {
                break;
            }
            self.timer.as_mut().reset(rings);
        }
        if self.gate.phase() == Phase::Head {
            let seconds = self.deadlines.head.as_secs_f64();
            let message = format!("The head of the request did not come to its end within {seconds} s.");
            self.gate.give_up(408, &message, &mut self.passed);
            self.look_at_the_gate();
        } else {
            self.ended = true;
        }
        Poll::Ready(())
    }

    /// Notes whether the client takes what is written.
    fn written(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let stalled = written.is_pending();
        self.state.set_stalled(stalled);
        if !stalled {
            self.stalled_since = None;
            return written;
        }
        if self.state.is_busy() {
            return Poll::Pending; // whoever writes the answer has a deadline of its own
        }
        // All is said: who does not take it within the time to close holds the connection no longer.
        let due = *self.stalled_since.get_or_insert_with(Instant::now) + self.deadlines.close;
        self.timer.as_mut().reset(due);
        ready!(self.timer.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Drop for Gated {
    fn drop(&mut self) {
        if self.state.is_reset() {
            self.stream.reset_on_close();
        }
    }
}

impl Read for Gated {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let room = buffer.remaining();
        loop {
            if this.hand_out(&mut buffer) || this.ended || buffer.remaining() < room {
                return Poll::Ready(Ok(()));
            }
            if this.is_behind() {
                if !this.ahead.is_empty() && !this.state.wakes_when_idle(context.waker()) {
                    continue; // it has just ended
                }
                if this.ahead.len() >= MOST_AHEAD {
                    return Poll::Pending;
                }
            } else if !this.ahead.is_empty() {
                this.catch_up();
                if this.read_to < this.passed.len() {
                    continue;
                }
            }
            if let Poll::Ready(read) = this.read_on(context, Some(&mut buffer)) {
                read?;
            } else {
                ready!(this.poll_late(context));
            }
        }
    }
}

impl Write for Gated {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.written(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, pieces);
        this.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
