//! One scope: its permits, its rates, its block.

use std::sync::Arc;

use super::grant::Grant;
use super::limits::{ScopeLimits, Told};
use super::queue::Ahead;
use super::refusal::{Reason, Wait};
use crate::concurrency::Permits;
use crate::limiters::{Cost, Dimension, Level, Limiter, RateLimit};
use crate::units::Nanos;

/// A scope's limits and state at one instant.
#[derive(Clone, Debug)]
pub struct ScopeSnapshot {
    /// Its name.
    pub key: Arc<str>,
    /// The scope above it.
    pub parent: Option<Arc<str>>,
    /// Grants held.
    pub in_flight: u64,
    /// The most that may be held.
    pub concurrency: Option<u64>,
    /// Its rates.
    pub rates: Vec<RateSnapshot>,
    /// When its block ends, if it is blocked.
    pub blocked_until: Option<Nanos>,
    /// How many wait to pass it.
    pub waiting: usize,
    /// The most that may wait.
    pub queue_size: Option<u64>,
    /// What its flow's service is divided by.
    pub weight: u64,
}

/// A rate limit and its level at one instant.
#[derive(Clone, Copy, Debug)]
pub struct RateSnapshot {
    /// The limit.
    pub limit: RateLimit,
    /// What could be taken.
    pub level: Level,
}

/// A rate limit with its running state, and the first grant that was charged to it.
#[derive(Debug)]
struct Rate {
    limit: RateLimit,
    limiter: Limiter,
    since: u64,
}

/// One level of a path.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) key: Arc<str>,
    pub(super) parent: Option<usize>,
    pub(super) permits: Permits,
    pub(super) blocked_until: Nanos,
    pub(super) queue_size: Option<u64>,
    pub(super) weight: u64,
    /// No path leads here any more, but some who came before may still be on their way.
    pub(super) removed: bool,
    rates: Vec<Rate>,
}

impl Scope {
    pub(super) fn new(
        key: Arc<str>,
        parent: Option<usize>,
        limits: &ScopeLimits<'_>,
        next_grant: u64,
        now: Nanos,
    ) -> Self {
        Self {
            key,
            parent,
            permits: Permits::new(limits.concurrency),
            blocked_until: 0,
            queue_size: limits.queue_size,
            weight: limits.weight,
            removed: false,
            rates: limits.rates.iter().map(|limit| Rate::new(*limit, next_grant, now)).collect(),
        }
    }

    pub(super) fn reconfigure(&mut self, limits: &ScopeLimits<'_>, next_grant: u64, now: Nanos) {
        self.permits.set_limit(limits.concurrency);
        self.queue_size = limits.queue_size;
        self.weight = limits.weight;
        let rates = limits.rates;
        let mut old = std::mem::take(&mut self.rates);
        // The same meter first, so that a minute and a day limit never swap; then a limit whose window was changed.
        let mut kept: Vec<Option<Rate>> =
            rates.iter().map(|limit| take_first(&mut old, |it| it.same_meter(limit))).collect();
        for (limit, slot) in rates.iter().zip(&mut kept) {
            if slot.is_none() {
                *slot = take_first(&mut old, |it| it.same_kind(limit));
            }
        }
        let follow = |(limit, rate): (&RateLimit, Option<Rate>)| match rate {
            Some(rate) => rate.follow(*limit, now),
            None => Rate::new(*limit, next_grant, now),
        };
        self.rates = rates.iter().zip(kept).map(follow).collect();
    }

    /// Why this scope refuses, and for how long all its limits taken together do.
    pub(super) fn refuses(&self, cost: Cost, now: Nanos) -> Option<(Reason, Wait)> {
        let permit = (!self.permits.available()).then_some((Reason::Concurrency, Wait::Unknown));
        let rate = |rate: &Rate| Wait::from_decision(rate.limiter.peek(cost.of(rate.limit.dimension), now));
        let rate = self.rates.iter().filter_map(rate).max().map(|wait| (Reason::Rate, wait));
        let block = self.blocked_until.checked_sub(now).filter(|left| *left > 0);
        let block = block.map(|left| (Reason::Blocked, Wait::For(left)));
        let wait = [permit, rate, block].into_iter().flatten().map(|(_, wait)| wait).max()?;
        let reason =
            rate.filter(|(_, wait)| *wait == Wait::Never).or(permit).or(rate).or(block).map(|(reason, _)| reason)?;
        Some((reason, wait))
    }

    /// Whether the cost could pass now: exactly when [`Self::refuses`] has nothing against it.
    pub(super) fn has_room(&self, cost: Cost, now: Nanos) -> bool {
        let ready = |rate: &Rate| rate.limiter.ready(cost.of(rate.limit.dimension), now);
        self.permits.available() && self.blocked_until <= now && self.rates.iter().all(ready)
    }

    /// Whether the cost exceeds a capacity.
    pub(super) fn never_has_room(&self, cost: Cost, now: Nanos) -> bool {
        self.refuses(cost, now).is_some_and(|(_, wait)| wait == Wait::Never)
    }

    /// When this scope would have room if nothing else were taken, as far as time alone decides.
    pub(super) fn ready_at(&self, cost: Cost, now: Nanos) -> Option<Nanos> {
        match self.refuses(cost, now)?.1 {
            Wait::For(wait) => Some(now.saturating_add(wait)),
            Wait::Unknown | Wait::Never => None,
        }
    }

    /// The earliest that the rates can let a cost pass when so much is to pass before it.
    pub(super) fn earliest(&self, ahead: Ahead, cost: Cost, now: Nanos) -> Nanos {
        let rate = |rate: &Rate| {
            let dimension = rate.limit.dimension;
            rate.limiter.earliest(ahead.of(dimension), cost.of(dimension), now).retry_after()
        };
        let wait = self.rates.iter().filter_map(rate).max().unwrap_or(0);
        now.saturating_add(wait).max(self.blocked_until)
    }

    /// Takes a permit and the cost from every rate. The caller has asked [`Self::refuses`] in the same critical section.
    pub(super) fn take(&mut self, cost: Cost, now: Nanos) {
        self.permits.take();
        for rate in &mut self.rates {
            let amount = cost.of(rate.limit.dimension);
            if amount > 0 {
                rate.limiter.charge(amount, now);
            }
        }
    }

    /// Gives the cost of a grant back to every rate that was charged with it.
    pub(super) fn refund(&mut self, grant: &Grant, cost: Cost, now: Nanos) {
        for rate in self.rates.iter_mut().filter(|rate| rate.since <= grant.id) {
            rate.limiter.refund_at(cost.of(rate.limit.dimension), grant.charged_at, now);
        }
    }

    /// Takes what a grant cost beyond what it was charged, as if it had been charged with it, into debt if need be.
    pub(super) fn charge(&mut self, grant: &Grant, cost: Cost, now: Nanos) {
        for rate in self.rates.iter_mut().filter(|rate| rate.since <= grant.id) {
            rate.limiter.charge_at(cost.of(rate.limit.dimension), grant.charged_at, now);
        }
    }

    /// Heeds what a provider says is left; false if there is no rate of this dimension. It cannot say which of several
    /// windows it means, so that each of them heeds it.
    pub(super) fn tighten(&mut self, dimension: Dimension, told: Told, now: Nanos) -> bool {
        let mut rates = self.rates.iter_mut().filter(|rate| rate.limit.dimension == dimension).peekable();
        let any = rates.peek().is_some();
        rates.for_each(|rate| rate.limiter.tighten(told.remaining, told.reset_at, told.observed_at, now));
        any
    }

    pub(super) fn snapshot(&self, parent: Option<Arc<str>>, waiting: usize, now: Nanos) -> ScopeSnapshot {
        ScopeSnapshot {
            key: Arc::clone(&self.key),
            parent,
            in_flight: self.permits.in_flight(),
            concurrency: self.permits.limit(),
            rates: self
                .rates
                .iter()
                .map(|rate| RateSnapshot { limit: rate.limit, level: rate.limiter.level(now) })
                .collect(),
            blocked_until: Some(self.blocked_until).filter(|until| *until > now),
            waiting,
            queue_size: self.queue_size,
            weight: self.weight,
        }
    }
}

impl Rate {
    fn new(limit: RateLimit, next_grant: u64, now: Nanos) -> Self {
        Self { limit, limiter: Limiter::new(&limit, now), since: next_grant }
    }

    fn follow(mut self, limit: RateLimit, now: Nanos) -> Self {
        self.limiter.reconfigure(&limit, now);
        self.limit = limit;
        self
    }
}

fn take_first(rates: &mut Vec<Rate>, suits: impl Fn(&RateLimit) -> bool) -> Option<Rate> {
    let at = rates.iter().position(|rate| suits(&rate.limit))?;
    Some(rates.remove(at))
}
