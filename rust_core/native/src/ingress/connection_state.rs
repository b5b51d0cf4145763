//! What the parts of one connection tell each other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use rust_core_pure::wire::http1::Violation;
use tokio::time::Instant;

/// Shared between a connection's socket, its requests and their answers.
#[derive(Debug)]
pub(super) struct ConnectionState {
    /// Requests whose answers have not come to their end.
    in_flight: AtomicUsize,
    /// Bytes wait to be written, because the client takes none.
    stalled: AtomicBool,
    /// Closing it is to be a reset.
    reset: AtomicBool,
    violation: Mutex<Option<Violation>>,
    pause: Mutex<Pause>,
}

/// The pause between two requests.
#[derive(Debug)]
struct Pause {
    since: Instant,
    /// Who goes on with what came meanwhile.
    waker: Option<Waker>,
}

impl ConnectionState {
    pub(super) fn new() -> Self {
        Self {
            in_flight: AtomicUsize::new(0),
            stalled: AtomicBool::new(false),
            reset: AtomicBool::new(false),
            violation: Mutex::new(None),
            pause: Mutex::new(Pause { since: Instant::now(), waker: None }),
        }
    }

    pub(super) fn begins(&self) {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn ends(&self) {
        let mut pause = lock(&self.pause);
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        pause.since = Instant::now();
        let waker = pause.waker.take();
        drop(pause);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// When the last answer came to its end.
    pub(super) fn pauses_since(&self) -> Instant {
        lock(&self.pause).since
    }

    /// Lets the reader be woken when the request under way has ended. Returns whether there is one.
    pub(super) fn wakes_when_idle(&self, waker: &Waker) -> bool {
        let mut pause = lock(&self.pause);
        let busy = self.is_busy();
        if busy {
            pause.waker = Some(waker.clone());
        }
        busy
    }

    pub(super) fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) > 0
    }

    pub(super) fn set_stalled(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::Release);
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Acquire)
    }

    pub(super) fn set_reset(&self) {
        self.reset.store(true, Ordering::Release);
    }

    pub(super) fn is_reset(&self) -> bool {
        self.reset.load(Ordering::Acquire)
    }

    pub(super) fn refuse(&self, violation: Violation) {
        *lock(&self.violation) = Some(violation);
    }

    pub(super) fn violation(&self) -> Option<Violation> {
        lock(&self.violation).clone()
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
