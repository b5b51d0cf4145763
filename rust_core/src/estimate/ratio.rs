//! Tokens to a byte of text, as a moving average that no single request moves far.
//!
//! The average is weighted by bytes, so that many short prompts, which are mostly overhead, do not spoil what is known of long
//! ones:
//!
//! ```text
//! sample = tokens / bytes, held within [ratio / 2, ratio × 2] and [1/16, 2]
//! kept   = before × 63/64                          before begins at 1,024
//! weight = bytes, four times what was before at most
//! ratio  = (ratio × kept + sample × weight) / (kept + weight)  begins at 1/4
//! before = kept + weight
//! ```
//!
//! Holding a sample near the average is Winsor's remedy for outliers: a request as long as others moves the ratio by 1/64 at
//! most, the longest by four fifths. Real texts lie between 1/6 (English prose in long words) and some 1 (Chinese in an old vocabulary is 2/3, random bytes 1 and above).

/// A ratio of 1, in whole numbers.
const ONE: u64 = 1 << 32;
const LEAST: u64 = ONE / 16;
const MOST: u64 = ONE * 2;
const START: u64 = ONE / 4;

/// How many bytes the ratio to begin with is worth.
const START_BYTES: u64 = 1_024;
/// What was before loses this part of its weight with each request.
const FORGET: u64 = 64;
/// A request weighs at most so many times what was before.
const AT_MOST: u64 = 4;
/// More text than any request has; it keeps the sums within their types.
const LONGEST: u64 = 1 << 40;

#[derive(Clone, Copy, Debug)]
pub(super) struct Ratio {
    ratio: u64,
    bytes: u64,
}

impl Default for Ratio {
    fn default() -> Self {
        Self { ratio: START, bytes: START_BYTES }
    }
}

impl Ratio {
    /// Tokens of so many bytes, rounded up.
    pub(super) fn tokens(&self, bytes: u64) -> u64 {
        let tokens = (u128::from(bytes) * u128::from(self.ratio)).div_ceil(u128::from(ONE));
        u64::try_from(tokens).unwrap_or(u64::MAX)
    }

    /// Takes in what so many bytes have come to. No bytes teach nothing.
    pub(super) fn record(&mut self, bytes: u64, tokens: u64) {
        if bytes == 0 {
            return;
        }
        let sample = u128::from(tokens) * u128::from(ONE) / u128::from(bytes);
        let sample = u64::try_from(sample).unwrap_or(u64::MAX).clamp(self.ratio / 2, self.ratio * 2);
        let sample = sample.clamp(LEAST, MOST);
        let kept = self.bytes - self.bytes / FORGET;
        let weight = bytes.min(self.bytes * AT_MOST);
        let sum = u128::from(self.ratio) * u128::from(kept) + u128::from(sample) * u128::from(weight);
        self.bytes = (kept + weight).min(LONGEST);
        self.ratio = u64::try_from(sum / u128::from(kept + weight)).unwrap_or(MOST).clamp(LEAST, MOST);
    }
}
