//! At once or not at all, and giving back.

use super::grant::Grant;
use super::queue::Service;
use super::refusal::{Reason, Refusal, Wait};
use super::tree::{Path, Route};
use super::{Admission, Verdict};
use crate::limiters::Cost;
use crate::units::Nanos;

impl Admission {
    /// Admits a request through every scope of `path` at once, or refuses it and changes nothing. It passes nobody who waits
    /// for a scope that lacks the room.
    pub fn try_acquire(&mut self, path: Path, cost: Cost, now: Nanos) -> Verdict {
        let route = self.tree.current_route(path);
        if !self.queue.is_empty() {
            self.catch_up(now);
        }
        match self.refusal(route, cost, now) {
            Some(refusal) => Verdict::Refused(refusal),
            None => Verdict::Granted(self.take(route, cost, Service::default(), now)),
        }
    }

    /// Ends a grant and gives its permits back, once; its charges stay. A grant released before, or of another controller, is
    /// left alone.
    pub fn release(&mut self, grant: &mut Grant, now: Nanos) {
        if grant.controller != self.number || !std::mem::take(&mut grant.held) {
            return;
        }
        let waiting = !self.queue.is_empty();
        if waiting {
            self.catch_up(now);
        }
        for at in self.tree.shared_route(grant.route).iter() {
            if let Some(scope) = self.tree.scope_mut(*at) {
                scope.permits.give_back();
            }
        }
        if waiting {
            self.serve_route(grant.route, now);
        }
    }

    /// Replaces the tokens that a grant reserved by those it really used: a surplus is given back, an overrun is charged into
    /// debt. Where the number is known not to be all of it (`exact` is false), nothing is given back. Only the first
    /// settlement or refund of a grant counts.
    pub fn settle(&mut self, grant: &mut Grant, tokens: u64, exact: bool, now: Nanos) {
        let reserved = grant.cost.tokens;
        let tokens = if exact { tokens } else { tokens.max(reserved) };
        self.account(grant, Cost { requests: grant.cost.requests, tokens }, now);
    }

    /// Gives back all that a grant was charged: its call was not made, or is not counted. Its permits stay taken. Only the
    /// first settlement or refund of a grant counts.
    pub fn refund(&mut self, grant: &mut Grant, now: Nanos) {
        self.account(grant, Cost::default(), now);
    }

    /// Undoes a grant that is not used: its charges and its permits are given back. One that has been released has been
    /// used, and is left alone.
    pub fn abandon(&mut self, grant: &mut Grant, now: Nanos) {
        if grant.held {
            self.refund(grant, now);
            self.release(grant, now);
        }
    }

    /// Charges a grant with its real cost in place of what it was charged.
    fn account(&mut self, grant: &mut Grant, actual: Cost, now: Nanos) {
        if grant.controller != self.number || !std::mem::take(&mut grant.open) || grant.cost == actual {
            return;
        }
        let charged = grant.cost;
        let surplus = Cost {
            requests: charged.requests.saturating_sub(actual.requests),
            tokens: charged.tokens.saturating_sub(actual.tokens),
        };
        let overrun = Cost { requests: 0, tokens: actual.tokens.saturating_sub(charged.tokens) };
        let waiting = !self.queue.is_empty();
        if waiting {
            self.catch_up(now);
        }
        let scopes = self.tree.shared_route(grant.route);
        for at in scopes.iter() {
            if let Some(scope) = self.tree.scope_mut(*at) {
                scope.refund(grant, surplus, now);
                scope.charge(grant, overrun, now);
            }
        }
        if waiting {
            if grant.service.flow != 0 {
                self.queue.correct(grant.service, &scopes, charged, actual);
            }
            self.serve_route(grant.route, now);
        }
    }

    /// Why the route cannot be passed now by one who does not wait, if it cannot.
    fn refusal(&self, route: Route, cost: Cost, now: Nanos) -> Option<Refusal> {
        let refusal = self.room(route, cost, now);
        if refusal.is_some() || self.queue.is_empty() {
            return refusal;
        }
        let reserved = self.tree.route(route).iter().find(|&&at| self.is_claimed(at))?;
        let scope = self.tree.scope(*reserved)?.key.clone();
        Some(Refusal { scope, reason: Reason::Reserved, wait: Wait::Unknown })
    }

    /// Why there is no room on the route now, if there is none.
    pub(super) fn room(&self, route: Route, cost: Cost, now: Nanos) -> Option<Refusal> {
        let route = self.tree.route(route);
        let scopes = || route.iter().filter_map(|&at| self.tree.scope(at));
        if self.closed {
            let scope = scopes().next().map(|scope| scope.key.clone()).unwrap_or_default();
            return Some(Refusal { scope, reason: Reason::Closed, wait: Wait::Never });
        }
        if scopes().all(|scope| scope.has_room(cost, now)) {
            return None;
        }
        Refusal::of(scopes().filter_map(|scope| Some((&scope.key, scope.refuses(cost, now)?))))
    }

    /// Takes everything. The caller has made sure, in the same critical section, that there is room.
    pub(super) fn take(&mut self, route: Route, cost: Cost, service: Service, now: Nanos) -> Grant {
        // Where the clock has stepped back, the limiters take it at the newest time they have seen.
        self.newest = self.newest.max(now);
        let (scopes, tree) = self.tree.route_and_scopes(route);
        for &at in scopes {
            if let Some(scope) = tree.get_mut(at) {
                scope.take(cost, self.newest);
            }
        }
        self.last_grant += 1;
        Grant {
            controller: self.number,
            id: self.last_grant,
            route,
            cost,
            charged_at: self.newest,
            service,
            held: true,
            open: true,
        }
    }
}
