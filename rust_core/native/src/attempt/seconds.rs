//! A span of time in words.

use std::time::Duration;

/// Digits that tell something.
const DIGITS: usize = 6;

/// Seconds with six digits at most and no zeros at their end; such as are very many, or very few, with an exponent.
pub(super) fn in_words(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    let scientific = format!("{seconds:.0$e}", DIGITS - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent = exponent.parse::<i32>().unwrap_or_default();
    let decimals = usize::try_from(5 - exponent).ok().filter(|decimals| *decimals < DIGITS + 4);
    match decimals {
        Some(decimals) => without_zeros(&format!("{seconds:.decimals$}")).to_owned(),
        None => format!("{}e{exponent:+03}", without_zeros(mantissa)),
    }
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_told_briefly() {
        let told = [
            (0.0, "0"),
            (30.0, "30"),
            (100.0, "100"),
            (0.2, "0.2"),
            (29.987_654_3, "29.9877"),
            (123_456.7, "123457"),
            (999_999.9, "1e+06"),
            (1_234_567.0, "1.23457e+06"),
            (1e12, "1e+12"),
            (0.000_1, "0.0001"),
            (0.000_123_456_7, "0.000123457"),
            (0.000_012_5, "1.25e-05"),
        ];
        for (seconds, words) in told {
            assert_eq!(in_words(Duration::from_secs_f64(seconds)), words);
        }
    }
}
