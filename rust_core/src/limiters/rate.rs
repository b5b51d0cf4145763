//! A rate limit as configured: of what, how much, in which window, by which algorithm.

use super::names::{UnknownName, by_name};
use super::quota::{Algorithm, Options, Quota, QuotaError};
use crate::units::Nanos;

/// What a rate limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Calls.
    Requests,
    /// Tokens of prompt and answer.
    Tokens,
}

const DIMENSIONS: &[(&str, Dimension)] = &[("requests", Dimension::Requests), ("tokens", Dimension::Tokens)];

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

/// A quota of one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// What is counted.
    pub dimension: Dimension,
    /// How much of it, and how it is enforced.
    pub quota: Quota,
}

impl RateLimit {
    /// A limit that admits at most `capacity` at once, or one window's worth if none is given.
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
        Self::with(dimension, limit, window, algorithm, Options { capacity, ..Options::default() })
    }

    /// A limit with the options of its algorithm.
    ///
    /// # Errors
    /// Where the numbers and options do not make a quota.
    pub fn with(
        dimension: Dimension,
        limit: u64,
        window: Nanos,
        algorithm: Algorithm,
        options: Options,
    ) -> Result<Self, QuotaError> {
        Ok(Self { dimension, quota: Quota::new(algorithm, limit, window, options)? })
    }

    /// Whether both count the same thing over the same window, by whatever algorithm, so that one may take over the
    /// other's state. A minute's limit and a day's are two meters.
    #[must_use]
    pub fn same_meter(&self, other: &Self) -> bool {
        self.same_kind(other) && self.quota.window() == other.quota.window()
    }

    /// Whether both count the same thing, over whatever window.
    #[must_use]
    pub fn same_kind(&self, other: &Self) -> bool {
        self.dimension == other.dimension
    }
}
