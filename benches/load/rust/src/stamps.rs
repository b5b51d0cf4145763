//! Moments in the text of chunks: what passed between the mock's write and the client's read, by the same clock.

use std::time::{SystemTime, UNIX_EPOCH};

use memchr::memchr;

/// The digits of a moment.
pub(crate) const STAMP_WIDTH: usize = 19;

/// Nanoseconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |passed| u64::try_from(passed.as_nanos()).unwrap_or(0))
}

/// Finds `@`, 19 digits, `@` in data that comes in parts.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    value: u64,
    digits: Option<usize>,
}

impl Stamps {
    /// Hands over each moment in the next part.
    pub(crate) fn feed(&mut self, mut part: &[u8], mut with: impl FnMut(u64)) {
        loop {
            if self.digits.is_none() {
                let Some(at) = memchr(b'@', part) else { return };
                part = part.get(at + 1..).unwrap_or_default();
                (self.value, self.digits) = (0, Some(0));
            }
            let Some((&byte, rest)) = part.split_first() else {
                return;
            };
            part = rest;
            let seen = self.digits.unwrap_or(0);
            if byte.is_ascii_digit() && seen < STAMP_WIDTH {
                self.value = self.value * 10 + u64::from(byte - b'0');
                self.digits = Some(seen + 1);
            } else {
                if byte == b'@' && seen == STAMP_WIDTH {
                    with(self.value);
                }
                self.digits = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_found_however_the_data_is_split() {
        let data = b"a@b 12 @1700000000123456789@ word @99@ @1700000000123456790@";
        for size in 1..=data.len() {
            let (mut stamps, mut seen) = (Stamps::default(), Vec::new());
            for part in data.chunks(size) {
                stamps.feed(part, |stamp| seen.push(stamp));
            }
            assert_eq!(
                seen,
                [1_700_000_000_123_456_789, 1_700_000_000_123_456_790],
                "parts of {size}"
            );
        }
    }
}
