//! The news of the lanes, on its way to Python.

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
    /// Before this the books are not told of again.
    not_before: Mutex<Instant>,
}

impl News {
    pub(super) fn new(io: &Arc<Io>, asked: u64) -> Arc<Self> {
        Arc::new(Self { io: Arc::clone(io), asked, noted: io.ticket(), not_before: Mutex::new(Instant::now()) })
    }
}

impl LaneHost for News {
    fn noted(&self) {
        let (io, noted) = (Arc::clone(&self.io), self.noted);
        let mut not_before = lock(&self.not_before);
        let at = (*not_before).max(Instant::now() + GATHERED);
        *not_before = at + SELDOM;
        drop(not_before);
        self.io.runtime().spawn(async move {
            sleep_until(at).await;
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
