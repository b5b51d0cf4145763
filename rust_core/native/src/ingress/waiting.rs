//! What is waited for of a client, and until when.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rust_core_pure::wire::http1::Phase;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::connection_state::ConnectionState;

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

/// The deadlines of one connection.
#[derive(Debug)]
pub(super) struct Waiting {
    deadlines: Deadlines,
    opened: Instant,
    /// Since when the rest of a head is waited for.
    head_since: Option<Instant>,
    /// When the client last took something.
    taken: Instant,
    timer: Pin<Box<Sleep>>,
    /// Rings when a client that takes nothing has had its time; there while all is said and it takes nothing.
    stall: Option<Pin<Box<Sleep>>>,
    /// Rings when a client that has closed its side has had its time.
    parting: Option<Pin<Box<Sleep>>>,
}

impl Waiting {
    pub(super) fn new(deadlines: Deadlines) -> Self {
        let now = Instant::now();
        let timer = Box::pin(sleep_until(now + deadlines.head));
        Self { deadlines, opened: now, head_since: None, taken: now, timer, stall: None, parting: None }
    }

    /// How long a head may take.
    pub(super) fn for_head(&self) -> Duration {
        self.deadlines.head
    }

    /// When what is waited for is late, if it can be.
    fn due(&mut self, phase: Phase, state: &ConnectionState) -> Option<Instant> {
        let pauses_since = state.pauses_since();
        if state.is_busy() || phase != Phase::Head {
            self.head_since = None;
        }
        match phase {
            // What a client of HTTP/2 has opened no window for is written nowhere, so that no write tells of it.
            Phase::Http2 if state.is_busy() => {
                state.silent_since().map(|since| since.max(self.taken) + self.deadlines.close)
            }
            _ if state.is_busy() => None, // whoever writes the answer has a deadline of its own
            Phase::Head => {
                let begun = if pauses_since.is_none() { self.opened } else { Instant::now() };
                Some(*self.head_since.get_or_insert(begun) + self.deadlines.head)
            }
            // Before the first request of HTTP/2 its head is waited for; those behind it are too long within the pause, if anything.
            Phase::BetweenRequests | Phase::Http2 => {
                Some(pauses_since.map_or(self.opened + self.deadlines.head, |since| since + self.deadlines.idle))
            }
            Phase::Body | Phase::Refused => None,
        }
    }

    /// Waits for the deadline of what is waited for.
    pub(super) fn poll_late(&mut self, context: &mut Context<'_>, phase: Phase, state: &ConnectionState) -> Poll<()> {
        if phase == Phase::Http2 {
            state.wakes_when_silent(context.waker());
        }
        // The timer is set back, and set anew when it has rung; it is not put off for each request, which would cost more. It rings
        // while a request is under way, too: nobody reads again when that has ended, and the pause behind it is bounded all the same.
        loop {
            let due = self.due(phase, state);
            let rings = due.unwrap_or_else(|| Instant::now() + self.deadlines.idle);
            if self.timer.deadline() > rings {
                self.timer.as_mut().reset(rings);
            }
            ready!(self.timer.as_mut().poll(context));
            if due.is_some_and(|due| due <= Instant::now()) {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(rings);
        }
    }

    /// Waits as long as the last bytes may take to go out to a client that has closed its side. It is told of meanwhile.
    pub(super) fn poll_parting(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let close = self.deadlines.close;
        self.parting.get_or_insert_with(|| Box::pin(sleep(close))).as_mut().poll(context)
    }

    /// Notes whether the client takes what is written. Who does not take the last of it in time holds its connection no longer.
    pub(super) fn written(
        &mut self,
        context: &mut Context<'_>,
        state: &ConnectionState,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        state.set_stalled(written.is_pending());
        if written.is_ready() {
            self.stall = None;
            self.taken = Instant::now();
            return written;
        }
        if state.wakes_when_silent(context.waker()) {
            self.stall = None;
            return Poll::Pending; // whoever writes the answer has a deadline of its own
        }
        let close = self.deadlines.close;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(close)));
        ready!(stall.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}
