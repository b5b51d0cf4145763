//! How long answers are: the exact 90th percentile of the last ones.
//!
//! A window forgets old traffic altogether and needs no tuning; at its size it is smaller, and not slower, than a sketch that
//! only comes near: one answer moves at most so many numbers as the window has.

use std::collections::VecDeque;

/// How many answers are remembered.
const WINDOW: usize = 128;
/// With fewer answers there is no tenth of them yet: until then the start is the least that is told.
const ENOUGH: usize = 10;
/// Tokens of an answer, as long as nothing is known.
const START: u64 = 1_024;

#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    in_order: VecDeque<u64>,
    sorted: Vec<u64>,
}

impl Answers {
    /// What nine in ten of the last answers did not exceed: of n, the one of rank `ceil(n × 9 / 10)`.
    pub(super) fn ninetieth(&self) -> u64 {
        let rank = (self.sorted.len() * 9).div_ceil(10);
        let told = rank.checked_sub(1).and_then(|place| self.sorted.get(place)).copied().unwrap_or(START);
        if self.sorted.len() < ENOUGH { told.max(START) } else { told }
    }

    /// Takes one answer in, and lets the oldest go.
    pub(super) fn record(&mut self, tokens: u64) {
        if self.in_order.len() == WINDOW {
            let oldest = self.in_order.pop_front();
            if let Some(Ok(place)) = oldest.map(|oldest| self.sorted.binary_search(&oldest)) {
                self.sorted.remove(place);
            }
        }
        self.in_order.push_back(tokens);
        let place = self.sorted.partition_point(|other| *other < tokens);
        self.sorted.insert(place, tokens);
    }
}
