//! The books of the lanes: what is told of the requests there, until Python comes for it.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use native::ingress::Exchange;
use native::lane::{Begun, LaneHost, Served};
use tokio::time::sleep;

use super::io::{Begun as Io, Done};
use crate::convert::lock;

/// Nobody waits for the books: they are noted together, so that Python is not entered for each request.
const GATHERED: Duration = Duration::from_millis(5);

/// Who keeps them is not to fall behind by more than this: what they hold is memory, and what they tell is late.
const MOST_UNNOTED: usize = 65_536;

/// Keeps the books of the lanes until the host comes for them.
pub(super) struct Books {
    pub(super) io: Arc<Io>,
    /// Under which requests are told of.
    asked: u64,
    /// Under which it is told that requests have ended.
    pub(super) ended: u64,
    served: Mutex<Vec<Served>>,
}

impl Books {
    pub(super) fn new(io: &Arc<Io>, asked: u64) -> Arc<Self> {
        Arc::new(Self { io: Arc::clone(io), asked, ended: io.ticket(), served: Mutex::default() })
    }

    /// What was served first, so many requests at most.
    pub(super) fn take(&self, most: usize) -> Vec<Served> {
        let mut served = lock(&self.served);
        let rest = if served.len() > most { served.split_off(most) } else { Vec::new() };
        mem::replace(&mut *served, rest)
    }
}

impl LaneHost for Books {
    fn served(&self, served: Served) {
        let mut all = lock(&self.served);
        all.push(served);
        let is_first = all.len() == 1;
        drop(all);
        if is_first {
            let (io, ended) = (Arc::clone(&self.io), self.ended);
            self.io.runtime().spawn(async move {
                sleep(GATHERED).await;
                io.tell(ended, Done::Nothing);
            });
        }
    }

    fn handed_over(&self, exchange: Exchange, begun: Begun) {
        self.io.tell(self.asked, Done::Begun(Box::new((exchange, begun))));
    }

    fn gone(&self, number: u64) {
        self.io.tell(number, Done::Nothing);
    }

    fn is_behind(&self) -> bool {
        lock(&self.served).len() > MOST_UNNOTED
    }
}
