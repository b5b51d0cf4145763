//! How many may be in flight at once.

/// A counter of permits with an optional bound.
#[derive(Clone, Debug, Default)]
pub struct Permits {
    limit: Option<u64>,
    in_flight: u64,
}

impl Permits {
    /// Permits up to `limit`, or without a bound.
    #[must_use]
    pub fn new(limit: Option<u64>) -> Self {
        Self { limit, in_flight: 0 }
    }

    /// Whether one more may be taken.
    #[must_use]
    pub fn available(&self) -> bool {
        self.limit.is_none_or(|limit| self.in_flight < limit)
    }

    /// Takes one. The caller has asked [`Self::available`] in the same critical section.
    pub fn take(&mut self) {
        self.in_flight = self.in_flight.saturating_add(1);
    }

    /// Gives one back.
    pub fn give_back(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Changes the bound; whatever is in flight stays, and nothing more is admitted until below it.
    pub fn set_limit(&mut self, limit: Option<u64>) {
        self.limit = limit;
    }

    /// The bound.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// How many are taken.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.in_flight
    }
}
