//! Everybody in turn.

use super::Scheduler;
use super::roster::{Roster, WrongNumber};
use crate::units::Nanos;

/// A ring: the first eligible candidate is picked and goes to the back, and whoever was passed over keeps its place.
///
/// On a fixed set the picks differ by at most one, and a candidate that comes and goes does not shift the turns of the
/// others, as `index % available` does. Weights are ignored, but a weight of 0 is drained: never picked.
#[derive(Clone, Debug)]
pub struct RoundRobin {
    ring: Vec<usize>,
    roster: Roster,
}

impl RoundRobin {
    /// One candidate for each weight, in order.
    #[must_use]
    pub fn new(weights: &[u64]) -> Self {
        Self { ring: (0..weights.len()).collect(), roster: Roster::new(weights) }
    }
}

impl Scheduler for RoundRobin {
    fn pick(&mut self, eligible: &[bool], _now: Nanos) -> Option<usize> {
        let at = self.ring.iter().position(|&candidate| self.roster.may_pick(candidate, eligible))?;
        let tail = self.ring.get_mut(at..)?;
        let picked = tail.first().copied();
        tail.rotate_left(1);
        picked
    }

    fn set_weights(&mut self, weights: &[u64], _now: Nanos) -> Result<(), WrongNumber> {
        self.roster.set(weights)
    }

    fn len(&self) -> usize {
        self.roster.len()
    }
}
