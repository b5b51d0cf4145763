//! What a provider's headers tell of its limits: how much is left, and until when.

use super::spans::{duration, until_rfc3339};
use crate::units::{HOUR, Nanos};

/// No window of a limit is longer.
const LONGEST: Nanos = 24 * HOUR;

/// One limit of a provider's, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitStatus {
    /// What is counted: `requests`, `tokens`, `input_tokens` or `output_tokens`.
    pub dimension: &'static str,
    /// How much of it is left.
    pub remaining: u64,
    /// When there will be more: within so many nanoseconds, a day at most.
    pub reset_in: Nanos,
}

/// Dimensions, with the headers for what remains and for its reset, and how the reset is written.
const LIMITS: [(&str, &str, &str, Reset); 6] = [
    ("requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", Reset::Duration),
    ("tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", Reset::Duration),
    ("requests", "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset", Reset::Moment),
    ("tokens", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset", Reset::Moment),
    (
        "input_tokens",
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
        Reset::Moment,
    ),
    (
        "output_tokens",
        "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
        Reset::Moment,
    ),
];

#[derive(Clone, Copy)]
enum Reset {
    Duration,
    Moment,
}

/// The limits that the headers tell, each with what remains and its reset. One of which either cannot be read is passed over.
pub fn parse_rate_limits<B: AsRef<[u8]>>(headers: &[(B, B)], unix_now_ms: u64) -> Vec<RateLimitStatus> {
    let told = |(dimension, remaining, reset, written): &(&'static str, &str, &str, Reset)| {
        let read = |value: &str| match written {
            Reset::Duration => duration(value),
            Reset::Moment => until_rfc3339(value, unix_now_ms),
        };
        Some(RateLimitStatus {
            dimension,
            remaining: values(headers, remaining).find_map(count)?,
            reset_in: values(headers, reset).find_map(read)?.min(LONGEST),
        })
    };
    LIMITS.iter().filter_map(told).collect()
}

/// The values of every header of this name, in any case, that are text.
pub(super) fn values<'h, B: AsRef<[u8]>>(headers: &'h [(B, B)], name: &str) -> impl Iterator<Item = &'h str> {
    headers
        .iter()
        .filter(move |(own, _)| own.as_ref().eq_ignore_ascii_case(name.as_bytes()))
        .filter_map(|(_, value)| std::str::from_utf8(value.as_ref()).ok())
        .map(str::trim)
}

/// A whole number; less than nothing is nothing.
fn count(value: &str) -> Option<u64> {
    value.parse::<i64>().ok().map(|count| u64::try_from(count).unwrap_or(0))
}
