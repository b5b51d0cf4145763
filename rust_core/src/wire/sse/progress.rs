//! What the events of a stream add up to, in any dialect.

use std::collections::BTreeMap;

use super::delivered::Delivered;
use crate::wire::usage::Usage;

/// What the events so far add up to.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// By index: whether the choice has its finish reason.
    choices: BTreeMap<i64, bool>,
    unfinished: usize,
    pub(super) usage: Option<Usage>,
    pub(super) delivered: Delivered,
}

impl Progress {
    /// The beginning of a stream; whether the text that is delivered is to be kept.
    pub(super) fn new(keep_text: bool) -> Self {
        Self { delivered: Delivered::new(keep_text), ..Self::default() }
    }

    /// A part of a choice, and whether it is its end.
    pub(super) fn choice(&mut self, index: i64, finished: bool) {
        self.delivered.choice(index);
        let known = self.choices.entry(index).or_insert_with(|| {
            self.unfinished += 1;
            false
        });
        if finished && !*known {
            *known = true;
            self.unfinished -= 1;
        }
    }

    /// Whether every choice seen, at least one, has had its finish reason.
    pub(super) fn finished(&self) -> bool {
        !self.choices.is_empty() && self.unfinished == 0
    }

    /// How many choices have been seen.
    pub(super) fn choices(&self) -> usize {
        self.choices.len()
    }
}
