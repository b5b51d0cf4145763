//! Who has the fewest requests in flight for its weight.

use std::cmp::Ordering;

use super::rng::Rng;
use super::roster::{Roster, WrongNumber};
use super::{Scheduler, draw};
use crate::units::Nanos;

/// Up to so many are all compared; of more, two drawn at random are.
const FULL_SCAN: usize = 64;

/// The eligible candidate with the smallest (in flight + 1) / weight, any of several such: the one that would be the
/// least loaded with the request.
///
/// Where more than 64 may be picked, the better of any two of them: nearly as even, and as the loads known here are
/// only those of one sidecar, many sidecars do not all run to the same idle candidate (Mitzenmacher, "The Power of Two
/// Choices in Randomized Load Balancing", 2001).
#[derive(Clone, Debug)]
pub struct LeastConnections {
    roster: Roster,
    in_flight: Vec<u64>,
    rng: Rng,
}

impl LeastConnections {
    /// One candidate for each weight, in order.
    #[must_use]
    pub fn new(weights: &[u64], seed: u64) -> Self {
        Self { roster: Roster::new(weights), in_flight: vec![0; weights.len()], rng: Rng::new(seed) }
    }
}

impl Scheduler for LeastConnections {
    fn pick(&mut self, eligible: &[bool], _now: Nanos) -> Option<usize> {
        let Self { roster, in_flight, rng } = self;
        let load = |candidate| {
            let busy = in_flight.get(candidate).copied().unwrap_or_default();
            Load { requests: u128::from(busy) + 1, weight: u128::from(roster.weight(candidate)) }
        };
        let candidates = roster.pickable(eligible);
        if candidates.clone().nth(FULL_SCAN).is_none() {
            return draw::least(candidates, load, rng);
        }
        let (first, second) = draw::pair(&candidates, rng)?;
        Some(if load(second) < load(first) { second } else { first })
    }

    fn on_start(&mut self, candidate: usize, _now: Nanos) {
        if let Some(busy) = self.in_flight.get_mut(candidate) {
            *busy = busy.saturating_add(1);
        }
    }

    fn on_finish(&mut self, candidate: usize, _latency: Nanos, _ok: bool, _now: Nanos) {
        if let Some(busy) = self.in_flight.get_mut(candidate) {
            *busy = busy.saturating_sub(1);
        }
    }

    fn set_weights(&mut self, weights: &[u64], _now: Nanos) -> Result<(), WrongNumber> {
        self.roster.set(weights)
    }

    fn len(&self) -> usize {
        self.roster.len()
    }
}

/// A fraction, compared as one. At most 2^64 requests times a weight below 2^64 stay below 2^128.
#[derive(Clone, Copy, Debug)]
struct Load {
    requests: u128,
    weight: u128,
}

impl Ord for Load {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.requests * other.weight).cmp(&(other.requests * self.weight))
    }
}

impl PartialOrd for Load {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Load {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Load {}
