//! The wire's pure machines: bytes in, facts and bytes out.

mod dialect;
mod envelope;
mod failure_body;
mod forwarding;
mod guard;
pub mod http1;
mod json;
mod outcome;
mod rate_limits;
mod reasons;
mod response;
mod retry_after;
mod spans;
mod sse;
mod told;
mod usage;

pub use dialect::Dialect;
pub use envelope::{Address, AddressError, Envelope, EnvelopeError, Rewrite, RewriteError, Rewritten};
pub use forwarding::{Upstream, answer_headers, forwarded_headers, is_credential, reaches_client};
pub use guard::{Guard, Misdirection};
pub use outcome::{ClassifyError, Outcome, Signal, classify};
pub use rate_limits::{RateLimitStatus, parse_rate_limits};
pub use response::{Inspection, inspect};
pub use retry_after::parse_retry_after;
pub use sse::{Frames, Framing, Passed, SseFramer};
pub use told::{ToldError, error_body, error_event, status_of_kind};
pub use usage::Usage;
