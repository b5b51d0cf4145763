//! How an instance does: healthy, degraded, unhealthy or recovering.
//!
//! [`HealthTracker`] is told the outcomes of traffic and of active probes, and says when the next probe is due. What a
//! state and an event lead to is a table of data, [`TABLE`].

mod settings;
mod tracker;
mod transitions;

pub use crate::breaker::OutOfRange;
pub use settings::Settings;
pub use tracker::{HealthTracker, Snapshot};
pub use transitions::{Event, Health, TABLE, next};
