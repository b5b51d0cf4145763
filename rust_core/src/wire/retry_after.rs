//! How long a provider asks to be left alone, from its response headers.

use std::time::{Duration, UNIX_EPOCH};

use crate::units::{HOUR, Nanos};

/// Nobody means more than this by a delay.
const LONGEST: Nanos = HOUR;

/// The wait that the headers ask for, in nanoseconds, from 0 to one hour; `None` where they ask for none that can be read.
///
/// `retry-after-ms` goes before `retry-after` (seconds or an HTTP date), and that before the reset of whichever of
/// `x-ratelimit-*-requests` and `-tokens` has nothing remaining.
pub fn parse_retry_after<B: AsRef<[u8]>>(headers: &[(B, B)], unix_now_ms: u64) -> Option<Nanos> {
    let first = |name: &str, read: &dyn Fn(&str) -> Option<Nanos>| values(headers, name).find_map(read);
    let reset = |dimension: &str| {
        let spent = |value: &str| value.parse::<i64>().ok().filter(|left| *left <= 0).map(|_| 0);
        first(&format!("x-ratelimit-remaining-{dimension}"), &spent)?;
        first(&format!("x-ratelimit-reset-{dimension}"), &duration)
    };
    first("retry-after-ms", &|value| span(value, 1e-3))
        .or_else(|| first("retry-after", &|value| span(value, 1.0).or_else(|| until_date(value, unix_now_ms))))
        .or_else(|| reset("requests").max(reset("tokens")))
}

/// The values of every header of this name, in any case, that are text.
fn values<'h, B: AsRef<[u8]>>(headers: &'h [(B, B)], name: &str) -> impl Iterator<Item = &'h str> {
    headers
        .iter()
        .filter(move |(own, _)| own.as_ref().eq_ignore_ascii_case(name.as_bytes()))
        .filter_map(|(_, value)| std::str::from_utf8(value.as_ref()).ok())
        .map(str::trim)
}

/// A number of units of so many seconds; what is past is 0, what is absurd is the longest wait.
fn span(value: &str, unit: f64) -> Option<Nanos> {
    let seconds = value.parse::<f64>().ok()? * unit;
    if seconds <= 0.0 {
        return Some(0);
    }
    let wait = Duration::try_from_secs_f64(seconds).map_or(LONGEST, nanos);
    Some(wait.min(LONGEST))
}

fn until_date(value: &str, unix_now_ms: u64) -> Option<Nanos> {
    let date = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let wait = date.saturating_sub(Duration::from_millis(unix_now_ms));
    Some(nanos(wait).min(LONGEST))
}

/// A duration such as "6m0s", "120ms" or "1h2m3.5s", or a bare number of seconds.
fn duration(value: &str) -> Option<Nanos> {
    if let Some(wait) = span(value, 1.0) {
        return Some(wait);
    }
    let mut rest = value;
    let mut sum: Nanos = 0;
    while !rest.is_empty() {
        let (number, tail) = split_where(rest, |c| !c.is_ascii_digit() && c != '.');
        let (unit, tail) = split_where(tail, |c| c.is_ascii_digit() || c == '.');
        sum = sum.saturating_add(span(number, seconds_in(unit)?)?);
        rest = tail;
    }
    (!value.is_empty()).then_some(sum.min(LONGEST))
}

fn split_where(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

fn seconds_in(unit: &str) -> Option<f64> {
    match unit {
        "d" => Some(86_400.0),
        "h" => Some(3_600.0),
        "m" => Some(60.0),
        "s" => Some(1.0),
        "ms" => Some(1e-3),
        "us" | "µs" | "μs" => Some(1e-6),
        "ns" => Some(1e-9),
        _ => None,
    }
}

fn nanos(duration: Duration) -> Nanos {
    Nanos::try_from(duration.as_nanos()).unwrap_or(Nanos::MAX)
}
