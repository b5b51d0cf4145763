//! Whom of those who wait there is room for.
//!
//! The first of each line stands in the order of every scope that holds him up. Where something becomes free only the first
//! in that order is looked at. If he still lacks room there, he has the claim on it, and nobody behind him is let in; if he
//! lacks it only elsewhere he is passed over here, and stands there. So nobody polls, and whoever is let in is the first at
//! every scope that he shares with others who could go.
//!
//! Where two scopes come free by turns, one who needs both may find the other taken each time. Whom that has happened to
//! often stands first in his class at all his scopes, and is held what becomes free there until he can go.

use super::grant::Grant;
use super::queue::{Change, Claim, Line, LineId, LineKey, Queue, Rank, Service};
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
        let dirty = self.begin(change, now);
        self.serve(dirty, now);
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

    pub(super) fn serve_route(&mut self, route: Route, now: Nanos) {
        let scopes = self.tree.shared_route(route);
        self.serve(scopes.iter().copied(), now);
    }

    /// Lets in whoever there is room for, where something may have become free or the order may have changed.
    pub(super) fn serve(&mut self, scopes: impl IntoIterator<Item = usize>, now: Nanos) {
        if self.queue.is_empty() {
            return;
        }
        let mut dirty: Vec<usize> = scopes.into_iter().collect();
        while let Some(ticket) = self.next_in(&mut dirty, now) {
            let Some(line) = self.queue.line_of(ticket).copied() else { return };
            let scopes = self.tree.shared_route(line.key.route);
            let change = self.let_in(ticket, &line, now);
            dirty.extend(scopes.iter().copied());
            dirty.extend(self.begin(change, now));
        }
    }

    /// Who is to be let in next, if anybody; what is left in `dirty` then has to be looked at again.
    fn next_in(&mut self, dirty: &mut Vec<usize>, now: Nanos) -> Option<Ticket> {
        loop {
            dirty.sort_unstable();
            dirty.dedup();
            let mut changed = Vec::new();
            let mut ready = Vec::new();
            for scope in std::mem::take(dirty) {
                match self.look(scope, now) {
                    Look::Settled(due) => self.queue.set_due(scope, due),
                    Look::Changed(scopes) => changed.extend(scopes),
                    Look::Ready(rank) => {
                        ready.push(rank);
                        dirty.push(scope);
                    }
                }
            }
            if changed.is_empty() {
                // Everywhere else the first has a claim.
                let settled = |scope: &usize| dirty.binary_search(scope).is_err();
                let held_up = ready.iter().find_map(|rank| self.held_up(*rank, settled));
                match held_up {
                    None => return self.best(&ready),
                    Some((id, line, places)) => changed = self.stand(id, &line, places),
                }
            }
            dirty.extend(changed);
        }
    }

    /// Of several who could go, each the first somewhere: one who is it everywhere, or else by class and age.
    fn best(&self, ready: &[Rank]) -> Option<Ticket> {
        let key = |rank: &Rank| {
            let line = self.queue.line_of(rank.ticket());
            let outranked = line.is_some_and(|line| !self.before(line).is_empty());
            (outranked, rank.by_age())
        };
        ready.iter().min_by_key(|rank| key(rank)).map(|rank| rank.ticket())
    }

    /// Where another who has a claim is before somebody who could go.
    fn held_up(&self, rank: Rank, settled: impl Fn(&usize) -> bool) -> Option<(LineId, Line, u64)> {
        let id = self.queue.waiter(rank.ticket())?.line;
        let line = *self.queue.line(id)?;
        let scopes = self.tree.route(line.key.route);
        let held: Vec<usize> = self.before(&line).into_iter().filter(settled).collect();
        let places = scopes.iter().enumerate().filter(|(_, scope)| held.contains(scope));
        let places = places.fold(0, |places, (place, _)| places | 1 << place);
        (places != 0).then_some((id, line, places))
    }

    /// The scopes of a line's route where another is before its first.
    fn before(&self, line: &Line) -> Vec<usize> {
        let scopes = self.tree.route(line.key.route).iter().copied();
        let outranked = |scope: &usize| {
            let first = self.queue.first(*scope).filter(|first| first.ticket() != line.first);
            first.is_some_and(|first| first < self.queue.rank(line, *scope))
        };
        scopes.filter(outranked).collect()
    }

    /// Looks at the first in the order of a scope.
    fn look(&mut self, scope: usize, now: Nanos) -> Look {
        let Some(rank) = self.queue.first(scope) else { return Look::Settled(None) };
        let waiter = self.queue.waiter(rank.ticket()).copied();
        let line = self.queue.line_of(rank.ticket()).copied();
        let (Some(waiter), Some(line)) = (waiter, line) else { return Look::Settled(None) };
        if let Some(place) = self.tree.scope(scope)
            && !place.has_room(waiter.cost, now)
        {
            return Look::Settled(place.ready_at(waiter.cost, now));
        }
        let lacking = self.lacking(line.key.route, waiter.cost, now);
        if lacking != 0 {
            if line.missed >= Queue::PATIENCE {
                return Look::Settled(None); // it is held for him
            }
            return Look::Changed(self.stand(waiter.line, &line, lacking));
        }
        Look::Ready(rank)
    }

    /// Has the first of a line stand where he lacks room. Tells where the order has changed.
    fn stand(&mut self, id: LineId, line: &Line, lacking: u64) -> Vec<usize> {
        let missed = line.filed != 0 && lacking & !line.filed != 0;
        let patient = line.missed.saturating_add(missed.into()) >= Queue::PATIENCE;
        let scopes = self.tree.shared_route(line.key.route);
        let places = if patient { all_places(scopes.len()) } else { lacking };
        self.queue.file_at(id, &scopes, 0);
        if missed {
            self.queue.miss(id);
        }
        self.queue.file_at(id, &scopes, places);
        at_places(&scopes, line.filed | places)
    }

    /// Changes a line while its first stands nowhere, and has him stand again where he stood.
    fn refile(&mut self, id: LineId, change: impl FnOnce(&mut Queue)) -> Vec<usize> {
        let Some(line) = self.queue.line(id).copied() else { return Vec::new() };
        let scopes = self.tree.shared_route(line.key.route);
        self.queue.file_at(id, &scopes, 0);
        change(&mut self.queue);
        self.queue.file_at(id, &scopes, line.filed);
        at_places(&scopes, line.filed)
    }

    /// Has one who is newly the first of his line stand where he lacks room, or where it can be seen that he lacks none.
    fn begin(&mut self, change: Change, now: Nanos) -> Vec<usize> {
        let Change::First(id) = change else { return Vec::new() };
        self.queue.begin(id, now);
        let Some(line) = self.queue.line(id).copied() else { return Vec::new() };
        let Some(cost) = self.queue.waiter(line.first).map(|waiter| waiter.cost) else { return Vec::new() };
        let scopes = self.tree.shared_route(line.key.route);
        let lacking = self.lacking(line.key.route, cost, now);
        let places = if lacking == 0 { all_places(scopes.len()) } else { lacking };
        self.queue.file_at(id, &scopes, places);
        at_places(&scopes, places)
    }

    /// The scopes of a route that have no room for the cost, by their places on it.
    fn lacking(&self, route: Route, cost: Cost, now: Nanos) -> u64 {
        let scopes = self.tree.route(route).iter().enumerate();
        let lacks = |at: &usize| self.tree.scope(*at).is_some_and(|scope| !scope.has_room(cost, now));
        scopes.filter(|(_, at)| lacks(at)).fold(0, |places, (place, _)| places | 1 << place)
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

    fn let_in(&mut self, ticket: Ticket, line: &Line, now: Nanos) -> Change {
        let Some(cost) = self.queue.waiter(ticket).map(|waiter| waiter.cost) else { return Change::Same };
        let LineKey { route, flow, .. } = line.key;
        let weight = self.weight(flow, route);
        let scopes = self.tree.shared_route(route);
        self.queue.serve(flow, &scopes, cost, weight);
        let change = self.queue.leave(ticket, &scopes);
        let grant = self.take(route, cost, Service { flow, ticket, weight }, now);
        self.events.granted.push((ticket, grant));
        change
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
        let mut dirty = self.begin(change, now);
        dirty.extend(scopes.iter().copied());
        dirty
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
        let ahead = ahead.map(|(_, ahead)| ahead).unwrap_or_default();
        let (earliest, scope) =
            scopes().map(|(_, scope)| (scope.earliest(ahead, cost, now), scope)).max_by_key(|(at, _)| *at)?;
        let wait = Wait::For(earliest.saturating_sub(now));
        (earliest > deadline).then(|| Refusal { scope: scope.key.clone(), reason: Reason::Deadline, wait })
    }
}

/// What the first in a scope's order comes to.
enum Look {
    /// He waits for this scope, until then if time alone decides; or nobody does.
    Settled(Option<Nanos>),
    /// He has been passed over; these scopes have another order now.
    Changed(Vec<usize>),
    /// There is room for him everywhere.
    Ready(Rank),
}

fn all_places(number: usize) -> u64 {
    (0..number).fold(0, |places, place| places | 1 << place)
}

fn at_places(scopes: &[usize], places: u64) -> Vec<usize> {
    scopes.iter().enumerate().filter(|(place, _)| places >> place & 1 == 1).map(|(_, scope)| *scope).collect()
}
