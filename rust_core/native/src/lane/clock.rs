//! The host's clock: monotonic nanoseconds, as everything that is shared with it counts them.

use std::time::Instant;

use rust_core_pure::units::Nanos;

/// Goes on from what the host read from its own.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Nanos,
    at: Instant,
}

impl Clock {
    /// A clock that shows this now.
    #[must_use]
    pub fn showing(now: Nanos) -> Self {
        Self { began: now, at: Instant::now() }
    }

    /// What it showed at a moment since.
    #[must_use]
    pub fn at(&self, moment: Instant) -> Nanos {
        let passed = u64::try_from(moment.saturating_duration_since(self.at).as_nanos()).unwrap_or(u64::MAX);
        self.began.saturating_add(passed)
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Nanos {
        let passed = u64::try_from(self.at.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.began.saturating_add(passed)
    }
}
