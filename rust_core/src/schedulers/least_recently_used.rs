//! Who has waited longest for a request.

use super::rng::Rng;
use super::roster::{Roster, WrongNumber};
use super::{Scheduler, draw};
use crate::units::Nanos;

/// The eligible candidate whose last request started longest ago; those never used come first, in any order.
///
/// Starts are numbered as they come, so two of one instant have an order, and a clock that steps back changes none.
/// Weights are ignored, but a weight of 0 is drained.
#[derive(Clone, Debug)]
pub struct LeastRecentlyUsed {
    roster: Roster,
    /// For each candidate the number of the last start; 0 before the first.
    last: Vec<u64>,
    starts: u64,
    rng: Rng,
}

impl LeastRecentlyUsed {
    /// One candidate for each weight, in order.
    #[must_use]
    pub fn new(weights: &[u64], seed: u64) -> Self {
        Self { roster: Roster::new(weights), last: vec![0; weights.len()], starts: 0, rng: Rng::new(seed) }
    }
}

impl Scheduler for LeastRecentlyUsed {
    fn pick(&mut self, eligible: &[bool], _now: Nanos) -> Option<usize> {
        let last = |candidate| self.last.get(candidate).copied();
        draw::least(self.roster.pickable(eligible), last, &mut self.rng)
    }

    fn on_start(&mut self, candidate: usize, _now: Nanos) {
        if let Some(last) = self.last.get_mut(candidate) {
            self.starts = self.starts.saturating_add(1);
            *last = self.starts;
        }
    }

    fn set_weights(&mut self, weights: &[u64], _now: Nanos) -> Result<(), WrongNumber> {
        self.roster.set(weights)
    }

    fn len(&self) -> usize {
        self.roster.len()
    }
}
