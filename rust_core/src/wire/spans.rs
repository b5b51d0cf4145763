//! Spans of time as headers tell them: numbers, durations, and moments to wait for. What is past is a span of 0, what is absurd the
//! longest there is.

use std::time::{Duration, UNIX_EPOCH};

use crate::units::Nanos;

/// A number of units of so many seconds.
pub(super) fn number(value: &str, unit: f64) -> Option<Nanos> {
    let seconds = value.parse::<f64>().ok()? * unit;
    if seconds <= 0.0 {
        return Some(0);
    }
    Some(Duration::try_from_secs_f64(seconds).map_or(Nanos::MAX, nanos))
}

/// A duration such as "6m0s", "120ms" or "1h2m3.5s", or a bare number of seconds.
pub(super) fn duration(value: &str) -> Option<Nanos> {
    if let Some(span) = number(value, 1.0) {
        return Some(span);
    }
    let mut rest = value;
    let mut sum: Nanos = 0;
    while !rest.is_empty() {
        let (amount, tail) = split_where(rest, |c| !c.is_ascii_digit() && c != '.');
        let (unit, tail) = split_where(tail, |c| c.is_ascii_digit() || c == '.');
        sum = sum.saturating_add(number(amount, seconds_in(unit)?)?);
        rest = tail;
    }
    (!value.is_empty()).then_some(sum)
}

/// Until a date as HTTP writes it.
pub(super) fn until_http_date(value: &str, unix_now_ms: u64) -> Option<Nanos> {
    let date = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(nanos(date.saturating_sub(Duration::from_millis(unix_now_ms))))
}

/// Until a moment by RFC 3339, such as "2026-11-01T09:30:00.5+01:00".
pub(super) fn until_rfc3339(value: &str, unix_now_ms: u64) -> Option<Nanos> {
    let (date, time) = value.split_once(['T', 't', ' '])?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (time, zone) = time.split_at(time.find(['Z', 'z', '+', '-'])?);
    let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 60 {
        return None; // the 61st second is a leap second's
    }
    let seconds = days(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone)?;
    let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(fraction.map_or(Some(0), billionths)?);
    let wait = nanos - i128::from(unix_now_ms) * 1_000_000;
    Some(Nanos::try_from(wait.max(0)).unwrap_or(Nanos::MAX))
}

/// Days from 1970 to a date of the years 1 to 9999.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month - 1).ok()?;
    let length = lengths.get(index)?;
    if year < 1 || !(1..=*length).contains(&day) {
        return None;
    }
    let years = year - 1;
    let before = years * 365 + years / 4 - years / 100 + years / 400 + lengths.iter().take(index).sum::<i64>();
    Some(before + day - 1 - 719_162)
}

/// Seconds that a zone is ahead.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let [hours, minutes] = numbers(zone.get(1..)?, ':', [2, 2])?;
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Numbers of so many digits each, with a separator between them.
fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut found = [0; N];
    for (number, width) in found.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width && is_digits(part))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

/// The digits after a point, in billionths; what is smaller is cut off.
fn billionths(digits: &str) -> Option<i64> {
    if digits.is_empty() || !is_digits(digits) {
        return None;
    }
    format!("{digits:0<9}").get(..9)?.parse().ok()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
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
