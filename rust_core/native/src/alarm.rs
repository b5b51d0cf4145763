//! Wakes a task, but not for what the task does itself.
//!
//! Where two ends of a channel are polled by one task, taking from it wakes whoever fills it: the very task that takes. It would be
//! polled once more for nothing, and another thread be woken to do so.

use std::cell::Cell;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

thread_local! {
    /// The alarm that is not to ring on this thread, and whether it was to.
    static KEPT_QUIET: Cell<(*const Alarm, bool)> = const { Cell::new((ptr::null(), false)) };
}

/// Stands for the waker of the task that polls through it.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    task: Mutex<Option<Waker>>,
}

impl Alarm {
    /// Polls something that may wake the task of `context` later, through this.
    pub(crate) fn poll<T>(
        self: &Arc<Self>,
        context: &Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let mut task = self.task();
        if !task.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
            *task = Some(context.waker().clone());
        }
        drop(task);
        poll(&mut Context::from_waker(&Waker::from(Arc::clone(self))))
    }

    /// Wakes nobody until something is polled through it again.
    pub(crate) fn forget(&self) {
        let task = self.task().take();
        drop(task); // with the lock given back
    }

    /// Does something for which the task need not be woken, as its thread does it. Returns whether it would have been.
    pub(crate) fn quietly<T>(&self, act: impl FnOnce() -> T) -> (T, bool) {
        let _before = Before(KEPT_QUIET.replace((self, false)));
        let done = act();
        (done, KEPT_QUIET.get().1)
    }

    /// Wakes the task.
    pub(crate) fn ring(&self) {
        let (quiet, _) = KEPT_QUIET.get();
        if ptr::eq(quiet, self) {
            KEPT_QUIET.set((quiet, true));
            return;
        }
        let task = self.task().clone();
        if let Some(task) = task {
            task.wake();
        }
    }

    fn task(&self) -> MutexGuard<'_, Option<Waker>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was to be quiet before, and is again when this is dropped.
struct Before((*const Alarm, bool));

impl Drop for Before {
    fn drop(&mut self) {
        KEPT_QUIET.set(self.0);
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// An alarm through which a task has polled, the waker that it polled with, and the task.
    fn set() -> (Arc<Alarm>, Waker, Arc<Woken>) {
        let (alarm, task) = (Arc::<Alarm>::default(), Arc::<Woken>::default());
        let mut waker = None;
        let polled = alarm.poll(&Context::from_waker(&Waker::from(Arc::clone(&task))), |context| {
            waker = Some(context.waker().clone());
            Poll::<()>::Pending
        });
        assert!(polled.is_pending());
        (alarm, waker.unwrap(), task)
    }

    #[test]
    fn who_is_polled_through_it_wakes_the_task_that_polled_last() {
        let (alarm, waker, first) = set();
        waker.wake_by_ref();
        let second = Arc::<Woken>::default();
        let _ = alarm.poll(&Context::from_waker(&Waker::from(Arc::clone(&second))), |_| Poll::Ready(()));
        waker.wake();
        assert_eq!([&first, &second].map(|woken| woken.0.load(Ordering::Relaxed)), [1, 1]);
    }

    #[test]
    fn what_the_task_does_quietly_does_not_wake_it() {
        let (alarm, waker, task) = set();
        assert_eq!(alarm.quietly(|| 1), (1, false));
        assert_eq!(alarm.quietly(|| waker.wake_by_ref()), ((), true));
        assert_eq!(task.0.load(Ordering::Relaxed), 0);
        waker.wake();
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_task_that_is_forgotten_is_not_woken() {
        let (alarm, waker, task) = set();
        alarm.forget();
        waker.wake();
        assert_eq!(task.0.load(Ordering::Relaxed), 0);
        assert_eq!(Arc::strong_count(&task), 1);
    }

    #[test]
    fn others_wake_it_all_the_same() {
        let (alarm, waker, task) = set();
        let (_, other, another_task) = set();
        let ((), was_to_ring) = alarm.quietly(|| {
            other.wake();
            thread::scope(|scope| scope.spawn(|| waker.wake_by_ref()).join().unwrap());
        });
        assert!(!was_to_ring);
        assert_eq!([&task, &another_task].map(|woken| woken.0.load(Ordering::Relaxed)), [1, 1]);
    }
}
