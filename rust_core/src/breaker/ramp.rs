//! Slow start: after a recovery a share of the attempts passes that grows from nothing to all.
//!
//! At `e` into a ramp of length D, every attempt adds `e` to a credit, and one passes whenever the credit holds D: exactly
//! the share e/D, without chance. Who asks seldom is no burst and is not held back: one passes whenever none has for D/32.

use crate::units::Nanos;

const PACES: u64 = 32;

/// One ramp.
#[derive(Clone, Debug, Default)]
pub(super) struct Ramp {
    start: Nanos,
    length: Nanos,
    credit: u128,
    last_pass: Nanos,
}

impl Ramp {
    /// A ramp that begins at `start`, where a probe has just passed.
    pub(super) fn new(start: Nanos, length: Nanos) -> Self {
        Self { start, length, credit: 0, last_pass: start }
    }

    /// Changes its length; it keeps its start.
    pub(super) fn reconfigure(&mut self, length: Nanos) {
        self.length = length;
        self.credit = 0;
    }

    /// Whether it is over.
    pub(super) fn over(&self, at: Nanos) -> bool {
        at >= self.end()
    }

    /// Whether one may pass now.
    pub(super) fn admit(&mut self, at: Nanos) -> bool {
        let passes = self.admits(at);
        self.credit = self.credit_with(at);
        if passes {
            self.credit = self.credit.saturating_sub(u128::from(self.length));
            self.last_pass = at;
        }
        passes
    }

    /// Whether [`Self::admit`] would let one pass; changes nothing.
    pub(super) fn admits(&self, at: Nanos) -> bool {
        at >= self.certain() || self.credit_with(at) >= u128::from(self.length)
    }

    /// When one passes for certain, however few ask.
    pub(super) fn certain(&self) -> Nanos {
        let pace = (self.length / PACES).max(1);
        self.last_pass.saturating_add(pace).min(self.end())
    }

    fn end(&self) -> Nanos {
        self.start.saturating_add(self.length)
    }

    fn credit_with(&self, at: Nanos) -> u128 {
        self.credit + u128::from(at.saturating_sub(self.start))
    }
}
