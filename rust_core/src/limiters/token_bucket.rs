//! The token bucket, exact to the nanosecond.
//!
//! The level is a signed 128-bit integer in token·nanoseconds: a bucket of B tokens over a window W holds `B·W`, a
//! nanosecond refills `L`, a token costs `W`. Nothing is ever rounded, so it equals a model of fractions bit for bit.
//! A level below zero is debt, paid back before the next admission.
//!
//! A strict bucket refills `L − B` a window instead: any window then admits at most B that were held and L − B that
//! flowed in, which is L.

use super::past::Past;
use super::quota::BucketQuota;
use crate::units::Nanos;

/// A bucket that starts full. A debt beyond 127 bits of token·nanoseconds is held at that bound.
#[derive(Clone, Debug)]
pub(super) struct TokenBucket {
    quota: BucketQuota,
    level: i128,
    /// The newest time seen.
    last: Nanos,
    /// Nothing was taken before.
    since: Nanos,
    past: Past,
}

impl TokenBucket {
    pub(super) fn new(quota: BucketQuota, now: Nanos) -> Self {
        Self { quota, level: quota.full(), last: now, since: now, past: Past::default() }
    }

    /// A bucket from which `used` has just been taken.
    pub(super) fn with_used(quota: BucketQuota, used: u128, now: Nanos) -> Self {
        let used = used.saturating_mul(u128::from(quota.window()));
        Self { level: quota.full().saturating_sub_unsigned(used), ..Self::new(quota, now) }
    }

    pub(super) fn quota(&self) -> BucketQuota {
        self.quota
    }

    pub(super) fn seen(&self) -> Nanos {
        self.last
    }

    /// Whether so much is there. It divides nothing, and where the level last known suffices it does not even refill.
    pub(super) fn holds(&self, cost: u64, now: Nanos) -> bool {
        let need = self.quota.worth(cost);
        covers(self.level, need) || covers(self.level_at(now), need)
    }

    /// The first instant at which `amount` could have been taken, a cost that fits the capacity at a time. Exact, for
    /// who waits takes as soon as it can, and so no refill is ever lost to a full bucket meanwhile.
    pub(super) fn ready_at(&self, amount: u128, at: Nanos) -> u128 {
        let (need, level) = (amount.saturating_mul(u128::from(self.quota.window())), self.level_at(at));
        let missing = match u128::try_from(level) {
            Ok(held) => need.saturating_sub(held),
            Err(_) => need.saturating_add(level.unsigned_abs()),
        };
        u128::from(at).saturating_add(missing.div_ceil(u128::from(self.quota.refill())))
    }

    /// The first instant at which `amount` could have been taken if all of it had to wait for `begin`.
    pub(super) fn ready_from(&self, begin: Nanos, amount: u128) -> u128 {
        let need = amount.saturating_mul(u128::from(self.quota.window()));
        let missing = need.saturating_sub(self.quota.full().unsigned_abs());
        u128::from(begin).saturating_add(missing.div_ceil(u128::from(self.quota.refill())))
    }

    /// Takes `tokens` whatever the level, into debt if need be.
    pub(super) fn charge(&mut self, tokens: u64, now: Nanos) {
        self.settle(now);
        self.past.note_charge(self.last, self.missing());
        self.level = self.level.saturating_sub_unsigned(self.quota.worth(tokens));
    }

    /// Takes `tokens` as if they had been taken at `charged_at`, together with what was.
    pub(super) fn charge_at(&mut self, tokens: u64, charged_at: Nanos, now: Nanos) {
        self.settle(charged_at.min(now)); // refill that was lost before then would not have paid for it
        self.settle(now);
        let due = self.past.charge(self.quota.worth(tokens), charged_at);
        self.level = self.level.saturating_sub_unsigned(due);
    }

    /// Gives `tokens` back, never above the capacity.
    pub(super) fn refund(&mut self, tokens: u64, now: Nanos) {
        self.settle(now);
        self.fill(self.quota.worth(tokens));
    }

    /// Gives `tokens` back as if they had never been taken at `charged_at`.
    pub(super) fn refund_at(&mut self, tokens: u64, charged_at: Nanos, now: Nanos) {
        self.settle(now);
        let given = self.past.refund(self.quota.worth(tokens), charged_at, self.missing());
        self.level = self.level.saturating_add_unsigned(given);
    }

    /// The exact level in token·nanoseconds.
    pub(super) fn level_at(&self, now: Nanos) -> i128 {
        let elapsed = now.saturating_sub(self.last);
        let refill = u128::from(elapsed) * u128::from(self.quota.refill());
        self.level.saturating_add_unsigned(refill).min(self.quota.full())
    }

    /// What is missing from a full bucket, in tokens rounded up.
    pub(super) fn used_at(&self, now: Nanos) -> u128 {
        let missing = self.quota.full().abs_diff(self.level_at(now));
        missing.div_ceil(u128::from(self.quota.window()))
    }

    /// Changes the quota. Time before `now` accrues at the old rate. The level is kept in tokens, rounded down to a whole
    /// token·nanosecond of the new window and cut to the new capacity.
    pub(super) fn reconfigure(&mut self, quota: BucketQuota, now: Nanos) {
        self.settle(now);
        let missing_before = self.missing();
        let (old, new) = (i128::from(self.quota.window()), i128::from(quota.window()));
        // floor(level·new/old) would need 192 bits at once; whole tokens and the rest fit 128 each.
        let (tokens, rest) = (self.level.div_euclid(old), self.level.rem_euclid(old));
        let rest = rest.unsigned_abs() * new.unsigned_abs() / old.unsigned_abs();
        let level = tokens.saturating_mul(new).saturating_add_unsigned(rest);
        // Under the old capacity no more could have been given back than this, nor under the new.
        self.past.note_charge(self.last, missing_before);
        self.past.rescale(self.quota.window(), quota.window());
        (self.quota, self.level) = (quota, level.min(quota.full()));
        self.past.note_charge(self.last, self.missing());
        if level > self.level {
            self.past.note_loss(self.last, level.abs_diff(self.level));
        }
    }

    pub(super) fn settle(&mut self, now: Nanos) {
        let elapsed = now.saturating_sub(self.last);
        self.last = self.last.max(now);
        self.fill(u128::from(elapsed) * u128::from(self.quota.refill()));
    }

    /// Adds what finds room, and notes what does not.
    fn fill(&mut self, amount: u128) {
        let missing = self.missing();
        if amount <= missing {
            self.level = self.level.saturating_add_unsigned(amount);
        } else {
            self.level = self.quota.full();
            self.past.note_loss(self.last, amount - missing);
        }
    }

    /// What is missing from a full bucket, in token·nanoseconds.
    fn missing(&self) -> u128 {
        self.quota.full().abs_diff(self.level)
    }

    /// When something may have been taken: from the first of these to the second.
    pub(super) fn active(&self) -> (Nanos, Nanos) {
        (self.since, self.last)
    }

    /// The most that can have been taken from `begin` on, if that is not after the newest time seen: a full bucket then,
    /// and all that has flowed in since.
    pub(super) fn taken_since(&self, begin: Nanos) -> u128 {
        let refill = u128::from(self.last.saturating_sub(begin)) * u128::from(self.quota.refill());
        self.missing().saturating_add(refill).div_ceil(u128::from(self.quota.window()))
    }
}

fn covers(level: i128, need: u128) -> bool {
    u128::try_from(level).is_ok_and(|held| held >= need)
}
