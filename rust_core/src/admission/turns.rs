//! Whom of those who wait there is room for.
//!
//! The first of each line stands in the order of every scope that holds him up. Where something becomes free only the first
//! in that order is looked at. If he still lacks room there, he has the claim on it, and nobody behind him is let in; if he
//! lacks it only elsewhere he is passed over here, and stands there. So nobody polls, and whoever is let in is the first at
//! every scope that he shares with others who could go.
//!
//! Where two scopes come free by turns, one who needs both may find the other taken each time. Whom that has happened to
//! often stands first in his class at all his scopes, and is held what becomes free there until he can go.

use super::queue::{Change, Line, LineId, LineKey, Queue, Rank, Service};
use super::tree::Route;
use super::{Admission, Ticket};
use crate::limiters::Cost;
use crate::units::Nanos;

impl Admission {
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
            self.begin(change, now);
            dirty.extend(scopes.iter().copied());
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
    pub(super) fn refile(&mut self, id: LineId, change: impl FnOnce(&mut Queue)) -> Vec<usize> {
        let Some(line) = self.queue.line(id).copied() else { return Vec::new() };
        let scopes = self.tree.shared_route(line.key.route);
        self.queue.file_at(id, &scopes, 0);
        change(&mut self.queue);
        self.queue.file_at(id, &scopes, line.filed);
        at_places(&scopes, line.filed)
    }

    /// Has one who is newly the first of his line stand where he lacks room, or where it can be seen that he lacks none.
    pub(super) fn begin(&mut self, change: Change, now: Nanos) {
        let Change::First(id) = change else { return };
        self.queue.begin(id, now);
        let Some(line) = self.queue.line(id).copied() else { return };
        let Some(cost) = self.queue.waiter(line.first).map(|waiter| waiter.cost) else { return };
        let scopes = self.tree.shared_route(line.key.route);
        let lacking = self.lacking(line.key.route, cost, now);
        let places = if lacking == 0 { all_places(scopes.len()) } else { lacking };
        self.queue.file_at(id, &scopes, places);
    }

    /// The scopes of a route that have no room for the cost, by their places on it.
    fn lacking(&self, route: Route, cost: Cost, now: Nanos) -> u64 {
        let scopes = self.tree.route(route).iter().enumerate();
        let lacks = |at: &usize| self.tree.scope(*at).is_some_and(|scope| !scope.has_room(cost, now));
        scopes.filter(|(_, at)| lacks(at)).fold(0, |places, (place, _)| places | 1 << place)
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
