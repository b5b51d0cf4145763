//! Which targets are laid open, and which requests are under way here.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rust_core_pure::wire::{Dialect, Guard};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::clock::Clock;
use super::ids::Ids;
use super::ordinary::Plain;
use super::plan::Lane;
use super::service::Visit;
use super::taken::{Taken, lock};
use super::told::{Begun, Served};
use crate::ingress::Exchange;

/// Who decides what is not ordinary, and keeps the books.
pub trait LaneHost: Send + Sync + 'static {
    /// A request has ended here.
    fn served(&self, served: Served);

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
    runtime: Handle,
    host: Arc<dyn LaneHost>,
    pub(super) clock: Clock,
    ids: Ids,
    state: RwLock<State>,
    under_way: Mutex<HashMap<u64, Arc<Interruption>>>,
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
    pub fn new(runtime: Handle, clock: Clock, host: Arc<dyn LaneHost>) -> Arc<Self> {
        let gate = Gate { guard: Guard::new(Vec::<Vec<u8>>::new()), largest_body: 0 };
        let state = RwLock::new(State { gate: Arc::new(gate), open: Open::new() });
        Arc::new(Self { runtime, host, clock, ids: Ids::default(), state, under_way: Mutex::default() })
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

    /// How many requests are under way.
    pub fn active(&self) -> usize {
        lock(&self.under_way).len()
    }

    /// Takes a request; gives it back where it is not ordinary.
    ///
    /// # Errors
    /// The request, for the host to look at.
    #[allow(clippy::result_large_err)] // it is given back as it came
    pub fn take(self: &Arc<Self>, exchange: Exchange) -> Result<(), Exchange> {
        let Some(visit) = self.visit(&exchange) else { return Err(exchange) };
        lock(&self.under_way).insert(exchange.number, Arc::clone(&visit.interruption));
        let lanes = Arc::clone(self);
        self.runtime.spawn(async move { visit.serve(&lanes, exchange).await });
        Ok(())
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
        if let Some(interruption) = under_way.get(&number) {
            interruption.has_left.store(true, Ordering::Release);
            interruption.news.notify_one();
        } else {
            drop(under_way);
            self.host.gone(number);
        }
    }

    /// A request has ended.
    pub(super) fn ended(&self, number: u64, served: Served) {
        lock(&self.under_way).remove(&number);
        self.host.served(served);
    }

    /// A request is the host's from here on; so is the news that its client has gone.
    pub(super) fn hand_over(&self, exchange: Exchange, begun: Begun) {
        let number = exchange.number;
        let interruption = lock(&self.under_way).remove(&number);
        self.host.handed_over(exchange, begun);
        if interruption.is_some_and(|interruption| interruption.has_left.load(Ordering::Acquire)) {
            self.host.gone(number);
        }
    }

    fn visit(&self, exchange: &Exchange) -> Option<Visit> {
        let arrived = self.clock.now();
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
        if lane.marks.iter().any(|mark| contains(&plain.body, mark)) {
            return None;
        }
        let taken = Taken::next(&lane, &envelope, self.clock)?;
        let id = plain.id.as_ref().and_then(|id| id.to_str().ok()).map_or_else(|| self.ids.next(), str::to_owned);
        Some(Visit { lane, taken, envelope, body: plain.body, id, arrived, interruption: Arc::default() })
    }
}

fn contains(body: &[u8], mark: &[u8]) -> bool {
    memchr::memmem::find(body, mark).is_some()
}
