//! Which of several candidates is next.
//!
//! | name | who is next |
//! |---|---|
//! | `round_robin` | everybody in turn |
//! | `random` | anybody |
//! | `weighted`, `weighted_round_robin` | everybody as often as its weight says, evenly spread |
//! | `weighted_random` | anybody, with chances as the weights say |
//! | `least_recently_used` | who has waited longest for a request |
//! | `least_used` | who was sent the fewest requests |
//! | `least_connections` | who has the fewest requests in flight for its weight |
//! | `response_time` | the faster of two drawn at random, by a peak-sensitive average |
//!
//! Under every name a weight of 0 is drained: not picked, and no candidate for anything until its weight is raised.

mod draw;
mod least_connections;
mod least_recently_used;
mod least_used;
mod peak_average;
mod random;
mod response_time;
mod rng;
mod roster;
mod round_robin;
mod weighted;
mod weighted_random;

pub use least_connections::LeastConnections;
pub use least_recently_used::LeastRecentlyUsed;
pub use least_used::LeastUsed;
pub use random::Random;
pub use response_time::ResponseTime;
pub use roster::WrongNumber;
pub use round_robin::RoundRobin;
pub use weighted::Weighted;
pub use weighted_random::WeightedRandom;

use crate::limiters::UnknownName;
use crate::units::Nanos;

/// Picks among a fixed set of candidates, known by their index. A new strategy is a type with this trait and a line in
/// the table below; Python plugs its own in at the bindings, by the same methods.
pub trait Scheduler: Send {
    /// The next candidate, never one that is not eligible; `None` only where none is, the drained left out.
    /// `eligible` has one entry for each candidate; those missing are not eligible.
    fn pick(&mut self, eligible: &[bool], now: Nanos) -> Option<usize>;

    /// A request was sent to the candidate. One that there is not is ignored.
    fn on_start(&mut self, _candidate: usize, _now: Nanos) {}

    /// A request to the candidate ended, after `latency`, well or badly. One that there is not is ignored.
    fn on_finish(&mut self, _candidate: usize, _latency: Nanos, _ok: bool, _now: Nanos) {}

    /// Follows changed weights, keeping what it knows of the candidates.
    ///
    /// # Errors
    /// Where there is not one weight for each candidate; nothing changes then.
    fn set_weights(&mut self, weights: &[u64], now: Nanos) -> Result<(), WrongNumber>;

    /// How many candidates there are, the drained included.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

type Build = fn(weights: &[u64], seed: u64) -> Box<dyn Scheduler>;

const SCHEDULERS: &[(&str, Build)] = &[
    ("round_robin", |weights, _seed| Box::new(RoundRobin::new(weights))),
    ("random", |weights, seed| Box::new(Random::new(weights, seed))),
    ("weighted", |weights, seed| Box::new(Weighted::new(weights, seed))),
    ("weighted_round_robin", |weights, seed| Box::new(Weighted::new(weights, seed))),
    ("weighted_random", |weights, seed| Box::new(WeightedRandom::new(weights, seed))),
    ("least_recently_used", |weights, seed| Box::new(LeastRecentlyUsed::new(weights, seed))),
    ("least_used", |weights, seed| Box::new(LeastUsed::new(weights, seed))),
    ("least_connections", |weights, seed| Box::new(LeastConnections::new(weights, seed))),
    ("response_time", |weights, seed| Box::new(ResponseTime::new(weights, seed))),
];

/// The scheduler of this name over one candidate for each weight. `seed` decides its chance, where it uses any: the
/// core has no source of it.
///
/// # Errors
/// Where there is none of this name; the error lists those there are.
pub fn build(name: &str, weights: &[u64], seed: u64) -> Result<Box<dyn Scheduler>, UnknownName> {
    crate::limiters::by_name("scheduler", SCHEDULERS, name).map(|build| build(weights, seed))
}

/// The names that `build` knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCHEDULERS.iter().map(|(name, _)| *name)
}
