//! The faster of two.

use super::peak_average::PeakAverage;
use super::rng::Rng;
use super::roster::{Roster, WrongNumber};
use super::{Scheduler, draw};
use crate::units::Nanos;

/// A failure counts as a latency of at least this.
const FAILURE_FLOOR: Nanos = 10_000_000_000;

/// Of two eligible candidates drawn at random the one with the lower latency × (in flight + 1), by a peak-sensitive
/// average that fades while nothing is in flight. Weights are ignored, but a weight of 0 is drained.
///
/// - Two at random: whoever seems the fastest is not flooded by all at once, and the slowest of more than two is left
///   alone.
/// - A failure, however fast it came, counts as twice what the slowest success of late would be at the busiest
///   candidate, so a broken one does not draw requests by refusing them quickly. It is asked again once that has faded.
/// - One that is not known yet is asked one thing, and counts as slow as a failure until the answer is there.
/// - Silence from a busy candidate is no good news: its average holds until an answer comes.
#[derive(Clone, Debug)]
pub struct ResponseTime {
    roster: Roster,
    seen: Vec<Seen>,
    /// The latencies of all successes together.
    slowest: PeakAverage,
    rng: Rng,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    in_flight: u64,
    latency: PeakAverage,
}

impl ResponseTime {
    /// One candidate for each weight, in order.
    #[must_use]
    pub fn new(weights: &[u64], seed: u64) -> Self {
        Self {
            roster: Roster::new(weights),
            seen: vec![Seen::default(); weights.len()],
            slowest: PeakAverage::default(),
            rng: Rng::new(seed),
        }
    }

    /// What a failure counts as: only successes and loads make it, or failures would drive it ever higher.
    fn penalty(&self, now: Nanos) -> Nanos {
        let busiest = self.seen.iter().map(|seen| seen.in_flight).max().unwrap_or_default();
        let longest = self.slowest.faded(now).saturating_mul(busiest.saturating_add(1));
        longest.saturating_mul(2).max(FAILURE_FLOOR)
    }

    /// How long a further request would take, those in flight in front of it.
    fn cost(&self, candidate: usize, now: Nanos) -> u128 {
        let Seen { in_flight, latency } = self.seen.get(candidate).copied().unwrap_or_default();
        let latency = match (in_flight, latency.held()) {
            (0, _) => latency.faded(now),
            (_, 0) => self.penalty(now),
            (_, held) => held,
        };
        // Two factors of at most 2^64 - 1 and 2^64.
        u128::from(latency) * (u128::from(in_flight) + 1)
    }
}

impl Scheduler for ResponseTime {
    fn pick(&mut self, eligible: &[bool], now: Nanos) -> Option<usize> {
        let (first, second) = draw::pair(&self.roster.pickable(eligible), &mut self.rng)?;
        Some(if self.cost(second, now) < self.cost(first, now) { second } else { first })
    }

    fn on_start(&mut self, candidate: usize, now: Nanos) {
        if let Some(seen) = self.seen.get_mut(candidate) {
            if seen.in_flight == 0 {
                seen.latency.hold(now);
            }
            seen.in_flight = seen.in_flight.saturating_add(1);
        }
    }

    fn on_finish(&mut self, candidate: usize, latency: Nanos, ok: bool, now: Nanos) {
        let sample = if ok { latency } else { latency.max(self.penalty(now)) };
        if let Some(seen) = self.seen.get_mut(candidate) {
            seen.in_flight = seen.in_flight.saturating_sub(1);
            seen.latency.observe(sample, now);
            if ok {
                self.slowest.observe(latency, now);
            }
        }
    }

    fn set_weights(&mut self, weights: &[u64], _now: Nanos) -> Result<(), WrongNumber> {
        self.roster.set(weights)
    }

    fn len(&self) -> usize {
        self.roster.len()
    }
}
