//! The candidates of a scheduler, and which of them may be picked.

use std::fmt;

/// The weights of the candidates, in their order.
#[derive(Clone, Debug)]
pub(super) struct Roster {
    weights: Vec<u64>,
}

impl Roster {
    pub(super) fn new(weights: &[u64]) -> Self {
        Self { weights: weights.to_vec() }
    }

    pub(super) fn len(&self) -> usize {
        self.weights.len()
    }

    /// The weight of a candidate; 0 for one that there is not.
    pub(super) fn weight(&self, candidate: usize) -> u64 {
        self.weights.get(candidate).copied().unwrap_or_default()
    }

    /// Whether the candidate is eligible and not drained.
    pub(super) fn may_pick(&self, candidate: usize, eligible: &[bool]) -> bool {
        self.weight(candidate) > 0 && eligible.get(candidate).copied().unwrap_or_default()
    }

    /// Those that may be picked, in order.
    pub(super) fn pickable<'a>(&'a self, eligible: &'a [bool]) -> impl Iterator<Item = usize> + Clone + 'a {
        let candidates = self.weights.iter().zip(eligible).enumerate();
        candidates.filter(|(_, (weight, eligible))| **weight > 0 && **eligible).map(|(candidate, _)| candidate)
    }

    pub(super) fn set(&mut self, weights: &[u64]) -> Result<(), WrongNumber> {
        WrongNumber::check(weights.len(), self.len())?;
        self.weights.copy_from_slice(weights);
        Ok(())
    }
}

/// Not one weight for each candidate: they stay as many as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongNumber {
    /// How many weights were given.
    pub given: usize,
    /// How many candidates there are.
    pub candidates: usize,
}

impl WrongNumber {
    pub(super) fn check(given: usize, candidates: usize) -> Result<(), Self> {
        if given == candidates { Ok(()) } else { Err(Self { given, candidates }) }
    }
}

impl fmt::Display for WrongNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "weights has {} entries for {} candidates", self.given, self.candidates)
    }
}

impl std::error::Error for WrongNumber {}
