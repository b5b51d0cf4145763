//! How long a provider asks to be left alone.

use super::failure_body::FailureBody;
use super::rate_limits::{parse_rate_limits, values};
use super::spans::{duration, number, until_http_date};
use crate::units::{HOUR, Nanos};

/// Nobody means more than this by a delay.
const LONGEST: Nanos = HOUR;

/// The wait that an answer asks for, in nanoseconds, from 0 to one hour; `None` where it asks for none that can be read.
///
/// What it asks for in so many words goes first: `retry-after-ms`, then `retry-after` (seconds or an HTTP date), then the body's
/// `RetryInfo.retryDelay`. Then comes the latest reset of those limits of which nothing remains.
pub fn parse_retry_after<B: AsRef<[u8]>>(headers: &[(B, B)], unix_now_ms: u64, body: Option<&[u8]>) -> Option<Nanos> {
    let first = |name: &str, read: &dyn Fn(&str) -> Option<Nanos>| values(headers, name).find_map(read);
    let in_body = || duration(body.map(FailureBody::read)?.retry_delay()?);
    let spent = || {
        let limits = parse_rate_limits(headers, unix_now_ms).into_iter();
        limits.filter(|limit| limit.remaining == 0).map(|limit| limit.reset_in).max()
    };
    let wait = first("retry-after-ms", &|value| number(value, 1e-3))
        .or_else(|| first("retry-after", &|value| number(value, 1.0).or_else(|| until_http_date(value, unix_now_ms))))
        .or_else(in_body)
        .or_else(spent)?;
    Some(wait.min(LONGEST))
}
