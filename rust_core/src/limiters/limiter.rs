//! A running limiter, of whichever algorithm its limit asks for, with what a provider has told laid over it.

use super::quota::Quota;
use super::rate::RateLimit;
use super::sliding_window::SlidingWindow;
use super::token_bucket::TokenBucket;
use super::told::Told;
use crate::decision::Decision;
use crate::units::Nanos;

/// An exact amount: `numerator / denominator`, below zero when in debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Token·nanoseconds of a token bucket, plain tokens of a sliding window.
    pub numerator: i128,
    /// The window in nanoseconds, or 1.
    pub denominator: Nanos,
}

/// A limiter. A clock that steps back is held at the newest time seen, but a wait is told from the caller's own `now`.
#[derive(Clone, Debug)]
pub struct Limiter {
    meter: Meter,
    told: Told,
}

#[derive(Clone, Debug)]
enum Meter {
    TokenBucket(TokenBucket),
    SlidingWindow(SlidingWindow),
}

impl Limiter {
    /// A limiter with nothing taken yet.
    #[must_use]
    pub fn new(limit: &RateLimit, now: Nanos) -> Self {
        Self::of(limit.quota, now)
    }

    /// A limiter of this quota, of whatever dimension, with nothing taken yet.
    #[must_use]
    pub fn of(quota: Quota, now: Nanos) -> Self {
        let meter = match quota {
            Quota::TokenBucket(quota) => Meter::TokenBucket(TokenBucket::new(quota, now)),
            Quota::SlidingWindow(quota) => Meter::SlidingWindow(SlidingWindow::new(quota, now)),
        };
        Self { meter, told: Told::default() }
    }

    /// Whether `cost` may pass: what [`Self::peek`] says, without the time that a refusal must find out.
    #[must_use]
    #[inline]
    pub fn ready(&self, cost: u64, now: Nanos) -> bool {
        let meter = match &self.meter {
            Meter::TokenBucket(bucket) => bucket.holds(cost, now),
            Meter::SlidingWindow(window) => window.fits(cost, now),
        };
        cost == 0 || meter && self.told.allows(cost, now.max(self.seen()))
    }

    /// The verdict on `cost`; changes nothing.
    #[must_use]
    pub fn peek(&self, cost: u64, now: Nanos) -> Decision {
        if self.ready(cost, now) { Decision::Admitted } else { self.earliest(0, cost, now) }
    }

    /// The verdict on `cost` if `ahead` must pass before it, in costs none of which exceeds the capacity: exact for a token
    /// bucket, for a sliding window where both together fit the limit; else, and where a provider's remainder is shared
    /// out to those ahead, a wait that is never too long. With nothing ahead it is what [`Self::peek`] says.
    #[must_use]
    pub fn earliest(&self, ahead: u128, cost: u64, now: Nanos) -> Decision {
        let amount = ahead.saturating_add(u128::from(cost));
        if amount == 0 {
            return Decision::Admitted;
        }
        if cost > self.quota().capacity() {
            return Decision::Never;
        }
        let at = now.max(self.seen());
        let held_back = self.told.holding(amount, at).map(|(until, rest)| self.ready_from(until, rest));
        let ready = held_back.fold(self.ready_at(amount, at), u128::max);
        if ready <= u128::from(at) {
            return Decision::Admitted;
        }
        Decision::RetryAfter(Nanos::try_from(ready - u128::from(now)).unwrap_or(Nanos::MAX))
    }

    /// Takes `cost` if it may pass. A refusal changes nothing.
    pub fn try_acquire(&mut self, cost: u64, now: Nanos) -> Decision {
        let decision = self.peek(cost, now);
        if decision.admitted() && cost > 0 {
            self.charge(cost, now);
        }
        decision
    }

    /// Takes `cost` whatever the verdict, into debt if need be: the settling of an estimate that proved too small.
    #[inline]
    pub fn charge(&mut self, cost: u64, now: Nanos) {
        match &mut self.meter {
            Meter::TokenBucket(bucket) => bucket.charge(cost, now),
            Meter::SlidingWindow(window) => window.charge(cost, now),
        }
        self.told.charge(cost, self.seen());
    }

    /// Gives `cost` back, of something taken at a time unknown but not more than a window ago. A sliding window gives it
    /// back as late as is safe; [`Self::refund_at`] knows better.
    pub fn refund(&mut self, cost: u64, now: Nanos) {
        match &mut self.meter {
            Meter::TokenBucket(bucket) => bucket.refund(cost, now),
            Meter::SlidingWindow(window) => window.refund(cost, now),
        }
        self.told.refund(cost, Nanos::MAX);
    }

    /// Takes `cost` as if it had been taken at `charged_at`: where that counts no more, or refill that was lost since would
    /// have paid for it, nothing is due.
    pub fn charge_at(&mut self, cost: u64, charged_at: Nanos, now: Nanos) {
        match &mut self.meter {
            Meter::TokenBucket(bucket) => bucket.charge_at(cost, charged_at, now),
            Meter::SlidingWindow(window) => window.charge_at(cost, charged_at, now),
        }
        self.told.charge(cost, self.seen());
    }

    /// Takes `cost`, by the time it was due where that is known.
    pub fn charge_of(&mut self, cost: u64, charged_at: Option<Nanos>, now: Nanos) {
        match charged_at {
            Some(charged_at) => self.charge_at(cost, charged_at, now),
            None => self.charge(cost, now),
        }
    }

    /// Gives back what was taken at `charged_at`, as if it had never been taken.
    pub fn refund_at(&mut self, cost: u64, charged_at: Nanos, now: Nanos) {
        match &mut self.meter {
            Meter::TokenBucket(bucket) => bucket.refund_at(cost, charged_at, now),
            Meter::SlidingWindow(window) => window.refund_at(cost, charged_at, now),
        }
        self.told.refund(cost, charged_at);
    }

    /// Gives `cost` back, by the time it was taken where that is known.
    pub fn refund_of(&mut self, cost: u64, charged_at: Option<Nanos>, now: Nanos) {
        match charged_at {
            Some(charged_at) => self.refund_at(cost, charged_at, now),
            None => self.refund(cost, now),
        }
    }

    /// Follows a changed limit, keeping what has been taken.
    pub fn reconfigure(&mut self, limit: &RateLimit, now: Nanos) {
        self.follow(limit.quota, now);
    }

    /// Follows a changed quota. Another algorithm starts with all that may have been taken counted as taken.
    pub fn follow(&mut self, quota: Quota, now: Nanos) {
        match (&mut self.meter, quota) {
            (Meter::TokenBucket(bucket), Quota::TokenBucket(quota)) => bucket.reconfigure(quota, now),
            (Meter::SlidingWindow(window), Quota::SlidingWindow(quota)) => window.reconfigure(quota, now),
            (Meter::TokenBucket(bucket), Quota::SlidingWindow(quota)) => {
                self.meter = Meter::SlidingWindow(SlidingWindow::following(bucket, quota, now));
            }
            (Meter::SlidingWindow(window), Quota::TokenBucket(quota)) => {
                let now = now.max(window.seen());
                self.meter = Meter::TokenBucket(TokenBucket::with_used(quota, window.used_at(now), now));
            }
        }
    }

    /// What could be taken at `now`, by the limiter's own count.
    #[must_use]
    pub fn level(&self, now: Nanos) -> Level {
        match &self.meter {
            Meter::TokenBucket(bucket) => {
                Level { numerator: bucket.level_at(now), denominator: bucket.quota().window() }
            }
            Meter::SlidingWindow(window) => {
                let limit = i128::from(window.quota().limit());
                Level { numerator: limit.saturating_sub_unsigned(window.used_at(now)), denominator: 1 }
            }
        }
    }

    /// What is taken at `now`: counted in the sliding window, or missing from a full token bucket, rounded up.
    #[must_use]
    pub fn used(&self, now: Nanos) -> u128 {
        match &self.meter {
            Meter::TokenBucket(bucket) => bucket.used_at(now),
            Meter::SlidingWindow(window) => window.used_at(now),
        }
    }

    /// The quota it enforces.
    #[must_use]
    pub fn quota(&self) -> Quota {
        match &self.meter {
            Meter::TokenBucket(bucket) => Quota::TokenBucket(bucket.quota()),
            Meter::SlidingWindow(window) => Quota::SlidingWindow(window.quota()),
        }
    }

    /// Admits nothing before `until`. Only ever extends, and leaves the refill alone.
    pub fn block_until(&mut self, until: Nanos) {
        self.told.block_until(until);
    }

    /// Admits at most `remaining` more before `reset_at`, as a provider's headers said at `observed_at`; never more than it
    /// would have otherwise. Ignored where something observed later has been told, and without effect from `reset_at` on.
    pub fn tighten(&mut self, remaining: u64, reset_at: Nanos, observed_at: Nanos, now: Nanos) {
        match &mut self.meter {
            Meter::TokenBucket(bucket) => bucket.settle(now),
            Meter::SlidingWindow(window) => window.settle(now),
        }
        // What claims to have been seen in the future must not silence all that is told until then.
        self.told.tighten(remaining, reset_at, observed_at.min(self.seen()), self.seen());
    }

    fn seen(&self) -> Nanos {
        match &self.meter {
            Meter::TokenBucket(bucket) => bucket.seen(),
            Meter::SlidingWindow(window) => window.seen(),
        }
    }

    fn ready_at(&self, amount: u128, at: Nanos) -> u128 {
        match &self.meter {
            Meter::TokenBucket(bucket) => bucket.ready_at(amount, at),
            Meter::SlidingWindow(window) => window.ready_at(amount, at),
        }
    }

    fn ready_from(&self, begin: Nanos, amount: u128) -> u128 {
        match &self.meter {
            Meter::TokenBucket(bucket) => bucket.ready_from(begin, amount),
            Meter::SlidingWindow(window) => window.ready_from(begin, amount),
        }
    }
}
