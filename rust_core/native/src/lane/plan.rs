//! What the host has laid open of a target: the candidates of its first step, and what they share.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hyper::header::HeaderName;
use rust_core_pure::admission::{Admission, Path};
use rust_core_pure::breaker::CircuitBreaker;
use rust_core_pure::estimate::TokenEstimator;
use rust_core_pure::health::HealthTracker;
use rust_core_pure::schedulers::Scheduler;
use rust_core_pure::stats::Statistics;
use rust_core_pure::wire::Dialect;

use crate::transport::endpoint::Header;
use crate::transport::{Endpoint, Pool};

/// Admission, as the host and the lane share it.
pub trait Room: Send + Sync {
    /// Does something while nobody else does.
    fn with(&self, act: &mut dyn FnMut(&mut Admission));
}

/// How long each part of a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// A connection.
    pub connect: Duration,
    /// The first byte of an answer.
    pub first_byte: Duration,
    /// Each of the next.
    pub idle: Duration,
    /// The attempt, until its answer can be committed.
    pub attempt: Option<Duration>,
    /// The request.
    pub total: Duration,
}

/// A path and a query below the endpoint's.
#[derive(Clone, Debug, Default)]
pub struct Address {
    /// The path.
    pub path: Bytes,
    /// The query, without a question mark.
    pub query: Bytes,
}

/// One instance of the step.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub struct Candidate {
    /// Where it is called.
    pub endpoint: Arc<Endpoint>,
    /// Over which connections.
    pub pool: Arc<Pool>,
    /// The scopes that a call to it passes.
    pub path: Path,
    /// Its own scope.
    pub scope: String,
    /// Its breaker, where the group has them, and the number that the breaker's permits bear.
    pub breaker: Option<(Arc<Mutex<CircuitBreaker>>, u64)>,
    /// Its name at the provider.
    pub model: String,
    /// What its model is called.
    pub name: String,
    /// What its provider is.
    pub provider: String,
    /// Where a whole answer is asked for.
    pub plain: Address,
    /// Where a stream is.
    pub stream: Address,
    /// Whether it can be asked for the usage of a stream.
    pub tells_usage: bool,
    /// Whether a limit of ours counts requests to it.
    pub rated_requests: bool,
    /// Whether one counts tokens.
    pub rated_tokens: bool,
    /// What a call to its model will probably cost.
    pub estimator: Arc<Mutex<TokenEstimator>>,
    /// How it does.
    pub health: Arc<Mutex<HealthTracker>>,
    /// What became of the calls to it.
    pub statistics: Arc<Mutex<Statistics>>,
    /// The smallest limit of tokens on the way to it.
    pub most_tokens: Option<u64>,
    /// Whether its provider counts tokens that are read from a cache against its limits.
    pub counts_cached: bool,
    /// The longest answer that may be asked for, where longer ones are not its provider's to refuse.
    pub longest_answer: Option<u64>,
    /// What the answer's head says of the way it took, but for how the attempt went.
    pub headers: Vec<Header>,
    /// How the attempt is called there.
    pub label: String,
}

impl Candidate {
    /// Whether an answer of so many tokens is more than may be asked for.
    pub(super) fn is_exceeded_by(&self, tokens: u64) -> bool {
        self.longest_answer.is_some_and(|longest| tokens > longest)
    }
}

/// One operation on one target.
pub struct Lane {
    /// What the host knows it by.
    pub number: u64,
    /// The path that is asked.
    pub route: String,
    /// The name that requests have for the target.
    pub target: String,
    /// The configuration that it belongs to.
    pub revision: String,
    /// The API that both sides speak.
    pub dialect: Dialect,
    /// Whether chat's way of asking for the usage of a stream is known there.
    pub asks_for_usage: bool,
    /// Bodies in which one of these stands have something to be taken out, perhaps.
    pub marks: Vec<Bytes>,
    /// What ends a stream that lacks its end.
    pub last_event: Option<Bytes>,
    /// The headers that tell a request's id.
    pub id_headers: Vec<HeaderName>,
    /// How long each part may take.
    pub timeouts: Timeouts,
    /// Admission.
    pub room: Arc<dyn Room>,
    /// Whose turn it is.
    pub scheduler: Arc<Mutex<Box<dyn Scheduler>>>,
    /// Who may be asked.
    pub candidates: Vec<Candidate>,
}

impl fmt::Debug for Lane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lane").field("number", &self.number).finish_non_exhaustive()
    }
}
