//! `AdmissionController`, with the values it answers with.
//!
//! Nothing of Python is made or called while the lock is held: making an object may run a collector, and that anything.

mod grant;
mod snapshot;
mod ticket;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use native::lane::Room;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyList;
use rust_core_pure::admission::{Admission, Place, ScopeLimits, Told, Verdict, Waiting};
use rust_core_pure::limiters::{Cost, Dimension};

use crate::convert::{Count, Items, Priority, instant, lock, value_error};
use crate::rate_limit::RateLimit;
use grant::PathOrKeys;
pub(crate) use grant::{Grant, Path, Refusal};
use snapshot::scope_dict;
use ticket::State;
pub(crate) use ticket::Ticket;

#[derive(IntoPyObject)]
enum GrantOrRefusal {
    Granted(Grant),
    Refused(Refusal),
}

#[derive(IntoPyObject)]
enum TicketOrRefusal {
    Ticket(Py<Ticket>),
    Refused(Refusal),
}

/// The core's state, and the tickets that its numbers stand for.
struct Inner {
    core: Admission,
    waiting: HashMap<u64, Py<Ticket>>,
    granted: Vec<Py<Ticket>>,
    dropped: Vec<Py<Ticket>>,
}

impl Inner {
    /// Tells the tickets what has become of them.
    fn absorb(&mut self) {
        let events = self.core.take_events();
        for (number, grant) in events.granted {
            if let Some(ticket) = self.waiting.remove(&number) {
                ticket.get().grant(grant);
                self.granted.push(ticket);
            }
        }
        let expired = events.expired.into_iter().map(|number| (number, State::Expired));
        let hopeless = events.hopeless.into_iter().map(|number| (number, State::Refused));
        for (number, state) in expired.chain(hopeless) {
            if let Some(ticket) = self.waiting.remove(&number) {
                ticket.get().set_state(state);
                self.dropped.push(ticket);
            }
        }
        if self.waiting.capacity() > 1024 && self.waiting.len() < self.waiting.capacity() / 8 {
            self.waiting.shrink_to(self.waiting.len() * 2);
        }
    }
}

/// Admits requests through every scope of a path, all or nothing, under one lock.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct AdmissionController {
    number: u64,
    inner: Arc<Mutex<Inner>>,
    on_dropped: Option<Py<PyAny>>,
}

impl AdmissionController {
    /// What an operation leaves to be told, once the lock is given back: who was let in, and who waits no longer.
    fn tell(&self, py: Python<'_>, mut inner: MutexGuard<'_, Inner>, take_granted: bool) -> Vec<Py<Ticket>> {
        inner.absorb();
        let granted = if take_granted { std::mem::take(&mut inner.granted) } else { Vec::new() };
        let dropped = std::mem::take(&mut inner.dropped);
        drop(inner);
        if let Some(callback) = self.on_dropped.as_ref().filter(|_| !dropped.is_empty()) {
            // The operation has taken effect, whatever its observer makes of it.
            if let Err(error) = callback.call1(py, (dropped,)) {
                error.write_unraisable(py, Some(callback.bind(py)));
            }
        }
        granted
    }

    /// Performs an operation on the core and tells who was let in by it, or before it by an operation that tells nobody.
    fn run(&self, py: Python<'_>, operation: impl FnOnce(&mut Admission)) -> Vec<Py<Ticket>> {
        let mut inner = lock(&self.inner);
        operation(&mut inner.core);
        self.tell(py, inner, true)
    }
}

/// The core's state, for those who do without Python; what an operation leaves to be told is told by the next of Python's.
struct Shared {
    inner: Arc<Mutex<Inner>>,
    /// Called where somebody may have been let in.
    ring: Box<dyn Fn() + Send + Sync>,
}

impl Room for Shared {
    fn with(&self, act: &mut dyn FnMut(&mut Admission)) {
        let mut inner = lock(&self.inner);
        act(&mut inner.core);
        let is_news = inner.core.has_events();
        drop(inner);
        if is_news {
            (self.ring)();
        }
    }
}

impl AdmissionController {
    /// The controller as native I/O shares it; `ring` is called where `advance` should be.
    pub(crate) fn room(&self, ring: Box<dyn Fn() + Send + Sync>) -> Arc<dyn Room> {
        Arc::new(Shared { inner: Arc::clone(&self.inner), ring })
    }
}

#[pymethods]
impl AdmissionController {
    #[new]
    #[pyo3(signature = (aging_ns = None, on_dropped = None))]
    fn new(aging_ns: Option<Count>, on_dropped: Option<Py<PyAny>>) -> PyResult<Self> {
        let aging = aging_ns.map_or(Admission::AGING, |aging| aging.0);
        if aging == 0 {
            return Err(value_error("aging_ns must be at least 1"));
        }
        let core = Admission::new(aging);
        let number = core.number();
        let inner = Inner { core, waiting: HashMap::new(), granted: Vec::new(), dropped: Vec::new() };
        Ok(Self { number, inner: Arc::new(Mutex::new(inner)), on_dropped })
    }

    /// The observer may hold the controller in turn; the collector must be able to see that.
    #[allow(clippy::missing_errors_doc)]
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.on_dropped.as_ref().map_or(Ok(()), |callback| visit.call(callback))
    }

    /// Defines a scope, or changes it, keeping what is in flight, who waits and the state of its rates. Returns the tickets
    /// let in.
    #[pyo3(signature = (key, parent = None, concurrency = None, rates = Items(Vec::new()), queue_size = None, weight = Count(1), now_ns = None),
           text_signature = "($self, key, parent=None, concurrency=None, rates=(), queue_size=None, weight=1, now_ns=None)")]
    #[allow(clippy::needless_pass_by_value, clippy::too_many_arguments)] // the conversion owns what it converts
    fn define(
        &self,
        py: Python<'_>,
        key: &str,
        parent: Option<&str>,
        concurrency: Option<Count>,
        rates: Items<Py<RateLimit>>,
        queue_size: Option<Count>,
        weight: Count,
        now_ns: Option<Count>,
    ) -> PyResult<Vec<Py<Ticket>>> {
        let now = instant(py, now_ns)?;
        let rates: Vec<_> = rates.0.iter().map(|rate| rate.get().0).collect();
        let limits = ScopeLimits {
            concurrency: concurrency.map(|bound| bound.0),
            rates: &rates,
            queue_size: queue_size.map(|bound| bound.0),
            weight: weight.0,
        };
        let mut inner = lock(&self.inner);
        let defined = inner.core.define(key, parent, &limits, now);
        let granted = self.tell(py, inner, defined.is_ok());
        defined.map_err(value_error).map(|()| granted)
    }

    /// Takes a scope away; who passes it now or waits for it is not disturbed.
    fn remove(&self, key: &str) -> PyResult<()> {
        let removed = lock(&self.inner).core.remove(key);
        removed.map_err(value_error)
    }

    /// Looks a path up once, to be used often.
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn path(&self, keys: Items<String>) -> PyResult<Path> {
        let keys = keys.0;
        let found = lock(&self.inner).core.path(keys.iter().map(String::as_str));
        let found = found.map_err(value_error)?;
        Ok(Path { controller: self.number, found, keys })
    }

    /// A Grant through every scope of the path and their ancestors, each once, or a Refusal that changes nothing.
    #[pyo3(signature = (path, requests = Count(1), tokens = Count(0), now_ns = None), text_signature = "($self, path, requests=1, tokens=0, now_ns=None)")]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn try_acquire(
        &self,
        py: Python<'_>,
        path: PathOrKeys<'_>,
        requests: Count,
        tokens: Count,
        now_ns: Option<Count>,
    ) -> PyResult<GrantOrRefusal> {
        let now = instant(py, now_ns)?;
        let cost = Cost { requests: requests.0, tokens: tokens.0 };
        let mut inner = lock(&self.inner);
        let path = path.find(&mut inner.core).map_err(value_error)?;
        let verdict = inner.core.try_acquire(path, cost, now);
        self.tell(py, inner, false);
        Ok(match verdict {
            Verdict::Granted(grant) => GrantOrRefusal::Granted(Grant::new(grant)),
            Verdict::Refused(refusal) => GrantOrRefusal::Refused(Refusal(refusal)),
        })
    }

    /// A Ticket, granted at once or waiting, or a Refusal that changes nothing.
    #[pyo3(signature = (path, requests = Count(1), tokens = Count(0), priority = Priority(0), flow = None, deadline_ns = None, now_ns = None),
           text_signature = "($self, path, requests=1, tokens=0, priority=0, flow=None, deadline_ns=None, now_ns=None)")]
    #[allow(clippy::needless_pass_by_value, clippy::too_many_arguments)] // the conversion owns what it converts
    fn enqueue(
        &self,
        py: Python<'_>,
        path: PathOrKeys<'_>,
        requests: Count,
        tokens: Count,
        priority: Priority,
        flow: Option<&str>,
        deadline_ns: Option<Count>,
        now_ns: Option<Count>,
    ) -> PyResult<TicketOrRefusal> {
        let now = instant(py, now_ns)?;
        let cost = Cost { requests: requests.0, tokens: tokens.0 };
        let wish = Waiting { priority: priority.0, flow, deadline: deadline_ns.map(|deadline| deadline.0) };
        let ticket = Py::new(py, Ticket::new(self.number))?;
        let registered = ticket.clone_ref(py);
        let mut inner = lock(&self.inner);
        let path = path.find(&mut inner.core).map_err(value_error)?;
        let place = inner.core.enqueue(path, cost, wish, now);
        let answer = match place {
            Place::Refused(refusal) => TicketOrRefusal::Refused(Refusal(refusal)),
            Place::Granted(number, grant) => {
                ticket.get().set_number(number);
                ticket.get().grant(grant);
                TicketOrRefusal::Ticket(ticket)
            }
            Place::Waiting(number) => {
                ticket.get().set_number(number);
                inner.waiting.insert(number, registered);
                TicketOrRefusal::Ticket(ticket)
            }
        };
        self.tell(py, inner, false);
        Ok(answer)
    }

    /// Gives the permits of a grant back, once; its charges stay. Returns the tickets let in by that.
    #[pyo3(signature = (grant, now_ns = None))]
    fn release(&self, py: Python<'_>, grant: &Bound<'_, Grant>, now_ns: Option<Count>) -> PyResult<Vec<Py<Ticket>>> {
        let now = instant(py, now_ns)?;
        Ok(self.run(py, |core| core.release(&mut lock(grant.get().cell()), now)))
    }

    /// Charges the tokens really used in place of those reserved, once. Returns the tickets let in by that.
    #[pyo3(signature = (grant, tokens, exact = true, now_ns = None))]
    fn settle(
        &self,
        py: Python<'_>,
        grant: &Bound<'_, Grant>,
        tokens: Count,
        exact: bool,
        now_ns: Option<Count>,
    ) -> PyResult<Vec<Py<Ticket>>> {
        let now = instant(py, now_ns)?;
        Ok(self.run(py, |core| core.settle(&mut lock(grant.get().cell()), tokens.0, exact, now)))
    }

    /// Gives the charges of a grant back, once and only if it is not settled; its permits stay taken. Returns the tickets let
    /// in by that.
    #[pyo3(signature = (grant, now_ns = None))]
    fn refund(&self, py: Python<'_>, grant: &Bound<'_, Grant>, now_ns: Option<Count>) -> PyResult<Vec<Py<Ticket>>> {
        let now = instant(py, now_ns)?;
        Ok(self.run(py, |core| core.refund(&mut lock(grant.get().cell()), now)))
    }

    /// Gives up a ticket, once: its place, or what it was granted. Returns the tickets let in by that.
    #[pyo3(signature = (ticket, now_ns = None))]
    fn cancel(&self, py: Python<'_>, ticket: &Bound<'_, Ticket>, now_ns: Option<Count>) -> PyResult<Vec<Py<Ticket>>> {
        let now = instant(py, now_ns)?;
        let own = ticket.get();
        if own.controller != self.number {
            return Ok(Vec::new());
        }
        let mut inner = lock(&self.inner);
        let waited = inner.core.cancel(own.number(), now);
        // What was due before may have let him in, or out.
        inner.absorb();
        let gone = if waited { inner.waiting.remove(&own.number()) } else { None };
        if waited {
            own.set_state(State::Cancelled);
        } else if let State::Granted(grant) = own.state() {
            let mut grant = lock(&grant);
            if grant.held() {
                inner.core.abandon(&mut grant, now);
                inner.granted.retain(|other| !other.is(ticket));
                own.set_state(State::Cancelled);
            }
        }
        let granted = self.tell(py, inner, true);
        drop(gone);
        Ok(granted)
    }

    /// Lets time pass. Returns the tickets let in.
    #[pyo3(signature = (now_ns = None))]
    fn advance(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<Vec<Py<Ticket>>> {
        let now = instant(py, now_ns)?;
        Ok(self.run(py, |core| core.advance(now)))
    }

    /// When `advance` should be called; None while only a release can let somebody in.
    #[pyo3(signature = (now_ns = None))]
    fn next_wakeup(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<Option<u64>> {
        let now = instant(py, now_ns)?;
        let inner = lock(&self.inner);
        Ok(if inner.granted.is_empty() { inner.core.next_wakeup(now) } else { Some(now) })
    }

    /// Lets nobody in any more. Returns the tickets that it ends: those that waited, each once, and those let in by now of
    /// which nothing has been told yet.
    #[pyo3(signature = (now_ns = None))]
    fn close(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<Vec<Py<Ticket>>> {
        let now = instant(py, now_ns)?;
        let mut inner = lock(&self.inner);
        let numbers = inner.core.close(now);
        inner.absorb();
        let mut tickets: Vec<_> = numbers.iter().filter_map(|number| inner.waiting.remove(number)).collect();
        for ticket in &tickets {
            ticket.get().set_state(State::Closed);
        }
        tickets.extend(self.tell(py, inner, true));
        Ok(tickets)
    }

    /// Grants nothing through the scope before this time; only ever extends, and leaves the refill alone.
    #[pyo3(signature = (key, until_ns, now_ns = None))]
    fn block_until(&self, py: Python<'_>, key: &str, until_ns: Count, now_ns: Option<Count>) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        let mut inner = lock(&self.inner);
        let blocked = inner.core.block_until(key, until_ns.0, now);
        self.tell(py, inner, false);
        blocked.map_err(value_error)
    }

    /// Heeds what a provider says is left to a scope until its reset; it only ever tightens.
    #[pyo3(signature = (key, dimension, remaining, reset_at_ns, observed_at_ns = None, now_ns = None))]
    #[allow(clippy::too_many_arguments)] // by keyword
    fn tighten(
        &self,
        py: Python<'_>,
        key: &str,
        dimension: &str,
        remaining: Count,
        reset_at_ns: Count,
        observed_at_ns: Option<Count>,
        now_ns: Option<Count>,
    ) -> PyResult<()> {
        let now = instant(py, now_ns)?;
        let dimension = Dimension::by_name(dimension).map_err(value_error)?;
        let observed_at = observed_at_ns.map_or(now, |at| at.0);
        let told = Told { remaining: remaining.0, reset_at: reset_at_ns.0, observed_at };
        let mut inner = lock(&self.inner);
        let tightened = inner.core.tighten(key, dimension, told, now);
        self.tell(py, inner, false);
        tightened.map_err(value_error)
    }

    /// How many grants are held through the scope.
    fn in_flight(&self, key: &str) -> PyResult<u64> {
        let inner = lock(&self.inner);
        inner.core.in_flight(key).map_err(value_error)
    }

    /// How many wait to pass the scope, or in all.
    #[pyo3(signature = (key = None))]
    fn waiting(&self, key: Option<&str>) -> PyResult<usize> {
        let inner = lock(&self.inner);
        key.map_or_else(|| Ok(inner.core.queued()), |key| inner.core.waiting(key)).map_err(value_error)
    }

    /// Every scope's limits and state, in the order of definition.
    #[pyo3(signature = (now_ns = None))]
    fn snapshot<'py>(&self, py: Python<'py>, now_ns: Option<Count>) -> PyResult<Bound<'py, PyList>> {
        let now = instant(py, now_ns)?;
        let scopes = lock(&self.inner).core.snapshot(now);
        let scopes = scopes.iter().map(|scope| scope_dict(py, scope)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, scopes)
    }
}
