//! Why a request is refused, and until when.

use std::sync::Arc;

use crate::decision::Decision;
use crate::units::Nanos;

/// Which kind of limit refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// As many are in flight as may be.
    Concurrency,
    /// A rate limit.
    Rate,
    /// A provider asked to be left alone for a while.
    Blocked,
    /// There is room, but somebody who waits has the first claim on it.
    Reserved,
    /// As many wait as may.
    QueueFull,
    /// It would be admitted only after its deadline.
    Deadline,
    /// The controller has been closed.
    Closed,
}

impl Reason {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Concurrency => "concurrency",
            Self::Rate => "rate",
            Self::Blocked => "blocked",
            Self::Reserved => "reserved",
            Self::QueueFull => "queue_full",
            Self::Deadline => "deadline",
            Self::Closed => "closed",
        }
    }
}

/// When it is worth asking again; of several, the greatest holds for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// After so many nanoseconds.
    For(Nanos),
    /// When somebody else has finished, which nobody knows.
    Unknown,
    /// Never: a cost exceeds a capacity.
    Never,
}

impl Wait {
    /// What a limiter's decision makes one wait for, if it refuses.
    pub(super) fn from_decision(decision: Decision) -> Option<Self> {
        match decision {
            Decision::Admitted => None,
            Decision::RetryAfter(wait) => Some(Self::For(wait)),
            Decision::Never => Some(Self::Never),
        }
    }
}

/// A refusal by one scope or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The first scope of the path that refuses, or the first that refuses for good.
    pub scope: Arc<str>,
    /// Why that scope refuses.
    pub reason: Reason,
    /// When every scope that refuses would be through.
    pub wait: Wait,
}

impl Refusal {
    /// Sums up the refusals of a path's scopes, in the order of the path.
    pub(super) fn of<'s>(refusals: impl Iterator<Item = (&'s Arc<str>, (Reason, Wait))>) -> Option<Self> {
        let mut sum: Option<(&Arc<str>, Reason, Wait)> = None;
        for (scope, (reason, wait)) in refusals {
            sum = Some(match sum {
                Some((first, its_reason, so_far)) if wait < Wait::Never || so_far == Wait::Never => {
                    (first, its_reason, so_far.max(wait))
                }
                _ => (scope, reason, wait),
            });
        }
        sum.map(|(scope, reason, wait)| Self { scope: Arc::clone(scope), reason, wait })
    }
}
