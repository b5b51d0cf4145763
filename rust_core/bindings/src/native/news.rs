//! The news of the lanes, on its way to Python.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use native::ingress::Exchange;
use native::lane::{Begun, LaneHost};
use tokio::time::{Instant, sleep_until};

use super::io::{Begun as Io, Done};
use crate::convert::lock;

/// Nobody waits for the books: what ends together is told together.
const GATHERED: Duration = Duration::from_millis(5);
/// And under load not more often than this, so that Python, when it looks at them, gets in the way of few requests.
const SELDOM: Duration = Duration::from_millis(100);

/// Tells Python of what it is to look at.
pub(super) struct News {
    pub(super) io: Arc<Io>,
    /// Under which requests are told of.
    asked: u64,
    /// Under which it is told that there is something in the books, or room.
    pub(super) noted: u64,
    ringing: Arc<Mutex<Ringing>>,
}

/// When it is told that there is something in the books.
struct Ringing {
    /// It is going to be.
    is_set: bool,
    /// Before this it is not told again.
    not_before: Instant,
}

impl News {
    pub(super) fn new(io: &Arc<Io>, asked: u64) -> Arc<Self> {
        let ringing = Arc::new(Mutex::new(Ringing { is_set: false, not_before: Instant::now() }));
        Arc::new(Self { io: Arc::clone(io), asked, noted: io.ticket(), ringing })
    }
}

impl LaneHost for News {
    fn noted(&self) {
        let mut ringing = lock(&self.ringing);
        if mem::replace(&mut ringing.is_set, true) {
            return; // whoever looked at the books meanwhile looks once more for nothing
        }
        let at = ringing.not_before.max(Instant::now() + GATHERED);
        drop(ringing);
        let (io, noted, ringing) = (Arc::clone(&self.io), self.noted, Arc::clone(&self.ringing));
        self.io.runtime().spawn(async move {
            sleep_until(at).await;
            *lock(&ringing) = Ringing { is_set: false, not_before: Instant::now() + SELDOM };
            io.tell(noted, Done::Nothing);
        });
    }

    fn handed_over(&self, exchange: Exchange, begun: Begun) {
        self.io.tell(self.asked, Done::Begun(Box::new((exchange, begun))));
    }

    fn gone(&self, number: u64) {
        self.io.tell(number, Done::Nothing);
    }
}
