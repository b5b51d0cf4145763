//! What is left to do for an answer that has begun, done by the task of the connection that it goes to.
//!
//! In a task of its own each piece would cost a way there and one back. But a connection asks for no piece while its client takes
//! none, and what is left to do has deadlines, and may be stopped: so it is looked after in each turn of the task, asked for or not.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Context;

use super::awaited::{Work, go_on};

/// The rest of the work for one answer at a time.
#[derive(Default)]
pub(super) struct Rest {
    work: Mutex<Option<Work>>,
    /// It was not looked after in this turn. Whatever comes to it later in the turn makes for another.
    is_due: AtomicBool,
}

impl Rest {
    /// Takes over what this turn has begun.
    pub(super) fn take_over(&self, work: Work) {
        let before = self.work().replace(work);
        self.is_due.store(false, Ordering::Relaxed);
        go_on(before);
    }

    /// Leaves what is left to a task of its own.
    pub(super) fn let_go(&self) {
        let work = self.work().take();
        go_on(work);
    }

    /// A turn: `act`, which may ask for what the work does, and the work, if that has not.
    pub(super) fn turn<T>(&self, context: &mut Context<'_>, act: impl FnOnce(&mut Context<'_>) -> T) -> T {
        self.is_due.store(true, Ordering::Relaxed);
        let done = act(context);
        self.poll(context);
        done
    }

    /// Does what can be done now, once a turn. Returns whether anything is left.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> bool {
        if !self.is_due.swap(false, Ordering::Relaxed) {
            return self.work().is_some();
        }
        let Some(mut work) = self.work().take() else { return false };
        // Its panic is not the connection's, which tells its client that the answer was cut.
        let goes_on = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context).is_pending())).unwrap_or_default();
        if goes_on {
            *self.work() = Some(work);
        }
        goes_on
    }

    fn work(&self) -> MutexGuard<'_, Option<Work>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Rest").finish_non_exhaustive()
    }
}
