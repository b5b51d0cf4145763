//! The news of the lanes, on its way to Python.

use std::sync::Arc;

use native::ingress::Exchange;
use native::lane::{Begun, Bell, LaneHost};

use super::io::{Begun as Io, Done};

/// Tells Python of what it is to look at.
pub(super) struct News {
    pub(super) io: Arc<Io>,
    /// Under which requests are told of.
    asked: u64,
    /// Under which it is told that there is something in the books, or room.
    pub(super) noted: u64,
    bell: Bell,
}

impl News {
    pub(super) fn new(io: &Arc<Io>, asked: u64) -> Arc<Self> {
        Arc::new(Self { io: Arc::clone(io), asked, noted: io.ticket(), bell: Bell::default() })
    }
}

impl LaneHost for News {
    fn noted(&self) {
        let (io, noted) = (Arc::clone(&self.io), self.noted);
        self.bell.set(self.io.runtime(), move || io.tell(noted, Done::Nothing));
    }

    fn handed_over(&self, exchange: Exchange, begun: Begun) {
        self.io.tell(self.asked, Done::Begun(Box::new((exchange, begun))));
    }

    fn gone(&self, number: u64) {
        self.io.tell(number, Done::Nothing);
    }
}
