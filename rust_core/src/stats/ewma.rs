//! A moving average in whole numbers.

/// An exponentially weighted moving average: a sample weighs `1 / 2**SHIFT`, and the first ones as much as each other, so that
/// none of them stays for long.
///
/// It is held scaled by `2**SHIFT`, and so differs from the exact average by less than 2, and never sticks short of a value
/// that lasts. `SHIFT` is at most 16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ewma<const SHIFT: u32> {
    scaled: u128,
    samples: u64,
}

impl<const SHIFT: u32> Ewma<SHIFT> {
    /// Takes one sample in.
    pub fn record(&mut self, sample: u64) {
        let sample = u128::from(sample);
        self.samples = self.samples.saturating_add(1);
        self.scaled = if self.samples < 1 << SHIFT {
            let count = u128::from(self.samples);
            (self.scaled * (count - 1) + (sample << SHIFT)) / count
        } else {
            self.scaled - (self.scaled >> SHIFT) + sample
        };
    }

    /// The average, once there is a sample.
    #[must_use]
    pub fn value(&self) -> Option<u64> {
        let value = u64::try_from(self.scaled >> SHIFT).unwrap_or(u64::MAX);
        (self.samples > 0).then_some(value)
    }

    /// How many samples it has taken in.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }
}
