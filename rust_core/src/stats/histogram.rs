//! A histogram of durations with quantiles of a known error, in 17 KB whatever it is fed.
//!
//! The buckets are log-linear: each power of two from 2¹⁰ ns to 2⁴² ns (1 µs to 73 min) is cut into 64 equal ones, and so
//! is what lies below. A bucket is told by its middle, which is at most 1/128 (0.8 %) away from anything in it; below 1 µs
//! the error is at most 8 ns. What lies above is told as the greatest value recorded.

use crate::units::Nanos;

/// A whole, in the parts that quantiles are given in.
pub const MILLION: u32 = 1_000_000;

/// 64 buckets to each power of two.
const CUT: u32 = 6;
/// The powers of two that are cut: from `2**FLOOR` up to `2**CEILING`.
const FLOOR: u32 = 10;
const CEILING: u32 = 42;
/// Those below the floor, those of each power of two, and one above.
const BUCKETS: usize = (1 << CUT) * (1 + (CEILING - FLOOR) as usize) + 1;

/// Counts durations. The smallest, the greatest, the sum and the count are exact.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Box<[u64]>,
    count: u64,
    sum: u128,
    min: Nanos,
    max: Nanos,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS].into_boxed_slice(), count: 0, sum: 0, min: Nanos::MAX, max: 0 }
    }
}

impl Histogram {
    /// Takes one duration in.
    pub fn record(&mut self, value: Nanos) {
        if let Some(bucket) = self.buckets.get_mut(place(value)) {
            *bucket = bucket.saturating_add(1);
        }
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(u128::from(value));
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Takes in all that another has.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *bucket = bucket.saturating_add(*more);
        }
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.saturating_add(other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The duration that so many parts of a million do not exceed: of n, the one of rank `ceil(n · parts / 1 000 000)`, at
    /// least the first and at most the last. `None` where there is none.
    #[must_use]
    pub fn quantile(&self, parts: u32) -> Option<Nanos> {
        let rank = (u128::from(self.count) * u128::from(parts.min(MILLION))).div_ceil(u128::from(MILLION)).max(1);
        let mut below = 0u128;
        let reached = |bucket: &u64| {
            below += u128::from(*bucket);
            below >= rank
        };
        let found = self.buckets.iter().position(reached)?;
        Some(middle(found).unwrap_or(self.max).clamp(self.min, self.max))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    #[must_use]
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// The smallest.
    #[must_use]
    pub fn min(&self) -> Option<Nanos> {
        (self.count > 0).then_some(self.min)
    }

    /// The greatest.
    #[must_use]
    pub fn max(&self) -> Option<Nanos> {
        (self.count > 0).then_some(self.max)
    }
}

/// The bucket of a value.
fn place(value: Nanos) -> usize {
    let power = value.checked_ilog2().unwrap_or(0).clamp(FLOOR - 1, CEILING);
    if power == CEILING {
        return BUCKETS - 1;
    }
    // Below the floor the buckets are as wide as those just above it would be if they went on down to 0.
    let octave = (power + 1 - FLOOR) as usize;
    let width = if octave == 0 { FLOOR - CUT } else { power - CUT };
    let within = usize::try_from(value >> width).unwrap_or(usize::MAX) & ((1 << CUT) - 1);
    (octave << CUT) + within
}

/// The middle of a bucket; that above all has none.
fn middle(place: usize) -> Option<Nanos> {
    if place == BUCKETS - 1 {
        return None;
    }
    let (octave, within) = (place >> CUT, (place & ((1 << CUT) - 1)) as u64);
    let octave = u32::try_from(octave).ok()?;
    let (begin, width) = match octave {
        0 => (0, FLOOR - CUT),
        _ => (1u64 << (octave + FLOOR - 1), octave + FLOOR - 1 - CUT),
    };
    Some(begin + (within << width) + (1u64 << width) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_within_its_buckets_error() {
        let edges = (0..64).flat_map(|power| [(1u64 << power) - 1, 1 << power, (1 << power) + 1, (3 << power) / 2]);
        for value in edges.chain(0..5_000).filter(|value| *value < 1 << CEILING) {
            let told = middle(place(value)).unwrap();
            let error = told.abs_diff(value);
            assert!(error <= if value < 1 << FLOOR { 8 } else { value / 128 + 1 }, "{value} is told as {told}");
        }
    }

    #[test]
    fn the_buckets_follow_each_other_without_a_gap() {
        assert_eq!(place(0), 0);
        assert_eq!(place((1 << CEILING) - 1), BUCKETS - 2);
        assert_eq!(place(1 << CEILING), BUCKETS - 1);
        assert_eq!(place(u64::MAX), BUCKETS - 1);
        for here in 0..BUCKETS - 2 {
            assert_eq!(place(middle(here).unwrap()), here);
            assert!(middle(here) < middle(here + 1));
        }
    }
}
