//! Which of several candidates is next.

mod round_robin;

pub use round_robin::RoundRobin;

use crate::limiters::UnknownName;
use crate::units::Nanos;

/// Picks among a fixed set of candidates, known by their index.
pub trait Scheduler: Send {
    /// The next candidate, never one that is not eligible; `None` only where none is.
    /// `eligible` has one entry for each candidate; those missing are not eligible.
    fn pick(&mut self, eligible: &[bool], now: Nanos) -> Option<usize>;

    /// A request was sent to the candidate.
    fn on_start(&mut self, _candidate: usize) {}

    /// A request to the candidate ended, after `latency`, well or badly.
    fn on_finish(&mut self, _candidate: usize, _latency: Nanos, _ok: bool) {}

    /// How many candidates there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

type Build = fn(weights: &[u64], seed: Option<u64>) -> Box<dyn Scheduler>;

const SCHEDULERS: &[(&str, Build)] = &[("round_robin", |weights, _seed| Box::new(RoundRobin::new(weights)))];

/// The scheduler of this name over one candidate for each weight. `seed` fixes its chance, where it uses any.
///
/// # Errors
/// Where there is none of this name; the error lists those there are.
pub fn build(name: &str, weights: &[u64], seed: Option<u64>) -> Result<Box<dyn Scheduler>, UnknownName> {
    crate::limiters::by_name("scheduler", SCHEDULERS, name).map(|build| build(weights, seed))
}
