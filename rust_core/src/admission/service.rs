//! Whom of those who wait there is room for.
//!
//! Of each route only the first is considered. He is let in where every scope of his route has room for him, unless at one
//! of them somebody before him lacks it: who lacks room at a scope has the first claim on what becomes free there. Who lacks
//! it only elsewhere claims nothing here and is passed over. All this is looked at again only where something has become
//! free, so nobody polls.

use std::collections::BTreeSet;

use super::grant::Grant;
use super::queue::{Claim, Flow};
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
    /// There will be none in time; nothing has changed.
    Refused(Refusal),
}

impl Admission {
    /// Lets a request in as [`Self::try_acquire`] does, or gives it a place in the queue, or refuses it where the queue is
    /// full or its deadline cannot be met, and then changes nothing.
    pub fn enqueue(&mut self, path: Path, cost: Cost, wish: Waiting<'_>, now: Nanos) -> Place {
        self.catch_up(now);
        let route = self.tree.current_route(path);
        let scopes = self.tree.shared_route(route);
        let refusal = self.refusal(route, cost, now);
        let deadline = wish.deadline.unwrap_or(Nanos::MAX);
        if let Some(refusal) = refusal.as_ref().filter(|refusal| refusal.wait == Wait::Never) {
            return Place::Refused(refusal.clone());
        }
        if deadline < now {
            let scope = scopes.first().and_then(|at| self.tree.scope(*at));
            let scope = scope.map(|scope| scope.key.clone()).unwrap_or_default();
            return Place::Refused(Refusal { scope, reason: Reason::Deadline, wait: Wait::Never });
        }
        if refusal.is_none() && self.queue.is_empty() {
            return Place::Granted(self.queue.next_ticket(), self.take(route, cost, 0, now));
        }
        let own = scopes.last().and_then(|at| self.tree.scope(*at)).map(|scope| scope.key.clone()).unwrap_or_default();
        let flow = wish.flow.unwrap_or(&own);
        let claim = Claim { class: wish.priority, flow, cost, since: now, deadline };
        let ticket = self.queue.join(route, &scopes, claim);
        self.disturb(now);
        if refusal.as_ref().is_none_or(|refusal| refusal.reason == Reason::Reserved) {
            self.serve(scopes.iter().copied(), now);
            if scopes.is_empty() {
                self.let_in(ticket, now); // no scope will ever call for him
            }
            let place = self.events.granted.iter().position(|(granted, _)| *granted == ticket);
            if let Some(place) = place {
                return Place::Granted(ticket, self.events.granted.remove(place).1);
            }
        }
        match self.hopeless(ticket, &scopes, cost, deadline, now) {
            None => Place::Waiting(ticket),
            Some(refusal) => {
                self.leave(ticket, now);
                Place::Refused(refusal)
            }
        }
    }

    /// Gives up a place, once, and passes on what it held up. A ticket that no longer waits is left alone: what it was
    /// granted is given back by [`Self::abandon`]. Tells whether it waited.
    pub fn cancel(&mut self, ticket: Ticket, now: Nanos) -> bool {
        self.catch_up(now);
        let Some((route, _)) = self.queue.place(ticket) else { return false };
        self.leave(ticket, now);
        self.serve_route(route, now);
        true
    }

    /// Lets time pass: whoever there is room for by now is let in, and who has waited past his deadline waits no longer.
    pub fn advance(&mut self, now: Nanos) {
        if !self.queue.is_empty() {
            self.due = Some(now);
            self.catch_up(now);
        }
    }

    /// When time alone may next change something, so that [`Self::advance`] should be called; `None` where only a release
    /// can.
    pub fn next_wakeup(&mut self, now: Nanos) -> Option<Nanos> {
        if self.queue.is_empty() {
            return None;
        }
        Some(self.due_at().max(now)).filter(|due| *due < Nanos::MAX)
    }

    /// How many wait in all.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Does what time alone has made due, so that nobody who comes now passes one who could have gone before.
    pub(super) fn catch_up(&mut self, now: Nanos) {
        if self.queue.is_empty() || now < self.due_at() {
            return;
        }
        while let Some((deadline, ticket)) = self.queue.first_deadline() {
            if deadline >= now {
                break;
            }
            self.leave(ticket, now);
            self.events.expired.push(ticket);
        }
        let busy: Vec<usize> = self.queue.busy_scopes().collect();
        self.serve(busy, now);
    }

    pub(super) fn serve_route(&mut self, route: Route, now: Nanos) {
        let scopes = self.tree.shared_route(route);
        self.serve(scopes.iter().copied(), now);
    }

    /// Lets in whoever there is room for, where something may have become free.
    pub(super) fn serve(&mut self, scopes: impl IntoIterator<Item = usize>, now: Nanos) {
        self.disturb(now);
        if self.queue.is_empty() {
            return;
        }
        let mut dirty: BTreeSet<usize> = scopes.into_iter().filter(|at| self.queue.waiting(*at) > 0).collect();
        while let Some(at) = dirty.pop_first() {
            while let Some((ticket, route)) = self.next_through(at, now) {
                self.let_in(ticket, now);
                // His flow has been served: at every scope of his route somebody else may be next.
                let scopes = self.tree.route(route).iter().copied();
                dirty.extend(scopes.filter(|at| self.queue.waiting(*at) > 0));
            }
        }
    }

    /// The first of those who wait for the scope and can be let in.
    fn next_through(&self, at: usize, now: Nanos) -> Option<(Ticket, Route)> {
        let routes = self.queue.routes_through(at);
        let ranked = routes.iter().filter_map(|route| {
            let head = self.head(*route, now)?;
            Some((self.queue.rank_at(head, at, now)?, *route))
        });
        let mut ranked: Vec<_> = ranked.collect();
        ranked.sort_unstable();
        for (rank, route) in ranked {
            if self.lacks(rank.ticket(), at, now) {
                return None;
            }
            if self.may_go(rank.ticket(), route, now) {
                return Some((rank.ticket(), route));
            }
        }
        None
    }

    fn may_go(&self, ticket: Ticket, route: Route, now: Nanos) -> bool {
        let scopes = self.tree.route(route);
        scopes.iter().all(|&at| !self.lacks(ticket, at, now)) && !scopes.iter().any(|&at| self.is_held(ticket, at, now))
    }

    /// Whether somebody before him lacks room at the scope.
    fn is_held(&self, ticket: Ticket, at: usize, now: Nanos) -> bool {
        let Some(own) = self.queue.rank_at(ticket, at, now) else { return false };
        self.heads(at, now).any(|other| {
            other != ticket
                && self.queue.rank_at(other, at, now).is_some_and(|rank| rank < own)
                && self.lacks(other, at, now)
        })
    }

    /// Whether anybody who waits lacks room at the scope.
    pub(super) fn is_claimed(&self, at: usize, now: Nanos) -> bool {
        self.heads(at, now).any(|head| self.lacks(head, at, now))
    }

    fn heads(&self, at: usize, now: Nanos) -> impl Iterator<Item = Ticket> {
        self.queue.routes_through(at).iter().filter_map(move |route| self.head(*route, now))
    }

    fn head(&self, route: Route, now: Nanos) -> Option<Ticket> {
        self.queue.head(route, self.tree.route(route).first().copied(), now)
    }

    fn lacks(&self, ticket: Ticket, at: usize, now: Nanos) -> bool {
        let waiter = self.queue.waiter(ticket).zip(self.tree.scope(at));
        waiter.is_some_and(|(waiter, scope)| !scope.has_room(waiter.cost, now))
    }

    fn let_in(&mut self, ticket: Ticket, now: Nanos) {
        let Some((route, flow)) = self.queue.place(ticket) else { return };
        let Some(cost) = self.queue.waiter(ticket).map(|waiter| waiter.cost) else { return };
        let weight = self.weight(flow, route);
        self.queue.serve(flow, self.tree.route(route), cost, weight);
        self.queue.leave(ticket, self.tree.route(route));
        let grant = self.take(route, cost, flow, now);
        self.events.granted.push((ticket, grant));
    }

    pub(super) fn leave(&mut self, ticket: Ticket, now: Nanos) {
        if let Some((route, _)) = self.queue.place(ticket) {
            self.queue.leave(ticket, self.tree.route(route));
            self.disturb(now);
        }
    }

    /// Something has changed: what time will make due must be worked out anew.
    pub(super) fn disturb(&mut self, now: Nanos) {
        self.due = None;
        self.quiet_at = now;
    }

    /// The weight of a flow: of the scope it is named for, else of the last scope on its way.
    pub(super) fn weight(&self, flow: Flow, route: Route) -> u64 {
        let named = self.queue.flow_name(flow).and_then(|name| self.tree.lookup(name));
        let scope = named.or_else(|| self.tree.route(route).last().copied());
        scope.and_then(|at| self.tree.scope(at)).map_or(1, |scope| scope.weight)
    }

    /// Why one who has just joined had better not wait.
    fn hopeless(&self, ticket: Ticket, route: &[usize], cost: Cost, deadline: Nanos, now: Nanos) -> Option<Refusal> {
        let scopes = || route.iter().filter_map(|&at| Some((at, self.tree.scope(at)?)));
        let full = scopes().find(|(at, scope)| {
            let waiting = u64::try_from(self.queue.waiting(*at)).unwrap_or(u64::MAX);
            scope.queue_size.is_some_and(|most| waiting > most)
        });
        if let Some((_, scope)) = full {
            return Some(Refusal { scope: scope.key.clone(), reason: Reason::QueueFull, wait: Wait::Unknown });
        }
        let ahead = self.queue.ahead(ticket);
        let (earliest, scope) =
            scopes().map(|(_, scope)| (scope.earliest(ahead, cost, now), scope)).max_by_key(|(at, _)| *at)?;
        let wait = Wait::For(earliest.saturating_sub(now));
        (earliest > deadline).then(|| Refusal { scope: scope.key.clone(), reason: Reason::Deadline, wait })
    }

    /// When time alone may next let somebody in or expire him; `Nanos::MAX` for never.
    fn due_at(&mut self) -> Nanos {
        if let Some(due) = self.due {
            return due;
        }
        let now = self.quiet_at;
        let routes = self.queue.busy_routes();
        let ready = routes.filter_map(|route| {
            let head = self.head(route, now)?;
            let cost = self.queue.waiter(head)?.cost;
            let scopes = self.tree.route(route).iter().filter_map(|&at| self.tree.scope(at));
            scopes.filter_map(|scope| scope.ready_at(cost, now)).min()
        });
        let ready = ready.min().unwrap_or(Nanos::MAX);
        // At his deadline one may still be let in; after it he may not.
        let expiry = self.queue.first_deadline().map_or(Nanos::MAX, |(deadline, _)| deadline.saturating_add(1));
        let due = ready.min(expiry);
        self.due = Some(due);
        due
    }
}
