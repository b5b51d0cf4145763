//! When the host is told that there is something in the books: soon, and under load seldom.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};

use super::taken::lock;

/// Nobody waits for the books: what ends together is told together.
const GATHERED: Duration = Duration::from_millis(5);
/// And under load not more often than this, so that the host, when it looks at them, gets in the way of few requests.
const SELDOM: Duration = Duration::from_millis(100);

/// Rings for many at once. At any time it is going to ring once at most.
#[derive(Debug, Default)]
pub struct Bell(Arc<Mutex<Ringing>>);

#[derive(Debug, Default)]
struct Ringing {
    is_set: bool,
    /// Before this it does not ring again.
    not_before: Option<Instant>,
}

impl Bell {
    /// Rings before long, unless that is going to happen anyway. Whoever looked at the books meanwhile looks once more for nothing.
    pub fn set(&self, runtime: &Handle, ring: impl FnOnce() + Send + 'static) {
        let mut ringing = lock(&self.0);
        if mem::replace(&mut ringing.is_set, true) {
            return;
        }
        let soon = Instant::now() + GATHERED;
        let at = ringing.not_before.map_or(soon, |not_before| not_before.max(soon));
        drop(ringing);
        let ringing = Arc::clone(&self.0);
        runtime.spawn(async move {
            sleep_until(at).await;
            *lock(&ringing) = Ringing { is_set: false, not_before: Some(Instant::now() + SELDOM) };
            ring();
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::sleep;

    use super::*;

    /// A bell, and how to set it; it counts how often it has rung.
    fn bell() -> (Arc<AtomicUsize>, impl Fn()) {
        let (bell, rung) = (Bell::default(), Arc::<AtomicUsize>::default());
        let counted = Arc::clone(&rung);
        let set = move || {
            let rung = Arc::clone(&counted);
            bell.set(&Handle::current(), move || {
                rung.fetch_add(1, Ordering::Relaxed);
            });
        };
        (rung, set)
    }

    #[tokio::test(start_paused = true)]
    async fn it_rings_soon_and_once_for_whatever_came_by_then() {
        let (rung, set) = bell();
        (0..10).for_each(|_| set());
        sleep(GATHERED + Duration::from_millis(2)).await;
        assert_eq!(rung.load(Ordering::Relaxed), 1);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(rung.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn however_often_it_is_set_it_rings_seldom_and_is_quiet_soon_after_the_last_time() {
        let (rung, set) = bell();
        for _ in 0..1_000 {
            set();
            sleep(Duration::from_millis(1)).await;
        }
        let during = rung.load(Ordering::Relaxed);
        assert!((8..=11).contains(&during), "{during}");
        sleep(SELDOM + GATHERED).await;
        let after = rung.load(Ordering::Relaxed);
        assert!(after <= during + 1, "{after}");
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(rung.load(Ordering::Relaxed), after);
    }
}
