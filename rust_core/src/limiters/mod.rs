//! Rate limits: how much of something may pass in a window of time.

mod rate;
mod token_bucket;

pub(crate) use rate::by_name;
pub use rate::{Algorithm, Cost, Dimension, RateLimit, UnknownName};
pub use token_bucket::{Level, Quota, QuotaError, TokenBucket};

use crate::decision::Decision;
use crate::units::Nanos;

/// A running limiter, of whichever algorithm its limit asks for.
#[derive(Clone, Debug)]
pub enum Limiter {
    /// Refills steadily and allows a burst up to its capacity.
    TokenBucket(TokenBucket),
}

impl Limiter {
    /// A limiter with nothing taken yet.
    #[must_use]
    pub fn new(limit: &RateLimit, now: Nanos) -> Self {
        match limit.algorithm {
            Algorithm::TokenBucket => Self::TokenBucket(TokenBucket::new(limit.quota, now)),
        }
    }

    /// The verdict on `cost`; changes nothing.
    #[must_use]
    pub fn peek(&self, cost: u64, now: Nanos) -> Decision {
        match self {
            Self::TokenBucket(bucket) => bucket.peek(cost, now),
        }
    }

    /// Whether `cost` may pass now: the verdict without the wait.
    #[must_use]
    pub fn ready(&self, cost: u64, now: Nanos) -> bool {
        match self {
            Self::TokenBucket(bucket) => bucket.ready(cost, now),
        }
    }

    /// When `cost` may pass if `ahead` has to pass before it.
    #[must_use]
    pub fn earliest(&self, ahead: u128, cost: u64, now: Nanos) -> Decision {
        match self {
            Self::TokenBucket(bucket) => bucket.earliest(ahead, cost, now),
        }
    }

    /// Takes `cost` whatever the verdict, into debt if need be.
    pub fn charge(&mut self, cost: u64, now: Nanos) {
        match self {
            Self::TokenBucket(bucket) => bucket.charge(cost, now),
        }
    }

    /// Gives `cost` back, up to the capacity.
    pub fn refund(&mut self, cost: u64, now: Nanos) {
        match self {
            Self::TokenBucket(bucket) => bucket.refund(cost, now),
        }
    }

    /// Follows a changed limit, keeping what has been taken.
    pub fn reconfigure(&mut self, limit: &RateLimit, now: Nanos) {
        match (self, limit.algorithm) {
            (Self::TokenBucket(bucket), Algorithm::TokenBucket) => {
                bucket.reconfigure(limit.quota, now);
            }
        }
    }

    /// What could be taken at `now`.
    #[must_use]
    pub fn level(&self, now: Nanos) -> Level {
        match self {
            Self::TokenBucket(bucket) => bucket.level(now),
        }
    }
}
