//! What a scope is defined with, what a provider tells of it, and what may be wrong with it.

use std::fmt;

use super::tree::MAX_ROUTE;
use crate::limiters::{Dimension, RateLimit};
use crate::units::Nanos;

/// What a scope is defined with.
#[derive(Clone, Copy, Debug)]
pub struct ScopeLimits<'a> {
    /// The most that may be in flight.
    pub concurrency: Option<u64>,
    /// Its rate limits.
    pub rates: &'a [RateLimit],
    /// The most that may wait to pass it.
    pub queue_size: Option<u64>,
    /// The share of its flow beside the others: twice the weight, twice the service.
    pub weight: u64,
}

impl Default for ScopeLimits<'_> {
    /// No limit at all, and a weight of 1.
    fn default() -> Self {
        Self { concurrency: None, rates: &[], queue_size: None, weight: 1 }
    }
}

/// What a provider says of its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// So much is left.
    pub remaining: u64,
    /// Until then.
    pub reset_at: Nanos,
    /// As it was then.
    pub observed_at: Nanos,
}

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
    /// A weight of 0 would be served never.
    ZeroWeight(String),
    /// A scope below still stands.
    HasChildren {
        /// The scope to be removed.
        key: String,
        /// The scope below it.
        child: String,
    },
    /// What a provider told of a dimension that the scope does not limit.
    NoSuchRate {
        /// The scope.
        key: String,
        /// What it does not limit.
        dimension: Dimension,
    },
    /// A path passes too many scopes.
    PathTooLong(usize),
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
            Self::ZeroWeight(key) => write!(f, "weight of scope {key:?} must be at least 1"),
            Self::HasChildren { key, child } => {
                write!(f, "scope {key:?} cannot be removed: scope {child:?} lies below it; remove that first")
            }
            Self::NoSuchRate { key, dimension } => {
                write!(f, "scope {key:?} has no rate limit of {}: define one first", dimension.name())
            }
            Self::PathTooLong(scopes) => {
                write!(f, "a path through {scopes} scopes is too long: at most {MAX_ROUTE} may be passed")
            }
            Self::SameRateTwice { key, rate } => {
                let (dimension, window) = (rate.dimension.name(), rate.quota.window());
                write!(f, "scope {key:?} has two limits of {dimension} for a window of {window} ns: keep one")
            }
        }
    }
}

impl std::error::Error for ScopeError {}

/// What is wrong with these limits of a scope, if anything is.
pub(super) fn check_limits(key: &str, limits: &ScopeLimits<'_>) -> Result<(), ScopeError> {
    if limits.concurrency == Some(0) {
        return Err(ScopeError::ZeroConcurrency(key.to_owned()));
    }
    if limits.weight == 0 {
        return Err(ScopeError::ZeroWeight(key.to_owned()));
    }
    for (at, rate) in limits.rates.iter().enumerate() {
        if limits.rates.iter().take(at).any(|before| before.same_meter(rate)) {
            return Err(ScopeError::SameRateTwice { key: key.to_owned(), rate: *rate });
        }
    }
    Ok(())
}
