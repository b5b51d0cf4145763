//! What a breaker is configured with.

use std::fmt;

use crate::units::{Nanos, SECOND};

/// When a breaker opens, how long it stays so, and how it closes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// It opens after this many failures in a row.
    pub failure_threshold: u64,
    /// It opens, too, at this rate of failures, if one is given.
    pub failure_rate: Option<FailureRate>,
    /// How long it stays open.
    pub recovery_time: Nanos,
    /// To what that grows at most, doubling each time it opens again; ten times the recovery time, unless given.
    pub max_recovery_time: Option<Nanos>,
    /// How long after a recovery it opens again without doubling; the greatest recovery time, unless given.
    pub healthy_time: Option<Nanos>,
    /// How many probes a half-open breaker lets through, and how many must end well for it to close.
    pub half_open_requests: u64,
    /// How long a probe may take before its place is taken back.
    pub probe_timeout: Nanos,
    /// How long after a recovery the attempts that pass are held to a growing share; 0 for not at all.
    pub slow_start: Nanos,
}

/// A rate of failures over a sliding window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRate {
    /// So many in a hundred, from 1 to 100.
    pub percent: u64,
    /// Of at least so many outcomes.
    pub minimum_requests: u64,
    /// Within this time.
    pub window: Nanos,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            failure_threshold: 5,
            failure_rate: None,
            recovery_time: 30 * SECOND,
            max_recovery_time: None,
            healthy_time: None,
            half_open_requests: 1,
            probe_timeout: 60 * SECOND,
            slow_start: 0,
        }
    }
}

impl Settings {
    /// # Errors
    /// Where a number is out of its range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        at_least("failure_threshold", self.failure_threshold, 1)?;
        at_least("recovery_time_ns", self.recovery_time, 1)?;
        at_least("max_recovery_time_ns", self.max_recovery_time(), self.recovery_time)?;
        at_least("half_open_requests", self.half_open_requests, 1)?;
        at_least("probe_timeout_ns", self.probe_timeout, 1)?;
        if let Some(rate) = &self.failure_rate {
            within("failure_rate", rate.percent, 1, 100)?;
            at_least("minimum_requests", rate.minimum_requests, 1)?;
            at_least("window_ns", rate.window, 1)?;
        }
        Ok(())
    }

    /// To what its recovery time grows at most.
    #[must_use]
    pub fn max_recovery_time(&self) -> Nanos {
        self.max_recovery_time.unwrap_or(self.recovery_time.saturating_mul(10))
    }

    /// How long after a recovery it opens again without doubling.
    #[must_use]
    pub fn healthy_time(&self) -> Nanos {
        self.healthy_time.unwrap_or(self.max_recovery_time())
    }

    /// How long it stays open after so many doublings.
    pub(super) fn recovery_time_after(&self, doublings: u32) -> Nanos {
        let doubled = u128::from(self.recovery_time) << doublings.min(64);
        Nanos::try_from(doubled).unwrap_or(Nanos::MAX).min(self.max_recovery_time())
    }
}

/// A number that is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    name: &'static str,
    given: u64,
    least: u64,
    most: u64,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, given, least, most } = self;
        match *most {
            u64::MAX => write!(f, "{name} must be at least {least}, not {given}"),
            most => write!(f, "{name} must lie between {least} and {most}, not {given}"),
        }
    }
}

impl std::error::Error for OutOfRange {}

pub(crate) fn at_least(name: &'static str, given: u64, least: u64) -> Result<(), OutOfRange> {
    within(name, given, least, u64::MAX)
}

pub(crate) fn within(name: &'static str, given: u64, least: u64, most: u64) -> Result<(), OutOfRange> {
    if (least..=most).contains(&given) { Ok(()) } else { Err(OutOfRange { name, given, least, most }) }
}
