//! Waiting more exactly than an event loop's timer, which knows whole milliseconds only.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

type Waiting = BTreeMap<(Instant, u64), oneshot::Sender<()>>;

/// A thread that wakes whoever waits, to some 0.1 ms.
#[derive(Clone)]
pub(crate) struct Clock {
    shared: Arc<(Mutex<Waiting>, Condvar)>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let clock = Self {
            shared: Arc::default(),
        };
        let ticking = clock.clone();
        thread::spawn(move || ticking.tick());
        clock
    }

    /// Waits until then.
    pub(crate) async fn at(&self, when: Instant) {
        let (sender, receiver) = oneshot::channel();
        let (waiting, changed) = &*self.shared;
        {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            // Of two that wait for the same moment, each has its own number.
            let number = waiting
                .range((when, 0)..=(when, u64::MAX))
                .map(|((_, number), _)| number + 1)
                .max();
            waiting.insert((when, number.unwrap_or(0)), sender);
        }
        changed.notify_one();
        // The sender lives as long as the thread, which never ends.
        let _ = receiver.await;
    }

    fn tick(&self) {
        let (waiting, changed) = &*self.shared;
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            let next = waiting.first_key_value().map(|((when, _), _)| *when);
            waiting = match next {
                Some(when) if when <= now => {
                    if let Some((_, sender)) = waiting.pop_first() {
                        let _ = sender.send(());
                    }
                    waiting
                }
                Some(when) => {
                    changed
                        .wait_timeout(waiting, when - now)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => changed
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
