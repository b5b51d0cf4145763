//! One scope: its permits, its rates, its block.

use std::fmt;
use std::sync::Arc;

use super::refusal::{Reason, Wait};
use crate::concurrency::Permits;
use crate::limiters::{Cost, Level, Limiter, RateLimit};
use crate::units::Nanos;

/// What is wrong with a scope or its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeError {
    /// No scope has this key.
    Unknown(String),
    /// The parent must be defined before its child.
    UnknownParent {
        /// The scope being defined.
        key: String,
        /// The parent it names.
        parent: String,
    },
    /// A scope would be its own ancestor.
    Circle {
        /// The scope being defined.
        key: String,
        /// The parent it names.
        parent: String,
    },
    /// A bound of 0 would admit nothing, ever.
    ZeroConcurrency(String),
    /// Two rates count the same thing over the same window.
    SameRateTwice {
        /// The scope being defined.
        key: String,
        /// The rate given twice.
        rate: RateLimit,
    },
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(key) => write!(f, "unknown scope {key:?}: define it first"),
            Self::UnknownParent { key, parent } => {
                write!(f, "unknown parent {parent:?} of scope {key:?}: define the parent first")
            }
            Self::Circle { key, parent } => {
                write!(f, "scope {key:?} cannot have the parent {parent:?}, which lies below it")
            }
            Self::ZeroConcurrency(key) => {
                write!(f, "concurrency of scope {key:?} must be at least 1, or None for no bound")
            }
            Self::SameRateTwice { key, rate } => {
                let (dimension, window) = (rate.dimension.name(), rate.quota.window());
                write!(f, "scope {key:?} has two limits of {dimension} for a window of {window} ns: keep one")
            }
        }
    }
}

impl std::error::Error for ScopeError {}

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
    /// The last request that passed here, so that one which names the scope twice is counted once.
    pub(super) visited: u64,
    rates: Vec<Rate>,
}

impl Scope {
    pub(super) fn new(
        key: Arc<str>,
        parent: Option<usize>,
        concurrency: Option<u64>,
        rates: &[RateLimit],
        next_grant: u64,
        now: Nanos,
    ) -> Self {
        let rates = rates.iter().map(|limit| Rate::new(*limit, next_grant, now)).collect();
        Self { key, parent, permits: Permits::new(concurrency), blocked_until: 0, visited: 0, rates }
    }

    pub(super) fn reconfigure(
        &mut self,
        parent: Option<usize>,
        concurrency: Option<u64>,
        rates: &[RateLimit],
        next_grant: u64,
        now: Nanos,
    ) {
        self.parent = parent;
        self.permits.set_limit(concurrency);
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
    pub(super) fn refund(&mut self, grant: u64, cost: Cost, now: Nanos) {
        for rate in self.rates.iter_mut().filter(|rate| rate.since <= grant) {
            rate.limiter.refund(cost.of(rate.limit.dimension), now);
        }
    }

    pub(super) fn snapshot(&self, parent: Option<Arc<str>>, now: Nanos) -> ScopeSnapshot {
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

pub(super) fn check_limits(key: &str, concurrency: Option<u64>, rates: &[RateLimit]) -> Result<(), ScopeError> {
    if concurrency == Some(0) {
        return Err(ScopeError::ZeroConcurrency(key.to_owned()));
    }
    for (at, rate) in rates.iter().enumerate() {
        if rates.iter().take(at).any(|before| before.same_meter(rate)) {
            return Err(ScopeError::SameRateTwice { key: key.to_owned(), rate: *rate });
        }
    }
    Ok(())
}
