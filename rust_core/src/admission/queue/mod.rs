//! Those who wait, and their order.
//!
//! Everybody stands in one line: a route, a class and a flow, first come, first served. The first of each line stands in the
//! order of every scope that holds him up, be it that it lacks room for him or that another is before him there. In an order
//! the more urgent class goes first; each `aging` of waiting lifts one by a class, up to the most urgent that has waited
//! since the queue was last empty. Within a class goes first who has had his turn often and in vain, then the flow that has
//! had less of the scope, then who came first.

mod aging;
mod fairness;
mod flows;
mod line;
mod order;

use std::collections::{BTreeSet, HashMap};

use super::Ticket;
use crate::limiters::Cost;
use crate::units::Nanos;
use fairness::ScopeQueue;
pub(super) use flows::Flow;
use flows::Flows;
use line::Lines;
pub(super) use line::{Change, Line, LineId, LineKey, Waiter};
pub(super) use order::{Ahead, Rank, Service};
use order::{Turn, weigh};

/// How somebody wants to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) key: LineKey,
    pub(super) weight: u64,
    pub(super) cost: Cost,
    pub(super) since: Nanos,
    pub(super) deadline: Nanos,
}

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// All queues of a tree of scopes.
#[derive(Debug)]
pub(super) struct Queue {
    aging: Nanos,
    /// The most urgent class that has waited since nobody did.
    top: i32,
    last_ticket: Ticket,
    lines: Lines,
    scopes: Map<usize, ScopeQueue>,
    flows: Flows,
    deadlines: BTreeSet<(Nanos, Ticket)>,
    /// When age lifts the first of a line.
    lifts: BTreeSet<(Nanos, LineId)>,
    /// When time alone makes room for the first in a scope's order.
    due: BTreeSet<(Nanos, usize)>,
}

impl Queue {
    /// One who has had his turn so often and then found another of his scopes taken is held all of them.
    pub(super) const PATIENCE: u8 = 8;

    pub(super) fn new(aging: Nanos) -> Self {
        Self {
            aging: aging.max(1),
            top: i32::MAX,
            last_ticket: 0,
            lines: Lines::default(),
            scopes: Map::default(),
            flows: Flows::default(),
            deadlines: BTreeSet::new(),
            lifts: BTreeSet::new(),
            due: BTreeSet::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.len() == 0
    }

    pub(super) fn waiter(&self, ticket: Ticket) -> Option<&Waiter> {
        self.lines.waiter(ticket)
    }

    pub(super) fn line(&self, line: LineId) -> Option<&Line> {
        self.lines.line(line)
    }

    /// The line that a ticket stands in.
    pub(super) fn line_of(&self, ticket: Ticket) -> Option<&Line> {
        self.lines.line(self.lines.waiter(ticket)?.line)
    }

    /// Everybody, in the order of arrival.
    pub(super) fn tickets(&self) -> Vec<Ticket> {
        self.lines.tickets()
    }

    /// How many wait for the scope.
    pub(super) fn waiting(&self, scope: usize) -> usize {
        self.scopes.get(&scope).map_or(0, |queue| queue.waiting)
    }

    /// The first of those that the scope holds up.
    pub(super) fn first(&self, scope: usize) -> Option<Rank> {
        self.scopes.get(&scope)?.order.first().copied()
    }

    /// The number of the flow of this name.
    pub(super) fn flow(&mut self, name: &str) -> Flow {
        self.flows.number(name)
    }

    pub(super) fn flow_name(&self, flow: Flow) -> Option<&str> {
        self.flows.name(flow).map(|name| &**name)
    }

    /// Forgets the flow, unless something is counted for it.
    pub(super) fn forget(&mut self, flow: Flow) {
        self.flows.forget(flow);
    }

    /// When time alone may next change something: make room, lift somebody, or let a deadline pass.
    pub(super) fn next_event(&self) -> Nanos {
        let due = self.due.first().map_or(Nanos::MAX, |(due, _)| *due);
        let lift = self.lifts.first().map_or(Nanos::MAX, |(lift, _)| *lift);
        // At his deadline one may still be let in; after it he may not.
        let expiry = self.deadlines.first().map_or(Nanos::MAX, |(deadline, _)| deadline.saturating_add(1));
        due.min(lift).min(expiry)
    }

    /// One whose deadline has passed.
    pub(super) fn overdue(&self, now: Nanos) -> Option<Ticket> {
        self.deadlines.first().filter(|(deadline, _)| *deadline < now).map(|(_, ticket)| *ticket)
    }

    /// The scopes for whose first time has made room.
    pub(super) fn ready_scopes(&self, now: Nanos) -> Vec<usize> {
        self.due.range(..=(now, usize::MAX)).map(|(_, scope)| *scope).collect()
    }

    /// Notes when time alone makes room for the first in a scope's order.
    pub(super) fn set_due(&mut self, scope: usize, due: Option<Nanos>) {
        let Some(queue) = self.scopes.get_mut(&scope) else { return };
        if queue.due == due {
            return;
        }
        if let Some(old) = std::mem::replace(&mut queue.due, due) {
            self.due.remove(&(old, scope));
        }
        if let Some(due) = due {
            self.due.insert((due, scope));
        }
    }

    /// What a line has before one who would be its last, if it has anybody.
    pub(super) fn ahead(&self, key: &LineKey) -> Option<Ahead> {
        let line = self.lines.find(key)?;
        Some(Ahead { requests: line.requests, tokens: line.tokens })
    }

    /// A number for one who comes, whether or not he has to wait.
    pub(super) fn next_ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        self.last_ticket
    }

    /// Takes a place at the end of a line.
    pub(super) fn join(&mut self, scopes: &[usize], claim: Claim) -> (Ticket, Change) {
        let ticket = self.next_ticket();
        let Claim { key, weight, cost, since, deadline } = claim;
        let change = self.lines.push(ticket, key, weight, cost, since, deadline);
        for scope in scopes {
            let queue = self.scopes.entry(*scope).or_insert_with(|| ScopeQueue::new(ticket));
            queue.join(key.flow, &mut self.flows);
        }
        if deadline < Nanos::MAX {
            self.deadlines.insert((deadline, ticket));
        }
        if key.class < self.top {
            self.top = key.class;
            for line in self.lines.ids() {
                self.set_lift(line);
            }
        }
        (ticket, change)
    }

    /// Gives up a place, and tells whether somebody else is first in the line now.
    pub(super) fn leave(&mut self, ticket: Ticket, scopes: &[usize]) -> Change {
        if let Some(line) = self.lines.waiter(ticket).map(|waiter| waiter.line)
            && self.lines.line(line).is_some_and(|line| line.first == ticket)
        {
            self.file_at(line, scopes, 0);
            self.clear_lift(line);
        }
        let Some((waiter, key, change)) = self.lines.remove(ticket) else { return Change::Same };
        for scope in scopes {
            let Some(queue) = self.scopes.get_mut(scope) else { continue };
            queue.leave(key.flow, &mut self.flows);
            if queue.waiting == 0 {
                self.set_due(*scope, None);
                if let Some(queue) = self.scopes.remove(scope) {
                    queue.close(&mut self.flows);
                }
            }
        }
        self.deadlines.remove(&(waiter.deadline, ticket));
        if self.is_empty() {
            self.top = i32::MAX;
        }
        change
    }

    /// The place of a line's first in the order of a scope, whether or not he stands in it.
    pub(super) fn rank(&self, line: &Line, scope: usize) -> Rank {
        let served = self.scopes.get(&scope).map_or(0, |queue| queue.served(line.key.flow));
        Self::turn(line).at(served)
    }

    fn turn(line: &Line) -> Turn {
        Turn { class: line.class, takes_turns: line.missed < Self::PATIENCE, ticket: line.first }
    }

    /// The place that one would have who comes now.
    pub(super) fn rank_of_newcomer(&self, class: i32, flow: Flow, scope: usize) -> Rank {
        let served = self.scopes.get(&scope).map_or(0, |queue| queue.served(flow));
        Turn { class, takes_turns: true, ticket: Ticket::MAX }.at(served)
    }

    /// Has the first of a line stand in the order of these scopes of his route, given by their places on it, and no other.
    pub(super) fn file_at(&mut self, id: LineId, scopes: &[usize], places: u64) {
        let Some(line) = self.lines.line(id).copied() else { return };
        for (place, scope) in scopes.iter().enumerate() {
            let (was, is) = (line.filed >> place & 1, places >> place & 1);
            if was == is {
                continue;
            }
            if let Some(queue) = self.scopes.get_mut(scope) {
                if is == 1 {
                    queue.file(line.key.flow, line.weight, Self::turn(&line));
                } else {
                    queue.unfile(line.key.flow, Self::turn(&line));
                }
            }
        }
        if let Some(line) = self.lines.line_mut(id) {
            line.filed = places;
        }
    }

    /// Notes that the first of a line has missed his turn once more. He stands nowhere meanwhile, for it may move him.
    pub(super) fn miss(&mut self, id: LineId) {
        if let Some(line) = self.lines.line_mut(id) {
            line.missed = line.missed.saturating_add(1);
        }
    }

    /// Counts a service to the flow at every scope of its route.
    pub(super) fn serve(&mut self, flow: Flow, scopes: &[usize], cost: Cost, weight: u64) {
        for scope in scopes {
            if let Some(queue) = self.scopes.get_mut(scope) {
                queue.serve(flow, weigh(cost), weight);
            }
        }
    }

    /// Counts a service to one who passes all who wait for these scopes.
    pub(super) fn serve_passing(&mut self, flow: Flow, scopes: &[usize], cost: Cost, weight: u64) {
        for scope in scopes {
            if let Some(queue) = self.scopes.get_mut(scope) {
                queue.join(flow, &mut self.flows);
            }
        }
        self.serve(flow, scopes, cost, weight);
        for scope in scopes {
            if let Some(queue) = self.scopes.get_mut(scope) {
                queue.leave(flow, &mut self.flows);
            }
        }
    }

    /// Corrects what a flow was counted for one who joined with this ticket, now that the real cost is known.
    pub(super) fn correct(&mut self, service: Service, scopes: &[usize], estimated: Cost, actual: Cost) {
        let Service { flow, ticket, weight } = service;
        for scope in scopes {
            if let Some(queue) = self.scopes.get_mut(scope) {
                queue.correct(flow, ticket, weigh(estimated), weigh(actual), weight);
            }
        }
    }
}
