//! Lines: those of one flow and class that wait for the same route, first come, first served.

use std::collections::HashMap;

use super::flows::Flow;
use crate::admission::Ticket;
use crate::admission::tree::Route;
use crate::limiters::Cost;
use crate::units::Nanos;

/// A line's place in the table.
pub(super) type LineId = usize;

/// Nobody, where a neighbour is named.
pub(super) const NOBODY: Ticket = 0;

/// One who waits.
#[derive(Clone, Copy, Debug)]
pub(in crate::admission) struct Waiter {
    pub(in crate::admission) cost: Cost,
    pub(super) since: Nanos,
    pub(super) deadline: Nanos,
    pub(super) line: LineId,
    pub(super) before: Ticket,
    pub(super) after: Ticket,
}

/// What those of a line have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LineKey {
    pub(super) route: Route,
    pub(super) class: i32,
    pub(super) flow: Flow,
}

/// One line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) key: LineKey,
    pub(super) first: Ticket,
    pub(super) last: Ticket,
    pub(super) requests: u128,
    pub(super) tokens: u128,
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
pub(super) enum Change {
    /// Not at all.
    Same,
    /// The line is new.
    Opened,
    /// Somebody else is first now.
    Head(Ticket),
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
        cost: Cost,
        since: Nanos,
        deadline: Nanos,
    ) -> (LineId, Change) {
        let (id, change) = match self.index.get(&key) {
            Some(id) => (*id, Change::Same),
            None => (self.open(key, ticket), Change::Opened),
        };
        let mut before = NOBODY;
        if let Some(line) = self.table.get_mut(id).and_then(Option::as_mut) {
            if change == Change::Same {
                before = std::mem::replace(&mut line.last, ticket);
            }
            line.requests = line.requests.saturating_add(cost.requests.into());
            line.tokens = line.tokens.saturating_add(cost.tokens.into());
        }
        if let Some(neighbour) = self.waiters.get_mut(&before) {
            neighbour.after = ticket;
        }
        self.waiters.insert(ticket, Waiter { cost, since, deadline, line: id, before, after: NOBODY });
        (id, change)
    }

    /// Takes somebody out, wherever in the line he stands.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<(Waiter, Line, Change)> {
        let waiter = self.waiters.remove(&ticket)?;
        if let Some(before) = self.waiters.get_mut(&waiter.before) {
            before.after = waiter.after;
        }
        if let Some(after) = self.waiters.get_mut(&waiter.after) {
            after.before = waiter.before;
        }
        self.shrink();
        let line = self.table.get_mut(waiter.line).and_then(Option::as_mut)?;
        let was = *line;
        line.requests = line.requests.saturating_sub(waiter.cost.requests.into());
        line.tokens = line.tokens.saturating_sub(waiter.cost.tokens.into());
        if line.last == ticket {
            line.last = waiter.before;
        }
        let mut change = Change::Same;
        if line.first == ticket {
            line.first = waiter.after;
            change = Change::Head(waiter.after);
        }
        if waiter.before == NOBODY && waiter.after == NOBODY {
            change = Change::Closed;
            self.close(waiter.line, &was.key);
        }
        Some((waiter, was, change))
    }

    fn open(&mut self, key: LineKey, first: Ticket) -> LineId {
        let line = Some(Line { key, first, last: first, requests: 0, tokens: 0 });
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
