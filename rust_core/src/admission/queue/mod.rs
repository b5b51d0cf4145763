//! Those who wait, and their order.
//!
//! Everybody stands in one line: a route, a class and a flow, first come, first served. Of a route only the first counts, for
//! all behind him need the same scopes. Between two, the more urgent class goes first; each `aging` of waiting lifts one by
//! a class, up to the most urgent that waits. Within a class the flow that has had less goes first, measured at the scope
//! where they meet.

mod fairness;
mod flows;
mod line;
mod route;

use std::collections::{BTreeSet, HashMap};

use super::Ticket;
use super::tree::Route;
use crate::limiters::{Cost, Dimension};
use crate::units::Nanos;
use fairness::{ScopeQueue, Virtual, service};
pub(super) use flows::Flow;
use flows::Flows;
pub(super) use line::Waiter;
use line::{Change, LineKey, Lines};
use route::RouteQueue;

/// A place in the order: the smallest is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    class: i64,
    served: Virtual,
    ticket: Ticket,
}

impl Rank {
    pub(super) fn ticket(self) -> Ticket {
        self.ticket
    }
}

/// How somebody wants to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim<'a> {
    pub(super) class: i32,
    pub(super) flow: &'a str,
    pub(super) cost: Cost,
    pub(super) since: Nanos,
    pub(super) deadline: Nanos,
}

/// What is to be admitted before somebody.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ahead {
    requests: u128,
    tokens: u128,
}

impl Ahead {
    pub(super) fn of(self, dimension: Dimension) -> u128 {
        match dimension {
            Dimension::Requests => self.requests,
            Dimension::Tokens => self.tokens,
        }
    }
}

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// All queues of a tree of scopes.
#[derive(Debug)]
pub(super) struct Queue {
    aging: Nanos,
    last_ticket: Ticket,
    lines: Lines,
    routes: Map<Route, RouteQueue>,
    scopes: Map<usize, ScopeQueue>,
    flows: Flows,
    deadlines: BTreeSet<(Nanos, Ticket)>,
}

impl Queue {
    pub(super) fn new(aging: Nanos) -> Self {
        Self {
            aging: aging.max(1),
            last_ticket: 0,
            lines: Lines::default(),
            routes: Map::default(),
            scopes: Map::default(),
            flows: Flows::default(),
            deadlines: BTreeSet::new(),
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

    /// Everybody, in the order of arrival.
    pub(super) fn tickets(&self) -> Vec<Ticket> {
        self.lines.tickets()
    }

    /// How many wait for the scope.
    pub(super) fn waiting(&self, scope: usize) -> usize {
        self.scopes.get(&scope).map_or(0, |queue| queue.waiting)
    }

    /// The scopes that somebody waits for.
    pub(super) fn busy_scopes(&self) -> impl Iterator<Item = usize> {
        self.scopes.keys().copied()
    }

    /// The routes on which somebody waits.
    pub(super) fn busy_routes(&self) -> impl Iterator<Item = Route> {
        self.routes.keys().copied()
    }

    /// The routes through the scope on which somebody waits.
    pub(super) fn routes_through(&self, scope: usize) -> &[Route] {
        self.scopes.get(&scope).map_or(&[], |queue| &queue.routes)
    }

    /// The route and the flow that a ticket waits for.
    pub(super) fn place(&self, ticket: Ticket) -> Option<(Route, Flow)> {
        let line = self.lines.line(self.lines.waiter(ticket)?.line)?;
        Some((line.key.route, line.key.flow))
    }

    pub(super) fn flow_name(&self, flow: Flow) -> Option<&str> {
        self.flows.name(flow).map(|name| &**name)
    }

    /// The first deadline.
    pub(super) fn first_deadline(&self) -> Option<(Nanos, Ticket)> {
        self.deadlines.first().copied()
    }

    /// What the last of a line has before him, in calls and in tokens: none of it can come after him.
    pub(super) fn ahead(&self, last: Ticket) -> Ahead {
        let waiter = self.lines.waiter(last);
        let line = waiter.and_then(|waiter| self.lines.line(waiter.line)).filter(|line| line.last == last);
        waiter.zip(line).map_or(Ahead::default(), |(own, line)| Ahead {
            requests: line.requests.saturating_sub(own.cost.requests.into()),
            tokens: line.tokens.saturating_sub(own.cost.tokens.into()),
        })
    }

    /// A number for one who comes, whether or not he has to wait.
    pub(super) fn next_ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        self.last_ticket
    }

    /// Takes a place at the end of a line.
    pub(super) fn join(&mut self, route: Route, scopes: &[usize], claim: Claim<'_>) -> Ticket {
        let ticket = self.next_ticket();
        let flow = self.flows.number(claim.flow);
        let key = LineKey { route, class: claim.class, flow };
        let (line, change) = self.lines.push(ticket, key, claim.cost, claim.since, claim.deadline);
        let first_of_route = !self.routes.contains_key(&route);
        for scope in scopes {
            let queue = self.scopes.entry(*scope).or_default();
            queue.join(claim.class, flow, &mut self.flows);
            if first_of_route {
                queue.routes.push(route);
            }
        }
        if change == Change::Opened {
            let served = self.served_first(scopes, flow);
            if let Some(share) = self.first_scope_mut(scopes).and_then(|queue| queue.share_mut(flow)) {
                share.lines.push(line);
            }
            self.routes.entry(route).or_default().insert(claim.class, served, ticket, line);
        }
        if claim.deadline < Nanos::MAX {
            self.deadlines.insert((claim.deadline, ticket));
        }
        ticket
    }

    /// Gives up a place, and tells who had it.
    pub(super) fn leave(&mut self, ticket: Ticket, scopes: &[usize]) -> Option<Waiter> {
        let (waiter, line, change) = self.lines.remove(ticket)?;
        let LineKey { route, class, flow } = line.key;
        if change != Change::Same {
            let served = self.served_first(scopes, flow);
            if let Some(queue) = self.routes.get_mut(&route) {
                queue.remove(class, served, line.first, waiter.line);
                if let Change::Head(first) = change {
                    queue.insert(class, served, first, waiter.line);
                }
            }
            if change == Change::Closed
                && let Some(share) = self.first_scope_mut(scopes).and_then(|queue| queue.share_mut(flow))
            {
                share.lines.retain(|line| *line != waiter.line);
            }
        }
        let route_is_empty = self.routes.get(&route).is_some_and(RouteQueue::is_empty);
        if route_is_empty {
            self.routes.remove(&route);
        }
        for scope in scopes {
            let Some(queue) = self.scopes.get_mut(scope) else { continue };
            queue.leave(class, flow, &mut self.flows);
            if route_is_empty {
                queue.routes.retain(|other| *other != route);
            }
            if queue.waiting == 0
                && let Some(queue) = self.scopes.remove(scope)
            {
                queue.close(&mut self.flows);
            }
        }
        self.deadlines.remove(&(waiter.deadline, ticket));
        Some(waiter)
    }

    /// Counts a service to the flow at every scope of its route.
    pub(super) fn serve(&mut self, flow: Flow, scopes: &[usize], cost: Cost, weight: u64) {
        let service = service(weigh(cost), weight);
        self.move_shares(flow, scopes, |queue| queue.serve(flow, service));
    }

    /// Corrects what a flow was counted, now that the real cost is known.
    pub(super) fn correct(&mut self, flow: Flow, scopes: &[usize], estimated: Cost, actual: Cost, weight: u64) {
        let (estimated, actual) = (service(weigh(estimated), weight), service(weigh(actual), weight));
        self.move_shares(flow, scopes, |queue| queue.correct(flow, estimated, actual));
    }

    /// Who is first on the route.
    pub(super) fn head(&self, route: Route, first_scope: Option<usize>, now: Nanos) -> Option<Ticket> {
        let queue = self.routes.get(&route)?;
        let top = queue.top();
        let mut candidates = queue.candidates();
        let one = candidates.next()?;
        let Some(two) = candidates.next() else { return Some(one) };
        let rank = |ticket| self.rank(ticket, first_scope, top, now);
        let all = [one, two].into_iter().chain(candidates);
        all.filter_map(rank).min().map(Rank::ticket)
    }

    /// The place of a ticket among those that wait for the scope.
    pub(super) fn rank_at(&self, ticket: Ticket, scope: usize, now: Nanos) -> Option<Rank> {
        self.rank(ticket, Some(scope), self.scopes.get(&scope)?.top(), now)
    }

    fn rank(&self, ticket: Ticket, scope: Option<usize>, top: i32, now: Nanos) -> Option<Rank> {
        let waiter = self.lines.waiter(ticket)?;
        let LineKey { class, flow, .. } = self.lines.line(waiter.line)?.key;
        let lifted = now.saturating_sub(waiter.since) / self.aging;
        let class = i64::from(class).saturating_sub_unsigned(lifted).max(i64::from(top));
        let served = scope.and_then(|scope| self.scopes.get(&scope)).map_or(0, |queue| queue.served(flow));
        Some(Rank { class, served, ticket })
    }

    /// Moves a flow's share at each scope, and its lines with it.
    fn move_shares(
        &mut self,
        flow: Flow,
        scopes: &[usize],
        mut change: impl FnMut(&mut ScopeQueue) -> Option<(Virtual, Virtual)>,
    ) {
        for scope in scopes {
            let Some(queue) = self.scopes.get_mut(scope) else { continue };
            let Some((before, after)) = change(queue) else { continue };
            let lines = queue.share(flow).map_or(&[][..], |share| &share.lines);
            for id in lines {
                let Some(line) = self.lines.line(*id) else { continue };
                if let Some(route) = self.routes.get_mut(&line.key.route) {
                    route.remove(line.key.class, before, line.first, *id);
                    route.insert(line.key.class, after, line.first, *id);
                }
            }
        }
    }

    fn served_first(&self, scopes: &[usize], flow: Flow) -> Virtual {
        scopes.first().and_then(|scope| self.scopes.get(scope)).map_or(0, |queue| queue.served(flow))
    }

    fn first_scope_mut(&mut self, scopes: &[usize]) -> Option<&mut ScopeQueue> {
        scopes.first().and_then(|scope| self.scopes.get_mut(scope))
    }
}

/// What a service counts for: its tokens, or where they are not known its calls, and never nothing.
fn weigh(cost: Cost) -> u64 {
    cost.tokens.max(cost.requests).max(1)
}
