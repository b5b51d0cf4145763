//! What the parts of one connection tell each other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use rust_core_pure::wire::http1::Violation;
use tokio::time::Instant;

use super::presence::Leaving;
use super::rest::Rest;
use crate::alarm::Alarm;

/// Shared between a connection's socket, its requests and their answers.
#[derive(Debug)]
pub(super) struct ConnectionState {
    /// Requests whose answers have not come to their end.
    in_flight: AtomicUsize,
    /// Requests of which something is still to be said.
    voices: AtomicUsize,
    /// Bytes wait to be written, because the client takes none.
    stalled: AtomicBool,
    /// Closing it is to be a reset.
    reset: AtomicBool,
    violation: Mutex<Option<Violation>>,
    /// Of the request that began last.
    leaving: Mutex<Option<Leaving>>,
    ends: Mutex<Ends>,
    /// Of the answer under way.
    pub(super) rest: Rest,
    /// Wakes the connection's task.
    pub(super) alarm: Arc<Alarm>,
}

/// What came to its end last, and who waits for the next end.
#[derive(Debug)]
struct Ends {
    /// When the last answer did; none before the first.
    answer: Option<Instant>,
    /// When the last of what was to be said did.
    voice: Instant,
    waker: Option<Waker>,
}

impl ConnectionState {
    pub(super) fn new() -> Self {
        Self {
            in_flight: AtomicUsize::new(0),
            voices: AtomicUsize::new(0),
            stalled: AtomicBool::new(false),
            reset: AtomicBool::new(false),
            violation: Mutex::new(None),
            leaving: Mutex::new(None),
            ends: Mutex::new(Ends { answer: None, voice: Instant::now(), waker: None }),
            rest: Rest::default(),
            alarm: Arc::default(),
        }
    }

    /// A turn of the connection's task, in which `serve` moves what can be moved.
    pub(super) fn turn<T>(&self, context: &Context<'_>, serve: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        self.alarm.poll(context, |context| self.rest.turn(context, serve))
    }

    pub(super) fn begins(&self, leaving: Leaving) {
        *lock(&self.leaving) = Some(leaving);
        self.in_flight.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn ends(&self) {
        self.note(|ends| {
            self.in_flight.fetch_sub(1, Ordering::AcqRel);
            ends.answer = Some(Instant::now());
        });
    }

    /// Tells that the client of the request that began last leaves, unless it was served.
    pub(super) fn leaves(&self) {
        let leaving = lock(&self.leaving).take();
        if let Some(leaving) = leaving {
            leaving.tell();
        }
    }

    /// Notes an end, and wakes who waits for it.
    fn note(&self, end: impl FnOnce(&mut Ends)) {
        let mut ends = lock(&self.ends);
        end(&mut ends);
        let waker = ends.waker.take();
        drop(ends);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// When the last answer came to its end, if there was one.
    pub(super) fn pauses_since(&self) -> Option<Instant> {
        lock(&self.ends).answer
    }

    /// Lets the connection be woken when the request under way has ended. Returns whether there is one.
    pub(super) fn wakes_when_idle(&self, waker: &Waker) -> bool {
        self.wakes_unless(waker, || self.is_busy())
    }

    /// Lets the connection be woken when nothing is to be said any more. Returns whether anything is.
    pub(super) fn wakes_when_silent(&self, waker: &Waker) -> bool {
        self.wakes_unless(waker, || self.voices.load(Ordering::Acquire) > 0)
    }

    fn wakes_unless(&self, waker: &Waker, goes_on: impl FnOnce() -> bool) -> bool {
        let mut ends = lock(&self.ends);
        let goes_on = goes_on();
        if goes_on {
            ends.waker = Some(waker.clone());
        }
        goes_on
    }

    /// Since when nothing is to be said any more.
    pub(super) fn silent_since(&self) -> Option<Instant> {
        let ends = lock(&self.ends);
        (self.voices.load(Ordering::Acquire) == 0).then_some(ends.voice)
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

/// Held as long as something may still be said in answer to a request.
#[derive(Debug)]
pub(super) struct Voice(Arc<ConnectionState>);

impl Voice {
    pub(super) fn new(connection: &Arc<ConnectionState>) -> Self {
        connection.voices.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(connection))
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.0.note(|ends| {
            self.0.voices.fetch_sub(1, Ordering::AcqRel);
            ends.voice = Instant::now();
        });
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
