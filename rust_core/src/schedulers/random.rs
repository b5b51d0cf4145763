//! Anybody.

use super::rng::Rng;
use super::roster::{Roster, WrongNumber};
use super::{Scheduler, draw};
use crate::units::Nanos;

/// Any eligible candidate, each as likely as the others. Weights are ignored, but a weight of 0 is drained.
#[derive(Clone, Debug)]
pub struct Random {
    roster: Roster,
    rng: Rng,
}

impl Random {
    /// One candidate for each weight, in order.
    #[must_use]
    pub fn new(weights: &[u64], seed: u64) -> Self {
        Self { roster: Roster::new(weights), rng: Rng::new(seed) }
    }
}

impl Scheduler for Random {
    fn pick(&mut self, eligible: &[bool], _now: Nanos) -> Option<usize> {
        draw::any(self.roster.pickable(eligible), &mut self.rng)
    }

    fn set_weights(&mut self, weights: &[u64], _now: Nanos) -> Result<(), WrongNumber> {
        self.roster.set(weights)
    }

    fn len(&self) -> usize {
        self.roster.len()
    }
}
