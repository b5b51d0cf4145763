//! What the benchmarks share: a tree of scopes with more room than they use.

use rust_core::admission::{
    Admission, Grant, Path, Place, ScopeError, ScopeLimits, Ticket, Verdict, Waiting,
};
use rust_core::limiters::{Algorithm, Cost, Dimension, QuotaError, RateLimit};
use rust_core::units::SECOND;

/// More than any benchmark takes.
pub const PLENTY: u64 = 1 << 40;

/// The levels of a path.
pub const KEYS: [&str; 4] = ["group", "group.echelon", "model", "node:caller"];

/// What keeps a benchmark from starting.
#[derive(Debug)]
pub enum Unusable {
    /// A rate.
    Rate(QuotaError),
    /// A scope.
    Scope(ScopeError),
}

impl From<QuotaError> for Unusable {
    fn from(error: QuotaError) -> Self {
        Self::Rate(error)
    }
}

impl From<ScopeError> for Unusable {
    fn from(error: ScopeError) -> Self {
        Self::Scope(error)
    }
}

/// So many levels, each with a bound on concurrency and a rate of requests and of tokens.
///
/// # Errors
/// Where the numbers above are no limits.
pub fn tree(levels: usize, concurrency: u64) -> Result<(Admission, Path), Unusable> {
    let mut tree = Admission::default();
    let rates = [
        RateLimit::new(
            Dimension::Requests,
            PLENTY,
            60 * SECOND,
            Algorithm::TokenBucket,
            None,
        )?,
        RateLimit::new(
            Dimension::Tokens,
            PLENTY,
            60 * SECOND,
            Algorithm::TokenBucket,
            None,
        )?,
    ];
    let limits = ScopeLimits {
        concurrency: Some(concurrency),
        rates: &rates,
        ..ScopeLimits::default()
    };
    let keys = || KEYS.iter().take(levels).copied();
    for key in keys() {
        tree.define(key, None, &limits, 0)?;
    }
    let path = tree.path(keys())?;
    Ok((tree, path))
}

/// A cost in tokens.
#[must_use]
pub fn cost(tokens: u64) -> Cost {
    Cost {
        requests: 1,
        tokens,
    }
}

/// One admission and its release.
pub fn admit_and_release(tree: &mut Admission, path: Path, cost: Cost, now: u64) {
    if let Verdict::Granted(mut grant) = tree.try_acquire(path, cost, now) {
        tree.release(&mut grant, now);
    }
}

/// The only place taken, and so many who wait for it in a hundred flows.
///
/// # Errors
/// As [`tree`].
pub fn crowd(waiting: u64) -> Result<(Admission, Path, Option<Grant>), Unusable> {
    let (mut tree, path) = tree(4, 1)?;
    let grant = match tree.try_acquire(path, cost(1), 0) {
        Verdict::Granted(grant) => Some(grant),
        Verdict::Refused(_) => None,
    };
    for number in 0..waiting {
        join(&mut tree, path, number);
    }
    Ok((tree, path, grant))
}

/// One more who waits.
pub fn join(tree: &mut Admission, path: Path, number: u64) -> Option<Ticket> {
    let flow = format!("flow {}", number % 100);
    let wish = Waiting {
        priority: 0,
        flow: Some(&flow),
        deadline: None,
    };
    match tree.enqueue(path, cost(1), wish, 0) {
        Place::Waiting(ticket) => Some(ticket),
        Place::Granted(..) | Place::Refused(_) => None,
    }
}
