//! What a request will cost in tokens, before its provider says so: learned from what the ones before it cost.
//!
//! A guess is needed where tokens are reserved; what was reserved too much or too little is settled later. It is therefore made
//! of what is known without a tokenizer: bytes of text, images, and the client's own bound.
//!
//! ```text
//! input  = OVERHEAD + ceil(text_bytes × ratio) + images × IMAGE
//! output = min(max_tokens, the 90th percentile of the last 128 answers)
//! ```
//!
//! | module | what it learns |
//! |---|---|
//! | `ratio` | tokens to a byte of text |
//! | `answers` | how long answers are |
//!
//! Where the figures to begin with come from:
//! - a token is about four characters of English text (`OpenAI`, "What are tokens and how to count them?");
//! - a message costs 3 or 4 tokens beside its text, and the answer's beginning 3 more (`OpenAI` Cookbook, "How to count tokens with
//!   tiktoken"); further messages are learned as a part of the ratio;
//! - an image costs 85 tokens and 170 for each of its tiles, 1,105 for one of 2048 × 4096 pixels (`OpenAI`, "Images and vision");
//!   Anthropic's width × height / 750 comes to some 1,600 at most. Images are not learned, for no usage tells them from text.

mod answers;
mod ratio;

use self::answers::Answers;
use self::ratio::Ratio;

/// Tokens of a request without any text.
pub const OVERHEAD: u64 = 8;

/// Tokens of one image.
pub const IMAGE: u64 = 1_100;

/// After so many requests the reservation goes by what they have cost, and by no guess.
const ENOUGH: u64 = 10;
const SHARE_OF_A_GUESS: u64 = 8;

/// Tokens that a request will probably cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Of what the model reads.
    pub input: u64,
    /// Of what it answers: nine in ten requests cost no more.
    pub output: u64,
}

/// What one target's requests have cost, as far as it helps to guess what the next one will. In some 2 KB, whatever it is fed.
#[derive(Clone, Debug, Default)]
pub struct TokenEstimator {
    ratio: Ratio,
    answers: Answers,
    /// From how many requests it has learned.
    learned: u64,
}

impl TokenEstimator {
    /// What a request will probably cost. One that is told nothing of costs `OVERHEAD` and more.
    #[must_use]
    pub fn estimate(&self, text_bytes: u64, images: u64, max_tokens: Option<u64>) -> Estimate {
        let text = self.ratio.tokens(text_bytes);
        let input = OVERHEAD.saturating_add(text).saturating_add(images.saturating_mul(IMAGE));
        let output = self.answers.ninetieth().min(max_tokens.unwrap_or(u64::MAX));
        Estimate { input, output }
    }

    /// What to reserve for a request: its prompt, and as much of an answer as is usual.
    ///
    /// A short answer may come of a request whose usual answer would not pass a limit, so that no more is reserved for the answer than
    /// leaves the whole within `most`, the smallest limit that the reservation has to pass; a prompt that is too long by itself is left
    /// as it is. And as long as nobody knows what is usual, the guess must not keep a small limit from being used: it takes an eighth
    /// of it at most. What a request really costs is charged in the end, whatever was reserved.
    #[must_use]
    pub fn reservation(&self, text_bytes: u64, images: u64, max_tokens: Option<u64>, most: Option<u64>) -> u64 {
        let Estimate { input, output } = self.estimate(text_bytes, images, max_tokens);
        let Some(most) = most else { return input.saturating_add(output) };
        let share = if self.learned >= ENOUGH { most } else { (most / SHARE_OF_A_GUESS).max(1) };
        input.saturating_add(output.min(share).min(most.saturating_sub(input)))
    }

    /// Learns what a request has cost. A prompt with images teaches nothing of its text, and so does one that is told to have cost
    /// nothing.
    pub fn record(&mut self, text_bytes: u64, images: u64, prompt_tokens: u64, completion_tokens: u64) {
        self.learned = self.learned.saturating_add(1);
        if images == 0 && prompt_tokens > 0 {
            self.ratio.record(text_bytes, prompt_tokens.saturating_sub(OVERHEAD));
        }
        self.answers.record(completion_tokens);
    }

    /// Tokens to a thousand bytes of text, rounded up.
    #[must_use]
    pub fn tokens_per_thousand_bytes(&self) -> u64 {
        self.ratio.tokens(1_000)
    }
}
