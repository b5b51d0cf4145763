//! Rate limits: how much of something may pass in a window of time.
//!
//! A [`RateLimit`] is a [`Quota`] of a [`Dimension`]; a [`Limiter`] runs it. Two algorithms are known, each exact to the
//! nanosecond. The token bucket lets a burst pass on top of a steady rate, so that a window may see both unless it is
//! strict; the sliding window never lets more than the limit into any window, and its limit may come all at once.

mod limiter;
mod names;
mod past;
mod quota;
mod rate;
mod sliding_window;
mod token_bucket;
mod told;

pub use limiter::{Level, Limiter};
pub use names::UnknownName;
pub(crate) use names::by_name;
pub use quota::{Algorithm, BucketQuota, Options, Quota, QuotaError, WindowQuota};
pub use rate::{Cost, Dimension, RateLimit};
