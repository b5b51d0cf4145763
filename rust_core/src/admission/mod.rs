//! All-or-nothing admission through every scope of a path, at once or from a queue.
//!
//! A request names the scopes it passes, such as group, echelon, model and node. Each may bound what is in flight, any number
//! of rates, and how many wait. First every limit of every scope is checked, then all are taken: a refusal leaves no trace,
//! and nobody sees limits that were taken only to be rolled back. The caller holds one lock around the whole tree of scopes.
//!
//! | file | what it knows |
//! |---|---|
//! | `limits` | what a scope is defined with |
//! | `scope` | one level's limits and what is taken of them |
//! | `tree` | which scopes a path passes |
//! | `grant` | what one admission took |
//! | `refusal` | why not, and until when |
//! | `acquire` | at once, or not at all; and giving back |
//! | `queue` | who waits, and in which order |
//! | `service` | who waits, and what time brings about |
//! | `turns` | whom of those who wait there is room for |

mod acquire;
mod grant;
mod limits;
mod queue;
mod refusal;
mod scope;
mod service;
mod tree;
mod turns;

pub use grant::Grant;
pub use limits::{ScopeError, ScopeLimits, Told};
pub use refusal::{Reason, Refusal, Wait};
pub use scope::{RateSnapshot, ScopeSnapshot};
pub use service::{Place, Waiting};
pub use tree::Path;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::limiters::Dimension;
use crate::units::{Nanos, SECOND};
use queue::Queue;
use scope::Scope;
use tree::Tree;

/// A place in a queue: 1 for the first of a controller, and never used twice.
pub type Ticket = u64;

/// What an attempt to be admitted came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Admitted: everything is taken until the grant is released.
    Granted(Grant),
    /// Not admitted: nothing has changed.
    Refused(Refusal),
}

/// What has become of those who waited, since it was last asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Who was let in, in that order.
    pub granted: Vec<(Ticket, Grant)>,
    /// Whose deadline has passed.
    pub expired: Vec<Ticket>,
    /// Whose cost has come to exceed a capacity, so that no wait can help.
    pub hopeless: Vec<Ticket>,
}

/// The tree of scopes, what is held in it and who waits.
#[derive(Debug)]
pub struct Admission {
    number: u64,
    last_grant: u64,
    /// The newest time at which something was taken.
    newest: Nanos,
    tree: Tree,
    queue: Queue,
    events: Events,
    closed: bool,
}

/// Tells the grants of one controller from those of another. It only counts; nothing is ordered by it.
static CONTROLLERS: AtomicU64 = AtomicU64::new(1);

impl Default for Admission {
    fn default() -> Self {
        Self::new(Self::AGING)
    }
}

impl Admission {
    /// So long a wait lifts one who waits by one class, unless something else is asked for.
    pub const AGING: Nanos = 5 * SECOND;

    /// No scopes yet. Each `aging` of waiting lifts one who waits by one class, up to the most urgent that waits.
    #[must_use]
    pub fn new(aging: Nanos) -> Self {
        Self {
            number: CONTROLLERS.fetch_add(1, Ordering::Relaxed),
            last_grant: 0,
            newest: 0,
            tree: Tree::default(),
            queue: Queue::new(aging),
            events: Events::default(),
            closed: false,
        }
    }

    /// The number by which its grants name it, unique in a process.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Defines a scope, or changes the one of this key: what is in flight stays, whoever waits goes on waiting, and so does
    /// the state of each rate that still counts the same thing.
    ///
    /// # Errors
    /// Where the parent is unknown or would close a circle or make a path too long, a bound or the weight is 0, or two rates
    /// are one and the same meter; nothing is changed then.
    pub fn define(
        &mut self,
        key: &str,
        parent: Option<&str>,
        limits: &ScopeLimits<'_>,
        now: Nanos,
    ) -> Result<(), ScopeError> {
        limits::check_limits(key, limits)?;
        let parent = parent.map(|name| self.tree.parent_for(key, name)).transpose()?;
        let known = self.tree.lookup(key);
        let next_grant = self.last_grant + 1;
        let at = match known {
            Some(at) => {
                self.tree.move_below(at, parent)?;
                self.catch_up(now);
                if let Some(scope) = self.tree.scope_mut(at) {
                    scope.reconfigure(limits, next_grant, now);
                }
                at
            }
            None => self.tree.add(Scope::new(Arc::from(key), parent, limits, next_grant, now))?,
        };
        self.turn_away(at, now);
        self.serve([at], now);
        Ok(())
    }

    /// Takes a scope away. Whoever holds a grant through it, or waits for it, is not disturbed; no new path may name it.
    ///
    /// # Errors
    /// Where the scope is not defined, or another lies below it.
    pub fn remove(&mut self, key: &str) -> Result<(), ScopeError> {
        self.tree.remove(key)
    }

    /// The path through the scopes named and their ancestors, each once, to be used as often as needed.
    ///
    /// # Errors
    /// Where a scope is not defined, or there are too many.
    pub fn path<'k>(&mut self, keys: impl IntoIterator<Item = &'k str>) -> Result<Path, ScopeError> {
        self.tree.path(keys)
    }

    /// Whether every scope that the path names is still there. One that is not leads to nobody's limits: look it up again.
    #[must_use]
    pub fn leads_somewhere(&self, path: Path) -> bool {
        self.tree.leads_somewhere(path)
    }

    /// Grants nothing through the scope before `until`. Only ever extends, and leaves the refill alone.
    ///
    /// # Errors
    /// Where the scope is not defined.
    pub fn block_until(&mut self, key: &str, until: Nanos, now: Nanos) -> Result<(), ScopeError> {
        let at = self.tree.find(key)?;
        self.catch_up(now);
        if let Some(scope) = self.tree.scope_mut(at) {
            scope.blocked_until = scope.blocked_until.max(until);
        }
        self.serve([at], now);
        Ok(())
    }

    /// Heeds what a provider says is left to a scope: at most `remaining` more of this dimension before `reset_at`, as it was
    /// at `observed_at`. It only ever tightens, is the same told twice, and is ignored where something later has been told.
    ///
    /// # Errors
    /// Where the scope is not defined, or has no rate of this dimension.
    pub fn tighten(&mut self, key: &str, dimension: Dimension, told: Told, now: Nanos) -> Result<(), ScopeError> {
        let at = self.tree.find(key)?;
        self.catch_up(now);
        let tightened = self.tree.scope_mut(at).is_some_and(|scope| scope.tighten(dimension, told, now));
        if !tightened {
            return Err(ScopeError::NoSuchRate { key: key.to_owned(), dimension });
        }
        self.serve([at], now);
        Ok(())
    }

    /// Lets nobody in any more, now or later, and tells who waited. What is in flight is not disturbed.
    pub fn close(&mut self, now: Nanos) -> Vec<Ticket> {
        self.catch_up(now);
        self.closed = true;
        let tickets = self.queue.tickets();
        for ticket in &tickets {
            self.drop_ticket(*ticket, now);
        }
        tickets
    }

    /// How many grants are held through the scope.
    ///
    /// # Errors
    /// Where the scope is not defined.
    pub fn in_flight(&self, key: &str) -> Result<u64, ScopeError> {
        let at = self.tree.find(key)?;
        Ok(self.tree.scope(at).map_or(0, |scope| scope.permits.in_flight()))
    }

    /// How many wait to pass the scope.
    ///
    /// # Errors
    /// Where the scope is not defined.
    pub fn waiting(&self, key: &str) -> Result<usize, ScopeError> {
        self.tree.find(key).map(|at| self.queue.waiting(at))
    }

    /// Every scope's limits and state at `now`, in the order of definition.
    #[must_use]
    pub fn snapshot(&self, now: Nanos) -> Vec<ScopeSnapshot> {
        let name =
            |parent: Option<usize>| parent.and_then(|at| self.tree.scope(at)).map(|scope| Arc::clone(&scope.key));
        let scopes = self.tree.scopes().iter().enumerate().filter(|(_, scope)| !scope.removed);
        scopes.map(|(at, scope)| scope.snapshot(name(scope.parent), self.queue.waiting(at), now)).collect()
    }

    /// Whether anything has become of those who waited, since `take_events` was last asked.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !(self.events.granted.is_empty() && self.events.expired.is_empty() && self.events.hopeless.is_empty())
    }

    /// What has become of those who waited, since this was last asked. To be asked after every operation.
    #[must_use]
    pub fn take_events(&mut self) -> Events {
        std::mem::take(&mut self.events)
    }
}
