//! The sliding window: no window of time ever holds more than the limit.
//!
//! Time from 0 on is cut into sub-buckets, K to a window W, and K + 1 of them are counted: that of now and the K before.
//! Whatever was taken in the last W lies in one of these, both ends of that window included, so it is never more than
//! the limit; and whatever lies in them was taken less than `W + W/K` ago, so nothing is refused that an exact log over
//! `W + W/K` would admit. The cut needs no anchor: neither sentence asks where the first sub-bucket begins.
//!
//! Only sub-buckets that hold something are kept, by the last nanosecond of each: it counts until W after that. So no
//! time is spent on idle ones, each is pushed and popped once, and taking costs O(1) amortised whatever is taken.

use std::collections::VecDeque;

use super::quota::WindowQuota;
use super::token_bucket::TokenBucket;
use crate::units::Nanos;

/// A sub-bucket that holds something.
#[derive(Clone, Copy, Debug)]
struct SubBucket {
    last: Nanos,
    count: u64,
}

/// A window that starts empty. A sub-bucket charged beyond 64 bits is held at that bound.
#[derive(Clone, Debug)]
pub(super) struct SlidingWindow {
    quota: WindowQuota,
    /// Oldest first, at most K + 1.
    buckets: VecDeque<SubBucket>,
    /// Their sum.
    held: u128,
    /// The newest time seen: a clock that steps back frees nothing.
    seen: Nanos,
}

impl SlidingWindow {
    pub(super) fn new(quota: WindowQuota, now: Nanos) -> Self {
        Self { quota, buckets: VecDeque::new(), held: 0, seen: now }
    }

    /// A window that holds all that may have been taken from a token bucket: as much as invariant 1 lets a bucket with
    /// this level have admitted, each part as late as can be. So the change admits no window above the new limit, and
    /// waits for no more than the old rate's own pace.
    pub(super) fn following(bucket: &TokenBucket, quota: WindowQuota, now: Nanos) -> Self {
        let (since, last) = bucket.active();
        let mut window = Self::new(quota, now.max(last));
        let (mut at, mut counted) = (last, 0);
        while window.counts(quota.end_of_bucket(at), window.seen) {
            let begin = quota.begin_of_bucket(at).max(since);
            let taken = bucket.taken_since(begin);
            let count = u64::try_from(taken - counted).unwrap_or(u64::MAX);
            window.buckets.push_front(SubBucket { last: quota.end_of_bucket(at), count });
            window.held += u128::from(count);
            if begin <= since {
                break;
            }
            (at, counted) = (begin - 1, taken);
        }
        window
    }

    pub(super) fn quota(&self) -> WindowQuota {
        self.quota
    }

    pub(super) fn seen(&self) -> Nanos {
        self.seen
    }

    /// Whether so much fits. Where it fits beside all that is kept, nothing is looked at.
    pub(super) fn fits(&self, cost: u64, now: Nanos) -> bool {
        let room = u128::from(self.quota.limit().saturating_sub(cost));
        cost <= self.quota.limit() && (self.held <= room || self.used_at(now) <= room)
    }

    /// What is counted at `now`.
    pub(super) fn used_at(&self, now: Nanos) -> u128 {
        let at = now.max(self.seen);
        let gone = self.buckets.iter().take_while(|bucket| !self.counts(bucket.last, at));
        self.held - gone.map(|bucket| u128::from(bucket.count)).sum::<u128>()
    }

    /// The first instant at which `amount` could have been taken, a cost within the limit at a time; exact where all of
    /// it fits the limit. Beyond, it is a bound from below: of what is taken before a cost, all but one limit's worth
    /// must lie more than a window before it.
    pub(super) fn ready_at(&self, amount: u128, at: Nanos) -> u128 {
        let limit = u128::from(self.quota.limit());
        if amount <= limit {
            return self.room_at(amount, at);
        }
        let (windows, rest) = self.split(amount);
        self.room_at(limit, at).max(self.room_at(rest, at).saturating_add(windows))
    }

    /// A bound from below on the instant at which `amount` could have been taken if all of it had to wait for `begin`.
    pub(super) fn ready_from(&self, begin: Nanos, amount: u128) -> u128 {
        u128::from(begin).saturating_add(self.split(amount).0)
    }

    /// Counts `amount` in the sub-bucket of now, beyond the limit if need be.
    pub(super) fn charge(&mut self, amount: u64, now: Nanos) {
        self.settle(now);
        match self.buckets.back_mut() {
            Some(newest) if newest.last >= self.seen => {
                let added = amount.min(u64::MAX - newest.count);
                newest.count += added;
                self.held += u128::from(added);
            }
            _ => self.charge_at(amount, self.seen, now),
        }
    }

    /// Counts `amount` in the sub-bucket of `charged_at`, if that still counts.
    pub(super) fn charge_at(&mut self, amount: u64, charged_at: Nanos, now: Nanos) {
        self.settle(now);
        let last = self.quota.end_of_bucket(charged_at.min(self.seen));
        if amount == 0 || !self.counts(last, self.seen) {
            return;
        }
        let place = self.buckets.partition_point(|bucket| bucket.last < last);
        match self.buckets.get_mut(place) {
            Some(bucket) if bucket.last == last => {
                let added = amount.min(u64::MAX - bucket.count);
                bucket.count += added;
                self.held += u128::from(added);
            }
            _ => {
                self.buckets.insert(place, SubBucket { last, count: amount });
                self.held += u128::from(amount);
            }
        }
    }

    /// Gives back what was taken at a time unknown but still counted: off the oldest, which is free first anyway. From any
    /// instant on at least as much stays counted as was really taken, so no window can ever hold too much; off the newest
    /// it could, once the older part, which is given back in truth, stops to count.
    pub(super) fn refund(&mut self, amount: u64, now: Nanos) {
        self.settle(now);
        let mut left = amount;
        for bucket in &mut self.buckets {
            let given = left.min(bucket.count);
            bucket.count -= given;
            self.held -= u128::from(given);
            left -= given;
            if left == 0 {
                break;
            }
        }
    }

    /// Gives back what was taken at `charged_at`, as if it had never been: off the sub-bucket it was counted in. Nothing
    /// if that counts no more. What is not found there, for its time was not told truly, comes off the oldest.
    pub(super) fn refund_at(&mut self, amount: u64, charged_at: Nanos, now: Nanos) {
        self.settle(now);
        let last = self.quota.end_of_bucket(charged_at.min(self.seen));
        if !self.counts(last, self.seen) {
            return;
        }
        let place = self.buckets.binary_search_by_key(&last, |bucket| bucket.last);
        let mut given = 0;
        if let Some(bucket) = place.ok().and_then(|place| self.buckets.get_mut(place)) {
            given = amount.min(bucket.count);
            bucket.count -= given;
            self.held -= u128::from(given);
        }
        self.refund(amount - given, now);
    }

    /// Changes the quota; all that is still counted moves to the new sub-buckets, each part as late as it may have been.
    pub(super) fn reconfigure(&mut self, quota: WindowQuota, now: Nanos) {
        self.settle(now);
        self.quota = quota;
        for SubBucket { last, count } in std::mem::take(&mut self.buckets) {
            let last = quota.end_of_bucket(last.min(self.seen));
            match self.buckets.back_mut() {
                Some(newest) if newest.last == last => {
                    let added = count.min(u64::MAX - newest.count);
                    newest.count += added;
                    self.held -= u128::from(count - added);
                }
                _ => self.buckets.push_back(SubBucket { last, count }),
            }
        }
        self.settle(now);
    }

    /// Moves on to `now` and drops what counts no more.
    pub(super) fn settle(&mut self, now: Nanos) {
        self.seen = self.seen.max(now);
        while let Some(oldest) = self.buckets.front() {
            if self.counts(oldest.last, self.seen) && oldest.count > 0 {
                break;
            }
            self.held -= u128::from(oldest.count);
            self.buckets.pop_front();
        }
    }

    /// Whether the sub-bucket that ends with `last` is one of the K + 1 counted at `at`.
    fn counts(&self, last: Nanos, at: Nanos) -> bool {
        at.saturating_sub(last) <= self.quota.window()
    }

    /// The first instant from `at` on with room for `amount`, which must not exceed the limit.
    fn room_at(&self, amount: u128, at: Nanos) -> u128 {
        let room = u128::from(self.quota.limit()).saturating_sub(amount);
        let (mut held, mut ready) = (self.held, u128::from(at));
        for bucket in &self.buckets {
            if held <= room {
                break;
            }
            held -= u128::from(bucket.count);
            ready = ready.max(u128::from(bucket.last) + u128::from(self.quota.window()) + 1);
        }
        ready
    }

    /// How long `amount` takes from an empty window on, at least, and what is left for the last limit's worth.
    fn split(&self, amount: u128) -> (u128, u128) {
        let limit = u128::from(self.quota.limit());
        let windows = amount.saturating_sub(1) / limit;
        (windows.saturating_mul(u128::from(self.quota.window()) + 1), amount - windows * limit)
    }
}
