//! One line a request, in key=value form: easy to read, easy to grep, never a prompt and never a secret.

use std::fmt::Write;

use crate::units::Nanos;

/// So much of a name that a client chose is told.
const LONGEST_NAME: usize = 256;

/// A finished request, as its line tells it: times in milliseconds, `-` for what there was not.
#[derive(Clone, Copy, Debug)]
pub struct AccessLine<'a> {
    /// When it ended, in milliseconds since the epoch.
    pub at: u64,
    /// Its id.
    pub id: &'a str,
    /// The path that was asked; the client chose it.
    pub route: &'a str,
    /// The status that the client got.
    pub status: Option<u16>,
    /// Why it ended as it did.
    pub flag: &'a str,
    /// The name that was asked for; the client chose it.
    pub target: &'a str,
    /// Every call and how it ended, in order.
    pub attempts: &'a str,
    /// Who answered.
    pub provider: &'a str,
    /// The model that answered.
    pub model: &'a str,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// How long it waited for room.
    pub queue: Nanos,
    /// From its arrival to the first byte of its answer.
    pub first_byte: Option<Nanos>,
    /// From its arrival to its end.
    pub total: Nanos,
    /// Bytes of body that were sent.
    pub sent: u64,
    /// Tokens of the prompt and of the answer.
    pub tokens: Option<(u64, u64)>,
    /// The configuration that it was served with.
    pub revision: &'a str,
}

impl AccessLine<'_> {
    /// Adds the line, without an end, to a text.
    pub fn write_to(&self, text: &mut String) {
        text.push_str("time=");
        push_time(text, self.at);
        push(text, " id=", self.id);
        push_name(text, " route=", self.route);
        text.push_str(" status=");
        push_or_dash(text, self.status);
        push(text, " flag=", self.flag);
        push_name(text, " target=", self.target);
        text.push_str(" attempts=");
        push_quoted(text, self.attempts);
        push(text, " provider=", self.provider);
        push(text, " model=", self.model);
        push(text, " stream=", if self.stream { "true" } else { "false" });
        push_milliseconds(text, " queue_ms=", Some(self.queue));
        push_milliseconds(text, " ttfb_ms=", self.first_byte);
        push_milliseconds(text, " total_ms=", Some(self.total));
        text.push_str(" bytes=");
        push_number(text, self.sent);
        text.push_str(" tokens=");
        match self.tokens {
            None => text.push('-'),
            Some((prompt, answer)) => {
                push_number(text, prompt);
                text.push('+');
                push_number(text, answer);
            }
        }
        push(text, " revision=", self.revision);
    }
}

fn push(text: &mut String, key: &str, value: &str) {
    text.push_str(key);
    text.push_str(value);
}

fn push_name(text: &mut String, key: &str, name: &str) {
    text.push_str(key);
    let end = name.char_indices().nth(LONGEST_NAME).map_or(name.len(), |(end, _)| end);
    push_quoted(text, name.get(..end).unwrap_or(name));
}

fn push_or_dash(text: &mut String, number: Option<u16>) {
    match number {
        None => text.push('-'),
        Some(number) => push_number(text, u64::from(number)),
    }
}

fn push_number(text: &mut String, number: u64) {
    let _ = write!(text, "{number}"); // a text takes all that is written
}

fn push_milliseconds(text: &mut String, key: &str, time: Option<Nanos>) {
    text.push_str(key);
    let Some(time) = time else { return text.push('-') };
    let tenths = time / 100_000 + u64::from(time % 100_000 >= 50_000);
    push_number(text, tenths / 10);
    text.push('.');
    push_number(text, tenths % 10);
}

/// None may break the line, or forge another: what is not plain stands in quotes, and without any character that is not seen.
fn push_quoted(text: &mut String, name: &str) {
    let is_seen = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\'' | b'\\');
    if name.is_empty() {
        return text.push('-');
    }
    if !name.as_bytes().iter().all(is_seen) {
        text.push('"');
        name.chars().for_each(|each| push_escaped(text, each));
        return text.push('"');
    }
    if name.contains(' ') {
        let _ = write!(text, "\"{name}\"");
    } else {
        text.push_str(name);
    }
}

/// As Python's `unicode_escape` has it, and a single quote for a double one.
fn push_escaped(text: &mut String, each: char) {
    let code = u32::from(each);
    let _ = match each {
        '"' => text.write_char('\''),
        '\\' => text.write_str("\\\\"),
        '\t' => text.write_str("\\t"),
        '\n' => text.write_str("\\n"),
        '\r' => text.write_str("\\r"),
        ' '..='~' => text.write_char(each),
        _ if code <= 0xFF => write!(text, "\\x{code:02x}"),
        _ if code <= 0xFFFF => write!(text, "\\u{code:04x}"),
        _ => write!(text, "\\U{code:08x}"),
    };
}

/// In UTC, as `2026-11-21T03:04:05.678Z`.
fn push_time(text: &mut String, at: u64) {
    let (seconds, milliseconds) = (at / 1000, at % 1000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let _ = write!(text, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z");
}

/// Year, month and day of so many days since 1970-01-01, in the Gregorian calendar.
///
/// Counted from 0000-03-01, so that the day that leap years have is the last of its year: an era of 400 years has 146,097 days, and
/// the months from March on have 153 days every five (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (400 * era + year_of_era + u64::from(month <= 2), month, day)
}
