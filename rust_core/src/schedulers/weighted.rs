//! Everybody as often as its weight says, evenly spread.

use super::Scheduler;
use super::rng::Rng;
use super::roster::WrongNumber;
use crate::units::Nanos;

/// The circumference of the circle: divided by the largest weight it still leaves 2^64 places between two marks.
const CIRCLE: u128 = u128::MAX;

/// A candidate's first mark is this much further along its stride than that of the one before it. Multiples of the
/// golden ratio stay apart from each other however many they are, so marks do not heap up where strides meet.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Where the first of them lies in its stride, the root of 2. From 0 on, every candidate whose weight is its own number
/// would have a mark at the golden ratio itself.
const ROOT: u64 = 0x6A09_E667_F3BC_C908;

/// Smooth weighted round robin without credit. Each candidate has as many marks as its weight on a circle, at even
/// distances; a cursor, starting anywhere, walks from mark to mark and steps over those of candidates that may not be
/// picked.
///
/// Once round the circle passes each mark once. So while the same candidates are eligible, any Σw picks in a row give
/// each exactly its weight, from the first pick on and whatever came before. A candidate that comes and goes never
/// changes the order in which the others are picked; when it is back it finds its next mark ahead, and there is nothing
/// that it could have hoarded.
///
/// When a weight changes, the candidate's marks are laid anew, the next one as large a part of the new stride away as
/// it was of the old. A pick takes one comparison a candidate, an addition, and a division for those that were away.
#[derive(Clone, Debug)]
pub struct Weighted {
    candidates: Vec<Marks>,
    /// The mark last picked.
    cursor: Place,
}

/// A mark, in the order in which the cursor comes to it. At one spot the candidates are in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    lap: u64,
    at: u128,
    candidate: usize,
}

/// The marks of one candidate: `weight` of them, the first at `offset`, each `stride` from the one before it.
#[derive(Clone, Debug)]
struct Marks {
    weight: u64,
    stride: u128,
    offset: u128,
    /// How many marks of this lap are before `next`.
    passed: u64,
    /// The next mark, or one that the cursor has passed while the candidate could not be picked.
    next: Place,
    /// While the weight is 0: how much of a stride is left to the next mark, in parts of 2^64.
    left: u64,
}

impl Weighted {
    /// One candidate for each weight, in order.
    #[must_use]
    pub fn new(weights: &[u64], seed: u64) -> Self {
        let phases = (0..).map(|candidate: u64| candidate.wrapping_mul(GOLDEN).wrapping_add(ROOT));
        let candidates = weights.iter().zip(phases).enumerate();
        let candidates: Vec<_> =
            candidates.map(|(candidate, (&weight, phase))| Marks::new(candidate, weight, phase)).collect();
        let cursor = any_mark(&candidates, &mut Rng::new(seed)).unwrap_or(Place { lap: 0, at: 0, candidate: 0 });
        Self { candidates, cursor }
    }
}

/// Any mark of all, each as likely as the others; none where all are drained.
fn any_mark(candidates: &[Marks], rng: &mut Rng) -> Option<Place> {
    let mut drawn = rng.below(candidates.iter().map(|marks| u128::from(marks.weight)).sum());
    for marks in candidates {
        match drawn.checked_sub(u128::from(marks.weight)) {
            Some(beyond) => drawn = beyond,
            None => return Some(Place { at: marks.offset + drawn * marks.stride, ..marks.next }),
        }
    }
    None
}

impl Scheduler for Weighted {
    fn pick(&mut self, eligible: &[bool], _now: Nanos) -> Option<usize> {
        let mut first: Option<Place> = None;
        for (marks, _) in self.candidates.iter_mut().zip(eligible).filter(|(marks, open)| **open && marks.weight > 0) {
            marks.pass(self.cursor);
            if first.is_none_or(|first| marks.next < first) {
                first = Some(marks.next);
            }
        }
        self.cursor = first?;
        let picked = self.cursor.candidate;
        self.candidates.get_mut(picked)?.step();
        Some(picked)
    }

    fn set_weights(&mut self, weights: &[u64], _now: Nanos) -> Result<(), WrongNumber> {
        WrongNumber::check(weights.len(), self.len())?;
        for (marks, &weight) in
            self.candidates.iter_mut().zip(weights).filter(|(marks, weight)| marks.weight != **weight)
        {
            marks.lay(weight, self.cursor);
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.candidates.len()
    }
}

impl Marks {
    fn new(candidate: usize, weight: u64, phase: u64) -> Self {
        let stride = stride(weight);
        let offset = part_of(stride, phase);
        let next = Place { lap: 0, at: offset, candidate };
        Self { weight, stride, offset, passed: 0, next, left: phase }
    }

    /// On to the mark after `next`.
    fn step(&mut self) {
        self.passed += 1;
        if self.passed < self.weight {
            self.next.at += self.stride;
        } else {
            self.start_lap(self.next.lap.saturating_add(1));
        }
    }

    /// To the first mark of a lap.
    fn start_lap(&mut self, lap: u64) {
        self.passed = 0;
        (self.next.lap, self.next.at) = (lap, self.offset);
    }

    /// On to the first mark after the cursor, if that has passed `next`. Only for a weight above 0.
    fn pass(&mut self, cursor: Place) {
        if self.next > cursor {
            return;
        }
        self.start_lap(cursor.lap);
        let Some(beyond) = cursor.at.checked_sub(self.offset) else { return };
        // The last mark at or before the cursor. A lap has no more than `weight`, a part of the circle below 2^64.
        let marks = (beyond / self.stride).min(u128::from(self.weight - 1));
        self.passed = u64::try_from(marks).unwrap_or_default();
        self.next.at += marks * self.stride;
        if self.next <= cursor {
            self.step();
        }
    }

    /// Lays the marks anew for another weight.
    fn lay(&mut self, weight: u64, cursor: Place) {
        if self.weight > 0 {
            self.pass(cursor);
            let same_lap = self.next.lap == cursor.lap;
            let distance = if same_lap { self.next.at - cursor.at } else { CIRCLE - cursor.at + self.next.at };
            self.left = part(distance, self.stride);
        }
        self.weight = weight;
        self.stride = stride(weight);
        if weight == 0 {
            return;
        }
        // At least one place ahead: the cursor has been where it is.
        let distance = part_of(self.stride, self.left).max(1);
        let before_the_end = CIRCLE - cursor.at;
        let (lap, at) = if distance < before_the_end {
            (cursor.lap, cursor.at + distance)
        } else {
            (cursor.lap.saturating_add(1), distance - before_the_end)
        };
        self.offset = at % self.stride;
        self.start_lap(lap);
        let marks = at / self.stride;
        if marks < u128::from(weight) {
            self.passed = u64::try_from(marks).unwrap_or_default();
            self.next.at = at;
        } else {
            // Where the strides do not fill the circle there is no mark; the next lap begins with one.
            self.start_lap(lap.saturating_add(1));
        }
    }
}

fn stride(weight: u64) -> u128 {
    CIRCLE.checked_div(u128::from(weight)).unwrap_or_default()
}

/// So many parts of 2^64 of a length.
fn part_of(length: u128, parts: u64) -> u128 {
    let (high, low) = (length >> u64::BITS, length & u128::from(u64::MAX));
    high * u128::from(parts) + ((low * u128::from(parts)) >> u64::BITS)
}

/// How much of a length above 2^64 a distance is, in parts of 2^64; the last one where it is the whole.
fn part(distance: u128, length: u128) -> u64 {
    let spare = length.leading_zeros();
    let parts = (distance.min(length) << spare) / ((length << spare) >> u64::BITS);
    u64::try_from(parts).unwrap_or(u64::MAX)
}
