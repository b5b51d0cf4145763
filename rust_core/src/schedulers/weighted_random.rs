//! Anybody, with chances as the weights say.

use super::Scheduler;
use super::rng::Rng;
use super::roster::{Roster, WrongNumber};
use crate::units::Nanos;

/// Any eligible candidate, each with a chance of exactly its weight over the weights of all that are eligible.
#[derive(Clone, Debug)]
pub struct WeightedRandom {
    roster: Roster,
    rng: Rng,
}

impl WeightedRandom {
    /// One candidate for each weight, in order.
    #[must_use]
    pub fn new(weights: &[u64], seed: u64) -> Self {
        Self { roster: Roster::new(weights), rng: Rng::new(seed) }
    }
}

impl Scheduler for WeightedRandom {
    fn pick(&mut self, eligible: &[bool], _now: Nanos) -> Option<usize> {
        let Self { roster, rng } = self;
        // As many of the largest weights as fit into memory add up to less than 2^128.
        let weight = |candidate| u128::from(roster.weight(candidate));
        let mut drawn = rng.below(roster.pickable(eligible).map(weight).sum());
        // The weights end to end: the candidate on whose weight the drawn number falls.
        roster.pickable(eligible).find(|&candidate| match drawn.checked_sub(weight(candidate)) {
            Some(beyond) => {
                drawn = beyond;
                false
            }
            None => true,
        })
    }

    fn set_weights(&mut self, weights: &[u64], _now: Nanos) -> Result<(), WrongNumber> {
        self.roster.set(weights)
    }

    fn len(&self) -> usize {
        self.roster.len()
    }
}
