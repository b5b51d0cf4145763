//! The circuit breaker: may an instance be tried, after what became of the attempts before.
//!
//! Each attempt asks [`CircuitBreaker::allow`], and says with [`CircuitBreaker::record`] what became of it. What a state
//! and an event lead to is a table of data, [`TABLE`]. For the members of a group, [`MaxEjected`] bounds how many are kept out.

mod circuit_breaker;
mod group;
mod permit;
mod probes;
mod ramp;
mod settings;
mod transitions;

pub use circuit_breaker::{CircuitBreaker, Snapshot};
pub use group::{MaxEjected, Member};
pub use permit::{Outcome, Pass, Permit, Probe, Verdict};
pub use settings::{FailureRate, OutOfRange, Settings};
pub(crate) use settings::{at_least, within};
pub use transitions::{Event, State, TABLE, next};
