//! A latency that follows bad news at once and good news slowly.

use crate::units::Nanos;

/// What is left of a difference halves in this time, unless news renews it.
pub(super) const HALF_LIFE: Nanos = 10_000_000_000;

/// A peak-sensitive moving average in whole nanoseconds, after Finagle's `PeakEwma`: a sample above the estimate becomes
/// the estimate, a sample below draws it down by the time since the last news. It fades by itself, too, so that one who
/// was slow is asked again some day.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PeakAverage {
    estimate: Nanos,
    /// When the estimate was as it is written here.
    since: Nanos,
}

impl PeakAverage {
    /// The estimate as it has faded by now; 0 if there never was one, or if it is long forgotten.
    pub(super) fn faded(&self, now: Nanos) -> Nanos {
        halved(self.estimate, now.saturating_sub(self.since))
    }

    /// The estimate as it was at the last news.
    pub(super) fn held(&self) -> Nanos {
        self.estimate
    }

    /// Fades no further than it has by now, until there is news.
    pub(super) fn hold(&mut self, now: Nanos) {
        self.estimate = self.faded(now);
        self.since = self.since.max(now);
    }

    /// Takes a sample in. One of nothing counts as a nanosecond: it is an estimate all the same.
    pub(super) fn observe(&mut self, sample: Nanos, now: Nanos) {
        let sample = sample.max(1);
        self.estimate = match self.estimate.checked_sub(sample) {
            // The difference to the sample is at most the estimate, so the sum is, too.
            Some(above) => sample + halved(above, now.saturating_sub(self.since)),
            None => sample,
        };
        self.since = self.since.max(now);
    }
}

/// What is left after a time: half at each half-life, and on straight lines between them.
fn halved(amount: Nanos, elapsed: Nanos) -> Nanos {
    let (halvings, rest) = (elapsed / HALF_LIFE, elapsed % HALF_LIFE);
    let line = u128::from(amount) * u128::from(2 * HALF_LIFE - rest) / u128::from(2 * HALF_LIFE);
    let left = u32::try_from(halvings).ok().and_then(|halvings| line.checked_shr(halvings)).unwrap_or_default();
    u64::try_from(left).unwrap_or(amount)
}

#[cfg(test)]
mod tests {
    use super::{HALF_LIFE, PeakAverage, halved};

    #[test]
    fn half_is_left_at_each_half_life_and_a_straight_line_leads_there() {
        assert_eq!(halved(800, 0), 800);
        assert_eq!(halved(800, HALF_LIFE / 2), 600);
        assert_eq!(halved(800, HALF_LIFE), 400);
        assert_eq!(halved(800, HALF_LIFE * 3), 100);
        assert_eq!(halved(u64::MAX, HALF_LIFE * 63), 1);
        assert_eq!([halved(u64::MAX, HALF_LIFE * 64), halved(u64::MAX, u64::MAX)], [0, 0]);
    }

    #[test]
    fn more_time_never_leaves_more() {
        let left: Vec<u64> = (0..400).map(|step| halved(1_000_003, step * HALF_LIFE / 16)).collect();
        assert!(left.windows(2).all(|pair| pair[0] >= pair[1]));
    }

    #[test]
    fn a_peak_is_believed_at_once_and_relief_by_and_by() {
        let mut average = PeakAverage::default();
        average.observe(100, 0);
        average.observe(900, 0);
        assert_eq!(average.held(), 900);
        average.observe(100, 0);
        assert_eq!(average.held(), 900); // no time has passed
        average.observe(100, HALF_LIFE);
        assert_eq!(average.held(), 500);
        assert_eq!(average.faded(HALF_LIFE * 2), 250);
    }

    #[test]
    fn a_clock_that_steps_back_fades_nothing() {
        let mut average = PeakAverage::default();
        average.observe(900, HALF_LIFE);
        average.observe(100, 0);
        average.hold(0);
        assert_eq!([average.held(), average.faded(0), average.faded(HALF_LIFE * 2)], [900, 900, 450]);
    }
}
