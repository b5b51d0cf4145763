//! What requests of one kind came to.

use super::buckets::{Buckets, DURATION, FIRST_TOKEN, QUEUE, TOKENS};
use crate::units::Nanos;
use crate::wire::Usage;

/// One request that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// From its arrival to its end.
    pub duration: Nanos,
    /// How long it waited for room.
    pub queue: Nanos,
    /// From its arrival to the first byte of its answer; of a stream that was answered.
    pub first_token: Option<Nanos>,
    /// What it cost, if that is known.
    pub usage: Option<Usage>,
}

/// Requests that are counted together. In constant memory, and as many together as one by one.
#[derive(Clone, Debug)]
pub struct Flow {
    /// How many there were.
    pub requests: u64,
    /// Tokens of prompts that were read from a cache.
    pub cached: u64,
    /// Tokens of prompts that were written to a cache.
    pub cache_write: u64,
    /// Tokens of prompts that were written to a cache for an hour.
    pub cache_write_1h: u64,
    /// What they cost, in the currency of the prices.
    pub cost: f64,
    /// How long they took, in nanoseconds.
    pub duration: Buckets,
    /// How long the first tokens of streams took, in nanoseconds.
    pub first_token: Buckets,
    /// How long they waited for room, in nanoseconds.
    pub queue: Buckets,
    /// Tokens of their prompts.
    pub input: Buckets,
    /// Tokens of their answers.
    pub output: Buckets,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            requests: 0,
            cached: 0,
            cache_write: 0,
            cache_write_1h: 0,
            cost: 0.0,
            duration: Buckets::new(DURATION),
            first_token: Buckets::new(FIRST_TOKEN),
            queue: Buckets::new(QUEUE),
            input: Buckets::new(TOKENS),
            output: Buckets::new(TOKENS),
        }
    }
}

impl Flow {
    /// Counts one.
    pub fn add(&mut self, request: &Request) {
        self.requests = self.requests.saturating_add(1);
        self.duration.add(request.duration);
        self.queue.add(request.queue);
        if let Some(first_token) = request.first_token {
            self.first_token.add(first_token);
        }
        if let Some(usage) = request.usage {
            self.input.add(usage.prompt);
            self.output.add(usage.completion);
            self.cached = self.cached.saturating_add(usage.cached);
            self.cache_write = self.cache_write.saturating_add(usage.cache_write);
            self.cache_write_1h = self.cache_write_1h.saturating_add(usage.cache_write_1h);
        }
    }

    /// Takes in all that another has.
    pub fn merge(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.cached = self.cached.saturating_add(other.cached);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
        self.cache_write_1h = self.cache_write_1h.saturating_add(other.cache_write_1h);
        self.cost += other.cost;
        self.duration.merge(&other.duration);
        self.first_token.merge(&other.first_token);
        self.queue.merge(&other.queue);
        self.input.merge(&other.input);
        self.output.merge(&other.output);
    }

    /// The tokens of all of them together.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            prompt: self.input.sum(),
            completion: self.output.sum(),
            cached: self.cached,
            cache_write: self.cache_write,
            cache_write_1h: self.cache_write_1h,
        }
    }
}
