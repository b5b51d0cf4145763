//! How much may pass in which window, and by which algorithm: numbers that are always valid.

use std::fmt;

use super::names::{UnknownName, by_name};
use crate::units::Nanos;

/// How a rate limit is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Steady refill, bursts up to a capacity.
    TokenBucket,
    /// No window of time ever holds more than the limit.
    SlidingWindow,
}

const ALGORITHMS: &[(&str, Algorithm)] =
    &[("token_bucket", Algorithm::TokenBucket), ("sliding_window", Algorithm::SlidingWindow)];

impl Algorithm {
    /// The algorithm of this name.
    ///
    /// # Errors
    /// Where there is none; the error lists those there are.
    pub fn by_name(name: &str) -> Result<Self, UnknownName> {
        by_name("algorithm", ALGORITHMS, name)
    }

    /// Its name in a configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TokenBucket => "token_bucket",
            Self::SlidingWindow => "sliding_window",
        }
    }
}

/// What one algorithm asks and the other does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The most a token bucket holds.
    pub capacity: Option<u64>,
    /// The sub-buckets of a sliding window.
    pub buckets: Option<u64>,
    /// Whether no window may ever admit more than the limit; a sliding window never does.
    pub strict: bool,
}

/// So much in each window, by one algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quota {
    /// By a token bucket.
    TokenBucket(BucketQuota),
    /// By a sliding window.
    SlidingWindow(WindowQuota),
}

impl Quota {
    /// A token bucket holds one window's worth if no capacity is given, or half of one where it is strict.
    ///
    /// # Errors
    /// Where the numbers make no quota, or an option belongs to the other algorithm.
    pub fn new(algorithm: Algorithm, limit: u64, window: Nanos, options: Options) -> Result<Self, QuotaError> {
        let misplaced = |option| Err(QuotaError::Misplaced { option, algorithm: algorithm.name() });
        match algorithm {
            Algorithm::TokenBucket if options.buckets.is_some() => misplaced("buckets"),
            Algorithm::SlidingWindow if options.capacity.is_some() => misplaced("capacity"),
            Algorithm::TokenBucket if options.strict => {
                let capacity = options.capacity.unwrap_or((limit / 2).max(1));
                BucketQuota::strict(capacity, limit, window).map(Self::TokenBucket)
            }
            Algorithm::TokenBucket => {
                BucketQuota::new(options.capacity.unwrap_or(limit), limit, window).map(Self::TokenBucket)
            }
            Algorithm::SlidingWindow => {
                let buckets = options.buckets.unwrap_or(WindowQuota::BUCKETS);
                WindowQuota::new(limit, window, buckets).map(Self::SlidingWindow)
            }
        }
    }

    /// Which algorithm enforces it.
    #[must_use]
    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::TokenBucket(_) => Algorithm::TokenBucket,
            Self::SlidingWindow(_) => Algorithm::SlidingWindow,
        }
    }

    /// How much in each window.
    #[must_use]
    pub fn limit(self) -> u64 {
        match self {
            Self::TokenBucket(quota) => quota.limit,
            Self::SlidingWindow(quota) => quota.limit,
        }
    }

    /// The window's length.
    #[must_use]
    pub fn window(self) -> Nanos {
        match self {
            Self::TokenBucket(quota) => quota.window,
            Self::SlidingWindow(quota) => quota.window,
        }
    }

    /// The most that may ever pass at once.
    #[must_use]
    pub fn capacity(self) -> u64 {
        match self {
            Self::TokenBucket(quota) => quota.capacity,
            Self::SlidingWindow(quota) => quota.limit,
        }
    }

    /// The sub-buckets of a sliding window.
    #[must_use]
    pub fn buckets(self) -> Option<u64> {
        match self {
            Self::TokenBucket(_) => None,
            Self::SlidingWindow(quota) => Some(quota.buckets),
        }
    }

    /// Whether no window ever admits more than the limit.
    #[must_use]
    pub fn is_strict(self) -> bool {
        match self {
            Self::TokenBucket(quota) => quota.refill < quota.limit,
            Self::SlidingWindow(_) => true,
        }
    }
}

/// `limit` tokens each window, at most `capacity` at once; small enough to count exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BucketQuota {
    capacity: u64,
    limit: u64,
    window: Nanos,
    /// What flows in over a window: the limit, or what a strict capacity leaves of it.
    refill: u64,
}

impl BucketQuota {
    /// Refills the whole limit each window, so that a window may see the limit and a burst on top.
    ///
    /// # Errors
    /// Where a number is 0, or capacity and window are too large to be counted exactly.
    pub fn new(capacity: u64, limit: u64, window: Nanos) -> Result<Self, QuotaError> {
        // The limit first: a capacity that was not given is made of it.
        positive(&[("limit", limit), ("capacity", capacity), ("window_ns", window)])?;
        let full = u128::from(capacity) * u128::from(window);
        i128::try_from(full).map_err(|_| QuotaError::TooLarge)?;
        Ok(Self { capacity, limit, window, refill: limit })
    }

    /// Refills only what the capacity leaves of the limit: a burst and a window's refill together are the limit.
    ///
    /// # Errors
    /// As [`Self::new`], and where the capacity leaves nothing to refill.
    pub fn strict(capacity: u64, limit: u64, window: Nanos) -> Result<Self, QuotaError> {
        let quota = Self::new(capacity, limit, window)?;
        let refill = limit.checked_sub(capacity).filter(|refill| *refill > 0);
        refill.map(|refill| Self { refill, ..quota }).ok_or(QuotaError::NothingToRefill { capacity, limit })
    }

    /// What flows in over a window.
    pub(super) fn refill(self) -> u64 {
        self.refill
    }

    pub(super) fn window(self) -> Nanos {
        self.window
    }

    /// What a full bucket is worth in token·nanoseconds.
    pub(super) fn full(self) -> i128 {
        // `new` has seen to it that this fits.
        i128::try_from(self.worth(self.capacity)).unwrap_or(i128::MAX)
    }

    /// What so many tokens are worth in token·nanoseconds.
    pub(super) fn worth(self, tokens: u64) -> u128 {
        u128::from(tokens) * u128::from(self.window)
    }
}

/// `limit` in any window, counted in `buckets` equal parts of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowQuota {
    limit: u64,
    window: Nanos,
    buckets: u64,
}

impl WindowQuota {
    /// Sub-buckets where none are asked for: what is taken is held back at most a sixtieth of the window too long.
    pub const BUCKETS: u64 = 60;
    /// More would cost memory, up to 16 bytes each, and gain nothing.
    pub const MOST_BUCKETS: u64 = 10_000;

    /// # Errors
    /// Where a number is 0, or there are too many buckets.
    pub fn new(limit: u64, window: Nanos, buckets: u64) -> Result<Self, QuotaError> {
        positive(&[("limit", limit), ("window_ns", window), ("buckets", buckets)])?;
        if buckets > Self::MOST_BUCKETS {
            return Err(QuotaError::TooManyBuckets(buckets));
        }
        Ok(Self { limit, window, buckets })
    }

    pub(super) fn limit(self) -> u64 {
        self.limit
    }

    pub(super) fn window(self) -> Nanos {
        self.window
    }

    /// The last nanosecond of the sub-bucket that `at` lies in. The sub-buckets divide all time from 0 on exactly: the
    /// n-th begins at the fraction `n·window/buckets`, whether or not that is whole.
    pub(super) fn end_of_bucket(self, at: Nanos) -> Nanos {
        let next = self.bucket(at) + 1;
        let begin = (next * u128::from(self.window)).div_ceil(u128::from(self.buckets));
        Nanos::try_from(begin - 1).unwrap_or(Nanos::MAX)
    }

    /// The first nanosecond of the sub-bucket that `at` lies in.
    pub(super) fn begin_of_bucket(self, at: Nanos) -> Nanos {
        let begin = (self.bucket(at) * u128::from(self.window)).div_ceil(u128::from(self.buckets));
        Nanos::try_from(begin).unwrap_or(Nanos::MAX)
    }

    fn bucket(self, at: Nanos) -> u128 {
        u128::from(at) * u128::from(self.buckets) / u128::from(self.window)
    }
}

/// Why some numbers make no quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaError {
    /// This number must be at least 1.
    Zero(&'static str),
    /// Capacity times window exceeds 127 bits.
    TooLarge,
    /// A sliding window of so many sub-buckets.
    TooManyBuckets(u64),
    /// A strict bucket whose capacity is all of its limit.
    NothingToRefill {
        /// The capacity asked for.
        capacity: u64,
        /// The limit that leaves nothing beside it.
        limit: u64,
    },
    /// An option that the algorithm does not have.
    Misplaced {
        /// The option.
        option: &'static str,
        /// The algorithm.
        algorithm: &'static str,
    },
}

impl fmt::Display for QuotaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero(name) => write!(f, "{name} must be at least 1, not 0"),
            Self::TooLarge => {
                f.write_str("capacity times window_ns must stay below 2**127: choose a smaller capacity or window")
            }
            Self::TooManyBuckets(buckets) => {
                write!(f, "buckets must be at most {}, not {buckets}", WindowQuota::MOST_BUCKETS)
            }
            Self::NothingToRefill { limit: limit @ 0..=1, .. } => {
                write!(
                    f,
                    "a strict token bucket must refill something besides its burst, which a limit of {limit} cannot: use algorithm=\"sliding_window\""
                )
            }
            Self::NothingToRefill { capacity, limit } => write!(
                f,
                "strict must leave something of the limit to refill: write a capacity below {limit}, not {capacity}, such as {}",
                limit / 2
            ),
            Self::Misplaced { option, algorithm } => {
                write!(f, "{option} must be left out where the algorithm is {algorithm:?}, which has none")
            }
        }
    }
}

impl std::error::Error for QuotaError {}

fn positive(numbers: &[(&'static str, u64)]) -> Result<(), QuotaError> {
    numbers.iter().find(|(_, value)| *value == 0).map_or(Ok(()), |(name, _)| Err(QuotaError::Zero(name)))
}
