//! A client's socket as the HTTP implementation reads it: behind the gate, and held to deadlines.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use rust_core_pure::wire::http1::{Phase, RequestGate, Violation};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection_state::ConnectionState;
use super::stream::Stream;
use super::waiting::{Deadlines, Waiting};

/// What is read at once.
const PIECE: usize = 16 * 1024;

thread_local! {
    /// Where every connection of a thread reads to: between two reads nothing stays there.
    static PIECES: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE].into_boxed_slice());
}

/// What may come behind the request under way while its client is still watched: only reading shows that it leaves.
const MOST_AHEAD: usize = 64 * 1024;

/// Passes on what the gate lets through, one request at a time.
#[derive(Debug)]
pub(super) struct Gated {
    stream: Stream,
    gate: RequestGate,
    state: Arc<ConnectionState>,
    waiting: Waiting,
    /// What has come behind the request under way, and waits before the gate for its turn.
    ahead: Vec<u8>,
    /// What has passed the gate and was not read yet, from `read_to` on.
    passed: Vec<u8>,
    read_to: usize,
    ended: bool,
    /// The client has closed its side behind what it asks for: it has left, or it waits for no more than is ready.
    has_asked: bool,
}

impl Gated {
    pub(super) fn new(stream: Stream, gate: RequestGate, state: Arc<ConnectionState>, deadlines: Deadlines) -> Self {
        Self {
            stream,
            gate,
            state,
            waiting: Waiting::new(deadlines),
            ahead: Vec::new(),
            passed: Vec::new(),
            read_to: 0,
            ended: false,
            has_asked: false,
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
                self.has_asked = self.is_behind();
                self.ended = !self.has_asked;
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

    /// Waits for the deadline of what is waited for, and refuses what is late.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        ready!(self.waiting.poll_late(context, self.gate.phase(), &self.state));
        if self.gate.phase() == Phase::Head {
            let seconds = self.waiting.for_head().as_secs_f64();
            let message = format!("The head of the request did not come to its end within {seconds} s.");
            self.gate.give_up(408, &message, &mut self.passed);
            self.look_at_the_gate();
        } else {
            self.ended = true;
        }
        Poll::Ready(())
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
                let is_waited_for = this.has_asked || !this.ahead.is_empty();
                if is_waited_for && !this.state.wakes_when_idle(context.waker()) {
                    continue; // it has just ended
                }
                if this.has_asked {
                    this.state.leaves();
                    ready!(this.waiting.poll_parting(context));
                    this.ended = true;
                    continue;
                }
                if this.ahead.len() >= MOST_AHEAD {
                    return Poll::Pending;
                }
            } else {
                if !this.ahead.is_empty() {
                    this.catch_up();
                    if this.read_to < this.passed.len() {
                        continue;
                    }
                }
                if this.has_asked {
                    this.ended = true;
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
        this.waiting.written(context, &this.state, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, pieces);
        this.waiting.written(context, &this.state, written)
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
