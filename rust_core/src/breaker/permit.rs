//! What a breaker answers, and what it is told in return.
//!
//! A permit cannot be copied and is given up with its outcome, so that nothing is recorded twice.

use crate::units::Nanos;

/// The answer to "may this instance be tried now?".
#[derive(Debug)]
#[must_use = "the outcome of a permit is to be recorded"]
pub enum Verdict {
    /// It may, as any other.
    Pass(Pass),
    /// It may, as one of the few that find out.
    Probe(Probe),
    /// Not before so many nanoseconds (never 0) have passed.
    Open {
        /// Refused one nanosecond earlier, let through then, if nothing else happens. While the breaker ramps it is the
        /// longest there is to wait: every attempt counts, so one's turn may come before.
        retry_after: Nanos,
    },
}

/// Leave to try, in one generation of the breaker.
#[derive(Debug)]
pub struct Pass {
    pub(super) generation: u64,
}

/// A place among the probes of one generation, leased until its end.
#[derive(Debug)]
pub struct Probe {
    pub(super) generation: u64,
    pub(super) lease: u64,
    pub(super) end: Nanos,
}

/// Either.
#[derive(Debug)]
pub enum Permit {
    /// Leave to try.
    Pass(Pass),
    /// A place among the probes.
    Probe(Probe),
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The instance did well.
    Success,
    /// The instance failed.
    Failure,
    /// Nothing that speaks for or against the instance: a rate limit, the caller's own mistake, a cancelled call.
    Nothing,
}

impl Pass {
    /// The generation it belongs to.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

impl Probe {
    /// The generation it belongs to.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// When its place is taken back.
    #[must_use]
    pub fn lease_end(&self) -> Nanos {
        self.end
    }
}

impl From<Pass> for Permit {
    fn from(pass: Pass) -> Self {
        Self::Pass(pass)
    }
}

impl From<Probe> for Permit {
    fn from(probe: Probe) -> Self {
        Self::Probe(probe)
    }
}

impl From<Option<bool>> for Outcome {
    fn from(ok: Option<bool>) -> Self {
        match ok {
            Some(true) => Self::Success,
            Some(false) => Self::Failure,
            None => Self::Nothing,
        }
    }
}
