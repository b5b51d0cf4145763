//! The Python module `pyproxy.rust_core`: for each component a signature, a conversion and a delegation.

mod admission;
mod breaker;
mod config;
mod convert;
mod decision;
mod estimate;
mod health;
mod native;
mod rate_limit;
mod scheduler;
mod sliding_window;
mod stats;
mod token_bucket;
mod traffic;
mod wire;

/// The sans-I/O core of pyproxy: limiters, admission, scheduling and the wire's pure machines.
#[pyo3::pymodule]
mod rust_core {
    use pyo3::prelude::*;

    #[pymodule_export]
    #[allow(non_upper_case_globals)] // Python's name for it
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use crate::admission::{AdmissionController, Grant, Path, Refusal, Ticket};
    #[pymodule_export]
    use crate::breaker::{BreakerGroup, CircuitBreaker, Open, Pass, Probe};
    #[pymodule_export]
    use crate::config::parse_toml;
    #[pymodule_export]
    use crate::decision::Decision;
    #[pymodule_export]
    use crate::estimate::TokenEstimator;
    #[pymodule_export]
    use crate::health::HealthTracker;
    #[pymodule_export]
    use crate::native::{
        NativeAnswer, NativeBegun, NativeCandidate, NativeEndpoint, NativeExchange, NativeFailure, NativeIo,
        NativeLane, NativeLanes, NativePool, NativeServed, NativeServer, NativeTally,
    };
    #[pymodule_export]
    use crate::rate_limit::RateLimit;
    #[pymodule_export]
    use crate::scheduler::{Scheduler, register_scheduler};
    #[pymodule_export]
    use crate::sliding_window::SlidingWindow;
    #[pymodule_export]
    use crate::stats::{Histogram, Statistics};
    #[pymodule_export]
    use crate::token_bucket::TokenBucket;
    #[pymodule_export]
    use crate::traffic::{Flow, access_line};
    #[pymodule_export]
    use crate::wire::envelope::{Envelope, EnvelopeError, scan_envelope};
    #[pymodule_export]
    use crate::wire::forwarding::{answer_headers, forwarded_headers, is_credential};
    #[pymodule_export]
    use crate::wire::guard::RequestGuard;
    #[pymodule_export]
    use crate::wire::outcome::{Outcome, classify};
    #[pymodule_export]
    use crate::wire::response::{ResponseInspection, inspect_response};
    #[pymodule_export]
    use crate::wire::retry_after::{parse_rate_limits, parse_retry_after};
    #[pymodule_export]
    use crate::wire::sse::{Frames, SseFramer};
    #[pymodule_export]
    use crate::wire::told::{error_body, error_event, status_of_kind};

    /// An `EnvelopeError` made by hand has a `param` too.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.py().get_type::<EnvelopeError>().setattr("param", module.py().None())
    }
}
