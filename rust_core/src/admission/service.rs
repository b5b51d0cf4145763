//! Waiting: how somebody joins those who wait, what time brings about, and how he leaves them.

use super::grant::Grant;
use super::queue::{Claim, LineKey, Service};
use super::refusal::{Reason, Refusal, Wait};
use super::tree::{Path, Route};
use super::{Admission, Ticket};
use crate::limiters::Cost;
use crate::units::Nanos;

/// How somebody wants to wait.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// His class: the lowest goes first. Classes are strict, but for those who have waited long.
    pub priority: i32,
    /// Whose share he counts against, such as the calling node; the last scope of the path if none is named. A flow that is
    /// also a scope's key has that scope's weight, another that of the last scope of the path.
    pub flow: Option<&'a str>,
    /// The latest time to be let in.
    pub deadline: Option<Nanos>,
}

/// What an attempt to be let in or to wait came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// There was room at once.
    Granted(Ticket, Grant),
    /// There is none yet.
    Waiting(Ticket),
    /// There is none, and he cannot or may not wait for it; nothing has changed.
    Refused(Refusal),
}

impl Admission {
    /// Lets a request in as [`Self::try_acquire`] does, or gives it a place in the queue, or refuses it where the queue is
    /// full or its deadline cannot be met unless something is given back, and then changes nothing.
    pub fn enqueue(&mut self, path: Path, cost: Cost, wish: Waiting<'_>, now: Nanos) -> Place {
        self.catch_up(now);
        let route = self.tree.current_route(path);
        let scopes = self.tree.shared_route(route);
        let refusal = self.room(route, cost, now);
        let deadline = wish.deadline.unwrap_or(Nanos::MAX);
        if let Some(refusal) = refusal.as_ref().filter(|refusal| refusal.wait == Wait::Never) {
            return Place::Refused(refusal.clone());
        }
        if deadline < now {
            let scope = scopes.first().and_then(|at| self.tree.scope(*at));
            let scope = scope.map(|scope| scope.key.clone()).unwrap_or_default();
            return Place::Refused(Refusal { scope, reason: Reason::Deadline, wait: Wait::Unknown });
        }
        if refusal.is_none() && self.queue.is_empty() {
            return Place::Granted(self.queue.next_ticket(), self.take(route, cost, Service::default(), now));
        }
        let own = scopes.last().and_then(|at| self.tree.scope(*at)).map(|scope| scope.key.clone()).unwrap_or_default();
        let flow = self.queue.flow(wish.flow.unwrap_or(&own));
        let key = LineKey { route, class: wish.priority, flow };
        let weight = self.weight(flow, route);
        if refusal.is_none() && self.outranks_all(&key, &scopes) {
            self.queue.serve_passing(flow, &scopes, cost, weight);
            self.queue.forget(flow);
            let ticket = self.queue.next_ticket();
            let grant = self.take(route, cost, Service { flow, ticket, weight }, now);
            self.serve(scopes.iter().copied(), now);
            return Place::Granted(ticket, grant);
        }
        if let Some(refusal) = self.hopeless(&key, &scopes, cost, deadline, now) {
            self.queue.forget(flow);
            return Place::Refused(refusal);
        }
        let (ticket, change) = self.queue.join(&scopes, Claim { key, weight, cost, since: now, deadline });
        self.begin(change, now);
        self.serve(scopes.iter().copied(), now);
        self.catch_up(now); // a class more urgent than any before him lets age lift the others further
        Place::Waiting(ticket)
    }

    /// Gives up a place, once, and passes on what it held up. A ticket that no longer waits is left alone: what it was
    /// granted is given back by [`Self::abandon`]. Tells whether it waited.
    pub fn cancel(&mut self, ticket: Ticket, now: Nanos) -> bool {
        self.catch_up(now);
        let waited = self.queue.waiter(ticket).is_some();
        self.leave(ticket, now);
        waited
    }

    /// Lets time pass: whoever there is room for by now is let in, and who has waited past his deadline waits no longer.
    pub fn advance(&mut self, now: Nanos) {
        self.catch_up(now);
    }

    /// When time alone may next change something, so that [`Self::advance`] should be called; `None` where only a release
    /// can.
    #[must_use]
    pub fn next_wakeup(&self, now: Nanos) -> Option<Nanos> {
        Some(self.queue.next_event().max(now)).filter(|due| *due < Nanos::MAX)
    }

    /// How many wait in all.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Does what time alone has made due, so that nobody who comes now passes one who could have gone before.
    pub(super) fn catch_up(&mut self, now: Nanos) {
        if self.queue.is_empty() || now < self.queue.next_event() {
            return;
        }
        let mut dirty = self.queue.ready_scopes(now);
        while let Some(ticket) = self.queue.overdue(now) {
            dirty.extend(self.drop_ticket(ticket, now));
            self.events.expired.push(ticket);
        }
        while let Some(line) = self.queue.to_lift(now) {
            dirty.extend(self.refile(line, |queue| queue.lift(line, now)));
        }
        self.serve(dirty, now);
    }

    /// Whether a newcomer comes before everybody who is held up at one of these scopes.
    fn outranks_all(&self, key: &LineKey, scopes: &[usize]) -> bool {
        scopes.iter().all(|scope| {
            let first = self.queue.first(*scope);
            first.is_none_or(|first| self.queue.rank_of_newcomer(key.class, key.flow, *scope) < first)
        }) && self.queue.ahead(key).is_none()
    }

    /// Whether somebody is held up at the scope, and so has the first claim on it.
    pub(super) fn is_claimed(&self, at: usize) -> bool {
        self.queue.first(at).is_some()
    }

    /// Tells those who can never pass the scope any more, for its limits have changed.
    pub(super) fn turn_away(&mut self, at: usize, now: Nanos) {
        if self.queue.waiting(at) == 0 {
            return;
        }
        for ticket in self.queue.tickets() {
            let cost = self.queue.waiter(ticket).map(|waiter| waiter.cost);
            let route = self.queue.line_of(ticket).map(|line| line.key.route);
            let never = |cost| self.tree.scope(at).is_some_and(|scope| scope.never_has_room(cost, now));
            if cost.is_some_and(never) && route.is_some_and(|route| self.tree.route(route).contains(&at)) {
                self.leave(ticket, now);
                self.events.hopeless.push(ticket);
            }
        }
    }

    /// Somebody waits no longer; what he held up is passed on.
    fn leave(&mut self, ticket: Ticket, now: Nanos) {
        let dirty = self.drop_ticket(ticket, now);
        self.serve(dirty, now);
    }

    /// Somebody waits no longer. Tells where that may let others in.
    pub(super) fn drop_ticket(&mut self, ticket: Ticket, now: Nanos) -> Vec<usize> {
        let Some(route) = self.queue.line_of(ticket).map(|line| line.key.route) else { return Vec::new() };
        let scopes = self.tree.shared_route(route);
        let change = self.queue.leave(ticket, &scopes);
        self.begin(change, now);
        scopes.to_vec()
    }

    /// The weight of a flow: of the scope it is named for, else of the last scope on its way.
    pub(super) fn weight(&self, flow: u64, route: Route) -> u64 {
        let named = self.queue.flow_name(flow).and_then(|name| self.tree.lookup(name));
        let scope = named.or_else(|| self.tree.route(route).last().copied());
        scope.and_then(|at| self.tree.scope(at)).map_or(1, |scope| scope.weight)
    }

    /// Why one who comes had better not wait.
    fn hopeless(&self, key: &LineKey, route: &[usize], cost: Cost, deadline: Nanos, now: Nanos) -> Option<Refusal> {
        let scopes = || route.iter().filter_map(|&at| Some((at, self.tree.scope(at)?)));
        let full = scopes().find(|(at, scope)| {
            let waiting = u64::try_from(self.queue.waiting(*at)).unwrap_or(u64::MAX);
            scope.queue_size.is_some_and(|most| waiting >= most)
        });
        if let Some((_, scope)) = full {
            return Some(Refusal { scope: scope.key.clone(), reason: Reason::QueueFull, wait: Wait::Unknown });
        }
        // Those ahead in his line go before him as soon as the rates let them, unless it is permits that they wait for.
        let ahead = self.queue.ahead(key).filter(|_| scopes().all(|(_, scope)| scope.permits.available()));
        let ahead = ahead.unwrap_or_default();
        let (earliest, scope) =
            scopes().map(|(_, scope)| (scope.earliest(ahead, cost, now), scope)).max_by_key(|(at, _)| *at)?;
        let wait = Wait::For(earliest.saturating_sub(now));
        (earliest > deadline).then(|| Refusal { scope: scope.key.clone(), reason: Reason::Deadline, wait })
    }
}
