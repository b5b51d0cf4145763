//! A histogram with the buckets of a convention, as Prometheus wants it.

/// The upper bounds of a histogram's buckets, the lowest first.
pub type Bounds = &'static [u64];

/// No convention has more bounds.
const MOST: usize = 16;

// OpenTelemetry's conventions for generative AI say which bounds there are; durations are counted in nanoseconds.

/// How long operations take: from 10 ms, each twice the one before.
#[rustfmt::skip]
pub(super) const DURATION: Bounds = &[
    ms(10), ms(20), ms(40), ms(80), ms(160), ms(320), ms(640),
    ms(1_280), ms(2_560), ms(5_120), ms(10_240), ms(20_480), ms(40_960), ms(81_920),
];

/// How long the first token takes.
#[rustfmt::skip]
pub(super) const FIRST_TOKEN: Bounds = &[
    ms(1), ms(5), ms(10), ms(20), ms(40), ms(60), ms(80), ms(100),
    ms(250), ms(500), ms(750), ms(1_000), ms(2_500), ms(5_000), ms(7_500), ms(10_000),
];

/// How long requests wait for room.
#[rustfmt::skip]
pub(super) const QUEUE: Bounds = &[
    ms(1), ms(10), ms(50), ms(100), ms(250), ms(500), ms(1_000), ms(2_000), ms(5_000), ms(10_000), ms(30_000),
];

/// Numbers of tokens: the powers of four.
pub(super) const TOKENS: Bounds =
    &[1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

const fn ms(milliseconds: u64) -> u64 {
    milliseconds * 1_000_000
}

/// Counts of whole numbers by bucket, and their sum.
#[derive(Clone, Debug)]
pub struct Buckets {
    bounds: Bounds,
    counts: [u64; MOST + 1],
    sum: u64,
}

impl Buckets {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, counts: [0; MOST + 1], sum: 0 }
    }

    pub(super) fn add(&mut self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
        self.sum = self.sum.saturating_add(value);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// The upper bounds.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// How many numbers lie in each bucket, up to its bound and beyond the one before; the last one has no bound.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        self.counts.get(..=self.bounds.len()).unwrap_or(&self.counts)
    }

    /// The sum of all.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum
    }
}
