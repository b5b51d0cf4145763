//! The token bucket, exact to the nanosecond.
//!
//! The level is a signed 128-bit integer in token·nanoseconds: a bucket of B tokens over a window W holds `B·W`, a
//! nanosecond refills `L`, a token costs `W`. Nothing is ever rounded, so it equals a model of fractions bit for bit.
//! A level below zero is debt, paid back before the next admission.

use std::fmt;

use crate::decision::Decision;
use crate::units::Nanos;

/// `limit` tokens each window, at most `capacity` at once. Always valid: positive, and small enough to count exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    capacity: u64,
    limit: u64,
    window: Nanos,
}

/// Why some numbers make no quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaError {
    /// This number must be at least 1.
    Zero(&'static str),
    /// Capacity times window exceeds 127 bits.
    TooLarge,
}

impl fmt::Display for QuotaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero(name) => write!(f, "{name} must be at least 1, not 0"),
            Self::TooLarge => {
                f.write_str("capacity times window_ns must stay below 2**127: choose a smaller capacity or window")
            }
        }
    }
}

impl std::error::Error for QuotaError {}

impl Quota {
    /// # Errors
    /// Where a number is 0, or capacity and window are too large to be counted exactly.
    pub fn new(capacity: u64, limit: u64, window: Nanos) -> Result<Self, QuotaError> {
        for (name, value) in [("capacity", capacity), ("limit", limit), ("window_ns", window)] {
            if value == 0 {
                return Err(QuotaError::Zero(name));
            }
        }
        let full = u128::from(capacity) * u128::from(window);
        i128::try_from(full).map_err(|_| QuotaError::TooLarge)?;
        Ok(Self { capacity, limit, window })
    }

    /// The most that can be held, in tokens.
    #[must_use]
    pub fn capacity(self) -> u64 {
        self.capacity
    }

    /// Tokens refilled in each window.
    #[must_use]
    pub fn limit(self) -> u64 {
        self.limit
    }

    /// The window's length.
    #[must_use]
    pub fn window(self) -> Nanos {
        self.window
    }

    fn full(self) -> i128 {
        0i128.saturating_add_unsigned(self.worth(self.capacity))
    }

    /// What so many tokens are worth in token·nanoseconds.
    fn worth(self, tokens: u64) -> u128 {
        u128::from(tokens) * u128::from(self.window)
    }
}

/// An exact amount of tokens: `numerator / denominator`, below zero when in debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Token·nanoseconds.
    pub numerator: i128,
    /// The window in nanoseconds.
    pub denominator: Nanos,
}

/// A bucket that starts full. A debt beyond 127 bits of token·nanoseconds is held at that bound.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    quota: Quota,
    level: i128,
    last: Nanos,
    blocked_until: Nanos,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn new(quota: Quota, now: Nanos) -> Self {
        Self { quota, level: quota.full(), last: now, blocked_until: 0 }
    }

    /// What it holds and refills.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.quota
    }

    /// Whether the cost may pass now: the verdict of [`Self::peek`] without the division that tells the wait.
    #[must_use]
    pub fn ready(&self, cost: u64, now: Nanos) -> bool {
        cost == 0
            || (cost <= self.quota.capacity
                && self.blocked_until <= now.max(self.last)
                && self.level_at(now) >= 0i128.saturating_add_unsigned(self.quota.worth(cost)))
    }

    /// The verdict that [`Self::try_acquire`] would give; changes nothing.
    #[must_use]
    pub fn peek(&self, cost: u64, now: Nanos) -> Decision {
        self.earliest(0, cost, now)
    }

    /// The verdict on `cost` when `ahead` has to pass before it, in costs that each fit the capacity and as soon as they may:
    /// the bucket is never full while somebody waits for it, so the wait is that for all of it together.
    #[must_use]
    pub fn earliest(&self, ahead: u128, cost: u64, now: Nanos) -> Decision {
        if cost == 0 {
            return Decision::Admitted;
        }
        if cost > self.quota.capacity {
            return Decision::Never;
        }
        let ahead = ahead.saturating_mul(u128::from(self.quota.window));
        let need = 0i128.saturating_add_unsigned(self.quota.worth(cost).saturating_add(ahead));
        let level = self.level_at(now);
        // A clock that stepped back is held at the newest time seen, but the wait is told from the caller's own `now`.
        let at = now.max(self.last);
        let missing = if level < need { need.abs_diff(level).div_ceil(u128::from(self.quota.limit)) } else { 0 };
        let ready = missing.saturating_add(u128::from(at)).max(u128::from(self.blocked_until));
        if ready <= u128::from(at) {
            return Decision::Admitted;
        }
        let wait = ready - u128::from(now);
        Decision::RetryAfter(Nanos::try_from(wait).unwrap_or(Nanos::MAX))
    }

    /// Takes `cost` tokens if they are there. A refusal changes nothing.
    pub fn try_acquire(&mut self, cost: u64, now: Nanos) -> Decision {
        let decision = self.peek(cost, now);
        if decision.admitted() && cost > 0 {
            self.charge(cost, now);
        }
        decision
    }

    /// Takes `tokens` whatever the level, into debt if need be: the settling of an estimate that proved too small.
    pub fn charge(&mut self, tokens: u64, now: Nanos) {
        self.settle(now);
        self.level = self.level.saturating_sub_unsigned(self.quota.worth(tokens));
    }

    /// Gives `tokens` back, never above the capacity.
    pub fn refund(&mut self, tokens: u64, now: Nanos) {
        self.settle(now);
        self.level = self.level.saturating_add_unsigned(self.quota.worth(tokens)).min(self.quota.full());
    }

    /// The exact level at `now`.
    #[must_use]
    pub fn level(&self, now: Nanos) -> Level {
        Level { numerator: self.level_at(now), denominator: self.quota.window }
    }

    /// Changes the quota. Time before `now` accrues at the old rate. The level is kept in tokens, rounded down to a whole
    /// token·nanosecond of the new window and cut to the new capacity.
    pub fn reconfigure(&mut self, quota: Quota, now: Nanos) {
        self.settle(now);
        let (old, new) = (i128::from(self.quota.window), i128::from(quota.window));
        // floor(level·new/old) would need 192 bits at once; whole tokens and the rest fit 128 each.
        let (tokens, rest) = (self.level.div_euclid(old), self.level.rem_euclid(old));
        let rest = rest.unsigned_abs() * new.unsigned_abs() / old.unsigned_abs();
        self.level = tokens.saturating_mul(new).saturating_add_unsigned(rest).min(quota.full());
        self.quota = quota;
    }

    /// Admits nothing before `until`. Only ever extends, and leaves the refill alone.
    pub fn block_until(&mut self, until: Nanos) {
        self.blocked_until = self.blocked_until.max(until);
    }

    fn level_at(&self, now: Nanos) -> i128 {
        let elapsed = now.saturating_sub(self.last);
        let refill = u128::from(elapsed) * u128::from(self.quota.limit);
        self.level.saturating_add_unsigned(refill).min(self.quota.full())
    }

    fn settle(&mut self, now: Nanos) {
        self.level = self.level_at(now);
        self.last = self.last.max(now);
    }
}
