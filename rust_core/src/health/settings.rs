//! What a health tracker is configured with.

use crate::breaker::{OutOfRange, at_least, within};
use crate::units::{Nanos, SECOND};

/// When an instance counts as unhealthy, degraded and healthy again, and how often it is probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Unhealthy after this many failures in a row, of traffic or of probes.
    pub unhealthy_after: u64,
    /// Healthy again after this many successes in a row, of either.
    pub healthy_after: u64,
    /// Degraded when fewer than so many in a hundred attempts end well, from 1 to 100.
    pub degraded_success_percent: Option<u64>,
    /// Degraded when the latency exceeds so many hundredths of what is usual, more than 100.
    pub degraded_latency_percent: Option<u64>,
    /// Of how few outcomes neither is judged.
    pub minimum_requests: u64,
    /// Over how long the success ratio is taken.
    pub window: Nanos,
    /// How long from a probe to the next; without, there are none.
    pub probe_interval: Option<Nanos>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unhealthy_after: 3,
            healthy_after: 2,
            degraded_success_percent: Some(90),
            degraded_latency_percent: None,
            minimum_requests: 10,
            window: 60 * SECOND,
            probe_interval: None,
        }
    }
}

impl Settings {
    /// # Errors
    /// Where a number is out of its range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        at_least("unhealthy_after", self.unhealthy_after, 1)?;
        at_least("healthy_after", self.healthy_after, 1)?;
        if let Some(percent) = self.degraded_success_percent {
            within("degraded_success_percent", percent, 1, 100)?;
        }
        if let Some(percent) = self.degraded_latency_percent {
            at_least("degraded_latency_percent", percent, 101)?;
        }
        at_least("minimum_requests", self.minimum_requests, 1)?;
        at_least("window_ns", self.window, 1)?;
        self.probe_interval.map_or(Ok(()), |interval| at_least("probe_interval_ns", interval, 1))
    }
}
