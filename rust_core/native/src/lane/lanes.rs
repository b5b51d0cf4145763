//! Which targets are laid open, and which requests are under way here.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rust_core_pure::wire::{Dialect, Guard};
use tokio::sync::Notify;

use super::books::{Books, Told, Wanted};
use super::clock::Clock;
use super::ids::Ids;
use super::ordinary::Plain;
use super::plan::Lane;
use super::service::Visit;
use super::taken::{Taken, lock};
use super::told::{Begun, Served};
use crate::ingress::{Exchange, Work};

/// Who decides what is not ordinary, and keeps the books.
pub trait LaneHost: Send + Sync + 'static {
    /// There is something in the books.
    fn noted(&self);

    /// An attempt is the host's from here on.
    fn handed_over(&self, exchange: Exchange, begun: Begun);

    /// The client of a request that is the host's has gone.
    fn gone(&self, number: u64);
}

/// What holds for every request.
#[derive(Debug)]
pub struct Gate {
    /// Keeps web pages and misdirected requests out.
    pub guard: Guard,
    /// How large a body may be.
    pub largest_body: usize,
}

/// The targets that are laid open, by the path that is asked, and by their name and who asks.
type Open = HashMap<String, (Dialect, HashMap<String, Vec<Entry>>)>;
type Entry = (Option<String>, Arc<Lane>);

/// The lanes of one server.
pub struct Lanes {
    host: Arc<dyn LaneHost>,
    pub(super) clock: Clock,
    ids: Ids,
    books: Books,
    state: RwLock<State>,
    under_way: Mutex<HashMap<u64, Arc<Interruption>>>,
    taken: AtomicU64,
}

struct State {
    gate: Arc<Gate>,
    open: Open,
}

/// Why nobody waits any more for what a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupted {
    /// Its client has gone.
    Left,
    /// The server stops: the host is to say so.
    Stopped,
}

/// Tells a request under way that it is interrupted.
#[derive(Debug, Default)]
pub(super) struct Interruption {
    has_left: AtomicBool,
    is_stopped: AtomicBool,
    /// It is the host's, which is told itself.
    is_handed_over: AtomicBool,
    news: Notify,
}

impl Interruption {
    /// Waits for it.
    pub(super) async fn told(&self) -> Interrupted {
        loop {
            if self.has_left.load(Ordering::Acquire) {
                return Interrupted::Left;
            }
            if self.is_stopped.load(Ordering::Acquire) {
                return Interrupted::Stopped;
            }
            self.news.notified().await;
        }
    }
}

impl Lanes {
    /// No target is laid open yet.
    #[must_use]
    pub fn new(clock: Clock, host: Arc<dyn LaneHost>) -> Arc<Self> {
        let gate = Gate { guard: Guard::new(Vec::<Vec<u8>>::new()), largest_body: 0 };
        let state = RwLock::new(State { gate: Arc::new(gate), open: Open::new() });
        Arc::new(Self {
            host,
            clock,
            ids: Ids::default(),
            books: Books::default(),
            state,
            under_way: Mutex::default(),
            taken: AtomicU64::new(0),
        })
    }

    /// Lays a target open, for one who says who it is that asks, or for those who do not.
    /// What it returns counts who is under way there: everybody else who holds it, but for the table.
    pub fn open(&self, path: &str, target: &str, node: Option<&str>, lane: Lane) -> Arc<Lane> {
        let lane = Arc::new(lane);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let (_, targets) = state.open.entry(path.to_owned()).or_insert_with(|| (lane.dialect, HashMap::new()));
        let entries = targets.entry(target.to_owned()).or_default();
        entries.retain(|(known, _)| known.as_deref() != node);
        entries.push((node.map(str::to_owned), Arc::clone(&lane)));
        lane
    }

    /// Lays none open any more; what holds for every request is this from now on. Those under way go on.
    pub fn clear(&self, gate: Gate) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let gone = std::mem::replace(&mut *state, State { gate: Arc::new(gate), open: Open::new() });
        drop(state);
        drop(gone);
    }

    /// How large a body may be that is served here; none, while nothing is laid open.
    pub fn largest_body(&self) -> usize {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if state.open.is_empty() { 0 } else { state.gate.largest_body }
    }

    /// How many requests are under way, or handed over and not taken by the host yet.
    pub fn active(&self) -> usize {
        lock(&self.under_way).len()
    }

    /// How many were taken in all.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Keeps books of what is wanted from now on, besides counts.
    pub fn want(&self, wanted: Wanted) {
        self.books.want(wanted);
    }

    /// What the books have, and so many requests at most that are told one by one; whether that is all.
    pub fn told(&self, most: usize) -> (Told, bool) {
        self.books.take(most)
    }

    /// Takes a request, and returns what is left to do for it; gives it back where it is not ordinary.
    ///
    /// # Errors
    /// The request, for the host to look at.
    #[allow(clippy::result_large_err)] // it is given back as it came
    pub fn take(self: &Arc<Self>, exchange: Exchange) -> Result<Work, Exchange> {
        if self.books.is_behind() {
            return Err(exchange);
        }
        let Some(visit) = self.visit(&exchange) else { return Err(exchange) };
        lock(&self.under_way).insert(exchange.number, Arc::clone(&visit.interruption));
        self.taken.fetch_add(1, Ordering::Relaxed);
        let place = Place { lanes: Arc::clone(self), number: exchange.number };
        Ok(Box::pin(visit.serve(place, exchange)))
    }

    /// Hands every request under way to the host, which is to end it.
    pub fn stop(&self) {
        for interruption in lock(&self.under_way).values() {
            interruption.is_stopped.store(true, Ordering::Release);
            interruption.news.notify_one();
        }
    }

    /// The client of a request has gone.
    pub fn gone(&self, number: u64) {
        let under_way = lock(&self.under_way);
        match under_way.get(&number) {
            Some(interruption) if !interruption.is_handed_over.load(Ordering::Acquire) => {
                interruption.has_left.store(true, Ordering::Release);
                interruption.news.notify_one();
            }
            _ => {
                drop(under_way);
                self.host.gone(number);
            }
        }
    }

    /// A request has ended.
    pub(super) fn ended(&self, number: u64, served: Served) {
        if self.books.note(served) {
            self.host.noted();
        }
        lock(&self.under_way).remove(&number);
    }

    /// A request is the host's from here on; so is the news that its client has gone. It is under way until the host has taken it.
    pub(super) fn hand_over(self: &Arc<Self>, exchange: Exchange, begun: Begun) {
        let number = exchange.number;
        // Held meanwhile, so that the news comes to the host behind the request, if it comes.
        let under_way = lock(&self.under_way);
        let interruption = under_way.get(&number).map(Arc::clone);
        if let Some(interruption) = &interruption {
            interruption.is_handed_over.store(true, Ordering::Release);
        }
        self.host.handed_over(exchange, begun);
        drop(under_way);
        if interruption.is_some_and(|interruption| interruption.has_left.load(Ordering::Acquire)) {
            self.host.gone(number);
        }
    }

    /// The host has taken a request that was handed over.
    pub fn forget(&self, number: u64) {
        lock(&self.under_way).remove(&number);
    }

    fn visit(&self, exchange: &Exchange) -> Option<Visit> {
        let arrived = self.clock.at(exchange.arrived);
        let path = exchange.head.uri.path();
        let (gate, dialect) = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            (Arc::clone(&state.gate), state.open.get(path)?.0)
        };
        let plain = Plain::of(exchange, &gate.guard, gate.largest_body)?;
        let envelope = plain.envelope(dialect)?;
        let lane = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let entries = state.open.get(path)?.1.get(&envelope.model)?;
            Arc::clone(&entries.iter().find(|(node, _)| *node == plain.node)?.1)
        };
        if envelope.max_tokens.is_some_and(|asked| lane.candidates.iter().any(|each| each.is_exceeded_by(asked))) {
            return None; // the host knows how to ask for less
        }
        if lane.marks.iter().any(|mark| contains(&plain.body, mark)) {
            return None;
        }
        let taken = Taken::next(&lane, &envelope, self.clock)?;
        let id = plain.id.as_ref().and_then(|id| id.to_str().ok()).map_or_else(|| self.ids.next(), str::to_owned);
        Some(Visit { lane, taken, envelope, body: plain.body, id, arrived, interruption: Arc::default() })
    }
}

/// A request's place among those under way, until its work ends, however that does; one that was handed over keeps it.
pub(super) struct Place {
    pub(super) lanes: Arc<Lanes>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = lock(&self.lanes.under_way);
        let is_handed_over = |interruption: &Arc<Interruption>| interruption.is_handed_over.load(Ordering::Acquire);
        if !under_way.get(&self.number).is_some_and(is_handed_over) {
            under_way.remove(&self.number);
        }
    }
}

fn contains(body: &[u8], mark: &[u8]) -> bool {
    memchr::memmem::find(body, mark).is_some()
}
