//! What became of the attempts on one target: counters, and histograms of how long they took.

use super::histogram::Histogram;
use crate::units::Nanos;

/// Where failures are counted whose names came after the first so many.
pub const OTHER: &str = "other";

const NAMES: usize = 32;

/// One attempt that has ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attempt<'a> {
    /// The name of its failure; `None` if it ended well.
    pub failure: Option<&'a str>,
    /// How long it took, if that is to be counted.
    pub latency: Option<Nanos>,
    /// How long until its first token, if there was one.
    pub time_to_first_token: Option<Nanos>,
    /// Tokens of its prompt.
    pub tokens_in: u64,
    /// Tokens of its answer.
    pub tokens_out: u64,
}

/// Counters and histograms. Recording takes constant time, and memory only for a failure's name that is new.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    successes: u64,
    failures: Vec<(Box<str>, u64)>,
    other: u64,
    tokens_in: u64,
    tokens_out: u64,
    fallbacks: u64,
    retries: u64,
    latency: Histogram,
    time_to_first_token: Histogram,
}

impl Statistics {
    /// Counts an attempt.
    pub fn record(&mut self, attempt: &Attempt<'_>) {
        match attempt.failure {
            None => add(&mut self.successes, 1),
            Some(name) => self.fail(name, 1),
        }
        add(&mut self.tokens_in, attempt.tokens_in);
        add(&mut self.tokens_out, attempt.tokens_out);
        if let Some(latency) = attempt.latency {
            self.latency.record(latency);
        }
        if let Some(first) = attempt.time_to_first_token {
            self.time_to_first_token.record(first);
        }
    }

    /// Counts a step down to another target.
    pub fn record_fallback(&mut self) {
        add(&mut self.fallbacks, 1);
    }

    /// Counts another attempt for the same request.
    pub fn record_retry(&mut self) {
        add(&mut self.retries, 1);
    }

    /// Takes in all that another has counted.
    pub fn merge(&mut self, other: &Self) {
        for (name, count) in other.failures() {
            self.fail(name, count);
        }
        add(&mut self.successes, other.successes);
        add(&mut self.tokens_in, other.tokens_in);
        add(&mut self.tokens_out, other.tokens_out);
        add(&mut self.fallbacks, other.fallbacks);
        add(&mut self.retries, other.retries);
        self.latency.merge(&other.latency);
        self.time_to_first_token.merge(&other.time_to_first_token);
    }

    /// All attempts.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.failures().fold(self.successes, |sum, (_, count)| sum.saturating_add(count))
    }

    /// Those that ended well.
    #[must_use]
    pub fn successes(&self) -> u64 {
        self.successes
    }

    /// Those that failed, by name, in the order the names came. At most 32 names; the rest is [`OTHER`].
    pub fn failures(&self) -> impl Iterator<Item = (&str, u64)> {
        let other = (self.other > 0).then_some((OTHER, self.other));
        self.failures.iter().map(|(name, count)| (&**name, *count)).chain(other)
    }

    /// Tokens of all prompts.
    #[must_use]
    pub fn tokens_in(&self) -> u64 {
        self.tokens_in
    }

    /// Tokens of all answers.
    #[must_use]
    pub fn tokens_out(&self) -> u64 {
        self.tokens_out
    }

    /// Steps down to another target.
    #[must_use]
    pub fn fallbacks(&self) -> u64 {
        self.fallbacks
    }

    /// Further attempts for the same request.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.retries
    }

    /// How long the attempts took.
    #[must_use]
    pub fn latency(&self) -> &Histogram {
        &self.latency
    }

    /// How long until their first token.
    #[must_use]
    pub fn time_to_first_token(&self) -> &Histogram {
        &self.time_to_first_token
    }

    fn fail(&mut self, name: &str, count: u64) {
        if let Some((_, known)) = self.failures.iter_mut().find(|(known, _)| **known == *name) {
            add(known, count);
        } else if self.failures.len() < NAMES && name != OTHER {
            self.failures.push((name.into(), count));
        } else {
            add(&mut self.other, count);
        }
    }
}

fn add(counter: &mut u64, count: u64) {
    *counter = counter.saturating_add(count);
}
