//! All-or-nothing admission through every scope of a path.
//!
//! A request names the scopes it passes, such as group, echelon, model and node. Each may bound what is in flight and any
//! number of rates. First every limit of every scope is checked, then all are taken: a refusal leaves no trace, and nobody
//! sees limits that were taken only to be rolled back. The caller holds one lock around the whole tree of scopes.

mod grants;
mod refusal;
mod scope;

pub use grants::Grant;
pub use refusal::{Reason, Refusal, Wait};
pub use scope::{RateSnapshot, ScopeError, ScopeSnapshot};

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::limiters::{Cost, RateLimit};
use crate::units::Nanos;
use grants::Grants;
use scope::Scope;

/// A place in a queue.
pub type Ticket = u64;

/// What an attempt to be admitted came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Admitted: everything is taken until the grant is released.
    Granted(Grant),
    /// Not admitted: nothing has changed.
    Refused(Refusal),
}

/// The tree of scopes and what is held in it.
#[derive(Debug)]
pub struct Admission {
    scopes: Vec<Scope>,
    index: HashMap<Arc<str>, usize, foldhash::fast::RandomState>,
    grants: Grants,
    /// The scopes of the request being decided; kept only to be reused.
    route: Vec<usize>,
    /// Numbers the requests, so that a scope knows it has been visited by this one.
    visit: u64,
}

/// Tells the grants of one controller from those of another.
static CONTROLLERS: AtomicU64 = AtomicU64::new(0);

impl Default for Admission {
    fn default() -> Self {
        Self::new()
    }
}

impl Admission {
    /// No scopes yet.
    #[must_use]
    pub fn new() -> Self {
        let controller = CONTROLLERS.fetch_add(1, Ordering::Relaxed);
        Self {
            scopes: Vec::new(),
            index: HashMap::default(),
            grants: Grants::new(controller),
            route: Vec::new(),
            visit: 0,
        }
    }

    /// Defines a scope, or changes the one of this key: what is in flight stays, and so does the state of each rate that
    /// still counts the same thing. Returns the tickets that the change let in.
    ///
    /// # Errors
    /// Where the parent is unknown or would close a circle, the bound is 0, or two rates are one and the same meter.
    pub fn define(
        &mut self,
        key: &str,
        parent: Option<&str>,
        concurrency: Option<u64>,
        rates: &[RateLimit],
        now: Nanos,
    ) -> Result<Vec<Ticket>, ScopeError> {
        scope::check_limits(key, concurrency, rates)?;
        let known = self.index.get(key).copied();
        let parent = match parent {
            None => None,
            Some(name) => Some(self.parent_for(key, known, name)?),
        };
        let next_grant = self.grants.next_id();
        if let Some(scope) = known.and_then(|at| self.scopes.get_mut(at)) {
            scope.reconfigure(parent, concurrency, rates, next_grant, now);
        } else {
            let key: Arc<str> = Arc::from(key);
            self.index.insert(Arc::clone(&key), self.scopes.len());
            self.scopes.push(Scope::new(key, parent, concurrency, rates, next_grant, now));
        }
        Ok(Vec::new())
    }

    /// Admits a request through every scope of `path` and their ancestors, each once, or refuses it and changes nothing.
    ///
    /// # Errors
    /// Where a scope of the path is not defined.
    pub fn try_acquire<'k>(
        &mut self,
        path: impl IntoIterator<Item = &'k str>,
        cost: Cost,
        now: Nanos,
    ) -> Result<Verdict, ScopeError> {
        let mut route = std::mem::take(&mut self.route);
        route.clear();
        let verdict = self.resolve(path, &mut route).map(|()| self.decide(&route, cost, now));
        self.route = route;
        verdict
    }

    /// Ends a grant and gives its permits back; its charges stay. Returns the tickets let in by that. A grant released
    /// before, or of another controller, is left alone.
    pub fn release(&mut self, grant: Grant, _now: Nanos) -> Vec<Ticket> {
        if let Some(held) = self.grants.end(grant) {
            for &at in held {
                if let Some(scope) = self.scopes.get_mut(at) {
                    scope.permits.give_back();
                }
            }
        }
        Vec::new()
    }

    /// Gives the charges of a grant back, once, and only before its release. Its permits stay taken.
    pub fn refund(&mut self, grant: Grant, now: Nanos) {
        if let Some((held, cost)) = self.grants.refund(grant) {
            for &at in held {
                if let Some(scope) = self.scopes.get_mut(at) {
                    scope.refund(grant.id(), cost, now);
                }
            }
        }
    }

    /// Grants nothing through the scope before `until`. Only ever extends, and leaves the refill alone.
    ///
    /// # Errors
    /// Where the scope is not defined.
    pub fn block_until(&mut self, key: &str, until: Nanos) -> Result<(), ScopeError> {
        let at = self.find(key)?;
        if let Some(scope) = self.scopes.get_mut(at) {
            scope.blocked_until = scope.blocked_until.max(until);
        }
        Ok(())
    }

    /// How many grants are held through the scope.
    ///
    /// # Errors
    /// Where the scope is not defined.
    pub fn in_flight(&self, key: &str) -> Result<u64, ScopeError> {
        let at = self.find(key)?;
        Ok(self.scopes.get(at).map_or(0, |scope| scope.permits.in_flight()))
    }

    /// Every scope's limits and state at `now`, in the order of definition.
    #[must_use]
    pub fn snapshot(&self, now: Nanos) -> Vec<ScopeSnapshot> {
        let name =
            |parent: Option<usize>| parent.and_then(|at| self.scopes.get(at)).map(|scope| Arc::clone(&scope.key));
        self.scopes.iter().map(|scope| scope.snapshot(name(scope.parent), now)).collect()
    }

    fn find(&self, key: &str) -> Result<usize, ScopeError> {
        self.index.get(key).copied().ok_or_else(|| ScopeError::Unknown(key.to_owned()))
    }

    fn parent_for(&self, key: &str, known: Option<usize>, parent: &str) -> Result<usize, ScopeError> {
        let circle = || ScopeError::Circle { key: key.to_owned(), parent: parent.to_owned() };
        if key == parent {
            return Err(circle());
        }
        let missing = || ScopeError::UnknownParent { key: key.to_owned(), parent: parent.to_owned() };
        let at = self.index.get(parent).copied().ok_or_else(missing)?;
        let mut above = Some(at);
        while let Some(step) = above {
            if known == Some(step) {
                return Err(circle());
            }
            above = self.scopes.get(step).and_then(|scope| scope.parent);
        }
        Ok(at)
    }

    /// Puts the scopes of the path into `route`, each once, ancestors before their descendants.
    fn resolve<'k>(
        &mut self,
        path: impl IntoIterator<Item = &'k str>,
        route: &mut Vec<usize>,
    ) -> Result<(), ScopeError> {
        self.visit += 1;
        for key in path {
            let start = route.len();
            let mut next = Some(self.find(key)?);
            while let Some(at) = next {
                let Some(scope) = self.scopes.get_mut(at).filter(|scope| scope.visited != self.visit) else {
                    break;
                };
                scope.visited = self.visit;
                route.push(at);
                next = scope.parent;
            }
            if let Some(branch) = route.get_mut(start..) {
                branch.reverse();
            }
        }
        Ok(())
    }

    fn decide(&mut self, route: &[usize], cost: Cost, now: Nanos) -> Verdict {
        let scopes = || route.iter().filter_map(|&at| self.scopes.get(at));
        if let Some(refusal) = Refusal::of(scopes().filter_map(|scope| Some((&scope.key, scope.refuses(cost, now)?)))) {
            return Verdict::Refused(refusal);
        }
        for &at in route {
            if let Some(scope) = self.scopes.get_mut(at) {
                scope.take(cost, now);
            }
        }
        Verdict::Granted(self.grants.begin(route, cost))
    }
}
