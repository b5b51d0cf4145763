//! Who was sent the fewest requests.

use super::rng::Rng;
use super::roster::{Roster, WrongNumber};
use super::{Scheduler, draw};
use crate::units::Nanos;

/// The eligible candidate with the fewest requests started, any of several such. Weights are ignored, but a weight of 0
/// is drained.
///
/// A drained candidate that is raised again counts from then on as if it had served as many as the least used of the
/// others: it takes its share, not a flood until it has caught up.
#[derive(Clone, Debug)]
pub struct LeastUsed {
    roster: Roster,
    served: Vec<u64>,
    rng: Rng,
}

impl LeastUsed {
    /// One candidate for each weight, in order.
    #[must_use]
    pub fn new(weights: &[u64], seed: u64) -> Self {
        Self { roster: Roster::new(weights), served: vec![0; weights.len()], rng: Rng::new(seed) }
    }
}

impl Scheduler for LeastUsed {
    fn pick(&mut self, eligible: &[bool], _now: Nanos) -> Option<usize> {
        let served = |candidate| self.served.get(candidate).copied();
        draw::least(self.roster.pickable(eligible), served, &mut self.rng)
    }

    fn on_start(&mut self, candidate: usize, _now: Nanos) {
        if let Some(served) = self.served.get_mut(candidate) {
            *served = served.saturating_add(1);
        }
    }

    fn set_weights(&mut self, weights: &[u64], _now: Nanos) -> Result<(), WrongNumber> {
        let before = self.roster.clone();
        self.roster.set(weights)?;
        let stayed = self.served.iter().enumerate().filter(|(candidate, _)| before.weight(*candidate) > 0);
        let fewest = stayed.map(|(_, served)| *served).min().unwrap_or_default();
        for (candidate, served) in self.served.iter_mut().enumerate() {
            if before.weight(candidate) == 0 && self.roster.weight(candidate) > 0 {
                *served = fewest.max(*served);
            }
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.roster.len()
    }
}
