//! Waiting for one thing after another with one timer, and why it comes to nothing.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::transport::Failure;

/// What is as good as for ever.
const AGES: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// What went wrong.
#[derive(Debug)]
pub(super) struct Fault {
    /// The classifier's word for it.
    pub(super) signal: &'static str,
    pub(super) detail: String,
    /// The error that came under a good status, if one did.
    pub(super) body: Option<Bytes>,
}

impl Fault {
    pub(super) fn new(signal: &'static str, detail: impl Into<String>) -> Self {
        Self { signal, detail: detail.into(), body: None }
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new("malformed", detail)
    }

    pub(super) fn truncated(detail: impl Into<String>) -> Self {
        Self::new("truncated", detail)
    }

    pub(super) fn deadline() -> Self {
        Self::new("deadline", "the request's time is over")
    }
}

/// Why no more of an answer is waited for.
#[derive(Debug)]
pub(super) enum Stop {
    /// The time that there was for all of it is over, whatever has come of it.
    Over,
    /// It went wrong; an answer that is whole by then can do without what was to follow.
    Broke(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Broke(fault)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Broke(Fault::new(failure.signal.name(), failure.detail))
    }
}

/// What did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// What was waited for.
    This,
    /// Everything.
    All,
}

/// Waits for one thing after another, each until a moment of its own, and all of them until one that they share.
#[derive(Debug)]
pub(super) struct Waiting {
    over_at: Instant,
    /// Made at the first wait, and then set anew only when it has come or would come too late: that it now and then comes
    /// too soon costs less than setting it for each thing.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Waiting {
    /// Until this moment at most.
    pub(super) fn until(over_at: Instant) -> Self {
        Self { over_at, timer: None }
    }

    /// Until another moment at most.
    pub(super) fn go_on_until(&mut self, over_at: Instant) {
        self.over_at = over_at;
    }

    /// Waits until `poll` is ready, or the moment that `due` makes of the one in which the wait begins. What is ready at once
    /// is never late.
    pub(super) async fn wait<T>(
        &mut self,
        due: impl Fn(Instant) -> Instant,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Result<T, Late> {
        let mut due_at = None;
        poll_fn(|cx| {
            if let Poll::Ready(done) = poll(cx) {
                return Poll::Ready(Ok(done));
            }
            let now = Instant::now();
            self.poll_late(cx, now, *due_at.get_or_insert_with(|| due(now))).map(Err)
        })
        .await
    }

    /// Waits as long as may be; whether it came.
    pub(super) async fn wait_for(&mut self, something: impl Future<Output = ()>) -> Result<(), Stop> {
        let mut something = std::pin::pin!(something);
        let at_last = self.over_at;
        self.wait(|_| at_last, |cx| something.as_mut().poll(cx)).await.map_err(|_| Stop::Over)
    }

    fn poll_late(&mut self, cx: &mut Context<'_>, mut now: Instant, due_at: Instant) -> Poll<Late> {
        let earliest = due_at.min(self.over_at);
        loop {
            // The clock is asked before the timer, which keeps quiet while its task has used up its turn.
            if now >= self.over_at {
                return Poll::Ready(Late::All);
            }
            if now >= due_at {
                return Poll::Ready(Late::This);
            }
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(earliest)));
            if timer.deadline() > earliest {
                timer.as_mut().reset(earliest);
            }
            ready!(timer.as_mut().poll(cx));
            timer.as_mut().reset(earliest);
            now = Instant::now();
        }
    }
}

/// A moment so much later.
pub(super) fn later(now: Instant, span: Duration) -> Instant {
    now.checked_add(span).unwrap_or_else(|| now + AGES)
}
