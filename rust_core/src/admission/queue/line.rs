//! Lines: those of one flow and class that wait for the same route, first come, first served.

use std::collections::HashMap;

use super::flows::Flow;
use crate::admission::Ticket;
use crate::admission::tree::Route;
use crate::limiters::Cost;
use crate::units::Nanos;

/// A line's place in the table.
pub(in crate::admission) type LineId = usize;

/// Nobody, where a neighbour is named.
pub(super) const NOBODY: Ticket = 0;

/// One who waits.
#[derive(Clone, Copy, Debug)]
pub(in crate::admission) struct Waiter {
    pub(in crate::admission) cost: Cost,
    pub(in crate::admission) line: LineId,
    pub(super) since: Nanos,
    pub(super) deadline: Nanos,
    before: Ticket,
    after: Ticket,
}

/// What those of a line have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::admission) struct LineKey {
    pub(in crate::admission) route: Route,
    pub(in crate::admission) class: i32,
    pub(in crate::admission) flow: Flow,
}

/// One line, and how its first stands in the orders of the scopes that hold it up.
#[derive(Clone, Copy, Debug)]
pub(in crate::admission) struct Line {
    pub(in crate::admission) key: LineKey,
    pub(in crate::admission) first: Ticket,
    pub(super) last: Ticket,
    pub(super) requests: u64,
    pub(super) tokens: u64,
    pub(super) weight: u64,
    /// Its first stands in the order of these scopes, by their places on the route.
    pub(in crate::admission) filed: u64,
    /// The class that its first has come up to by age.
    pub(super) class: i32,
    /// How often its first had its turn at one scope and then found another taken.
    pub(in crate::admission) missed: u8,
    /// When age lifts its first by a class; `Nanos::MAX` for never.
    pub(super) lift_at: Nanos,
}

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// All who wait, in their lines. An empty line is no line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    waiters: Map<Ticket, Waiter>,
    table: Vec<Option<Line>>,
    free: Vec<LineId>,
    index: Map<LineKey, LineId>,
}

/// How a line has changed at its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::admission) enum Change {
    /// Not at all.
    Same,
    /// Somebody is first who was not.
    First(LineId),
    /// Nobody is left; the line is gone.
    Closed,
}

impl Lines {
    pub(super) fn len(&self) -> usize {
        self.waiters.len()
    }

    pub(super) fn waiter(&self, ticket: Ticket) -> Option<&Waiter> {
        self.waiters.get(&ticket)
    }

    pub(super) fn line(&self, line: LineId) -> Option<&Line> {
        self.table.get(line).and_then(Option::as_ref)
    }

    pub(super) fn line_mut(&mut self, line: LineId) -> Option<&mut Line> {
        self.table.get_mut(line).and_then(Option::as_mut)
    }

    pub(super) fn find(&self, key: &LineKey) -> Option<&Line> {
        self.index.get(key).and_then(|id| self.line(*id))
    }

    pub(super) fn ids(&self) -> Vec<LineId> {
        self.index.values().copied().collect()
    }

    pub(super) fn tickets(&self) -> Vec<Ticket> {
        let mut tickets: Vec<Ticket> = self.waiters.keys().copied().collect();
        tickets.sort_unstable();
        tickets
    }

    /// Puts somebody at the end of his line.
    pub(super) fn push(
        &mut self,
        ticket: Ticket,
        key: LineKey,
        weight: u64,
        cost: Cost,
        since: Nanos,
        deadline: Nanos,
    ) -> Change {
        let (id, change) = if let Some(id) = self.index.get(&key) {
            (*id, Change::Same)
        } else {
            let id = self.open(key, ticket);
            (id, Change::First(id))
        };
        let mut before = NOBODY;
        if let Some(line) = self.line_mut(id) {
            if change == Change::Same {
                before = std::mem::replace(&mut line.last, ticket);
            }
            line.weight = weight;
            line.requests = line.requests.saturating_add(cost.requests);
            line.tokens = line.tokens.saturating_add(cost.tokens);
        }
        if let Some(neighbour) = self.waiters.get_mut(&before) {
            neighbour.after = ticket;
        }
        self.waiters.insert(ticket, Waiter { cost, line: id, since, deadline, before, after: NOBODY });
        change
    }

    /// Takes somebody out, wherever in the line he stands. A first one must not be filed anywhere any more.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<(Waiter, LineKey, Change)> {
        let waiter = self.waiters.remove(&ticket)?;
        if let Some(before) = self.waiters.get_mut(&waiter.before) {
            before.after = waiter.after;
        }
        if let Some(after) = self.waiters.get_mut(&waiter.after) {
            after.before = waiter.before;
        }
        self.shrink();
        let line = self.line_mut(waiter.line)?;
        let key = line.key;
        line.requests = line.requests.saturating_sub(waiter.cost.requests);
        line.tokens = line.tokens.saturating_sub(waiter.cost.tokens);
        if line.last == ticket {
            line.last = waiter.before;
        }
        let mut change = Change::Same;
        if line.first == ticket {
            line.first = waiter.after;
            change = Change::First(waiter.line);
        }
        if waiter.before == NOBODY && waiter.after == NOBODY {
            change = Change::Closed;
            self.close(waiter.line, &key);
        }
        Some((waiter, key, change))
    }

    fn open(&mut self, key: LineKey, first: Ticket) -> LineId {
        let line = Some(Line {
            key,
            first,
            last: first,
            requests: 0,
            tokens: 0,
            weight: 1,
            filed: 0,
            class: key.class,
            missed: 0,
            lift_at: Nanos::MAX,
        });
        let id = if let Some(id) = self.free.pop() {
            if let Some(place) = self.table.get_mut(id) {
                *place = line;
            }
            id
        } else {
            self.table.push(line);
            self.table.len() - 1
        };
        self.index.insert(key, id);
        id
    }

    fn close(&mut self, id: LineId, key: &LineKey) {
        if let Some(place) = self.table.get_mut(id) {
            *place = None;
        }
        self.index.remove(key);
        self.free.push(id);
        if self.index.is_empty() {
            self.table = Vec::new();
            self.free = Vec::new();
            self.index = Map::default();
        }
    }

    /// A rush leaves no memory behind.
    fn shrink(&mut self) {
        if self.waiters.capacity() > 1024 && self.waiters.len() < self.waiters.capacity() / 8 {
            self.waiters.shrink_to(self.waiters.len() * 2);
        }
    }
}
