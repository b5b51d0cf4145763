//! A rate limit as configured: of what, how much, in which window, by which algorithm.

use std::fmt;

use super::token_bucket::{Quota, QuotaError};
use crate::units::Nanos;

/// What a rate limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Calls.
    Requests,
    /// Tokens of prompt and answer.
    Tokens,
}

/// How a rate limit is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Steady refill, bursts up to a capacity.
    TokenBucket,
}

/// What one request costs in each dimension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Calls, usually 1.
    pub requests: u64,
    /// Tokens, estimated.
    pub tokens: u64,
}

impl Cost {
    /// The part of the cost that a limit of this dimension counts.
    #[must_use]
    pub fn of(self, dimension: Dimension) -> u64 {
        match dimension {
            Dimension::Requests => self.requests,
            Dimension::Tokens => self.tokens,
        }
    }
}

/// `limit` of `dimension` in each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// What is counted.
    pub dimension: Dimension,
    /// How much of it.
    pub quota: Quota,
    /// How it is enforced.
    pub algorithm: Algorithm,
}

impl RateLimit {
    /// A limit that holds at most `capacity` at once, or one window's worth if none is given.
    ///
    /// # Errors
    /// Where the numbers do not make a quota.
    pub fn new(
        dimension: Dimension,
        limit: u64,
        window: Nanos,
        algorithm: Algorithm,
        capacity: Option<u64>,
    ) -> Result<Self, QuotaError> {
        let quota = Quota::new(capacity.unwrap_or(limit), limit, window)?;
        Ok(Self { dimension, quota, algorithm })
    }

    /// Whether both count the same thing over the same window, so that one may take over the other's state.
    #[must_use]
    pub fn same_meter(&self, other: &Self) -> bool {
        self.same_kind(other) && self.quota.window() == other.quota.window()
    }

    /// Whether both count the same thing in the same way, over whatever window.
    #[must_use]
    pub fn same_kind(&self, other: &Self) -> bool {
        self.dimension == other.dimension && self.algorithm == other.algorithm
    }
}

/// A name that is none of those known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// What was to be named, such as "dimension".
    pub what: &'static str,
    /// The name given.
    pub name: String,
    /// The names that would have done.
    pub valid: Vec<&'static str>,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} {:?}: choose one of {}", self.what, self.name, self.valid.join(", "))
    }
}

impl std::error::Error for UnknownName {}

/// Looks a name up in a table of names.
pub(crate) fn by_name<T: Copy>(what: &'static str, table: &[(&'static str, T)], name: &str) -> Result<T, UnknownName> {
    let found = table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    found.ok_or_else(|| UnknownName {
        what,
        name: name.to_owned(),
        valid: table.iter().map(|(known, _)| *known).collect(),
    })
}

const DIMENSIONS: &[(&str, Dimension)] = &[("requests", Dimension::Requests), ("tokens", Dimension::Tokens)];
const ALGORITHMS: &[(&str, Algorithm)] = &[("token_bucket", Algorithm::TokenBucket)];

impl Dimension {
    /// The dimension of this name.
    ///
    /// # Errors
    /// Where there is none; the error lists those there are.
    pub fn by_name(name: &str) -> Result<Self, UnknownName> {
        by_name("dimension", DIMENSIONS, name)
    }

    /// Its name in a configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
        }
    }
}

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
        }
    }
}
