//! What a run has seen.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Values of one sort that are handed on at most; more are thinned out, in order, so that their quantiles stay.
const AT_MOST: usize = 10_000;

/// What a run has seen so far.
#[derive(Debug)]
pub(crate) struct Tally {
    begun: Instant,
    ended: Instant,
    pub(crate) answered: u64,
    pub(crate) chunks: u64,
    pub(crate) latencies: Vec<Duration>,
    pub(crate) first_bytes: Vec<Duration>,
    pub(crate) chunk_delays: Vec<Duration>,
    failures: BTreeMap<String, u64>,
}

/// A tally that the tasks of a run share.
pub(crate) type Shared = Rc<RefCell<Tally>>;

/// A tally as JSON; times in microseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    answered: u64,
    failed: u64,
    failures: BTreeMap<String, u64>,
    seconds: f64,
    chunks: u64,
    latencies_us: Vec<f64>,
    first_bytes_us: Vec<f64>,
    chunk_delays_us: Vec<f64>,
}

impl Tally {
    /// A run that begins now.
    pub(crate) fn shared() -> Shared {
        let now = Instant::now();
        Rc::new(RefCell::new(Self {
            begun: now,
            ended: now,
            answered: 0,
            chunks: 0,
            latencies: Vec::new(),
            first_bytes: Vec::new(),
            chunk_delays: Vec::new(),
            failures: BTreeMap::new(),
        }))
    }

    /// Counts an answer to what was, or was to be, asked then.
    pub(crate) fn answer(&mut self, asked: Instant) {
        self.ended = Instant::now();
        self.answered += 1;
        self.latencies.push(self.ended - asked);
    }

    /// Counts a request that was not answered as it should.
    pub(crate) fn failure(&mut self, why: &str) {
        self.ended = Instant::now();
        *self.failures.entry(why.to_owned()).or_default() += 1;
    }

    /// What the run has seen.
    pub(crate) fn report(&mut self) -> Report {
        Report {
            answered: self.answered,
            failed: self.failures.values().sum(),
            failures: self.failures.clone(),
            seconds: (self.ended - self.begun).as_secs_f64(),
            chunks: self.chunks,
            latencies_us: thinned(&mut self.latencies),
            first_bytes_us: thinned(&mut self.first_bytes),
            chunk_delays_us: thinned(&mut self.chunk_delays),
        }
    }
}

/// In order, and every n-th of them where they are many.
fn thinned(times: &mut [Duration]) -> Vec<f64> {
    times.sort_unstable();
    let step = times.len().div_ceil(AT_MOST).max(1);
    let microseconds = |time: &Duration| (time.as_secs_f64() * 1e7).round() / 10.0;
    times
        .iter()
        .skip(step / 2)
        .step_by(step)
        .map(microseconds)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_out_keeps_the_quantiles() {
        let mut times: Vec<_> = (0..100_000).rev().map(Duration::from_micros).collect();
        let kept = thinned(&mut times);
        assert_eq!(kept.len(), AT_MOST);
        assert!(
            (kept[AT_MOST / 2] - 50_000.0).abs() < 10.0
                && (kept[AT_MOST * 99 / 100] - 99_000.0).abs() < 10.0
        );
    }
}
