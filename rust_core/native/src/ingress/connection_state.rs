//! What the parts of one connection tell each other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rust_core_pure::wire::http1::Violation;

/// Shared between a connection's socket, its requests and their answers.
#[derive(Debug, Default)]
pub(super) struct ConnectionState {
    /// Requests whose answers have not come to their end.
    in_flight: AtomicUsize,
    /// Bytes wait to be written, because the client takes none.
    stalled: AtomicBool,
    /// Closing it is to be a reset.
    reset: AtomicBool,
    violation: Mutex<Option<Violation>>,
}

impl ConnectionState {
    pub(super) fn begins(&self) {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn ends(&self) {
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
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
        *self.violation.lock().unwrap_or_else(PoisonError::into_inner) = Some(violation);
    }

    pub(super) fn violation(&self) -> Option<Violation> {
        self.violation.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
