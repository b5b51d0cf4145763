//! Places in an order, and what is counted for those who have had theirs.

use super::fairness::Virtual;
use super::flows::Flow;
use crate::admission::Ticket;
use crate::limiters::{Cost, Dimension};

/// A place among those of one flow that a scope holds up: the smallest is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::admission) struct Turn {
    pub(super) class: i32,
    /// False for one who has missed his turn often.
    pub(super) takes_turns: bool,
    pub(super) ticket: Ticket,
}

impl Turn {
    /// The place among all, if the flow has been served up to there.
    pub(super) fn at(self, served: Virtual) -> Rank {
        let Self { class, takes_turns, ticket } = self;
        Rank { class, takes_turns, served: if takes_turns { served } else { 0 }, ticket }
    }
}

/// A place in the order of a scope: the smallest is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::admission) struct Rank {
    class: i32,
    takes_turns: bool,
    served: Virtual,
    ticket: Ticket,
}

impl Rank {
    pub(in crate::admission) fn ticket(self) -> Ticket {
        self.ticket
    }

    /// The order between two who are each first somewhere.
    pub(in crate::admission) fn by_age(self) -> (i32, Ticket) {
        (self.class, self.ticket)
    }
}

/// What is to be admitted before somebody.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::admission) struct Ahead {
    pub(super) requests: u64,
    pub(super) tokens: u64,
}

impl Ahead {
    pub(in crate::admission) fn of(self, dimension: Dimension) -> u128 {
        match dimension {
            Dimension::Requests => self.requests.into(),
            Dimension::Tokens => self.tokens.into(),
        }
    }
}

/// What was counted for whom, to be put right when the real cost is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::admission) struct Service {
    /// 0 if nothing was.
    pub(in crate::admission) flow: Flow,
    pub(in crate::admission) ticket: Ticket,
    pub(in crate::admission) weight: u64,
}

/// What a service counts for: its tokens, or where they are not known its calls, and never nothing.
pub(super) fn weigh(cost: Cost) -> u64 {
    cost.tokens.max(cost.requests).max(1)
}
